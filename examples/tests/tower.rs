//! The tower example as a process, on each runtime.

use tests::process::{Server, get};

const RUNTIMES: [&str; 2] = ["epoll", "smol"];

fn start(runtime: &str) -> Server {
    Server::start(env!("CARGO_BIN_EXE_tower"), &["--runtime", runtime, "--workers", "1"])
}

#[test]
fn a_service_answers_through_its_layers() {
    for runtime in RUNTIMES {
        let server = start(runtime);
        let mut client = server.client();
        let reply = client.send(get("/hello/tower")).reply();
        assert_eq!((reply.status, reply.text()), (200, "Hello, tower!\n"), "{runtime}");
        assert_eq!(reply.field("content-length"), Some("14"));
        assert_eq!(reply.field("x-content-type-options"), Some("nosniff"));
        assert_eq!(client.send(get("/here")).reply().text(), "by pronto\n");
        assert_eq!(client.send(get("/nowhere")).reply().status, 404);
        assert_eq!(client.send(get("/broken")).reply().status, 500);
        // Each is answered in its turn.
        client.send([get("/hello/a"), get("/here"), get("/hello/b")].concat());
        let replies = [client.reply(), client.reply(), client.reply()];
        assert_eq!(replies.map(|reply| reply.text().to_owned()), ["Hello, a!\n", "by pronto\n", "Hello, b!\n"]);
    }
}

#[test]
fn content_streams_through_a_service() {
    for runtime in RUNTIMES {
        let server = start(runtime);
        let mut client = server.client();
        client.send("POST /shout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        // It comes back before its end was sent.
        let head = client.up_to(b"HELLO\r\n");
        let head = head.escape_ascii().to_string();
        assert!(head.contains("Transfer-Encoding: chunked"), "{runtime}: {head}");
        client.send("6\r\n there\r\n0\r\n\r\n");
        client.up_to(b" THERE\r\n0\r\n\r\n");
        let large = "x".repeat(1024 * 1024);
        let length = large.len();
        let request = format!("POST /shout HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{large}");
        assert_eq!(client.send(request).reply().text(), large.to_uppercase(), "{runtime}");
    }
}

#[test]
fn a_layer_refuses_content_that_is_too_large() {
    for runtime in RUNTIMES {
        let server = start(runtime);
        let mut client = server.client();
        let request = "POST /shout HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n";
        assert_eq!(client.send(request).reply().status, 413, "{runtime}");
    }
}

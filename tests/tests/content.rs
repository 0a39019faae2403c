//! Content that an `async` handler takes by its kind, cut anywhere between two turns of its connection.

use pronto::connection::Config;
use pronto_host::{App, BadContent, OwnedRequest};
use tests::memory::Memory;

fn app() -> App {
    App::new().post("/", async |mut request: OwnedRequest| -> Result<String, BadContent> {
        let (mut multipart, mut text) = (request.multipart()?, String::new());
        while let Some(mut part) = multipart.next_part().await? {
            text += part.name();
            text.push('=');
            if part.name() != "skipped" {
                let mut octets = Vec::new();
                while let Some(more) = part.next().await? {
                    octets.extend_from_slice(more);
                }
                text += &octets.escape_ascii().to_string();
            }
            text.push('\n');
        }
        Ok(text)
    })
}

/// What comes out of a request that is sent in these pieces.
fn answered(pieces: &[&[u8]]) -> String {
    let mut connection = Memory::new(app(), Config::new());
    for piece in pieces {
        connection.feed(piece);
    }
    String::from_utf8(connection.output).unwrap()
}

#[test]
fn parts_do_not_depend_on_how_their_content_was_cut() {
    let part = |name: &str, content: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let parts = part("a", "\r\n--xy\r\n--xy\r") + &part("skipped", "\r\n--x") + &part("b", "") + "--xyz--\r\nend";
    for content in [parts.clone(), parts.replace("xyz--", "xyz-"), parts.replace("name=\"b\"", "x")] {
        let length = content.len();
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=xyz\r\n";
        let request = format!("{head}Content-Length: {length}\r\n\r\n{content}");
        let expected = answered(&[request.as_bytes()]);
        assert_eq!(expected.ends_with("a=\\r\\n--xy\\r\\n--xy\\r\nskipped=\nb=\n"), content == parts, "{expected}");
        assert_eq!(expected.starts_with("HTTP/1.1 200 OK"), content == parts, "{expected}");
        for first in request.len() - length..request.len() {
            for second in [first, first + 1, first + 3, first + 12, request.len()] {
                let second = second.min(request.len());
                let (before, rest) = request.as_bytes().split_at(first);
                let (middle, end) = rest.split_at(second - first);
                assert_eq!(answered(&[before, middle, end]), expected, "cut at {first} and {second}");
            }
        }
        assert_eq!(answered(&request.as_bytes().chunks(1).collect::<Vec<_>>()), expected, "octet by octet");
    }
}

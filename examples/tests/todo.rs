//! The todo example as a process: on each runtime, and with each way of keeping blocking work off the loop.

use std::{path::Path, thread, time::Duration};

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::{Value, json};
use tests::{
    client::{Client, eventually},
    process::{Directory, Server, get},
    reply::Reply,
};

const KINDS: [(&str, &str); 4] =
    [("epoll", "deferred"), ("smol", "unblock"), ("epoll", "unblock"), ("smol", "deferred")];

fn start((runtime, by): (&str, &str), database: &Path) -> Server {
    let database = database.to_str().unwrap();
    let arguments = ["--runtime", runtime, "--by", by, "--workers", "1", "--database", database];
    Server::start(env!("CARGO_BIN_EXE_todo"), &arguments)
}

/// A request with JSON.
fn with(method: &str, target: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    with_type(method, target, "application/json", content)
}

fn with_type(method: &str, target: &str, media_type: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = content.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), content].concat()
}

fn delete(target: &str) -> String {
    format!("DELETE {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

fn add(client: &mut Client, title: &str) -> Value {
    let reply = client.send(with("POST", "/todos", json!({"title": title}).to_string())).reply();
    assert_eq!(reply.status, 201, "{}", reply.text());
    value(&reply)
}

fn value(reply: &Reply) -> Value {
    assert_eq!(reply.field("content-type"), Some("application/json"), "{}", reply.text());
    serde_json::from_slice(&reply.content).unwrap()
}

/// All todos, page by page.
fn all(client: &mut Client) -> Vec<Value> {
    let (mut todos, mut target) = (Vec::new(), "/todos".to_owned());
    loop {
        let reply = client.send(get(&target)).reply();
        assert_eq!(reply.status, 200, "{}", reply.text());
        todos.extend(value(&reply).as_array().unwrap().iter().cloned());
        match reply.field("link") {
            Some(link) => {
                target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
            }
            None => return todos,
        }
    }
}

#[test]
fn todos_are_made_listed_changed_and_deleted() {
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        let mut client = server.client();
        assert_eq!(all(&mut client), [] as [Value; 0]);
        let reply = client.send(with("POST", "/todos", r#"{"title": " Buy milk "}"#)).reply();
        assert_eq!((reply.status, reply.field("location")), (201, Some("/todos/1")), "{kind:?}");
        let milk = json!({"id": 1, "title": "Buy milk", "done": false});
        assert_eq!(value(&reply), milk);
        let bread = add(&mut client, "Bake bread");
        assert_eq!(all(&mut client), [milk.clone(), bread.clone()]);
        assert_eq!(value(&client.send(get("/todos/1")).reply()), milk);

        let reply = client.send(with("PATCH", "/todos/1", r#"{"done": true}"#)).reply();
        let milk = json!({"id": 1, "title": "Buy milk", "done": true});
        assert_eq!((reply.status, value(&reply)), (200, milk.clone()));
        let reply = client.send(with("PATCH", "/todos/2", r#"{"title": "Buy bread"}"#)).reply();
        let bread = json!({"id": 2, "title": "Buy bread", "done": false});
        assert_eq!((reply.status, value(&reply)), (200, bread.clone()));
        assert_eq!(value(&client.send(get("/todos?done=true")).reply()), json!([milk]));
        assert_eq!(value(&client.send(get("/todos?done=false")).reply()), json!([bread]));
        assert_eq!(value(&client.send(get("/todos?after=1")).reply()), json!([bread]));

        let reply = client.send(delete("/todos/2")).reply();
        assert_eq!((reply.status, &*reply.content), (204, &b""[..]));
        assert_eq!(client.send(delete("/todos/2")).reply().status, 404);
        assert_eq!(client.send(get("/todos/2")).reply().status, 404);
        assert_eq!(add(&mut client, "another")["id"], 3, "{kind:?}: an id does not come again");
    }
}

#[test]
fn titles_are_any_text() {
    let titles = [
        "Grüße 🦀 日本語",
        "<script>alert(1)</script>",
        "'; DROP TABLE todo; --",
        "\"\\ \u{7f} a\u{0}b \u{202e}",
        &"🦀".repeat(500),
    ];
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        let mut client = server.client();
        for title in titles {
            assert_eq!(add(&mut client, title)["title"], title, "{kind:?}");
        }
        let kept: Vec<_> = all(&mut client).into_iter().map(|todo| todo["title"].clone()).collect();
        assert_eq!(kept, titles, "{kind:?}");
        // The longest one, with each character escaped.
        let escaped = "\\ud83e\\udd80".repeat(500);
        let reply = client.send(with("POST", "/todos", format!(r#"{{"title": "{escaped}"}}"#))).reply();
        assert_eq!((reply.status, &value(&reply)["title"]), (201, &json!(titles[4])), "{kind:?}");
    }
}

#[test]
fn bad_input_is_refused_with_a_reason_and_changes_nothing() {
    let long = format!(r#"{{"title": "{}"}}"#, "x".repeat(501));
    let deep = format!(r#"{{"title": {}"#, "[".repeat(10_000));
    let form = with_type("POST", "/todos", "application/x-www-form-urlencoded", "title=x");
    let json: &[(&str, &str, &[u8], u16, &str)] = &[
        ("POST", "/todos", b"", 400, "EOF"),
        ("POST", "/todos", b"{\"title\":", 400, "line 1 column 9"),
        ("POST", "/todos", b"{\"title\": \"x\"} x", 400, "trailing"),
        ("POST", "/todos", b"{\"title\": \"\xff\"}", 400, "unicode"),
        ("POST", "/todos", b"{\"title\": \"\\ud800\"}", 400, "line 1"),
        ("POST", "/todos", b"{\"title\": 5}", 400, "expected a string"),
        ("POST", "/todos", b"{\"title\": null}", 400, "expected a string"),
        ("POST", "/todos", b"{\"titel\": \"x\"}", 400, "titel"),
        ("POST", "/todos", b"{\"title\": \"x\", \"id\": 5}", 400, "unknown field"),
        ("POST", "/todos", b"{\"title\": \"x\", \"title\": \"y\"}", 400, "duplicate"),
        ("POST", "/todos", deep.as_bytes(), 400, "line 1"),
        ("POST", "/todos", b"{\"title\": \"\"}", 422, "not empty"),
        ("POST", "/todos", b"{\"title\": \" \\n\\t\"}", 422, "not empty"),
        ("POST", "/todos", long.as_bytes(), 422, "500 characters"),
        ("PATCH", "/todos/1", b"{}", 422, "a title, or done"),
        ("PATCH", "/todos/1", b"{\"title\": \"\"}", 422, "not empty"),
        ("PATCH", "/todos/1", b"{\"done\": 1}", 400, "expected a boolean"),
        ("PATCH", "/todos/2", b"{\"done\": true}", 404, "no such todo"),
        ("PATCH", "/todos/one", b"{\"done\": true}", 404, "no such todo"),
        ("PUT", "/todos/1", b"{\"done\": true}", 405, "DELETE"),
    ];
    let plain = [
        ("/todos/one", 404, "no such todo"),
        ("/todos/-1", 404, "no such todo"),
        ("/todos/+1", 404, "no such todo"),
        ("/todos/1.0", 404, "no such todo"),
        ("/todos/99999999999999999999", 404, "no such todo"),
        ("/todos/1%00", 404, "no such todo"),
        ("/todos/1%20or%201=1", 404, "no such todo"),
        ("/todos/%zz", 404, "no such todo"),
        ("/todos?done=perhaps", 400, "true or false"),
        ("/todos?done", 400, "true or false"),
        ("/todos?after=x", 400, "id of a todo"),
        ("/todos?dome=true", 400, "takes done and after"),
        ("/todos?%zz=true", 400, "takes done and after"),
        ("/nowhere", 404, "nothing here"),
    ];
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        let mut client = server.client();
        let first = add(&mut client, "stays");
        let check = |reply: &Reply, status: u16, words: &str, what: &str| {
            assert_eq!(reply.status, status, "{kind:?}: {what}: {}", reply.text());
            let error = value(reply)["error"].as_str().unwrap().to_owned();
            assert!(error.contains(words), "{kind:?}: {what}: {error}");
        };
        for &(method, target, content, status, words) in json {
            let reply = client.send(with(method, target, content)).reply();
            check(
                &reply,
                status,
                words,
                &format!("{method} {target} {}", content[..content.len().min(40)].escape_ascii()),
            );
        }
        for (target, status, words) in plain {
            check(&client.send(get(target)).reply(), status, words, target);
        }
        check(&client.send(&form).reply(), 415, "application/json", "a form");
        let nothing = "POST /todos HTTP/1.1\r\nHost: a\r\n\r\n";
        check(&client.send(nothing).reply(), 415, "application/json", "no content");
        // These close the connection.
        let large = with("POST", "/todos", format!(r#"{{"title": "{}"}}"#, "x".repeat(20_000)));
        check(&server.client().send(large).reply(), 413, "large", "large content");
        check(&server.client().send("nonsense\r\n\r\n").reply(), 400, "", "no request");
        assert_eq!(all(&mut client), [first], "{kind:?}");
    }
}

#[test]
fn todos_survive_the_server() {
    let directory = Directory::new();
    let database = directory.join("todos");
    let mut kept = Vec::new();
    // The same file is served by each kind in turn.
    for (round, kind) in KINDS.into_iter().enumerate() {
        for signal in [Signal::TERM, Signal::KILL] {
            let mut server = start(kind, &database);
            let mut client = server.client();
            assert_eq!(all(&mut client), kept, "{kind:?}");
            kept.push(add(&mut client, &format!("of round {round}")));
            server.signal(signal);
            server.wait();
        }
    }
}

#[test]
fn a_list_of_many_comes_in_pieces() {
    let directory = Directory::new();
    let database = directory.join("todos");
    for kind in KINDS {
        let server = start(kind, &database);
        fill(&database, 2_500);
        let mut client = server.client();
        assert_eq!(value(&client.send(get("/todos")).reply()).as_array().unwrap().len(), 1000, "{kind:?}");
        let ids: Vec<_> = all(&mut client).iter().map(|todo| todo["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, (1..=2_500).collect::<Vec<_>>(), "{kind:?}");
        let reply = client.send(get("/todos?done=false&after=10")).reply();
        assert_eq!(reply.field("link"), Some("</todos?after=1010&done=false>; rel=\"next\""));
    }
}

fn fill(database: &Path, number: u32) {
    let connection = Connection::open(database).unwrap();
    connection
        .execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT OR IGNORE INTO todo (id, title) SELECT n, 'todo ' || n FROM n",
            [number],
        )
        .unwrap();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        let mut client = server.client();
        let requests: Vec<u8> = (0..24)
            .flat_map(|number| match number % 3 {
                0 => with("POST", "/todos", format!(r#"{{"title": "todo {number}"}}"#)),
                1 => get(&format!("/todos/{}", 1_000 + number)).into_bytes(),
                _ => with("POST", "/todos", format!(r#"{{"titel{number}": 1}}"#)),
            })
            .collect();
        client.send(requests);
        for number in 0..24 {
            let reply = client.reply();
            match number % 3 {
                0 => assert_eq!(value(&reply)["title"], format!("todo {number}"), "{kind:?}"),
                1 => assert_eq!(reply.status, 404, "{kind:?}: {number}"),
                _ => assert!(reply.text().contains(&format!("titel{number}")), "{kind:?}: {}", reply.text()),
            }
        }
        assert_eq!(all(&mut client).len(), 8, "{kind:?}");
    }
}

#[test]
fn fifty_writers_lose_nothing() {
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        thread::scope(|scope| {
            for writer in 0..50 {
                let mut client = server.client();
                scope.spawn(move || {
                    for number in 0..4 {
                        let title = format!("{writer} {number}");
                        let todo = add(&mut client, &title);
                        let target = format!("/todos/{}", todo["id"]);
                        let reply = client.send(with("PATCH", &target, r#"{"done": true}"#)).reply();
                        assert_eq!(value(&reply)["title"], title);
                    }
                });
            }
        });
        let todos = all(&mut server.client());
        let mut titles: Vec<_> = todos.iter().map(|todo| todo["title"].as_str().unwrap().to_owned()).collect();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), 200, "{kind:?}");
        assert!(todos.iter().all(|todo| todo["done"] == true), "{kind:?}");
    }
}

#[test]
fn what_was_answered_is_kept_when_the_server_ends_under_load() {
    for kind in KINDS {
        for signal in [Signal::TERM, Signal::KILL] {
            let directory = Directory::new();
            let database = directory.join("todos");
            let mut server = start(kind, &database);
            let answered: Vec<i64> = thread::scope(|scope| {
                let writers: Vec<_> = (0..8)
                    .map(|writer| {
                        let client = server.client();
                        scope.spawn(move || add_until_the_end(client, writer))
                    })
                    .collect();
                eventually("todos come in", || count(&database) >= 50);
                server.signal(signal);
                let code = server.wait().code();
                assert_eq!(code, (signal == Signal::TERM).then_some(0), "{kind:?}: {}", server.said());
                writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
            });
            assert!(answered.len() >= 40, "{kind:?}: {}", answered.len());
            let server = start(kind, &database);
            let todos = all(&mut server.client());
            let kept: Vec<_> = todos.iter().map(|todo| todo["id"].as_i64().unwrap()).collect();
            let lost: Vec<_> = answered.iter().filter(|id| !kept.contains(id)).collect();
            assert!(lost.is_empty(), "{kind:?}: {lost:?}");
            // Who drains has answered all that it has done.
            assert!(signal == Signal::KILL || answered.len() == kept.len(), "{kind:?}: {answered:?} {kept:?}");
        }
    }
}

/// The ids that were answered before the server ended.
fn add_until_the_end(mut client: Client, writer: usize) -> Vec<i64> {
    let mut answered = Vec::new();
    loop {
        client.try_send(with("POST", "/todos", format!(r#"{{"title": "of {writer}"}}"#)));
        let Some(reply) = client.reply_or_end() else { return answered };
        let todo = value(&reply);
        answered.push(todo["id"].as_i64().unwrap());
    }
}

fn count(database: &Path) -> i64 {
    let connection = Connection::open(database).unwrap();
    connection.query_row("SELECT count(*) FROM todo", (), |row| row.get(0)).unwrap()
}

#[test]
fn a_slow_query_holds_nobody_else_up() {
    for kind in KINDS {
        let directory = Directory::new();
        let database = directory.join("todos");
        let server = start(kind, &database);
        let mut other = server.client();
        let first = add(&mut other, "there before");
        // A program that writes for long: whoever wants to write waits.
        let lock = Connection::open(&database).unwrap();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut slow = server.client();
        slow.send(with("POST", "/todos", r#"{"title": "slow"}"#));
        // One that is behind it on the same connection is worked on, and waits for its turn.
        slow.send(get("/todos/1"));
        thread::sleep(Duration::from_millis(100));
        for _ in 0..20 {
            assert_eq!(other.send(get("/")).reply().status, 200, "{kind:?}");
            assert_eq!(
                all(&mut other),
                std::slice::from_ref(&first),
                "{kind:?}: who reads does not wait for who writes"
            );
        }
        assert!(slow.is_quiet(), "{kind:?}");
        lock.execute_batch("COMMIT").unwrap();
        assert_eq!(slow.reply().status, 201, "{kind:?}");
        assert_eq!(value(&slow.reply()), first, "{kind:?}");
    }
}

#[test]
fn who_comes_when_too_many_wait_is_told_so_at_once() {
    for kind in KINDS {
        let directory = Directory::new();
        let database = directory.join("todos");
        let server = start(kind, &database);
        let lock = Connection::open(&database).unwrap();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        // 64 are in flight on a connection at most.
        let mut clients: Vec<_> = (0..5).map(|_| server.client()).collect();
        let request = with("POST", "/todos", r#"{"title": "x"}"#);
        for client in &mut clients {
            client.send(request.repeat(60));
        }
        // One that is let in waits: the others have not all been read yet.
        let mut late = Vec::new();
        let mut last = loop {
            let mut client = server.client();
            if !client.send(&request).is_quiet() {
                break client;
            }
            late.push(client);
            assert!(late.len() < 20, "{kind:?}: everybody is let in");
        };
        let reply = last.reply();
        assert_eq!((reply.status, reply.field("retry-after")), (503, Some("1")), "{kind:?}: {}", reply.text());
        assert!(value(&reply)["error"].as_str().unwrap().contains("too many"), "{kind:?}: {}", reply.text());
        lock.execute_batch("COMMIT").unwrap();
        let mut statuses: Vec<_> =
            clients.iter_mut().flat_map(|client| (0..60).map(|_| client.reply().status)).collect();
        statuses.extend(late.iter_mut().map(|client| client.reply().status));
        let made = statuses.iter().filter(|&&status| status == 201).count();
        assert!((250..=260).contains(&made), "{kind:?}: {made}");
        assert!(statuses.iter().all(|status| matches!(status, 201 | 503)), "{kind:?}: {statuses:?}");
        assert_eq!(all(&mut last).len(), made, "{kind:?}");
    }
}

#[test]
fn a_database_that_stays_locked_is_told_as_busy() {
    for kind in KINDS {
        let directory = Directory::new();
        let database = directory.join("todos");
        let server = start(kind, &database);
        let lock = Connection::open(&database).unwrap();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        let reply = server.client().send(with("POST", "/todos", r#"{"title": "x"}"#)).reply();
        assert_eq!((reply.status, value(&reply)["error"].as_str()), (503, Some("the database is busy")), "{kind:?}");
        lock.execute_batch("COMMIT").unwrap();
        add(&mut server.client(), "x");
    }
}

#[test]
fn the_page_says_what_a_browser_may_do_with_it() {
    for kind in KINDS {
        let directory = Directory::new();
        let server = start(kind, &directory.join("todos"));
        let reply = server.client().send(get("/")).reply();
        assert_eq!((reply.status, reply.field("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = reply.field("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{kind:?}: {policy}");
        assert!(!policy.contains("unsafe") && !reply.text().contains("innerHTML"), "{kind:?}: {policy}");
    }
}

#[test]
fn a_database_that_is_none_keeps_it_from_starting() {
    let directory = Directory::new();
    let database = directory.join("todos");
    std::fs::write(&database, "these are no todos, and there are enough of them not to be taken for an empty file")
        .unwrap();
    for path in [database, directory.join("nowhere/todos")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_todo"))
            .args(["--addr", "127.0.0.1:0", "--database"])
            .arg(path)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.contains("todos can't be used: ")), (Some(1), true), "{said}");
    }
}

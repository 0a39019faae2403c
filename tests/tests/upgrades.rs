//! Connections that handlers have taken over, in states that once led them astray.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use futures_lite::{AsyncReadExt, AsyncWriteExt, future::block_on};
use pronto::connection::Config;
use pronto_host::{App, Drain, OwnedRequest, Response, Upgraded};
use tests::wire::Wire;

const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

fn upgrading<F: Future<Output = ()> + 'static>(
    handler: impl Fn(Upgraded) -> F + Clone + Send + Sync + 'static,
) -> Wire {
    let app = App::new().get("/", move |_: OwnedRequest| {
        let handler = handler.clone();
        async move { Response::upgrade("echo", handler) }
    });
    Wire::new(app, Config::new())
}

async fn echo(mut upgraded: Upgraded) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = upgraded.read(&mut buffer).await {
        if upgraded.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// Waits for what another thread brings about.
fn until(wire: &mut Wire, what: impl Fn(&Wire) -> bool) {
    for _ in 0..500 {
        wire.run();
        if what(wire) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came: {}", wire.line.received.escape_ascii());
}

/// Each drive woke a reader that waited, with nothing to read, and so had itself driven again.
#[test]
fn a_quiet_connection_that_was_taken_over_rests() {
    let mut wire = upgrading(echo);
    wire.send(UPGRADE);
    wire.send(b"hello");
    wire.pass(Duration::from_secs(3600));
    assert!(wire.line.received.ends_with(b"\r\n\r\nhello") && !wire.closed);
    wire.send(&[7; 300_000]);
    assert!(wire.is_read_out() && wire.line.received.ends_with(&[7; 300_000]));
    wire.end();
    assert!(wire.closed);
}

/// When the future that was given it had ended, what came was lost, and the connection never ended.
#[test]
fn a_connection_may_be_handed_on_to_another_thread() {
    let mut wire = upgrading(|upgraded| async {
        std::thread::spawn(|| block_on(echo(upgraded)));
    });
    wire.send(UPGRADE);
    wire.send(b"hello");
    until(&mut wire, |wire| wire.line.received.ends_with(b"\r\n\r\nhello"));
    wire.send(&[7; 300_000]);
    until(&mut wire, |wire| wire.line.received.ends_with(&[7; 300_000]));
    wire.end();
    until(&mut wire, |wire| wire.closed);
}

/// It read for ever.
#[test]
fn whoever_reads_on_another_thread_is_told_that_the_connection_is_gone() {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let sender = Arc::new(sender);
    let mut wire = upgrading(move |mut upgraded| {
        let sender = sender.lock().unwrap().clone();
        async move {
            std::thread::spawn(move || {
                let read = block_on(upgraded.read(&mut [0; 16]));
                sender.send(read.is_err()).unwrap();
            });
            std::future::pending().await
        }
    });
    wire.send(UPGRADE);
    drop(wire);
    assert_eq!(receiver.recv_timeout(Duration::from_secs(5)), Ok(true));
}

/// Reading had ended before the handler could say that it takes leave itself.
#[test]
fn who_takes_a_connection_over_in_a_drain_can_take_leave() {
    let bye = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&bye);
    let app = App::new()
        .get("/later", |_: OwnedRequest| async {
            futures_lite::future::yield_now().await;
            "first"
        })
        .get("/", move |_: OwnedRequest| {
            let heard = Arc::clone(&heard);
            async move {
                Response::upgrade("echo", move |mut upgraded: Upgraded| async move {
                    upgraded.draining().await;
                    upgraded.write_all(b"leave").await.unwrap();
                    let mut buffer = [0; 3];
                    let read = upgraded.read_exact(&mut buffer).await;
                    heard.store(read.is_ok() && buffer == *b"bye", Ordering::SeqCst);
                })
            }
        });
    let mut wire = Wire::new(app, Config::new());
    wire.send(&UPGRADE[..UPGRADE.len() - 2]);
    wire.send(&UPGRADE[UPGRADE.len() - 2..]);
    wire.drain(Drain::AtOnce);
    assert!(wire.line.received.ends_with(b"leave"), "{}", wire.line.received.escape_ascii());
    wire.send(b"bye");
    assert!(bye.load(Ordering::SeqCst));
}

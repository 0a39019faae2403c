//! Counters of several workers, and of those that are replaced, on every runtime.

use std::collections::BTreeSet;

use pronto_host::{App, Reply, Request, Runtime, Server, worker_state};
use tests::client::{Client, eventually};

struct Index(usize);

fn two_workers_are_added_up<R: Runtime>() {
    let app = App::new()
        .on_worker_start(|worker| {
            worker.insert(Index(worker.index()));
            Ok(())
        })
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text(&worker_state::<Index>().unwrap().0.to_string()));
    let counters = app.counters();
    let running = Server::<R>::bind("127.0.0.1:0").workers(2).start(app).unwrap();
    let mut clients = Vec::new();
    let mut workers = BTreeSet::new();
    // Until both have served somebody: the kernel deals connections out as it likes.
    while workers.len() < 2 || clients.len() < 10 {
        assert!(clients.len() < 1000, "one worker gets all connections");
        let mut client = Client::connect(running.address().tcp().unwrap());
        for _ in 0..3 {
            workers.insert(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").reply().text().to_owned());
        }
        clients.push(client);
    }
    let count = clients.len() as u64;
    let totals = counters.read();
    assert_eq!((totals.workers(), totals.accepted(), totals.open()), (2, count, count));
    assert_eq!((totals.requests(), totals.responses(2), totals.batches()[0]), (3 * count, 3 * count, 3 * count));
    drop(clients);
    eventually("all are gone", || counters.read().open() == 0);
    running.stop();
    assert_eq!(counters.read().requests(), 3 * count);
}

#[test]
fn two_workers_of_epoll_are_added_up() {
    two_workers_are_added_up::<pronto_epoll::Epoll>();
}

#[test]
fn two_workers_of_smol_are_added_up() {
    two_workers_are_added_up::<pronto_smol::Smol>();
}

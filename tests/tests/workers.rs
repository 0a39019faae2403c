//! What a worker keeps, as handlers see it.

use std::cell::Cell;

use pronto_epoll::{App, Reply, Request, Server};
use pronto_host::worker_state;
use tests::client::Client;

struct Kept {
    index: usize,
    answered: Cell<u32>,
}

#[test]
fn handlers_reach_what_their_own_worker_keeps() {
    let app = App::new()
        .on_worker_start(|worker| {
            worker.insert(Kept { index: worker.index(), answered: Cell::new(0) });
            Ok(())
        })
        .get("/", |_: &Request<'_>, reply: Reply<'_>| {
            let kept = worker_state::<Kept>().unwrap();
            kept.answered.set(kept.answered.get() + 1);
            reply.text(&format!("{} {}", kept.index, kept.answered.get()))
        });
    let running = Server::bind("127.0.0.1:0").workers(2).start(app).unwrap();
    let address = running.address().tcp().unwrap();
    let mut last = [0; 2];
    for _ in 0..40 {
        let reply = Client::connect(address).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").reply();
        let (index, answered) = reply.text().split_once(' ').unwrap();
        let last: &mut u32 = &mut last[index.parse::<usize>().unwrap()];
        *last += 1;
        assert_eq!(answered.parse(), Ok(*last));
    }
    running.stop();
}

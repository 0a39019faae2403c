//! Workers that die, hooks, and what a worker keeps: on a runtime that does what its clients say.

use std::{
    cell::Cell,
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pronto::connection::CloseReason;
use pronto_host::{Address, App, Listener, Message, Runtime, Server, StartError, WorkerSeed, worker_state};

/// A connection brings one octet: `p` has the worker panic, `e` has it fail, `q` has it end; all others are answered with
/// the worker's index and what it keeps.
struct Obedient;

/// What a worker keeps: how many it has answered.
struct Answered(Cell<u8>);

impl Runtime for Obedient {
    const NAME: &'static str = "obedient";

    fn serve(seed: WorkerSeed) -> io::Result<()> {
        let Listener::Tcp(listener) = &seed.listener else { return Err(ErrorKind::Unsupported.into()) };
        loop {
            if seed.mailbox.take().iter().any(|message| matches!(message, Message::Drain(_))) {
                return Ok(());
            }
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(_) => {
                    thread::park_timeout(Duration::from_millis(5));
                    continue;
                }
            };
            seed.counters.handle_accepted();
            stream.set_nonblocking(false)?;
            let mut octet = [0];
            stream.read_exact(&mut octet)?;
            match octet {
                [b'p'] => panic!("as I was told"),
                [b'e'] => return Err(io::Error::other("failed as I was told")),
                [b'q'] => return Ok(()),
                _ => {}
            }
            let answered = worker_state::<Answered>().map_or(0, |answered| {
                answered.0.set(answered.0.get() + 1);
                answered.0.get()
            });
            stream.write_all(&[seed.index as u8, answered])?;
            drop(stream);
            seed.counters.handle_closed(CloseReason::Reply);
        }
    }
}

fn server() -> Server<Obedient> {
    Server::bind("127.0.0.1:0").workers(1)
}

/// Keeps what was logged.
struct Log(Mutex<Vec<String>>);

static LOG: Log = Log(Mutex::new(Vec::new()));

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

/// Waits until this has been logged.
fn logged(words: &str) {
    eventually(words, || LOG.0.lock().unwrap().iter().any(|line| line.contains(words)));
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn address(address: &Address) -> SocketAddr {
    address.tcp().unwrap()
}

/// Says an octet, and returns the answer, if there is one.
fn say(address: SocketAddr, octet: u8) -> Option<[u8; 2]> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&[octet]).unwrap();
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).ok().map(|()| answer)
}

#[test]
fn a_worker_that_dies_is_reported_and_replaced() {
    let _once = log::set_logger(&LOG).map(|()| log::set_max_level(log::LevelFilter::Info));
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let app = App::new().on_worker_start(move |worker| {
        // The second replacement takes three attempts.
        let start = counted.fetch_add(1, Ordering::SeqCst);
        if (2..4).contains(&start) {
            return Err("not yet".into());
        }
        worker.insert(Answered(Cell::new(0)));
        Ok(())
    });
    let counters = app.counters();
    let running = server().start(app).unwrap();
    let at = address(running.address());
    assert_eq!([say(at, b'.'), say(at, b'.')], [Some([0, 1]), Some([0, 2])]);

    assert_eq!(say(at, b'p'), None);
    logged("ERROR worker 0 has died, and is replaced: panicked: as I was told");
    // It begins anew, with the connections of before gone.
    assert_eq!(say(at, b'.'), Some([0, 1]));

    assert_eq!(say(at, b'e'), None);
    logged("ERROR worker 0 has died, and is replaced: failed as I was told");
    logged("what it does at its start has failed: not yet");
    assert_eq!(say(at, b'.'), Some([0, 1]));

    assert_eq!(say(at, b'q'), None);
    logged("it ended without having been told to");
    assert_eq!(say(at, b'.'), Some([0, 1]));
    eventually("nobody is there", || running.connections() == 0);
    assert_eq!(starts.load(Ordering::SeqCst), 6);
    // What the dead have counted is not forgotten, and what they had is over.
    let totals = counters.read();
    assert_eq!((totals.workers(), totals.deaths(), totals.open()), (1, 5, 0));
    assert_eq!((totals.accepted(), totals.closed(CloseReason::Reply), totals.lost()), (8, 5, 3));

    running.stop();
    assert!(TcpStream::connect(at).is_err());
}

#[test]
fn other_workers_serve_on() {
    let running = server().workers(2).start(App::new()).unwrap();
    let at = address(running.address());
    assert_eq!(say(at, b'p'), None);
    // Those that the kernel gives to the dead one wait for the one that replaces it.
    for _ in 0..50 {
        assert!(say(at, b'.').is_some());
    }
    running.stop();
}

#[test]
fn hooks_run_on_the_worker_in_order_and_at_its_end_in_reverse() {
    struct Name(&'static str);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let calls = Arc::clone(&calls);
        move |index: usize| calls.lock().unwrap().push(format!("{name} {index}"))
    };
    let (first, second, third, fourth) = (note("first"), note("second"), note("third"), note("fourth"));
    let app = App::new()
        .on_worker_start(move |worker| {
            worker.insert(Name("one"));
            worker.insert(Name("two"));
            first(worker.index());
            Ok(())
        })
        .on_worker_start(move |worker| {
            assert_eq!(worker.get::<Name>().unwrap().0, "two");
            assert!(worker.get::<Answered>().is_none());
            assert_eq!(worker_state::<Name>().unwrap().0, "two");
            second(worker.index());
            Ok(())
        })
        .on_worker_stop(move |worker| third(worker.index()))
        .on_worker_stop(move |worker| fourth(worker.get::<Name>().unwrap().0.len() + worker.index()));
    let running = server().start(app).unwrap();
    assert!(worker_state::<Name>().is_none(), "a worker's state is seen elsewhere");
    assert_eq!(*calls.lock().unwrap(), ["first 0", "second 0"]);
    running.stop();
    assert_eq!(*calls.lock().unwrap(), ["first 0", "second 0", "fourth 3", "third 0"]);
}

#[test]
fn a_hook_that_fails_keeps_the_server_from_starting() {
    let app = App::new().on_worker_start(|worker| match worker.index() {
        1 => Err("no database".into()),
        _ => Ok(()),
    });
    let error = server().workers(3).start(app).unwrap_err();
    assert!(matches!(error, StartError::Hook { worker: 1, .. }), "{error}");
    assert_eq!(error.to_string(), "worker 1 was kept from starting: no database");

    let app = App::new().on_worker_start(|_| panic!("at the start"));
    let error = server().start(app).unwrap_err();
    assert_eq!(error.to_string(), "worker 0 was kept from starting: panicked: at the start");
}

#[test]
fn what_ends_with_a_worker_may_panic() {
    struct Nasty;
    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("at its end");
        }
    }
    let app = App::new().on_worker_start(|worker| {
        worker.insert(Nasty);
        Ok(())
    });
    let running = server().start(app).unwrap();
    running.stop();
}

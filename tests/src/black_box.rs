//! The black-box suite: what any runtime does on real sockets. One line makes it the suite of a runtime:
//! `black_box_suite!(Epoll);` for an `Epoll` that is a [`Runtime`].

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pronto::{
    connection::{Config, ContentRate},
    head::Status,
};
use pronto_host::{App, Deferred, Reply, Request};

mod content;
mod counting;
mod files;
mod proxy;
mod replies;
mod requests;
mod routing;
mod streaming;
mod waiting;

pub use content::*;
pub use counting::*;
pub use files::*;
pub use proxy::*;
pub use replies::*;
pub use requests::*;
pub use routing::*;
pub use streaming::*;
pub use waiting::*;

use crate::{
    app::app,
    client::{Client, eventually},
    reply::{self, To},
    vector,
};

/// A server under test: started on a free port, with one worker.
pub trait Runtime: Sized + Send + 'static {
    /// Starts it.
    fn start(app: App, config: Config) -> Self;

    /// Starts it behind a proxy that says who its clients are.
    fn start_behind_proxy(app: App, config: Config) -> Self;

    /// Where it serves.
    fn address(&self) -> SocketAddr;

    /// Has it finish what is in flight, and waits for that.
    fn stop(self);
}

/// Makes the suite a runtime's: a test for each case.
#[macro_export]
macro_rules! black_box_suite {
    ($runtime:ty) => {
        $crate::black_box_cases! { $runtime:
            vectors_hold_over_sockets
            a_pipeline_in_one_packet_comes_back_in_one
            ready_replies_do_not_wait_for_a_pending_one
            slow_replies_run_side_by_side_and_leave_in_order
            more_requests_than_may_be_in_flight_are_all_answered
            a_reply_that_was_put_off_and_dropped_is_500
            a_late_reply_is_never_given_to_another_connection
            a_panic_is_500_and_the_worker_lives_on
            a_large_reply_is_sent_whole_to_a_slow_reader
            large_and_small_replies_keep_their_order
            a_source_that_ends_early_cuts_the_connection
            large_content_is_collected_however_it_is_framed
            leave_to_send_is_given_before_the_content
            a_slow_head_is_answered_408
            slow_content_is_answered_408
            an_idle_connection_is_closed_quietly
            what_comes_in_time_is_not_late_for_a_busy_worker
            a_client_that_reads_nothing_is_cut
            a_client_that_reads_nothing_does_not_fill_memory
            a_half_closed_connection_gets_every_reply
            what_is_in_flight_is_finished_when_the_server_stops
            many_idle_connections_are_held
        }
        // Handlers that wait.
        $crate::black_box_cases! { $runtime:
            handlers_of_both_kinds_stand_in_one_router
            handlers_that_wait_run_side_by_side_and_their_replies_leave_in_order
            a_panic_of_a_handler_that_waits_is_500
            errors_become_replies_by_their_type
            a_handler_is_dropped_when_its_client_vanishes
            a_stream_is_dropped_when_its_client_vanishes
            whoever_waits_for_the_end_of_an_exchange_is_told_how_it_ended
        }
        // Routers, functions around handlers, and what replies carry.
        $crate::black_box_cases! { $runtime:
            functions_look_at_every_reply_however_it_was_made
            a_function_before_a_handler_may_answer_in_its_place
            a_function_that_panics_or_fails_is_500_and_the_worker_lives_on
            routers_are_nested_and_patterns_end_in_tails
            a_matcher_of_ones_own_chooses_the_route
            a_matcher_may_choose_by_chance_or_panic
            what_is_attached_to_a_request_may_panic_when_it_is_dropped
            what_is_refused_can_be_worded_otherwise
            an_error_is_shown_only_when_debugging
            cookies_are_set_and_clients_sent_elsewhere
            nothing_splits_a_reply
            no_handler_frames_its_reply
            the_peer_is_who_the_proxy_says
            a_connection_without_the_header_of_a_proxy_is_cut
        }
        // Content by its kind.
        $crate::black_box_cases! { $runtime:
            content_is_read_by_its_kind
            bad_content_is_refused_with_a_reason
            coded_content_is_refused_by_whoever_reads_its_kind
            content_that_ends_early_is_refused_by_whoever_reads_it
            an_application_words_what_is_bad_about_content
            a_large_file_is_taken_while_it_comes
            parts_that_nobody_reads_are_skipped_or_not_awaited
            endless_forms_are_refused_before_they_end
            much_json_is_sent_whole
        }
        // What a request tells of its client.
        $crate::black_box_cases! { $runtime:
            a_request_tells_of_its_client
        }
        // What is counted.
        $crate::black_box_cases! { $runtime:
            what_was_served_is_counted
            what_was_sent_before_a_client_vanished_is_counted
            why_connections_ended_is_counted
            requests_that_wait_are_counted_until_they_are_answered_or_lost
        }
        // Files of a directory.
        $crate::black_box_cases! { $runtime:
            files_are_served_as_what_they_are
            files_stand_in_routers_as_other_routes
            no_path_leaves_the_directory
            conditions_and_ranges_of_files_hold
            a_large_file_arrives_as_it_is
            slow_readers_of_files_hold_up_nobody
            a_file_that_changes_while_it_is_sent
        }
        // Content that comes and goes piece by piece.
        $crate::black_box_cases! { $runtime:
            a_handler_that_does_not_read_stops_the_socket
            leave_to_send_is_given_when_the_content_is_first_read
            a_reply_without_reading_gives_no_leave_and_closes
            content_that_nobody_reads_is_thrown_away_or_ends_the_connection
            broken_content_ends_its_handler
            trailers_reach_the_handler_and_the_client
            a_stream_is_chunked_or_ends_with_the_connection
            a_stream_is_pulled_only_when_there_is_room
            content_may_be_sent_back_while_it_comes
            a_busy_stream_keeps_no_new_client_waiting
            events_arrive_one_by_one
            a_stream_that_fails_is_seen_to_fail
            a_connection_is_taken_over_with_what_was_read
            a_request_behind_a_refused_upgrade_is_answered
            all_that_was_asked_is_answered_when_the_server_stops
            a_stream_that_the_end_of_the_server_cuts_is_seen_to_be_cut
        }
    };
}

/// A test for each case.
#[macro_export]
macro_rules! black_box_cases {
    ($runtime:ty: $($case:ident)*) => {
        $(#[test]
        fn $case() {
            $crate::black_box::$case::<$runtime>();
        })*
    };
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// Each vector over a socket of its own, in one packet and in several.
pub fn vectors_hold_over_sockets<R: Runtime>() {
    let (app, executed) = app();
    let server = R::start(app, Config::new());
    for vector in vector::all() {
        for pieces in [1, 3] {
            let mut client = Client::connect(server.address());
            for piece in vector.sent.chunks(vector.sent.len() / pieces + 1) {
                client.try_send(piece);
            }
            if vector.ends {
                client.end();
            }
            let heads: Vec<To> = vector
                .executed
                .iter()
                .map(|line| if line.starts_with("HEAD ") { To::Head } else { To::Other })
                .collect();
            let mut finals = 0;
            for &status in &vector.statuses {
                let reply = client.reply_to(heads.get(finals).copied().unwrap_or(To::Other));
                assert_eq!(reply.status, status, "{}", vector.name);
                finals += usize::from(status >= 200);
                if status >= 200 {
                    assert!(reply.field("date").is_some_and(|date| date.ends_with(" GMT")), "{}", vector.name);
                }
            }
            if vector.closes {
                assert_eq!(client.rest(), b"", "{}", vector.name);
            }
            assert_eq!(executed.take(), vector.executed, "{}", vector.name);
        }
    }
    server.stop();
}

/// One read, one write.
pub fn a_pipeline_in_one_packet_comes_back_in_one<R: Runtime>() {
    let server = R::start(
        App::new().get("/{n}", |request: &Request<'_>, reply: Reply<'_>| reply.text(request.target())),
        Config::new(),
    );
    let mut client = Client::connect(server.address());
    let requests = (0..24).fold(String::new(), |all, n| all + &get(&format!("/{n}")));
    client.send(&requests);
    let replies = reply::all(&client.read_once(), |_| To::Other);
    let expected: Vec<_> = (0..24).map(|n| format!("/{n}")).collect();
    assert_eq!(replies.iter().map(reply::Reply::text).collect::<Vec<_>>(), expected);
    server.stop();
}

/// An application that answers `/wait/{ms}` after a while, from another thread.
fn waiting_app() -> App {
    App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("now")).get(
        "/wait/{ms}",
        |request: &Request<'_>, reply: Reply<'_>| {
            let milliseconds = request.param("ms").unwrap().to_string().parse().unwrap();
            let target = request.target().to_owned();
            let (deferred, answered) = reply.defer();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(milliseconds));
                deferred.answer(move |reply| reply.text(&target));
            });
            Ok(answered)
        },
    )
}

/// What is ready leaves at once; what waits keeps its turn.
pub fn ready_replies_do_not_wait_for_a_pending_one<R: Runtime>() {
    let server = R::start(waiting_app(), Config::new());
    let mut client = Client::connect(server.address());
    let start = Instant::now();
    client.send(get("/") + &get("/wait/1000") + &get("/"));
    assert_eq!(client.reply().text(), "now");
    assert!(start.elapsed() < Duration::from_millis(900), "the first reply waited: {:?}", start.elapsed());
    assert_eq!(client.reply().text(), "/wait/1000");
    assert!(start.elapsed() >= Duration::from_millis(1000));
    assert_eq!(client.reply().text(), "now");
    server.stop();
}

/// Five that take 300 ms each take 300 ms in all.
pub fn slow_replies_run_side_by_side_and_leave_in_order<R: Runtime>() {
    let server = R::start(waiting_app(), Config::new());
    let mut client = Client::connect(server.address());
    let start = Instant::now();
    let waits = [300, 100, 200, 0, 300];
    client.send(waits.map(|wait| get(&format!("/wait/{wait}"))).concat());
    for wait in waits {
        assert_eq!(client.reply().text(), format!("/wait/{wait}"));
    }
    let elapsed = start.elapsed();
    assert!((300..900).contains(&elapsed.as_millis()), "{elapsed:?}");
    server.stop();
}

/// The pipeline is bounded, and a longer one only takes its time.
pub fn more_requests_than_may_be_in_flight_are_all_answered<R: Runtime>() {
    let mut config = Config::new();
    config.limits.in_flight = 8;
    let server = R::start(waiting_app(), config);
    let mut client = Client::connect(server.address());
    client.send(get("/wait/20").repeat(50) + &get("/"));
    for _ in 0..50 {
        assert_eq!(client.reply().text(), "/wait/20");
    }
    assert_eq!(client.reply().text(), "now");
    server.stop();
}

/// Nobody can forget to answer.
pub fn a_reply_that_was_put_off_and_dropped_is_500<R: Runtime>() {
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| {
        let (deferred, answered) = reply.defer();
        thread::spawn(move || drop(deferred));
        Ok(answered)
    });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    assert_eq!(client.send(GET).reply().status, 500);
    assert_eq!(client.send(GET).reply().status, 500);
    server.stop();
}

/// The place of a connection is used again; the right to answer is not.
pub fn a_late_reply_is_never_given_to_another_connection<R: Runtime>() {
    let kept: Arc<std::sync::Mutex<Vec<Deferred>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("mine")).get(
        "/keep",
        move |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            keeper.lock().unwrap().push(deferred);
            Ok(answered)
        },
    );
    let mut config = Config::new();
    config.timeouts.idle = Some(Duration::from_secs(30));
    let server = R::start(app, config);
    let mut first = Client::connect(server.address());
    // Broken content behind it closes the connection once that has been answered; a client that resets ends it at once.
    first.send(get("/keep"));
    eventually("the request is put off", || kept.lock().unwrap().len() == 1);
    let unread = vec![b'x'; 100];
    first.send(&unread);
    drop(first);
    let mut second = Client::connect(server.address());
    second.send(get("/keep"));
    eventually("the second is put off", || kept.lock().unwrap().len() == 2);
    let mut deferred = kept.lock().unwrap().drain(..).collect::<Vec<_>>().into_iter();
    deferred.next().unwrap().answer(|reply| reply.text("stale"));
    deferred.next().unwrap().answer(|reply| reply.text("fresh"));
    assert_eq!(second.reply().text(), "fresh");
    assert_eq!(second.send(GET).reply().text(), "mine");
    server.stop();
}

/// A handler's fault is its own.
pub fn a_panic_is_500_and_the_worker_lives_on<R: Runtime>() {
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("alive"))
        .get("/panic", |_: &Request<'_>, _: Reply<'_>| panic!("on purpose"))
        .get("/bad", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field("X", "a\r\nb").no_content());
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    client.send(get("/panic") + &get("/") + &get("/bad") + &get("/"));
    for (status, text) in
        [(500, "Internal Server Error"), (200, "alive"), (500, "Internal Server Error"), (200, "alive")]
    {
        let reply = client.reply();
        assert_eq!((reply.status, reply.text()), (status, text));
    }
    server.stop();
}

/// An application with replies of any size: `/static/{n}` from memory that lives for ever, `/copied/{n}`, `/cut`.
fn large_app() -> App {
    static X: [u8; 4 << 20] = [b'x'; 4 << 20];
    let length = |request: &Request<'_>| request.param("n").unwrap().to_string().parse::<usize>().unwrap();
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"))
        .get("/static/{n}", move |request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).content_of(&X[..length(request)])
        })
        .get("/copied/{n}", move |request: &Request<'_>, reply: Reply<'_>| {
            reply.octets("text/plain", &X[..length(request)])
        })
        .get("/cut", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).content_from(1000, &b"only this"[..]))
}

/// The socket fills, and the rest leaves when there is room.
pub fn a_large_reply_is_sent_whole_to_a_slow_reader<R: Runtime>() {
    let server = R::start(large_app(), Config::new());
    for kind in ["static", "copied"] {
        let mut client = Client::connect(server.address());
        client.send(get(&format!("/{kind}/4000000")));
        thread::sleep(Duration::from_millis(100));
        let reply = client.reply();
        assert_eq!(reply.content.len(), 4_000_000);
        assert!(reply.content.iter().all(|&octet| octet == b'x'));
        assert_eq!(client.send(get("/")).reply().text(), "small");
    }
    server.stop();
}

/// What is sent from where it lies and what is copied do not overtake each other.
pub fn large_and_small_replies_keep_their_order<R: Runtime>() {
    let server = R::start(large_app(), Config::new());
    let mut client = Client::connect(server.address());
    let lengths = [10, 100_000, 20_000, 16_384, 16_383, 1_000_000, 3];
    let mut requests = String::new();
    for length in lengths {
        for kind in ["static", "copied"] {
            write!(requests, "{}{}", get("/"), get(&format!("/{kind}/{length}"))).unwrap();
        }
    }
    client.send(requests);
    for length in lengths {
        for _ in ["static", "copied"] {
            assert_eq!(client.reply().text(), "small");
            assert_eq!(client.reply().content.len(), length);
        }
    }
    server.stop();
}

/// The length was promised, so a client must be able to see that it was not kept.
pub fn a_source_that_ends_early_cuts_the_connection<R: Runtime>() {
    let server = R::start(large_app(), Config::new());
    let mut client = Client::connect(server.address());
    client.send(get("/cut") + &get("/"));
    let rest = client.rest();
    assert!(!rest.ends_with(b"small"), "another reply behind a broken one");
    assert!(rest.len() < 1000);
    server.stop();
}

fn echo_app() -> App {
    App::new()
        .post("/", |request: &Request<'_>, reply: Reply<'_>| {
            reply.octets("application/octet-stream", request.content().unwrap())
        })
        .content_limit(16 << 20)
}

/// Content of many reads, in one piece for the handler.
pub fn large_content_is_collected_however_it_is_framed<R: Runtime>() {
    let server = R::start(echo_app(), Config::new());
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut client = Client::connect(server.address());
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", content.len())).send(&content);
    assert!(client.reply().content == content);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for chunk in content.chunks(4321) {
        client.send([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    client.send("0\r\n\r\n");
    assert!(client.reply().content == content);
    server.stop();
}

/// 100 comes when the content is wanted, and the content after it.
pub fn leave_to_send_is_given_before_the_content<R: Runtime>() {
    let server = R::start(echo_app(), Config::new());
    let mut client = Client::connect(server.address());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(client.reply().status, 100);
    assert!(client.is_quiet(), "a reply before the content");
    assert_eq!(client.send("hello").reply().text(), "hello");
    // Sent without waiting: no 100.
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.reply().text(), "hello");
    server.stop();
}

fn quick_config() -> Config {
    let mut config = Config::new();
    config.timeouts.head = Some(Duration::from_millis(400));
    config.timeouts.content = Some(ContentRate::new().with_grace(Duration::from_millis(400)));
    config.timeouts.idle = Some(Duration::from_millis(400));
    config.timeouts.write = Some(Duration::from_millis(400));
    config.timeouts.linger = Some(Duration::from_millis(400));
    config
}

/// One octet at a time keeps nobody waiting for ever.
pub fn a_slow_head_is_answered_408<R: Runtime>() {
    let server = R::start(echo_app(), quick_config());
    let mut client = Client::connect(server.address());
    let start = Instant::now();
    for octet in "POST / HTTP/1.1\r\n".bytes() {
        client.try_send([octet]);
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(client.reply().status, 408);
    assert_eq!(client.rest(), b"");
    assert!(start.elapsed() >= Duration::from_millis(400));
    server.stop();
}

/// The same for content.
pub fn slow_content_is_answered_408<R: Runtime>() {
    let server = R::start(echo_app(), quick_config());
    let mut client = Client::connect(server.address());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
    assert_eq!(client.reply().status, 408);
    assert_eq!(client.rest(), b"");
    server.stop();
}

/// No reply to nobody's question.
pub fn an_idle_connection_is_closed_quietly<R: Runtime>() {
    let server = R::start(echo_app(), quick_config());
    let mut silent = Client::connect(server.address());
    let mut empty_line = Client::connect(server.address());
    empty_line.send("\r\n");
    assert_eq!(silent.rest(), b"");
    assert_eq!(empty_line.rest(), b"");
    server.stop();
}

/// A request, the rest of a head, and the rest of content that waited for another handler.
pub fn what_comes_in_time_is_not_late_for_a_busy_worker<R: Runtime>() {
    let app = echo_app().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("here")).get(
        "/busy",
        |_: &Request<'_>, reply: Reply<'_>| {
            thread::sleep(Duration::from_millis(1_000));
            reply.text("done")
        },
    );
    let server = R::start(app, quick_config());
    let mut clients: Vec<_> = ["", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhe"]
        .into_iter()
        .map(|begun| {
            let mut client = Client::connect(server.address());
            assert_eq!(client.send(GET).reply().text(), "here");
            client.send(begun);
            client
        })
        .collect();
    let mut busy = Client::connect(server.address());
    busy.send(get("/busy"));
    thread::sleep(Duration::from_millis(100));
    for (client, rest) in clients.iter_mut().zip([GET, "TP/1.1\r\nHost: a\r\n\r\n", "re"]) {
        client.send(rest);
    }
    assert_eq!(busy.reply().text(), "done");
    for client in &mut clients {
        assert_eq!(client.reply().text(), "here");
    }
    server.stop();
}

/// Replies that nobody takes are not kept for ever.
pub fn a_client_that_reads_nothing_is_cut<R: Runtime>() {
    let server = R::start(large_app(), quick_config());
    let mut client = Client::connect(server.address());
    client.send(get("/static/4000000").repeat(8));
    // Much longer than the limit, however slow this machine is.
    thread::sleep(Duration::from_secs(2));
    let rest = client.rest();
    assert!(rest.len() < 8 * 4_000_000, "{} octets", rest.len());
    server.stop();
}

/// Replies larger than their requests, and nobody who reads them: the server stops reading, and executes no more.
pub fn a_client_that_reads_nothing_does_not_fill_memory<R: Runtime>() {
    let executed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executed);
    static X: [u8; 10_000] = [b'x'; 10_000];
    let app = App::new().get("/", move |_: &Request<'_>, reply: Reply<'_>| {
        counter.fetch_add(1, Ordering::Relaxed);
        reply.octets("text/plain", &X)
    });
    let server = R::start(app, Config::new());
    let client = std::net::TcpStream::connect(server.address()).unwrap();
    client.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let requests = GET.repeat(1000);
    // Until the socket takes no more, or 100,000 requests have gone.
    let sent = (0..100).take_while(|_| std::io::Write::write_all(&mut &client, requests.as_bytes()).is_ok()).count();
    let executed = executed.load(Ordering::Relaxed);
    assert!(
        executed < 5_000,
        "{executed} of {} requests were executed: {} octets of replies",
        sent * 1000,
        executed * 10_000
    );
    drop(client);
    server.stop();
}

/// The client has said all; it has not heard all.
pub fn a_half_closed_connection_gets_every_reply<R: Runtime>() {
    let server = R::start(waiting_app(), Config::new());
    let mut client = Client::connect(server.address());
    client.send(get("/") + &get("/wait/300") + &get("/")).end();
    let replies = reply::all(&client.rest(), |_| To::Other);
    assert_eq!(replies.iter().map(reply::Reply::text).collect::<Vec<_>>(), ["now", "/wait/300", "now"]);
    server.stop();
}

/// Idle connections end, and busy ones when they are done.
pub fn what_is_in_flight_is_finished_when_the_server_stops<R: Runtime>() {
    let server = R::start(waiting_app(), Config::new());
    let address = server.address();
    let mut idle = Client::connect(address);
    assert_eq!(idle.send(GET).reply().text(), "now");
    let mut busy = Client::connect(address);
    busy.send(get("/") + &get("/wait/500"));
    assert_eq!(busy.reply().text(), "now");
    let start = Instant::now();
    let stopping = thread::spawn(move || server.stop());
    assert_eq!(idle.rest(), b"");
    assert_eq!(busy.reply().text(), "/wait/500");
    assert_eq!(busy.rest(), b"");
    drop((idle, busy));
    stopping.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err(), "the address is free");
}

/// A connection at rest is nothing much, and does not disturb.
pub fn many_idle_connections_are_held<R: Runtime>() {
    let server = R::start(waiting_app(), Config::new());
    // Twice as many descriptors are open in this process.
    let mut clients: Vec<_> = (0..400).map(|_| Client::connect(server.address())).collect();
    for client in &mut clients {
        assert_eq!(client.send(GET).reply().text(), "now");
    }
    for client in clients.iter_mut().rev() {
        assert_eq!(client.send(GET).reply().text(), "now");
    }
    server.stop();
}

//! Content that is streamed, either way, in states that once led a connection astray; and random scripts of clients,
//! handlers and transports.

use std::{
    fs::File,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_lite::{
    AsyncReadExt, AsyncWriteExt, StreamExt,
    future::{block_on, yield_now},
    stream,
};
use pronto::{
    connection::Config,
    head::{Method, Status},
    response::PreparedResponse,
    service::Methods,
};
use pronto_host::{
    App, Cancelled, Deferred, Drain, Ending, Fault, IncomingContent, OwnedRequest, Piece, Reply, Request, Response,
    Upgraded,
};
use proptest::prelude::*;
use tests::{
    reply::{self, To},
    wire::Wire,
};

type Kept = Arc<Mutex<Vec<Deferred>>>;

type Bell = Box<dyn FnOnce(()) + Send>;

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

fn statuses(wire: &Wire) -> Vec<u16> {
    reply::all(&wire.line.received, |_| To::Other).iter().map(|reply| reply.status).collect()
}

/// An application that keeps what `/later` puts off, with what `add` adds.
fn connection(add: impl FnOnce(App) -> App) -> (Wire, Kept) {
    let kept = Kept::default();
    let keeper = Arc::clone(&kept);
    let app = App::new().get("/later", move |_: &Request<'_>, reply: Reply<'_>| {
        let (deferred, answered) = reply.defer();
        keeper.lock().unwrap().push(deferred);
        Ok(answered)
    });
    (Wire::new(add(app), Config::new()), kept)
}

fn answer(kept: &Kept, answer: impl FnOnce(Reply<'_>) -> pronto_host::Answer + Send + 'static) {
    kept.lock().unwrap().remove(0).answer(answer);
}

/// Content was asked for, and nobody looked.
#[test]
fn leave_to_send_is_given_when_another_thread_asks_for_content() {
    let (mut wire, _) = connection(|app| {
        app.post("/", |request: OwnedRequest| async {
            let (sender, answer) = async_channel();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                sender(block_on(IncomingContent::collect(&mut request.into_content())));
            });
            let content: Vec<u8> = answer.await?;
            Ok::<_, Fault>(Response::octets("text/plain", content))
        })
    });
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    for _ in 0..500 {
        wire.run();
        if wire.line.received.starts_with(b"HTTP/1.1 100") {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(statuses(&wire), [100]);
}

/// A value from another thread.
fn async_channel<T: Send + 'static>() -> (impl FnOnce(T) + Send, impl Future<Output = T>) {
    let place = Arc::new(Mutex::new((None, None::<std::task::Waker>)));
    let theirs = Arc::clone(&place);
    let send = move |value| {
        let mut place = theirs.lock().unwrap();
        place.0 = Some(value);
        if let Some(waker) = place.1.take() {
            waker.wake();
        }
    };
    let receive = std::future::poll_fn(move |context| {
        let mut place = place.lock().unwrap();
        place.1 = Some(context.waker().clone());
        match place.0.take() {
            Some(value) => std::task::Poll::Ready(value),
            None => std::task::Poll::Pending,
        }
    });
    (send, receive)
}

/// The hook ran at once, and said that the connection had ended.
#[test]
fn a_request_that_is_put_off_out_of_turn_ends_once_it_was_answered() {
    let endings: Arc<Mutex<Vec<Ending>>> = Arc::default();
    let kept = Kept::default();
    let (keeper, noted) = (Arc::clone(&kept), Arc::clone(&endings));
    let app = App::new().get("/later", move |_: &Request<'_>, reply: Reply<'_>| {
        let noted = Arc::clone(&noted);
        let (deferred, answered) = reply.on_done(move |ending| noted.lock().unwrap().push(ending.clone())).defer();
        keeper.lock().unwrap().push(deferred);
        Ok(answered)
    });
    let mut wire = Wire::new(app, Config::new());
    wire.send(&get("/later").repeat(2));
    assert_eq!(*endings.lock().unwrap(), []);
    answer(&kept, |reply| reply.text("first"));
    answer(&kept, |reply| reply.status(Status::NOT_FOUND).no_content());
    wire.run();
    assert_eq!(*endings.lock().unwrap(), [Ending::Replied(Status::OK), Ending::Replied(Status::NOT_FOUND)]);
}

/// The requests behind one whose reply was being sent had been read, and were forgotten.
#[test]
fn a_drain_forgets_no_request_behind_a_reply_that_is_being_sent() {
    for drain in [Drain::AtOnce, Drain::Gently] {
        let (mut wire, _) = connection(|app| {
            app.get("/large", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).content_of(vec![7; 100_000]))
        });
        wire.line.room = 1_000;
        wire.send(&[get("/large"), get("/large"), get("/nowhere")].concat());
        wire.drain(drain);
        wire.make_room(usize::MAX);
        assert_eq!(statuses(&wire), [200, 200, 404], "{drain:?}");
        let last = reply::all(&wire.line.received, |_| To::Other).pop().unwrap();
        assert_eq!((last.field("connection"), wire.line.shut), (Some("close"), true));
    }
}

/// The first of them said close, and the one behind it, which had been read, got no answer.
#[test]
fn a_drain_forgets_no_request_behind_content_that_ends() {
    let (mut wire, _) = connection(|app| app.post("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("posted")));
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    wire.drain(Drain::AtOnce);
    wire.send(&[b"cd".to_vec(), get("/nowhere")].concat());
    assert_eq!((statuses(&wire), wire.line.shut), (vec![200, 404], true));
}

/// Where a request was answered before its content had come, a drain closed the connection when that had ended, though the
/// reply had not said so: the next request, which was on its way, was lost.
#[test]
fn a_gentle_drain_loses_no_request_behind_one_that_was_answered_before_its_content_came() {
    let streamed: Vec<u8> = b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab".to_vec();
    let unread: Vec<u8> = b"POST /counted HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab".to_vec();
    for (first, status) in [(streamed, 200), (unread, 405)] {
        let (mut wire, _) = connection(|app| {
            app.get("/counted", |_: &Request<'_>, reply: Reply<'_>| reply.text("counted"))
                .post("/early", async |_: OwnedRequest| "early")
        });
        wire.send(&first);
        assert_eq!(statuses(&wire), [status]);
        wire.drain(Drain::Gently);
        wire.send(b"cd");
        assert!(!wire.line.shut && !wire.closed, "it ends, and has not said so");
        wire.send(&get("/counted"));
        assert_eq!(statuses(&wire), [status, 200]);
        let last = reply::all(&wire.line.received, |_| To::Other).pop().unwrap();
        assert_eq!((last.field("connection"), wire.line.shut), (Some("close"), true));
    }
}

/// A reply that waited for its turn said close, but a further request was taken, and never answered.
#[test]
fn no_request_is_taken_behind_a_reply_that_will_close() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let (mut wire, kept) = connection(|app| {
        app.get("/counted", move |_: &Request<'_>, reply: Reply<'_>| {
            counter.fetch_add(1, Ordering::SeqCst);
            reply.text("counted")
        })
    });
    wire.send(&get("/later").repeat(2));
    wire.drain(Drain::Gently);
    let second = kept.lock().unwrap().remove(1);
    second.answer(|reply| reply.text("second"));
    wire.run();
    wire.send(&get("/counted"));
    answer(&kept, |reply| reply.text("first"));
    wire.run();
    assert_eq!((statuses(&wire).len(), wire.line.shut), (2 + taken.load(Ordering::SeqCst), true));
}

/// The clock of the content's rate had run while the handler had no room for more.
#[test]
fn a_client_is_not_late_with_content_that_nobody_took() {
    let bell: Arc<Mutex<Option<Bell>>> = Arc::default();
    let hung = Arc::clone(&bell);
    let (mut wire, _) = connection(|app| {
        app.post("/", move |request: OwnedRequest| {
            let (ring, rung) = async_channel();
            *hung.lock().unwrap() = Some(Box::new(ring));
            async {
                rung.await;
                drop(request);
                "enough"
            }
        })
    });
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    wire.send(&[7; 90_000]);
    wire.pass(Duration::from_secs(600));
    bell.lock().unwrap().take().unwrap()(());
    wire.pass(Duration::from_secs(4));
    wire.send(&[vec![7; 10_000], get("/nowhere")].concat());
    assert_eq!((statuses(&wire), wire.line.shut), (vec![200, 404], false));
}

/// Replies that were held stopped reading; when they had gone, the time that had passed counted as the client's.
#[test]
fn a_client_is_not_late_with_a_head_that_nobody_read() {
    let (mut wire, kept) = connection(|app| app);
    wire.send(&[get("/later").repeat(2), b"GET /nowhere HT".to_vec()].concat());
    let second = kept.lock().unwrap().remove(1);
    second.answer(|reply| reply.status(Status::OK).content(&[7; 300_000]));
    wire.pass(Duration::from_secs(60));
    answer(&kept, |reply| reply.text("first"));
    wire.pass(Duration::from_secs(9));
    wire.send(b"TP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(statuses(&wire), [200, 200, 404]);
}

/// Unwanted content lay in the buffer while a long reply was sent, and was found to be late.
#[test]
fn content_that_has_come_is_not_late_while_a_reply_is_sent() {
    let (mut wire, _) = connection(|app| {
        app.on_error(|_: &pronto_host::NotFound, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::NOT_FOUND).content_of(vec![7; 100_000])
        })
    });
    wire.line.room = 1_000;
    let post = b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd".to_vec();
    wire.send(&[post, get("/nowhere")].concat());
    wire.pass(Duration::from_secs(20));
    wire.make_room(usize::MAX);
    assert_eq!((statuses(&wire), wire.line.shut), (vec![404, 404], false));
}

/// A prepared response kept the connection, whatever was said.
#[test]
fn a_prepared_response_can_close() {
    let memory = Vec::leak(vec![0; 256]);
    let fields = [("Content-Type", "text/plain")];
    let response = PreparedResponse::render(memory, Status::OK, &fields, b"ready").unwrap();
    let response = Box::leak(Box::new(response));
    let response = &*response;
    let (mut wire, _) =
        connection(|app| app.get("/", move |_: OwnedRequest| async move { Response::prepared(response).close() }));
    wire.send(&get("/"));
    assert!(wire.line.shut);
}

/// A turn ended with the last write that it may make, and nobody noticed that nothing was left.
#[test]
fn content_that_ends_with_a_turn_ends() {
    for pieces in 1..40 {
        let (mut wire, _) = connection(|app| {
            app.get("/", move |_: &Request<'_>, reply: Reply<'_>| {
                reply.status(Status::OK).pull((0..pieces).map(|_| Ok::<_, Fault>(vec![7; 32 * 1024])))
            })
        });
        wire.send(b"GET / HTTP/1.0\r\n\r\n");
        assert!(wire.closed, "{pieces} pieces");
    }
}

/// A signal that came while a source was read cut the connection.
#[test]
fn a_source_that_is_interrupted_goes_on() {
    /// How often it was asked; what it has in its buffer.
    struct Interrupted(u8, &'static [u8]);

    impl std::io::Read for Interrupted {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            unreachable!("it is read through its buffer")
        }
    }

    impl std::io::BufRead for Interrupted {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            if self.1.is_empty() {
                self.0 += 1;
                if self.0 % 2 == 1 {
                    return Err(std::io::ErrorKind::Interrupted.into());
                }
                self.1 = b"abc";
            }
            Ok(self.1)
        }

        fn consume(&mut self, length: usize) {
            self.1 = &self.1[length..];
        }
    }

    let (mut wire, _) = connection(|app| {
        app.get("/", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).content_from(9, Interrupted(0, &[])))
    });
    wire.send(&get("/"));
    assert_eq!(reply::all(&wire.line.received, |_| To::Other)[0].text(), "abcabcabc");
}

/// Those that had been answered, and waited for their turn, were answered again, and what came of it was thrown away.
#[test]
fn nobody_is_asked_twice_for_the_answer_to_a_request() {
    let cancelled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&cancelled);
    let (mut wire, kept) = connection(|app| {
        app.on_error(move |_: &Cancelled, _: &Request<'_>, reply: Reply<'_>| {
            counter.fetch_add(1, Ordering::SeqCst);
            reply.status(Status::SERVICE_UNAVAILABLE).no_content()
        })
    });
    wire.send(&get("/later").repeat(2));
    let second = kept.lock().unwrap().remove(1);
    second.answer(|reply| reply.text("second"));
    wire.run();
    wire.cancel();
    assert_eq!((statuses(&wire), cancelled.load(Ordering::SeqCst)), (vec![503, 200], 1));
}

/// What could not be used any more was dropped where its panic ended the worker.
#[test]
fn an_answer_that_nobody_waits_for_may_panic_when_it_is_dropped() {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("when it is dropped");
        }
    }

    let (mut wire, kept) = connection(|app| app);
    wire.send(&get("/later"));
    wire.cancel();
    let panics = Panics;
    answer(&kept, move |reply| {
        let _panics = &panics;
        reply.text("too late")
    });
    wire.run();
    assert_eq!(statuses(&wire), [503]);
}

/// The words of an error are the application's, too.
#[test]
fn an_error_that_cannot_be_told_is_answered() {
    #[derive(Debug)]
    struct Unspeakable;

    impl std::fmt::Display for Unspeakable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no words")
        }
    }

    impl std::error::Error for Unspeakable {}

    struct Teller;

    impl log::Log for Teller {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            let _told = record.args().to_string();
        }

        fn flush(&self) {}
    }

    static TELLER: Teller = Teller;
    let _set_before = log::set_logger(&TELLER);
    log::set_max_level(log::LevelFilter::Error);
    let (mut wire, _) = connection(|app| {
        app.get("/", |_: &Request<'_>, _: Reply<'_>| Err(Unspeakable.into()))
            .on_any_error(|_, _, _| Err(Unspeakable.into()))
    });
    wire.send(&get("/"));
    log::set_max_level(log::LevelFilter::Off);
    assert_eq!(statuses(&wire), [500]);
}

/// A hook was added by what makes the content of the reply, and was told that the connection had ended.
#[test]
fn a_hook_that_is_added_while_the_reply_is_sent_is_told_the_same() {
    let endings: Arc<Mutex<Vec<Ending>>> = Arc::default();
    let noted = Arc::clone(&endings);
    let (mut wire, _) = connection(|app| {
        app.get("/", move |request: OwnedRequest| {
            let noted = Arc::clone(&noted);
            async move {
                let pieces = stream::once(()).map(move |()| {
                    let noted = Arc::clone(&noted);
                    request.on_done(move |ending| noted.lock().unwrap().push(ending.clone()));
                    Ok::<_, Fault>("piece")
                });
                Response::new(Status::OK).stream(pieces)
            }
        })
    });
    wire.send(&get("/"));
    assert_eq!(*endings.lock().unwrap(), [Ending::Replied(Status::OK)]);
}

/// What a random client asks for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    kind: Kind,
    /// What the handler does with content: how many pieces it reads, and how often it waits before it answers.
    reads: u8,
    waits: u8,
    content: usize,
    chunked: bool,
    expects: bool,
    /// Whether it offers another protocol, and whether it is the last.
    offers: bool,
    closes: bool,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Get,
    Head,
    Post,
    Nowhere,
    Broken,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Whole,
    Streamed,
    Echoed,
    Fails,
    Closes,
    Thread,
    /// It drops the request long before it answers.
    Early,
    Large,
    File,
    /// It promises more than it has.
    Short,
    ShortFile,
    Upgrades,
}

impl Asked {
    fn octets(&self, number: usize) -> Vec<u8> {
        let Self { kind, reads, waits, content, chunked, expects, offers, closes, how } = *self;
        let method = match kind {
            Kind::Get => "GET",
            Kind::Head => "HEAD",
            Kind::Post | Kind::Nowhere => "POST",
            Kind::Broken => return b"GET /\r\n\r\n".to_vec(),
        };
        let place = if matches!(kind, Kind::Nowhere) { "nowhere" } else { "ask" };
        let mut octets =
            format!("{method} /{place}/{number}/{reads}/{waits}/{how:?} HTTP/1.1\r\nHost: a\r\n").into_bytes();
        match (offers, closes) {
            (true, true) => octets.extend(b"Connection: upgrade, close\r\nUpgrade: echo\r\n"),
            (true, false) => octets.extend(b"Connection: upgrade\r\nUpgrade: echo\r\n"),
            (false, true) => octets.extend(b"Connection: close\r\n"),
            (false, false) => {}
        }
        if matches!(kind, Kind::Get | Kind::Head) {
            octets.extend(b"\r\n");
            return octets;
        }
        if expects {
            octets.extend(b"Expect: 100-continue\r\n");
        }
        if chunked {
            octets.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            for piece in vec![b'G'; content].chunks(30_000) {
                octets.extend(format!("{:x}\r\n", piece.len()).as_bytes());
                octets.extend(piece);
                octets.extend(b"\r\n");
            }
            octets.extend(b"0\r\nX-Sum: 7\r\n\r\n");
        } else {
            octets.extend(format!("Content-Length: {content}\r\n\r\n").as_bytes());
            octets.extend(vec![b'G'; content]);
        }
        octets
    }
}

/// Counts what is alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn handle(mut request: OwnedRequest, alive: Alive, ended: Arc<AtomicUsize>) -> Result<Response, Fault> {
    request.on_done(move |_| {
        ended.fetch_add(1, Ordering::SeqCst);
    });
    let number = |name| request.param(name).unwrap().parse::<usize>().unwrap();
    let (reads, waits, how, number) =
        (number("reads"), number("waits"), request.param("how").unwrap(), number("number"));
    for _ in 0..reads {
        let _ = request.content().next().await?;
    }
    for _ in 0..waits {
        yield_now().await;
    }
    let response = Response::new(Status::OK).field("X-Number", number.to_string());
    Ok(match &*how {
        "Streamed" => response.stream(
            stream::iter(0..20)
                .then(move |step| {
                    let _alive = &alive;
                    async move {
                        yield_now().await;
                        Ok::<_, Fault>(Piece::from(vec![b'x'; step * 500]))
                    }
                })
                .boxed_local(),
        ),
        "Echoed" => response.stream(request.into_content().map(move |piece| {
            let _alive = &alive;
            piece
        })),
        "Early" => {
            drop(request);
            for _ in 0..waits * 20 {
                yield_now().await;
            }
            response.content(b"early")
        }
        "Large" => response.content(vec![b'z'; 100_000]),
        "File" => response.content_of_file(File::open(std::env::current_exe()?)?, 1_000..200_000),
        "ShortFile" => {
            let file = File::open(std::env::current_exe()?)?;
            let length = file.metadata()?.len();
            response.content_of_file(file, length - 30_000..length + 1)
        }
        "Short" => response.content_from(1_000, &b"short"[..]),
        "Upgrades" => return Ok(Response::upgrade("echo", echo)),
        "Fails" => return Err(Fault::words("it fails")),
        "Closes" => response.close().content(b"closes"),
        "Thread" => {
            let mut content = request.into_content();
            std::thread::spawn(move || {
                let _alive = alive;
                block_on(IncomingContent::collect(&mut content))
            });
            response.content(b"elsewhere")
        }
        _ => response.content(vec![b'y'; reads * 9_000]),
    })
}

async fn echo(mut upgraded: Upgraded) {
    let mut buffer = [0; 1000];
    while let Ok(length @ 1..) = upgraded.read(&mut buffer).await {
        if upgraded.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let kind = prop_oneof![
        4 => Just(Kind::Get), 1 => Just(Kind::Head), 6 => Just(Kind::Post), 1 => Just(Kind::Nowhere), 1 => Just(Kind::Broken)
    ];
    let how = prop_oneof![
        4 => Just(How::Whole), 2 => Just(How::Streamed), 3 => Just(How::Echoed), 1 => Just(How::Fails),
        1 => Just(How::Closes), 1 => Just(How::Thread), 2 => Just(How::Early), 2 => Just(How::Large),
        1 => Just(How::Short), 1 => Just(How::Upgrades), 3 => Just(How::File), 1 => Just(How::ShortFile)
    ];
    let content = prop_oneof![2 => 0..3_usize, 2 => 0..5_000_usize, 2 => 0..200_000_usize];
    let rarely = || proptest::bool::weighted(0.1);
    let fields = (any::<bool>(), any::<bool>(), proptest::bool::weighted(0.3), rarely());
    (kind, 0..4_u8, 0..3_u8, content, fields, how).prop_map(
        |(kind, reads, waits, content, (chunked, expects, offers, closes), how)| Asked {
            kind,
            reads,
            waits,
            content,
            chunked,
            expects,
            offers,
            closes,
            how,
        },
    )
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(usize),
    Room(usize),
    Pass(u64),
    MostRead(usize),
    Drain(Drain),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..100_000_usize).prop_map(Step::Send),
        4 => (1..300_usize).prop_map(Step::Send),
        6 => (0..50_000_usize).prop_map(Step::Room),
        2 => (1..900_u64).prop_map(Step::Pass),
        1 => (1..3_000_usize).prop_map(Step::MostRead),
        1 => prop_oneof![Just(Drain::AtOnce), Just(Drain::Gently)].prop_map(Step::Drain),
    ]
}

/// The final replies, and what the other protocol sent behind them.
fn replies_and_echo(mut octets: &[u8], heads: impl Fn(usize) -> To) -> (Vec<reply::Reply>, Option<&[u8]>) {
    let mut replies = Vec::new();
    while !octets.is_empty() {
        let Some((reply, length)) = reply::take(octets, heads(replies.len())) else {
            panic!("not a whole reply: {}", octets.escape_ascii());
        };
        octets = &octets[length..];
        match reply.status {
            100 => continue,
            101 => {
                replies.push(reply);
                return (replies, Some(octets));
            }
            _ => replies.push(reply),
        }
    }
    (replies, None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever a client asks for, however it comes and goes: replies come in order, nothing is left waiting when nobody
    /// waits for the client, no content is taken for a request, and in the end nothing is alive.
    #[test]
    fn every_exchange_comes_to_its_end(asked in proptest::collection::vec(asked(), 1..8), steps in proptest::collection::vec(step(), 0..40), vanishes in proptest::bool::weighted(0.1)) {
        let (alive, begun, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (living, counter, noted) = (Arc::clone(&alive), Arc::clone(&begun), Arc::clone(&ended));
        let methods = Methods::one(Method::Get).and(Method::Post);
        let app = App::new().route(methods, "/ask/{number}/{reads}/{waits}/{how}", move |request: OwnedRequest| {
            counter.fetch_add(1, Ordering::SeqCst);
            handle(request, Alive::new(&living), Arc::clone(&noted))
        });
        let mut wire = Wire::new(app, Config::new());
        wire.line.takes_files = asked.len() % 2 == 0;
        let script: Vec<u8> = asked.iter().enumerate().flat_map(|(number, asked)| asked.octets(number)).collect();
        let mut left = &script[..];
        let mut drained = false;
        for step in steps {
            match step {
                Step::Send(length) => {
                    let (now, later) = left.split_at(length.min(left.len()));
                    left = later;
                    wire.send(now);
                }
                Step::Room(room) => wire.make_room(room),
                Step::Pass(time) => wire.pass(Duration::from_millis(time)),
                Step::MostRead(most) => wire.line.most_read = most,
                Step::Drain(drain) => {
                    drained = true;
                    wire.drain(drain);
                }
            }
        }
        if !vanishes {
            wire.line.most_read = usize::MAX;
            wire.make_room(usize::MAX);
            wire.send(left);
            // Readers on other threads.
            for _ in 0..200 {
                if wire.is_read_out() || wire.closed { break }
                std::thread::sleep(Duration::from_millis(1));
                wire.run();
            }
            prop_assert!(wire.closed || wire.is_read_out(), "it does not read what has come");
            wire.end();
            for _ in 0..200 {
                if wire.closed { break }
                std::thread::sleep(Duration::from_millis(1));
                wire.run();
            }
            prop_assert!(wire.closed, "it stalls: {:?}", wire);
            let heads: Vec<To> =
                asked.iter().map(|asked| if matches!(asked.kind, Kind::Head) { To::Head } else { To::Other }).collect();
            if !wire.line.reset {
                let (replies, echoed) = replies_and_echo(&wire.line.received, |number| heads[number]);
                prop_assert!(replies.len() <= asked.len());
                let mut closes = echoed.is_some();
                for (number, reply) in replies.iter().enumerate() {
                    if let Some(other) = reply.field("x-number") {
                        prop_assert_eq!(other.parse::<usize>().unwrap(), number);
                    }
                    if reply.field("connection").is_some_and(|options| options.contains("close")) {
                        prop_assert_eq!(number + 1, replies.len(), "a reply behind one that closes");
                        closes = true;
                    }
                }
                // What is done with content after the reply, and how much will come in chunks, is known only later.
                let silent = asked.iter().any(|asked| {
                    matches!(asked.how, How::Thread | How::Echoed) || asked.chunked && asked.content > 64 * 1024
                });
                prop_assert!(closes || silent || drained || replies.len() == asked.len(), "replies are missing: {:?}", replies.len());
                if let Some(echoed) = echoed {
                    let followed: Vec<u8> =
                        (replies.len()..asked.len()).flat_map(|number| asked[number].octets(number)).collect();
                    prop_assert!(followed.starts_with(echoed));
                    prop_assert!(drained || followed.len() == echoed.len());
                }
            }
        }
        drop(wire);
        for _ in 0..1_000 {
            if alive.load(Ordering::SeqCst) == 0 { break }
            std::thread::sleep(Duration::from_millis(1));
        }
        prop_assert_eq!(alive.load(Ordering::SeqCst), 0);
        prop_assert_eq!(begun.load(Ordering::SeqCst), ended.load(Ordering::SeqCst));
    }

    /// Wherever a client falls silent, with whatever room left, its connection ends in time; and until then it rests.
    #[test]
    fn whoever_falls_silent_is_let_go(asked in proptest::collection::vec(asked(), 1..6), sent in 0.0..1.0_f64, room in prop_oneof![Just(usize::MAX), 0..200_000_usize], piece in prop_oneof![Just(usize::MAX), 1_000..70_000_usize]) {
        let (alive, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (living, noted) = (Arc::clone(&alive), Arc::clone(&ended));
        let methods = Methods::one(Method::Get).and(Method::Post);
        let app = App::new().route(methods, "/ask/{number}/{reads}/{waits}/{how}", move |request: OwnedRequest| {
            handle(request, Alive::new(&living), Arc::clone(&noted))
        });
        let mut wire = Wire::new(app, Config::new());
        wire.line.takes_files = asked.len() % 2 == 0;
        let script: Vec<u8> = asked.iter().enumerate().flat_map(|(number, asked)| asked.octets(number)).collect();
        wire.line.room = room;
        for piece in script[..(script.len() as f64 * sent) as usize].chunks(piece) {
            wire.send(piece);
        }
        for _ in 0..100 {
            // Readers on other threads take their time, which is another one than the connection's.
            wire.pass(Duration::from_secs(30));
            if wire.closed { break }
            std::thread::sleep(Duration::from_millis(1));
        }
        let upgraded = wire.line.received.windows(12).any(|window| window == b"HTTP/1.1 101");
        prop_assert!(wire.closed || upgraded, "it never ends: {:?}", wire);
        drop(wire);
        for _ in 0..1_000 {
            if alive.load(Ordering::SeqCst) == 0 { break }
            std::thread::sleep(Duration::from_millis(1));
        }
        prop_assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

//! Connections over any `Read` and `Write`: both ways to serve them, over a transport in memory that splits, stalls, ends and
//! breaks as it likes.

use std::{cell::Cell, collections::HashSet, time::Duration};

use embedded_io::ErrorKind;
use futures_lite::future::{block_on, or, yield_now};
use pronto::{
    connection::{CloseReason, Config, Limits, Rejection},
    head::{FieldSpan, HeadErrorKind, Method, Status},
    response::ResponseError,
    serve::{Buffers, Ended, Error, Server, nonblocking},
    service::{Methods, Pattern, Route, Routing, find},
};
use tests::{
    reply::{self, Reply, To},
    scripted::{Clock, Come, OVER, Scripted, Waiting},
    vector,
};

/// How large the buffers are.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    input: usize,
    output: usize,
    fields: usize,
}

const USUAL: Sizes = Sizes { input: 512, output: 512, fields: 8 };

/// How a connection ended, without what it borrows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Close(CloseReason),
    Reset(CloseReason),
    Upgraded(Vec<u8>),
    Failed(Error<ErrorKind>),
}

impl From<Result<Ended<'_>, Error<ErrorKind>>> for End {
    fn from(result: Result<Ended<'_>, Error<ErrorKind>>) -> Self {
        match result {
            Ok(Ended::Close(reason)) => Self::Close(reason),
            Ok(Ended::Reset(reason)) => Self::Reset(reason),
            Ok(Ended::Upgraded(octets)) => Self::Upgraded(octets.to_vec()),
            Err(error) => Self::Failed(error),
        }
    }
}

const PAGE: [u8; 5_000] = [b'p'; 5_000];

/// What the application does, with `.await` or without.
macro_rules! answer {
    ($exchange:ident, $clock:ident $(, $await:tt)*) => {
        match $exchange.request().target() {
            "/" => $exchange.text("hello")$(.$await)*,
            "/page" => $exchange.octets("text/html", &PAGE)$(.$await)*,
            "/whole" => {
                let (request, content) = $exchange.whole()$(.$await)*?;
                let text = format!("{}:{}", request.target(), content.escape_ascii());
                $exchange.text(&text)$(.$await)*
            }
            "/pieces" => {
                $exchange.limit_content(1 << 40);
                let mut length = 0;
                while let Some(piece) = $exchange.piece()$(.$await)*? {
                    assert!(!piece.is_empty());
                    length += piece.len();
                }
                $exchange.text(&format!("{length}"))$(.$await)*
            }
            "/echo" => {
                let mut body = $exchange
                    .stream(|writer| writer.status(Status::OK).content_type("text/plain").chunked())$(.$await)*?;
                let mut memory = [0; 7];
                loop {
                    let length = body.read(&mut memory)$(.$await)*?;
                    if length == 0 {
                        break body.finish()$(.$await)*;
                    }
                    body.write(&memory[..length])$(.$await)*?;
                }
            }
            "/chunks" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).chunked())$(.$await)*?;
                for length in [0, 1, 5_000, 0, 100, 600] {
                    body.write(&PAGE[..length])$(.$await)*?;
                }
                body.flush()$(.$await)*?;
                body.finish()$(.$await)*
            }
            "/sized" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).content_of_length(5_701))$(.$await)*?;
                for length in [0, 1, 5_000, 0, 100, 600] {
                    body.write(&PAGE[..length])$(.$await)*?;
                }
                body.finish()$(.$await)*
            }
            "/short" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).content_of_length(10))$(.$await)*?;
                body.write(b"12345")$(.$await)*?;
                body.finish()$(.$await)*
            }
            "/long" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).content_of_length(10))$(.$await)*?;
                body.write(b"12345")$(.$await)*?;
                body.write(b"67890 and more")$(.$await)*?;
                body.finish()$(.$await)*
            }
            "/unfinished" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).chunked())$(.$await)*?;
                body.write(b"12345")$(.$await)*?;
                Err(Status::BAD_GATEWAY)?
            }
            "/large" => $exchange.reply(|writer| writer.status(Status::OK).content(&PAGE))$(.$await)*,
            "/split" => $exchange.reply(|writer| writer.status(Status::OK).field("A", "b\r\nc: d").no_content())$(.$await)*,
            "/fails" => Err(Status::SERVICE_UNAVAILABLE)?,
            "/closes" => $exchange.reply(|writer| writer.status(Status::OK).close().content(b"bye"))$(.$await)*,
            "/slow" => {
                $clock.pass(3_600_000);
                let (_, content) = $exchange.whole()$(.$await)*?;
                let length = content.len();
                $clock.pass(3_600_000);
                $exchange.text(&format!("{length}"))$(.$await)*
            }
            "/slowly" => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).content_of_length(5_003))$(.$await)*?;
                for length in [1, 5_000, 1, 1] {
                    body.write(&PAGE[..length])$(.$await)*?;
                    $clock.pass(31_000);
                    body.flush()$(.$await)*?;
                    $clock.pass(31_000);
                }
                body.finish()$(.$await)*
            }
            "/thinks" => {
                $clock.pass(10_000);
                $exchange.status(Status::NO_CONTENT)$(.$await)*
            }
            "/shout" => {
                $exchange.reply(|writer| writer.status(Status::SWITCHING_PROTOCOLS).upgrade("shouting"))$(.$await)*
            }
            _ => $exchange.status(Status::NOT_FOUND)$(.$await)*,
        }
    };
}

#[derive(Clone, Debug)]
struct Played {
    end: End,
    transport: Scripted,
}

impl Played {
    fn replies(&self) -> Vec<Reply> {
        reply::all(&self.transport.output, |_| To::Other)
    }

    fn statuses(&self) -> Vec<u16> {
        self.replies().iter().map(|reply| reply.status).collect()
    }

    fn texts(&self) -> Vec<String> {
        self.replies().iter().map(|reply| reply.text().to_owned()).collect()
    }
}

/// Serves it in both ways.
fn play_with(sizes: Sizes, config: &Config, script: &[Come], prepare: impl Fn(&mut Scripted)) -> [Played; 2] {
    let clock = Clock::default();
    let mut transport = Scripted::new(&clock, script.iter().cloned());
    prepare(&mut transport);
    let server = Server::new(|| clock.now())
        .with_config(config.clone())
        .with_shutdown(|transport: &mut Scripted| transport.is_shut = true)
        .with_waiting(|transport, waiting| transport.waiting = waiting);
    let mut memory = (vec![0; sizes.input], vec![0; sizes.output], vec![FieldSpan::EMPTY; sizes.fields]);
    let buffers = Buffers { input: &mut memory.0, output: &mut memory.1, fields: &mut memory.2 };
    let end = server.serve(&mut transport, buffers, |mut exchange| answer!(exchange, clock)).into();
    let blocking = Played { end, transport };

    let clock = Clock::default();
    let mut waiting = Waiting(Scripted::new(&clock, script.iter().cloned()));
    prepare(&mut waiting.0);
    let server = Server::new(|| clock.now())
        .with_config(config.clone())
        .with_shutdown(|transport: &mut Waiting| transport.0.is_shut = true);
    let buffers = Buffers { input: &mut memory.0, output: &mut memory.1, fields: &mut memory.2 };
    let sleep = |duration| clock.clone().sleep(duration);
    let serving =
        server.serve_async(&mut waiting, buffers, sleep, async |mut exchange| answer!(exchange, clock, await));
    let end = block_on(serving).into();
    [blocking, Played { end, transport: waiting.0 }]
}

fn play(script: &[Come]) -> [Played; 2] {
    play_with(USUAL, &Config::new(), script, |_| {})
}

fn octets(text: &str) -> Come {
    Come::Octets(text.as_bytes().to_vec())
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

fn post(target: &str, content: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{content}", content.len())
}

/// A request whose content is not all there.
fn unfinished(target: &str) -> String {
    let mut whole = post(target, "12345");
    whole.truncate(whole.len() - 2);
    whole
}

#[test]
fn all_requests_of_one_read_are_answered_by_one_write() {
    for played in play(&[octets(&get("/").repeat(4)), octets(&get("/")), Come::End]) {
        assert_eq!(played.texts(), ["hello"; 5]);
        assert_eq!((played.transport.writes.len(), played.transport.flushes), (2, 2));
        assert_eq!(played.end, End::Close(CloseReason::Peer));
        assert!(!played.transport.is_shut, "the client has ended first");
    }
}

#[test]
fn a_pipeline_has_one_outcome_wherever_it_is_split() {
    let chunked = "POST /whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: t\r\n\r\n";
    let echo = chunked.replace("/whole", "/echo");
    let pieces = chunked.replace("/whole", "/pieces");
    let unread = chunked.replace("/whole", "/nowhere");
    let sent = [
        &get("/"),
        &post("/whole", "hello"),
        chunked,
        &echo,
        &unread,
        &pieces,
        &post("/pieces", "12345678"),
        &get("/page"),
        &post("/nowhere", "GET / HTTP/1.1"),
        &get("/sized"),
        &get("/chunks"),
        &get("/closes"),
        &get("/never"),
    ]
    .concat();
    let whole = |played: &Played| {
        let replies = played.replies();
        assert_eq!(played.statuses(), [200, 200, 200, 200, 404, 200, 200, 200, 404, 200, 200, 200]);
        let text = |index: usize| replies[index].text().to_owned();
        assert_eq!(
            [0, 1, 2, 3, 5, 6, 11].map(text),
            ["hello", "/whole:hello", "/whole:abcde", "abcde", "5", "8", "bye"]
        );
        assert_eq!([7, 9, 10].map(|index| replies[index].content.len()), [5_000, 5_701, 5_701]);
        assert_eq!(played.end, End::Close(CloseReason::Reply));
        assert!(played.transport.is_shut, "what came behind the last request was thrown away");
    };
    for split in 0..sent.len() {
        let (first, second) = sent.split_at(split);
        let script = [octets(first), octets(second), Come::End];
        play(
            &script
                .into_iter()
                .filter(|come| !matches!(come, Come::Octets(octets) if octets.is_empty()))
                .collect::<Vec<_>>(),
        )
        .iter()
        .for_each(whole);
    }
    let each: Vec<Come> = sent.bytes().map(|octet| Come::Octets(vec![octet])).chain([Come::End]).collect();
    play(&each).iter().for_each(whole);
    for most in [1, 2, 7, 100] {
        play_with(USUAL, &Config::new(), &[octets(&sent), Come::End], |transport| transport.most = most)
            .iter()
            .for_each(whole);
    }
}

/// However little room there is, replies are the same, until there is too little for one.
#[test]
fn outputs_of_any_size_say_the_same_or_nothing() {
    let sent = [get("/"), get("/page"), post("/echo", &"e".repeat(300)), get("/chunks"), get("/closes")].concat();
    let expected = play(&[octets(&sent), Come::End])[0].replies();
    assert_eq!(expected.len(), 5);
    let mut complete = HashSet::new();
    for output in 0..400 {
        for played in play_with(Sizes { output, ..USUAL }, &Config::new(), &[octets(&sent), Come::End], |_| {}) {
            match played.end {
                End::Close(_) => {
                    let statuses = played.statuses();
                    if statuses == [200; 5] {
                        assert_eq!(played.replies(), expected);
                        complete.insert(output);
                    } else {
                        // Those that do not fit are 500, and the others are as they were.
                        assert!(statuses.contains(&500) && output < 160, "{output}: {statuses:?}");
                    }
                }
                End::Reset(CloseReason::Cut) => assert!(output < 160, "{output}"),
                End::Failed(error) => {
                    assert!(output < 100, "{output}");
                    assert_eq!(error, Error::Response(ResponseError::NoRoom));
                }
                other => panic!("{output}: {other:?}"),
            }
        }
    }
    assert!((160..400).all(|output| complete.contains(&output)));
}

#[test]
fn what_has_no_room_in_the_input_is_refused() {
    let small = Sizes { input: 128, ..USUAL };
    let refused = |status: u16, sent: &str, pieces: bool| {
        let script: Vec<Come> = match pieces {
            true => sent.bytes().map(|octet| Come::Octets(vec![octet])).chain([Come::End]).collect(),
            false => vec![octets(sent), Come::End],
        };
        for played in play_with(small, &Config::new(), &script, |_| {}) {
            assert_eq!(played.statuses(), [200, status], "{sent}");
            assert_eq!(played.end, End::Close(CloseReason::Rejected));
            assert!(played.transport.is_shut);
        }
    };
    let chunk = "20\r\n0123456789abcdef0123456789abcdef\r\n";
    let chunked = "POST /whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for pieces in [false, true] {
        refused(431, &format!("{}GET /{}", get("/"), "a".repeat(200)), pieces);
        refused(413, &format!("{}{}", get("/"), post("/whole", &"c".repeat(100))), pieces);
        refused(413, &format!("{}{chunked}{}0\r\n\r\n", get("/"), chunk.repeat(4)), pieces);
        refused(431, &format!("{}{chunked}0\r\nT: {}\r\n\r\n", get("/"), "t".repeat(200)), pieces);
    }
    // Pieces have room, as long as there is any behind the head.
    let long = post("/pieces", &"c".repeat(100_000));
    for played in play_with(small, &Config::new(), &[octets(&long), Come::End], |_| {}) {
        assert_eq!(played.texts(), ["100000"]);
    }
    let head = "POST /pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    for (room, status) in [(0, 413), (1, 200)] {
        let exact = Sizes { input: head.len() + room, ..USUAL };
        for played in play_with(exact, &Config::new(), &[octets(head), octets("12345"), Come::End], |_| {}) {
            assert_eq!(played.statuses(), [status]);
        }
    }
    for input in 0..20 {
        for played in play_with(Sizes { input, ..USUAL }, &Config::new(), &[octets(&get("/")), Come::End], |_| {}) {
            assert_eq!(played.statuses(), [431], "{input}");
        }
    }
}

#[test]
fn a_short_table_of_fields_refuses_requests_that_have_more() {
    let two = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
    for (fields, status) in [(0, 431), (1, 431), (2, 200)] {
        for played in play_with(Sizes { fields, ..USUAL }, &Config::new(), &[octets(two), Come::End], |_| {}) {
            assert_eq!(played.statuses(), [status], "{fields}");
        }
    }
}

#[test]
fn a_reply_that_cannot_be_written_is_500_and_nothing_of_it_is_sent() {
    let sent = [get("/large"), get("/split"), get("/fails"), get("/")].concat();
    for played in play(&[octets(&sent), Come::End]) {
        assert_eq!(played.statuses(), [500, 500, 503, 200]);
        assert_eq!(played.end, End::Close(CloseReason::Peer));
    }
}

#[test]
fn content_of_another_length_than_was_said_cuts_the_connection() {
    for (target, sent) in [("/short", "12345"), ("/long", "12345"), ("/unfinished", "5\r\n12345\r\n")] {
        for played in play(&[octets(&(get(target) + &get("/"))), Come::End]) {
            let output = String::from_utf8(played.transport.output).unwrap();
            assert_eq!(played.end, End::Reset(CloseReason::Cut), "{target}");
            // What was gathered when it failed is not even sent.
            assert!(output.is_empty() || output.ends_with(sent), "{output:?}");
        }
    }
}

/// They were thrown away with it.
#[test]
fn replies_before_one_that_fails_are_sent() {
    for target in ["/short", "/long", "/unfinished"] {
        for most in [usize::MAX, 7] {
            let come = [octets(&(get("/").repeat(3) + &get(target) + &get("/"))), Come::End];
            for played in play_with(USUAL, &Config::new(), &come, |transport| transport.most = most) {
                let output = &played.transport.output;
                let replies = reply::all(output, |_| To::Other);
                assert_eq!(replies.iter().map(Reply::text).collect::<Vec<_>>(), ["hello"; 3], "{target}");
                assert_eq!(played.end, End::Reset(CloseReason::Cut));
            }
        }
    }
}

#[test]
fn only_what_was_asked_for_is_sent_in_answer_to_head_and_to_http_1_0() {
    let head = |target: &str| get(target).replace("GET", "HEAD");
    let sent = [head("/page"), head("/chunks"), head("/sized"), head("/")].concat();
    for played in play(&[octets(&sent), Come::End]) {
        let replies = reply::all(&played.transport.output, |_| To::Head);
        assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200; 4]);
        assert_eq!(played.end, End::Close(CloseReason::Peer));
    }
    for played in play(&[octets("GET /chunks HTTP/1.0\r\n\r\n"), octets(&get("/")), Come::End]) {
        let text = String::from_utf8(played.transport.output).unwrap();
        let (head, content) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Connection: close") && !head.contains("Transfer-Encoding"));
        assert_eq!(content.len(), 5_701);
    }
}

#[test]
fn leave_to_send_is_given_when_the_content_is_read() {
    let head = "POST /whole HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    for played in play(&[octets(&get("/")), octets(head), octets("hi"), Come::End]) {
        assert_eq!(played.statuses(), [200, 100, 200]);
    }
    // Where the reply begins first, leave is given before, since nothing may come between a head and its content.
    for played in play(&[octets(&head.replace("/whole", "/echo")), octets("hi"), Come::End]) {
        assert_eq!((played.statuses(), &*played.replies()[1].content), (vec![100, 200], &b"hi"[..]));
    }
    for played in play(&[octets(&head.replace("/whole", "/nowhere")), octets("hi"), Come::End]) {
        assert_eq!(played.statuses(), [404]);
        assert!(played.transport.is_shut, "whether the content comes nobody knows");
    }
}

#[test]
fn the_end_in_the_middle_is_told_where_it_can_be() {
    for (sent, statuses, reason) in [
        (get("/")[..20].to_owned(), vec![400], CloseReason::Rejected),
        (unfinished("/whole"), vec![400], CloseReason::Rejected),
        (unfinished("/pieces"), vec![400], CloseReason::Rejected),
        (unfinished("/nowhere"), vec![404], CloseReason::Rejected),
        (String::new(), vec![], CloseReason::Peer),
        ("\r\n".to_owned(), vec![], CloseReason::Peer),
    ] {
        let script: Vec<Come> = [octets(&sent), Come::End].into_iter().skip(usize::from(sent.is_empty())).collect();
        for played in play(&script) {
            assert_eq!((played.statuses(), played.end), (statuses.clone(), End::Close(reason)), "{sent:?}");
        }
    }
    for played in play(&[octets(&unfinished("/echo")), Come::End]) {
        assert_eq!(played.end, End::Reset(CloseReason::Cut), "a reply that has begun is cut");
    }
}

#[test]
fn a_broken_transport_is_told_and_not_touched_again() {
    let failed = End::Failed(Error::Transport(ErrorKind::ConnectionReset));
    for come in [vec![], vec![octets(&get("/")[..20])], vec![octets(&get("/"))], vec![octets(&unfinished("/whole"))]] {
        let script = [come, vec![Come::Fault(ErrorKind::ConnectionReset)]].concat();
        for played in play(&script) {
            assert_eq!(played.end, failed);
            assert!(played.transport.script.is_empty());
        }
    }
    // An interruption is none.
    for played in play(&[Come::Fault(ErrorKind::Interrupted), octets(&get("/")), Come::End]) {
        assert_eq!((played.texts(), played.end), (vec!["hello".into()], End::Close(CloseReason::Peer)));
    }
}

#[test]
fn deadlines_are_those_of_the_engine() {
    let second = || Come::Nothing(1_000);
    let wait = |seconds: usize| vec![second(); seconds];
    for (come, statuses, end) in [
        (vec![octets(&get("/"))], vec![200], End::Close(CloseReason::Idle)),
        (vec![octets(&get("/")[..20])], vec![408], End::Reset(CloseReason::Rejected)),
        (vec![octets(&unfinished("/whole"))], vec![408], End::Reset(CloseReason::Rejected)),
        (vec![octets(&unfinished("/pieces"))], vec![408], End::Reset(CloseReason::Rejected)),
    ] {
        for played in play(&[come, wait(100)].concat()) {
            assert_eq!((played.statuses(), played.end), (statuses.clone(), end.clone()));
        }
    }
    // Octets that drip in are no excuse.
    let dripping = get("/").replace("a", &"a".repeat(60));
    let script: Vec<Come> = dripping.bytes().flat_map(|octet| [Come::Octets(vec![octet]), second()]).collect();
    let [blocking, _] = play(&script);
    assert_eq!((blocking.statuses(), blocking.end), (vec![408], End::Reset(CloseReason::Rejected)));
}

#[test]
fn the_time_of_whoever_answers_is_not_the_clients() {
    let come = [octets(&post("/slow", "12345")), octets(&get("/")), Come::End];
    for played in play(&come) {
        assert_eq!(played.texts(), ["5", "hello"]);
    }
    let (first, second) = (post("/slow", "12345"), get("/"));
    for played in play(&[octets(&first[..first.len() - 5]), octets("12345"), octets(&second), Come::End]) {
        assert_eq!(played.texts(), ["5", "hello"]);
    }
}

/// What nobody read was late as soon as it was declined, and the next request was lost with it.
#[test]
fn nor_is_it_that_of_content_which_is_declined() {
    let whole = post("/thinks", "12345");
    let (head, content) = whole.split_at(whole.len() - 5);
    for played in play(&[octets(head), octets(content), octets(&get("/")), Come::End]) {
        assert_eq!((played.statuses(), played.end), (vec![204, 200], End::Close(CloseReason::Peer)));
    }
}

/// Whoever answers took longer than the client may, and the client was cut for that.
#[test]
fn nor_is_it_the_clients_while_octets_wait_to_be_sent() {
    let sent = [get("/page"), post("/slow", "12345"), get("/slowly"), get("/")].concat();
    for most in [usize::MAX, 100] {
        for played in play_with(USUAL, &Config::new(), &[octets(&sent), Come::End], |transport| transport.most = most) {
            assert_eq!(played.end, End::Close(CloseReason::Peer));
            let lengths: Vec<usize> = played.replies().iter().map(|reply| reply.content.len()).collect();
            assert_eq!(lengths, [5_000, 1, 5_003, 5]);
        }
    }
}

/// The last chunk followed half a chunk: the client took the next reply for the rest of this one.
#[test]
fn nothing_follows_a_piece_that_was_dropped_halfway() {
    for (is_chunked, writes_on) in [(true, false), (true, true), (false, false), (false, true)] {
        let clock = Clock::default();
        let mut transport = Waiting(Scripted::new(&clock, [octets(&get("/").repeat(2)), Come::End]));
        transport.0.most = 100;
        let server = Server::new(|| clock.now());
        let (mut input, mut output, mut fields) = ([0; 512], [0; 256], [FieldSpan::EMPTY; 8]);
        let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
        let sleep = |duration| clock.clone().sleep(duration);
        let handler = async |exchange: nonblocking::Exchange<'_, Waiting>| {
            let mut body = exchange
                .stream(|writer| {
                    let head = writer.status(Status::OK);
                    if is_chunked { head.chunked() } else { head.content_of_length(5_000) }
                })
                .await?;
            let patience = async {
                for _ in 0..20 {
                    yield_now().await;
                }
                None
            };
            assert_eq!(or(async { Some(body.write(&PAGE).await) }, patience).await, None);
            if writes_on {
                assert_eq!(body.write(b"more").await, Err(Error::Cut));
            }
            body.finish().await
        };
        let ended = block_on(server.serve_async(&mut transport, buffers, sleep, handler));
        assert_eq!(ended, Ok(Ended::Reset(CloseReason::Cut)));
        assert!(transport.0.output.ends_with(b"ppp"), "{}", transport.0.output.escape_ascii());
    }
}

/// A write was given up for the time that a head took, and a head was late whose rest had long come.
#[test]
fn what_comes_is_not_late_for_what_goes() {
    let second = get("/");
    let (first, rest) = second.split_at(10);
    for script in [
        [octets(&(get("/") + first)), octets(rest), Come::End],
        [octets(&(get("/page") + first)), octets(rest), Come::End],
        [octets(&unfinished("/echo")), octets(&("45".to_owned() + &second)), Come::End],
        [octets(&unfinished("/nowhere")), octets(&("45".to_owned() + &second)), Come::End],
    ] {
        for played in play_with(USUAL, &Config::new(), &script, |transport| transport.stall = 25) {
            assert_eq!(played.end, End::Close(CloseReason::Peer), "{script:?}");
            assert_eq!(played.replies().len(), 2);
        }
    }
    // Where the rest does not come, it is late all the same.
    for played in play_with(USUAL, &Config::new(), &[octets(&(get("/") + first)), Come::Nothing(10_000)], |transport| {
        transport.stall = 25;
    }) {
        assert_eq!(played.statuses(), [200, 408]);
    }
}

#[test]
fn a_client_that_takes_nothing_is_cut() {
    for target in ["/", "/page", "/chunks"] {
        for played in
            play_with(USUAL, &Config::new(), &[octets(&get(target)), Come::End], |transport| transport.capacity = 40)
        {
            assert_eq!(
                (played.transport.output.len(), played.end),
                (40, End::Reset(CloseReason::WriteTimeout)),
                "{target}"
            );
        }
    }
}

/// What was still owed was written behind half a reply, and waited for without any deadline.
#[test]
fn nothing_is_owed_behind_a_cut() {
    for last in [get("/fails"), "bad\r\n\r\n".to_owned(), get(&"a".repeat(600))] {
        let sent = get("/").repeat(5) + &last;
        for output in [120, 256, 400, 512] {
            for played in
                play_with(Sizes { output, ..USUAL }, &Config::new(), &[octets(&sent), Come::End], |transport| {
                    transport.capacity = 40;
                })
            {
                let end = End::Reset(CloseReason::WriteTimeout);
                assert_eq!((played.transport.output.len(), played.end), (40, end), "{last:?}, {output}");
            }
        }
    }
}

#[test]
fn a_transport_is_told_how_long_it_may_take() {
    let [blocking, _] = play(&[octets(&get("/"))]);
    assert_eq!(blocking.end, End::Failed(Error::Transport(OVER)));
    assert_eq!(blocking.transport.waiting, Some(Duration::from_secs(60)));
    let [blocking, _] = play(&[octets(&get("/")[..5]), Come::Nothing(3_000)]);
    assert_eq!(blocking.transport.waiting, Some(Duration::from_secs(7)));
}

#[test]
fn another_protocol_gets_what_came_behind_the_request() {
    let offer = "GET /shout HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shouting\r\n\r\n";
    for played in play(&[octets(&format!("{}{offer}hello", get("/")))]) {
        assert_eq!(played.end, End::Upgraded(b"hello".to_vec()));
        assert!(played.transport.output.ends_with(b"\r\n\r\n") && played.transport.flushes == 1);
    }
    for played in play(&[octets(&get("/shout")), octets(&get("/")), Come::End]) {
        assert_eq!(played.statuses(), [500, 200], "nobody has offered it");
    }
}

#[test]
fn a_server_that_drains_ends_with_the_requests_that_are_there() {
    thread_local! {
        static IS_DRAINING: Cell<bool> = const { Cell::new(false) };
    }
    let clock = Clock::default();
    let script = [octets(&get("/one")), octets(&(get("/two") + &get("/three"))), Come::End];
    let mut transport = Scripted::new(&clock, script);
    let server = Server::new(|| clock.now())
        .with_drain(|| IS_DRAINING.get())
        .with_date(|| 784_111_777)
        .with_shutdown(|transport: &mut Scripted| transport.is_shut = true);
    let (mut input, mut output, mut fields) = ([0; 512], [0; 512], [FieldSpan::EMPTY; 8]);
    let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
    let ended = server.serve(&mut transport, buffers, |exchange| {
        IS_DRAINING.set(exchange.request().target() == "/two");
        let target = exchange.request().target().to_owned();
        exchange.text(&target)
    });
    assert!(matches!(ended, Ok(Ended::Close(CloseReason::Drain))), "{ended:?}");
    let replies = reply::all(&transport.output, |_| To::Other);
    assert_eq!(replies.iter().map(Reply::text).collect::<Vec<_>>(), ["/one", "/two", "/three"]);
    assert!(replies.iter().all(|reply| reply.field("date") == Some("Sun, 06 Nov 1994 08:49:37 GMT")));
    assert_eq!(replies[2].field("connection"), Some("close"));
    assert!(transport.is_shut);
}

/// A reply told when the request had come.
#[test]
fn the_date_is_that_of_the_reply() {
    thread_local!(static UNIX_SECONDS: Cell<u64> = const { Cell::new(784_111_777) });
    let clock = Clock::default();
    let mut transport = Scripted::new(&clock, [octets(&get("/").repeat(2)), Come::End]);
    let server = Server::new(|| clock.now()).with_date(|| UNIX_SECONDS.get());
    let (mut input, mut output, mut fields) = ([0; 512], [0; 512], [FieldSpan::EMPTY; 8]);
    let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
    let mut is_text = false;
    let ended = server.serve(&mut transport, buffers, |exchange| {
        UNIX_SECONDS.set(UNIX_SECONDS.get() + 5);
        is_text = !is_text;
        if is_text { exchange.text("it") } else { exchange.status(Status::NO_CONTENT) }
    });
    assert_eq!(ended, Ok(Ended::Close(CloseReason::Peer)));
    let replies = reply::all(&transport.output, |_| To::Other);
    let dates = replies.iter().map(|reply| reply.field("date").unwrap()).collect::<Vec<_>>();
    assert_eq!(dates, ["Sun, 06 Nov 1994 08:49:42 GMT", "Sun, 06 Nov 1994 08:49:47 GMT"]);
}

#[test]
fn limits_that_let_nothing_through_do_not_hang() {
    let mut config = Config::new();
    config.limits = Limits::new();
    config.limits.in_flight = 0;
    for played in play_with(USUAL, &config, &[octets(&get("/")), Come::End], |_| {}) {
        assert_eq!((played.transport.output.len(), played.end), (0, End::Reset(CloseReason::Cut)));
    }
}

#[test]
fn what_is_refused_says_why() {
    let error: Error<ErrorKind> = Error::Rejected(Rejection::EndOfInput);
    assert_eq!(error.status(), Status::BAD_REQUEST);
    assert_eq!(HeadErrorKind::HeadTooLarge.status().code(), 431);
}

/// What the protocol vectors are about, as a handler: any method on `/`, `/a` and `/{one}/{two}`; POST with up to 10 octets on
/// `/limited`; GET alone on `/get`; and `/close`.
fn vector_routes() -> [Route<'static, u64>; 6] {
    let route = |methods, pattern, limit| Route { methods, pattern: Pattern::new(pattern).unwrap(), handler: limit };
    [
        route(Methods::ANY, "/", 1 << 20),
        route(Methods::ANY, "/a", 1 << 20),
        route(Methods::ANY, "/{one}/{two}", 1 << 20),
        route(Methods::one(Method::Post), "/limited", 10),
        route(Methods::one(Method::Get), "/get", 1 << 20),
        route(Methods::one(Method::Get), "/close", 1 << 20),
    ]
}

/// Every protocol vector, in one piece and octet by octet.
#[test]
fn every_vector_holds() {
    let routes = vector_routes();
    let mut memory = (vec![0; 1_100_000], vec![0; 4_096], vec![FieldSpan::EMPTY; 101]);
    for vector in vector::all() {
        for size in [usize::MAX, 1] {
            let (mut executed, clock) = (Vec::new(), Clock::default());
            let end = vector.ends.then_some(Come::End);
            let pieces = vector.sent.chunks(size.min(vector.sent.len().max(1)));
            let script = pieces.map(|piece| Come::Octets(piece.to_vec())).chain(end);
            let mut transport = Scripted::new(&clock, script);
            let server = Server::new(|| clock.now()).with_shutdown(|transport: &mut Scripted| transport.is_shut = true);
            let buffers = Buffers { input: &mut memory.0, output: &mut memory.1, fields: &mut memory.2 };
            let ended = server.serve(&mut transport, buffers, |mut exchange| {
                let request = exchange.request();
                let has_content = request.field("content-length").or(request.field("transfer-encoding")).is_some();
                let status = match find(&routes, request.method(), request.path()) {
                    Routing::Found { handler: &limit, .. } => {
                        exchange.limit_content(limit);
                        let (request, content) = exchange.whole()?;
                        let mut line = format!("{} {}", request.method(), request.target());
                        match content {
                            [] if has_content => line += " -",
                            [] => {}
                            content => line += &format!(" {}", content.escape_ascii()),
                        }
                        let closes = request.target() == "/close";
                        executed.push(line);
                        return exchange.reply(|writer| {
                            let head = writer.status(Status::OK);
                            if closes { head.close().no_content() } else { head.content(b"it") }
                        });
                    }
                    Routing::Options(_) => Status::NO_CONTENT,
                    Routing::MethodNotAllowed(_) => Status::METHOD_NOT_ALLOWED,
                    Routing::NotFound => Status::NOT_FOUND,
                    Routing::NotImplemented => Status::NOT_IMPLEMENTED,
                };
                exchange.status(status)
            });
            let closes = transport.is_shut || ended.is_ok();
            let to = |index: usize| {
                let is_head = executed.get(index).is_some_and(|line| line.starts_with("HEAD "));
                if is_head { To::Head } else { To::Other }
            };
            let statuses: Vec<u16> = reply::all(&transport.output, to).iter().map(|reply| reply.status).collect();
            assert_eq!(
                (&executed, &statuses, closes),
                (&vector.executed, &vector.statuses, vector.closes),
                "pieces of {size}: {}",
                vector.name
            );
        }
    }
}

//! Callers that do not keep to the rules: buffers that are too small, tables that are too short, calls out of order, octets that
//! were never dropped or never given. Each is told by an error that is documented, loses nothing, and panics nowhere.

use pronto::{
    buffer::{ArraySink, Sink, SliceSink},
    connection::{
        Config, Connection, Event, Instant, Pipeline, PipelineFull, Rejection, Ticket, Transport, check_request,
    },
    content::{Boundary, MultipartLimits, MultipartParser},
    framing::{
        ContentDecoder, ContentEncoder, ContentLimits, Framing, FramingError, Part, encode, request_framing,
        response_framing,
    },
    head::{
        FieldSection, FieldSpan, HeadErrorKind, HeadLimits, Method, Progress, Request, RequestHead, RequestParser,
        Response, ResponseHead, ResponseParser, Status, Version,
    },
    response::{
        CommonFields, Following, Framer, Persistence, PreparedResponse, Redirect, Replied, ReplyContent, ReplyContext,
        ResponseError, ResponseWriter, WrongLength, write_continue,
    },
    service::{Admission, Driver, Outcome, Service, Stop},
};
use proptest::prelude::*;

const REQUEST: &[u8] =
    b"POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\nCookie: a=b\r\n\r\nhello";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nA: b\r\n\r\nhello";
const CHUNKED: &[u8] = b"4;a=\"b\"\r\nabcd\r\n1\r\ne\r\n0\r\nTrailer: yes\r\n\r\nGET ";

const START: Instant = Instant::from_millis(0);

mod heads {
    use super::*;

    #[test]
    fn a_table_that_is_too_short_refuses_and_a_longer_one_takes_the_same_octets() {
        for entries in 0..6 {
            let mut table = vec![FieldSpan::EMPTY; entries];
            let request = RequestHead::parse(REQUEST, &mut table);
            let mut table = vec![FieldSpan::EMPTY; entries.min(3)];
            let response = ResponseHead::parse(RESPONSE, &mut table);
            match entries {
                // None at all counts.
                0 => {
                    let Ok(Progress::Complete(head)) = request else { panic!() };
                    assert_eq!(head.field_count(), 4);
                }
                1..4 => {
                    let error = request.unwrap_err();
                    assert_eq!((error.kind, error.status().code()), (HeadErrorKind::TooManyFields, 431));
                }
                _ => assert!(request.is_ok()),
            }
            assert_eq!(response.is_ok(), entries == 0 || entries >= 3, "{entries}");
        }
    }

    #[test]
    fn a_request_whose_fields_are_not_seen_is_not_found_to_be_right() {
        let Ok(Progress::Complete(head)) = RequestHead::parse(REQUEST, &mut []) else { panic!() };
        let request = head.view(REQUEST, &[]);
        assert_eq!(request_framing(&request), Err(FramingError::ContentLength));
        assert!(check_request(&request).is_err());
        let Ok(Progress::Complete(head)) = ResponseHead::parse(RESPONSE, &mut []) else { panic!() };
        assert_eq!(response_framing(&head.view(RESPONSE, &[]), Method::Get), Err(FramingError::ContentLength));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let Ok(Progress::Complete(head)) = ResponseHead::parse(chunked, &mut []) else { panic!() };
        assert_eq!(response_framing(&head.view(chunked, &[]), Method::Get), Err(FramingError::TransferEncoding));
    }

    #[test]
    fn limits_of_nothing_take_nothing() {
        let none = HeadLimits::new().with_octets(0).with_target(0).with_fields(0);
        let mut table = [FieldSpan::EMPTY; 8];
        assert!(RequestParser::new(none).parse(REQUEST, &mut table).is_err());
        assert!(ResponseParser::new(none).parse(RESPONSE, &mut table).is_err());
        assert!(FieldSection::parse(none, b"\r\n", &mut table, 0).is_err());
    }

    /// Looks at all that a request shows.
    fn look_at(request: &Request<'_>) {
        let _ = (request.method(), request.target(), request.version(), request.as_octets(), request.keeps_alive());
        let _ = (request.target_form(), request.authority(), request.path(), request.query(), request.spans());
        let _ = (request.field("host"), request.list("connection").count(), request.offers_upgrade("websocket"));
        let _ = (request.fields().filter(|field| field.text().is_some()).count(), request.cookies().count());
        let _ = (check_request(request), request_framing(request), request.end_to_end_fields().map(Iterator::count));
        let _ = format!("{request:?}");
    }

    fn look_at_response(response: &Response<'_>) {
        let _ = (response.status(), response.reason(), response.version(), response.field("a"), response.keeps_alive());
        let _ = (response.fields().count(), response_framing(response, Method::Get));
        let _ = (response.list("connection").count(), response.end_to_end_fields().map(Iterator::count));
        let _ = format!("{response:?}");
    }

    proptest! {
        /// What is seen through other octets means nothing, and may be looked at all the same.
        #[test]
        fn heads_may_be_viewed_through_octets_that_are_not_theirs(
            other: Vec<u8>,
            cut in 0..REQUEST.len(),
            entries in 0_usize..6,
        ) {
            let mut table = [FieldSpan::EMPTY; 8];
            let Ok(Progress::Complete(head)) = RequestHead::parse(REQUEST, &mut table) else { panic!() };
            for octets in [&REQUEST[..cut], &REQUEST[cut..], RESPONSE, &other] {
                look_at(&head.view(octets, &table));
                look_at(&head.view(octets, &table[..entries]));
                look_at(&head.view(octets, &[]));
            }
            let Ok(Progress::Complete(head)) = ResponseHead::parse(RESPONSE, &mut table) else { panic!() };
            for octets in [&RESPONSE[..cut.min(RESPONSE.len())], REQUEST, &other] {
                look_at_response(&head.view(octets, &table));
                look_at_response(&head.view(octets, &table[..entries]));
            }
        }

        /// A parser that is given other octets than before finds no head where a new one finds none.
        #[test]
        fn parsers_that_are_given_less_or_something_else_take_nothing_that_is_none(
            pieces in prop::collection::vec((0..=REQUEST.len(), 0..=REQUEST.len(), any::<u8>()), 1..8),
        ) {
            let mut parser = RequestParser::new(HeadLimits::new());
            let mut responses = ResponseParser::new(HeadLimits::new());
            let mut table = [FieldSpan::EMPTY; 8];
            for (end, at, octet) in pieces {
                let mut input = REQUEST[..end].to_vec();
                if let Some(place) = input.get_mut(at) {
                    *place = octet;
                }
                if let Ok(Progress::Complete(head)) = parser.parse(&input, &mut table) {
                    let fresh = RequestHead::parse(&input, &mut table);
                    prop_assert_eq!(fresh, Ok(Progress::Complete(head)), "{}", input.escape_ascii());
                }
                if let Ok(Progress::Complete(head)) = responses.parse(&input, &mut table) {
                    prop_assert_eq!(ResponseHead::parse(&input, &mut table), Ok(Progress::Complete(head)));
                }
                let _ = FieldSection::parse(HeadLimits::new(), &input, &mut table, at);
            }
        }

        /// What was refused stays refused, and what was complete stays so.
        #[test]
        fn a_parser_that_is_done_says_the_same_again(at in 0..REQUEST.len(), octet: u8, cut in 0..REQUEST.len()) {
            let mut input = REQUEST.to_vec();
            input[at] = octet;
            let mut table = [FieldSpan::EMPTY; 8];
            let mut parser = RequestParser::new(HeadLimits::new());
            let _ = parser.parse(&input[..cut], &mut table);
            let first = parser.parse(&input, &mut table);
            prop_assert_eq!(parser.parse(&input, &mut table), first);
        }
    }
}

mod content {
    use super::*;

    #[test]
    fn a_decoder_that_is_done_takes_no_more() {
        for framing in [Framing::None, Framing::Length(0), Framing::Length(5), Framing::Chunked] {
            let mut decoder = ContentDecoder::new(framing, ContentLimits::new(100));
            let input = match framing {
                Framing::Chunked => CHUNKED,
                _ => b"helloGET ",
            };
            let mut rest = input;
            loop {
                let decoded = decoder.decode(rest).unwrap();
                rest = &rest[decoded.consumed..];
                if let Part::End = decoded.part {
                    break;
                }
            }
            for again in [rest, b"", input] {
                let decoded = decoder.decode(again).unwrap();
                assert!(matches!((decoded.consumed, decoded.part), (0, Part::End)), "{framing:?}");
            }
            assert!(decoder.is_done() && decoder.handle_end_of_input().is_ok());
        }
    }

    #[test]
    fn content_over_a_limit_of_nothing_is_refused_and_no_content_is_not() {
        for (framing, input, is_refused) in [
            (Framing::None, &b""[..], false),
            (Framing::Length(0), b"", false),
            (Framing::Length(1), b"", true),
            (Framing::Chunked, b"0\r\n\r\n", false),
            (Framing::Chunked, b"1\r\n", true),
            (Framing::UntilClose, b"", false),
            (Framing::UntilClose, b"a", true),
        ] {
            let mut decoder = ContentDecoder::new(framing, ContentLimits::new(0));
            let outcome = decoder.decode(input).map(drop);
            assert_eq!(outcome, if is_refused { Err(FramingError::ContentTooLarge) } else { Ok(()) }, "{framing:?}");
        }
    }

    proptest! {
        /// Whoever overlooks an error is told again: no octet of what was refused becomes content, or the end of it.
        #[test]
        fn a_decoder_that_has_refused_says_so_again(at in 0..CHUNKED.len(), octet: u8, limit in 0_u64..8, cut in 1_usize..40) {
            let mut input = CHUNKED.to_vec();
            input[at] = octet;
            let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(limit));
            let (mut start, mut end) = (0, cut.min(input.len()));
            loop {
                match decoder.decode(&input[start..end]) {
                    Err(error) => {
                        for again in [&input[start..end], &input[start..], &input[end..], b"0\r\n\r\n", CHUNKED, b""] {
                            prop_assert_eq!(decoder.decode(again).map(drop), Err(error));
                        }
                        prop_assert!(!decoder.is_done());
                        break;
                    }
                    Ok(decoded) => {
                        start += decoded.consumed;
                        match decoded.part {
                            Part::End => break,
                            Part::NeedInput if end == input.len() => break,
                            Part::NeedInput => end = input.len(),
                            Part::Content(_) | Part::Trailers(_) => {}
                        }
                    }
                }
            }
        }

        /// Octets that were consumed and are given again, or that are left out, are content of another message at worst.
        #[test]
        fn octets_that_were_never_dropped_or_never_given_panic_nowhere(steps in prop::collection::vec(0..CHUNKED.len(), 1..20)) {
            let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(100));
            for start in steps {
                let rest = &CHUNKED[start..];
                if let Ok(decoded) = decoder.decode(rest) {
                    prop_assert!(decoded.consumed <= rest.len());
                }
                let _ = (decoder.is_done(), decoder.remaining_hint(), decoder.handle_end_of_input());
            }
        }
    }

    #[test]
    fn a_form_goes_on_refusing_and_memory_of_nothing_is_a_limit() {
        let boundary = || Boundary::new(b"x").unwrap();
        let form = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--";
        // Cut within the head, there is nowhere to put it aside.
        let mut parser = MultipartParser::new(boundary(), MultipartLimits::new());
        let first = parser.next(&mut &form[..10], &mut []).map(drop);
        let error = first.and_then(|()| parser.next(&mut &form[10..], &mut []).map(drop)).unwrap_err();
        for again in [&form[10..], form, b""] {
            assert_eq!(parser.next(&mut &*again, &mut [0; 100]).map(drop), Err(error));
        }
        assert_eq!(parser.end(), Err(error));
    }
}

mod output {
    use super::*;

    const CONTEXT: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);

    type Write = fn(&mut SliceSink<'_>) -> Result<(), ResponseError>;

    const EVERYTHING: [(&str, Write); 11] = [
        ("content", |sink| writer(sink).status(Status::OK).field("A", "b").content(b"hello").map(drop)),
        ("ok", |sink| writer(sink).ok("text/plain", b"hello").map(drop)),
        ("no content", |sink| writer(sink).status(Status::NO_CONTENT).no_content().map(drop)),
        ("length", |sink| writer(sink).status(Status::OK).content_of_length(u64::MAX).map(drop)),
        ("chunked", |sink| writer(sink).status(Status::OK).chunked().map(drop)),
        ("redirect", |sink| writer(sink).redirect(Redirect::Found, "/a").no_content().map(drop)),
        ("interim", |sink| writer(sink).status(Status::EARLY_HINTS).field("A", "b").interim()),
        ("continue", |sink| write_continue(sink)),
        ("chunk", |sink| encode::chunk(sink, b"hello")),
        ("last chunk", |sink| encode::last_chunk(sink, &[("A", b"b")])),
        ("prepared", |sink| {
            let mut memory = [0; 64];
            let prepared = PreparedResponse::render(&mut memory, Status::OK, &[("A", "b")], b"hello").unwrap();
            prepared.write(sink, CONTEXT, &CommonFields::new()).map(drop)
        }),
    ];

    fn writer<'a, 'm>(sink: &'a mut SliceSink<'m>) -> ResponseWriter<'a, SliceSink<'m>> {
        static COMMON: CommonFields = CommonFields::new();
        ResponseWriter::new(sink, CONTEXT, &COMMON)
    }

    /// Content that is too long or too short, and whatever comes behind the end.
    #[test]
    fn content_of_another_length_is_refused_and_changes_nothing() {
        let followings =
            [Following::Nothing, Following::Octets(5), Following::Chunked, Following::UntilClose, Following::Upgrade];
        for following in followings {
            let (mut framer, mut sink) = (Framer::of(following), ArraySink::<64>::new());
            let mut encoder = ContentEncoder::new(following);
            let most = match following {
                Following::Nothing => 0,
                _ => 5,
            };
            if let Following::Nothing | Following::Octets(_) = following {
                let before = (framer, encoder);
                assert_eq!(framer.frame(6).unwrap_err(), WrongLength);
                assert_eq!(encoder.write(&mut sink, b"abcdef"), Err(ResponseError::ContentLength));
                assert_eq!((framer, encoder), before);
            }
            if following == Following::Octets(5) {
                assert_eq!(framer.end(), Err(WrongLength));
                assert_eq!(encoder.finish(&mut sink), Err(ResponseError::ContentLength));
            }
            assert_eq!((encoder.is_done(), framer.is_done()), (most == 0, most == 0));
            assert_eq!(framer.frame(most).unwrap().is_sent(), most > 0);
            encoder.write(&mut sink, &b"abcde"[..most]).unwrap();
            let written = sink.written().len() + framer.end().unwrap().len();
            encoder.finish(&mut sink).unwrap();
            assert_eq!(sink.written().len(), written, "both say the same");
            assert!(encoder.is_done() && framer.is_done());
            assert_eq!((framer.end(), encoder.finish(&mut sink)), (Ok(&b""[..]), Ok(())));
            assert_eq!(framer.frame(1).unwrap_err(), WrongLength);
            assert_eq!(encoder.write(&mut sink, b"x"), Err(ResponseError::ContentLength));
            assert_eq!(sink.written().len(), written);
        }
    }

    #[test]
    fn whatever_finds_no_room_leaves_nothing_behind_and_fits_when_there_is_some() {
        for (name, write) in EVERYTHING {
            let mut whole = [0; 512];
            let mut sink = SliceSink::new(&mut whole);
            write(&mut sink).unwrap();
            let whole = sink.written().to_vec();
            for room in 0..whole.len() {
                let mut memory = [0; 520];
                let mut sink = SliceSink::new(&mut memory[..8 + room]);
                sink.room(8).unwrap()[..8].copy_from_slice(b"it stays");
                sink.advance(8);
                assert_eq!(write(&mut sink), Err(ResponseError::NoRoom), "{name} in {room}");
                assert_eq!(sink.written(), b"it stays", "{name} in {room}");
                sink.clear();
                if 8 + room >= whole.len() {
                    assert_eq!((write(&mut sink), sink.written()), (Ok(()), &whole[..]), "{name} in {room}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_several_mistakes_is_told_and_nothing_is_written() {
        let mut memory = [0; 512];
        let mut sink = SliceSink::new(&mut memory);
        let broken = |sink| writer(sink).status(Status::OK).field("a b", "c").field("A", "\n").field("Date", "now");
        assert_eq!(broken(&mut sink).content(b"hello").map(drop), Err(ResponseError::FieldName));
        assert_eq!(sink.written(), b"");
    }

    #[test]
    fn more_than_there_is_room_for_is_taken_as_all_of_it() {
        let mut memory = [0; 4];
        let mut sink = SliceSink::new(&mut memory);
        sink.advance(usize::MAX);
        assert_eq!((sink.written().len(), sink.room(1).is_none()), (4, true));
        let mut sink = ArraySink::<4>::new();
        sink.advance(3);
        sink.advance(usize::MAX);
        assert_eq!((sink.written().len(), sink.room(1).is_none()), (4, true));
        assert!(sink.room(0).is_some_and(|room| room.is_empty()));
    }
}

mod connection {
    use super::*;

    fn replied(context: ReplyContext) -> Replied {
        let mut sink = ArraySink::<256>::new();
        ResponseWriter::new(&mut sink, context, &CommonFields::new()).ok("text/plain", b"").unwrap()
    }

    /// Two requests that came at once, and their tickets.
    fn two_requests(config: &Config) -> (Connection, [Ticket; 2]) {
        let mut connection = Connection::new(config, START);
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut fields = [FieldSpan::EMPTY; 8];
        let tickets = [(); 2].map(|()| match connection.poll_event(config, request, &mut fields, START).event {
            Event::Request { ticket, .. } => ticket,
            event => panic!("{event:?}"),
        });
        (connection, tickets)
    }

    #[test]
    fn a_reply_out_of_turn_cuts_the_connection() {
        let config = Config::new();
        let (mut connection, [_first, second]) = two_requests(&config);
        let written = replied(second.context());
        assert!(!connection.is_in_turn(second.number()));
        connection.handle_replied(second, &written, START);
        // It has been taken for the answer to the first.
        assert!(connection.has_failed());
        assert_eq!(connection.poll_transport(&config, START), Transport::Reset);
        assert!(!connection.wants_read(&config));
    }

    #[test]
    fn a_reply_to_another_connections_request_cuts_the_connection() {
        let config = Config::new();
        let (mut connection, [first, second]) = two_requests(&config);
        let (mut other, [other_first, _]) = two_requests(&config);
        for ticket in [first, second] {
            let written = replied(ticket.context());
            connection.handle_replied(ticket, &written, START);
        }
        assert!(!connection.has_failed());
        let written = replied(other_first.context());
        connection.handle_replied(other_first, &written, START);
        assert!(connection.has_failed());
        other.handle_end_of_input();
        assert!(!other.has_failed());
    }

    #[test]
    fn a_table_that_is_too_short_is_answered_431_and_nothing_is_looked_at_behind() {
        let config = Config::new();
        for entries in 0..4 {
            let mut connection = Connection::new(&config, START);
            let mut fields = vec![FieldSpan::EMPTY; entries];
            let polled = connection.poll_event(&config, REQUEST, &mut fields, START);
            let Event::HeadRejected { rejection, .. } = polled.event else { panic!("{polled:?}") };
            assert_eq!(rejection.status().code(), 431);
            let polled = connection.poll_event(&config, REQUEST, &mut fields, START);
            assert!(matches!(polled.event, Event::Closed));
        }
    }

    #[test]
    fn content_that_is_not_there_may_be_limited_declined_paused_and_waited_for() {
        let config = Config::new();
        let mut connection = Connection::new(&config, START);
        connection.limit_content(0);
        connection.decline_content(&config, START);
        assert!(!connection.take_expectation(START) && !connection.is_receiving());
        connection.pause_content();
        connection.resume_content(START);
        connection.handle_content_sent(START);
        connection.handle_transmit(&config, usize::MAX, usize::MAX, START);
        connection.handle_transmit(&config, usize::MAX, 0, START);
        connection.handle_timeout(&config, START);
        assert_eq!(connection.poll_transport(&config, START), Transport::Keep);
        let mut fields = [FieldSpan::EMPTY; 8];
        let event = connection.poll_event(&config, REQUEST, &mut fields, START).event;
        assert!(matches!(event, Event::Request { .. }));
    }

    /// It raised the bound of what is thrown away: a client could send for ever what nobody reads.
    #[test]
    fn a_limit_that_is_set_too_late_changes_nothing() {
        let mut config = Config::new();
        config.limits.unread_content = 10;
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = b"64\r\n0123456789";
        let mut fields = [FieldSpan::EMPTY; 8];
        for declines in [true, false] {
            let mut connection = Connection::new(&config, START);
            let Event::Request { .. } = connection.poll_event(&config, head, &mut fields, START).event else {
                panic!()
            };
            connection.limit_content(10);
            if declines {
                connection.decline_content(&config, START);
            }
            connection.limit_content(u64::MAX);
            let mut limited = 0;
            if !declines {
                // Before it is looked at, the last word counts.
                connection.limit_content(10);
            }
            for _ in 0..3 {
                let event = connection.poll_event(&config, chunk, &mut fields, START).event;
                connection.limit_content(u64::MAX);
                limited += u32::from(matches!(event, Event::ContentRejected(_) | Event::Closed));
            }
            assert!(limited > 0, "declines: {declines}");
        }
    }

    #[test]
    fn a_pipeline_that_is_full_or_asked_for_others_gives_replies_back() {
        let mut pipeline = Pipeline::<&str, 2>::new();
        assert_eq!(pipeline.complete(0, "nobody asked"), Err("nobody asked"));
        pipeline.push_pending(7).unwrap();
        pipeline.push_ready(8, "second").unwrap();
        assert_eq!(pipeline.push_pending(9), Err(PipelineFull));
        assert_eq!(pipeline.push_ready(9, "third"), Err("third"));
        assert_eq!(pipeline.complete(8, "again"), Err("again"));
        assert_eq!(pipeline.complete(6, "late"), Err("late"));
        assert_eq!((pipeline.pop_ready(), pipeline.len()), (None, 2));
        pipeline.complete(7, "first").unwrap();
        assert_eq!(
            [pipeline.pop_ready(), pipeline.pop_ready(), pipeline.pop_ready()],
            [Some("first"), Some("second"), None]
        );
    }
}

mod driver {
    use super::*;

    /// Answers, and notes what with.
    struct Notes {
        output: ArraySink<4096>,
        contents: Vec<Vec<u8>>,
        statuses: Vec<u16>,
        limit: u64,
        flushes: bool,
    }

    impl Notes {
        fn new(limit: u64) -> Self {
            Self { output: ArraySink::new(), contents: Vec::new(), statuses: Vec::new(), limit, flushes: false }
        }

        fn answer(&mut self, status: Status, ticket: Ticket) -> Outcome {
            self.output.clear();
            self.statuses.push(status.code());
            let common = CommonFields::new();
            let writer = ResponseWriter::new(&mut self.output, ticket.context(), &common);
            let replied = writer.status(status).no_content().unwrap();
            Outcome::Answered(ticket, replied)
        }
    }

    impl Service for Notes {
        fn admit(&mut self, _: &Request<'_>) -> Admission {
            Admission::Collect { limit: self.limit }
        }

        fn call(&mut self, _: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
            self.contents.push(content.unwrap_or_default().to_vec());
            self.answer(Status::OK, ticket)
        }

        fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
            self.answer(rejection.status(), ticket)
        }

        fn send_continue(&mut self) {}

        fn wants_flush(&self) -> bool {
            self.flushes
        }
    }

    #[test]
    fn a_buffer_without_room_leaves_a_message_incomplete_and_loses_nothing() {
        let config = Config::new();
        let mut notes = Notes::new(1024);
        let mut driver = Driver::new(&config, START);
        let mut fields = [FieldSpan::EMPTY; 8];
        let (head, content) = REQUEST.split_at(REQUEST.len() - 5);
        // As much as the buffer holds is the head and two octets: it is never full of anything else, however often it is driven.
        let mut input = [head, &content[..2]].concat();
        for _ in 0..3 {
            let driven = driver.drive(&config, &mut input, &mut fields, &mut notes, START);
            assert_eq!((driven.consumed, driven.filled, driven.stop), (0, input.len(), Stop::NeedInput));
        }
        // Moved to a larger one, it goes on.
        input.extend_from_slice(&content[2..]);
        let driven = driver.drive(&config, &mut input, &mut fields, &mut notes, START);
        assert_eq!((driven.consumed, driven.filled), (input.len(), input.len()));
        assert_eq!((&notes.contents[..], &notes.statuses[..]), (&[content.to_vec()][..], &[200][..]));
    }

    #[test]
    fn tables_that_are_too_short_are_answered_431() {
        let config = Config::new();
        for entries in 0..4 {
            let mut notes = Notes::new(1024);
            let mut fields = vec![FieldSpan::EMPTY; entries];
            let mut driver = Driver::new(&config, START);
            let driven = driver.drive(&config, &mut REQUEST.to_vec(), &mut fields, &mut notes, START);
            assert_eq!((driven.stop, &notes.statuses[..]), (Stop::Closed, &[431][..]));
        }
        // One that becomes shorter while content comes has no place for the head any more: that is cut, not guessed at.
        let mut notes = Notes::new(1024);
        let mut driver = Driver::new(&config, START);
        let mut input = REQUEST.to_vec();
        let mut fields = [FieldSpan::EMPTY; 8];
        let cut = input.len() - 1;
        let _ = driver.drive(&config, &mut input[..cut], &mut fields, &mut notes, START);
        let _ = driver.drive(&config, &mut input, &mut fields[..1], &mut notes, START);
        assert!(driver.connection().has_failed() && notes.contents.is_empty());
    }

    proptest! {
        /// Input that was not cut to what is left, or from which too much was cut, is another input: no more than is there is
        /// ever said to be consumed or kept.
        #[test]
        fn input_that_is_cut_wrongly_panics_nowhere(
            steps in prop::collection::vec((0_usize..200, 0_usize..200, any::<bool>()), 1..20),
            limit in 0_u64..20,
            (is_chunked, flushes) in any::<(bool, bool)>(),
        ) {
            let config = Config::new();
            let mut notes = Notes { flushes, ..Notes::new(limit) };
            let mut driver = Driver::new(&config, START);
            let mut fields = [FieldSpan::EMPTY; 8];
            let message = if is_chunked {
                [b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKED].concat().repeat(3)
            } else {
                REQUEST.repeat(3)
            };
            for (start, length, ends) in steps {
                // Now and then it is what it should be: the beginning of a message.
                let start = if start % 2 == 0 { 0 } else { start.min(message.len()) };
                let end = message.len().min(start + length);
                let mut input = message[start..end].to_vec();
                let driven = driver.drive(&config, &mut input, &mut fields, &mut notes, START);
                prop_assert!(driven.consumed <= driven.filled && driven.filled <= input.len(), "{:?}", driven);
                if ends {
                    driver.connection_mut().handle_end_of_input();
                }
            }
        }
    }
}

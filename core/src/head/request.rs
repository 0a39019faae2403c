use core::{fmt, num::NonZeroU64, ops::Range};

use crate::scan::{BLOCK, Class, Input, InstructionSet};

use super::{
    Field, FieldSpan, Fields, HeadError, HeadLimits, Method, Progress, Version,
    authority::is_plain_host,
    careful::long_token_length,
    diagnose::FirstLine,
    field::{find, named},
    known::{KnownFields, Occurrence},
    parse::{Grammar, Section},
    parser::Resumable,
};

/// A parsed request head: small offsets into the input it was parsed from, without a lifetime.
///
/// It may be kept while the input moves, and is looked at through [`view`](Self::view).
///
/// ```
/// use pronto::head::{FieldSpan, Method, Progress, RequestHead};
///
/// let input = b"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
/// let mut fields = [FieldSpan::EMPTY; 16];
/// let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
///
/// let request = head.view(input, &fields);
/// assert_eq!(request.method(), Method::Get);
/// assert_eq!(request.target(), "/where?q=now");
/// assert_eq!(request.field("host"), Some(&b"www.example.org"[..]));
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestHead {
    /// From the lowest on: the length of the head (16 bits), where method and target end (16 bits each), where the first line
    /// begins, which is not 0 where empty lines come before it (8 bits), and the number of fields (8 bits).
    ///
    /// Two numbers, and not a field for each of them, are returned in registers. Fields that were stored one by one and
    /// are loaded together have the processor wait for the stores.
    offsets: u64,
    /// From the lowest on: the [`KnownFields`], the place of the method in [`Method::KNOWN`], or what is beyond it for any other
    /// token (4 bits), whether the version is HTTP/1.1, whether the Host field is plain, and a bit that is always set.
    rest: NonZeroU64,
}

/// Where what is packed into a [`RequestHead`] begins.
mod shift {
    use super::KnownFields;

    pub(super) const METHOD_END: u32 = 16;
    pub(super) const TARGET_END: u32 = 32;
    pub(super) const START: u32 = 48;
    pub(super) const FIELD_COUNT: u32 = 56;

    pub(super) const METHOD: u32 = KnownFields::BITS;
    pub(super) const IS_HTTP11: u32 = METHOD + 4;
    pub(super) const HAS_PLAIN_HOST: u32 = IS_HTTP11 + 1;
    pub(super) const ALWAYS: u32 = HAS_PLAIN_HOST + 1;
}

impl RequestHead {
    /// Parses the request head that `input` begins with, within the default [`HeadLimits`].
    ///
    /// Where the fields are goes to `fields`, whose old content does not matter. An empty table is legal: fields are
    /// then checked and counted, but cannot be looked at. Any other that is too short refuses the head with 431.
    ///
    /// # Errors
    /// [`HeadError`] says what is wrong with the head, where, and which status answers it. It does not depend on how
    /// the octets were split into calls.
    #[inline]
    pub fn parse(input: &[u8], fields: &mut [FieldSpan]) -> Result<Progress<Self>, HeadError> {
        RequestParser::new(HeadLimits::new()).parse(input, fields)
    }

    /// How many octets of the input the head takes, the empty line at its end included.
    pub const fn length(&self) -> usize {
        self.offsets as u16 as usize
    }

    /// How many fields it has.
    pub const fn field_count(&self) -> usize {
        (self.offsets >> shift::FIELD_COUNT) as usize
    }

    const fn start(&self) -> usize {
        (self.offsets >> shift::START) as u8 as usize
    }

    const fn method_end(&self) -> usize {
        (self.offsets >> shift::METHOD_END) as u16 as usize
    }

    const fn target_end(&self) -> usize {
        (self.offsets >> shift::TARGET_END) as u16 as usize
    }

    /// The place of the method among those with a name, or beyond.
    const fn method(&self) -> usize {
        (self.rest.get() >> shift::METHOD & 0xf) as usize
    }

    const fn version(&self) -> Version {
        if self.rest.get() >> shift::IS_HTTP11 & 1 == 1 { Version::Http11 } else { Version::Http10 }
    }

    /// This head, seen through the octets and the table it was parsed from. With others, what is seen is unspecified, as are
    /// fields that were parsed without a table; looking never panics.
    #[inline]
    pub fn view<'a>(&self, input: &'a [u8], fields: &'a [FieldSpan]) -> Request<'a> {
        Request { head: *self, octets: input, spans: fields.get(..self.field_count()).unwrap_or_default() }
    }
}

/// Parses a request head that comes in pieces: scans only what is new, and parses once, when the end is there.
///
/// ```
/// use pronto::head::{FieldSpan, HeadLimits, Progress, RequestParser};
///
/// let mut parser = RequestParser::new(HeadLimits::new());
/// let mut fields = [FieldSpan::EMPTY; 16];
/// assert_eq!(parser.parse(b"GET / HTTP/1.1\r\nHo", &mut fields)?, Progress::Incomplete);
/// let Progress::Complete(head) = parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut fields)? else { panic!() };
/// assert_eq!(head.field_count(), 1);
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestParser(Resumable);

impl RequestParser {
    /// A parser that has seen nothing.
    pub const fn new(limits: HeadLimits) -> Self {
        Self(Resumable::new(limits))
    }

    /// A parser that has said of the first `scanned` octets of a head that more must follow: for callers that cannot keep a
    /// parser between calls. Where it was never said of them, the head may be taken for incomplete, and for nothing worse.
    pub const fn resumed(limits: HeadLimits, scanned: usize) -> Self {
        Self(Resumable::resumed(limits, scanned))
    }

    /// Parses on. `input` begins where it began in the call before, and is as long or longer.
    ///
    /// After [`Progress::Complete`] or an error the parser is done: the next head takes a new one.
    ///
    /// # Errors
    /// As for [`RequestHead::parse`].
    #[inline]
    pub fn parse(&mut self, input: &[u8], fields: &mut [FieldSpan]) -> Result<Progress<RequestHead>, HeadError> {
        self.0.parse(input, fields)
    }

    /// The head, if nothing was scanned before, and all of it is there and right. `None` has
    /// [`parse_on`](Self::parse_on) tell.
    #[inline(always)]
    pub(crate) fn parse_whole(&mut self, input: &[u8], fields: &mut [FieldSpan]) -> Option<RequestHead> {
        self.0.parse_whole(input, fields)
    }

    /// The rest of [`parse`](Self::parse), for what [`parse_whole`](Self::parse_whole) does not tell.
    pub(crate) fn parse_on(
        &mut self,
        input: &[u8],
        fields: &mut [FieldSpan],
    ) -> Result<Progress<RequestHead>, HeadError> {
        self.0.parse_on(input, fields)
    }
}

impl Grammar for RequestHead {
    const FIRST_LINE: FirstLine = FirstLine::Request;

    type Line = RequestLine;

    #[inline(always)]
    fn line<I: InstructionSet>(
        instructions: I,
        limits: HeadLimits,
        input: Input<'_>,
        start: usize,
    ) -> Option<RequestLine> {
        let line = request_line(instructions, input, start)?;
        let target_length = line.target_end.checked_sub(line.method_end + 1)?;
        let is_separated = *input.octets().get(line.target_end)? == b' ';
        let is_right = is_separated && target_length != 0 && target_length <= usize::from(limits.target);
        is_right.then_some(line)
    }

    #[inline(always)]
    fn in_line(line: RequestLine, _: usize) -> usize {
        line.scanned_from
    }

    #[inline(always)]
    fn head<I: InstructionSet>(
        instructions: I,
        input: Input<'_>,
        start: usize,
        line: RequestLine,
        section: Section,
        table: &mut [FieldSpan],
    ) -> Option<Self> {
        let RequestLine { method, method_end, target_end, .. } = line;
        let version = Version::parse(input.whole(target_end + 1)?)?;
        if section.first_line_end != target_end + 9 {
            return None;
        }
        let mut has_plain_host = false;
        if let Occurrence::One(index) = section.known.host()
            && let Some(host) = table.get(usize::from(index))
        {
            has_plain_host = is_plain_host(instructions, input, host);
        }
        let offsets = section.end as u64
            | (method_end as u64) << shift::METHOD_END
            | (target_end as u64) << shift::TARGET_END
            | (start as u64) << shift::START
            | (section.field_count as u64) << shift::FIELD_COUNT;
        let rest = section.known.bits()
            | u64::from(method) << shift::METHOD
            | u64::from(version == Version::Http11) << shift::IS_HTTP11
            | u64::from(has_plain_host) << shift::HAS_PLAIN_HOST
            | 1 << shift::ALWAYS;
        Some(Self { offsets, rest: NonZeroU64::new(rest)? })
    }
}

impl fmt::Debug for RequestHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestHead")
            .field("length", &self.length())
            .field("field_count", &self.field_count())
            .finish_non_exhaustive()
    }
}

/// A request head, seen through the octets it was parsed from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    head: RequestHead,
    octets: &'a [u8],
    spans: &'a [FieldSpan],
}

impl<'a> Request<'a> {
    /// The octets of the whole head, its empty line included.
    pub fn as_octets(&self) -> &'a [u8] {
        self.octets.get(..self.head.length()).unwrap_or_default()
    }

    /// Where the fields are in them.
    pub const fn spans(&self) -> &'a [FieldSpan] {
        self.spans
    }

    /// The method.
    #[inline]
    pub fn method(&self) -> Method<'a> {
        match Method::KNOWN.get(self.head.method()) {
            Some(method) => *method,
            None => Method::Other(text(self.octets, self.head.start()..self.head.method_end())),
        }
    }

    /// Whether the method is CONNECT, whose target has a form of its own.
    #[inline]
    pub(crate) const fn is_connect(&self) -> bool {
        self.head.method() == Method::CONNECT_PLACE
    }

    /// The request target, as it was sent. It is visible ASCII without `#`, and not empty.
    #[inline]
    pub fn target(&self) -> &'a str {
        text(self.octets, self.head.method_end() + 1..self.head.target_end())
    }

    /// The protocol version.
    pub const fn version(&self) -> Version {
        self.head.version()
    }

    /// The fields in order, duplicates kept.
    #[inline]
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.octets, self.spans)
    }

    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        find(self.octets, self.spans, name)
    }

    /// The values of all fields of this name, in any case, in order.
    pub fn fields_named<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        named(self.octets, self.spans, name)
    }

    /// Whether the client offers to go on in this protocol, `websocket` for instance, in any version of it or in the one that
    /// is said, as in `h2c` or `TLS/1.0` (RFC 9110 7.8). HTTP/1.0 has no such offers.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// let input = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0, WebSocket\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// # let request = head.view(input, &fields);
    /// assert!(request.offers_upgrade("websocket") && request.offers_upgrade("TLS/1.0") && request.offers_upgrade("tls"));
    /// assert!(!request.offers_upgrade("TLS/1.2") && !request.offers_upgrade("h2c"));
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    pub fn offers_upgrade(&self, protocol: &str) -> bool {
        let is_the_protocol = |member: &[u8]| {
            let name = member.split(|&octet| octet == b'/').next().unwrap_or_default();
            member.eq_ignore_ascii_case(protocol.as_bytes()) || name.eq_ignore_ascii_case(protocol.as_bytes())
        };
        self.version() == Version::Http11
            && self.list("connection").any(|option| option.eq_ignore_ascii_case(b"upgrade"))
            && self.list("upgrade").any(is_the_protocol)
    }

    /// The offsets it was parsed to. With [`as_octets`](Self::as_octets) and [`spans`](Self::spans) they are all there is to
    /// a request: whoever copies the three may look at it when the input is gone.
    pub const fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The request target as octets, which are not looked at again.
    #[inline]
    pub fn target_octets(&self) -> &'a [u8] {
        self.octets.get(self.head.method_end() + 1..self.head.target_end()).unwrap_or_default()
    }

    /// The value of the field at this place in the order; empty where there is none.
    #[inline]
    pub(crate) fn value_at(&self, index: u8) -> &'a [u8] {
        self.spans.get(usize::from(index)).map_or(&[], |span| span.value(self.octets))
    }

    /// The field at this place in the order.
    pub(crate) fn field_at(&self, index: u8) -> Option<Field<'a>> {
        Some(self.spans.get(usize::from(index))?.view(self.octets))
    }

    /// Where the fields are that the protocol looks at.
    #[inline]
    pub(crate) const fn known(&self) -> KnownFields {
        KnownFields::from_bits(self.head.rest.get())
    }

    /// Whether nothing about this request asks for more than its reply: it is one of HTTP/1.1 with a
    /// [plain host](Self::has_plain_host), a path for its target, no content and no expectation, and stays on its
    /// connection; its method is neither HEAD nor CONNECT. `false` tells nothing.
    #[inline(always)]
    pub(crate) fn is_ordinary(&self) -> bool {
        /// HEAD and CONNECT by their place.
        const UNUSUAL_METHODS: u32 = 1 << Method::HEAD_PLACE | 1 << Method::CONNECT_PLACE;
        const ASKED: u64 = KnownFields::BEHIND_HEAD | 1 << shift::IS_HTTP11 | 1 << shift::HAS_PLAIN_HOST;
        const USUAL: u64 = 1 << shift::IS_HTTP11 | 1 << shift::HAS_PLAIN_HOST;
        self.head.rest.get() & ASKED == USUAL
            && UNUSUAL_METHODS >> self.head.method() & 1 == 0
            && self.octets.get(self.head.method_end() + 1) == Some(&b'/')
            && match self.known().connection() {
                Occurrence::None => true,
                Occurrence::One(index) => self.value_at(index).eq_ignore_ascii_case(b"keep-alive"),
                Occurrence::Several => false,
            }
    }

    /// Whether there is one Host field, and in it a name or IPv4 address, perhaps with a port, without anything unusual:
    /// what nearly every request has, told without reading it further. `false` tells nothing.
    #[inline]
    pub(crate) const fn has_plain_host(&self) -> bool {
        self.head.rest.get() >> shift::HAS_PLAIN_HOST & 1 == 1
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method())
            .field("target", &self.target())
            .field("version", &self.version())
            .field("fields", &self.fields())
            .finish()
    }
}

/// What a request line says, up to its version.
#[derive(Clone, Copy)]
pub(crate) struct RequestLine {
    /// The place of the method among the known ones, or beyond.
    method: u8,
    method_end: usize,
    target_end: usize,
    /// Where the search for the line's end may begin.
    scanned_from: usize,
}

/// Reads a request line. `None`: no space is between method and target.
///
/// The method ends at the first octet that no method may hold, the target at the first behind it that no target may. What
/// may not stand in a target ends the known methods, too; but `#`, which a method may hold, does not end one.
#[inline(always)]
fn request_line<I: InstructionSet>(instructions: I, input: Input<'_>, start: usize) -> Option<RequestLine> {
    let stops = input.mask(instructions, start, Class::TargetStops);
    let length = stops.trailing_zeros() as usize;
    let method_end = start + length;
    let method = match Method::place(input.whole(start)?, length) {
        Some(method) if input.octets().get(method_end) == Some(&b' ') => method,
        _ => return other_request_line(instructions, input, start),
    };
    // Most targets end with the first block. The search for line ends then begins with it, too, though it holds one at most:
    // so it need not wait for the place where the target ends.
    Some(match stops & stops.wrapping_sub(1) {
        0 => {
            let target_end = target_stop(instructions, input, start + BLOCK)?;
            RequestLine { method, method_end, target_end, scanned_from: target_end }
        }
        more => {
            let target_end = start + more.trailing_zeros() as usize;
            RequestLine { method, method_end, target_end, scanned_from: start }
        }
    })
}

/// Reads a request line with a method that has no name of its own.
#[inline(always)]
fn other_request_line<I: InstructionSet>(instructions: I, input: Input<'_>, start: usize) -> Option<RequestLine> {
    let length = long_token_length(input.octets().get(start..)?)?;
    let method_end = start + length;
    if length == 0 || *input.octets().get(method_end)? != b' ' {
        return None;
    }
    let target_end = target_stop(instructions, input, method_end + 1)?;
    Some(RequestLine { method: Method::KNOWN.len() as u8, method_end, target_end, scanned_from: target_end })
}

/// The first octet from `at` on that no target may hold.
#[inline(always)]
fn target_stop<I: InstructionSet>(instructions: I, input: Input<'_>, mut at: usize) -> Option<usize> {
    while let Some(block) = input.whole(at) {
        let stops = instructions.block(Class::TargetStops, block);
        if stops != 0 {
            return Some(at + stops.trailing_zeros() as usize);
        }
        at += BLOCK;
    }
    if at >= input.octets().len() {
        return None;
    }
    match input.last_mask(instructions, at, Class::TargetStops) {
        0 => None,
        stops => Some(at + stops.trailing_zeros() as usize),
    }
}

/// Octets that were checked to be ASCII when the head was parsed.
#[inline]
fn text(octets: &[u8], range: Range<usize>) -> &str {
    octets.get(range).and_then(|part| str::from_utf8(part).ok()).unwrap_or_default()
}

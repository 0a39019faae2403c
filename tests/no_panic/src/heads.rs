use pronto::{
    head::{
        Field, FieldSection, FieldSpan, Fields, HeadError, HeadLimits, Method, Progress, Request, RequestHead,
        RequestParser, Response, ResponseHead, ResponseParser,
    },
    proxy::{ProxyError, ProxyHeader},
    scan::{Tier, Unavailable, pin, unpin},
};

type Parsed<T> = Result<Progress<T>, HeadError>;

#[unsafe(no_mangle)]
fn head_request(input: &[u8], fields: &mut [FieldSpan]) -> Parsed<RequestHead> {
    RequestHead::parse(input, fields)
}

#[unsafe(no_mangle)]
fn head_request_parser(parser: &mut RequestParser, input: &[u8], fields: &mut [FieldSpan]) -> Parsed<RequestHead> {
    parser.parse(input, fields)
}

#[unsafe(no_mangle)]
fn head_request_resumed(limits: HeadLimits, scanned: usize) -> RequestParser {
    RequestParser::resumed(limits, scanned)
}

/// The head may be of other octets than these.
#[unsafe(no_mangle)]
fn head_request_view<'a>(head: &RequestHead, input: &'a [u8], fields: &'a [FieldSpan]) -> Request<'a> {
    head.view(input, fields)
}

#[unsafe(no_mangle)]
fn head_request_line<'a>(request: &Request<'a>) -> (Method<'a>, &'a str, &'a [u8], bool) {
    let is_old = request.version() == pronto::head::Version::Http10;
    (request.method(), request.target(), request.as_octets(), is_old)
}

#[unsafe(no_mangle)]
fn head_request_field<'a>(request: &Request<'a>, name: &str) -> (Option<&'a [u8]>, usize) {
    (request.field(name), request.fields_named(name).map(<[u8]>::len).fold(0, usize::wrapping_add))
}

#[unsafe(no_mangle)]
fn head_request_fields<'a>(request: &Request<'a>) -> Fields<'a> {
    request.fields()
}

#[unsafe(no_mangle)]
fn head_next_field<'a>(fields: &mut Fields<'a>) -> Option<Field<'a>> {
    fields.next()
}

#[unsafe(no_mangle)]
fn head_field_text<'a>(field: &Field<'a>) -> Option<&'a str> {
    field.text()
}

#[unsafe(no_mangle)]
fn head_response(input: &[u8], fields: &mut [FieldSpan]) -> Parsed<ResponseHead> {
    ResponseHead::parse(input, fields)
}

#[unsafe(no_mangle)]
fn head_response_parser(parser: &mut ResponseParser, input: &[u8], fields: &mut [FieldSpan]) -> Parsed<ResponseHead> {
    parser.parse(input, fields)
}

#[unsafe(no_mangle)]
fn head_response_view<'a>(head: &ResponseHead, input: &'a [u8], fields: &'a [FieldSpan]) -> Response<'a> {
    head.view(input, fields)
}

#[unsafe(no_mangle)]
fn head_response_line<'a>(response: &Response<'a>, name: &str) -> (u16, &'a [u8], Option<&'a [u8]>, Fields<'a>) {
    (response.status().code(), response.reason(), response.field(name), response.fields())
}

#[unsafe(no_mangle)]
fn head_section(limits: HeadLimits, input: &[u8], fields: &mut [FieldSpan], scanned: usize) -> Parsed<FieldSection> {
    FieldSection::parse(limits, input, fields, scanned)
}

#[unsafe(no_mangle)]
fn head_section_field<'a>(
    section: &FieldSection,
    input: &'a [u8],
    fields: &'a [FieldSpan],
    name: &str,
) -> (Option<&'a [u8]>, Fields<'a>) {
    (section.field(input, fields, name), section.fields(input, fields))
}

#[unsafe(no_mangle)]
fn head_proxy(input: &[u8]) -> Result<Progress<ProxyHeader>, ProxyError> {
    ProxyHeader::parse(input)
}

#[unsafe(no_mangle)]
fn head_tier(tier: Tier) -> (Tier, Result<(), Unavailable>) {
    unpin();
    (Tier::in_use(), pin(tier))
}

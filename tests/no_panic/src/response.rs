use pronto::{
    buffer::{ArraySink, SliceSink},
    framing::Framing,
    head::{EndToEndFields, Status},
    response::{
        CommonFields, PreparedArray, PreparedResponse, Redirect, Replied, ReplyContext, ResponseError,
        ResponseHeadWriter, ResponseWriter, SetCookie, check_field, format_date, write_continue,
    },
};

type Sink<'m> = SliceSink<'m>;
type Written = Result<Replied, ResponseError>;

#[unsafe(no_mangle)]
fn response_status<'a, 'm>(writer: ResponseWriter<'a, Sink<'m>>, status: Status) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.status(status)
}

#[unsafe(no_mangle)]
fn response_redirect<'a, 'm>(
    writer: ResponseWriter<'a, Sink<'m>>,
    redirect: Redirect,
    location: &str,
) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.redirect(redirect, location)
}

#[unsafe(no_mangle)]
fn response_ok(writer: ResponseWriter<'_, Sink<'_>>, media_type: &str, content: &[u8]) -> Written {
    writer.ok(media_type, content)
}

#[unsafe(no_mangle)]
fn response_field<'a, 'm>(
    writer: ResponseHeadWriter<'a, Sink<'m>>,
    name: &str,
    value: &[u8],
) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.field(name, value).content_type(value)
}

#[unsafe(no_mangle)]
fn response_cookie<'a, 'm>(
    writer: ResponseHeadWriter<'a, Sink<'m>>,
    cookie: &SetCookie<'_>,
) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.cookie(cookie)
}

#[unsafe(no_mangle)]
fn response_location<'a, 'm>(
    writer: ResponseHeadWriter<'a, Sink<'m>>,
    location: &str,
) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.location(location).offer_upgrade(location).close()
}

#[unsafe(no_mangle)]
fn response_no_content(writer: ResponseHeadWriter<'_, Sink<'_>>) -> Written {
    writer.no_content()
}

#[unsafe(no_mangle)]
fn response_content(writer: ResponseHeadWriter<'_, Sink<'_>>, content: &[u8]) -> Written {
    writer.content(content)
}

#[unsafe(no_mangle)]
fn response_content_of_length(writer: ResponseHeadWriter<'_, Sink<'_>>, length: u64) -> Written {
    writer.content_of_length(length)
}

#[unsafe(no_mangle)]
fn response_chunked(writer: ResponseHeadWriter<'_, Sink<'_>>) -> Written {
    writer.chunked()
}

#[unsafe(no_mangle)]
fn response_upgrade(writer: ResponseHeadWriter<'_, Sink<'_>>, protocol: &str) -> Written {
    writer.upgrade(protocol)
}

#[unsafe(no_mangle)]
fn response_into_array(
    sink: &mut ArraySink<200>,
    context: ReplyContext,
    common: &CommonFields,
    content: &[u8],
) -> Written {
    ResponseWriter::new(sink, context, common).status(Status::OK).field("a", content).content(content)
}

#[unsafe(no_mangle)]
fn response_array_written(sink: &ArraySink<200>) -> &[u8] {
    sink.written()
}

#[unsafe(no_mangle)]
fn response_slice_written<'a>(sink: &'a Sink<'_>) -> &'a [u8] {
    sink.written()
}

#[unsafe(no_mangle)]
fn response_continue(sink: &mut Sink<'_>) -> Result<(), ResponseError> {
    write_continue(sink)
}

#[unsafe(no_mangle)]
fn response_prepare<'a>(
    memory: &'a mut [u8],
    status: Status,
    fields: &[(&str, &str)],
    content: &[u8],
) -> Result<PreparedResponse<'a>, ResponseError> {
    PreparedResponse::render(memory, status, fields, content)
}

#[unsafe(no_mangle)]
fn response_prepared(
    prepared: &PreparedResponse<'_>,
    sink: &mut Sink<'_>,
    context: ReplyContext,
    common: &CommonFields,
) -> Written {
    prepared.write(sink, context, common)
}

#[unsafe(no_mangle)]
fn response_prepared_array(prepared: &PreparedArray<200>) -> PreparedResponse<'_> {
    prepared.response()
}

#[unsafe(no_mangle)]
fn response_server(name: &str) -> Result<CommonFields, ResponseError> {
    CommonFields::with_server(name)
}

#[unsafe(no_mangle)]
fn response_date(common: &mut CommonFields, unix_seconds: u64) -> &[u8] {
    common.set_date(unix_seconds);
    common.as_octets()
}

#[unsafe(no_mangle)]
fn response_format_date(unix_seconds: u64) -> [u8; 29] {
    format_date(unix_seconds)
}

#[unsafe(no_mangle)]
fn response_check_field(name: &str, value: &[u8]) -> Result<(), ResponseError> {
    check_field(name, value)
}

#[unsafe(no_mangle)]
fn response_forward<'a, 'm>(
    writer: ResponseWriter<'a, Sink<'m>>,
    status: Status,
    fields: EndToEndFields<'_>,
) -> ResponseHeadWriter<'a, Sink<'m>> {
    writer.forward(status, fields)
}

#[unsafe(no_mangle)]
fn response_framed(writer: ResponseHeadWriter<'_, Sink<'_>>, framing: Framing) -> Written {
    writer.framed(framing)
}

#[unsafe(no_mangle)]
fn response_interim(writer: ResponseHeadWriter<'_, Sink<'_>>) -> Result<(), ResponseError> {
    writer.interim()
}

use pronto::{
    buffer::SliceSink,
    framing::Framing,
    head::{Method, Request},
    request::RequestWriter,
    response::{Following, ResponseError},
};

type Sink<'m> = SliceSink<'m>;
type Written = Result<Following, ResponseError>;

#[unsafe(no_mangle)]
fn request_begin<'a, 'm>(
    sink: &'a mut Sink<'m>,
    method: Method<'_>,
    target: &str,
    host: &str,
) -> RequestWriter<'a, Sink<'m>> {
    RequestWriter::new(sink, method, target, host)
}

#[unsafe(no_mangle)]
fn request_forward<'a, 'm>(sink: &'a mut Sink<'m>, request: &Request<'_>, host: &str) -> RequestWriter<'a, Sink<'m>> {
    RequestWriter::forward(sink, request, host)
}

#[unsafe(no_mangle)]
fn request_field<'a, 'm>(writer: RequestWriter<'a, Sink<'m>>, name: &str, value: &[u8]) -> RequestWriter<'a, Sink<'m>> {
    writer.field(name, value).close()
}

#[unsafe(no_mangle)]
fn request_no_content(writer: RequestWriter<'_, Sink<'_>>) -> Written {
    writer.no_content()
}

#[unsafe(no_mangle)]
fn request_content(writer: RequestWriter<'_, Sink<'_>>, content: &[u8]) -> Written {
    writer.content(content)
}

#[unsafe(no_mangle)]
fn request_framed(writer: RequestWriter<'_, Sink<'_>>, framing: Framing) -> Written {
    writer.framed(framing)
}

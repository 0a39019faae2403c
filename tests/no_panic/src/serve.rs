use embedded_io::{ErrorKind, ErrorType, Read, Write};
use pronto::{
    buffer::SliceSink,
    connection::Instant,
    head::{Request, Status},
    response::{Frame, Framer, Replied, ResponseError, ResponseWriter, WrongLength},
    serve::{
        Answered, Buffers, Ended, Error, Server,
        blocking::{Body, Exchange},
    },
};

/// A transport of which nothing is known.
pub struct Socket<'s>(&'s mut dyn Transport);

pub trait Transport {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind>;
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind>;
    fn flush(&mut self) -> Result<(), ErrorKind>;
}

impl ErrorType for Socket<'_> {
    type Error = ErrorKind;
}

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buffer)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.0.flush()
    }
}

type Done<T> = Result<T, Error<ErrorKind>>;
type Handler<'h, 's> = dyn FnMut(Exchange<'_, Socket<'s>>) -> Done<Answered> + 'h;
type Writes<'w> = dyn Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError> + 'w;

#[unsafe(no_mangle)]
fn serve_serve<'b, 's>(
    server: &Server<Socket<'s>, fn() -> Instant>,
    socket: &mut Socket<'s>,
    buffers: Buffers<'b>,
    handler: &mut Handler<'_, 's>,
) -> Done<Ended<'b>> {
    server.serve(socket, buffers, handler)
}

#[unsafe(no_mangle)]
fn serve_request<'x>(exchange: &'x Exchange<'_, Socket<'_>>) -> Request<'x> {
    exchange.request()
}

#[unsafe(no_mangle)]
fn serve_whole<'x>(exchange: &'x mut Exchange<'_, Socket<'_>>, limit: u64) -> Done<(Request<'x>, &'x [u8])> {
    exchange.limit_content(limit);
    exchange.whole()
}

#[unsafe(no_mangle)]
fn serve_piece<'x>(exchange: &'x mut Exchange<'_, Socket<'_>>) -> Done<Option<&'x [u8]>> {
    exchange.piece()
}

#[unsafe(no_mangle)]
fn serve_read(exchange: &mut Exchange<'_, Socket<'_>>, memory: &mut [u8]) -> Done<usize> {
    exchange.read(memory)
}

#[unsafe(no_mangle)]
fn serve_text(exchange: Exchange<'_, Socket<'_>>, text: &str) -> Done<Answered> {
    exchange.text(text)
}

#[unsafe(no_mangle)]
fn serve_octets(exchange: Exchange<'_, Socket<'_>>, media_type: &str, content: &[u8]) -> Done<Answered> {
    exchange.octets(media_type, content)
}

#[unsafe(no_mangle)]
fn serve_status(exchange: Exchange<'_, Socket<'_>>, status: Status) -> Done<Answered> {
    exchange.status(status)
}

#[unsafe(no_mangle)]
fn serve_reply(exchange: Exchange<'_, Socket<'_>>, write: &Writes<'_>) -> Done<Answered> {
    exchange.reply(write)
}

#[unsafe(no_mangle)]
fn serve_stream<'c, 's>(
    exchange: Exchange<'c, Socket<'s>>,
    write: &Writes<'_>,
) -> Result<Body<'c, Socket<'s>>, Error<ErrorKind>> {
    exchange.stream(write)
}

#[unsafe(no_mangle)]
fn serve_body_write(body: &mut Body<'_, Socket<'_>>, octets: &[u8]) -> Done<()> {
    body.write(octets)
}

#[unsafe(no_mangle)]
fn serve_body_flush(body: &mut Body<'_, Socket<'_>>) -> Done<()> {
    body.flush()
}

#[unsafe(no_mangle)]
fn serve_body_read(body: &mut Body<'_, Socket<'_>>, memory: &mut [u8]) -> Done<usize> {
    body.read(memory)
}

#[unsafe(no_mangle)]
fn serve_body_finish(body: Body<'_, Socket<'_>>) -> Done<Answered> {
    body.finish()
}

#[unsafe(no_mangle)]
fn serve_framer(replied: &Replied, length: usize) -> (Result<Frame, WrongLength>, Result<&'static [u8], WrongLength>) {
    let mut framer = Framer::new(replied);
    (framer.frame(length), framer.end())
}

#[unsafe(no_mangle)]
fn serve_frame(frame: &Frame) -> (&[u8], &'static [u8]) {
    (frame.before(), frame.behind())
}

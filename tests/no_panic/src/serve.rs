use core::time::Duration;

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
type Handler<'h> = dyn FnMut(Exchange<'_, Socket<'_>>) -> Done<Answered> + 'h;
type Write_<'w> = dyn Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError> + 'w;

#[unsafe(no_mangle)]
fn serve_serve<'b>(
    server: &Server<Socket<'_>, fn() -> Instant>,
    socket: &mut Socket<'_>,
    buffers: Buffers<'b>,
    handler: &mut Handler<'_>,
) -> Done<Ended<'b>> {
    server.serve(socket, buffers, |exchange| handler(exchange))
}

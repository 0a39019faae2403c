//! A server in 8 KiB of memory: it serves the octets of its standard input to its standard output, as a board would those of a
//! socket, with neither std, nor an allocator, nor libc.
//!
//! All that it has is one stack, on which the buffers lie, too. At its end it tells how much of that was ever touched.

#![no_std]
#![no_main]

#[path = "../../platform.rs"]
mod platform;
mod stack;

use embedded_io::{ErrorKind, ErrorType, Read, Write};
use pronto::{
    connection::Instant,
    head::{FieldSpan, Method, Status},
    serve::{Answered, Buffers, Ended, Error, Server, blocking::Exchange},
};

/// What the program does; its result is the exit code.
fn run() -> i32 {
    let (code, touched) = stack::run(serve);
    let mut line = *b"stack:      octets\n";
    let mut left = touched;
    for place in line[7..11].iter_mut().rev() {
        *place = if left > 0 { b'0' + (left % 10) as u8 } else { b' ' };
        left /= 10;
    }
    let _taken = platform::write_to(2, &line);
    // What touches the last of it may have gone beyond.
    if touched + 64 > stack::SIZE { 8 } else { code }
}

extern "C" fn serve() -> i32 {
    let (mut input, mut output, mut fields) = ([0; 1024], [0; 512], [FieldSpan::EMPTY; 16]);
    let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
    // There is no clock here, and nobody who is late.
    match Server::new(|| Instant::from_millis(0)).serve(&mut Standard, buffers, answer) {
        Ok(Ended::Close(_)) => 0,
        Ok(_) => 1,
        Err(_) => 2,
    }
}

/// A page that lies in flash, larger than all of the memory.
static PAGE: [u8; 20_000] = [b'p'; 20_000];

fn answer(mut exchange: Exchange<'_, Standard>) -> Result<Answered, Error<ErrorKind>> {
    let request = exchange.request();
    match (request.method(), request.path().map(|path| path.as_str())) {
        (Method::Get, Some("/")) => exchange.text("Hello, device!"),
        (Method::Get, Some("/page")) => exchange.octets("text/html", &PAGE),
        (Method::Post, Some("/whole")) => {
            let mut copy = [0; 64];
            let (_, content) = exchange.whole()?;
            let Some(kept) = copy.get_mut(..content.len()) else { return Err(Status::CONTENT_TOO_LARGE.into()) };
            kept.copy_from_slice(content);
            exchange.octets("text/plain", kept)
        }
        (Method::Post, Some("/echo")) => {
            let mut body = exchange.stream(|writer| writer.status(Status::OK).content_type("text/plain").chunked())?;
            let mut memory = [0; 64];
            loop {
                let length = body.read(&mut memory)?;
                if length == 0 {
                    return body.finish();
                }
                body.write(memory.get(..length).unwrap_or_default())?;
            }
        }
        _ => exchange.status(Status::NOT_FOUND),
    }
}

/// The standard input and output as a transport.
struct Standard;

impl ErrorType for Standard {
    type Error = ErrorKind;
}

impl Read for Standard {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        usize::try_from(platform::read(buffer)).map_err(|_| ErrorKind::Other)
    }
}

impl Write for Standard {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        usize::try_from(platform::write(octets)).map_err(|_| ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

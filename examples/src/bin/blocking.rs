//! A server by the core alone, over blocking sockets: each of four threads serves one connection at a time, with 2 KiB of
//! buffers.
//!
//! `cargo run --release --bin blocking [ADDRESS]`. Any `Read` and `Write` of the crate `embedded-io` would do in the place of the
//! socket.

use std::{
    env, io,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{self, Duration},
};

use embedded_io::{ErrorKind, ErrorType};
use pronto::{
    connection::Instant,
    head::{FieldSpan, Method, Status},
    serve::{Answered, Buffers, Ended, Error, Server, blocking::Exchange},
};

fn main() -> io::Result<()> {
    let listener = TcpListener::bind(env::args().nth(1).unwrap_or("127.0.0.1:8080".into()))?;
    println!("listening on http://{}", listener.local_addr()?);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| serve(&listener));
        }
    });
    Ok(())
}

fn serve(listener: &TcpListener) {
    let start = time::Instant::now();
    let server = Server::new(|| Instant::from_millis(start.elapsed().as_millis() as u64))
        .with_waiting(Socket::set_waiting)
        .with_shutdown(Socket::shut_down);
    let (mut input, mut output, mut fields) = ([0; 1024], [0; 1024], [FieldSpan::EMPTY; 32]);
    loop {
        let Ok((socket, _)) = listener.accept() else {
            // As long as there are too many open files, every attempt fails at once.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        // What is written is gathered already.
        let _broken = socket.set_nodelay(true);
        let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
        match server.serve(&mut Socket(socket), buffers, answer) {
            Ok(Ended::Close(_)) => {}
            // To reset a socket takes more than `std` has. Where it is closed, a client sees a reply cut short by its framing, and
            // one of HTTP/1.0 not at all.
            Ok(end) => eprintln!("{end:?}"),
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn answer(mut exchange: Exchange<'_, Socket>) -> Result<Answered, Error<ErrorKind>> {
    let request = exchange.request();
    match (request.method(), request.path().map(|path| path.as_str())) {
        (Method::Get | Method::Head, Some("/")) => exchange.text("Hello, World!\n"),
        // Whatever comes is sent back while it comes.
        (Method::Post | Method::Put, Some("/echo")) => {
            exchange.limit_content(u64::MAX);
            let mut body = exchange.stream(|writer| writer.status(Status::OK).chunked())?;
            let mut memory = [0; 512];
            loop {
                match body.read(&mut memory)? {
                    0 => return body.finish(),
                    length => body.write(&memory[..length])?,
                }
            }
        }
        (_, Some("/")) => refuse(exchange, "GET, HEAD"),
        (_, Some("/echo")) => refuse(exchange, "POST, PUT"),
        _ => exchange.status(Status::NOT_FOUND),
    }
}

/// Answers another method than these.
fn refuse(exchange: Exchange<'_, Socket>, allowed: &str) -> Result<Answered, Error<ErrorKind>> {
    exchange.reply(|writer| writer.status(Status::METHOD_NOT_ALLOWED).field("Allow", allowed).no_content())
}

/// A socket as a transport.
struct Socket(TcpStream);

impl Socket {
    /// The operating system takes no timeout of nothing.
    fn set_waiting(&mut self, most: Option<Duration>) {
        let most = most.map(|most| most.max(Duration::from_millis(1)));
        let _broken = self.0.set_read_timeout(most).and_then(|()| self.0.set_write_timeout(most));
    }

    fn shut_down(&mut self) {
        let _broken = self.0.shutdown(Shutdown::Write);
    }
}

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl embedded_io::Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buffer).map_err(kind)
    }
}

impl embedded_io::Write for Socket {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(octets).map_err(kind)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.0.flush().map_err(kind)
    }
}

/// A timeout of a socket looks like one that does not block.
fn kind(error: io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::WouldBlock => ErrorKind::TimedOut,
        other => other.into(),
    }
}

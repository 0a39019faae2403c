//! Connections over sockets of the operating system, by the core alone: blocking ones, and ones that tasks wait for.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{self, Duration},
};

use async_io::{Async, Timer};
use embedded_io::{ErrorKind, ErrorType};
use embedded_io_adapters::futures_03::FromFutures;
use futures_lite::future::block_on;
use pronto::{
    connection::{CloseReason, Config, Instant},
    head::{FieldSpan, Status},
    serve::{Buffers, Ended, Server},
};
use tests::reply::{self, To};

/// A blocking socket as a transport.
struct Socket(TcpStream);

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

fn kind(error: io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::WouldBlock => ErrorKind::TimedOut,
        io::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
        _ => ErrorKind::Other,
    }
}

/// Short enough for a test.
fn config() -> Config {
    let mut config = Config::new();
    config.timeouts.idle = Some(Duration::from_millis(200));
    config.timeouts.write = Some(Duration::from_millis(200));
    config
}

const PAGE: &[u8] = &[b'p'; 8_000_000];

/// Serves one connection while the client does what it does; tells how it ended.
fn blocking<R>(client: impl FnOnce(TcpStream) -> R) -> (Ended<'static>, R) {
    with_socket(client, |socket| {
        let start = time::Instant::now();
        let server = Server::new(|| Instant::from_millis(start.elapsed().as_millis() as u64))
            .with_config(config())
            .with_shutdown(|socket: &mut Socket| socket.0.shutdown(Shutdown::Write).unwrap_or_default())
            .with_waiting(|socket, most| {
                let most = most.map(|most| most.max(Duration::from_millis(1)));
                socket.0.set_read_timeout(most).unwrap();
                socket.0.set_write_timeout(most).unwrap();
            });
        let (mut input, mut output, mut fields) = ([0; 512], [0; 512], [FieldSpan::EMPTY; 8]);
        let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
        let ended = server.serve(&mut Socket(socket), buffers, |exchange| match exchange.request().target() {
            "/page" => exchange.octets("text/html", PAGE),
            "/echo" => {
                let mut body = exchange.stream(|writer| writer.status(Status::OK).chunked())?;
                let mut memory = [0; 300];
                loop {
                    match body.read(&mut memory)? {
                        0 => return body.finish(),
                        length => body.write(&memory[..length])?,
                    }
                }
            }
            "/closes" => exchange.reply(|writer| writer.status(Status::OK).close().no_content()),
            _ => exchange.text("hello"),
        });
        without_octets(ended.unwrap())
    })
}

/// The same, by a task.
fn waited_for<R>(client: impl FnOnce(TcpStream) -> R) -> (Ended<'static>, R) {
    with_socket(client, |socket| {
        let start = time::Instant::now();
        let server = Server::new(|| Instant::from_millis(start.elapsed().as_millis() as u64))
            .with_config(config())
            .with_shutdown(|socket: &mut FromFutures<Async<TcpStream>>| {
                socket.inner().get_ref().shutdown(Shutdown::Write).unwrap_or_default();
            });
        let sleep = |duration| async move {
            let _then = Timer::after(duration).await;
        };
        let (mut input, mut output, mut fields) = ([0; 512], [0; 512], [FieldSpan::EMPTY; 8]);
        let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
        let mut socket = FromFutures::new(Async::new(socket).unwrap());
        let serving =
            server.serve_async(&mut socket, buffers, sleep, async |exchange| match exchange.request().target() {
                "/page" => exchange.octets("text/html", PAGE).await,
                "/echo" => {
                    let mut body = exchange.stream(|writer| writer.status(Status::OK).chunked()).await?;
                    let mut memory = [0; 300];
                    loop {
                        match body.read(&mut memory).await? {
                            0 => return body.finish().await,
                            length => body.write(&memory[..length]).await?,
                        }
                    }
                }
                "/closes" => exchange.reply(|writer| writer.status(Status::OK).close().no_content()).await,
                _ => exchange.text("hello").await,
            });
        let ended = without_octets(block_on(serving).unwrap());
        drop(socket);
        ended
    })
}

fn without_octets(ended: Ended<'_>) -> Ended<'static> {
    match ended {
        Ended::Close(reason) => Ended::Close(reason),
        Ended::Reset(reason) => Ended::Reset(reason),
        Ended::Upgraded(_) => Ended::Upgraded(&[]),
    }
}

fn with_socket<R, E: Send>(client: impl FnOnce(TcpStream) -> R, serve: impl FnOnce(TcpStream) -> E + Send) -> (E, R) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let server = scope.spawn(move || serve(listener.accept().unwrap().0));
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let seen = client(socket);
        (server.join().unwrap(), seen)
    })
}

/// Sends all of this, and reads all that is answered, until the server ends.
fn exchange(mut socket: TcpStream, sent: &[u8]) -> Vec<u8> {
    let mut sender = socket.try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || sender.write_all(sent));
        let mut output = Vec::new();
        socket.read_to_end(&mut output).unwrap();
        output
    })
}

#[test]
fn a_pipeline_with_much_content_both_ways() {
    let content = "e".repeat(1_000_000);
    let sent = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /page HTTP/1.1\r\nHost: a\r\n\r\n\
         POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{content}GET /closes HTTP/1.1\r\nHost: a\r\n\r\n"
    );
    for (ended, output) in
        [blocking(|socket| exchange(socket, sent.as_bytes())), waited_for(|socket| exchange(socket, sent.as_bytes()))]
    {
        let replies = reply::all(&output, |_| To::Other);
        let lengths: Vec<usize> = replies.iter().map(|reply| reply.content.len()).collect();
        assert_eq!(lengths, [5, 8_000_000, 1_000_000, 0]);
        assert_eq!(replies[2].content, content.as_bytes());
        assert_eq!(ended, Ended::Close(CloseReason::Reply));
    }
}

#[test]
fn an_idle_client_is_left_in_time() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (ended, output) in
        [blocking(|socket| exchange(socket, request)), waited_for(|socket| exchange(socket, request))]
    {
        assert!(output.ends_with(b"hello"));
        assert_eq!(ended, Ended::Close(CloseReason::Idle));
    }
}

#[test]
fn a_client_that_reads_nothing_is_cut_in_time() {
    let silent = |mut socket: TcpStream| {
        socket.write_all(&b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3)).unwrap();
        socket
    };
    for (ended, _open) in [blocking(silent), waited_for(silent)] {
        assert_eq!(ended, Ended::Reset(CloseReason::WriteTimeout));
    }
}

#[test]
fn a_client_that_vanishes_is_no_fault_of_the_server() {
    let vanishing = |mut socket: TcpStream| socket.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
    for (ended, ()) in [blocking(vanishing), waited_for(vanishing)] {
        assert_eq!(ended, Ended::Close(CloseReason::Rejected));
    }
}

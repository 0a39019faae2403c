//! Connections of the smol runtime over streams that are no sockets of its own.

use std::{
    fs::File,
    io::{self, IoSlice},
    os::unix::{fs::FileExt, net::UnixStream},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use async_io::{Async, Timer};
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, FutureExt, future::zip};
use pronto::connection::Config;
use pronto_smol::{App, OwnedRequest, Reply, Request, Response, Worker};
use tests::reply::{self, To};

/// A stream that takes and gives little at a time, and often says "not now" for no reason. It gathers what is written until
/// it is flushed, as one that encrypts does.
struct Trickle {
    stream: Async<UnixStream>,
    calls: usize,
    gathered: Vec<u8>,
    said_goodbye: bool,
}

/// What it says before it closes, which takes more than one call.
const GOODBYE: &[u8] = b"goodbye, and thanks";

impl Trickle {
    fn new(stream: Async<UnixStream>) -> Self {
        Self { stream, calls: 0, gathered: Vec::new(), said_goodbye: false }
    }

    fn is_reluctant(&mut self, context: &Context<'_>) -> bool {
        self.calls += 1;
        let reluctant = self.calls.is_multiple_of(3);
        if reluctant {
            context.waker().wake_by_ref();
        }
        reluctant
    }
}

impl AsyncRead for Trickle {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.is_reluctant(context) {
            return Poll::Pending;
        }
        let length = buffer.len().min(7);
        Pin::new(&mut self.stream).poll_read(context, &mut buffer[..length])
    }
}

impl AsyncWrite for Trickle {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_reluctant(context) {
            return Poll::Pending;
        }
        let length = octets.len().min(5);
        self.gathered.extend_from_slice(&octets[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        self.poll_write(context, first)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.gathered.is_empty() {
            if self.is_reluctant(context) {
                return Poll::Pending;
            }
            let Self { stream, gathered, .. } = &mut *self;
            match Pin::new(stream).poll_write(context, gathered) {
                Poll::Ready(Ok(length)) => drop(gathered.drain(..length)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.said_goodbye {
            self.said_goodbye = true;
            self.gathered.extend_from_slice(GOODBYE);
        }
        match self.as_mut().poll_flush(context) {
            Poll::Ready(Ok(())) => Poll::Ready(self.stream.get_ref().shutdown(std::net::Shutdown::Write)),
            other => other,
        }
    }
}

/// The file that is this program's: there is none that is surer to be there, and it is large.
fn file() -> File {
    File::open(std::env::current_exe().unwrap()).unwrap()
}

fn app() -> App {
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("sync"))
        .put("/", async |mut request: OwnedRequest| {
            let content = request.content().collect().await?;
            Timer::after(Duration::from_millis(5)).await;
            Ok::<_, pronto_smol::ContentError>(Response::octets("text/plain", content))
        })
        .get("/large", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(pronto::head::Status::OK).content_of(vec![b'x'; 40_000])
        })
        .get("/file", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(pronto::head::Status::OK).content_of_file(file(), 7..20_007)
        })
}

#[test]
fn any_stream_is_served_however_little_it_takes() {
    let (ours, theirs) = Async::<UnixStream>::pair().unwrap();
    let worker = Rc::new(Worker::new(app(), Config::new()));
    let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /file HTTP/1.1\r\nHost: a\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world\
        GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let client = async {
        let mut stream = ours;
        stream.write_all(requests.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.unwrap();
        received
    };
    let served = Rc::clone(&worker).serve(Trickle::new(theirs), None);
    let both = zip(client, served).or(async {
        Timer::after(Duration::from_secs(20)).await;
        panic!("not in time");
    });
    let (received, ()) = async_io::block_on(both);
    let received = received.strip_suffix(GOODBYE).expect("a goodbye at the end");
    let replies = reply::all(received, |_| To::Other);
    let lengths: Vec<_> = replies.iter().map(|reply| reply.content.len()).collect();
    assert_eq!(lengths, [4, 20_000, 11, 40_000, 4]);
    let mut expected = vec![0; 20_000];
    file().read_exact_at(&mut expected, 7).unwrap();
    assert!(replies[1].content == expected, "a file that this stream cannot send is read");
    assert_eq!(replies[2].text(), "hello world");
    assert_eq!(worker.open(), 0);
}

#[test]
fn a_connection_that_is_dropped_counts_no_more() {
    let (_ours, theirs) = Async::<UnixStream>::pair().unwrap();
    let worker = Rc::new(Worker::new(app(), Config::new()));
    let serving = Rc::clone(&worker).serve(theirs, None);
    assert_eq!(worker.open(), 1);
    drop(serving);
    assert_eq!(worker.open(), 0);
}

//! The engine on tokio: a task for each connection, over anything that is `AsyncRead` and `AsyncWrite`.
//!
//! ```sh
//! cargo run --bin on-tokio
//! curl http://127.0.0.1:8080/
//! curl -d 'over and out' http://127.0.0.1:8080/echo
//! ```
//!
//! [`serve`] moves octets and says what the time is; all of HTTP is the driver's. Over TLS it is the same: hand it the stream
//! that the handshake makes.

use std::{
    future::Future,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use examples::echo::{Echo, INPUT};
use pronto::{
    connection::{Config, Instant, Transport},
    head::FieldSpan,
    service::{Driver, Stop},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    runtime,
    sync::Semaphore,
    task, time,
};

/// The engine of pronto on tokio
#[derive(Debug, Parser)]
struct CommandLine {
    /// Address to serve
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,

    /// Connections at a time; others wait
    #[arg(long, default_value_t = 1024)]
    max_connections: usize,
}

fn main() -> io::Result<()> {
    let CommandLine { addr, max_connections } = CommandLine::parse();
    // `new_multi_thread` does as well: the task of a connection may go from thread to thread.
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(accept(addr, max_connections))
}

async fn accept(addr: SocketAddr, max_connections: usize) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    println!("on-tokio serves at http://{} until it is ended", listener.local_addr()?);
    let places = Arc::new(Semaphore::new(max_connections));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, _)) => drop(task::spawn(async move {
                let _nodelay = stream.set_nodelay(true);
                // Why a connection broke is nobody's business here.
                let _broken = serve(stream).await;
                drop(place);
            })),
            // There may be no descriptor left: that passes.
            Err(_) => time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves one connection to its end.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let config = Config::new();
    let start = time::Instant::now();
    let now = || Instant::from_millis(start.elapsed().as_millis() as u64);

    let (mut input, mut filled) = (vec![0; INPUT], 0);
    let mut fields = [FieldSpan::EMPTY; 64];
    let mut echo = Box::new(Echo::new());
    let mut driver = Driver::new(&config, now());
    loop {
        // 1. Have everything answered that is complete, and keep what is not.
        let driven = driver.drive(&config, &mut input[..filled], &mut fields, &mut *echo, now());
        input.copy_within(driven.consumed..driven.filled, 0);
        filled = driven.filled - driven.consumed;

        // 2. Send what was gathered. Nothing is read meanwhile, so that a client that does not read is felt by itself alone.
        let connection = driver.connection_mut();
        let mut unsent = echo.output.written();
        connection.handle_transmit(&config, 0, unsent.len(), now());
        while !unsent.is_empty() && !connection.has_failed() {
            match by(connection.poll_timeout(&config), now(), stream.write(unsent)).await {
                Some(Ok(0)) => return Err(ErrorKind::WriteZero.into()),
                Some(Ok(length)) => {
                    unsent = &unsent[length..];
                    connection.handle_transmit(&config, length, unsent.len(), now());
                }
                Some(Err(error)) => return Err(error),
                None => connection.handle_timeout(&config, now()),
            }
        }
        echo.output.clear();

        // 3. Do to the transport what the connection asks for.
        match connection.poll_transport(&config, now()) {
            Transport::Keep => {}
            Transport::ShutdownWrite => stream.shutdown().await?,
            Transport::Close | Transport::Reset => return Ok(()),
        }
        if driven.stop == Stop::Flush {
            continue;
        }

        // 4. Wait, for octets or for the next deadline, and say what happened.
        match by(connection.poll_timeout(&config), now(), stream.read(&mut input[filled..])).await {
            Some(Ok(0)) => connection.handle_end_of_input(),
            Some(Ok(length)) => filled += length,
            Some(Err(error)) => return Err(error),
            None => connection.handle_timeout(&config, now()),
        }
    }
}

/// What comes of this, unless the deadline is earlier.
async fn by<T>(deadline: Option<Instant>, now: Instant, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => time::timeout(deadline.since(now), future).await.ok(),
        None => Some(future.await),
    }
}

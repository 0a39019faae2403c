//! A server by the core alone, on the executor of embassy: four tasks, each of which serves one connection at a time with buffers of
//! its own. It runs on this machine as it would on a microcontroller, where `embassy-net` has the sockets.
//!
//! `cargo run --release --bin embassy [ADDRESS]`

use std::{env, io, net::TcpListener, process, sync::Arc};

use async_io::Async;
use embassy_executor::Spawner;
use embassy_time::{Duration, Timer};
use embedded_io_adapters::futures_03::FromFutures;
use pronto::{
    connection::Instant,
    head::{FieldSpan, Method, Status},
    serve::{Answered, Buffers, Ended, Error, Server, nonblocking::Exchange},
};

type Socket = FromFutures<Async<std::net::TcpStream>>;
type Listener = Arc<Async<TcpListener>>;

const TASKS: usize = 4;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let listener = listen().unwrap_or_else(|error| {
        eprintln!("{error}");
        process::exit(1);
    });
    for _ in 0..TASKS {
        spawner.spawn(serve(listener.clone()).expect("there are as many places as tasks"));
    }
}

fn listen() -> io::Result<Listener> {
    let listener = TcpListener::bind(env::args().nth(1).unwrap_or("127.0.0.1:8080".into()))?;
    println!("listening on http://{}", listener.local_addr()?);
    Async::new(listener).map(Arc::new)
}

#[embassy_executor::task(pool_size = TASKS)]
async fn serve(listener: Listener) {
    let server = Server::new(|| Instant::from_millis(embassy_time::Instant::now().as_millis()));
    let sleep = |duration: std::time::Duration| Timer::after(Duration::from_micros(duration.as_micros() as u64));
    let (mut input, mut output, mut fields) = ([0; 1024], [0; 1024], [FieldSpan::EMPTY; 32]);
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // As long as there are too many open files, every attempt fails at once.
            Timer::after_millis(100).await;
            continue;
        };
        // What is written is gathered already.
        let _broken = socket.get_ref().set_nodelay(true);
        let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
        match server.serve_async(&mut FromFutures::new(socket), buffers, sleep, answer).await {
            Ok(Ended::Close(_)) => {}
            // To reset a socket takes more than `std` has, and less than `embassy-net`, where it is `abort`.
            Ok(end) => eprintln!("{end:?}"),
            Err(error) => eprintln!("{error}"),
        }
    }
}

async fn answer(mut exchange: Exchange<'_, Socket>) -> Result<Answered, Error<io::Error>> {
    let request = exchange.request();
    match (request.method(), request.path().map(|path| path.as_str())) {
        (Method::Get | Method::Head, Some("/")) => exchange.text("Hello, World!\n").await,
        // A sensor that takes its time; the other tasks go on meanwhile.
        (Method::Get | Method::Head, Some("/measure")) => {
            Timer::after_millis(200).await;
            exchange.text("21.5\n").await
        }
        (Method::Post | Method::Put, Some("/echo")) => {
            let (_, content) = exchange.whole().await?;
            let copy = content.to_vec();
            exchange.octets("application/octet-stream", &copy).await
        }
        (Method::Post | Method::Put, Some("/count")) => {
            exchange.limit_content(u64::MAX);
            let mut length = 0;
            while let Some(piece) = exchange.piece().await? {
                length += piece.len();
            }
            exchange.text(&format!("{length} octets\n")).await
        }
        (_, Some("/" | "/measure")) => refuse(exchange, "GET, HEAD").await,
        (_, Some("/echo" | "/count")) => refuse(exchange, "POST, PUT").await,
        _ => exchange.status(Status::NOT_FOUND).await,
    }
}

/// Answers another method than these.
async fn refuse(exchange: Exchange<'_, Socket>, allowed: &str) -> Result<Answered, Error<io::Error>> {
    exchange.reply(|writer| writer.status(Status::METHOD_NOT_ALLOWED).field("Allow", allowed).no_content()).await
}

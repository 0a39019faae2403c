//! Lets clients of all kinds loose on a server for some time, and sees to it that every reply is right, octet by octet; that
//! none is lost, also when the server is replaced; that its memory does not grow, and that all descriptors come back.
//!
//! `cargo run -p tests --bin soak -- target/release/epoll-server --seconds 600`

#![forbid(unsafe_code)]

mod clients;
mod exchange;
mod files;
mod line;
mod memory;
mod server;
mod tally;

use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use fastrand::Rng;
use tests::{
    client::{Client, eventually},
    process::Directory,
};

use crate::{
    clients::{CLIENTS, Scene},
    files::Files,
    memory::Memory,
    server::Tried,
    tally::Gate,
};

/// Has good, slow and hostile clients use a server, and fails when it does anything wrong
#[derive(Debug, Parser)]
struct CommandLine {
    /// The server: epoll-server, smol-server, or another with the demo application
    program: String,

    /// How long
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..))]
    seconds: u64,

    /// What clients do is drawn from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How often clients are held, to see what the server keeps, in a whole run.
const RESTS: u64 = 20;

fn main() -> ExitCode {
    let CommandLine { program, seconds, seed } = CommandLine::parse();
    let directory = Directory::new();
    let mut rng = Rng::with_seed(seed);
    let mut files = Files::create(&directory, &mut rng);
    let mut server = Tried::start(&program, &directory.join(""));
    files.learn(&mut Client::connect(server.address));
    let scene = Scene::new(server.address, files);
    println!("{program}: {seconds} seconds with seed {seed}");

    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    thread::scope(|scope| {
        for (name, kind) in CLIENTS {
            let (scene, rng) = (&scene, rng.fork());
            scope.spawn(move || scene.play(name, kind, rng));
        }
        // Whatever goes wrong here must not leave them at it.
        let _over = Over(&scene.gate);
        let memory = steady(&scene, &server, start, Duration::from_secs(seconds));
        match memory.judge() {
            Ok(verdict) => println!("{verdict}"),
            Err(what) => scene.tally.wrong(what),
        }
        let restarts = restarts(&scene, &mut server, end);
        println!("{restarts} restarts");
    });
    if let Err(what) = server.healthy().and_then(|()| server.stop()) {
        scene.tally.wrong(what);
    }
    println!("{}", scene.tally);
    match scene.tally.violations() {
        0 => {
            println!("nothing was wrong");
            ExitCode::SUCCESS
        }
        wrong => {
            println!("{wrong} times something was WRONG");
            ExitCode::FAILURE
        }
    }
}

struct Over<'a>(&'a Gate);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Most of the time one process serves, so that what it leaks would add up.
fn steady(scene: &Scene, server: &Tried, start: Instant, whole: Duration) -> Memory {
    let mut memory = Memory::default();
    let mut descriptors = 0;
    let rests = RESTS.min(whole.as_secs() / 4) as u32;
    for rest in 1..=rests {
        let at = start + whole * 7 / 10 * rest / rests;
        while Instant::now() < at {
            thread::sleep(Duration::from_millis(20).min(at.saturating_duration_since(Instant::now())));
            memory.note_busy(server.memory());
        }
        scene.gate.close();
        if rest == 1 {
            // By now it has made all that it makes once.
            thread::sleep(Duration::from_millis(500));
            descriptors = server.descriptors();
        }
        eventually("all descriptors are back", || server.descriptors() <= descriptors);
        memory.note_rest(server.memory(), scene.tally.right.read());
        scene.gate.open();
    }
    println!("{descriptors} descriptors at rest, {rests} times");
    memory
}

/// And then it is replaced all the time.
fn restarts(scene: &Scene, server: &mut Tried, end: Instant) -> u32 {
    let mut count = 0;
    while Instant::now() < end {
        thread::sleep(Duration::from_millis(500));
        let done = if count % 3 == 2 { server.restart(&scene.restarts) } else { server.hand_over(&scene.restarts) };
        if let Err(what) = done {
            scene.tally.wrong(what);
            return count;
        }
        count += 1;
    }
    count
}

//! What the tutorial says is true: each program is started, is given every command of its chapter, and has to answer what is
//! printed there. The commands are run as they stand, by a shell, so this needs curl.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use tests::process::{Directory, Server};

#[test]
fn hello_is_said_as_the_tutorial_says() {
    try_chapter("1_hello", 2);
}

#[test]
fn handlers_wait_as_the_tutorial_says() {
    try_chapter("2_async", 1);
}

#[test]
fn routes_are_found_as_the_tutorial_says() {
    try_chapter("3_router", 1);
}

#[test]
fn requests_are_read_as_the_tutorial_says() {
    try_chapter("4_request", 1);
}

#[test]
fn replies_are_made_as_the_tutorial_says() {
    try_chapter("5_response", 1);
}

#[test]
fn errors_are_answered_as_the_tutorial_says() {
    try_chapter("6_errors", 1);
}

#[test]
fn applications_are_extended_as_the_tutorial_says() {
    try_chapter("7_extend", 1);
}

#[test]
fn templates_are_shown_as_the_tutorial_says() {
    try_chapter("8_template", 1);
}

#[test]
fn todos_are_kept_as_the_tutorial_says() {
    try_chapter("9_todo", 1);
}

#[test]
fn hello_world_has_ten_lines_at_most_and_one_that_tells_the_runtime() {
    let programs = ["hello.rs", "hello-smol.rs"].map(|name| fs::read_to_string(programs().join(name)).unwrap());
    let [epoll, smol] = programs.each_ref().map(|program| program.lines().collect::<Vec<_>>());
    assert!(epoll.len() <= 10 && smol.len() == epoll.len());
    let differing: Vec<_> = epoll.iter().zip(&smol).filter(|(epoll, smol)| epoll != smol).collect();
    assert!(matches!(differing[..], [(line, _)] if line.starts_with("use pronto_epoll::")), "{differing:?}");
}

/// Runs what a chapter has run, compares, and finds its code in its programs, of which it has so many.
fn try_chapter(name: &str, programs: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tutorial").join(name).with_extension("md");
    let chapter = fs::read_to_string(&path).unwrap();
    let source = sources(&chapter);
    let scratch = Directory::new();
    // Nobody's own configuration, and an end in any case.
    fs::write(scratch.join(".curlrc"), "silent\nmax-time = 20\n").unwrap();
    let mut server = None;
    let mut starts = 0;
    for block in blocks(&chapter) {
        match block {
            Block::Rust(code) => assert!(source.contains(&code), "{name}: no program has this code:\n{code}"),
            Block::Console(steps) => {
                for Step { command, output } in steps {
                    if let Some(rest) = command.strip_prefix("cargo run --release --bin ") {
                        drop(server.take());
                        let started = start(rest, &scratch);
                        let what = output.split(" with ").next().unwrap();
                        assert_eq!(at_8080(&started.banner, &started).split(" with ").next(), Some(what), "{name}");
                        server = Some(started);
                        starts += 1;
                    } else {
                        let server = server.as_ref().expect("a program that is running");
                        assert_eq!(run(&command, server, &scratch), there(&output, server), "{name}: {command}");
                    }
                }
            }
        }
    }
    assert_eq!(starts, programs, "{name}");
}

/// A part of a chapter that can be tried.
enum Block {
    Rust(String),
    Console(Vec<Step>),
}

/// A command, and what it prints.
struct Step {
    command: String,
    output: String,
}

fn blocks(chapter: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        let mut block = lines.by_ref().take_while(|line| *line != "```");
        match line {
            "```rust" => blocks.push(Block::Rust(normalized(block))),
            "```console" => {
                let mut steps: Vec<Step> = Vec::new();
                for line in block {
                    match (line.strip_prefix("$ "), steps.last_mut()) {
                        (Some(command), _) => steps.push(Step { command: command.into(), output: String::new() }),
                        (None, Some(step)) => step.output.extend([line, "\n"]),
                        (None, None) => panic!("no command before {line}"),
                    }
                }
                blocks.push(Block::Console(steps));
            }
            fence if fence.starts_with("```") => while block.next().is_some() {},
            _ => {}
        }
    }
    blocks
}

/// All the code that a chapter links to.
fn sources(chapter: &str) -> String {
    let links = chapter.split("(../../examples/src/bin/").skip(1).filter_map(|rest| rest.split(')').next());
    let files =
        links.filter(|link| link.ends_with(".rs")).map(|link| fs::read_to_string(programs().join(link)).unwrap());
    files.map(|source| normalized(source.lines())).collect()
}

/// Without indentation.
fn normalized<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line.trim(), "\n"]).collect()
}

/// Starts a program on a port that is free, wherever it would serve.
fn start(command: &str, scratch: &Directory) -> Server {
    let mut words = command.split(' ');
    let program = match words.next() {
        Some("hello") => env!("CARGO_BIN_EXE_hello"),
        Some("hello-smol") => env!("CARGO_BIN_EXE_hello-smol"),
        Some("async") => env!("CARGO_BIN_EXE_async"),
        Some("router") => env!("CARGO_BIN_EXE_router"),
        Some("request") => env!("CARGO_BIN_EXE_request"),
        Some("response") => env!("CARGO_BIN_EXE_response"),
        Some("errors") => env!("CARGO_BIN_EXE_errors"),
        Some("extend") => env!("CARGO_BIN_EXE_extend"),
        Some("template") => env!("CARGO_BIN_EXE_template"),
        Some("todo") => env!("CARGO_BIN_EXE_todo"),
        other => panic!("no such program: {other:?}"),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = Command::new(program);
    Server::with_sockets(command.args(words.skip(1)).current_dir(scratch.join("")), vec![listener.into()])
}

/// What a command prints, with lines as a terminal shows them.
fn run(command: &str, server: &Server, scratch: &Directory) -> String {
    let command = there(command, server);
    let output = Command::new("sh").args(["-c", &command]).env("HOME", scratch.join("")).output().unwrap();
    assert_ne!(output.status.code(), Some(127), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines().map(|line| if line.starts_with("Date: ") { NOW } else { line });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A text of the chapter, for the port where the program serves now, and the time that is now.
fn there(text: &str, server: &Server) -> String {
    let lines = text.lines().map(|line| if line.starts_with("Date: ") { NOW } else { line });
    let text = lines.collect::<Vec<_>>().join("\n");
    let end = if text.is_empty() { "" } else { "\n" };
    text.replace("8080", &server.address().port().to_string()) + end
}

fn at_8080(text: &str, server: &Server) -> String {
    text.replace(&server.address().port().to_string(), "8080")
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")
}

const NOW: &str = "Date: now";

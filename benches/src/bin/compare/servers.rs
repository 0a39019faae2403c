//! The servers: how each is built, started, and what version it is.

mod peers;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::process;

/// How long building may take.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// The content of each reply.
pub(crate) const TEXT: &str = "Hello, World!";

/// A server that can be measured, if it can be had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it is called in tables.
    pub(crate) title: &'static str,
    /// Builds or finds it.
    pub(crate) prepare: fn(&Self, &Workplace) -> Result<Prepared>,
}

/// A server that can be started.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// What it is called in tables.
    pub(crate) title: &'static str,
    /// What version it and what it stands on are.
    pub(crate) version: String,
    /// What is started.
    pub(crate) program: PathBuf,
    /// Its arguments; `{address}`, `{port}` and `{request-octets}` are filled in.
    pub(crate) arguments: Vec<String>,
    /// Arguments more where each connection has one request.
    pub(crate) arguments_to_close: Vec<String>,
    /// A file to write before each start, filled in likewise.
    pub(crate) configuration: Option<(PathBuf, String)>,
    /// Where logs go.
    scratch: PathBuf,
}

/// Where things lie.
#[derive(Debug)]
pub(crate) struct Workplace {
    /// Where this program lies, and what the workspace builds.
    built: PathBuf,
    /// Where peers are built, and logs kept.
    scratch: PathBuf,
    /// The root of the repository.
    root: PathBuf,
}

/// The server that parses nothing.
pub(crate) const NULL: Server = Server {
    name: "null",
    title: "null (parses nothing)",
    prepare: |server, workplace| {
        let arguments = ["serve-null", "--addr", "{address}", "--request-octets", "{request-octets}"];
        let mut prepared = workplace.prepared(server, std::env::current_exe()?, &arguments, String::new());
        prepared.arguments_to_close = vec!["--close".to_owned()];
        Ok(prepared)
    },
};

const PRONTO: [Server; 2] = [
    Server {
        name: "epoll",
        title: "pronto-epoll",
        prepare: |server, workplace| pronto(server, workplace, "epoll-server"),
    },
    Server {
        name: "smol",
        title: "pronto-smol",
        prepare: |server, workplace| pronto(server, workplace, "smol-server"),
    },
];

/// All servers, the bound first, then ours.
pub(crate) fn all() -> impl Iterator<Item = Server> {
    [NULL].into_iter().chain(PRONTO).chain(peers::ALL)
}

impl Prepared {
    /// Where its output goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.scratch.join(format!("{}.log", self.title.replace([' ', '/'], "-")))
    }

    /// What is started, as it could be typed.
    pub(crate) fn command_line(&self) -> String {
        let program = self.program.file_name().unwrap_or_default().to_string_lossy();
        let shorten = |argument: &String| match Path::new(argument) {
            path if path.is_absolute() => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            _ => argument.clone(),
        };
        let arguments: Vec<_> = self.arguments.iter().map(shorten).collect();
        format!("{program} {}", arguments.join(" "))
    }
}

impl Workplace {
    /// Finds everything from where this program lies.
    ///
    /// # Errors
    /// That it lies nowhere, or nothing may be written there.
    pub(crate) fn find() -> Result<Self> {
        let built = std::env::current_exe()?.parent().context("no folder")?.to_owned();
        let scratch = built.join("compare-scratch");
        fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
        Ok(Self { built, scratch, root: Path::new(env!("CARGO_MANIFEST_DIR")).join("..") })
    }

    /// Where temporary files go.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    fn prepared(&self, server: &Server, program: PathBuf, arguments: &[&str], version: String) -> Prepared {
        Prepared {
            title: server.title,
            version,
            program,
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            arguments_to_close: Vec::new(),
            configuration: None,
            scratch: self.scratch.clone(),
        }
    }

    /// Runs a command that builds something.
    fn build(&self, command: &mut Command, what: &str) -> Result<()> {
        eprintln!("building {what}");
        process::run(command, &self.scratch.join(format!("build-{what}.log")), BUILD_LIMIT)
            .with_context(|| format!("building {what}"))
    }
}

/// One of the examples, built as this program is.
fn pronto(server: &Server, workplace: &Workplace, program: &str) -> Result<Prepared> {
    let profile = match workplace.built.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let target = workplace.built.parent().context("no folder")?;
    let mut cargo = cargo();
    cargo.args(["build", "--package", "examples", "--bin", program, "--profile", profile, "--target-dir"]).arg(target);
    workplace.build(cargo.current_dir(&workplace.root), program)?;
    let arguments = ["--addr", "{address}", "--workers", "1"];
    let version = output(Command::new("git").args(["describe", "--always"]).current_dir(&workplace.root));
    let version = match version {
        Ok(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        Err(_) => env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(workplace.prepared(server, workplace.built.join(program), &arguments, version))
}

/// The cargo that runs this, or any.
fn cargo() -> Command {
    Command::new(option_env!("CARGO").filter(|path| Path::new(path).exists()).unwrap_or("cargo"))
}

/// What a command says, on either output, without its line end.
fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| command.get_program().to_string_lossy().into_owned())?;
    if !output.status.success() {
        bail!("{} fails", command.get_program().to_string_lossy());
    }
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// Where a program lies.
///
/// # Errors
/// That it is not installed.
pub(crate) fn find_program(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where only root looks.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is not installed"))
}

//! The servers of others: crates that `benches/peers` builds, and what is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Prepared, Server, Workplace, cargo, find_program, output};
use crate::process;

/// How long a package may take to install.
const INSTALL_LIMIT: Duration = Duration::from_secs(180);

/// Every peer.
pub(super) const ALL: [Server; 9] = [
    Server {
        name: "may",
        title: "may_minihttp",
        prepare: |server, place| crates(server, place, &["may_minihttp", "may"]),
    },
    Server { name: "hyper", title: "hyper", prepare: |server, place| crates(server, place, &["hyper", "tokio"]) },
    Server { name: "actix", title: "actix-web", prepare: |server, place| crates(server, place, &["actix-web"]) },
    Server { name: "nginx", title: "nginx", prepare: nginx },
    Server { name: "fasthttp", title: "fasthttp", prepare: fasthttp },
    Server { name: "go", title: "Go net/http", prepare: go },
    Server { name: "node", title: "Node http", prepare: node },
    Server {
        name: "japronto",
        title: "Japronto",
        prepare: |server, place| python(server, place, "japronto", &["3.7", "3.6", "3.8"]),
    },
    Server {
        name: "meinheld",
        title: "Meinheld",
        prepare: |server, place| python(server, place, "meinheld", &["3.7", "3.8", "3.6"]),
    },
];

/// A server in Rust, with every optimisation.
fn crates(server: &Server, place: &Workplace, crates: &[&str]) -> Result<Prepared> {
    let folder = peers(place);
    let target = place.built.parent().context("no folder")?.join("peers");
    let program = format!("{}-server", server.name);
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--bin", &program, "--target-dir"]).arg(&target);
    place.build(cargo.current_dir(&folder), &program)?;
    let lock = fs::read_to_string(folder.join("Cargo.lock"))?;
    let versions: Vec<_> = crates.iter().map(|name| format!("{name} {}", locked(&lock, name))).collect();
    Ok(place.prepared(server, target.join("release").join(program), &["{address}"], versions.join(", ")))
}

/// The version that a lock file tells.
fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, entry)| entry);
    entry.and_then(|entry| entry.split('"').next()).unwrap_or("?")
}

fn nginx(server: &Server, place: &Workplace) -> Result<Prepared> {
    let program = find_program("nginx")?;
    let version = output(Command::new(&program).arg("-v"))?;
    let folder = place.scratch.join("nginx");
    fs::create_dir_all(&folder)?;
    let configuration = folder.join("nginx.conf");
    let text = fs::read_to_string(peers(place).join("nginx.conf"))?;
    let (text, path) = (text.replace("{folder}", &folder.to_string_lossy()), configuration.to_string_lossy());
    let arguments = ["-e", "stderr", "-p", &folder.to_string_lossy(), "-c", &path];
    let version = version.trim_start_matches("nginx version: nginx/").to_owned();
    let mut prepared = place.prepared(server, program, &arguments, version);
    prepared.configuration = Some((configuration, text));
    Ok(prepared)
}

fn go(server: &Server, place: &Workplace) -> Result<Prepared> {
    let (program, version) = go_program(place, "nethttp", &[])?;
    Ok(place.prepared(server, program, &["{address}"], version))
}

/// Debian packages fasthttp as source, in a folder for all of Go's.
fn fasthttp(server: &Server, place: &Workplace) -> Result<Prepared> {
    let surroundings = [("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode")];
    let (program, go) = go_program(place, "fasthttp", &surroundings)?;
    let mut package = Command::new("dpkg-query");
    package.args(["--show", "--showformat=${Version}", "golang-github-valyala-fasthttp-dev"]);
    let version = format!("{}, {go}", output(&mut package).unwrap_or_default());
    Ok(place.prepared(server, program, &["{address}"], version))
}

fn go_program(place: &Workplace, name: &str, surroundings: &[(&str, &str)]) -> Result<(PathBuf, String)> {
    let go = find_program("go")?;
    let version = output(Command::new(&go).arg("version"))?;
    let version = version.split(' ').nth(2).unwrap_or("?").replace("go", "Go ");
    let program = place.scratch.join(name);
    let mut build = Command::new(&go);
    build.arg("build").arg("-o").arg(&program).arg(format!("{name}.go")).current_dir(peers(place).join("go"));
    place.build(build.env("GO111MODULE", "off").envs(surroundings.iter().copied()), name)?;
    Ok((program, version))
}

fn node(server: &Server, place: &Workplace) -> Result<Prepared> {
    let program = find_program("node")?;
    let version = output(Command::new(&program).arg("--version"))?;
    let script = peers(place).join("node.js");
    Ok(place.prepared(server, program, &[&script.to_string_lossy(), "{port}"], version))
}

/// A server in Python, installed from PyPI beside nothing else, by the first Python that takes it.
fn python(server: &Server, place: &Workplace, package: &str, versions: &[&str]) -> Result<Prepared> {
    let mut problem = anyhow::anyhow!("no Python {} is installed", versions.join(" or "));
    for python in versions.iter().filter_map(|version| find_python(version)) {
        match install(place, package, &python) {
            Ok((program, version)) => {
                let script = peers(place).join(format!("{package}_server.py"));
                return Ok(place.prepared(server, program, &[&script.to_string_lossy(), "{port}"], version));
            }
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

fn install(place: &Workplace, package: &str, python: &Path) -> Result<(PathBuf, String)> {
    let folder = place.scratch.join(format!("python-{package}"));
    let program = folder.join("bin/python");
    let tells = format!(
        "import {package}, platform, pkg_resources; \
         print(pkg_resources.get_distribution('{package}').version + ', CPython ' + platform.python_version())"
    );
    let ask = || output(Command::new(&program).args(["-W", "ignore", "-c", &tells]));
    if ask().is_err() {
        let log = place.scratch.join(format!("build-{package}.log"));
        eprintln!("installing {package}");
        process::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder), &log, INSTALL_LIMIT)?;
        let mut pip = Command::new(&program);
        process::run(pip.args(["-m", "pip", "install", package]), &log, INSTALL_LIMIT)?;
    }
    Ok((program.clone(), ask().with_context(|| format!("{package} does not import"))?))
}

/// Where a Python lies: among the programs, or among those that pyenv installed.
fn find_python(version: &str) -> Option<PathBuf> {
    let works = |path: &PathBuf| output(Command::new(path).arg("--version")).is_ok();
    if let Some(path) = find_program(&format!("python{version}")).ok().filter(works) {
        return Some(path);
    }
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))?;
    let prefix = format!("{version}.");
    fs::read_dir(root.join("versions"))
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path().join("bin/python"))
        .find(works)
}

fn peers(place: &Workplace) -> PathBuf {
    place.root.join("benches/peers")
}

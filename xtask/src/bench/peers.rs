//! The engines that wasmote is compared with: commands that cargo installs, and for engines that are libraries the small programs in `xtask/peers`,
//! each a package of its own.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::engine::Engine;
use crate::project;

/// A peer known by name.
struct Peer {
    name: &'static str,
    source: Source,
    /// As [`Engine`] takes them.
    arguments: &'static str,
}

/// Where a peer's program comes from.
enum Source {
    /// A command of a package.
    Installed { package: &'static str, version: &'static str },
    /// A package in `xtask/peers` with the peer's name.
    Built,
}

const RUN: &str = "run --dir={dir} --env={env} {wasm} {args}";
/// The arguments of the programs in `xtask/peers`.
const HARNESS: &str = "--dir={dir} --env={env} {wasm} {args}";

const PEERS: &[Peer] = &[
    Peer { name: "wasmi", source: Source::Installed { package: "wasmi_cli", version: "2.0.0" }, arguments: RUN },
    Peer { name: "sf-nano", source: Source::Built, arguments: HARNESS },
    Peer { name: "wasm3", source: Source::Built, arguments: HARNESS },
    Peer { name: "stitch", source: Source::Built, arguments: HARNESS },
    Peer { name: "tinywasm", source: Source::Built, arguments: HARNESS },
];

/// Not one of [`others`], because it is a compiler.
const WASMTIME: Peer = Peer { name: "wasmtime", source: Source::Built, arguments: HARNESS };

/// Wasmtime with Cranelift.
pub fn wasmtime() -> Result<Engine> {
    WASMTIME.engine()
}

/// The program that allocates natively.
pub fn bump() -> Result<PathBuf> {
    build("bump")
}

/// The program that embeds wasmote and wasmi.
pub fn embedding() -> Result<PathBuf> {
    build("embedding")
}

/// A program that does nothing, as an engine that gets nothing to run.
pub fn empty() -> Result<Engine> {
    Engine::new("empty", build("empty")?, "")
}

/// The wasmi at this path, or named by the variable `WASMI`, or one installed now.
pub fn wasmi(program: Option<PathBuf>) -> Result<Engine> {
    match program.or_else(|| std::env::var_os("WASMI").map(PathBuf::from)) {
        Some(program) => Engine::new("wasmi", program, RUN),
        None => PEERS[0].engine(),
    }
}

/// A peer by its name, or any engine from `NAME=PROGRAM ARGUMENT...`.
pub fn named(words: &str) -> Result<Engine> {
    if words.contains('=') {
        return Engine::parse(words);
    }
    let all = || PEERS.iter().chain([&WASMTIME]);
    let Some(peer) = all().find(|peer| peer.name == words) else {
        let names: Vec<_> = all().map(|peer| peer.name).collect();
        bail!("there is no peer `{words}`; there are {}", names.join(", "));
    };
    peer.engine()
}

/// All but wasmi; those that cannot be had here are named.
pub fn others() -> Vec<Engine> {
    let mut engines = Vec::new();
    for peer in &PEERS[1..] {
        match peer.engine() {
            Ok(engine) => engines.push(engine),
            Err(error) => eprintln!("left out: {}: {error:#}", peer.name),
        }
    }
    engines
}

impl Peer {
    fn engine(&self) -> Result<Engine> {
        let program = match self.source {
            Source::Installed { package, version } => install(package, version, self.name)?,
            Source::Built => build(self.name)?,
        };
        Engine::new(self.name, program, self.arguments)
    }
}

/// Installs a program of a package into `target/peers`, unless it is there.
fn install(package: &str, version: &str, binary: &str) -> Result<PathBuf> {
    let folder = project::root().join("target/peers").join(format!("{package}-{version}"));
    let program = folder.join("bin").join(binary);
    if !program.is_file() {
        println!("installing {package} {version} into {}", folder.display());
        let mut cargo = project::cargo(["install", "--locked", "--quiet", package, "--version", version, "--root"]);
        project::run(cargo.arg(folder))?;
    }
    Ok(program)
}

/// Builds a package of `xtask/peers`, as its own profile says.
fn build(name: &str) -> Result<PathBuf> {
    let folder = project::root().join("xtask/peers").join(name);
    let target = project::target_dir().join("peers");
    let mut cargo = project::cargo(["build", "--release", "--locked", "--quiet", "--target-dir"]);
    project::run(cargo.arg(&target).current_dir(&folder)).with_context(|| folder.display().to_string())?;
    Ok(target.join("release").join(format!("peer-{name}")))
}

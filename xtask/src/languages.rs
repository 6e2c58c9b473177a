//! `cargo xtask languages`: programs in Go, Node and Zig call the shared library of the C API, and print what they must.
//!
//! Each is run where its tool can be had: Go is Debian's, koffi comes from npm, and Zig from PyPI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;

use crate::project::{cargo, command_line, root, run, succeeds, target_dir};

pub const DETAILS: &str = "
The programs are in examples/c-api. They need the headers in crates/capi/include and the library, which is built first.
";

/// What each of them prints.
const EXPECTED: &str = "run(21) = 42\n";
const KOFFI: &str = "koffi@3.3.4";
const ZIG: &str = "ziglang==0.17.1";

/// Where things are.
struct Place {
    sources: PathBuf,
    include: PathBuf,
    /// The folder of the library.
    library: PathBuf,
    /// For what is made.
    scratch: PathBuf,
}

/// Makes the command that runs a program, or says why it cannot.
type Prepare = fn(&Place) -> Result<Result<Command, String>>;

const LANGUAGES: [(&str, Prepare); 3] = [("Go", go), ("Node", node), ("Zig", zig)];

pub fn main(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    if let Some(reason) = check()? {
        println!("left out: {reason}");
    }
    Ok(())
}

/// Runs all programs whose tools are here. Returns why others are left out.
pub fn check() -> Result<Option<String>> {
    run(&mut cargo(["build", "--quiet", "--locked", "--package", "wasmote-capi"]))?;
    let place = Place {
        sources: root().join("examples/c-api"),
        include: root().join("crates/capi/include"),
        library: target_dir().join("debug"),
        scratch: target_dir().join("languages"),
    };
    fs::create_dir_all(&place.scratch).with_context(|| place.scratch.display().to_string())?;
    let mut missing = Vec::new();
    for (name, prepare) in LANGUAGES {
        match prepare(&place)? {
            Ok(mut command) => {
                compare(command.env("LD_LIBRARY_PATH", &place.library))?;
                println!("{name:<5} ok");
            }
            Err(reason) => missing.push(format!("{name}: {reason}")),
        }
    }
    Ok((!missing.is_empty()).then(|| missing.join("; ")))
}

fn compare(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {}", command_line(command)))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(
        output.status.success() && stdout == EXPECTED,
        "{} printed\n{stdout}{stderr}instead of\n{EXPECTED}({})",
        command_line(command),
        output.status,
    );
    Ok(())
}

fn go(place: &Place) -> Result<Result<Command, String>> {
    if !succeeds(Command::new("go").arg("version")) {
        return Ok(Err("there is no go (on Debian: golang-go)".into()));
    }
    let mut command = Command::new("go");
    command.args(["run", "."]).current_dir(place.sources.join("go"));
    command.env("CGO_CFLAGS", format!("-I{}", place.include.display()));
    command.env("CGO_LDFLAGS", format!("-L{} -lwasmote_c", place.library.display()));
    Ok(Ok(command))
}

fn node(place: &Place) -> Result<Result<Command, String>> {
    // Node looks for packages beside the program.
    let folder = place.scratch.join("node");
    fs::create_dir_all(&folder)?;
    let program = folder.join("main.mjs");
    fs::copy(place.sources.join("node/main.mjs"), &program)?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(KOFFI);
    if !succeeds(&mut install) {
        return Ok(Err(format!("npm cannot install {KOFFI}")));
    }
    let mut command = Command::new("node");
    command.arg(program).arg(place.library.join("libwasmote_c.so"));
    Ok(Ok(command))
}

fn zig(place: &Place) -> Result<Result<Command, String>> {
    let environment = place.scratch.join("zig");
    let python = environment.join("bin/python");
    if !succeeds(Command::new("python3").args(["-m", "venv"]).arg(&environment))
        || !succeeds(Command::new(&python).args(["-m", "pip", "--quiet", "install", ZIG]))
    {
        return Ok(Err(format!("pip cannot install {ZIG}")));
    }
    let zig = |command: &str| {
        let mut zig = Command::new(&python);
        zig.args(["-m", "ziglang", command]).env("ZIG_LOCAL_CACHE_DIR", place.scratch.join("zig-cache"));
        zig
    };
    let mut translate = zig("translate-c");
    translate.arg("-lc").arg(argument("-I", &place.include)).arg(place.sources.join("zig/c.h"));
    let output = translate.output().context("zig")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let module = place.scratch.join("c.zig");
    fs::write(&module, output.stdout)?;
    let mut command = zig("run");
    command.args(["--dep", "c"]).arg(argument("-Mroot=", &place.sources.join("zig/main.zig")));
    command.arg(argument("-Mc=", &module)).arg("-lc").arg(argument("-L", &place.library)).arg("-lwasmote_c");
    Ok(Ok(command))
}

/// An option with a path.
fn argument(option: &str, path: &Path) -> String {
    format!("{option}{}", path.display())
}

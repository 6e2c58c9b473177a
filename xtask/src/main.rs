//! The checks and measurements of the project: `cargo xtask COMMAND`, one file for each command.
//!
//! - [`project`] knows where the workspace is and runs cargo in it; [`tools`] installs the tools of others. All other files use them.
//! - Checks: [`ci`] runs all of them in order: [`deps`] with [`opcodes`], [`packages`], [`circles`], [`conformance`], [`tailcheck`],
//!   [`features`], [`no_std_check`], [`size`], [`forbidden_symbols`], [`fuzz`], [`linear`], [`miri`],
//!   [`wasi_threads`], [`nextpnr`], [`semver`].
//! - [`dist`] puts together what embedders in C install.
//! - [`capi`] compiles and runs the examples of the C API; [`python`] tests the Python package; [`languages`] runs programs in
//!   others; [`port`] compiles the tests of wasmi and Wasmtime against wasmote.
//! - Firmware and other machines: [`embedded`] makes a toolchain for them, [`firmware`] checks the examples, [`same_image`] compares hosts,
//!   [`aarch64`] runs the suites on one.
//! - Measurements: [`mod@bench`] compares speed with other interpreters; [`fused_operations`] sorts instructions for it.
//! - [`guests`] reads the manifests of the guest programs; [`corpus`] fetches those that are too large to commit.

mod aarch64;
mod bench;
mod capi;
mod ci;
mod circles;
mod conformance;
mod corpus;
mod deps;
mod dist;
mod embedded;
mod examples;
mod features;
mod firmware;
mod forbidden_symbols;
mod fused_operations;
mod fuzz;
mod guests;
mod languages;
mod linear;
mod miri;
mod nextpnr;
mod no_std_check;
mod opcodes;
mod packages;
mod port;
mod project;
mod python;
mod same_image;
mod semver;
mod size;
mod tailcheck;
mod threads;
mod tools;
mod wasi_threads;

use std::process::ExitCode;

use anyhow::{Result, bail};
use pico_args::Arguments;

struct Command {
    name: &'static str,
    arguments: &'static str,
    /// What it does, in one line.
    what: &'static str,
    /// The rest of its help.
    details: &'static str,
    main: fn(Arguments) -> Result<()>,
}

const fn command(
    name: &'static str,
    arguments: &'static str,
    what: &'static str,
    details: &'static str,
    main: fn(Arguments) -> Result<()>,
) -> Command {
    Command { name, arguments, what, details, main }
}

const COMMANDS: &[Command] = &[
    command("check", "", "what must hold, as far as five minutes go", "", ci::check),
    command("ci", "[STEP...] [OPTION...]", "everything that must hold before a change lands", ci::OPTIONS, ci::main),
    command(
        "conformance",
        "[PATH] [--version N]",
        "the scripts of the specification and regressions, file by file; or those of a folder, in all modes",
        conformance::OPTIONS,
        conformance::main,
    ),
    command("deps", "", "crates depend on each other as designed, and no opcode is a number", "", |a| {
        without_arguments(a, deps::check)
    }),
    command("packages", "[--write]", "published packages are complete", packages::OPTIONS, packages::main),
    command("circles", "", "no large circle of files that need each other", "", |a| {
        without_arguments(a, circles::check)
    }),
    command(
        "tailcheck",
        "[BINARY]",
        "no hot handler of the release binary has a stack frame, a call or a return",
        "",
        tailcheck::main,
    ),
    command("features", "[--two]", "each crate compiles with each of its features", features::OPTIONS, features::main),
    command(
        "fuzz",
        "[--modules N | --long MINUTES]",
        "the code in fuzz/ compiles, and random modules do what they do in wasmi and Wasmtime",
        fuzz::OPTIONS,
        fuzz::main,
    ),
    command(
        "linear",
        "[NAME...] [--all]",
        "the work of each phase over generated modules grows no faster than they do",
        linear::OPTIONS,
        linear::main,
    ),
    command("loom", "", "the queue of waiting threads, in every order of its steps", "", |a| {
        without_arguments(a, threads::loom)
    }),
    command(
        "stress",
        "[--seconds N]",
        "threads that wait, notify and grow at random",
        threads::OPTIONS,
        threads::stress,
    ),
    command("semver", "[REV]", "the API names what it exports, and how it differs", semver::OPTIONS, semver::main),
    command("port", "PATH [OPTION]", "tests of wasmi or Wasmtime compile and pass", port::OPTIONS, port::main),
    command(
        "dist",
        "[FOLDER] [OPTION...]",
        "what embedders in other languages install, in one folder",
        dist::OPTIONS,
        dist::main,
    ),
    command("capi", "[PATH] [OPTION]", "C and C++ programs use the C API, in valgrind too", capi::OPTIONS, capi::main),
    command("miri", "", "small modules in Miri, which finds undefined behaviour", miri::DETAILS, |a| {
        unless_left_out(a, miri::check)
    }),
    command(
        "wasi-threads",
        "FOLDER [OPTION...]",
        "the tests of the proposal wasi-threads, from a checkout of it",
        wasi_threads::OPTIONS,
        wasi_threads::main,
    ),
    command("no-std-check", "", "the no_std crates compile without an operating system", "", |a| {
        unless_left_out(a, no_std_check::check)
    }),
    command("size", "[NAME...] [OPTION...]", "size-budget.toml is kept, with flame graphs", size::OPTIONS, size::main),
    command(
        "forbidden-symbols",
        "[NAME...] [OPTION]",
        "builds do not contain what they must not contain",
        forbidden_symbols::OPTIONS,
        forbidden_symbols::main,
    ),
    command(
        "bench",
        "[FILTER] [OPTION...]",
        "CPU time and memory of the guests against other interpreters",
        bench::OPTIONS,
        bench::main,
    ),
    command(
        "superinstructions",
        "FILE... [--number N]",
        "chooses superinstructions for programs of one's own",
        bench::choose::OPTIONS,
        bench::choose::main,
    ),
    command(
        "setup-embedded",
        "[TARGET...] [--qemu] [--gcc]",
        "a toolchain for firmware and foreign hosts, and emulators, from Debian packages",
        embedded::DETAILS,
        embedded::main,
    ),
    command(
        "firmware",
        "[NAME...] [OPTION...]",
        "the firmware examples in QEMU: output, dependencies and sizes; libraries for C",
        firmware::DETAILS,
        firmware::main,
    ),
    command("languages", "", "programs in Go, Node and Zig call the C API", languages::DETAILS, languages::main),
    command(
        "python",
        "[--python P] [--release] [--bench] [--install]",
        "the Python package: builds the wheel and tests it",
        python::DETAILS,
        python::main,
    ),
    command("examples", "", "the examples for hosts print what they must", examples::DETAILS, examples::main),
    command(
        "same-image",
        "[--require]",
        "32-bit and big-endian hosts write the same images",
        same_image::DETAILS,
        same_image::main,
    ),
    command("aarch64", "", "the suites on aarch64 Linux, in QEMU", aarch64::DETAILS, |a| required(a, aarch64::check)),
    command("corpus", "", "fetches the guests that are too large to commit", "", |a| required(a, corpus::check)),
];

fn main() -> ExitCode {
    match run(Arguments::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Arguments) -> Result<()> {
    let name = arguments.subcommand()?;
    let help = arguments.contains(["-h", "--help"]);
    let Some(name) = name else {
        println!("cargo xtask COMMAND\n");
        for command in COMMANDS {
            println!("  {:<36} {}", format!("{} {}", command.name, command.arguments), command.what);
        }
        return Ok(());
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        bail!("there is no command `{name}`; `cargo xtask` lists those there are");
    };
    if help {
        println!("cargo xtask {} {}\n\n  {}", command.name, command.arguments, command.what);
        print!("{}", command.details);
        return Ok(());
    }
    (command.main)(arguments)
}

/// Runs a command that takes no arguments.
fn without_arguments(arguments: Arguments, check: fn() -> Result<()>) -> Result<()> {
    no_more_arguments(arguments)?;
    check()
}

/// The same for a check that this machine may be unable to make: prints the reason.
fn unless_left_out(arguments: Arguments, check: fn() -> Result<Option<String>>) -> Result<()> {
    no_more_arguments(arguments)?;
    if let Some(reason) = check()? {
        println!("left out: {reason}");
    }
    Ok(())
}

/// The same, where the reason is an error.
fn required(arguments: Arguments, check: fn() -> Result<Option<String>>) -> Result<()> {
    no_more_arguments(arguments)?;
    check()?.map_or(Ok(()), |reason| bail!("{reason}"))
}

/// Refuses arguments that a command does not know.
fn no_more_arguments(arguments: Arguments) -> Result<()> {
    match arguments.finish().first() {
        Some(argument) => bail!("unexpected argument `{}`", argument.display()),
        None => Ok(()),
    }
}

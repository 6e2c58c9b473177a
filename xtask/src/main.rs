//! What the project checks and measures about itself: `cargo xtask COMMAND`, one file a command.
//!
//! - [`project`]: where the workspace is, how cargo is run in it; used by all the others.
//! - Checks: [`ci`] runs all of them in order: [`deps`], [`circles`], [`tailcheck`], [`features`], [`bare`], [`conformance`],
//!   [`size`], [`diet`], [`fuzz`], [`linear`], [`miri`].
//! - Firmware: [`embedded`] makes a toolchain for it, [`firmware`] checks the examples; [`same_image`] compares hosts; [`aarch64`] tests
//!   one that CI has no time for.
//! - [`wasi_testsuite`] runs the official tests of WASI, which lie elsewhere.
//! - Measurements: [`bench`] (speed against other interpreters).
//! - [`guests`] reads the manifests of the guest programs; [`corpus`] fetches those that are too large to commit.

mod aarch64;
mod bare;
mod bench;
mod ci;
mod circles;
mod conformance;
mod corpus;
mod deps;
mod diet;
mod embedded;
mod features;
mod firmware;
mod fuzz;
mod guests;
mod linear;
mod miri;
mod opcodes;
mod packages;
mod project;
mod same_image;
mod size;
mod tailcheck;
mod tiles;
mod wasi_testsuite;

use std::process::ExitCode;

use anyhow::{Result, bail};
use pico_args::Arguments;

struct Command {
    name: &'static str,
    arguments: &'static str,
    /// What it does, in a line.
    what: &'static str,
    /// What more there is to say when it is asked for help.
    details: &'static str,
    main: fn(Arguments) -> Result<()>,
}

const fn command(
    name: &'static str,
    arguments: &'static str,
    what: &'static str,
    main: fn(Arguments) -> Result<()>,
) -> Command {
    Command { name, arguments, what, details: "", main }
}

const COMMANDS: &[Command] = &[
    command(
        "ci",
        "[STEP...] [--fail-fast]",
        "everything that must hold before a change is taken, or the named steps of it",
        ci::main,
    ),
    command(
        "conformance",
        "",
        "the specification's suite and the regressions, with counts for each file",
        conformance::main,
    ),
    command(
        "deps",
        "",
        "each crate uses only what the design lets it use, and denies what it must; no opcode is a number",
        deps::main,
    ),
    Command {
        name: "packages",
        arguments: "[--write]",
        what: "the published packages are complete, and their features are documented",
        details: packages::OPTIONS,
        main: packages::main,
    },
    command(
        "circles",
        "",
        "no circle of files that need each other is larger than it may be, in the crates that have limits",
        circles::main,
    ),
    command(
        "tailcheck",
        "[BINARY]",
        "no hot handler of the release binary has a stack frame, a call or a return",
        tailcheck::main,
    ),
    command(
        "features",
        "[CRATE...] [--two]",
        "each crate compiles with each of its features (and any two), and what a feature adds is gone without it",
        features::main,
    ),
    Command {
        name: "fuzz",
        arguments: "[--modules N | --long MINUTES [--seed N]]",
        what: "what lies in fuzz/ compiles, and modules by wasm-smith do what they do in wasmi and Wasmtime",
        details: fuzz::OPTIONS,
        main: fuzz::main,
    },
    Command {
        name: "linear",
        arguments: "[NAME...] [--all]",
        what: "the work of each phase over generated modules, which must not grow faster than they do",
        details: linear::OPTIONS,
        main: linear::main,
    },
    Command {
        name: "miri",
        arguments: "",
        what: "small modules in Miri, which finds what is undefined in unsafe code",
        details: miri::DETAILS,
        main: miri::main,
    },
    command("bare", "", "the no_std crates compile for a target without an operating system", bare::main),
    Command {
        name: "size",
        arguments: "[NAME...] [OPTION...]",
        what: "each configuration of size-budget.toml against its budget, with treemaps",
        details: size::OPTIONS,
        main: size::main,
    },
    command(
        "diet",
        "[NAME...] [--require-all]",
        "nothing that size-budget.toml forbids is in its configurations",
        diet::main,
    ),
    Command {
        name: "bench",
        arguments: "[FILTER] [OPTION...]",
        what: "CPU time and memory of the guests against other interpreters",
        details: bench::OPTIONS,
        main: bench::main,
    },
    Command {
        name: "setup-embedded",
        arguments: "[TARGET...] [--qemu]",
        what: "a toolchain for firmware and foreign hosts, and emulators to run them, out of Debian packages",
        details: embedded::DETAILS,
        main: embedded::main,
    },
    Command {
        name: "firmware",
        arguments: "[NAME...] [--require] [--limits]",
        what: "the firmware examples in QEMU: what they print, what they link, and how small they are",
        details: firmware::DETAILS,
        main: firmware::main,
    },
    Command {
        name: "same-image",
        arguments: "[--require]",
        what: "images written on hosts of 32 bits and of the other byte order are the same as here",
        details: same_image::DETAILS,
        main: same_image::main,
    },
    Command {
        name: "aarch64",
        arguments: "",
        what: "the suites on aarch64 Linux, in QEMU",
        details: aarch64::DETAILS,
        main: aarch64::main,
    },
    Command {
        name: "wasi-testsuite",
        arguments: "PATH [--binary B]",
        what: "the official tests of WASI preview 1, from a checkout of them",
        details: wasi_testsuite::DETAILS,
        main: wasi_testsuite::main,
    },
    command("corpus", "", "fetches the guests that are too large to commit into target/corpus", corpus::main),
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
            println!("  {:<32} {}", format!("{} {}", command.name, command.arguments), command.what);
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

/// Refuses what a command has not asked for.
fn no_more_arguments(arguments: Arguments) -> Result<()> {
    match arguments.finish().first() {
        Some(argument) => bail!("unexpected argument `{}`", argument.display()),
        None => Ok(()),
    }
}

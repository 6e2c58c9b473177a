//! The parts of a campaign: how each is built, and its command for a seed and an amount of work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::campaign::folder;
use crate::guests::guests_dir;
use crate::project::{built_program, cargo, root, run, succeeds, target_dir, with_nightly};

/// Makes a command from a seed, a number to make, and a time in seconds. Returns the number too, if the command obeys it.
type MakeCommand = Box<dyn Fn(u64, u64, u64) -> (Option<u64>, Command)>;

/// A part.
pub struct Part {
    /// Its name in the table.
    pub name: String,
    /// What it does.
    pub what: &'static str,
    /// What it makes.
    pub unit: &'static str,
    /// Its share of the time.
    pub weight: u32,
    /// How many it makes in the first run, whose time is measured.
    pub first: u64,
    /// Its command.
    pub command: MakeCommand,
    /// Reads how many it made from its output, if it decides that.
    pub counted: fn(&str) -> Option<u64>,
}

/// The parts that run on this machine, and the reasons why others do not. Parts whose names contain one of the words are left out.
pub fn all(without: &[String]) -> Result<(Vec<Part>, Vec<String>)> {
    let (mut parts, mut left_out) = (Vec::new(), Vec::new());
    let wanted = |name: &str| !without.iter().any(|word| name.contains(word.as_str()));
    if !without.is_empty() {
        left_out.push(format!("parts with one of these in the name, on request: {}", without.join(", ")));
    }
    differential(&wanted, &mut parts, &mut left_out)?;
    let tests = Tests::build(None)?;
    parts.push(legacy()?);
    parts.extend(tests.mutants("", ""));
    random_inputs(&wanted, &mut parts)?;
    if !wanted("asan") {
        // Left out on request.
    } else if succeeds(with_nightly("cargo").arg("--version")) {
        match Tests::build(Some("address")) {
            Ok(tests) => {
                // Its own fault handler would end the process where ours raises a trap. Children of tests end without the leak checker.
                let options = "handle_segv=0:allow_user_segv_handler=1:detect_leaks=0";
                parts.extend(tests.mutants("-asan", options));
            }
            Err(error) => left_out.push(format!("mutants under AddressSanitizer: {error:#}")),
        }
        if wanted("c-api-asan") {
            match api_with_sanitizer() {
                Ok(part) => parts.push(part),
                Err(error) => left_out.push(format!("the C API under AddressSanitizer: {error:#}")),
            }
        }
    } else {
        left_out.push("mutants under AddressSanitizer: there is no nightly toolchain".into());
    }
    if !wanted("libfuzzer") {
        // Left out on request.
    } else if succeeds(with_nightly("cargo").args(["fuzz", "--version"])) {
        libfuzzer(&mut parts)?;
    } else {
        left_out.push(
            "targets of libFuzzer: there is no nightly toolchain with cargo-fuzz (`cargo install cargo-fuzz`)".into(),
        );
    }
    parts.retain(|part| wanted(&part.name));
    Ok((parts, left_out))
}

fn numbered(program: PathBuf, arguments: &'static [&'static str]) -> MakeCommand {
    Box::new(move |seed, count, _| {
        let mut command = Command::new(&program);
        command.args(arguments).args([count.to_string(), seed.to_string()]);
        (Some(count), command)
    })
}

/// Against wasmi and Wasmtime: modules of both kinds, and each way of compiling the handlers.
fn differential(wanted: &dyn Fn(&str) -> bool, parts: &mut Vec<Part>, left_out: &mut Vec<String>) -> Result<()> {
    let manifest = root().join("fuzz/differential/Cargo.toml");
    let built = target_dir_of(&manifest).join("release/wasmote-differential");
    let kinds: [(&str, &'static str, &'static [&'static str]); 3] = [
        ("vectors-wasmi", "modules by wasm-smith, with vectors, against wasmi", &[]),
        ("vectors-wasmtime", "modules by wasm-smith, with vectors, against Wasmtime", &["--wasmtime"]),
        ("objects-wasmtime", "modules by wasm-smith, with objects and exceptions, against Wasmtime", &["--objects"]),
    ];
    let mut wasmtime = wanted("wasmtime");
    for (name, build) in [
        ("superinstructions", super::BUILDS[0]),
        ("no-superinstructions", super::BUILDS[1]),
        ("loop", super::BUILDS[2]),
    ] {
        if !kinds.iter().any(|(kind, ..)| wanted(&format!("{kind}-{name}"))) {
            continue;
        }
        let compile = |features: &[&str]| {
            let mut cargo = cargo(["build", "--locked", "--release", "--manifest-path"]);
            run(cargo.arg(&manifest).args(build).args(features))
        };
        if wasmtime && let Err(error) = compile(&["--features", "wasmtime"]) {
            left_out.push(format!("comparison with Wasmtime, which was not built: {error:#}"));
            wasmtime = false;
        }
        if !wasmtime {
            compile(&[])?;
        }
        // The next build replaces the program.
        let program = folder().join(format!("differential-{name}"));
        fs::copy(&built, &program).with_context(|| built.display().to_string())?;
        for (kind, what, arguments) in kinds.into_iter().take(if wasmtime { 3 } else { 1 }) {
            parts.push(Part {
                name: format!("{kind}-{name}"),
                what,
                unit: "modules",
                // The default build has half of the time.
                weight: if name == "superinstructions" { 4 } else { 2 },
                first: 100,
                command: numbered(program.clone(), arguments),
                counted: |_| None,
            });
        }
    }
    Ok(())
}

/// The target folder of another workspace.
fn target_dir_of(manifest: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(_) => target_dir(),
        None => manifest.with_file_name("target"),
    }
}

/// Builds a test, and prints where it is.
const NO_RUN: [&str; 4] = ["test", "--locked", "--no-run", "--message-format=json-render-diagnostics"];

/// Test programs.
struct Tests {
    images: PathBuf,
    guests: PathBuf,
    in_place: PathBuf,
}

impl Tests {
    /// Builds them; with a sanitizer, by the nightly toolchain.
    fn build(sanitizer: Option<&str>) -> Result<Tests> {
        let command = || match sanitizer {
            None => cargo::<&str>([]),
            Some(sanitizer) => {
                let mut cargo = with_nightly("cargo");
                cargo.env("RUSTFLAGS", format!("-Zsanitizer={sanitizer} --cfg {sanitizer}_sanitizer"));
                cargo.env("CARGO_TARGET_DIR", target_dir().join(sanitizer));
                cargo
            }
        };
        let one = |arguments: &[&str], test: &str| -> Result<PathBuf> {
            let mut command = command();
            command.args(NO_RUN);
            if sanitizer.is_some() {
                command.args(["--target", "x86_64-unknown-linux-gnu"]);
            }
            built_program(command.args(arguments).args(["--test", test]))
        };
        // Only execution in place.
        let features = "extended,verify,wasmote-translate/extended";
        let in_place = ["--package", "wasmote-exec", "--no-default-features", "--features", features];
        Ok(Tests {
            images: one(&["--package", "wasmote"], "mutants")?,
            guests: one(&["--package", "wasmote"], "guest_mutants")?,
            in_place: one(&in_place, "mutants")?,
        })
    }

    /// The parts that run mutants. A sanitizer, with these options, watches their allocations.
    fn mutants(&self, suffix: &str, options: &'static str) -> Vec<Part> {
        let part = |name: &str, what, first, weight, program: &Path| {
            let program = program.to_path_buf();
            let command = move |seed: u64, count: u64, _| {
                let mut command = Command::new(&program);
                command.env("MUTANTS", count.to_string()).env("SEED", seed.to_string());
                if !options.is_empty() {
                    command.env("ASAN_OPTIONS", options).env("UNFENCED", "1");
                }
                (Some(count), command)
            };
            let name = format!("{name}{suffix}");
            Part { name, what, unit: "mutants", weight, first, command: Box::new(command), counted: |_| None }
        };
        vec![
            part("images", "damaged images with vectors, objects and exceptions, linked", 500, 10, &self.images),
            part("in-place", "damaged images, executed in place", 2000, 6, &self.in_place),
            part("guests", "guests with damaged code, with and without guarded memories", 200, 10, &self.guests),
        ]
    }
}

/// Exceptions of the older form.
fn legacy() -> Result<Part> {
    let program = built_program(cargo(NO_RUN).args(["--package", "wasmote", "--test", "regress"]))?;
    let command = move |seed: u64, count: u64, _| {
        let mut command = Command::new(&program);
        command.args(["modules_with_older_exceptions", "--nocapture"]);
        command.env("MODULES", count.to_string()).env("SEED", seed.to_string());
        (Some(count), command)
    };
    Ok(Part {
        name: "older-exceptions".into(),
        what: "modules with exceptions of the older form, in each way of running them, against an evaluator",
        unit: "modules",
        weight: 12,
        first: 500,
        command: Box::new(command),
        counted: |_| None,
    })
}

/// The targets of libFuzzer with random inputs, which need neither a nightly compiler nor cargo-fuzz.
fn random_inputs(wanted: &dyn Fn(&str) -> bool, parts: &mut Vec<Part>) -> Result<()> {
    if !wanted("op-sets-in-place") && !wanted("c-api") {
        return Ok(());
    }
    let manifest = root().join("fuzz/Cargo.toml");
    let mut build =
        cargo(["build", "--locked", "--release", "--no-default-features", "--bin", "random", "--manifest-path"]);
    run(build.arg(&manifest))?;
    let program = target_dir_of(&manifest).join("release/random");
    parts.push(Part {
        name: "op-sets-in-place".into(),
        what: "modules by wasm-smith, as images of both op sets executed in place",
        unit: "modules",
        weight: 4,
        first: 500,
        command: inputs(program.clone(), "translate_image"),
        counted: |_| None,
    });
    parts.push(api("c-api", inputs(program, "api")));
    Ok(())
}

/// Runs random inputs of a target, with the sanitizer's options if there is one.
fn inputs(program: PathBuf, target: &'static str) -> MakeCommand {
    Box::new(move |seed, count, _| {
        let mut command = Command::new(&program);
        command.args([target.into(), seed.to_string(), count.to_string()]).env("SAY", "1");
        // Guarded memories have a fault handler of their own.
        command.env("ASAN_OPTIONS", "handle_segv=0:allow_user_segv_handler=1:detect_leaks=1");
        (Some(count), command)
    })
}

/// Random calls of the C API.
fn api(name: &str, command: MakeCommand) -> Part {
    let what = "calls of the C API, as bytes decide";
    Part { name: name.into(), what, unit: "sequences", weight: 4, first: 200, command, counted: |_| None }
}

/// Random calls of the C API, whose library is built with AddressSanitizer. A sequence ends without leaks.
fn api_with_sanitizer() -> Result<Part> {
    let target = target_dir().join("address");
    let mut build = with_nightly("cargo");
    build.env("RUSTFLAGS", "-Zsanitizer=address").env("CARGO_TARGET_DIR", &target);
    build.args(["build", "--locked", "--no-default-features", "--bin", "random"]);
    build.args(["--target", "x86_64-unknown-linux-gnu", "--manifest-path"]);
    run(build.arg(root().join("fuzz/Cargo.toml")))?;
    Ok(api("c-api-asan", inputs(target.join("x86_64-unknown-linux-gnu/debug/random"), "api")))
}

/// The targets of `fuzz/fuzz_targets`, with images of guests to start from.
fn libfuzzer(parts: &mut Vec<Part>) -> Result<()> {
    let corpus = root().join("fuzz/corpus/image");
    fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    run(&mut cargo(["build", "--locked", "--package", crate::project::CLI]))?;
    for name in ["fib", "hash64", "memops", "vm-switch"] {
        let mut compile = Command::new(target_dir().join("debug").join(crate::project::BINARY));
        compile
            .arg("compile")
            .arg(guests_dir().join(name).with_extension("wasm"))
            .arg("--fuel")
            .arg("-o")
            .arg(corpus.join(name));
        run(&mut compile)?;
    }
    for (target, what, most) in [
        ("image", "libFuzzer: bytes as an image, executed in place, under AddressSanitizer", 65536),
        ("translate_image", "libFuzzer: modules by wasm-smith as images of both op sets, under AddressSanitizer", 8192),
        ("api", "libFuzzer: calls of the C API, under AddressSanitizer", 8192),
    ] {
        run(with_nightly("cargo").args(["fuzz", "build", target]))?;
        let command = move |seed: u64, _, seconds: u64| {
            let mut command = with_nightly("cargo");
            command.args(["fuzz", "run", target, "--", "-print_final_stats=1"]);
            command.args([
                format!("-max_total_time={seconds}"),
                format!("-seed={}", seed as u32),
                format!("-max_len={most}"),
            ]);
            (None, command)
        };
        parts.push(Part {
            name: format!("libfuzzer-{target}"),
            what,
            unit: "inputs",
            weight: 6,
            first: 1,
            command: Box::new(command),
            counted: |log| {
                let (_, count) = log.split_once("stat::number_of_executed_units:")?;
                count.split_whitespace().next()?.parse().ok()
            },
        });
    }
    Ok(())
}

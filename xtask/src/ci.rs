//! `cargo xtask ci`: everything that must hold, step by step. `.ci/run` runs the steps of every change, `.ci/weekly` the steps that take longer,
//! and `cargo xtask check` those that finish within five minutes.
//!
//! Some steps run in [`parallel`] to the others, unless steps are named or `--fail-fast` is given. The later steps run even if
//! one fails. The last line is the sum of all tests, `N passed, N failed`.

mod parallel;
mod readme;
mod suites;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use pico_args::Arguments;

use crate::project::{self, cargo, run};
use crate::{
    aarch64, capi, circles, corpus, deps, dist, embedded, examples, features, firmware, forbidden_symbols, fuzz,
    languages, linear, miri, nextpnr, no_std_check, packages, python, same_image, semver, size, tailcheck, threads,
    tools,
};
use suites::Count;

pub const OPTIONS: &str = "
  --weekly      the steps that take longer, instead of those of every change
  --fail-fast   stop at the first step that fails
";

/// The result of a step that did not fail.
enum Outcome {
    Passed,
    Tests(Count),
    LeftOut(String),
}

/// When a step runs, beside being named.
#[derive(Clone, Copy, PartialEq)]
enum Gate {
    /// With `cargo xtask check` and before each change.
    Check,
    /// Only with `cargo xtask check`: another step of every change includes it.
    CheckOnly,
    /// Before each change.
    Change,
    /// Once a week.
    Weekly,
}

struct Step {
    name: &'static str,
    gate: Gate,
    /// What it proves.
    what: &'static str,
    run: fn() -> Result<Outcome>,
}

const fn step(name: &'static str, gate: Gate, what: &'static str, run: fn() -> Result<Outcome>) -> Step {
    Step { name, gate, what, run }
}

use Gate::{Change, Check, CheckOnly, Weekly};

const STEPS: &[Step] = &[
    step(
        "readme",
        Change,
        "the first commands of README, in a clone of its own: one of them runs all tests",
        readme::step,
    ),
    step("fmt", Check, "the code is formatted", || ran(&mut cargo(["fmt", "--all", "--check"]))),
    step("deps", Check, "crates depend on each other as designed", || passed(deps::check())),
    step(
        "packages",
        Check,
        "published packages are complete and document their features",
        || passed(packages::check()),
    ),
    step("circles", Check, "no large circle of files that need each other", || passed(circles::check())),
    step("clippy", Check, "no warning in any target", clippy),
    step("unit-tests", CheckOnly, "the unit tests of all crates", suites::unit),
    step("conformance", CheckOnly, "the scripts of the specification, linked and in place", suites::conformance),
    step("doc", Change, "the documentation has no warning", doc),
    step("publish", Change, "all packages can be packaged, in an order", || passed(publish(&["--no-verify"]))),
    step("install", Change, "`cargo install` gives a working command", install),
    step("corpus", Change, "the guests that are too large to commit are present", || left_out(corpus::check())),
    step("test-newest", Change, "the newest scripts of the specification, beside the checkout", suites::newest_scripts),
    step("test-loop", Change, "the scripts with loop dispatch", suites::loop_dispatch),
    step("test-release", Change, "scripts and guests with the optimisations of the release", suites::release),
    step(
        "test-images",
        Change,
        "the scripts from images: each op set, and metered; and interrupted all the time",
        suites::images,
    ),
    step("test-in-place", Change, "images executed in place, in builds that do nothing else", suites::in_place),
    step("test-no-std", Change, "the command without the standard library", suites::no_std),
    step("test-core", Change, "the command without the extended op set", suites::core_op_set),
    step("test-continuations", Change, "stack switching, which builds lack by default", suites::continuations),
    step("examples", Change, "the examples for hosts print what they must", || passed(examples::check())),
    step("python", Change, "the Python package: a wheel without optimisation passes its tests", || {
        left_out(python::check())
    }),
    step("dist", Change, "programs build with what is installed for C: by pkg-config, and by CMake", || {
        left_out(dist::check_all())
    }),
    step(
        "capi",
        Change,
        "the headers of the C API have no warnings, and its tests in C pass with AddressSanitizer",
        || left_out(capi::check()),
    ),
    step("tailcheck", Change, "hot handlers of the release binary are straight lines to a jump", || {
        left_out(tailcheck::check())
    }),
    step("features", Change, "the library, the command and exec compile with each feature alone", || {
        passed(features::check())
    }),
    step("setup-embedded", Change, "a toolchain for firmware and foreign hosts is present", || {
        left_out(embedded::check())
    }),
    step("no-std-check", Change, "the no_std crates compile without an operating system", || {
        left_out(no_std_check::check())
    }),
    step("firmware", Change, "the firmware examples print in QEMU what they must", || left_out(firmware::check())),
    step("size", Change, "each configuration of size-budget.toml keeps to its budget", || {
        left_out(size::check(embedded::complete(), size::Rows::Builds))
    }),
    step("forbidden-symbols", Change, "no configuration contains what size-budget.toml forbids", || {
        left_out(forbidden_symbols::check(&[], embedded::complete()))
    }),
    step("fuzz", Change, "the fuzz targets compile, and random modules do what they do in wasmi", || {
        passed(fuzz::check())
    }),
    step("linear", Change, "work grows no faster than modules do", || passed(linear::check())),
    step("loom", Change, "no order of its steps loses a wake-up of the queue of waiting threads", || {
        passed(threads::loom())
    }),
    step("licences", Weekly, "licences, sources and bans of all dependencies (cargo-deny)", licences),
    step("feature-pairs", Weekly, "each crate compiles with any two of its features", || {
        passed(features::check_pairs())
    }),
    step("feature-symbols", Weekly, "what a feature adds is absent without it", || {
        passed(forbidden_symbols::check_features(&[]))
    }),
    step("firmware-asan", Weekly, "AddressSanitizer sees nothing in the tests of the C API for firmware", || {
        left_out(firmware::libraries::sanitize())
    }),
    step("capi-more", Weekly, "the tests of the C API with each compiler and in valgrind, and random calls", || {
        fuzz::call_api(2000)?;
        left_out(capi::check_more())
    }),
    step("size-added", Weekly, "what a feature adds to the command keeps to its budget", || {
        left_out(size::check(false, size::Rows::Added))
    }),
    step("semver", Weekly, "the API names only what it exports; how it differs from the last tag or commit", || {
        passed(semver::check(None))
    }),
    step("dist-docs", Weekly, "each function of the C headers has a text (Doxygen)", || left_out(dist::check_docs())),
    step("publish-verify", Weekly, "each package compiles from what is published", || passed(publish(&[]))),
    step("test-loop-more", Weekly, "the guests with loop dispatch; the listing of a run", suites::loop_dispatch_more),
    step("python-install", Weekly, "`pip install` of the Python package gives a working one", || {
        left_out(python::check_install())
    }),
    step("languages", Weekly, "programs in Go, Node and Zig call the C API", || left_out(languages::check())),
    step("setup-hosts", Weekly, "a toolchain for foreign hosts is present", || left_out(embedded::check_hosts())),
    step("same-image", Weekly, "images are the same whichever host writes them", || left_out(same_image::check())),
    step("aarch64", Weekly, "the library on aarch64, in QEMU", || left_out(aarch64::check())),
    step("miri", Weekly, "small modules do nothing undefined, as far as Miri sees", || left_out(miri::check())),
    step("tsan", Weekly, "ThreadSanitizer sees no data race in the tests of threads", || left_out(threads::sanitize())),
    step(
        "nextpnr",
        Weekly,
        "a program with atomics places and routes as under Wasmtime",
        || left_out(nextpnr::check()),
    ),
    step("fuzz-more", Weekly, "random modules in all builds, against wasmi and Wasmtime", || {
        passed(fuzz::compare_all(1000, 0))
    }),
];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let fail_fast = arguments.contains("--fail-fast");
    let weekly = arguments.contains("--weekly");
    let mut named = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        ensure!(names.contains(&&*name), "there is no step `{name}`; there are {}", names.join(", "));
        named.push(name);
    }
    crate::no_more_arguments(arguments)?;
    let selected = |step: &&Step| match named.is_empty() {
        true if weekly => step.gate == Weekly,
        true => matches!(step.gate, Check | Change),
        false => named.iter().any(|name| name == step.name),
    };
    run_steps(STEPS.iter().filter(selected).collect(), named.is_empty() && !weekly && !fail_fast, fail_fast)
}

/// `cargo xtask check`.
pub fn check(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    run_steps(STEPS.iter().filter(|step| matches!(step.gate, Check | CheckOnly)).collect(), false, false)
}

fn run_steps(steps: Vec<&Step>, in_parallel: bool, fail_fast: bool) -> Result<()> {
    let mut lane = if in_parallel { Some(parallel::start()?) } else { None };
    let (mut total, mut lines, mut failed) = (Count::default(), Vec::new(), Vec::new());
    // Those that run in parallel come last, so that nothing waits for them while there is other work.
    let (last, first): (Vec<&Step>, _) = steps.into_iter().partition(|step| in_parallel && parallel::has(step.name));
    for &Step { name, what, run, .. } in first.into_iter().chain(last) {
        println!("\n=== {name}: {what}");
        let start = Instant::now();
        let line = match lane.as_mut().and_then(|lane| lane.finish(name)) {
            Some(result) => result,
            None => run().map(|outcome| {
                let time = seconds(start.elapsed());
                match outcome {
                    Outcome::Passed => format!("{time}  ok"),
                    Outcome::LeftOut(reason) => format!("{time}  left out: {reason}"),
                    Outcome::Tests(count) => {
                        total.add(count);
                        if count.failed > 0 {
                            failed.push(name);
                        }
                        format!("{time}  {count}")
                    }
                }
            }),
        };
        let line = line.unwrap_or_else(|error| {
            eprintln!("{error:#}");
            failed.push(name);
            format!("{}  FAILED", seconds(start.elapsed()))
        });
        lines.push(format!("{name:<17} {line}"));
        println!("--- {}", lines[lines.len() - 1]);
        if fail_fast && !failed.is_empty() {
            break;
        }
    }
    println!("\n=== summary");
    lines.iter().for_each(|line| println!("{line}"));
    println!("{} passed, {} failed", total.passed, total.failed);
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:>7.1} s", time.as_secs_f64())
}

fn passed(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Passed)
}

fn left_out(result: Result<Option<String>>) -> Result<Outcome> {
    Ok(result?.map_or(Outcome::Passed, Outcome::LeftOut))
}

fn ran(command: &mut std::process::Command) -> Result<Outcome> {
    passed(run(command))
}

fn clippy() -> Result<Outcome> {
    ran(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--keep-going", "--", "-D", "warnings"]))
}

fn doc() -> Result<Outcome> {
    // Links in comments of private items are looked up, too.
    ran(cargo(["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

fn publish(more: &[&str]) -> Result<()> {
    run(cargo(["publish", "--workspace", "--dry-run", "--locked", "--allow-dirty"]).args(more))
}

fn install() -> Result<Outcome> {
    let folder = project::target_dir().join("install");
    run(cargo(["install", "--locked", "--quiet", "--force", "--path", "crates/cli", "--root"]).arg(&folder))?;
    let mut command = std::process::Command::new(folder.join("bin").join(project::BINARY));
    ran(command.arg(project::root().join("tests/guests/fib.wasm")))
}

fn licences() -> Result<Outcome> {
    let mut deny = std::process::Command::new(tools::DENY.find()?);
    ran(deny.current_dir(project::root()).args(["--workspace", "check", "licenses", "bans", "sources"]))
}

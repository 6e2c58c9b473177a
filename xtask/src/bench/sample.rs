//! `--sample`: where a program's time goes, by handler, and the code of the hottest ones. Samples are taken by the clock, which every machine has;
//! hardware counters may be missing in virtual ones.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::engine::Engine;
use crate::guests::Workload;
use crate::project::{self, BINARY, CLI};

/// Functions that are listed.
const LISTED: usize = 20;
/// Functions whose code is shown.
const SHOWN: usize = 3;
/// Samples in a second.
const FREQUENCY: &str = "5000";

/// Runs each program once.
pub fn main(workloads: &[Workload], scratch: &Path) -> Result<()> {
    // The release profile, with names.
    project::run(&mut project::cargo([
        "build",
        "--profile",
        "inspect",
        "--locked",
        "--package",
        CLI,
        "--bin",
        BINARY,
    ]))?;
    let engine = Engine::wasmote(project::target_dir().join("inspect").join(BINARY))?;
    for workload in workloads {
        let data = scratch.join("perf.data");
        let run = engine.command(workload);
        let mut perf = Command::new("perf");
        perf.args(["record", "--quiet", "-e", "task-clock", "-F", FREQUENCY, "-o"]).arg(&data).arg("--");
        perf.arg(run.get_program()).args(run.get_args());
        if let Some(folder) = run.get_current_dir() {
            perf.current_dir(folder);
        }
        let finished = super::measure::run(&mut perf, workload.stdin.as_deref(), scratch)
            .context("--sample needs perf (Debian: linux-perf)")?;
        ensure!(
            finished.exit_code == Some(workload.exit),
            "{}: {}: {}",
            workload.name,
            finished.status,
            String::from_utf8_lossy(&finished.stderr)
        );
        let report = perf_says(
            &data,
            &["report", "--no-children", "-g", "none", "-F", "overhead,symbol", "--percent-limit", "0.3"],
        )?;
        println!("== {}", workload.name);
        let functions: Vec<(&str, &str)> = report.lines().filter_map(function).collect();
        for (share, name) in functions.iter().take(LISTED) {
            println!("{share:>8}  {name}");
        }
        for (share, name) in functions.iter().take(SHOWN) {
            println!("\n-- {share} {name}");
            let code = perf_says(&data, &["annotate", "--no-source", "-s", name])?;
            code.lines().filter(|line| is_code(line)).for_each(|line| println!("{line}"));
        }
        println!();
    }
    Ok(())
}

/// What perf prints of its data.
fn perf_says(data: &Path, arguments: &[&str]) -> Result<String> {
    let (command, options) = arguments.split_first().context("a command of perf")?;
    let output = Command::new("perf").arg(command).args(["--stdio", "-i"]).arg(data).args(options).output()?;
    ensure!(output.status.success(), "perf {command}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The share and the name in a line of perf's report, `12.34%  [.] NAME`.
fn function(line: &str) -> Option<(&str, &str)> {
    let (share, rest) = line.trim().split_once(char::is_whitespace)?;
    let (_, name) = rest.split_once("] ")?;
    share.ends_with('%').then_some((share, name.trim()))
}

/// Whether a line of perf's listing is an instruction, `1.23 :  ADDRESS: TEXT`.
fn is_code(line: &str) -> bool {
    line.split_once(':').is_some_and(|(share, rest)| {
        let address = rest.trim_start().split(':').next().unwrap_or_default();
        (share.trim().is_empty() || share.trim().parse::<f64>().is_ok())
            && !address.is_empty()
            && address.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_perf_are_told_apart() {
        assert_eq!(
            function("    12.34%  [.] wasmote_exec::dispatch::hot"),
            Some(("12.34%", "wasmote_exec::dispatch::hot"))
        );
        assert_eq!(function("# Overhead  Symbol"), None);
        assert!(is_code("   45.45 :   4a36f0: mov    (%rdi),%rax"));
        assert!(is_code("         :   4a36f0: mov    (%rdi),%rax"));
        assert!(!is_code(" Percent |      Source code & Disassembly of wasmote"));
    }
}

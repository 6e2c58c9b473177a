//! `cargo xtask bench --objects`: garbage collection and exceptions. Compares guests with Wasmtime, which compiles them with Cranelift
//! (`xtask/peers/wasmtime`), and allocation with a native bump allocator (`xtask/peers/bump`), and measures the memory of binary trees. Programs take
//! turns, so that ratios are meaningful on a busy machine.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::engine::Engine;
use super::measure::{self, Run};
use super::{one_run, peers, table};
use crate::guests::Workload;
use crate::project;

/// The kind of the guests.
pub const KIND: &str = "objects";

/// Structures that are allocated.
const STRUCTURES: u32 = 100_000_000;
/// How deep the trees are.
const DEPTH: u32 = 20;
/// Bytes of a node: a header and two references.
const NODE: u64 = 16;

/// Measures, and returns Markdown. `workloads` are the guests, `wasmote` is the program.
pub fn main(workloads: &[Workload], wasmote: PathBuf, rounds: usize, scratch: &Path) -> Result<String> {
    measure::warn_when_busy();
    let mut text = against_wasmtime(workloads, &wasmote, rounds, scratch)?;
    text += &allocation(&wasmote, rounds, scratch)?;
    text += &trees(&wasmote, scratch)?;
    Ok(text)
}

/// Guests beside the checkout, if there are any.
pub fn beside() -> Vec<Workload> {
    let folder = project::root().join("../shared/guests");
    let names = ["kotlin-binarytrees", "kotlin-collections", "kotlin-exceptions"];
    let mut workloads = Vec::new();
    for name in names {
        let module = folder.join(name).with_extension("wasm");
        if !module.is_file() {
            println!("left out: {} is not there", module.display());
            continue;
        }
        let expected = Some(folder.join("expected").join(name).with_extension("txt"));
        workloads.push(Workload { kind: KIND.into(), expected, ..Workload::of_module(name, module) });
    }
    workloads
}

/// The CPU time that Wasmtime used, as `xtask/peers/wasmtime` reports it on standard error.
struct Parts {
    compile: Duration,
    run: Duration,
}

impl Parts {
    fn parse(stderr: &str) -> Option<Parts> {
        let numbers = stderr.lines().find_map(|line| line.strip_prefix("microseconds of CPU time: compile "))?;
        let (compile, run) = numbers.split_once(" run ")?;
        let time = |number: &str| number.trim().parse().ok().map(Duration::from_micros);
        Some(Parts { compile: time(compile)?, run: time(run)? })
    }
}

/// The median in milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    table::median(&times).as_secs_f64() * 1e3
}

fn peak(runs: &[Run]) -> f64 {
    runs.iter().map(|run| run.peak_kib).max().unwrap_or(0) as f64 / 1024.0
}

fn against_wasmtime(workloads: &[Workload], wasmote: &Path, rounds: usize, scratch: &Path) -> Result<String> {
    let engines = [Engine::wasmote(wasmote.into())?, peers::wasmtime()?];
    let mut text = format!(
        "CPU time in ms, medians of {rounds} interleaved rounds; peak resident memory in MiB. Wasmtime 48 compiles with Cranelift; its run is what is left \
         without that.\n\n\
         | guest | wasmote | MiB | Wasmtime: compile | run | MiB | compile and run / wasmote | wasmote / run alone |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    for workload in workloads {
        let mut expected = workload.expected_output()?;
        let (mut ours, mut theirs, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let failed = |engine: &Engine, why| format!("{} on {}: {why}", engine.name, workload.name);
        let mut refused = None;
        for _ in 0..rounds {
            match one_run(&engines[0], workload, scratch, &mut expected)? {
                Ok(run) => ours.push(run),
                Err(why) => bail!(failed(&engines[0], why)),
            }
            match one_run(&engines[1], workload, scratch, &mut expected)? {
                Ok(run) => theirs.push(run),
                Err(why) => {
                    refused = Some(failed(&engines[1], why));
                    break;
                }
            }
            // `one_run` writes it there.
            let said = std::fs::read_to_string(scratch.join("stderr"))?;
            parts.push(Parts::parse(&said).with_context(|| format!("not what Wasmtime used: {said}"))?);
        }
        if let Some(refused) = refused {
            bail!(refused);
        }
        let our_time = median(ours.iter().map(|run| run.cpu).collect());
        let their_time = median(theirs.iter().map(|run| run.cpu).collect());
        let compile = median(parts.iter().map(|parts| parts.compile).collect());
        let run = median(parts.iter().map(|parts| parts.run).collect());
        let line = format!(
            "| {} | {our_time:.1} | {:.1} | {compile:.1} | {run:.1} | {:.1} | {:.2} | {:.2} |",
            workload.name,
            peak(&ours),
            peak(&theirs),
            their_time / our_time,
            our_time / run
        );
        println!("{line}");
        writeln!(text, "{line}")?;
    }
    Ok(text)
}

/// A command that calls an export of a module in the text format.
fn invoke(wasmote: &Path, scratch: &Path, name: &str, module: &str, argument: u32) -> Result<std::process::Command> {
    let file = scratch.join(name).with_extension("wat");
    std::fs::write(&file, module)?;
    let mut command = std::process::Command::new(wasmote);
    command.args(["run", "--invoke", name]).arg(file).arg(argument.to_string());
    Ok(command)
}

/// Runs a command and checks its output. If nothing is expected yet, its output is what is expected from then on.
fn printing(command: &mut std::process::Command, expected: &mut Option<Vec<u8>>, scratch: &Path) -> Result<Run> {
    let finished = measure::run(command, None, scratch)?;
    ensure!(
        finished.exit_code == Some(0),
        "{}: {}",
        project::command_line(command),
        String::from_utf8_lossy(&finished.stderr)
    );
    let expected = expected.get_or_insert_with(|| finished.stdout.clone());
    ensure!(*expected == finished.stdout, "{} prints something else", project::command_line(command));
    Ok(finished.run)
}

fn allocation(wasmote: &Path, rounds: usize, scratch: &Path) -> Result<String> {
    let native = peers::bump()?;
    let (mut ours, mut theirs, mut sum) = (Vec::new(), Vec::new(), None);
    for _ in 0..rounds {
        let mut command = invoke(wasmote, scratch, "allocate", include_str!("allocate.wat"), STRUCTURES)?;
        ours.push(printing(&mut command, &mut sum, scratch)?.cpu);
        let mut command = std::process::Command::new(&native);
        theirs.push(printing(command.arg(STRUCTURES.to_string()), &mut sum, scratch)?.cpu);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let rate = |time: f64| f64::from(STRUCTURES) / time / 1e3;
    let text = format!(
        "\nAllocation of structures of 16 bytes, each read again: {:.0} million a second, {:.0} by a native bump allocator; ratio {:.3}.\n",
        rate(ours),
        rate(theirs),
        theirs / ours
    );
    println!("{text}");
    Ok(text)
}

fn trees(wasmote: &Path, scratch: &Path) -> Result<String> {
    let mut command = invoke(wasmote, scratch, "trees", include_str!("trees.wat"), DEPTH)?;
    let nodes = |depth: u32| (1u64 << (depth + 1)) - 1;
    let all = nodes(DEPTH) + 64 * nodes(DEPTH - 4);
    let run = printing(&mut command, &mut Some(format!("{all}\n").into_bytes()), scratch)?;
    let live = ((nodes(DEPTH) + nodes(DEPTH - 4)) * NODE) as f64 / f64::from(1 << 20);
    let resident = peak(&[run]);
    let text = format!(
        "\nBinary trees with {live:.1} MiB alive: {resident:.1} MiB at most in the process, {:.2} times as much; 1.5 times and 8 MB are {:.1} MiB.\n",
        resident / live,
        1.5 * live + 8e6 / f64::from(1 << 20)
    );
    println!("{text}");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wasmtime_used_is_read_and_nothing_else() {
        let parts = Parts::parse("complaint\nmicroseconds of CPU time: compile 1500 run 20\n").unwrap();
        assert_eq!((parts.compile, parts.run), (Duration::from_micros(1500), Duration::from_micros(20)));
        assert!(Parts::parse("microseconds of CPU time: compile 1500\n").is_none());
    }
}

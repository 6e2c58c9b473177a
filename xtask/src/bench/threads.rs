//! `cargo xtask bench --threads`: how much more two threads do than one, and what accesses of a shared memory cost.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::engine::Engine;
use super::measure;
use crate::guests::Workload;
use crate::project;

/// A guest of which there is a second one with this ending: the same, but with a shared memory.
const SHARED: &str = "-shared";

/// Work of each thread of the guest `scale`, for about two seconds.
const AMOUNT: &str = "300";

/// Threads to compare with one.
const THREADS: &[usize] = &[1, 2];

/// Returns the table. The medians of wall time are compared, since CPU time does not show whether threads run at once.
pub fn main(workloads: &[Workload], wasmote: &Engine, rounds: usize, scratch: &Path) -> Result<String> {
    measure::warn_when_busy();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut table = String::from("| what | ratio | of |\n| --- | ---: | --- |\n");
    let mut runs: Vec<Vec<Duration>> = vec![Vec::new(); THREADS.len()];
    let threaded = wasmote.with("--threads");
    for _ in 0..rounds {
        for (&threads, runs) in THREADS.iter().zip(&mut runs) {
            runs.push(wall(&threaded, &scale(threads), scratch)?);
        }
    }
    let medians: Vec<f64> = runs.into_iter().map(median).collect();
    for (&threads, &time) in THREADS.iter().zip(&medians).skip(1) {
        let ratio = threads as f64 * medians[0] / time;
        table +=
            &format!("| work of {threads} threads on {processors} processors, by time | {ratio:.3} | that of one |\n");
    }
    for workload in workloads.iter().filter(|workload| workload.name.ends_with(SHARED)) {
        let name = workload.name.trim_end_matches(SHARED);
        let unshared = workloads.iter().find(|workload| workload.name == name);
        let unshared = unshared.with_context(|| format!("there is no guest {name}"))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(wall(wasmote, workload, scratch)?);
            theirs.push(wall(wasmote, unshared, scratch)?);
        }
        let ratio = median(ours) / median(theirs);
        table += &format!("| time of {} | {ratio:.3} | that of {name} |\n", workload.name);
    }
    println!("{table}");
    Ok(table)
}

/// The guest that computes, in this many threads.
fn scale(threads: usize) -> Workload {
    let module = project::root().join("tests/guests/threads/threads.wasm");
    let mut workload = Workload::of_module("scale", module);
    workload.args = ["scale", &threads.to_string(), AMOUNT].map(String::from).to_vec();
    workload
}

/// Runs a guest, and returns how long it took.
fn wall(engine: &Engine, workload: &Workload, scratch: &Path) -> Result<Duration> {
    let finished = measure::run(&mut engine.command(workload), workload.stdin.as_deref(), scratch)?;
    let says = String::from_utf8_lossy(&finished.stderr);
    ensure!(finished.exit_code == Some(workload.exit), "{}: {}: {says}", workload.name, finished.status);
    Ok(finished.run.wall)
}

/// In seconds.
fn median(mut runs: Vec<Duration>) -> f64 {
    runs.sort();
    runs[runs.len() / 2].as_secs_f64()
}

//! `cargo xtask bench --threads`: how much more two threads do than one, and what accesses of a shared memory cost.
//!
//! It says what it does while it works, and takes at most about a minute, also on a busy machine.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::engine::Engine;
use super::measure;
use crate::guests::Workload;
use crate::project;

/// A guest of which there is a second one with this ending: the same, but with a shared memory.
const SHARED: &str = "-shared";

/// Work of each thread of the guest `scale`, for about a second.
const AMOUNT: &str = "150";

/// Threads to compare with one.
const THREADS: &[usize] = &[1, 2];

/// No comparison begins another round after this long.
const LIMIT: Duration = Duration::from_secs(25);

/// Returns the table. The medians of wall time are compared, since CPU time does not show whether threads run at once.
pub fn main(workloads: &[Workload], wasmote: &Engine, rounds: usize, scratch: &Path) -> Result<String> {
    measure::warn_when_busy();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut table = String::from("| what | ratio | of | rounds |\n| --- | ---: | --- | ---: |\n");
    let threaded = wasmote.with("--threads");
    let scales: Vec<Workload> = THREADS.iter().map(|&threads| scale(threads)).collect();
    let runs: Vec<(&Engine, &Workload)> = scales.iter().map(|workload| (&threaded, workload)).collect();
    let (medians, done) = compare(&runs, rounds, scratch)?;
    for (&threads, &time) in THREADS.iter().zip(&medians).skip(1) {
        let ratio = threads as f64 * medians[0] / time;
        table += &format!(
            "| work of {threads} threads on {processors} processors, by time | {ratio:.3} | that of one | {done} |\n"
        );
    }
    for workload in workloads.iter().filter(|workload| workload.name.ends_with(SHARED)) {
        let name = workload.name.trim_end_matches(SHARED);
        let unshared = workloads.iter().find(|workload| workload.name == name);
        let unshared = unshared.with_context(|| format!("there is no guest {name}"))?;
        let (medians, done) = compare(&[(wasmote, workload), (wasmote, unshared)], rounds, scratch)?;
        let ratio = medians[0] / medians[1];
        table += &format!("| time of {} | {ratio:.3} | that of {name} | {done} |\n", workload.name);
    }
    println!("\n{table}");
    Ok(table)
}

/// Runs workloads in turn, and prints how long each run took. Returns the median of each in seconds, and the number of
/// rounds, which is at most `rounds`.
fn compare(workloads: &[(&Engine, &Workload)], rounds: usize, scratch: &Path) -> Result<(Vec<f64>, usize)> {
    let mut runs: Vec<Vec<Duration>> = vec![Vec::new(); workloads.len()];
    let (start, mut done) = (Instant::now(), 0);
    while done < rounds && (done == 0 || start.elapsed() < LIMIT) {
        for ((engine, workload), runs) in workloads.iter().zip(&mut runs) {
            let wall = wall(engine, workload, scratch)?;
            println!("round {} of {rounds}: {} {:.2} s", done + 1, workload.name, wall.as_secs_f64());
            runs.push(wall);
        }
        done += 1;
    }
    Ok((runs.into_iter().map(median).collect(), done))
}

/// The guest that computes, in this many threads.
fn scale(threads: usize) -> Workload {
    let module = project::root().join("tests/guests/threads/threads.wasm");
    let mut workload = Workload::of_module(&format!("scale, threads: {threads},"), module);
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

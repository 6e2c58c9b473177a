//! `cargo xtask bench --translation`: the speed of translation. Each engine starts a guest twice, and translates first only the functions that run,
//! then all of them. The difference of the times is that of translating code that never runs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::engine::Engine;
use super::measure::{self, Run};
use super::one_run;
use super::table::Cell;
use crate::guests::Workload;

/// With fewer bytes of code, the difference is too small to measure.
const WORTH_IT: u64 = 200_000;

/// `wasmote` and `wasmi`, in this order.
pub fn main(workloads: &[Workload], engines: &[Engine], rounds: usize, scratch: &Path) -> Result<()> {
    measure::warn_when_busy();
    let [wasmote, wasmi] = engines else { bail!("--translation compares wasmote with wasmi, and needs both") };
    let eager = [wasmote.with("--eager"), wasmi.with("--compilation-mode=eager")];
    println!("{:<20} {:>12} {:>24} {:>24} {:>8}", "module", "bytes", "wasmote: ms, MB/s", "wasmi: ms, MB/s", "ratio");
    for workload in workloads {
        let bytes = translated(&eager[0], workload)?.saturating_sub(translated(wasmote, workload)?);
        if bytes < WORTH_IT {
            println!("{:<20} {bytes:>12} too little code that does not run", workload.name);
            continue;
        }
        let mut runs: [[Vec<Run>; 2]; 2] = Default::default();
        let mut expected = None;
        for _ in 0..rounds {
            for (modes, runs) in [[wasmote, &eager[0]], [wasmi, &eager[1]]].into_iter().zip(&mut runs) {
                for (engine, runs) in modes.into_iter().zip(runs) {
                    match one_run(engine, workload, scratch, &mut expected)? {
                        Ok(run) => runs.push(run),
                        Err(why) => bail!("{}, {}: {why}", workload.name, engine.name),
                    }
                }
            }
        }
        let times = runs.map(|modes| {
            let [lazy, eager] = modes.map(|runs| Cell::of_cpu(&runs).median.as_secs_f64());
            eager - lazy
        });
        let shown = |time: f64| format!("{:.1} {:>7.1}", time * 1e3, bytes as f64 / 1e6 / time);
        let [ours, theirs] = times;
        println!("{:<20} {bytes:>12} {:>24} {:>24} {:>8.2}", workload.name, shown(ours), shown(theirs), theirs / ours);
    }
    Ok(())
}

/// Bytes of the bodies that a run translates, as `--stats` says.
fn translated(engine: &Engine, workload: &Workload) -> Result<u64> {
    let mut command: Command = engine.with("--stats").command(workload);
    let output = command.output().with_context(|| workload.name.clone())?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.starts_with("translated")).context("--stats says nothing")?;
    let bytes = line.split_whitespace().nth(3).and_then(|word| word.parse().ok());
    bytes.with_context(|| format!("`{line}` has no number of bytes"))
}

//! `cargo xtask bench --images`: the guests from their binaries against the same from images, in turn. Where little runs, the
//! difference is what decoding, validation and translation take.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::engine::Engine;
use super::measure::{self, Run};
use super::one_run;
use super::table::Cell;
use crate::guests::Workload;
use crate::project;

pub fn main(workloads: &[Workload], rounds: usize, scratch: &Path) -> Result<()> {
    measure::warn_when_busy();
    let program = project::build_release()?;
    let engine = Engine::wasmote(program.clone())?;
    println!("{:<24} {:>22} {:>22}", "milliseconds, medians", "CPU: binary, image", "wall: binary, image");
    for workload in workloads {
        let image = scratch.join("guest.wmi");
        let mut compile = std::process::Command::new(&program);
        project::run(compile.arg("compile").arg(&workload.module).arg("-o").arg(&image))?;
        let of_image = Workload { module: image, ..workload.clone() };
        let mut expected = match &workload.expected {
            Some(file) => Some(std::fs::read(file).with_context(|| file.display().to_string())?),
            None => None,
        };
        let mut runs: [Vec<Run>; 2] = Default::default();
        for _ in 0..rounds {
            for (workload, runs) in [workload, &of_image].into_iter().zip(&mut runs) {
                match one_run(&engine, workload, scratch, &mut expected)? {
                    Ok(run) => runs.push(run),
                    Err(why) => bail!("{}: {why}", workload.name),
                }
            }
        }
        let medians = |cell: fn(&[Run]) -> Cell| runs.each_ref().map(|runs| cell(runs).median.as_secs_f64() * 1e3);
        let shown = |[binary, image]: [f64; 2]| format!("{binary:.1} {image:.1} {:>6.2}x", binary / image);
        println!("{:<24} {:>22} {:>22}", workload.name, shown(medians(Cell::of_cpu)), shown(medians(Cell::of_wall)));
    }
    Ok(())
}

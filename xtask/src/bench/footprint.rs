//! `cargo xtask bench --footprint`: what an operation costs, by how many there are in a loop.
//!
//! Each operation is an instruction of its own place. A processor remembers where some indirect jumps lead, and some
//! code fits its first cache. What exceeds that costs more for each instruction, and no list of superinstructions
//! changes it but by leaving fewer instructions.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::engine::Engine;
use super::measure;
use crate::guests::Workload;

/// The numbers of operations in the loop.
const SIZES: &[usize] = &[100, 500, 1000, 2000, 4000, 16_000];

/// How many operations run, in all rounds of the loop.
const OPERATIONS: usize = 100_000_000;

/// The operations of a mixed loop. The other loop has the first one only, so each jump of its handler leads to it.
const MIXED: &[&str] = &["i32.add", "i32.sub", "i32.xor", "i32.or", "i32.and", "i32.mul", "i32.rotl", "i32.shr_u"];

/// The locals that the operations use, behind the counter of rounds.
const LOCALS: u64 = 12;

/// Returns the table, which is also printed: nanoseconds of CPU time for an operation, the least of some runs.
pub fn main(engines: &[Engine], rounds: usize, scratch: &Path) -> Result<String> {
    measure::warn_when_busy();
    let mut table = String::from("| operations in the loop |");
    for engine in engines {
        write!(table, " {}, one kind | mixed |", engine.name)?;
    }
    table += "\n| ---: |";
    table += &" ---: | ---: |".repeat(engines.len());
    table.push('\n');
    for &size in SIZES {
        write!(table, "| {size} |")?;
        let mut workloads = Vec::new();
        for (name, kinds) in [("one", &MIXED[..1]), ("mixed", MIXED)] {
            let path = scratch.join(format!("footprint-{name}.wasm"));
            std::fs::write(&path, wat::parse_str(module(size, kinds))?)?;
            workloads.push(Workload::of_module(name, path));
        }
        for engine in engines {
            for workload in &workloads {
                let mut least = Duration::MAX;
                for _ in 0..rounds {
                    let finished = measure::run(&mut engine.command(workload), None, scratch)?;
                    ensure!(finished.exit_code == Some(0), "{}: {}", engine.name, finished.status);
                    least = least.min(finished.run.cpu);
                }
                write!(table, " {:.2} ns |", least.as_secs_f64() * 1e9 / OPERATIONS as f64)?;
            }
        }
        table.push('\n');
        eprintln!("{size} operations measured");
    }
    println!("\n{table}");
    Ok(table)
}

/// A module whose `_start` runs a loop of `size` operations.
fn module(size: usize, kinds: &[&str]) -> String {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        // xorshift64: the same numbers in each run.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 20) % below
    };
    let mut text = format!(
        "(module (func (export \"_start\") (local i32{}) (local.set 0 (i32.const {})) (loop\n",
        " i32".repeat(LOCALS as usize),
        OPERATIONS / size
    );
    for _ in 0..size {
        let kind = kinds[next(kinds.len() as u64) as usize];
        let (result, first, second) = (1 + next(LOCALS), 1 + next(LOCALS), 1 + next(LOCALS));
        // An operation writes what the next one rarely reads, so that the two are rarely one.
        text += &format!("(local.set {result} ({kind} (local.get {first}) (local.get {second})))\n");
    }
    text + "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loop_is_a_module_with_its_operations() {
        for kinds in [&MIXED[..1], MIXED] {
            let text = module(100, kinds);
            assert_eq!(text.matches("local.set").count(), 101);
            assert!(wat::parse_str(&text).unwrap().len() > 100 * 7);
        }
    }
}

//! Real programs with mutated code behave the same with guard pages and with bounds checks.
//!
//! Bytes of one or two functions of a guest are changed at random so that they stay valid, and the functions are
//! exported. They and the program are called with little fuel and small limits in two stores: one with guarded
//! memories, and one without. After each call, results, traps and their places, fuel, and the whole memory must be
//! equal. This happens in child processes, as in `mutants`; a child that dies is a failure.
//!
//! `MUTANTS=n` is the number of mutants, `SEED=n` the first seed. `MUTANT=seed` tries a single mutant in this process,
//! and prints each step.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("guest mutants: left out: they are tried in processes as Linux has them");
    println!("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

#[cfg(target_os = "linux")]
mod originals;
#[cfg(target_os = "linux")]
mod trial;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let (originals, small) = originals::all();
    let mut trials = trial::Trials::new(&originals, small);
    wasmote_test_support::supervise::main(&mut trials, wasmote_exec::DISPATCH)
}

//! Tests that a changed image is either refused with an error or stays inside of its sandbox.
//!
//! Images of guests, of the specification's scripts and of our own are changed at random. Mostly their checksums are
//! corrected afterwards, so that verification has to find the fault. Accepted images are run. The image is in
//! read-only pages, and the buffer in pages of its own, both with inaccessible pages directly before and behind.
//! After each run, everything that execution relies on must still be in the buffer as instantiation left it. All this
//! happens in child processes. A child that dies is a failure, unless it exceeds its time limit, because a mutant may
//! have lost the instructions that take fuel.
//!
//! `MUTANTS=n` sets the number of mutants (60,000 by default), and `SEED=n` sets the first seed. `MUTANT=seed` tries
//! only that mutant, in this process. By default the random numbers are the same in each run.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("mutants: left out: they are tried on Linux");
    println!("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

#[cfg(target_os = "linux")]
mod originals;
#[cfg(target_os = "linux")]
mod records;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod trial;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let (originals, small) = originals::all();
    let mut trials = trial::Trials::new(&originals, small);
    wasmote_test_support::supervise::main(&mut trials, wasmote_exec::DISPATCH)
}

//! Whatever happens to an image's bytes, it is refused with an error or stays inside of its sandbox.
//!
//! Images of guests, of the specification's scripts and of our own are changed at random, mostly with their checksums put right
//! afterwards, so that verification has to find what is wrong. What it accepts is run: the image in read-only pages, the buffer
//! in pages of its own, both with pages without access directly before and behind, and after each run everything that
//! execution relies on must still stand in the buffer as instantiation left it. All this happens in child processes: one
//! that dies is a failure, unless by its time limit, since a mutant may have lost the instructions that take its fuel.
//!
//! `MUTANTS=n` makes so many (at least 20,000 unless one says otherwise), `SEED=n` begins with another seed, `MUTANT=seed` makes just that one, in this process.
//! Unless one says otherwise, the random numbers are always the same ones.

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

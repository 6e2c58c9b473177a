//! Mutated images with objects, exceptions and vectors are refused with an error, or harm at most their own objects.
//!
//! Images are mutated as in `crates/exec/tests/mutants`, and tried in the same kind of child processes
//! (`wasmote-test-support`). But here they are loaded and run as hosts do: with [`wasmote::Module::from_image`], linked
//! code, and a garbage-collected heap. Each allocation of a trial ends in front of an inaccessible page, and is never
//! reused. So accesses beyond memory or after a free end in a signal. Another instance in the same store must be
//! unchanged afterwards. All references that come out are used in every way that the API has.
//!
//! `MUTANTS=n` is the number of mutants, `SEED=n` the first seed. `MUTANT=seed` tries a single mutant in this process.
//! By default, all runs use the same random numbers.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("mutants: left out: they are tried in processes and pages as Linux has them");
    println!("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

#[cfg(target_os = "linux")]
mod confuse;
#[cfg(target_os = "linux")]
mod fence;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
#[path = "../api/managed.rs"]
mod managed;
#[cfg(target_os = "linux")]
mod originals;
#[cfg(target_os = "linux")]
mod trial;

#[cfg(target_os = "linux")]
#[global_allocator]
static FENCE: fence::Fence = fence::Fence;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let originals = originals::all();
    wasmote_test_support::supervise::main(&mut trial::Trials::new(&originals), wasmote_exec::DISPATCH)
}

//! Whatever happens to the bytes of an image with objects, exceptions and vectors, it is refused with an error or harms its own objects at most.
//!
//! Images are changed as those of `crates/exec/tests/mutants`, and tried in processes as these are (`wasmote-test-support`), but here they are loaded and run as hosts do:
//! [`wasmote::Module::from_image`], linked code, a heap that is collected. Each allocation of a trial ends where a page without access begins, and
//! is never used again after it was freed, so that what reaches beyond memory, or for what is gone, dies by a signal. Another instance in the
//! same store must be as it was afterwards. And all that comes out as a reference is looked at in every way that the API has.
//!
//! `MUTANTS=n` makes so many, `SEED=n` begins with another seed, `MUTANT=seed` makes just that one, in this process. Unless one says otherwise, the random
//! numbers are always the same ones.

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

//! Real programs with damaged code do the same whether pages without access notice what is out of bounds, or comparisons do.
//!
//! Bytes of a function or two of a guest are changed at random, as long as they stay valid, and the function is exported. Then it is called,
//! and so is the program, with little fuel and small limits, in two stores: one whose memories are guarded, and one whose memories are not.
//! After each call results, traps with their place, fuel, and all of memory must be the same. This happens in processes of their own, as in
//! `mutants`: one that dies is a failure.
//!
//! `MUTANTS=n` makes so many, `SEED=n` begins with another seed, `MUTANT=seed` makes just that one, in this process, and says what it does.

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

//! Modules are loaded, translated, written as images, instantiated and run while each allocation fails in turn. Each
//! time, the result is an error or a trap, and the process continues.
//!
//! `wasmote_test_support::no_memory` explains how each allocation is tried.

mod work;

use std::process::ExitCode;

use wasmote::{Config, Engine, ErrorKind, Module};
use wasmote_test_support::no_memory::{self, Failing};
use work::Work;

#[global_allocator]
static ALLOCATOR: Failing = Failing;

fn main() -> ExitCode {
    code_beyond_the_limit_is_not_made();
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mut bad = 0;
    for work in work::all() {
        if filter.as_ref().is_some_and(|filter| !work.name.contains(&**filter)) {
            continue;
        }
        for once in [true, false] {
            bad += all_of(&work, once);
        }
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Translation stops at the code limit: of 100 MB of code, little more than one is made.
fn code_beyond_the_limit_is_not_made() {
    let branches = "(br_if 0 (i32.const 1))".repeat(1_000_000);
    let text = format!(
        "(module (func (export \"f\") (result i64 i64 i64 i64) (block (result i64 i64 i64 i64)
            (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) {branches})))"
    );
    let wasm = wat::parse_str(text).expect("the module is text");
    let mut config = Config::new();
    config.max_code_size(1 << 20);
    let module = Module::new(&Engine::new(&config), wasm).expect("the module is valid");
    no_memory::arm(u64::MAX, false, false);
    let verified = module.verify();
    let taken = no_memory::peak_bytes();
    no_memory::disarm();
    assert!(verified.is_err_and(|error| matches!(error.kind(), ErrorKind::CodeLimit { func: 0, limit: 1_048_576 })));
    assert!(taken < 8 << 20, "{taken} bytes were taken");
    println!("code beyond the limit: {taken} bytes taken");
}

/// Tries each allocation of some work. Returns the number of trials that ended badly.
fn all_of(work: &Work, once: bool) -> u32 {
    // Each process takes it.
    let mut rest = Some((work.begin)());
    let mut take = || match rest.take() {
        Some(rest) => rest(),
        None => unreachable!("only processes of their own take it"),
    };
    no_memory::try_each_allocation(work.name, once, &mut take, &|result, failed| match (failed, result) {
        (false, Ok(_)) => true,
        (false, Err(error)) => {
            eprintln!("failed with memory enough: {error}");
            false
        }
        (true, result) if (work.outcome)(&result, once) => true,
        (true, Ok(_)) => {
            eprintln!("there was no memory for something, and yet no error");
            false
        }
        (true, Err(error)) => {
            eprintln!("no memory, but an error that is another: {error}");
            false
        }
    })
}

//! Memory ends at every allocation in turn, while modules are loaded, translated, written as images, instantiated and run: that is an
//! error or a trap each time, and the process goes on.
//!
//! Each trial is a process of its own, forked where the work begins, in which one allocation fails, or all from it on. So each path
//! is tried on which there is no memory, also those of errors themselves.

mod allocator;
mod work;

use std::process::ExitCode;

use wasmote::{Config, Engine, ErrorKind, Module};
use work::{Rest, Work};

#[global_allocator]
static ALLOCATOR: allocator::Failing = allocator::Failing;

/// How a trial ended, as exit status.
const FAILED_WELL: i32 = 0;
const WENT_WELL: i32 = 3;
/// There was no memory for something, and yet no error.
const NOT_NOTICED: i32 = 4;

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

/// Translation ends as soon as there is more code than there may be: of 100 MB, not much more than one is made.
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
    allocator::arm(u64::MAX, false, false);
    let verified = module.verify();
    let taken = allocator::most_taken();
    allocator::disarm();
    assert!(verified.is_err_and(|error| matches!(error.kind(), ErrorKind::CodeLimit { func: 0, limit: 1_048_576 })));
    assert!(taken < 8 << 20, "{taken} bytes were taken");
    println!("code beyond the limit: {taken} bytes taken");
}

/// Tries each allocation of some work; how many trials ended as they must not.
fn all_of(work: &Work, once: bool) -> u32 {
    let (mut bad, mut tried) = (0, 0);
    let mut rest = Some((work.begin)());
    for first in 0.. {
        match trial(work, &mut rest, first, once, false) {
            Ok(FAILED_WELL) => tried += 1,
            Ok(WENT_WELL) => break,
            outcome => {
                tried += 1;
                bad += 1;
                println!("{}: allocation {first} of {}: {outcome:?}", work.name, if once { "one" } else { "all" });
                assert!(bad < 100, "{}: enough", work.name);
                if bad <= 3 {
                    let _ = trial(work, &mut rest, first, once, true);
                }
            }
        }
    }
    println!("{}: {tried} allocations failed ({}), {bad} badly", work.name, if once { "one" } else { "all" });
    assert!(tried > 3, "{}: nothing is allocated", work.name);
    bad
}

/// Does the work in a process of its own, which takes it. Its exit status, or the signal that ended it.
fn trial(work: &Work, rest: &mut Option<Rest>, first: u64, once: bool, says_where: bool) -> Result<i32, i32> {
    // SAFETY: there is one thread.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process can be made");
    if child == 0 {
        let Some(rest) = rest.take() else { unreachable!("only processes made here take it") };
        allocator::arm(first, once, says_where);
        let result = rest();
        let failed = allocator::disarm();
        // What is left is used once more, and dropped, as by somebody who goes on.
        let status = match (failed, result) {
            (false, Ok(again)) => {
                drop(again);
                WENT_WELL
            }
            (false, Err(error)) => {
                eprintln!("failed with memory enough: {error}");
                1
            }
            (true, result) if (work.outcome)(&result, once) => {
                drop(result);
                FAILED_WELL
            }
            (true, Ok(_)) => NOT_NOTICED,
            (true, Err(error)) => {
                eprintln!("no memory, but an error that is another: {error}");
                1
            }
        };
        // SAFETY: nothing is left to be done.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: the child was just made.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    if libc::WIFEXITED(status) { Ok(libc::WEXITSTATUS(status)) } else { Err(libc::WTERMSIG(status)) }
}

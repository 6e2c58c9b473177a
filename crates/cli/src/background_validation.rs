//! Runs a large module while other threads still validate it.
//!
//! Each function is validated before it runs, by the thread that reaches it first. Until all are valid, the guest has
//! no effects outside: each such call first waits in [`wait_validated`], and so does the end of the run. If the module
//! is invalid, it is refused as if it had never run.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use wasmote::{Config, Error, Module};
use wasmote_rt::{end, processors, run_on_threads, spawn, wait_for_end};

use crate::failure::CliError;
use crate::load::BackgroundValidation;

/// The smallest binary that is validated by threads, in bytes. For smaller ones, threads cost more than they save.
const LARGE: usize = 1 << 20;
/// The maximum number of validating threads.
const THREADS: usize = 8;

/// The functions of this module, for `load`.
pub const BACKGROUND_VALIDATION: BackgroundValidation = BackgroundValidation { allow, threads, start, wait_validated };

/// Lets the engine validate this module with threads while loading it.
fn allow(config: &mut Config, wasm: &[u8]) {
    config.validation_threads(threads(wasm) + 1).run_on_threads(run_on_threads);
}

/// Returns how many threads validate this module, besides the one that runs it.
fn threads(wasm: &[u8]) -> usize {
    if wasm.len() < LARGE { 0 } else { processors().min(THREADS) - 1 }
}

/// Starts up to `threads` threads that validate the module. If it is invalid, they print the error and end the process.
/// If no thread can be started, validates the module here.
fn start(module: &Module, file: &[u8], threads: usize) -> Result<(), Error> {
    let spawn = |work: fn(&Module, &[u8])| {
        let (module, file) = (module.clone(), Vec::from(file));
        spawn(move || work(&module, &file))
    };
    let mut started = 0;
    // If the system refuses a thread, the ones started so far do all the work.
    while started < threads && spawn(|module, file| refuse(module.validate_functions(), module, file)) {
        started += 1;
    }
    if started == 0 { module.validate_functions() } else { Ok(()) }
}

/// Ends the process if the verdict is an error. Only the first thread that comes here prints it.
fn refuse(verdict: Result<(), Error>, module: &Module, file: &[u8]) {
    static REFUSED: AtomicBool = AtomicBool::new(false);
    if let Err(error) = verdict {
        if REFUSED.swap(true, Ordering::Relaxed) {
            wait_for_end();
        }
        let failure = CliError::of(file, module.bytes(), &error);
        failure.print();
        end(failure.status);
    }
}

/// Helps to validate a module that [`start`] was called for. Returns when the whole module is known to be valid;
/// otherwise ends the process.
fn wait_validated(module: &Module, file: &[u8]) {
    refuse(module.validate_functions(), module, file);
}

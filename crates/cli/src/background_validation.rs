//! Running a large module while other threads still prove it valid.
//!
//! Each function is proven before it runs, by whoever comes first. Until all are, the guest does nothing that could be
//! noticed: [`wait_validated`] is asked before, and at the end. If the module turns out not to be valid nothing has happened but that time
//! and memory were spent, and it is refused as if it had not been run.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use wasmote::{Config, Error, Module};
use wasmote_rt::{end, processors, run_on_threads, spawn, wait_for_end};

use crate::failure::CliError;
use crate::load::BackgroundValidation;

/// Bytes of a binary below which threads cost more than they save.
const LARGE: usize = 1 << 20;
/// The most threads that validate at once.
const THREADS: usize = 8;

/// All of it.
pub const BACKGROUND_VALIDATION: BackgroundValidation = BackgroundValidation { allow, threads, start, wait_validated };

/// Lets the engine validate this module with threads while it is loaded.
fn allow(config: &mut Config, wasm: &[u8]) {
    config.validation_threads(threads(wasm) + 1).run_on_threads(run_on_threads);
}

/// How many threads, besides the one that runs it, are to validate this module.
fn threads(wasm: &[u8]) -> usize {
    if wasm.len() < LARGE { 0 } else { processors().min(THREADS) - 1 }
}

/// Starts to validate a module by so many threads. If it is not valid they end the process, saying why.
fn start(module: &Module, file: &[u8], threads: usize) -> Result<(), Error> {
    let spawn = |work: fn(&Module, &[u8])| {
        let (module, file) = (module.clone(), Vec::from(file));
        spawn(move || work(&module, &file))
    };
    let mut started = 0;
    // Where no more threads can be had, there are fewer.
    while started < threads && spawn(|module, file| refuse(module.validate(), module, file)) {
        started += 1;
    }
    if started == 0 { module.validate() } else { Ok(()) }
}

/// Ends the process, unless another thread already does.
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

/// Takes part in validating a module that [`start`] was called for, and returns when it is known to be valid, or never.
fn wait_validated(module: &Module, file: &[u8]) {
    refuse(module.validate(), module, file);
}

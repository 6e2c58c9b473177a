//! Running a large module while other threads still prove it valid.
//!
//! Each function is proven before it runs, by whoever comes first. Until all are, the guest does nothing that could be
//! noticed: [`settled`] is asked before, and at the end. If the module turns out not to be valid nothing has happened but that time
//! and memory were spent, and it is refused as if it had not been run.

use alloc::vec::Vec;
use std::process;
use std::thread;

use wasmote::{Error, Module};

use crate::failure::Failure;

/// Bytes of a binary below which threads cost more than they save.
const LARGE: usize = 1 << 20;
/// The most threads that validate at once.
const THREADS: usize = 8;

/// How many threads, besides the one that runs it, are to validate this module.
pub fn threads(wasm: &[u8]) -> usize {
    if wasm.len() < LARGE {
        return 0;
    }
    thread::available_parallelism().map_or(0, |threads| threads.get().min(THREADS) - 1)
}

/// Starts to validate a module by so many threads. If it is not valid they end the process, saying why.
pub fn start(module: &Module, file: &[u8], threads: usize) -> Result<(), Error> {
    let spawn = |work: fn(&Module, &[u8])| {
        let (module, file) = (module.clone(), Vec::from(file));
        thread::Builder::new().spawn(move || work(&module, &file))
    };
    // One of them says what is wrong.
    if spawn(|module, file| refuse(module.validate(), module, file)).is_err() {
        return module.validate();
    }
    for _ in 1..threads {
        // Where no more threads can be had, there are fewer.
        let _ = spawn(|module, _| drop(module.validate()));
    }
    Ok(())
}

fn refuse(verdict: Result<(), Error>, module: &Module, file: &[u8]) {
    if let Err(error) = verdict {
        let failure = Failure::of(file, module.bytes(), &error);
        failure.print();
        process::exit(failure.status);
    }
}

/// Takes part in validating a module that [`start`] was called for, and returns when it is known to be valid, or never.
pub fn settled(module: &Module) {
    while module.validate().is_err() {
        // It is being said.
        thread::park();
    }
}

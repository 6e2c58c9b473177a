//! Validation of bodies by several threads at once: each depends on the outline alone.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::body::Buffers;
use crate::fault::{Fault, ValidateError};
use crate::features::Features;
use crate::validate::{validate, validate_outline};

/// Bytes of bodies that a thread takes at a time: enough that taking costs nothing, few enough that all end together.
const SHARE: usize = 1 << 17;
/// Bytes of a binary below which threads cost more than they save.
const WORTH_IT: usize = 1 << 20;

/// Proves a whole module valid, with up to this many threads if it is large. Of several mistakes in bodies it reports the
/// first.
pub fn validate_with_threads(wasm: &[u8], features: &Features, threads: usize) -> Result<(), ValidateError> {
    if threads < 2 || wasm.len() < WORTH_IT {
        return validate(wasm, features);
    }
    let bodies = validate_outline(wasm, features)?;
    let shares = bodies.shares(SHARE);
    let next = AtomicUsize::new(0);
    let first: Mutex<Option<Fault>> = Mutex::new(None);
    let work = || {
        let mut buffers = Buffers::default();
        while let Some(funcs) = shares.get(next.fetch_add(1, Ordering::Relaxed)) {
            for func in funcs.clone() {
                if let Err(error) = bodies.validate_reusing(wasm, func, &mut buffers) {
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|first| error.offset() < first.offset()) {
                        *first = Some(error);
                    }
                    // Whatever comes later in the binary does not matter any more; what comes earlier is somebody's already.
                    next.store(shares.len(), Ordering::Relaxed);
                    return;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(shares.len()) {
            // Where no thread can be had, the others do its work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |fault| Err(fault.into()))
}

//! Passes errors into wasm and out of it.

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime as runtime;

use crate::error::Error;

/// Stops wasm with a host function's error. An exception is thrown instead, so that wasm can catch it.
#[cold]
#[inline(never)]
pub(crate) fn stop(store: &mut runtime::Store, error: Error) -> TrapCode {
    #[cfg(feature = "gc")]
    if let Some(exception) = error.as_exception() {
        return crate::gc::exceptions::throw(store, exception).unwrap_or_else(|error| error.stop(store));
    }
    #[cfg(feature = "interrupt")]
    if let crate::error::ErrorKind::Interrupted = error.kind() {
        return TrapCode::Interrupt;
    }
    let suspends = error.is_suspension();
    match error.stop(store) {
        TrapCode::Host if suspends => TrapCode::Suspended,
        code => code,
    }
}

/// Turns what ended a call into this crate's error.
#[cold]
#[inline(never)]
pub(crate) fn failure(_store: &runtime::Store, error: runtime::Error) -> Error {
    let Some(failure) = error.into_failure() else { return OutOfMemory.into() };
    #[cfg(feature = "gc")]
    if let runtime::Fault::Exception { reference } = failure.fault {
        return crate::gc::exceptions::uncaught(_store, reference, runtime::Backtrace::of_failure(failure.backtrace));
    }
    Error::of_failure(*failure).unsuspended()
}

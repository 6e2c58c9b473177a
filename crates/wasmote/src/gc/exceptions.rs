//! Passes exceptions into wasm and out of it.

use alloc::vec::Vec;

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_runtime::{Backtrace, Store, slots};

use crate::backtrace::WasmBacktrace;
use crate::error::{Error, ErrorKind};
use crate::exception::Exception;
use crate::gc::exnref;
use crate::value::write_slots;

/// Throws an exception of a host function. The trap code that it returns makes wasm look for a handler.
pub(crate) fn throw(store: &mut Store, exception: &Exception) -> Result<TrapCode, Error> {
    let tag = exception.tag().number(store);
    let types = store.tag(tag).ty().params();
    let fit = types.len() == exception.values().len()
        && exception.values().iter().zip(types).all(|(value, &ty)| value.is_of(ty, store));
    if !fit {
        return Err(Error::new("a host function threw an exception whose values are not of its tag's types"));
    }
    let mut room: Vec<u64> = Vec::new();
    room.try_resize(slots(types), 0)?;
    write_slots(exception.values(), &mut room, store);
    Ok(store.throw(tag, &room))
}

/// Turns an exception that nothing caught into an error.
pub(crate) fn uncaught(store: &Store, reference: u32, backtrace: Backtrace) -> Error {
    match exnref::read(store, reference) {
        Ok(Some(mut exception)) => {
            exception.backtrace_mut().append(backtrace);
            exception.into()
        }
        Ok(None) => Error::of_parts(ErrorKind::TrapCode(TrapCode::Exception), WasmBacktrace(backtrace), None),
        Err(OutOfMemory) => OutOfMemory.into(),
    }
}

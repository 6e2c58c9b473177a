//! Calls without hooks.

use core::ptr::NonNull;

use wasmote_ir::TrapCode;

use super::CallHook;
use crate::store::Store;

/// The hook of a store: none.
#[derive(Default)]
pub(crate) struct CallHooks {}

/// Makes a call.
///
/// # Safety
/// None is needed here.
#[inline(always)]
pub(crate) unsafe fn around<R, E>(
    _: NonNull<Store>,
    _: [CallHook; 2],
    call: impl FnOnce() -> Result<R, E>,
    _: impl Fn(TrapCode) -> E,
) -> Result<R, E> {
    call()
}

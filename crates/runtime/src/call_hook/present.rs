//! Calls with hooks.

use alloc::boxed::Box;
use core::ptr::NonNull;

use wasmote_ir::TrapCode;

use super::CallHook;
use crate::hooks::without_unwinding;
use crate::owned::StoreMut;
use crate::store::Store;

/// The embedder's hook. It gets the store, keeps its error there, and returns the code.
type Hook = Box<dyn FnMut(NonNull<Store>, CallHook) -> Result<(), TrapCode> + Send + Sync>;

/// The hook of a store, if it has one. While it runs, the store has none.
#[derive(Default)]
pub(crate) struct CallHooks(Option<Hook>);

/// Makes a call, with the hook before it and after it. An error of the hook is an error of the call.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it.
#[inline(always)]
pub(crate) unsafe fn around<R, E>(
    root: NonNull<Store>,
    [before, after]: [CallHook; 2],
    call: impl FnOnce() -> Result<R, E>,
    failed: impl Fn(TrapCode) -> E,
) -> Result<R, E> {
    // SAFETY: the caller borrows the store mutably, and this reference ends at once.
    if unsafe { root.as_ref() }.call_hooks.0.is_none() {
        return call();
    }
    // SAFETY: the caller guarantees the same.
    unsafe {
        run(root, before).map_err(&failed)?;
        let outcome = call();
        run(root, after).map_err(failed)?;
        outcome
    }
}

/// Runs the hook.
///
/// # Safety
/// As for [`around`].
#[cold]
#[inline(never)]
unsafe fn run(mut root: NonNull<Store>, at: CallHook) -> Result<(), TrapCode> {
    // SAFETY: the caller borrows the store mutably. Each reference ends before the hook runs.
    unsafe {
        let Some(mut hook) = root.as_mut().call_hooks.0.take() else { return Ok(()) };
        let outcome = without_unwinding(root, || hook(root, at));
        // The hook may have set another.
        root.as_mut().call_hooks.0.get_or_insert(hook);
        outcome
    }
}

impl<T> StoreMut<'_, T> {
    /// Sets what is called when calls pass between the host and wasm. It keeps its error in the store and returns the
    /// code.
    pub fn set_call_hook(
        &mut self,
        mut hook: impl FnMut(StoreMut<'_, T>, CallHook) -> Result<(), TrapCode> + Send + Sync + 'static,
    ) {
        self.store().call_hooks.0 = Some(Box::new(move |root, at| {
            // SAFETY: the store calls this while it is mutably borrowed and no reference to it exists. It is this store,
            // so its data is a `T`.
            hook(unsafe { StoreMut::new(root) }, at)
        }));
    }
}

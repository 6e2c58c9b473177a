//! Stands in for the module `samples` in a build without the feature `profile`: nothing is sampled.

use core::ptr::NonNull;

use wasmote_exec as exec;

use crate::store::Store;

/// What a store knows of its samples: nothing.
#[derive(Default)]
pub(crate) struct Samples;

/// Does nothing.
///
/// # Safety
/// None is needed.
#[cfg(feature = "interrupt")]
#[inline(always)]
pub(crate) unsafe fn sample_stopped(_root: NonNull<Store>, _activation: &exec::Activation) {}

#[cfg(feature = "replay")]
impl Store {
    /// Sets the hook for host calls.
    pub(crate) fn set_host_hook(
        &mut self,
        hook: unsafe fn(
            *mut exec::Machine,
            *mut exec::Func,
            *mut exec::Instance,
            args: *mut u64,
        ) -> Result<(), wasmote_ir::TrapCode>,
    ) {
        self.machine.hooks.host = hook;
    }
}

//! Stands in for the module `samples` in a build without the feature `profile`: nothing is sampled.

#[cfg(feature = "interrupt")]
use wasmote_exec as exec;

/// What a store knows of its samples: nothing.
#[derive(Default)]
pub(crate) struct Samples(());

/// Does nothing.
///
/// # Safety
/// None is needed.
#[cfg(feature = "interrupt")]
#[inline(always)]
pub(crate) unsafe fn sample_stopped(_: *mut Samples, _: *mut exec::Machine, _: &exec::Activation) {}

/// Calls the callback.
///
/// # Safety
/// None is needed.
#[cfg(feature = "interrupt")]
#[inline(always)]
pub(crate) unsafe fn inside_stopped<R>(_: *mut Samples, _: *const exec::Activation, callback: impl FnOnce() -> R) -> R {
    callback()
}

#[cfg(feature = "replay")]
impl crate::store::Store {
    /// Sets the hook for host calls.
    pub(crate) fn set_host_hook(
        &mut self,
        hook: unsafe fn(
            *mut wasmote_exec::Machine,
            *mut wasmote_exec::Func,
            *mut wasmote_exec::Instance,
            args: *mut u64,
        ) -> Result<(), wasmote_ir::TrapCode>,
    ) {
        self.machine.hooks.host = hook;
    }
}

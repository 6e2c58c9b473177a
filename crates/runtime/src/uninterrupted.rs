//! Stands in for the module `interrupt` in a build without that feature: nothing interrupts code.

use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::engine::Settings;
use crate::store::Store;

/// What a store knows of its interruptions: nothing.
#[derive(Default)]
pub(crate) struct Interrupts(());

/// Interrupts a store: there is none.
#[cfg(shared_memory)]
pub(crate) enum Handle {}

#[cfg(shared_memory)]
impl Handle {
    pub(crate) fn wakes(&self, _: &crate::shared_memory::sleep::Parked) -> core::convert::Infallible {
        match *self {}
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        match *self {}
    }
}

#[cfg(shared_memory)]
impl Interrupts {
    /// Returns a handle, if anybody can interrupt the store: nobody can.
    pub(crate) fn handle(&self) -> Option<Handle> {
        None
    }
}

/// What happens with an interrupted call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code)] // Nothing makes the first two.
pub(crate) enum Next {
    /// It continues.
    Resume,
    /// It continues, but others may run first.
    Yield,
    /// It ends.
    Stop,
}

/// Returns the linker as it is.
pub(crate) fn configure(linker: exec::CodeLinker, _settings: &Settings) -> exec::CodeLinker {
    linker
}

/// Never runs, since nothing interrupts code.
///
/// # Safety
/// None is needed.
pub(crate) unsafe fn next(_root: NonNull<Store>, _stopped: &mut exec::Activation) -> Result<Next, TrapCode> {
    Ok(Next::Stop)
}

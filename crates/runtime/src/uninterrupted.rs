//! Stands in for the module `interrupt` in a build without that feature: nothing interrupts code.

use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::engine::Settings;
use crate::store::Store;

/// What a store knows of its interruptions: nothing.
#[derive(Default)]
pub(crate) struct Interrupts;

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

//! Activations of code executed in place. Functions are those of the image, and the one instance has the value stack
//! for itself.

use wasmote_ir::TrapCode;
use wasmote_ir::image::FuncRecord;

use super::InPlace;
use crate::activation::{Activation, StackRange};
use crate::dispatch::Regs;
use crate::mode::Mode;
use crate::state::Instance;

/// A host function that the instance imports.
#[derive(Clone, Copy)]
pub struct HostFunc {
    /// Its index among all functions.
    pub(super) index: u32,
    /// The number of slots of its arguments, or of its results if there are more.
    pub(super) slots: u16,
}

impl Activation<InPlace> {
    /// Returns an activation without a frame and with nothing to run.
    pub(crate) fn none(stack: *mut u64, instance: *mut Instance<InPlace>) -> Activation<InPlace> {
        let regs = Regs::new(InPlace::exit_cell(), stack, core::ptr::null_mut(), instance);
        Activation::at(StackRange { base: stack, end: stack }, 0, regs)
    }

    /// Starts a call of the function with this index, whose record is `func`. The arguments are in slots.
    ///
    /// # Errors
    /// [`TrapCode::StackOverflow`] if there is no room for the frame.
    ///
    /// # Safety
    /// The instance is live and has this function. `args` has as many slots as its parameters.
    pub(crate) unsafe fn start(
        instance: *mut Instance<InPlace>,
        index: u32,
        func: FuncRecord,
        args: &[u64],
    ) -> Result<Activation<InPlace>, TrapCode> {
        // SAFETY: the caller guarantees the instance and its function. `StackRange::of` checked that the frame fits, and
        // the frame holds the parameters and the header. The image verifier checks that the function's code begins in
        // the image.
        unsafe {
            let slots = usize::from(func.frame_slots);
            let Some(room) = StackRange::of((*instance).machine, slots) else { return Err(TrapCode::StackOverflow) };
            Activation::<InPlace>::write_frame(&room, args, func.header.into());
            let imported = index < (*instance).imported_funcs;
            // An imported function has no code.
            let ip = if imported { InPlace::exit_cell() } else { (*instance).funcs.code.add(2 * func.code as usize) };
            let regs = Regs::new(ip, room.base, core::ptr::null_mut(), instance);
            let mut started = Activation::at(room, slots, regs);
            started.host = imported.then_some(HostFunc { index, slots: func.header });
            Ok(started)
        }
    }

    /// Returns the instruction at which the activation stopped.
    pub(crate) fn ip(&self) -> *const u8 {
        self.site.regs.ip
    }
}

//! Activations of code that is executed where it lies: functions are an image's, and there is one instance, whose value stack they
//! have for themselves.

use wasmote_ir::TrapCode;
use wasmote_ir::image::FuncRecord;

use super::InPlace;
use crate::activation::{Activation, Room};
use crate::dispatch::Regs;
use crate::mode::Mode;
use crate::state::Instance;

/// A function of the host, which the instance imports.
#[derive(Clone, Copy)]
pub struct HostFunc {
    /// Its index.
    pub(super) index: u32,
    /// The slots of its arguments, or of its results if those are more.
    pub(super) slots: u16,
}

impl Activation<InPlace> {
    /// No call: it has no frame, and nothing to run.
    pub(crate) fn none(stack: *mut u64, instance: *mut Instance<InPlace>) -> Activation<InPlace> {
        let regs = Regs::new(InPlace::leave_run(), stack, core::ptr::null_mut(), instance);
        Activation::at(Room { base: stack, end: stack }, 0, regs)
    }

    /// Starts a call of a function of this instance, by its index, whose record is given, with these arguments, in slots.
    ///
    /// # Errors
    /// [`TrapCode::StackOverflow`] when there is no room for its frame.
    ///
    /// # Safety
    /// The instance has the function; `args` are as many as its type says.
    pub(crate) unsafe fn start(
        instance: *mut Instance<InPlace>,
        index: u32,
        func: FuncRecord,
        args: &[u64],
    ) -> Result<Activation<InPlace>, TrapCode> {
        // SAFETY: the caller's promise.
        unsafe {
            let slots = usize::from(func.frame_slots);
            let Some(room) = Room::of((*instance).machine, slots) else { return Err(TrapCode::StackOverflow) };
            Activation::<InPlace>::write_frame(&room, args, func.header.into());
            let imported = index < (*instance).imported_funcs;
            // An imported one has no code.
            let ip = if imported { InPlace::leave_run() } else { (*instance).funcs.code.add(2 * func.code as usize) };
            let regs = Regs::new(ip, room.base, core::ptr::null_mut(), instance);
            let mut started = Activation::at(room, slots, regs);
            started.host = imported.then_some(HostFunc { index, slots: func.header });
            Ok(started)
        }
    }

    /// The instruction at which it stopped.
    pub(crate) fn ip(&self) -> *const u8 {
        self.site.regs.ip
    }
}

//! Each instruction as it runs, shown to whoever looks for a mistake (feature `trace`).
//!
//! The loop that runs handlers calls a hook of the machine before and after each, if there is one. So builds with this feature have the loop, as
//! those have that count; and what it shows is the same as what runs by tail calls, since handlers are. A superinstruction is one handler, and shown
//! once. Without the feature there is no trace of it in handlers or in the loop.

use crate::dispatch::Regs;
#[cfg(feature = "alloc")]
use crate::linked::Linked;
use crate::mode::{Mode, Register};
use crate::state::{Instance, Machine};

/// Sees an instruction of this machine; called before it runs, and after it.
pub type Hook<M> = unsafe fn(*mut Machine<M>, &Step<'_, M>);

/// An instruction that runs.
pub struct Step<'a, M: Mode> {
    /// Where it begins in code: in linked code its cell, in place its opcode. What leads into wasm and out of it is shown, too, and is not in
    /// the code of any function.
    pub place: *const u8,
    /// Its instance.
    pub instance: *mut Instance<M>,
    /// Whether it has run.
    pub when: When,
    /// One past the last slot of the value stack.
    end: *mut u64,
    /// Its frame.
    frame: *mut u64,
    /// The registers as they are now; none behind an instruction that ended the run.
    registers: Option<&'a Regs<M>>,
}

/// When an instruction is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Before it runs.
    Before,
    /// After it ran, and others follow.
    After,
    /// After it ended the run: it returned to the host, or trapped.
    Ended,
}

impl<M: Mode> Step<'_, M> {
    /// The slot of the instruction's frame with this number; 0 if the value stack has none such.
    pub fn slot(&self, slot: u32) -> u64 {
        let place = self.frame.wrapping_add(slot as usize);
        // SAFETY: the frame lies in the value stack, of which all slots can be read.
        if place >= self.frame && place < self.end { unsafe { place.read() } } else { 0 }
    }

    /// The vector accumulator, its lower half first; 0, as with all of them, where there is none.
    pub fn vector(&self) -> [u64; 2] {
        self.registers.map_or([0; 2], |r| r.vector.value().halves())
    }

    /// The integer accumulator.
    pub fn integer(&self) -> u64 {
        self.registers.map_or(0, |r| r.acc.value())
    }

    /// The f32 accumulator, as bits.
    pub fn f32(&self) -> u32 {
        self.registers.map_or(0, |r| Register::<f32>::value(r.f32).to_bits())
    }

    /// The f64 accumulator, as bits.
    pub fn f64(&self) -> u64 {
        self.registers.map_or(0, |r| Register::<f64>::value(r.f64).to_bits())
    }
}

/// The function that has the instruction, imports counted, and where in its linked code it is, in bytes. Nothing if it leads into wasm or out of it.
///
/// # Safety
/// A hook of this machine was given the step, and has not returned.
#[cfg(feature = "alloc")]
pub unsafe fn site(machine: *mut Machine<Linked>, step: &Step<'_, Linked>) -> Option<(u32, u32)> {
    // SAFETY: the caller's promise; what is found was linked.
    unsafe {
        let code = ((*machine).hooks.locate)(machine, step.instance, step.place.cast());
        if code.is_null() {
            return None;
        }
        let description = crate::linked::cells::describe(code);
        let byte = step.place.addr().wrapping_sub(code.addr());
        (byte < description.bytes as usize).then_some((description.func, byte as u32))
    }
}

/// Shows the instruction that is about to run.
///
/// # Safety
/// The machine, and registers of code that runs on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn before<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>) {
    // SAFETY: the caller's promise.
    unsafe { show(machine, r, Some(r), When::Before) };
}

/// Shows the instruction that ran with the registers `before`, and those that it left, unless it ended the run.
///
/// # Safety
/// The machine, and registers of code that ran on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after<M: Mode>(machine: *mut Machine<M>, before: &Regs<M>, next: Option<&Regs<M>>) {
    let when = if next.is_some() { When::After } else { When::Ended };
    // SAFETY: the caller's promise.
    unsafe { show(machine, before, next, when) };
}

unsafe fn show<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>, registers: Option<&Regs<M>>, when: When) {
    // SAFETY: the caller's promise: the machine is not used by anybody else while its code runs.
    unsafe {
        let Some(hook) = (*machine).trace else { return };
        let end = (*machine).stack_end;
        hook(machine, &Step { place: r.ip, instance: r.cx, when, end, frame: r.fp, registers });
    }
}

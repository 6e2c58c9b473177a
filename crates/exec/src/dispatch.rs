//! How one instruction reaches the next.
//!
//! A handler gets the machine's registers as arguments, does its work, and calls the next handler in tail
//! position with the registers as they are now; optimising compilers make a jump of that, so that a run
//! of instructions is a chain of jumps. All handlers are instances of two generic functions: [`hot`], which must come
//! out without a stack frame (`cargo xtask tailcheck` looks), and [`cold`], for instructions whose work is
//! large or calls elsewhere. Where the compiler makes no tail calls, handlers save the registers and return
//! to a loop instead.
//!
//! What an instruction does is an implementation of [`Instr`] on [`Regs`], the registers as a struct that exists
//! at compile time only: once `run` is inlined, nothing of it is in memory.

use wasmote_ir::TrapCode;

use crate::cells::Cell;
use crate::handlers::control::{Across, ReplaceAcross};
use crate::state::{Instance, Machine, TrapSite};

/// The machine's registers.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Regs {
    /// The instruction: its handler's address, then its operands.
    pub ip: *const u8,
    /// Slot 0 of the frame.
    pub fp: *mut u64,
    /// First byte of memory 0; its length lies in front.
    pub mem: *mut u8,
    /// The instance.
    pub cx: *mut Instance,
    /// The integer accumulator; at the entry of a function, its record.
    pub acc: u64,
    /// Kept for a local of the function.
    pub spare: u64,
    /// The f32 accumulator.
    pub f32: f32,
    /// The f64 accumulator.
    pub f64: f64,
}

/// How an instruction ends.
pub enum Flow {
    /// Go on at `ip`.
    Next,
    /// Stop with a trap; `ip` is still this instruction.
    Trap(TrapCode),
    /// Go on with a call into another instance, by [`Across`].
    Across,
    /// Go on with a tail call into another instance, by [`ReplaceAcross`].
    ReplaceAcross,
    /// Give control back to the host.
    Exit,
}

/// What one instruction does.
pub trait Instr {
    /// Does it, and moves `ip` on.
    ///
    /// # Safety
    /// `r` belongs to a running function whose code was linked from IR that is verified, or that the translator
    /// made from a valid body; `ip` is at an instruction of this kind.
    unsafe fn run(r: &mut Regs) -> Flow;
}

/// What a handler returns: why the chain of tail calls ended.
pub type Exit = usize;
const DONE: Exit = 0;
const TRAPPED: Exit = 1;
#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
const CONTINUE: Exit = 2;

/// A handler. The parameters are those of [`Regs`], in order.
pub type Handler = unsafe extern "C" fn(*const u8, *mut u64, *mut u8, *mut Instance, u64, u64, f32, f64) -> Exit;

/// Ends a handler as `flow` says.
#[inline(always)]
unsafe fn end(r: Regs, flow: Flow) -> Exit {
    match flow {
        // SAFETY: `ip` is at an instruction, as `run` left it, and so at a handler's address.
        Flow::Next => unsafe { go_on(r) },
        // SAFETY: the registers are those of a running function.
        Flow::Trap(code) => unsafe { trap(r.ip, r.fp, r.mem, r.cx, code as u64, r.spare, r.f32, r.f64) },
        // SAFETY: as above.
        Flow::Across => unsafe { cold::<Across>(r.ip, r.fp, r.mem, r.cx, r.acc, r.spare, r.f32, r.f64) },
        // SAFETY: as above.
        Flow::ReplaceAcross => unsafe { cold::<ReplaceAcross>(r.ip, r.fp, r.mem, r.cx, r.acc, r.spare, r.f32, r.f64) },
        Flow::Exit => DONE,
    }
}

#[cfg(all(tail_dispatch, not(debug_assertions)))]
#[inline(always)]
unsafe fn go_on(r: Regs) -> Exit {
    // SAFETY: the first word of each linked instruction is its handler.
    unsafe {
        let next = r.ip.cast::<Handler>().read();
        next(r.ip, r.fp, r.mem, r.cx, r.acc, r.spare, r.f32, r.f64)
    }
}

#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
#[inline(always)]
unsafe fn go_on(r: Regs) -> Exit {
    // SAFETY: an instance's machine outlives it.
    unsafe { (*(*r.cx).machine).registers = Saved(Some(r)) };
    CONTINUE
}

/// The handler of an instruction that is done in registers alone.
///
/// # Safety
/// As [`Instr::run`].
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn hot<I: Instr>(
    ip: *const u8,
    fp: *mut u64,
    mem: *mut u8,
    cx: *mut Instance,
    acc: u64,
    spare: u64,
    f32: f32,
    f64: f64,
) -> Exit {
    let mut r = Regs { ip, fp, mem, cx, acc, spare, f32, f64 };
    // SAFETY: the caller's promise.
    unsafe {
        let flow = I::run(&mut r);
        end(r, flow)
    }
}

/// The handler of an instruction that needs a stack frame of its own.
///
/// # Safety
/// As [`Instr::run`].
#[inline(never)]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn cold<I: Instr>(
    ip: *const u8,
    fp: *mut u64,
    mem: *mut u8,
    cx: *mut Instance,
    acc: u64,
    spare: u64,
    f32: f32,
    f64: f64,
) -> Exit {
    let mut r = Regs { ip, fp, mem, cx, acc, spare, f32, f64 };
    // SAFETY: the caller's promise.
    unsafe {
        let flow = I::run(&mut r);
        end(r, flow)
    }
}

/// Where every trap ends: notes the site. The code comes in place of the accumulator.
#[cold]
#[inline(never)]
#[allow(clippy::too_many_arguments)]
unsafe extern "C" fn trap(
    ip: *const u8,
    fp: *mut u64,
    _mem: *mut u8,
    cx: *mut Instance,
    code: u64,
    _spare: u64,
    _f32: f32,
    _f64: f64,
) -> Exit {
    // SAFETY: `end` passes a `TrapCode` as its number.
    let code = unsafe { core::mem::transmute::<u8, TrapCode>(code as u8) };
    // SAFETY: an instance's machine outlives it.
    unsafe { (*(*cx).machine).trap = TrapSite { code, ip: ip.cast::<Cell>(), fp, instance: cx } };
    // A constant known to callers would have them return it themselves, after a call that is none in tail position.
    core::hint::black_box(TRAPPED)
}

/// Registers between two handlers.
#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
#[derive(Clone, Copy, Default)]
pub struct Saved(Option<Regs>);

/// Runs from `r` until the outermost function returns (`true`) or traps (`false`).
///
/// # Safety
/// As [`Instr::run`], and the frame's header leads to the exit cell.
pub unsafe fn run(machine: *mut Machine, r: Regs) -> bool {
    let _ = machine;
    // SAFETY: the caller's promise.
    #[cfg(all(tail_dispatch, not(debug_assertions)))]
    unsafe {
        go_on(r) == DONE
    }
    // SAFETY: the caller's promise; handlers that return `CONTINUE` have saved the registers.
    #[cfg(not(all(tail_dispatch, not(debug_assertions))))]
    unsafe {
        let mut r = r;
        loop {
            let handler = r.ip.cast::<Handler>().read();
            match handler(r.ip, r.fp, r.mem, r.cx, r.acc, r.spare, r.f32, r.f64) {
                CONTINUE => match (*machine).registers.0 {
                    Some(next) => r = next,
                    None => return false,
                },
                end => return end == DONE,
            }
        }
    }
}

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

use core::ptr;

use wasmote_ir::TrapCode;

use crate::activation::Site;
use crate::mode::{F32, F64, Mode, Register};
use crate::operand::{Value, Vector};
use crate::state::{Instance, Machine};

/// Defines the registers, the type of handlers, and the functions that have it, all from one list.
macro_rules! registers {
    ($( $(#[$doc:meta])* $name:ident: $ty:ty, )*) => {
        /// The machine's registers.
        #[repr(C)]
        pub struct Regs<M: Mode> {
            $( $(#[$doc])* pub $name: $ty, )*
        }

        /// A handler. The parameters are those of [`Regs`], in order.
        // A vector's type is the machine's own, which is passed in a register; nothing but Rust is called.
        #[allow(improper_ctypes_definitions)]
        pub type Handler<M> = unsafe extern "C" fn($($ty),*) -> Exit;

        /// Calls a handler with the registers as they are.
        #[inline(always)]
        unsafe fn enter<M: Mode>(handler: Handler<M>, r: Regs<M>) -> Exit {
            let r = Regs { spare: SPARE, ..r };
            // SAFETY: the caller's promise.
            unsafe { handler($(r.$name),*) }
        }

        /// The handler of an instruction that is done in registers alone.
        ///
        /// # Safety
        /// As [`Instr::run`].
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn hot<M: Mode, I: Instr<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller's promise.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// As [`hot`], where the machine has the vector instructions up to SSE4.2.
        ///
        /// # Safety
        /// As [`Instr::run`], and the machine has them.
        #[cfg(all(feature = "simd", target_arch = "x86_64"))]
        #[target_feature(enable = "ssse3,sse4.1,sse4.2,popcnt")]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn hot_sse4<M: Mode, I: Instr<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller's promise.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// The handler of an instruction that needs a stack frame of its own.
        ///
        /// # Safety
        /// As [`Instr::run`].
        #[inline(never)]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn cold<M: Mode, I: Instr<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller's promise.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// Where every trap ends: notes the site. The code comes in place of the memory.
        #[cold]
        #[inline(never)]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        unsafe extern "C" fn trap<M: Mode>($($name: $ty),*) -> Exit {
            let r = Regs { $($name),* };
            // SAFETY: `end` passes a `TrapCode` as its number.
            let code = unsafe { core::mem::transmute::<u8, TrapCode>(r.mem.addr() as u8) };
            // SAFETY: an instance's machine outlives it.
            unsafe { Site::note((*(*r.cx).machine).running, code, r.ip, r.fp, r.cx) };
            // A constant known to callers would have them return it themselves, after a call that is none in tail position.
            core::hint::black_box(TRAPPED)
        }
    };
}

registers! {
    /// The instruction: where its handler is named, then its operands.
    ip: *const u8,
    /// Slot 0 of the frame.
    fp: *mut u64,
    /// First byte of memory 0; its length lies in front.
    mem: *mut u8,
    /// Nothing.
    spare: Spare,
    /// The instance.
    cx: *mut Instance<M>,
    /// The integer accumulator; in linked code, where a function begins that has no code of its own, its record.
    acc: <M as Mode>::Accumulator,
    /// The f32 accumulator.
    f32: F32,
    /// The f64 accumulator.
    f64: F64,
    /// The vector accumulator.
    vector: <M as Mode>::Vector,
}

/// The fourth argument on x86-64 comes in `rcx`, where alone a number of bits to shift by can be: with a register in it that lives on, each shift
/// would move that away and back. So nothing is passed there.
#[cfg(target_arch = "x86_64")]
mod spare {
    pub type Spare = core::mem::MaybeUninit<u64>;
    pub const SPARE: Spare = Spare::uninit();
}
/// Elsewhere there is no such argument.
#[cfg(not(target_arch = "x86_64"))]
mod spare {
    pub type Spare = crate::mode::Absent;
    pub const SPARE: Spare = crate::mode::Absent;
}
use spare::{SPARE, Spare};

impl<M: Mode> Clone for Regs<M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Mode> Copy for Regs<M> {}

impl<M: Mode> Regs<M> {
    /// The registers where a function begins, with nothing in the accumulators.
    #[inline(always)]
    pub fn new(ip: *const u8, fp: *mut u64, mem: *mut u8, cx: *mut Instance<M>) -> Regs<M> {
        Regs {
            ip,
            fp,
            mem,
            spare: SPARE,
            cx,
            acc: M::Accumulator::of(0),
            f32: F32::of(0.0),
            f64: F64::of(0.0),
            vector: M::Vector::of(Vector::ZERO),
        }
    }

    /// Leaves a value in the integer accumulator, where there is one.
    #[inline(always)]
    pub fn accumulate(&mut self, value: u64) {
        if cfg!(feature = "extended") {
            self.hold(value);
        }
    }

    /// The number in the integer accumulator.
    #[inline(always)]
    pub fn accumulated(&self) -> u64 {
        self.held()
    }

    /// Leaves what a function of the host returned, in the slots that begin here, in the accumulators.
    ///
    /// # Safety
    /// There are two slots.
    #[inline(always)]
    pub(crate) unsafe fn accumulate_results(&mut self, slots: *const u64) {
        if cfg!(feature = "extended") {
            // SAFETY: the caller's promise.
            unsafe {
                let first = slots.read();
                self.accumulate(first);
                f32::from_bits(first as u32).accumulate(self);
                f64::from_bits(first).accumulate(self);
                Vector::read(slots).accumulate(self);
            }
        }
    }

    /// Keeps a number in the integer accumulator, of a handler that has too few registers otherwise.
    #[inline(always)]
    pub fn hold(&mut self, value: u64) {
        self.acc = M::Accumulator::of(value);
    }

    /// The number that [`Regs::hold`] kept.
    #[inline(always)]
    pub fn held(&self) -> u64 {
        self.acc.value()
    }
}

/// The handler of what is [`hot`] where code need not be small, else [`cold`].
pub const fn call<M: Mode, I: Instr<M>>() -> Handler<M> {
    if M::SMALL { cold::<M, I> } else { hot::<M, I> }
}

/// How an instruction ends.
pub enum Flow<M: Mode> {
    /// Go on at `ip`, which is the instruction behind this one.
    Next,
    /// Go on at `ip`, which is somewhere else.
    Jump,
    /// Stop with a trap; `ip` is still this instruction.
    Trap(TrapCode),
    /// Have this do all of the instruction instead, or the rest of it: the way of handlers to do without a stack frame what is rare.
    Instead(Handler<M>),
    /// Give control back to the host.
    Exit,
}

/// What one instruction does, in code of this mode. Always inlined, with all that gets a reference to the registers: a handler that gives their
/// address to something else ends in no tail call, and so uses up the native stack.
pub trait Instr<M: Mode> {
    /// Whether what it leaves in the integer accumulator, if it goes on behind itself, surely has 32 bits: the compiler need not be made to
    /// clear the upper half for whoever is in the same handler.
    const NARROW: bool = false;

    /// Does it, and moves `ip` on.
    ///
    /// # Safety
    /// `r` belongs to a running function whose code is verified, or was made by the translator
    /// from a valid body; `ip` is at an instruction of this kind.
    unsafe fn run(r: &mut Regs<M>) -> Flow<M>;
}

/// What a handler returns: why execution ended, or in a loop how it goes on, which may be an instruction. Addresses of instructions are
/// even.
pub type Exit = *const u8;
const DONE: Exit = ptr::without_provenance(1);
pub(crate) const TRAPPED: Exit = ptr::without_provenance(3);

/// Ends a handler as `flow` says.
#[inline(always)]
unsafe fn end<M: Mode>(before: Regs<M>, r: Regs<M>, flow: Flow<M>) -> Exit {
    match flow {
        // SAFETY: `ip` is at an instruction, as `run` left it.
        Flow::Next | Flow::Jump => unsafe { M::Way::go_on(before, r) },
        // SAFETY: the registers are those of a running function.
        Flow::Trap(code) => unsafe { enter(trap, Regs { mem: ptr::without_provenance_mut(code as usize), ..r }) },
        // SAFETY: as above.
        Flow::Instead(handler) => unsafe { enter(handler, r) },
        Flow::Exit => DONE,
    }
}

/// Runs from `r` until the outermost function returns (`true`) or traps (`false`).
///
/// # Safety
/// As [`Instr::run`], and the frame's header leads to the exit cell.
pub(crate) unsafe fn run<M: Mode>(machine: *mut Machine<M>, r: Regs<M>) -> bool {
    // SAFETY: the caller's promise; handlers own nothing.
    unsafe { M::run(machine, &r, M::Way::chain) == DONE }
}

/// How one handler gets to the next.
pub trait Way<M: Mode> {
    /// What is kept in the machine between two handlers.
    type Saved: Copy;
    /// Nothing.
    const NOTHING: Self::Saved;

    /// Goes on at `ip`. `before` are the registers that the handler got.
    ///
    /// # Safety
    /// `ip` is at an instruction.
    unsafe fn go_on(before: Regs<M>, r: Regs<M>) -> Exit;

    /// Runs from `r` until the outermost function returns or traps.
    ///
    /// # Safety
    /// As [`run`].
    unsafe extern "C" fn chain(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit;
}

#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
pub mod looping;
#[cfg(all(tail_dispatch, not(debug_assertions)))]
pub mod tail;

#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
pub use looping as ways;
#[cfg(all(tail_dispatch, not(debug_assertions)))]
pub use tail as ways;

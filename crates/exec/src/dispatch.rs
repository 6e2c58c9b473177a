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

use crate::cells::Cell;
#[cfg(feature = "alloc")]
use crate::handlers::calls::{Across, ReplaceAcross};
#[cfg(feature = "alloc")]
use crate::state::Func;
use crate::state::{Instance, Machine, TrapSite};
#[cfg(feature = "simd")]
use crate::vector::Vector;

/// Defines the registers, the type of handlers, and the functions that have it, all from one list.
macro_rules! registers {
    ($( $(#[$doc:meta])* $name:ident: $ty:ty, )*) => {
        /// The machine's registers.
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct Regs {
            $( $(#[$doc])* pub $name: $ty, )*
        }

        /// A handler. The parameters are those of [`Regs`], in order.
        // A vector's type is the machine's own, which is passed in a register; nothing but Rust is called.
        #[allow(improper_ctypes_definitions)]
        pub type Handler = unsafe extern "C" fn($($ty),*) -> Exit;

        /// Calls a handler with the registers as they are.
        #[inline(always)]
        unsafe fn enter(handler: Handler, r: Regs) -> Exit {
            let r = r.without_spare();
            // SAFETY: the caller's promise.
            unsafe { handler($(r.$name),*) }
        }

        /// The handler of an instruction that is done in registers alone.
        ///
        /// # Safety
        /// As [`Instr::run`].
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn hot<I: Instr>($($name: $ty),*) -> Exit {
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
        pub unsafe extern "C" fn hot_sse4<I: Instr>($($name: $ty),*) -> Exit {
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
        pub unsafe extern "C" fn cold<I: Instr>($($name: $ty),*) -> Exit {
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
        unsafe extern "C" fn trap($($name: $ty),*) -> Exit {
            let r = Regs { $($name),* };
            // SAFETY: `end` passes a `TrapCode` as its number.
            let code = unsafe { core::mem::transmute::<u8, TrapCode>(r.mem.addr() as u8) };
            // SAFETY: an instance's machine outlives it.
            unsafe { (*(*r.cx).machine).trap = TrapSite { code, ip: r.ip.cast::<Cell>(), fp: r.fp, instance: r.cx } };
            // A constant known to callers would have them return it themselves, after a call that is none in tail position.
            core::hint::black_box(TRAPPED)
        }
    };
}

/// The registers that every build has, and the accumulators given.
macro_rules! with_accumulators {
    ($($accumulators:tt)*) => {
        with_spare! {
            {
                /// The instruction: where its handler is named, then its operands.
                ip: *const u8,
                /// Slot 0 of the frame.
                fp: *mut u64,
                /// First byte of memory 0; its length lies in front.
                mem: *mut u8,
            }
            {
                /// The instance.
                cx: *mut Instance,
                $($accumulators)*
            }
        }
    };
}

/// The fourth argument on x86-64 comes in `rcx`, where alone a number of bits to shift by can be: with a register in it that lives on, each shift
/// would move that away and back. So nothing is passed there.
#[cfg(target_arch = "x86_64")]
macro_rules! with_spare {
    ({$($before:tt)*} {$($after:tt)*}) => {
        registers! {
            $($before)*
            /// Nothing.
            spare: core::mem::MaybeUninit<u64>,
            $($after)*
        }
    };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! with_spare {
    ({$($before:tt)*} {$($after:tt)*}) => {
        registers! { $($before)* $($after)* }
    };
}

/// The registers of what links code, or has accumulators; and those given.
#[cfg(any(feature = "alloc", feature = "extended"))]
macro_rules! with_integer {
    ($($more:tt)*) => {
        with_accumulators! {
            /// The integer accumulator; where a function begins that has no code of its own, its record.
            acc: Accumulator,
            $($more)*
        }
    };
}

/// The scalar accumulators, and those given.
#[cfg(feature = "extended")]
macro_rules! with_scalars {
    ($($more:tt)*) => {
        with_integer! {
            /// The f32 accumulator.
            f32: f32,
            /// The f64 accumulator.
            f64: f64,
            $($more)*
        }
    };
}

#[cfg(not(any(feature = "alloc", feature = "extended")))]
with_accumulators! {}
#[cfg(all(feature = "alloc", not(feature = "extended")))]
with_integer! {}
#[cfg(all(feature = "extended", not(feature = "simd")))]
with_scalars! {}
#[cfg(feature = "simd")]
with_scalars! {
    /// The vector accumulator.
    vector: Vector,
}

impl Regs {
    /// The registers where a function begins, with nothing in the accumulators.
    #[inline(always)]
    pub fn new(ip: *const u8, fp: *mut u64, mem: *mut u8, cx: *mut Instance) -> Regs {
        Regs {
            ip,
            fp,
            mem,
            #[cfg(target_arch = "x86_64")]
            spare: core::mem::MaybeUninit::uninit(),
            cx,
            #[cfg(any(feature = "alloc", feature = "extended"))]
            acc: Accumulator::new(0),
            #[cfg(feature = "extended")]
            f32: 0.0,
            #[cfg(feature = "extended")]
            f64: 0.0,
            #[cfg(feature = "simd")]
            vector: Vector::ZERO,
        }
    }

    /// The same, with nothing in the spare register.
    #[inline(always)]
    fn without_spare(self) -> Regs {
        Regs {
            #[cfg(target_arch = "x86_64")]
            spare: core::mem::MaybeUninit::uninit(),
            ..self
        }
    }

    /// Leaves a value in the integer accumulator, where there is one.
    #[inline(always)]
    pub fn accumulate(&mut self, value: u64) {
        #[cfg(feature = "extended")]
        self.hold(value);
        let _ = value;
    }
}

/// What the integer accumulator has: a number, or a pointer that keeps its provenance, which it would lose as a number.
#[cfg(any(feature = "alloc", feature = "extended"))]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Accumulator(pub(crate) core::mem::MaybeUninit<u64>);

#[cfg(any(feature = "alloc", feature = "extended"))]
impl Accumulator {
    #[inline(always)]
    fn new(value: u64) -> Accumulator {
        Accumulator(core::mem::MaybeUninit::new(value))
    }
}

#[cfg(feature = "extended")]
impl Regs {
    /// The number in the integer accumulator.
    #[inline(always)]
    pub fn accumulated(&self) -> u64 {
        self.held()
    }
}

#[cfg(any(feature = "alloc", feature = "extended"))]
impl Regs {
    /// Keeps a number in the integer accumulator, of a handler that has too few registers otherwise.
    #[inline(always)]
    pub fn hold(&mut self, value: u64) {
        self.acc = Accumulator::new(value);
    }

    /// The number that [`Regs::hold`] kept.
    #[inline(always)]
    pub fn held(&self) -> u64 {
        // SAFETY: all that writes it, writes all of it; it is passed on by what may copy anything.
        unsafe { self.acc.0.assume_init() }
    }
}

/// A pointer on its way through the accumulator.
#[cfg(feature = "alloc")]
union Passed {
    func: *mut Func,
    bits: core::mem::MaybeUninit<u64>,
}

#[cfg(feature = "alloc")]
impl Regs {
    /// Leaves the record of the function that begins next in the accumulator.
    #[inline(always)]
    pub(crate) fn set_callee(&mut self, func: *mut Func) {
        // All bytes are written, whatever the width of pointers.
        let mut passed = Passed { bits: core::mem::MaybeUninit::new(0) };
        passed.func = func;
        // SAFETY: any bytes will do.
        self.acc = Accumulator(unsafe { passed.bits });
    }

    /// The record that [`Regs::set_callee`] left. After anything else, it is a pointer to nothing.
    #[inline(always)]
    pub(crate) fn callee(&self) -> *mut Func {
        // SAFETY: any bytes are a pointer.
        unsafe { Passed { bits: self.acc.0 }.func }
    }
}

/// How an instruction ends.
pub enum Flow {
    /// Go on at `ip`, which is the instruction behind this one.
    Next,
    /// Go on at `ip`, which is somewhere else.
    Jump,
    /// Stop with a trap; `ip` is still this instruction.
    Trap(TrapCode),
    /// Go on with a call into another instance, by [`Across`].
    #[cfg(feature = "alloc")]
    Across,
    /// Go on with a tail call into another instance, by [`ReplaceAcross`].
    #[cfg(feature = "alloc")]
    ReplaceAcross,
    /// Have this do all of the instruction instead: the way of handlers to do without a stack frame what is rare.
    #[cfg(feature = "alloc")]
    Instead(Handler),
    /// Give control back to the host.
    Exit,
}

/// What one instruction does. Always inlined, with all that gets a reference to the registers: a handler that gives their
/// address to something else ends in no tail call, and so uses up the native stack.
pub trait Instr {
    /// Whether what it leaves in the integer accumulator, if it goes on behind itself, surely has 32 bits: the compiler need not be made to
    /// clear the upper half for whoever is in the same handler.
    const NARROW: bool = false;

    /// Does it, and moves `ip` on.
    ///
    /// # Safety
    /// `r` belongs to a running function whose code was linked from IR that is verified, or that the translator
    /// made from a valid body; `ip` is at an instruction of this kind.
    unsafe fn run(r: &mut Regs) -> Flow;
}

/// What a handler returns: why execution ended, or in a loop how it goes on, which may be an instruction. Addresses of instructions are
/// even.
pub type Exit = *const u8;
const DONE: Exit = ptr::without_provenance(1);
pub(crate) const TRAPPED: Exit = ptr::without_provenance(3);

/// Ends a handler as `flow` says.
#[inline(always)]
unsafe fn end(before: Regs, r: Regs, flow: Flow) -> Exit {
    match flow {
        // SAFETY: `ip` is at an instruction, as `run` left it.
        Flow::Next | Flow::Jump => unsafe { way::go_on(before, r) },
        // SAFETY: the registers are those of a running function.
        Flow::Trap(code) => unsafe { enter(trap, Regs { mem: ptr::without_provenance_mut(code as usize), ..r }) },
        // SAFETY: as above.
        #[cfg(feature = "alloc")]
        Flow::Across => unsafe { enter(cold::<Across>, r) },
        // SAFETY: as above.
        #[cfg(feature = "alloc")]
        Flow::ReplaceAcross => unsafe { enter(cold::<ReplaceAcross>, r) },
        // SAFETY: as above.
        #[cfg(feature = "alloc")]
        Flow::Instead(handler) => unsafe { enter(handler, r) },
        Flow::Exit => DONE,
    }
}

/// The handler of the instruction at `ip`: in linked code its first word, in code executed in place by its opcode.
#[inline(always)]
unsafe fn handler(ip: *const u8) -> Handler {
    // SAFETY: the first word of each linked instruction, as it is made to be counted.
    #[cfg(feature = "count")]
    return unsafe { crate::count::dispatched(ip) };
    // SAFETY: the first word of each linked instruction is its handler.
    #[cfg(all(feature = "alloc", not(feature = "count")))]
    return unsafe { ip.cast::<Handler>().read() };
    // SAFETY: code is 2-aligned, and verified: its opcodes are in the table.
    #[cfg(not(feature = "alloc"))]
    return unsafe { *crate::handlers::TABLE.get_unchecked(usize::from(u16::from_le(ip.cast::<u16>().read()))) };
}

pub use way::Saved;

/// Runs from `r` until the outermost function returns (`true`) or traps (`false`).
///
/// # Safety
/// As [`Instr::run`], and the frame's header leads to the exit cell.
pub unsafe fn run(machine: *mut Machine, r: Regs) -> bool {
    // SAFETY: the caller's promise; handlers own nothing.
    #[cfg(guarded)]
    let exit = unsafe { crate::guard::run(machine, &r, way::chain) };
    // SAFETY: the caller's promise.
    #[cfg(not(guarded))]
    let exit = unsafe { way::chain(machine, &r) };
    exit == DONE
}

/// By tail calls.
#[cfg(all(tail_dispatch, not(debug_assertions)))]
mod way {
    use super::{Exit, Machine, Regs, enter, handler};

    /// Nothing is kept between two handlers.
    #[derive(Clone, Copy, Default)]
    pub struct Saved(());

    #[inline(always)]
    pub(super) unsafe fn go_on(_before: Regs, r: Regs) -> Exit {
        // SAFETY: `ip` is at an instruction.
        unsafe { enter(handler(r.ip), r) }
    }

    /// Runs from `r` until the outermost function returns or traps.
    ///
    /// # Safety
    /// As [`run`](super::run).
    pub(super) unsafe extern "C" fn chain(_machine: *mut Machine, r: *const Regs) -> Exit {
        // SAFETY: the caller's promise.
        unsafe { go_on(*r, *r) }
    }
}

/// By a loop that has the registers saved from one handler to the next.
#[cfg(all(not(all(tail_dispatch, not(debug_assertions))), any(feature = "alloc", feature = "extended")))]
mod way {
    use super::{Exit, Machine, Regs, TRAPPED, enter, handler};

    const CONTINUE: Exit = core::ptr::null();

    /// Registers between two handlers.
    #[derive(Clone, Copy, Default)]
    pub struct Saved(Option<Regs>);

    #[inline(always)]
    pub(super) unsafe fn go_on(_before: Regs, r: Regs) -> Exit {
        // SAFETY: an instance's machine outlives it.
        unsafe { (*(*r.cx).machine).registers = Saved(Some(r)) };
        CONTINUE
    }

    /// Runs from `r` until the outermost function returns or traps.
    ///
    /// # Safety
    /// As [`run`](super::run).
    pub(super) unsafe extern "C" fn chain(machine: *mut Machine, r: *const Regs) -> Exit {
        // SAFETY: the caller's promise; handlers that return `CONTINUE` have saved the registers.
        unsafe {
            let mut r = *r;
            loop {
                let exit = enter(handler(r.ip), r);
                if exit != CONTINUE {
                    return exit;
                }
                match (*machine).registers.0 {
                    Some(next) => r = next,
                    None => return TRAPPED,
                }
            }
        }
    }
}

/// By a loop that is handed back the next instruction's address: without accumulators little else changes. On Thumb-2, where
/// handlers that tail-call save and restore registers all the time, it is smaller (docs/size-history.md).
#[cfg(all(not(all(tail_dispatch, not(debug_assertions))), not(any(feature = "alloc", feature = "extended"))))]
mod way {
    use super::{Exit, Machine, Regs, TRAPPED, enter, handler};

    /// The frame, where an instruction changed it.
    #[derive(Clone, Copy)]
    pub struct Saved(*mut u64);

    impl Default for Saved {
        fn default() -> Saved {
            Saved(core::ptr::null_mut())
        }
    }

    #[inline(always)]
    pub(super) unsafe fn go_on(before: Regs, r: Regs) -> Exit {
        // Memories executed on in place never move.
        if core::ptr::eq(r.fp, before.fp) {
            return r.ip;
        }
        // SAFETY: an instance's machine outlives it.
        unsafe { (*(*r.cx).machine).registers = Saved(r.fp) };
        r.ip.map_addr(|address| address | 1)
    }

    /// Runs from `r` until the outermost function returns or traps.
    ///
    /// # Safety
    /// As [`run`](super::run).
    #[inline(always)]
    pub(super) unsafe extern "C" fn chain(machine: *mut Machine, r: *const Regs) -> Exit {
        // SAFETY: the caller's promise; handlers that change the frame have saved it.
        unsafe {
            let mut r = *r;
            loop {
                let next = enter(handler(r.ip), r);
                if next.addr() & 1 == 0 {
                    r.ip = next;
                    continue;
                }
                if next <= TRAPPED {
                    return next;
                }
                r.ip = next.wrapping_sub(1);
                r.fp = (*machine).registers.0;
            }
        }
    }
}

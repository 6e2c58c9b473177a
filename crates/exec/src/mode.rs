//! The two modes, as types. `Linked` code is cells with the addresses of handlers, which the linker makes (feature
//! `alloc`). `InPlace` code is compact code, run where it lies (feature `in-place`).
//!
//! Registers, operands, dispatch, handlers and records have the mode as a parameter, so each instruction's meaning is
//! written once. [`Mode`] lists the differences. The implementations are in `linked::mode` and `in_place::mode`. A
//! build may have both modes, and neither changes the other.

use core::mem::MaybeUninit;

use wasmote_ir::TrapCode;

use crate::activation::Activation;
pub use crate::dispatch::{Dispatch, backend};
use crate::dispatch::{Exit, Flow, Handler, Regs};
use crate::operand::{Source, Vector};
use crate::state::{Instance, Machine, Table};

/// A mode of execution.
///
/// The unsafe functions have the contract of [`Execute::run`](crate::dispatch::Execute::run).
#[allow(clippy::missing_safety_doc)]
pub trait Mode: sealed::Sealed + Copy + 'static {
    /// What code consists of: instructions and their operands.
    type Cell: 'static;
    /// The record of a function.
    type Func: 'static;
    /// Where the records of an instance's functions are.
    type Funcs: Copy;
    /// A field that only linked code has: `T`, or [`Absent`].
    type LinkedOnly<T: Copy>: Copy;
    /// The type of the hook that runs a host function.
    type Host: Copy;
    /// How callers name a host function.
    type HostFunc: Copy;
    /// The integer accumulator.
    type Accumulator: Register<u64>;
    /// The vector accumulator.
    type Vector: Register<Vector>;
    /// Where an activation runs on the native stack, or [`Absent`] if no calls from the host nest.
    type NativePlace: Copy;
    /// How one handler reaches the next.
    type Dispatch: Dispatch<Self>;
    /// How functions are called.
    type Calls: Calls<Self>;

    /// The distance from an instruction to its operands, in bytes.
    const OPERANDS: usize;
    /// The length of an instruction is a multiple of this, in bytes.
    const ALIGNMENT: usize;
    /// The distance of a jump whose target operand is 1, in bytes.
    const TARGET: isize;
    /// Whether an operand of several units is read by one access.
    const WIDE_UNIT_READS: bool;
    /// Whether a memory can move when it grows.
    const MEMORIES_MOVE: bool;
    /// Whether small code matters more than speed. Instructions that are not hot then share one handler.
    const SMALL: bool;
    /// Whether memory 0 can be a guarded memory.
    const GUARDED: bool;
    /// Whether host functions can suspend their callers, by [`TrapCode::Suspended`].
    const SUSPENDS: bool;

    /// The place of an activation that never ran.
    const NOWHERE: Self::NativePlace;

    /// Converts a 16-bit unit from its byte order in code.
    fn unit(raw: u16) -> u16;

    /// The address to which a call from the host returns.
    fn exit_cell() -> *const u8;

    /// Calls a host function. `args` holds its arguments and receives its results. `caller` is the calling instance,
    /// or null if the host calls.
    unsafe fn call_host(
        func: Self::HostFunc,
        machine: *mut Machine<Self>,
        caller: *mut Instance<Self>,
        args: *mut u64,
    ) -> Result<(), TrapCode>;

    /// Returns the trap with which the hook ends the code that just failed to grow something, if it does.
    unsafe fn growth_trap(machine: *mut Machine<Self>) -> Option<TrapCode>;

    /// Returns the end of the frame that these registers belong to, one past its last slot. Returns `None` if the
    /// slots behind the frame must not be used.
    unsafe fn frame_limit(machine: *mut Machine<Self>, regs: &Regs<Self>) -> Option<*mut u64>;

    /// Returns the handler of the instruction at `ip`.
    unsafe fn handler(ip: *const u8) -> Handler<Self>;

    /// Wraps the value of a field that only linked code has.
    fn linked_only<T: Copy>(value: T) -> Self::LinkedOnly<T>;

    /// Notes where an activation that is about to run on this machine lies on the native stack.
    unsafe fn note_native_stack(activation: *mut Activation<Self>, machine: *const Machine<Self>);

    /// Runs code by `run_loop`, from the registers of this activation on.
    #[inline(always)]
    unsafe fn run(
        machine: *mut Machine<Self>,
        activation: *mut Activation<Self>,
        run_loop: unsafe extern "C" fn(*mut Machine<Self>, *const Regs<Self>) -> Exit,
    ) -> Exit {
        // SAFETY: the caller guarantees the contract of `Dispatch::run_loop`.
        unsafe { run_loop(machine, &raw const (*activation).site.regs) }
    }

    /// Notes that `count` elements of a table, from `index` on, are written. All of them are in the table.
    unsafe fn mark_written(table: &Table<Self>, index: u64, count: u64);
}

/// The instructions that call, and references to functions, in this mode.
#[allow(missing_docs, clippy::missing_safety_doc)] // The instructions' names; as `Execute::run`.
pub trait Calls<M: Mode> {
    unsafe fn call(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn call_import(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call_import(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call_indirect(r: &mut Regs<M>) -> Flow<M>;
    /// Returns the reference to the function with this index. Imports count.
    unsafe fn reference(r: &Regs<M>, index: u32) -> u32;
}

pub(crate) mod sealed {
    /// Keeps other crates from adding modes.
    pub trait Sealed {}
}

/// Stands in for a register or field that a mode does not have. It has no size and is not passed to handlers.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

/// A register that holds a `T`, or [`Absent`].
pub trait Register<T>: Copy {
    /// Returns a register with this value.
    fn of(value: T) -> Self;
    /// Returns the value. No instruction of the build reads an absent register.
    fn value(self) -> T;
}

impl<T: Default> Register<T> for Absent {
    #[inline(always)]
    fn of(_value: T) -> Absent {
        Absent
    }

    #[inline(always)]
    fn value(self) -> T {
        T::default()
    }
}

/// The integer accumulator. It holds a number, or a pointer, which keeps its provenance because it is never converted
/// to a number.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Accumulator(pub(crate) MaybeUninit<u64>);

impl Register<u64> for Accumulator {
    #[inline(always)]
    fn of(value: u64) -> Accumulator {
        Accumulator(MaybeUninit::new(value))
    }

    #[inline(always)]
    fn value(self) -> u64 {
        // SAFETY: `of` and `set_callee` write all 8 bytes, and registers are copied as a whole. So the value is
        // initialized.
        unsafe { self.0.assume_init() }
    }
}

macro_rules! present {
    ($($ty:ty),*) => { $(
        impl Register<$ty> for $ty {
            #[inline(always)]
            fn of(value: $ty) -> $ty {
                value
            }

            #[inline(always)]
            fn value(self) -> $ty {
                self
            }
        }
    )* };
}
present!(f32, f64, Vector);

/// The float accumulators of both modes. Only builds with the extended op set have them.
#[cfg(feature = "extended")]
mod floats {
    /// The f32 accumulator.
    pub type F32 = f32;
    /// The f64 accumulator.
    pub type F64 = f64;
}
#[cfg(not(feature = "extended"))]
mod floats {
    use super::Absent;

    /// The f32 accumulator.
    pub type F32 = Absent;
    /// The f64 accumulator.
    pub type F64 = Absent;
}
pub use floats::{F32, F64};

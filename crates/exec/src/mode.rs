//! The two ways to run code, as types: `Linked`, cells with the addresses of handlers, which the linker makes (feature `alloc`), and
//! `InPlace`, compact code where it lies (feature `in-place`). Registers, operands, dispatch, handlers and records have the mode as
//! a parameter, so that what an instruction means is said once. In what they differ is here, and their answers are in `linked` and
//! `in_place::mode`. Neither changes what the other is: a build may have both.

use core::mem::MaybeUninit;

use wasmote_ir::TrapCode;

use crate::dispatch::{Exit, Flow, Handler, Regs};
pub use crate::dispatch::{Way, ways};
use crate::operand::{Source, Vector};
use crate::state::{Instance, Machine, Table};

/// A way to run code.
///
/// What is unsafe asks what [`Instr::run`](crate::dispatch::Instr::run) does.
#[allow(clippy::missing_safety_doc)]
pub trait Mode: sealed::Sealed + Copy + 'static {
    /// What code consists of, instructions and their operands.
    type Cell: 'static;
    /// A function's record.
    type Func: 'static;
    /// Where the records of an instance's functions are.
    type Funcs: Copy;
    /// What a field is that is there in linked code alone.
    type IfLinked<T: Copy>: Copy;
    /// The hook that runs a function of the host.
    type Host: Copy;
    /// A function of the host, as whoever calls it names it.
    type HostFunc: Copy;
    /// The integer accumulator.
    type Accumulator: Register<u64>;
    /// The vector accumulator.
    type Vector: Register<Vector>;
    /// How handlers reach each other.
    type Way: Way<Self>;
    /// How functions are called.
    type Calls: Calls<Self>;

    /// Where an instruction's operands begin, in bytes.
    const OPERANDS: usize;
    /// Of how many bytes the length of an instruction is a multiple.
    const ALIGNMENT: usize;
    /// How many bytes a jump goes whose target operand is 1.
    const TARGET: isize;
    /// Whether several units are read as one.
    const TOGETHER: bool;
    /// Whether a memory that grows may move.
    const MEMORIES_MOVE: bool;
    /// Whether code is to be small rather than fast: what is not hot is there once.
    const SMALL: bool;
    /// Whether memory 0 may be guarded.
    const GUARDED: bool;

    /// A 16-bit unit, as it lies in code.
    fn unit(raw: u16) -> u16;

    /// Where a call by the host returns to.
    fn leave_run() -> *const u8;

    /// Calls a function of the host. `args` has its arguments and takes its results; `caller` is the instance that calls it, if any does.
    unsafe fn call_host(
        func: Self::HostFunc,
        machine: *mut Machine<Self>,
        caller: *mut Instance<Self>,
        args: *mut u64,
    ) -> Result<(), TrapCode>;

    /// One past the last slot of the frame that these registers are of; `None` if nobody else may use what is behind it.
    unsafe fn frames_end(machine: *mut Machine<Self>, regs: &Regs<Self>) -> Option<*mut u64>;

    /// The handler of the instruction at `ip`.
    unsafe fn handler(ip: *const u8) -> Handler<Self>;

    /// What a field has that is there in linked code alone.
    fn if_linked<T: Copy>(value: T) -> Self::IfLinked<T>;

    /// Runs by `chain` from these registers on.
    #[inline(always)]
    unsafe fn run(
        machine: *mut Machine<Self>,
        registers: &Regs<Self>,
        chain: unsafe extern "C" fn(*mut Machine<Self>, *const Regs<Self>) -> Exit,
    ) -> Exit {
        // SAFETY: the caller's promise.
        unsafe { chain(machine, registers) }
    }

    /// Notes that these elements of a table, all of them in it, are written.
    unsafe fn note_written(table: &Table<Self>, index: u64, count: u64);
}

/// What instructions that call do in code of this mode, and what references to functions are.
#[allow(missing_docs, clippy::missing_safety_doc)] // The instructions' names; as `Instr::run`.
pub trait Calls<M: Mode> {
    unsafe fn call(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn call_import(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call_import(r: &mut Regs<M>) -> Flow<M>;
    unsafe fn return_call_indirect(r: &mut Regs<M>) -> Flow<M>;
    /// The reference to the function with this index, imports counted.
    unsafe fn reference(r: &Regs<M>, index: u32) -> u32;
}

pub(crate) mod sealed {
    /// No other crate has a mode of its own.
    pub trait Sealed {}
}

/// What there is in place of a register, or a field, that is not there: it takes no room, and is not passed.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

/// A register of this type, if it is there.
pub trait Register<T>: Copy {
    /// It with this value.
    fn of(value: T) -> Self;
    /// Its value. Of one that is not there nothing reads it: the instructions that would are not in the build.
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

/// What the integer accumulator has: a number, or a pointer that keeps its provenance, which it would lose as a number.
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
        // SAFETY: all that writes it, writes all of it; it is passed on by what may copy anything.
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

/// The float accumulators of both modes, which the extended op set has.
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

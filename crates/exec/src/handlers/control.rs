//! Jumps, returns and fuel (spec: exec/instructions#control-instructions).

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};
use wasmote_ir::shape::{Format, Operand, ReturnFloat, ReturnImmediate, ReturnValue, Table as TableShape};

use super::handler_macros::{Encoded, single, variants};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{I, R, S, Source, Value};
use crate::state::{Machine, ends_before};

/// The instruction `br_table`.
pub struct BrTableInstr<A>(PhantomData<A>);

impl<M: Mode, A: Source<u32>> Execute<M> for BrTableInstr<A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a source and a table of targets with its length. The translator and the
        // verifier give each table at least one target, so `index` is in range.
        unsafe {
            let index = A::get(r, 0).min(r.u32(A::UNITS) - 1);
            r.jump(A::UNITS + 2 + 2 * index as usize);
        }
        Flow::Next
    }
}

impl<A: Source<u32>> Encoded for BrTableInstr<A> {
    const FORMAT: Format = A::FORMAT.operand(Operand::TargetCount);
}

variants!(() rows::BrTable: TableShape => {
    s: BrTableInstr<S>,
    r: BrTableInstr<R>,
});

/// Returns to the caller of the frame with this header.
///
/// # Safety
/// `header` is the header of the running function's frame.
#[inline(always)]
pub(crate) unsafe fn leave<M: Mode>(r: &mut Regs<M>, header: *mut u64) {
    // SAFETY: the caller guarantees the header, which the call of this function wrote.
    unsafe {
        r.ip = header.add(HEADER_RETURN).cast::<*const u8>().read();
        r.fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
    }
}

/// A return of one value.
pub struct ReturnOne<V, A>(PhantomData<(V, A)>);

impl<M: Mode, V: Value, A: Source<V>> Execute<M> for ReturnOne<V, A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a source and a header operand. The header lies behind the slots of parameters
        // and results, so a function with a result has slot 0.
        unsafe {
            let value = A::get(r, 0);
            let header = r.slot(A::UNITS);
            value.write(r.fp);
            value.set_accumulator(r);
            leave(r, header);
        }
        Flow::Next
    }
}

impl<V: Value, A: Source<V>> Encoded for ReturnOne<V, A> {
    const FORMAT: Format = A::FORMAT.operand(Operand::Header);
}

variants!(() rows::ReturnInt: ReturnValue => {
    s: ReturnOne<u64, S>,
    i: ReturnOne<u64, I>,
    r: ReturnOne<u64, R>,
});
variants!(() rows::ReturnU32: ReturnImmediate => {
    i: ReturnOne<u32, I>,
});
variants!(() rows::ReturnF32: ReturnFloat => {
    s: ReturnOne<f32, S>,
    r: ReturnOne<f32, R>,
});
variants!(() rows::ReturnF64: ReturnFloat => {
    s: ReturnOne<f64, S>,
    r: ReturnOne<f64, R>,
});

/// Returns whether this many slots from `fp` on lie below the end of the value stack. `fp` may lie behind the end.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
pub(super) unsafe fn fits<M: Mode>(r: &Regs<M>, fp: *mut u64, slots: usize) -> bool {
    // SAFETY: the caller guarantees a running instance, whose machine is live.
    unsafe { fits_in((*r.cx).machine, fp, slots) }
}

/// As [`fits`], for a machine.
///
/// # Safety
/// `machine` points to a live machine.
#[inline(always)]
pub(super) unsafe fn fits_in<M: Mode>(machine: *const Machine<M>, fp: *mut u64, slots: usize) -> bool {
    // SAFETY: the caller guarantees a live machine.
    unsafe { bytes_fit(machine, fp, slots * size_of::<u64>()) }
}

/// As [`fits_in`], for a size in bytes.
///
/// # Safety
/// `machine` points to a live machine.
#[inline(always)]
pub(super) unsafe fn bytes_fit<M: Mode>(machine: *const Machine<M>, fp: *mut u64, bytes: usize) -> bool {
    // SAFETY: the caller guarantees a live machine.
    let end = unsafe { (*machine).stack_limit.get((*machine).stack_end()) };
    ends_before(fp, bytes, end)
}

/// Two slots. On x86-64 they are in a vector register, because handlers that move a header have no integer register
/// left.
#[cfg(target_arch = "x86_64")]
type Header = core::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
type Header = [u64; 2];

/// A header while it is moved. It consists of pointers, which would lose their provenance as numbers.
pub(super) struct HeaderWords(MaybeUninit<Header>);

const _: () = assert!(HEADER == 2);

impl HeaderWords {
    /// Reads a header.
    ///
    /// # Safety
    /// `header` points to two slots.
    #[inline(always)]
    pub(super) unsafe fn read(header: *const u64) -> HeaderWords {
        // SAFETY: the caller guarantees two slots, which are 16 bytes.
        HeaderWords(unsafe { header.cast::<MaybeUninit<Header>>().read_unaligned() })
    }

    /// Writes the header.
    ///
    /// # Safety
    /// `header` points to two slots.
    #[inline(always)]
    pub(super) unsafe fn write(self, header: *mut u64) {
        // SAFETY: the caller guarantees two slots, which are 16 bytes.
        unsafe { header.cast::<MaybeUninit<Header>>().write_unaligned(self.0) };
    }
}

/// Returns to the host.
pub struct LeaveRun;

impl<M: Mode> Execute<M> for LeaveRun {
    #[inline(always)]
    unsafe fn run(_r: &mut Regs<M>) -> Flow<M> {
        Flow::Exit
    }
}

/// The rows.
pub mod rows {
    use super::{Flow, TrapCode, leave, single};

    /// Implements instructions with one variant, in all modes or in one mode.
    macro_rules! instructions {
        ($( $name:ident ($r:ident) $body:block )*) => {
            $( instructions!(@ (M: $crate::mode::Mode) M $name $r $body); )*
        };
        (only $mode:ident; $( $name:ident ($r:ident) $body:block )*) => {
            $( instructions!(@ () $mode $name $r $body); )*
        };
        (@ ($($generic:tt)*) $mode:ident $name:ident $r:ident $body:block) => {
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl<$($generic)*> $crate::dispatch::Execute<$mode> for $name {
                #[inline(always)]
                unsafe fn run($r: &mut $crate::dispatch::Regs<$mode>) -> $crate::dispatch::Flow<$mode> {
                    // SAFETY: the caller guarantees an instruction of this row and the registers of a running
                    // function. The body reads only operands of the row. Each index operand is in range, and the
                    // instance's machine is live.
                    #[allow(unused_unsafe)]
                    unsafe {
                        $body
                    }
                }
            }
        };
    }
    pub(crate) use instructions;

    instructions! {
        Unreachable(r) {
            let _ = r;
            Flow::Trap(TrapCode::UnreachableCodeReached)
        }
        Fuel(r) {
            let (machine, cost) = ((*r.cx).machine, u64::from(r.u32(0)));
            let fuel = (*machine).fuel;
            if fuel < cost {
                return Flow::Trap(TrapCode::OutOfFuel);
            }
            (*machine).fuel = fuel - cost;
            r.advance(const { wasmote_ir::Op::Fuel.operand_units() });
            Flow::Next
        }
        Goto(r) {
            r.jump(0);
            Flow::Next
        }
        Return(r) {
            leave(r, r.slot(0));
            Flow::Next
        }
    }

    /// See [`wasmote_ir::Op::BrTable`].
    pub struct BrTable;
    /// See [`wasmote_ir::Op::ReturnInt`].
    pub struct ReturnInt;
    /// See [`wasmote_ir::Op::ReturnU32`].
    pub struct ReturnU32;
    /// See [`wasmote_ir::Op::ReturnF32`].
    pub struct ReturnF32;
    /// See [`wasmote_ir::Op::ReturnF64`].
    pub struct ReturnF64;

    single!(hot: Unreachable: Plain, Fuel: Meter, Goto: Jump, Return: Return);
}

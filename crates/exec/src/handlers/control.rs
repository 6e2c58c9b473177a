//! Jumps, returns and fuel (spec: exec/instructions#control-instructions).

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};
use wasmote_ir::shape::{Format, Operand, ReturnFloat, ReturnValue, Table as TableShape};

use super::stamp::{Encoded, single, variants};
use crate::dispatch::{Flow, Instr, Regs};
use crate::mode::Mode;
use crate::operand::{I, R, S, Source, Value};
use crate::state::Machine;

/// `br_table`.
pub struct Table<A>(PhantomData<A>);

impl<M: Mode, A: Source<u32>> Instr<M> for Table<A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller's promise; a table has at least one target.
        unsafe {
            let index = A::get(r, 0).min(r.u32(A::UNITS) - 1);
            r.jump(A::UNITS + 2 + 2 * index as usize);
        }
        Flow::Next
    }
}

impl<A: Source<u32>> Encoded for Table<A> {
    const FORMAT: Format = A::FORMAT.operand(Operand::TargetCount);
}

variants!(() rows::BrTable: TableShape => {
    s: Table<S>,
    r: Table<R>,
});

/// Goes back to the caller of the frame whose header is given.
#[inline(always)]
pub(super) unsafe fn leave<M: Mode>(r: &mut Regs<M>, header: *mut u64) {
    // SAFETY: whoever called wrote the header.
    unsafe {
        r.ip = header.add(HEADER_RETURN).cast::<*const u8>().read();
        r.fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
    }
}

/// A return of one value.
pub struct ReturnOne<V, A>(PhantomData<(V, A)>);

impl<M: Mode, V: Value, A: Source<V>> Instr<M> for ReturnOne<V, A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller's promise; slot 0 is there when there is a result.
        unsafe {
            let value = A::get(r, 0);
            let header = r.slot(A::UNITS);
            value.write(r.fp);
            value.accumulate(r);
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
variants!(() rows::ReturnF32: ReturnFloat => {
    s: ReturnOne<f32, S>,
    r: ReturnOne<f32, R>,
});
variants!(() rows::ReturnF64: ReturnFloat => {
    s: ReturnOne<f64, S>,
    r: ReturnOne<f64, R>,
});

/// Whether this many slots from `fp` on lie inside the value stack. `fp` may lie behind its end.
#[inline(always)]
pub(super) unsafe fn fits<M: Mode>(r: &Regs<M>, fp: *mut u64, slots: usize) -> bool {
    // SAFETY: an instance's machine outlives it.
    unsafe { fits_in((*r.cx).machine, fp, slots) }
}

/// [`fits`] of a machine.
#[inline(always)]
pub(super) unsafe fn fits_in<M: Mode>(machine: *const Machine<M>, fp: *mut u64, slots: usize) -> bool {
    // SAFETY: the machine is there.
    unsafe { bytes_fit(machine, fp, slots * size_of::<u64>()) }
}

/// [`fits_in`] by bytes.
#[inline(always)]
pub(super) unsafe fn bytes_fit<M: Mode>(machine: *const Machine<M>, fp: *mut u64, bytes: usize) -> bool {
    // SAFETY: the machine is there.
    let end = unsafe { (*machine).stack_end }.addr();
    let fp = fp.addr();
    if cfg!(target_pointer_width = "64") {
        fp + bytes <= end
    } else {
        // Where the stack lies close to the end of the address space, a sum would wrap.
        bytes as isize <= end.wrapping_sub(fp) as isize
    }
}

/// Two slots, in a vector register where there is one for sure: the handlers that move a header have no integer register to spare.
#[cfg(target_arch = "x86_64")]
type Header = core::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
type Header = [u64; 2];

/// A header on its way to another place. It has pointers, which numbers would not keep.
pub(super) struct Both(MaybeUninit<Header>);

const _: () = assert!(HEADER == 2);

impl Both {
    #[inline(always)]
    pub(super) unsafe fn read(header: *const u64) -> Both {
        // SAFETY: a header is two slots.
        Both(unsafe { header.cast::<MaybeUninit<Header>>().read_unaligned() })
    }

    #[inline(always)]
    pub(super) unsafe fn write(self, header: *mut u64) {
        // SAFETY: a header is two slots.
        unsafe { header.cast::<MaybeUninit<Header>>().write_unaligned(self.0) };
    }
}

/// Goes back to the host.
pub struct Leave;

impl<M: Mode> Instr<M> for Leave {
    #[inline(always)]
    unsafe fn run(_r: &mut Regs<M>) -> Flow<M> {
        Flow::Exit
    }
}

/// The rows.
pub mod rows {
    use super::{Flow, TrapCode, leave, single};

    /// Rows of one instruction, in any mode, or one.
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
            impl<$($generic)*> $crate::dispatch::Instr<$mode> for $name {
                #[inline(always)]
                unsafe fn run($r: &mut $crate::dispatch::Regs<$mode>) -> $crate::dispatch::Flow<$mode> {
                    // SAFETY: the caller's promise; indices are in range.
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
            Flow::Trap(TrapCode::Unreachable)
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
    /// See [`wasmote_ir::Op::ReturnF32`].
    pub struct ReturnF32;
    /// See [`wasmote_ir::Op::ReturnF64`].
    pub struct ReturnF64;

    single!(hot: Unreachable: Plain, Fuel: Meter, Goto: Jump, Return: Return);
}

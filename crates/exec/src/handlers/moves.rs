//! Moves between slots, constants, `select` and globals.

use core::marker::PhantomData;

use wasmote_ir::shape::{ConstReg, Format, GlobalGet, GlobalSet, Operand, Select as SelectShape, Select8};

use super::handler_macros::{Encoded, single, variants};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{Dest, I, R, S, Source, Value, Vector};

/// `select`. `V` says how immediates are extended.
pub struct SelectInstr<V, C, A, B, D>(PhantomData<(V, C, A, B, D)>);

impl<M: Mode, V: Value, C: Source<u32>, A: Source<V>, B: Source<V>, D: Dest<V>> Execute<M>
    for SelectInstr<V, C, A, B, D>
{
    const GOES_ON: bool = true;
    const ZERO_EXTENDED: bool = V::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees an instruction with operands of these classes, in this order.
        unsafe {
            let condition = C::get(r, 0);
            let (a, b) = (A::get(r, C::UNITS), B::get(r, C::UNITS + A::UNITS));
            let value = if condition != 0 { a } else { b };
            D::put(r, C::UNITS + A::UNITS + B::UNITS, value);
            r.advance(C::UNITS + A::UNITS + B::UNITS + D::UNITS);
        }
        Flow::Next
    }
}

impl<V: Value, C: Source<u32>, A: Source<V>, B: Source<V>, D: Dest<V>> Encoded for SelectInstr<V, C, A, B, D> {
    const FORMAT: Format = C::FORMAT.then(A::FORMAT).then(B::FORMAT).then(D::FORMAT);
}

variants!(() rows::Select32: SelectShape => {
    sss: SelectInstr<u32, S, S, S, S>,
    ssi: SelectInstr<u32, S, S, I, S>,
    sis: SelectInstr<u32, S, I, S, S>,
    sii: SelectInstr<u32, S, I, I, S>,
    rss: SelectInstr<u32, R, S, S, S>,
    rsi: SelectInstr<u32, R, S, I, S>,
    ris: SelectInstr<u32, R, I, S, S>,
    rii: SelectInstr<u32, R, I, I, S>,
    sss_r: SelectInstr<u32, S, S, S, R>,
    ssi_r: SelectInstr<u32, S, S, I, R>,
    sis_r: SelectInstr<u32, S, I, S, R>,
    sii_r: SelectInstr<u32, S, I, I, R>,
    rss_r: SelectInstr<u32, R, S, S, R>,
    rsi_r: SelectInstr<u32, R, S, I, R>,
    ris_r: SelectInstr<u32, R, I, S, R>,
    rii_r: SelectInstr<u32, R, I, I, R>,
});
variants!(() rows::Select64: Select8 => {
    sss: SelectInstr<u64, S, S, S, S>,
    ssi: SelectInstr<u64, S, S, I, S>,
    sis: SelectInstr<u64, S, I, S, S>,
    sii: SelectInstr<u64, S, I, I, S>,
    rss: SelectInstr<u64, R, S, S, S>,
    rsi: SelectInstr<u64, R, S, I, S>,
    ris: SelectInstr<u64, R, I, S, S>,
    rii: SelectInstr<u64, R, I, I, S>,
});

/// Returns the global that the operand at this unit names.
///
/// # Safety
/// As [`Execute::run`], and the instruction has a global operand at this unit.
#[inline(always)]
unsafe fn global<M: Mode>(r: &Regs<M>, at: usize) -> *mut u64 {
    // SAFETY: the caller guarantees a global operand. It is in range of the instance's globals, whose values stay in
    // place.
    unsafe { *(*r.cx).globals.add(r.u32(at) as usize) }
}

/// A read of a global variable.
pub struct ReadGlobal<D>(PhantomData<D>);

impl<M: Mode, D: Dest<u64>> Execute<M> for ReadGlobal<D> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a global operand and a destination. The global has an initialized slot.
        unsafe {
            let value = global(r, 0).read();
            D::put(r, 2, value);
            r.advance(2 + D::UNITS);
        }
        Flow::Next
    }
}

impl<D: Dest<u64>> Encoded for ReadGlobal<D> {
    const FORMAT: Format = Format::source(b's', &[Operand::Global]).then(D::FORMAT);
}

/// A write of a global variable.
pub struct WriteGlobal<V, A>(PhantomData<(V, A)>);

impl<M: Mode, V: Value, A: Source<V>> Execute<M> for WriteGlobal<V, A> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a source and a global operand. The global has a slot.
        unsafe {
            let value = A::get(r, 0);
            value.write(global(r, A::UNITS));
            r.advance(A::UNITS + 2);
        }
        Flow::Next
    }
}

impl<V: Value, A: Source<V>> Encoded for WriteGlobal<V, A> {
    const FORMAT: Format = A::FORMAT.operand(Operand::GlobalDst);
}

impl Encoded for rows::LoadConst {
    const FORMAT: Format = Format::source(b'i', &[Operand::Imm64]).then(Format::ACCUMULATED);
}

variants!(() rows::GlobalRead: GlobalGet => {
    s: ReadGlobal<S>,
    s_r: ReadGlobal<R>,
});
variants!(() rows::GlobalWrite32: GlobalSet => {
    s: WriteGlobal<u32, S>,
    i: WriteGlobal<u32, I>,
    r: WriteGlobal<u32, R>,
});
variants!(() rows::GlobalWrite64: GlobalSet => {
    s: WriteGlobal<u64, S>,
    i: WriteGlobal<u64, I>,
    r: WriteGlobal<u64, R>,
});
variants!(() rows::LoadConst: ConstReg => {
    i_r: rows::LoadConst,
});

/// Moves slots, the first one first. Their number is the 16-bit operand at unit `count_at`. The number is read anew
/// each time, and the accesses are volatile. So the compiler neither unrolls the loop nor calls `memmove`, either of
/// which would need a stack frame.
///
/// # Safety
/// As [`Execute::run`] for the operand. Both ranges lie in the value stack. `to` does not lie inside the source range,
/// except at its start.
#[cfg(feature = "alloc")]
#[inline(always)]
pub unsafe fn move_slots<M: Mode>(r: &Regs<M>, from: *const u64, to: *mut u64, count_at: usize) {
    let mut i = 0;
    // SAFETY: the caller guarantees both ranges and the operand. Slots are initialized.
    unsafe {
        let count = r.ip.add(M::OPERANDS + 2 * count_at).cast::<u16>();
        while i != M::unit(count.read_volatile()) {
            to.add(usize::from(i)).write_volatile(from.add(usize::from(i)).read_volatile());
            i += 1;
        }
    }
}

/// Moves a vector. Its accumulator also gets it.
///
/// # Safety
/// Both pointers lead to two slots, and those at `from` are initialized.
#[inline(always)]
unsafe fn move_pair<M: Mode>(r: &mut Regs<M>, from: *const u64, to: *mut u64) {
    // SAFETY: the caller guarantees two slots at each pointer.
    unsafe {
        let value = Vector::read(from);
        value.write(to);
        value.set_accumulator(r);
    }
}

/// The rows.
pub mod rows {
    use super::{Execute, Flow, Regs, global, move_pair, single};
    use crate::mode::Mode;

    /// Implements instructions with one variant. The next instruction follows after the body.
    macro_rules! instructions {
        ($( $name:ident ($r:ident) $body:block )*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl<M: Mode> Execute<M> for $name {
    const GOES_ON: bool = true;

                #[inline(always)]
                unsafe fn run($r: &mut Regs<M>) -> Flow<M> {
                    // SAFETY: the caller guarantees an instruction of this row. The body accesses only operands,
                    // slots and globals that the row names, which are in the code, in the frame, and in range.
                    unsafe {
                        $body
                        $r.advance(const { wasmote_ir::Op::$name.operand_units() });
                    }
                    Flow::Next
                }
            }
        )* };
    }

    instructions! {
        Copy(r) { r.slot(1).write(r.slot(0).read()); }
        CopyTwo(r) {
            r.slot(1).write(r.slot(0).read());
            r.slot(3).write(r.slot(2).read());
        }
        CopySpan(r) { r.slot(0).copy_to(r.slot(1), r.u16(2)); }
        ConstU16(r) { r.slot(1).write(r.u16(0) as u64); }
        I32AddShort(r) {
            let a = r.slot(0).read() as u32;
            r.slot(2).write(u64::from(a.wrapping_add(r.u16(1) as u16 as i16 as u32)));
        }
        ConstU32(r) { r.slot(2).write(u64::from(r.u32(0))); }
        ConstS32(r) { r.slot(2).write(i64::from(r.u32(0) as i32) as u64); }
        ConstI64(r) { r.slot(4).write(r.u64(0)); }
        LoadConst(r) { r.set_accumulator(r.u64(0)); }
        ZeroOne(r) { r.slot(0).write(0); }
        ZeroTwo(r) { r.slot(0).cast::<[u64; 2]>().write([0; 2]); }
        ZeroFour(r) { r.slot(0).cast::<[u64; 4]>().write([0; 4]); }
        ZeroSlots(r) {
            let (first, count) = (r.slot(0), r.ip.add(M::OPERANDS + 2).cast::<u16>());
            let mut i = 0;
            // The count is read anew and the writes are volatile for the reason given at `move_slots`.
            while i < usize::from(M::unit(count.read_volatile())) {
                first.add(i).write_volatile(0);
                i += 1;
            }
        }
        SelectV128(r) {
            let from = if r.slot(0).read() as u32 != 0 { r.slot(1) } else { r.slot(2) };
            let to = r.slot(3);
            move_pair(r, from, to);
        }
        GlobalReadV128(r) {
            let (from, to) = (global(r, 0), r.slot(2));
            move_pair(r, from, to);
        }
        GlobalWriteV128(r) {
            let (from, to) = (r.slot(0), global(r, 1));
            move_pair(r, from, to);
        }
    }

    /// See [`wasmote_ir::Op::Select32`].
    pub struct Select32;
    /// See [`wasmote_ir::Op::Select64`].
    pub struct Select64;
    /// See [`wasmote_ir::Op::GlobalRead`].
    pub struct GlobalRead;
    /// See [`wasmote_ir::Op::GlobalWrite32`].
    pub struct GlobalWrite32;
    /// See [`wasmote_ir::Op::GlobalWrite64`].
    pub struct GlobalWrite64;

    single!(hot: Copy: Copy, CopyTwo: Copy2, ConstU16: Const16, I32AddShort: BinNear, ConstU32: Const32, ConstS32: Const32,
        ConstI64: Const64, ZeroOne: ZeroOne, ZeroTwo: ZeroTwo, ZeroFour: ZeroFour, ZeroSlots: Zero, SelectV128: SelectPair, GlobalReadV128: GlobalGetPair,
        GlobalWriteV128: GlobalSetPair);
    single!(cold: CopySpan: CopyRun);
}

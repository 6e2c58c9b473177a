//! The table of handlers, and the handlers that newer processors use instead.

use wasmote_exec::vector::{Handler, Linked, cold};
#[cfg(feature = "superinstructions")]
use wasmote_ir::ops::ALL_OPCODES;
use wasmote_ir::ops::{FIRST_VECTOR, VECTOR_OPCODES};
use wasmote_ir::{Op, Opcode, shape};

use crate::rows::baseline;
#[cfg(all(feature = "relaxed-native", target_arch = "x86_64"))]
use crate::rows::relaxed;
#[cfg(target_arch = "x86_64")]
use crate::rows::sse4;
#[cfg(target_arch = "x86_64")]
use crate::shapes::cold::Cold;
use crate::shapes::hot::Hot;
#[cfg(target_arch = "x86_64")]
use crate::shapes::sse4::Sse4;

/// The number of handlers.
const COUNT: usize = VECTOR_OPCODES;
type Table = [Handler; COUNT];

/// Returns the best handler of a vector instruction that this machine can run. Superinstructions are numbered behind
/// the opcodes.
///
/// # Panics
/// Panics if the opcode is that of another instruction.
pub fn handler(opcode: Opcode) -> Handler {
    #[cfg(feature = "superinstructions")]
    if let Some(number) = usize::from(opcode.0).checked_sub(ALL_OPCODES) {
        return crate::superinstructions::HANDLERS[number];
    }
    #[cfg(target_arch = "x86_64")]
    if crate::sse4::available() {
        #[cfg(feature = "relaxed-native")]
        if let Some(handler) = find(RELAXED, opcode) {
            return handler;
        }
        if let Some(handler) = find(SSE4, opcode) {
            return handler;
        }
    }
    BASELINE[usize::from(opcode.0) - FIRST_VECTOR]
}

const fn place(table: &mut Table, op: Op, handlers: &[Handler]) {
    assert!(handlers.len() == op.variants().len());
    let mut v = 0;
    while v < handlers.len() {
        if op.has(v) {
            table[Opcode::new(op, v as u8).0 as usize - FIRST_VECTOR] = handlers[v];
        }
        v += 1;
    }
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const fn baseline_table() -> Table {
            // Every entry is replaced below.
            let mut table = [cold::<Linked, crate::shapes::Copy> as Handler; COUNT];
            $( place(&mut table, Op::$name, <baseline::$name as Hot<shape::$shape>>::TABLE); )*
            table
        }
    };
}
wasmote_ir::for_each_simd_op!(collect);

/// The handlers for every machine of the architecture.
#[cfg(not(target_arch = "x86_64"))]
static BASELINE: Table = baseline_table();
#[cfg(target_arch = "x86_64")]
static BASELINE: Table = {
    let mut table = baseline_table();
    place(&mut table, Op::I8x16Shuffle, <baseline::I8x16Shuffle as Cold<shape::VecShuffle>>::TABLE);
    place(&mut table, Op::I8x16Permute, <baseline::I8x16Permute as Cold<shape::VecPermute>>::TABLE);
    place(&mut table, Op::I8x16Swizzle, <baseline::I8x16Swizzle as Cold<shape::VecSwizzle>>::TABLE);
    place(&mut table, Op::I8x16RelaxedSwizzle, <baseline::I8x16RelaxedSwizzle as Cold<shape::VecBin1>>::TABLE);
    place(&mut table, Op::I8x16XorPermute, <baseline::I8x16XorPermute as Cold<shape::VecShuffle>>::TABLE);
    table
};

/// Some rows with their first opcodes and their handlers, in the order of the instruction table.
#[cfg(target_arch = "x86_64")]
type Better = [(u16, &'static [Handler])];

/// Returns the handler of an opcode if it belongs to one of these rows.
#[cfg(target_arch = "x86_64")]
fn find(better: &Better, opcode: Opcode) -> Option<Handler> {
    let after = better.partition_point(|&(first, _)| first <= opcode.0);
    let (first, handlers) = better[after.checked_sub(1)?];
    handlers.get(usize::from(opcode.0 - first)).copied()
}

#[cfg(target_arch = "x86_64")]
const fn better_row(op: Op, handlers: &'static [Handler]) -> (u16, &'static [Handler]) {
    // `find` takes the handler by its distance from the first opcode.
    let mut v = 0;
    while v < handlers.len() {
        assert!(op.has(v));
        v += 1;
    }
    (Opcode::new(op, 0).0, handlers)
}

macro_rules! better {
    ($(#[$doc:meta])* $table:ident: $level:ident; $($name:ident: $shape:ident,)*) => {
        $(#[$doc])*
        static $table: &Better = &[$(better_row(Op::$name, <$level::$name as Sse4<shape::$shape>>::TABLE)),*];
    };
}

better! {
    /// The handlers for machines with SSE4.2, where they differ.
    #[cfg(target_arch = "x86_64")]
    SSE4: sse4;
    I8x16Shuffle: VecShuffle,
    I8x16Permute: VecPermute,
    I8x16Swizzle: VecSwizzle,
    I8x16RelaxedSwizzle: VecBin1,
    I8x16Popcnt: VecUnary1,
    I32x4Mul: VecBin2,
    I32x4MinS: VecBin1,
    I32x4MinU: VecBin1,
    I32x4MaxS: VecBin1,
    I32x4MaxU: VecBin1,
    I64x2GtS: VecBin1,
    F32x4Ceil: VecUnary1,
    F32x4Floor: VecUnary1,
    F32x4Trunc: VecUnary1,
    F32x4Nearest: VecUnary1,
    F64x2Ceil: VecUnary1,
    F64x2Floor: VecUnary1,
    F64x2Trunc: VecUnary1,
    F64x2Nearest: VecUnary1,
    I8x16XorPermute: VecShuffle,
}

better! {
    /// The handlers of relaxed instructions.
    #[cfg(all(feature = "relaxed-native", target_arch = "x86_64"))]
    RELAXED: relaxed;
    I8x16RelaxedSwizzle: VecBin1,
    I8x16RelaxedLaneselect: VecThree1,
    I16x8RelaxedLaneselect: VecThree1,
    I32x4RelaxedLaneselect: VecThree1,
    I64x2RelaxedLaneselect: VecThree1,
    I16x8RelaxedQ15mulrS: VecBin1,
    I16x8RelaxedDotI8x16I7x16S: VecBin1,
    I32x4RelaxedDotI8x16I7x16AddS: VecThree1,
    F32x4RelaxedMin: VecBin1,
    F32x4RelaxedMax: VecBin1,
    F32x4RelaxedMadd: VecThree1,
    F32x4RelaxedNmadd: VecThree1,
    F64x2RelaxedMin: VecBin1,
    F64x2RelaxedMax: VecBin1,
    F64x2RelaxedMadd: VecThree1,
    F64x2RelaxedNmadd: VecThree1,
    I32x4RelaxedTruncF32x4S: VecUnary1,
    I32x4RelaxedTruncF64x2SZero: VecUnary1,
}

//! The handlers of pairs of instructions, which `wasmote-exec` lists.

use wasmote_exec::for_each_vector_pair;
use wasmote_exec::vector::{Handler, InTurn, Instr, VECTORS, hot, number};
use wasmote_ir::{Op, shape};

use crate::rows::baseline;
use crate::shapes::variants::{Variant, Whole};

/// A row by its number.
struct RowOf<const OP: u16>;

/// What the table says of a row, as types.
trait Row {
    /// Its meaning.
    type Meaning;
    /// Its shape.
    type Shape;
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => { $(
        impl Row for RowOf<{ Op::$name as u16 }> {
            type Meaning = baseline::$name;
            type Shape = shape::$shape;
        }
    )* };
}
wasmote_ir::for_each_simd_op!(collect);

/// The instruction of a row and variant, both by number.
type InstrOf<const OP: u16, const N: usize> =
    <<RowOf<OP> as Row>::Meaning as Variant<<RowOf<OP> as Row>::Shape, N>>::Instr;

/// The handler of two instructions.
const fn both<A: Whole, B: Instr>() -> Handler {
    hot::<InTurn<A, B>>
}

macro_rules! handlers {
    ($( $first:ident.$a:ident: $( $second:ident.$b:ident ),+ ; )*) => {
        /// In the order of the list.
        pub static HANDLERS: [Handler; VECTORS.len()] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            both::<InstrOf<{ Op::$first as u16 }, A>, InstrOf<{ Op::$second as u16 }, B>>()
        }, )+ )*];
    };
}
for_each_vector_pair!(handlers);

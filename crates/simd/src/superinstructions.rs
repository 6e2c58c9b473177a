//! The handlers of superinstructions of vector instructions, which `wasmote-exec` lists.

use wasmote_exec::for_each_vector_superinstruction;
use wasmote_exec::vector::{Execute, Handler, Linked, Seq, VECTORS, hot, number};
use wasmote_ir::{Op, shape};

use crate::rows::baseline;
use crate::shapes::variants::Variant;

/// The meaning and the shape of each row. Some rows are in no superinstruction.
#[allow(dead_code)]
mod row {
    use super::{baseline, shape};

    macro_rules! name {
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => { $(
            pub type $name = (baseline::$name, shape::$shape);
        )* };
    }
    wasmote_ir::for_each_simd_op!(name);
}

/// The variant of a row with this number.
trait VariantOf<const N: usize> {
    type Execute: Execute<Linked>;
}
impl<Meaning, Shape: Variant<Meaning, N>, const N: usize> VariantOf<N> for (Meaning, Shape) {
    type Execute = Shape::Execute;
}

/// The instruction of a row's variant.
type InstrOf<Row, const N: usize> = <Row as VariantOf<N>>::Execute;

macro_rules! handlers {
    ($( $first:ident.$a:ident: $( $second:ident.$b:ident ),+ ; )*) => {
        /// The handlers, in the order of the list.
        pub static HANDLERS: [Handler; VECTORS.len()] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            hot::<Linked, Seq<InstrOf<row::$first, A>, InstrOf<row::$second, B>>>
        }, )+ )*];
    };
}
for_each_vector_superinstruction!(handlers);

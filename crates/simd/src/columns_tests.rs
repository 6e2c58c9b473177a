//! Tests that the columns of rows agree with the rows' meanings.

extern crate std;

use std::vec::Vec;

use wasmote_exec::vector::{Binary, Ternary, Vector};
use wasmote_ir::Op;
use wasmote_ir::ops::{Fused, fused};

use crate::baseline as operations;
use crate::rows::baseline;

type OfTwo = fn(Vector, Vector) -> Vector;
type OfThree = fn(Vector, Vector, Vector) -> Vector;

fn two<O: Binary<In = Vector, Out = Vector>>(a: Vector, b: Vector) -> Vector {
    O::eval(a, b).unwrap_or(Vector::ZERO)
}

fn three<O: Ternary<Value = Vector>>(a: Vector, b: Vector, c: Vector) -> Vector {
    O::eval(a, b, c).unwrap_or(Vector::ZERO)
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        /// Returns the rows that commute, with their meanings.
        fn commuting() -> Vec<(Op, OfTwo)> {
            let mut all: Vec<(Op, OfTwo)> = Vec::new();
            $( $( collect!(@ all $name $column); )* )*
            all
        }

        /// Returns the fused operations with their meanings and those of their halves.
        fn all_fused() -> Vec<(Op, OfThree, OfTwo, OfTwo)> {
            let mut all: Vec<(Op, OfThree, OfTwo, OfTwo)> = Vec::new();
            $( $( collect!(@ all $name $column $($value)*); )* )*
            all
        }
    };
    (@ $all:ident $name:ident commutes) => { $all.commuting(Op::$name, two::<baseline::$name>); };
    (@ $all:ident $name:ident fuses $first:ident then $second:ident) => {
        $all.fused(Op::$name, three::<baseline::$name>, two::<baseline::$first>, two::<baseline::$second>);
    };
    (@ $all:ident $name:ident $column:ident $($value:ident)*) => {};
}
wasmote_ir::for_each_simd_op!(collect);

/// A list that takes the entries it is interested in.
trait Take {
    fn commuting(&mut self, _op: Op, _meaning: OfTwo) {}
    fn fused(&mut self, _op: Op, _meaning: OfThree, _first: OfTwo, _second: OfTwo) {}
}

impl Take for Vec<(Op, OfTwo)> {
    fn commuting(&mut self, op: Op, meaning: OfTwo) {
        self.push((op, meaning));
    }
}

impl Take for Vec<(Op, OfThree, OfTwo, OfTwo)> {
    fn fused(&mut self, op: Op, meaning: OfThree, first: OfTwo, second: OfTwo) {
        self.push((op, meaning, first, second));
    }
}

/// Returns the halves of a result. All NaNs are equal.
fn halves(op: Op, result: Vector) -> [u64; 2] {
    match op.name().get(..3) {
        Some("F32") => operations::f32x4_canonical(result).halves(),
        Some("F64") => operations::f64x2_canonical(result).halves(),
        _ => result.halves(),
    }
}

/// Returns vectors of common special cases, as lanes of any size.
fn values() -> Vec<Vector> {
    const HALVES: [u64; 7] = [
        0,
        u64::MAX,
        0x8000_0000_3f80_0000,
        0x7ff8_0000_0000_0000,
        0x7fc0_0000_bf80_1234,
        0x0102_7f80_80ff_fe05,
        0x3ff8_0000_4f00_0000,
    ];
    HALVES.into_iter().flat_map(|low| HALVES.map(|high| Vector::new([low, high]))).collect()
}

#[test]
fn what_commutes_does_the_same_with_its_sources_swapped() {
    let rows = commuting();
    assert!(rows.len() > 10, "{}", rows.len());
    for (op, meaning) in rows {
        assert_eq!(op.mirror(), Some(op));
        for a in values() {
            for b in values() {
                assert_eq!(halves(op, meaning(a, b)), halves(op, meaning(b, a)), "{op:?} of {a:?} and {b:?}");
            }
        }
    }
}

#[test]
fn a_fused_operation_does_what_its_halves_do() {
    let rows = all_fused();
    assert_eq!(rows.len(), 3);
    for (op, meaning, first, second) in rows {
        assert_eq!(
            op.fuses().and_then(|Fused { first, second, feeds_second }| fused(Fused { first, second, feeds_second })),
            Some(op)
        );
        for a in values().into_iter().step_by(2) {
            for b in values().into_iter().step_by(2) {
                for c in values().into_iter().step_by(3) {
                    let both = second(first(a, b), c);
                    assert_eq!(halves(op, meaning(a, b, c)), halves(op, both), "{op:?} of {a:?}, {b:?} and {c:?}");
                }
            }
        }
    }
}

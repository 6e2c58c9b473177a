//! Tests that the columns of rows agree with the rows' meanings.

use alloc::vec;
use alloc::vec::Vec;

use wasmote_ir::ops::Fused;
use wasmote_ir::{Op, ValType};

use super::branch::Condition;
use super::fused::Ternary;
use super::memory::{Load, Store};
use super::numeric::{Binary, Unary};
use super::rows;
use crate::operand::Value;

/// A value in the 64 bits of a slot.
trait Bits: Value {
    fn of(slot: u64) -> Self;
    /// Returns the bits. All NaNs are equal.
    fn bits(self) -> u64;
}

macro_rules! bits {
    ($($ty:ty: |$value:ident| $bits:expr, |$slot:ident| $of:expr;)*) => { $(
        impl Bits for $ty {
            fn of($slot: u64) -> $ty {
                $of
            }
            fn bits(self) -> u64 {
                let $value = self;
                $bits
            }
        }
    )* };
}
bits! {
    u32: |a| a.into(), |slot| slot as u32;
    i32: |a| (a as u32).into(), |slot| slot as i32;
    u64: |a| a, |slot| slot;
    i64: |a| a as u64, |slot| slot as i64;
    f32: |a| if a.is_nan() { u64::MAX } else { a.to_bits().into() }, |slot| f32::from_bits(slot as u32);
    f64: |a| if a.is_nan() { u64::MAX } else { a.to_bits() }, |slot| f64::from_bits(slot);
}

/// Returns the result of an operation with two sources, or the decision of a branch. `None` if it traps.
fn binary<O: Binary<In: Bits, Out: Bits>>(a: u64, b: u64) -> Option<u64> {
    O::eval(Bits::of(a), Bits::of(b)).ok().map(Bits::bits)
}

fn holds<C: Condition<In: Bits>>(a: u64, b: u64) -> Option<u64> {
    Some(C::holds(Bits::of(a), Bits::of(b)).into())
}

fn three<T: Ternary<Value: Bits>>(a: u64, b: u64, c: u64) -> Option<u64> {
    T::eval(Bits::of(a), Bits::of(b), Bits::of(c)).ok().map(Bits::bits)
}

fn unary<O: Unary<In: Bits, Out: Bits>>(a: u64) -> Option<u64> {
    O::eval(Bits::of(a)).ok().map(Bits::bits)
}

/// Returns what a load reads from these bytes.
fn load<L: Load<Out: Bits>>(bytes: u64) -> Option<u64> {
    let bytes = bytes.to_le_bytes();
    // SAFETY: no load of a scalar reads more than eight bytes.
    Some(unsafe { L::load(bytes.as_ptr()) }.bits())
}

/// Returns what a store of this value writes.
fn store<T: Store<In: Bits>>(value: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    // SAFETY: no store of a scalar writes more than eight bytes.
    unsafe { T::store(bytes.as_mut_ptr(), Bits::of(value)) };
    Some(u64::from_le_bytes(bytes))
}

type OfOne = fn(u64) -> Option<u64>;
type OfTwo = fn(u64, u64) -> Option<u64>;
type OfThree = fn(u64, u64, u64) -> Option<u64>;

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        /// Returns the meaning of each row with one source.
        fn of_one(op: Op) -> Option<OfOne> {
            $( collect!(@one $shape $name op); )*
            None
        }

        /// Returns what each load makes of the bytes that it reads.
        fn of_load(op: Op) -> Option<OfOne> {
            $( collect!(@load $shape $name op); )*
            None
        }

        /// Returns the meaning of each row with two sources.
        fn of_two(op: Op) -> Option<OfTwo> {
            $( collect!(@two $shape $name op); )*
            None
        }

        /// Returns the meaning of each fused operation.
        fn of_three(op: Op) -> Option<OfThree> {
            $( collect!(@three $shape $name op); )*
            None
        }
    };
    (@one Unary $name:ident $op:ident) => { collect!(@is unary $name $op); };
    (@one Unary1 $name:ident $op:ident) => { collect!(@is unary $name $op); };
    (@one Store $name:ident $op:ident) => { collect!(@is store $name $op); };
    (@load Load $name:ident $op:ident) => { collect!(@is load $name $op); };
    (@load Load12 $name:ident $op:ident) => { collect!(@is load $name $op); };
    (@load Load6 $name:ident $op:ident) => { collect!(@is load $name $op); };
    (@two Bin2 $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin3 $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin4 $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin8 $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin12 $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin2Wide $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin4Wide $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin8Wide $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Bin12Wide $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two BinConst $name:ident $op:ident) => { collect!(@is binary $name $op); };
    (@two Branch $name:ident $op:ident) => { collect!(@is holds $name $op); };
    (@two Branch2 $name:ident $op:ident) => { collect!(@is holds $name $op); };
    (@two Branch2Wide $name:ident $op:ident) => { collect!(@is holds $name $op); };
    (@two BranchWide $name:ident $op:ident) => { collect!(@is holds $name $op); };
    (@three Fused3 $name:ident $op:ident) => { collect!(@is three $name $op); };
    (@three Fused4 $name:ident $op:ident) => { collect!(@is three $name $op); };
    (@three Fused12 $name:ident $op:ident) => { collect!(@is three $name $op); };
    (@three Fused3Imm $name:ident $op:ident) => { collect!(@is three $name $op); };
    (@is $function:ident $name:ident $op:ident) => {
        if $op == Op::$name {
            return Some($function::<rows::$name>);
        }
    };
    (@$kind:ident $shape:ident $name:ident $op:ident) => {};
}
wasmote_ir::for_each_op!(collect);

/// Returns common special cases, and some other values.
fn values() -> Vec<u64> {
    let f32s =
        [0.0, -0.0, 1.0, -1.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30].map(|a: f32| a.to_bits().into());
    let f64s = [0.0, -0.0, 1.0, -1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300].map(|a: f64| a.to_bits());
    let mut all = vec![0, 1, 2, 31, 63, u64::MAX, 0x7fff_ffff, 0x8000_0000, 1 << 63, i64::MAX as u64];
    all.extend(f32s.into_iter().chain(f64s));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..16 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        all.push(state);
    }
    all
}

/// Compares each row of two sources with the row that a column names. `related` says what must hold. Returns the
/// number of rows with such a column.
fn check(other: impl Fn(Op) -> Option<Op>, related: impl Fn(OfTwo, OfTwo, u64, u64) -> bool) -> usize {
    let mut checked = 0;
    for &op in Op::ALL {
        let (Some(meaning), Some(other)) = (of_two(op), other(op)) else { continue };
        let others = of_two(other).unwrap_or_else(|| panic!("{op:?}: {other:?} has two sources"));
        for a in values() {
            for b in values() {
                assert!(related(meaning, others, a, b), "{op:?} and {other:?} of {a:#x} and {b:#x}");
            }
        }
        checked += 1;
    }
    checked
}

#[test]
fn a_mirror_does_the_same_with_its_sources_swapped() {
    let checked = check(Op::mirror, |meaning, mirror, a, b| meaning(a, b) == mirror(b, a));
    assert!(checked > 80, "{checked}");
    assert!(Op::ALL.iter().all(|op| op.mirror().is_none_or(|mirror| mirror.mirror() == Some(*op))));
}

#[test]
fn what_negates_holds_where_the_other_does_not() {
    let checked = check(Op::negate, |meaning, negated, a, b| {
        meaning(a, b).is_some_and(|value| value < 2 && Some(1 - value) == negated(a, b))
    });
    assert!(checked > 60, "{checked}");
}

#[test]
fn a_branch_is_taken_where_the_result_is_not_zero() {
    let taken = |op: Op| Some(op.branches()?.0);
    let not = |op: Op| Some(op.branches()?.1);
    let checked = check(taken, |meaning, branch, a, b| {
        meaning(a, b).map(|value| value != 0) == branch(a, b).map(|taken| taken == 1)
    });
    assert_eq!(
        checked,
        check(not, |meaning, branch, a, b| meaning(a, b).map(|value| value == 0)
            == branch(a, b).map(|taken| taken == 1))
    );
    assert!(checked > 30, "{checked}");
}

#[test]
fn an_operation_with_a_large_constant_does_the_same() {
    assert_eq!(check(Op::with_constant, |meaning, constant, a, b| meaning(a, b) == constant(a, b)), 5);
}

#[test]
fn only_what_may_trap_does() {
    for &op in Op::ALL {
        let Some(meaning) = of_two(op) else { continue };
        let values = values();
        let mut pairs = values.iter().flat_map(|&a| values.iter().map(move |&b| (a, b)));
        assert_eq!(pairs.any(|(a, b)| meaning(a, b).is_none()), op.traps(), "{op:?}");
    }
}

#[test]
fn a_fused_operation_does_what_its_halves_do() {
    let mut checked = 0;
    for &op in Op::ALL {
        let Some(Fused { first, second, feeds_second }) = op.fuses() else { continue };
        assert_eq!(wasmote_ir::ops::fused(Fused { first, second, feeds_second }), Some(op));
        // The columns of vector rows are tested in the crate `simd`.
        let Some(fused) = of_three(op) else { continue };
        let (first, second) = (of_two(first).unwrap(), of_two(second).unwrap());
        for a in values() {
            for b in values() {
                let half = first(a, b).unwrap();
                for c in values() {
                    let both = if feeds_second { second(c, half) } else { second(half, c) };
                    assert_eq!(fused(a, b, c), both, "{op:?} of {a:#x}, {b:#x} and {c:#x}");
                }
            }
        }
        checked += 1;
    }
    let of_scalars = |op: &&Op| op.fuses().is_some() && op.result() != Some(ValType::V128);
    assert_eq!(checked, Op::ALL.iter().filter(of_scalars).count());
    assert!(checked > 20, "{checked}");
}

#[test]
fn of_32_bit_sources_only_the_lower_halves_are_read() {
    const UPPER: u64 = 0xdead_beef_0000_0000;
    // The translator leaves out wraps in front of these, and in front of these three, whose sources may have 64 bits.
    let extends = |op: Op| matches!(op, Op::I64Extend8S | Op::I64Extend16S | Op::I64Extend32S);
    let mut checked = 0;
    for &op in Op::ALL.iter().filter(|&&op| op.source() == Some(ValType::I32) || extends(op)) {
        if let Some(meaning) = of_one(op) {
            assert!(values().iter().all(|a| meaning(*a) == meaning(a ^ UPPER)), "{op:?}");
            checked += 1;
        }
        if let Some(meaning) = of_two(op) {
            for a in values() {
                assert!(values().iter().all(|b| meaning(a, *b) == meaning(a ^ UPPER, b ^ UPPER)), "{op:?}");
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn a_wrapped_result_is_the_lower_half() {
    let lower = |result: Option<u64>| result.map(|result| u64::from(result as u32));
    let checked = check(Op::wrapped, |meaning, wrapped, a, b| lower(meaning(a, b)) == wrapped(a, b));
    assert_eq!(checked, 6);
    let mut loads = 0;
    for &op in Op::ALL {
        let (Some(meaning), Some(wrapped)) = (of_load(op), op.wrapped()) else { continue };
        let wrapped = of_load(wrapped).unwrap();
        // The upper bytes tell whether one reads more than the other.
        assert!(values().iter().all(|&bytes| lower(meaning(bytes)) == wrapped(bytes)), "{op:?}");
        loads += 1;
    }
    assert_eq!(loads, 3);
}

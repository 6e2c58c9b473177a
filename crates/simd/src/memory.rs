//! Loads and stores (spec: exec/instructions#vector-instructions). Memory is little-endian on every machine.

use core::marker::PhantomData;

use wasmote_exec::vector::{Encoded, Execute, Flow, Linked, Regs, S, Source, Value, Vector, bytes};
use wasmote_ir::TrapCode;
use wasmote_ir::shape::{Format, Operand};

use crate::out_of_line::{ADDRESS, OutOfLineBody, VECTOR};
use crate::shapes::lane;

/// The meaning of a load that replaces a lane.
pub trait LoadLane {
    /// The number of bytes.
    const SIZE: u32;
    /// Reads the lane and puts it into `a`. The caller guarantees that `SIZE` bytes at `at` are readable.
    unsafe fn load(a: Vector, at: *const u8, lane: usize) -> Vector;
}

/// The meaning of a store of a lane.
pub trait StoreLane {
    /// The number of bytes.
    const SIZE: u32;
    /// Writes the lane. The caller guarantees that `SIZE` bytes at `at` are writable, that `from` is the vector's
    /// first slot, and that the vector has this lane.
    unsafe fn store(at: *mut u8, from: *const u64, lane: usize);
}

/// A load that replaces a lane. The operands are the address, the offset, the vector and the lane.
pub struct LoadInto<O>(PhantomData<O>);

impl<O: LoadLane> OutOfLineBody for LoadInto<O> {
    const FORMAT: Format = LoadHalf::<O>::FORMAT.operand(lane(16 / O::SIZE as usize));
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees the operands of `FORMAT`. `bytes` checked the range in memory 0.
        unsafe {
            let at = bytes(r, S::get(r, 0), r.u32(1), O::SIZE).ok_or(TrapCode::MemoryOutOfBounds)?;
            Ok(O::load(S::get(r, 3), at, r.u16(4)))
        }
    }
}

/// As [`LoadInto`], but the row gives the lane.
pub struct LoadHalf<O>(PhantomData<O>);

impl<O: LoadLane> OutOfLineBody for LoadHalf<O> {
    const FORMAT: Format = ADDRESS.operand(Operand::Offset).then(VECTOR);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees the operands of `FORMAT`. `bytes` checked the range in memory 0.
        unsafe {
            let at = bytes(r, S::get(r, 0), r.u32(1), O::SIZE).ok_or(TrapCode::MemoryOutOfBounds)?;
            Ok(O::load(S::get(r, 3), at, 0))
        }
    }
}

/// A store of a lane. The operands are the address, the vector, the lane and the offset.
pub struct StoreOf<O>(PhantomData<O>);

impl<O: StoreLane> Execute<Linked> for StoreOf<O> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the operands of `FORMAT`. `bytes` checked the range in memory 0. The
        // translator and the verifier keep the lane below the number of lanes.
        unsafe {
            let (address, offset) = (<S as Source<u32>>::get(r, 0), r.u32(3));
            let Some(at) = bytes(r, address, offset, O::SIZE) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            O::store(at, r.slot(1), r.u16(2));
            r.advance(5);
        }
        Flow::Next
    }
}

impl<O: StoreLane> Encoded for StoreOf<O> {
    const FORMAT: Format = ADDRESS.operand(Vector::SRC).operand(lane(16 / O::SIZE as usize)).operand(Operand::Offset);
}

/// The rows.
pub mod rows {
    use wasmote_exec::vector::{Bytes, Load, Store, Vector};

    use super::{LoadLane, StoreLane};
    use crate::baseline::*;
    use crate::lanes::of_bytes;

    macro_rules! loads {
        ($($name:ident: $bytes:ty, |$raw:ident| $value:expr;)*) => { $(
            pub struct $name;
            impl Load for $name {
                type Out = Vector;
                const SIZE: u32 = size_of::<$bytes>() as u32;
                #[inline(always)]
                unsafe fn load(at: *const u8) -> Vector {
                    // SAFETY: the caller guarantees that many readable bytes. The read does not need alignment.
                    let $raw = unsafe { at.cast::<$bytes>().read_unaligned() };
                    $value
                }
                #[inline(always)]
                unsafe fn load_shared(at: *const u8) -> Vector {
                    // SAFETY: the caller guarantees that many readable bytes.
                    let $raw = unsafe { <$bytes as Bytes>::read(at) };
                    $value
                }
            }
        )* };
    }

    /// Returns a vector whose lower half has these bytes in memory order.
    #[inline(always)]
    fn low(raw: u64) -> Vector {
        Vector::new([u64::from_le(raw), 0])
    }

    loads! {
        V128Load: [u8; 16], |raw| of_bytes(raw);
        V128Load8x8S: u64, |raw| i16x8_extend_low_i8x16_s(low(raw));
        V128Load8x8U: u64, |raw| i16x8_extend_low_i8x16_u(low(raw));
        V128Load16x4S: u64, |raw| i32x4_extend_low_i16x8_s(low(raw));
        V128Load16x4U: u64, |raw| i32x4_extend_low_i16x8_u(low(raw));
        V128Load32x2S: u64, |raw| i64x2_extend_low_i32x4_s(low(raw));
        V128Load32x2U: u64, |raw| i64x2_extend_low_i32x4_u(low(raw));
        V128Load8Splat: u8, |raw| i8x16_splat(raw.into());
        V128Load16Splat: u16, |raw| i16x8_splat(u16::from_le(raw).into());
        V128Load32Splat: u32, |raw| i32x4_splat(u32::from_le(raw));
        V128Load64Splat: u64, |raw| i64x2_splat(u64::from_le(raw));
        V128Load32Zero: u32, |raw| Vector::new([u32::from_le(raw).into(), 0]);
        V128Load64Zero: u64, |raw| low(raw);
    }

    pub use V128Load as V128LoadAny;

    pub struct V128Store;
    pub use V128Store as V128StoreAny;

    impl Store for V128Store {
        type In = Vector;
        const SIZE: u32 = 16;
        #[inline(always)]
        unsafe fn store(at: *mut u8, value: Vector) {
            // SAFETY: the caller guarantees 16 writable bytes. The write does not need alignment.
            unsafe { at.cast::<[u8; 16]>().write_unaligned(crate::lanes::bytes(value)) };
        }
        #[inline(always)]
        unsafe fn store_shared(at: *mut u8, value: Vector) {
            // SAFETY: the caller guarantees 16 writable bytes.
            unsafe { Bytes::write(crate::lanes::bytes(value), at) };
        }
    }

    macro_rules! lanes {
        ($($load:ident: $ty:ty, $splat:ident, |$lane:ident| $number:expr;)*) => { $(
            pub struct $load;
            impl LoadLane for $load {
                const SIZE: u32 = size_of::<$ty>() as u32;
                #[inline(always)]
                unsafe fn load(a: Vector, at: *const u8, $lane: usize) -> Vector {
                    // SAFETY: the caller guarantees that many readable bytes. The read does not need alignment.
                    let raw = unsafe { at.cast::<$ty>().read_unaligned() };
                    replace(a, $splat(<$ty>::from_le(raw).into()), size_of::<$ty>(), $number)
                }
            }
        )* };
    }
    lanes! {
        V128Load8Lane: u8, i8x16_splat, |lane| lane;
        V128Load16Lane: u16, i16x8_splat, |lane| lane;
        V128Load32Lane: u32, i32x4_splat, |lane| lane;
        V128Load64Lane0: u64, i64x2_splat, |_lane| 0;
        V128Load64Lane1: u64, i64x2_splat, |_lane| 1;
    }

    macro_rules! store_lanes {
        ($($store:ident: $ty:ty;)*) => { $(
            pub struct $store;
            impl StoreLane for $store {
                const SIZE: u32 = size_of::<$ty>() as u32;
                #[inline(always)]
                unsafe fn store(at: *mut u8, from: *const u64, lane: usize) {
                    // On big-endian machines the lanes of each half have the opposite order in a slot.
                    let last = 8 / size_of::<$ty>() - 1;
                    let lane = if cfg!(target_endian = "big") { lane ^ last } else { lane };
                    // SAFETY: the caller guarantees the writable bytes at `at`, two slots at `from`, and a lane of
                    // the vector.
                    unsafe {
                        let value = from.cast::<$ty>().add(lane).read();
                        at.cast::<$ty>().write_unaligned(value.to_le());
                    }
                }
            }
        )* };
    }
    store_lanes! {
        V128Store8Lane: u8;
        V128Store16Lane: u16;
        V128Store32Lane: u32;
    }
}

//! Vectors as arrays of lanes, lane 0 first.
#![allow(dead_code)] // Where the machine does all operations on a type.
#![allow(clippy::useless_transmute)] // Of bytes.

use wasmote_exec::vector::Vector;

macro_rules! lanes {
    ($($name:ident: [$ty:ty; $count:literal];)*) => { $(
        pub mod $name {
            use super::{Vector, bytes, of_bytes};

            /// The number of lanes.
            pub const COUNT: usize = $count;
            /// All lanes.
            pub type Lanes = [$ty; COUNT];
            /// One lane.
            pub type Lane = $ty;

            #[inline(always)]
            pub fn split(vector: Vector) -> Lanes {
                let bytes = bytes(vector);
                if cfg!(target_endian = "little") {
                    // SAFETY: both types have 16 bytes and accept all bits.
                    return unsafe { core::mem::transmute::<[u8; 16], Lanes>(bytes) };
                }
                let mut lanes = [0 as Lane; COUNT];
                for (lane, bytes) in lanes.iter_mut().zip(bytes.chunks_exact(16 / COUNT)) {
                    let mut own = [0; 16 / COUNT];
                    own.copy_from_slice(bytes);
                    *lane = Lane::from_le_bytes(own);
                }
                lanes
            }

            #[inline(always)]
            pub fn join(lanes: Lanes) -> Vector {
                if cfg!(target_endian = "little") {
                    // SAFETY: both types have 16 bytes and accept all bits.
                    return of_bytes(unsafe { core::mem::transmute::<Lanes, [u8; 16]>(lanes) });
                }
                let mut bytes = [0; 16];
                for (lane, bytes) in lanes.iter().zip(bytes.chunks_exact_mut(16 / COUNT)) {
                    bytes.copy_from_slice(&lane.to_le_bytes());
                }
                of_bytes(bytes)
            }
        }
    )* };
}

lanes! {
    i8x16: [i8; 16];
    u8x16: [u8; 16];
    i16x8: [i16; 8];
    u16x8: [u16; 8];
    i32x4: [i32; 4];
    u32x4: [u32; 4];
    i64x2: [i64; 2];
    u64x2: [u64; 2];
    f32x4: [f32; 4];
    f64x2: [f64; 2];
}

/// Returns the bytes in their order in memory.
#[inline(always)]
pub fn bytes(vector: Vector) -> [u8; 16] {
    let halves = vector.halves().map(u64::to_le_bytes);
    // SAFETY: both types have 16 bytes and accept all bits.
    unsafe { core::mem::transmute::<[[u8; 8]; 2], [u8; 16]>(halves) }
}

/// Returns the vector with these [`bytes`].
#[inline(always)]
pub fn of_bytes(bytes: [u8; 16]) -> Vector {
    // SAFETY: both types have 16 bytes and accept all bits.
    let halves = unsafe { core::mem::transmute::<[u8; 16], [[u8; 8]; 2]>(bytes) };
    Vector::new(halves.map(u64::from_le_bytes))
}

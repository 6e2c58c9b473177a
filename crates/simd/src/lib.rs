//! The handlers of vector instructions (spec: exec/numerics#vector-operations), for `wasmote-exec`'s linker.
//!
//! Read in this order:
//!
//! 1. `lanes`: vectors as arrays;
//! 2. `portable`: the meaning of each operation, on any machine;
//! 3. `sse2` or `neon`: operations that intrinsics compute better than what the compiler makes of `portable`. `sse4`
//!    has some for newer processors;
//! 4. `shapes`: the generic vector instructions, and for each shape its handlers. `out_of_line` has those of rarely used
//!    instructions;
//! 5. `rows`: which row of `wasmote-ir`'s table is which operation. `handler_table` has the handlers of all rows.
//!
//! docs/simd.md explains how vectors are translated and what relaxed instructions do.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
// Unsafe functions here have the contract of `Execute::run`: see `wasmote_exec::vector`.
#![allow(clippy::missing_safety_doc)]

#[cfg(test)]
mod columns_tests;
mod handler_table;
mod lanes;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod out_of_line;
mod portable;
#[cfg(all(feature = "relaxed-native", target_arch = "x86_64"))]
mod relaxed;
mod rows;
mod shapes;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(target_arch = "x86_64")]
mod sse4;
#[cfg(feature = "superinstructions")]
mod superinstructions;
#[cfg(test)]
mod tests;

pub use handler_table::handler;

/// The best version of each operation for every machine of this architecture.
mod baseline {
    #[cfg(target_arch = "aarch64")]
    pub use crate::neon::*;
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub use crate::portable::*;
    #[cfg(target_arch = "x86_64")]
    pub use crate::sse2::*;
}

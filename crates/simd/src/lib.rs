//! The handlers of vector instructions (spec: exec/numerics#vector-operations), for `wasmote-exec`'s linker.
//!
//! Read in this order:
//!
//! 1. `lanes`: vectors as arrays;
//! 2. `portable`: what each operation does, on any machine;
//! 3. `sse2`, or `neon`: the same operations, those among them that the machine does better than the compiler in other
//!    words; `sse4`: some for machines that have more;
//! 4. `shapes`: instructions that are not over values alone, and for each shape its handlers; `apart`: those of what is rarely used;
//! 5. `rows`: which row of `wasmote-ir`'s table does which operation; `table`: the handlers of all rows.
//!
//! docs/simd.md says how vectors are translated, and what relaxed instructions do.
#![no_std]
#![deny(missing_docs)]
// What is unsafe asks of its callers what `Instr::run` does: see `wasmote_exec::vector`.
#![allow(clippy::missing_safety_doc)]

mod apart;
#[cfg(test)]
mod columns_tests;
mod lanes;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(feature = "pairs")]
mod pairs;
mod portable;
#[cfg(all(feature = "relaxed-native", target_arch = "x86_64"))]
mod relaxed;
mod rows;
mod shapes;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(target_arch = "x86_64")]
mod sse4;
mod table;
#[cfg(test)]
mod tests;

pub use table::handler;

/// The operations as every machine of this architecture does them best.
mod baseline {
    #[cfg(target_arch = "aarch64")]
    pub use crate::neon::*;
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub use crate::portable::*;
    #[cfg(target_arch = "x86_64")]
    pub use crate::sse2::*;
}

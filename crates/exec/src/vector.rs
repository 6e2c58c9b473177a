//! What crates of handlers, such as `simd`, build on: vectors as values, and the generic instructions of one, two and
//! three sources, loads, stores, and operand classes.
//!
//! # Safety
//!
//! Each unsafe item here has the contract of [`Execute::run`]. The registers are those of a running function, `ip` is
//! at an instruction of the right kind, and operands are at the units that its shape gives them. Slots lie in the
//! function's frame. The pointer that a load or store gets comes from [`bytes`], which checked the range.

#[cfg(target_arch = "x86_64")]
pub use crate::dispatch::hot_sse4;
pub use crate::dispatch::{Execute, cold, hot};
pub use crate::handlers::control::ReturnOne;
pub use crate::handlers::float::{double, single};
pub use crate::handlers::fused::{FeedsFirst, FusedInstr, Ternary};
pub use crate::handlers::handler_macros::{Encoded, in_order};
pub use crate::handlers::memory::{AddressMode, Load, LoadAt, LoadFromAny, Store, StoreAt, StoreToAny, Sum, bytes};
pub use crate::handlers::numeric::{Binary, BinaryInstr, Unary, UnaryInstr};
pub use crate::handlers::shared::Bytes;
#[cfg(feature = "superinstructions")]
pub use crate::handlers::superinstructions::{Seq, number, vectors::VECTORS};
pub use crate::linked::{Flow, Handler, Linked, Regs};
pub use crate::operand::{Dest, I, R, S, Source, Value, Vector};

//! Vectors as values, and what handlers in other crates are made of: the generic instructions over meanings of one, two
//! and three sources, loads and stores, and the classes of their operands.
//!
//! # Safety
//!
//! All that is unsafe here asks what [`Instr::run`] does: the registers are those of a running function, `ip` is at an
//! instruction of the kind that is meant, and operands are at the units that its shape has them at. Slots are the function's own; what memory
//! a load or store gets was checked by [`bytes`].

#[cfg(target_arch = "x86_64")]
pub use crate::dispatch::hot_sse4;
pub use crate::dispatch::{Instr, cold, hot};
pub use crate::handlers::control::ReturnOne;
pub use crate::handlers::float::{double, single};
pub use crate::handlers::memory::{Address, Load, LoadAt, LoadFromAny, Store, StoreAt, StoreToAny, Sum, bytes};
pub use crate::handlers::numeric::{Binary, One, Two, Unary};
#[cfg(feature = "pairs")]
pub use crate::handlers::pairs::{InTurn, number, vectors::VECTORS};
pub use crate::handlers::stamp::{Encoded, in_order};
pub use crate::handlers::tiles::{Then, Three, Tile};
pub use crate::linked::{Flow, Handler, Linked, Regs};
pub use crate::operand::{Dest, I, R, S, Source, Value, Vector};

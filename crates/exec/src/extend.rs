//! What other crates need to add instructions: their handlers are made as those here are, and given to [`Linker::new`](crate::Linker::new).

pub use crate::dispatch::{Flow, Handler, Instr, Regs, cold, hot};
pub use crate::handlers::metered::{pay, pay_for_piece};
pub use crate::handlers::numeric::{One, Unary};
pub use crate::handlers::{Encoded, in_order};
pub use crate::operand::{R, S, instr_bytes};

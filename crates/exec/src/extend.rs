//! What other crates need to add instructions: their handlers are made as those here are, and given to [`Linker::new`](crate::Linker::new).

pub use crate::dispatch::{Flow, Handler, Instr, Regs, cold, hot};
pub use crate::handlers::metered::{pay, pay_for_piece};
pub use crate::operand::instr_bytes;

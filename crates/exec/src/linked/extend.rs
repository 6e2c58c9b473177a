//! The parts with which other crates add instructions. Their handlers are made like those here and are passed to
//! [`CodeLinker::new`](crate::CodeLinker::new).
//!
//! The handlers of a shape's variants are listed by the variants' names, in any order:
//!
//! ```
//! use wasmote_exec::extend::{Encoded, Handler, Linked, UnaryInstr, R, S, Unary, hot, in_order};
//! use wasmote_ir::{TrapCode, shape::{self, Shape}};
//!
//! struct Same;
//! impl Unary for Same {
//!     type In = u32;
//!     type Out = u32;
//!     fn eval(a: u32) -> Result<u32, TrapCode> {
//!         Ok(a)
//!     }
//! }
//!
//! static HANDLERS: [Handler; 4] = in_order(shape::Unary::FORMATS, [
//!     (shape::Unary::s as usize, UnaryInstr::<Same, S, S>::FORMAT, hot::<Linked, UnaryInstr<Same, S, S>>),
//!     (shape::Unary::s_r as usize, UnaryInstr::<Same, S, R>::FORMAT, hot::<Linked, UnaryInstr<Same, S, R>>),
//!     (shape::Unary::r as usize, UnaryInstr::<Same, R, S>::FORMAT, hot::<Linked, UnaryInstr<Same, R, S>>),
//!     (shape::Unary::r_r as usize, UnaryInstr::<Same, R, R>::FORMAT, hot::<Linked, UnaryInstr<Same, R, R>>),
//! ]);
//! ```
//!
//! The same list with two names swapped does not compile:
//!
//! ```compile_fail
//! use wasmote_exec::extend::{Encoded, Handler, Linked, UnaryInstr, R, S, Unary, hot, in_order};
//! use wasmote_ir::{TrapCode, shape::{self, Shape}};
//!
//! struct Same;
//! impl Unary for Same {
//!     type In = u32;
//!     type Out = u32;
//!     fn eval(a: u32) -> Result<u32, TrapCode> {
//!         Ok(a)
//!     }
//! }
//!
//! static HANDLERS: [Handler; 4] = in_order(shape::Unary::FORMATS, [
//!     (shape::Unary::s as usize, UnaryInstr::<Same, S, S>::FORMAT, hot::<Linked, UnaryInstr<Same, S, S>>),
//!     (shape::Unary::r as usize, UnaryInstr::<Same, S, R>::FORMAT, hot::<Linked, UnaryInstr<Same, S, R>>),
//!     (shape::Unary::s_r as usize, UnaryInstr::<Same, R, S>::FORMAT, hot::<Linked, UnaryInstr<Same, R, S>>),
//!     (shape::Unary::r_r as usize, UnaryInstr::<Same, R, R>::FORMAT, hot::<Linked, UnaryInstr<Same, R, R>>),
//! ]);
//! ```

pub use crate::dispatch::{Execute, cold, hot};
pub use crate::handlers::handler_macros::{Encoded, in_order};
pub use crate::handlers::metered::{pay, pay_for_piece};
pub use crate::handlers::numeric::{Unary, UnaryInstr};
pub use crate::linked::{Flow, Handler, Linked, Regs};
pub use crate::operand::{R, S};

//! The parts with which other crates add instructions. Their handlers are made like those here and are passed to
//! [`Linker::new`](crate::Linker::new).
//!
//! The handlers of a shape's variants are listed by the variants' names, in any order:
//!
//! ```
//! use wasmote_exec::extend::{Encoded, Handler, Linked, One, R, S, Unary, hot, in_order};
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
//!     (shape::Unary::s as usize, One::<Same, S, S>::FORMAT, hot::<Linked, One<Same, S, S>>),
//!     (shape::Unary::s_r as usize, One::<Same, S, R>::FORMAT, hot::<Linked, One<Same, S, R>>),
//!     (shape::Unary::r as usize, One::<Same, R, S>::FORMAT, hot::<Linked, One<Same, R, S>>),
//!     (shape::Unary::r_r as usize, One::<Same, R, R>::FORMAT, hot::<Linked, One<Same, R, R>>),
//! ]);
//! ```
//!
//! The same list with two names swapped does not compile:
//!
//! ```compile_fail
//! use wasmote_exec::extend::{Encoded, Handler, Linked, One, R, S, Unary, hot, in_order};
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
//!     (shape::Unary::s as usize, One::<Same, S, S>::FORMAT, hot::<Linked, One<Same, S, S>>),
//!     (shape::Unary::r as usize, One::<Same, S, R>::FORMAT, hot::<Linked, One<Same, S, R>>),
//!     (shape::Unary::s_r as usize, One::<Same, R, S>::FORMAT, hot::<Linked, One<Same, R, S>>),
//!     (shape::Unary::r_r as usize, One::<Same, R, R>::FORMAT, hot::<Linked, One<Same, R, R>>),
//! ]);
//! ```

pub use crate::dispatch::{Instr, cold, hot};
pub use crate::handlers::metered::{pay, pay_for_piece};
pub use crate::handlers::numeric::{One, Unary};
pub use crate::handlers::stamp::{Encoded, in_order};
pub use crate::linked::{Flow, Handler, Linked, Regs};
pub use crate::operand::{R, S};

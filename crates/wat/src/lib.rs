//! WebAssembly text into binaries: [`parse_text`], and with the feature `script` the specification's scripts as
//! plain lists of directives. Both are thin over the `wast` crate, whose types do not leave this one.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod error;
#[cfg(feature = "print")]
pub mod print;
#[cfg(feature = "script")]
pub mod script;
mod text;

pub use error::TextError;
pub use text::parse_text;

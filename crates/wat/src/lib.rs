//! WebAssembly text into binaries: [`parse_text`], and with the feature `script` the specification's scripts as plain lists of directives.
//!
//! A text is read token by token (`lexer`, `parser`), and a module's sections are written as its fields are read (`fields`, `encode`): nothing stands
//! between them but names. What instructions there are, and what stands behind each, is what the table of operators says (`wasmote_ir::operators`).
//! Read in this order:
//!
//! 1. `lexer`, `numbers`, `parser`: tokens and what is made of few of them; `error`: what can be wrong;
//! 2. `buffer`, `encode`: the binary as it is written; `space`: names and indices;
//! 3. `types`, `signatures`: types, and those that a module defines;
//! 4. `fields`, `segments`, `custom`: the fields of a module;
//! 5. `instructions`, `immediates`: function bodies and constant expressions;
//! 6. `text`, `script`: what is offered; `print`: binaries into text.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod buffer;
mod custom;
mod encode;
mod error;
mod fields;
mod immediates;
mod instructions;
mod lexer;
mod numbers;
mod parser;
#[cfg(feature = "print")]
pub mod print;
#[cfg(feature = "script")]
pub mod script;
mod segments;
mod signatures;
mod space;
#[cfg(test)]
mod tests;
mod text;
mod types;

pub use error::TextError;
pub use text::parse_text;

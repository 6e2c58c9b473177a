//! Parses WebAssembly text: [`parse_text`] converts a module to a binary. With the feature `script`, the
//! specification's scripts become lists of directives. With the feature `print`, binaries become text.
//!
//! The parser reads a text token by token, and encodes sections while it reads the fields. There is no syntax tree;
//! only names are kept. The names of instructions and their immediates come from the table of operators
//! (`wasmote_ir::operators`).
//!
//! Read in this order:
//!
//! 1. `lexer`, `numbers`, `parser`: tokens, and values of few tokens; `error`: the messages;
//! 2. `buffer`, `encode`: the binary while it is written; `space`: names and indices;
//! 3. `types`, `signatures`: types, and the type section;
//! 4. `fields`, `segments`, `custom`: the fields of a module;
//! 5. `instructions`, `immediates`: function bodies and constant expressions;
//! 6. `text`, `script`: the public interface; `print`: binaries to text.
//!
#![doc = include_str!("../FEATURES.md")]
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

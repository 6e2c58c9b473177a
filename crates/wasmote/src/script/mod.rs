//! Running of the specification's scripts (`.wast`): what the conformance tests and the command `wasmote wast` are
//! made of.
//!
//! A script is parsed by `wasmote-wat`; [`run`] carries out its directives in order (`run`), with the module
//! `spectest` that all scripts may import (`spectest`), and compares results (`values`).

#[cfg(not(feature = "gc"))]
mod no_objects;
#[cfg(feature = "gc")]
mod objects;
mod run;
mod spectest;
mod values;

use alloc::string::String;
use alloc::vec::Vec;

use wasmote_translate::CodeOptions;

use crate::engine::Config;
#[cfg(not(feature = "gc"))]
use no_objects as objects;

pub use run::run;

/// How scripts are run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The configuration of the engine; a script is run in an engine of its own.
    pub config: Config,
    /// Whether modules are made into images with such code, and loaded from there.
    pub images: Option<CodeOptions>,
    /// How floats are written in failures; without it as their bits alone.
    pub decimals: Option<Decimals>,
}

/// Floats as decimal numbers. The library `core` does that, too, with 17 KB of code and tables.
#[derive(Clone, Copy, Debug)]
pub struct Decimals {
    /// An f32.
    pub f32: fn(f32) -> String,
    /// An f64.
    pub f64: fn(f64) -> String,
}

/// What became of a script.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Number of directives that did as they should.
    pub passed: usize,
    /// The directives that did not.
    pub failed: Vec<Failure>,
    /// Number of directives that ask for nothing that this build could do wrong, such as checks of custom sections.
    pub skipped: usize,
}

/// A directive that did not do as it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line in the script, from 1.
    pub line: u32,
    /// What it did instead.
    pub what: String,
}

//! Runs the specification's scripts (`.wast`), for the conformance tests and the command `wasmote wast`.
//!
//! `wasmote-wat` parses a script. [`run()`] carries out its directives in order. `spectest` defines the
//! module that all scripts may import. `values` compares results with what the script expects.

#[cfg(not(feature = "gc"))]
mod no_objects;
#[cfg(not(feature = "std"))]
mod no_threads;
#[cfg(feature = "gc")]
mod objects;
mod run;
mod spectest;
#[cfg(feature = "std")]
mod threads;
mod values;

use alloc::string::String;
use alloc::vec::Vec;

use wasmote_translate::CodeOptions;

use crate::engine::Config;
use crate::store::Store;
#[cfg(not(feature = "gc"))]
use no_objects as objects;
#[cfg(not(feature = "std"))]
use no_threads as threads;

pub use run::run;

/// How scripts are run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The configuration of the engine. Each script has an engine of its own.
    pub config: Config,
    /// The options of the images that modules are written to and loaded from. `None` loads the modules directly.
    pub images: Option<CodeOptions>,
    /// Is called with the store of each script, and of each thread in it, before the first directive.
    pub prepare: Option<fn(&mut Store<()>)>,
    /// Prints floats in failures. `None` prints only their bits.
    pub decimals: Option<Decimals>,
}

/// Prints floats as decimal numbers. This is optional, since the code of `core` for it takes 17 KB.
#[derive(Clone, Copy, Debug)]
pub struct Decimals {
    /// Prints an `f32`.
    pub f32: fn(f32) -> String,
    /// Prints an `f64`.
    pub f64: fn(f64) -> String,
}

/// The result of a script.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many directives passed.
    pub passed: usize,
    /// The directives that failed.
    pub failed: Vec<Failure>,
    /// The directives that were left out, since no build could pass them: checks of custom sections.
    pub left_out: Vec<LeftOut>,
}

/// A directive that was left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Its line in the script, counted from 1.
    pub line: u32,
    /// Why.
    pub reason: &'static str,
}

/// A directive that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line in the script, counted from 1.
    pub line: u32,
    /// What happened instead.
    pub what: String,
}

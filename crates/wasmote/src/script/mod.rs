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
#[non_exhaustive]
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

impl Options {
    /// Returns these options with another configuration.
    #[must_use]
    pub fn with_config(self, config: Config) -> Options {
        Options { config, ..self }
    }

    /// Returns these options with images, or without.
    #[must_use]
    pub fn with_images(self, images: Option<CodeOptions>) -> Options {
        Options { images, ..self }
    }

    /// Returns these options with a function that prepares stores.
    #[must_use]
    pub fn with_prepare(self, prepare: fn(&mut Store<()>)) -> Options {
        Options { prepare: Some(prepare), ..self }
    }

    /// Returns these options with what prints floats.
    #[must_use]
    pub fn with_decimals(self, decimals: Decimals) -> Options {
        Options { decimals: Some(decimals), ..self }
    }
}

/// Prints floats as decimal numbers. This is optional, since the code of `core` for it takes 17 KB.
#[derive(Clone, Copy, Debug)]
pub struct Decimals {
    f32: fn(f32) -> String,
    f64: fn(f64) -> String,
}

impl Decimals {
    /// Makes it of what prints an `f32` and what prints an `f64`.
    #[must_use]
    pub fn new(f32: fn(f32) -> String, f64: fn(f64) -> String) -> Decimals {
        Decimals { f32, f64 }
    }
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

//! The module in a file, loaded by the library.

use alloc::borrow::Cow;

use wasmote::{Config, Engine, Error, Module, WasmBytes};
use wasmote_rt::told_of_no_memory;

use crate::failure::Failure;
use crate::input::{self, Input};

/// Running modules before all of them is proven valid, where a build can do that (`ahead`).
pub struct Ahead {
    pub allow: fn(&mut Config, &[u8]),
    pub threads: fn(&[u8]) -> usize,
    pub start: fn(&Module, &[u8], usize) -> Result<(), Error>,
    pub settled: fn(&Module, &[u8]),
}

#[cfg(feature = "threads")]
pub const AHEAD: Option<Ahead> = Some(crate::ahead::AHEAD);
/// Modules are validated before they run.
#[cfg(not(feature = "threads"))]
pub const AHEAD: Option<Ahead> = None;

/// How an engine is to be that loads this.
pub fn config(input: &Input) -> Config {
    let mut config = Config::new();
    if let Some(ahead) = AHEAD {
        (ahead.allow)(&mut config, &input.bytes);
    }
    config
}

/// Loads what was read from the file, in an engine of its own.
#[cfg(any(feature = "validate", feature = "compile", all(feature = "inspect", feature = "image")))]
pub fn load_alone(file: &[u8], input: Input) -> Result<Module, Failure> {
    load(&Engine::new(&config(&input)), file, input)
}

/// Loads what was read from the file.
pub fn load(engine: &Engine, file: &[u8], input: Input) -> Result<Module, Failure> {
    // Errors are reported with the module's bytes at hand. A file can be read again, standard input can't.
    let kept = (file == b"-").then(|| input.clone());
    told_of_no_memory(|| module(engine, input)).or_else(|error| {
        let input = kept.map_or_else(|| input::module(file), Ok)?;
        Err(Failure::of(file, &input.bytes, &error))
    })
}

fn module(engine: &Engine, input: Input) -> Result<Module, Error> {
    // What is mapped is not copied.
    let bytes = match input.bytes {
        Cow::Borrowed(bytes) => WasmBytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    if input.is_image { image(engine, bytes) } else { binary(engine, bytes) }
}

#[cfg(feature = "image")]
fn image(engine: &Engine, image: WasmBytes) -> Result<Module, Error> {
    Module::from_image(engine, image)
}

#[cfg(not(feature = "image"))]
fn image(_: &Engine, _: WasmBytes) -> Result<Module, Error> {
    Err(Error::new(crate::kind::Kind::Image.refusal(false)))
}

#[cfg(feature = "validate")]
fn binary(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
    Module::new(engine, wasm)
}

#[cfg(all(feature = "wasm", not(feature = "validate")))]
#[allow(unsafe_code)]
fn binary(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
    // SAFETY: who builds without `validate` promises to run only valid modules.
    unsafe { Module::new_unchecked(engine, wasm) }
}

#[cfg(not(feature = "wasm"))]
fn binary(_: &Engine, _: WasmBytes) -> Result<Module, Error> {
    Err(Error::new(crate::kind::Kind::Binary.refusal(false)))
}

//! Loads the module in a file.

use alloc::borrow::Cow;

use wasmote::{Config, Engine, Error, Module, WasmBytes};
use wasmote_rt::with_allocation_errors;

use crate::failure::CliError;
use crate::features::built;
use crate::input::{self, Input};

/// Validation that goes on while the module runs, in builds that have it (`background_validation`).
pub struct BackgroundValidation {
    pub allow: fn(&mut Config, &[u8]),
    pub threads: fn(&[u8]) -> usize,
    pub start: fn(&Module, &[u8], usize) -> Result<(), Error>,
    pub wait_validated: fn(&Module, &[u8]),
}

/// `None` in builds that validate modules before they run.
pub const BACKGROUND_VALIDATION: Option<BackgroundValidation> =
    built!("threads", crate::background_validation::BACKGROUND_VALIDATION);

/// Loads a module from its bytes.
type Load = fn(&Engine, WasmBytes) -> Result<Module, Error>;

const LOAD_IMAGE: Option<Load> = built!("image", Module::from_image);
const LOAD_BINARY: Option<Load> = built!("wasm", load_binary);

/// Returns the configuration of an engine that loads this input.
pub fn config(input: &Input) -> Config {
    let mut config = Config::new();
    if let Some(background) = BACKGROUND_VALIDATION {
        (background.allow)(&mut config, &input.bytes);
    }
    config
}

/// Loads the input in an engine of its own.
#[cfg(any(feature = "validate", feature = "compile", all(feature = "inspect", feature = "image")))]
pub fn load_alone(file: &[u8], input: Input) -> Result<Module, CliError> {
    load(&Engine::new(&config(&input)), file, input)
}

/// Loads the input. `file` is its name, for errors.
pub fn load(engine: &Engine, file: &[u8], input: Input) -> Result<Module, CliError> {
    // Errors are reported with the module's bytes, so that missing features can be named. A file can be read again for
    // that, but standard input cannot.
    let kept = (file == b"-").then(|| input.clone());
    with_allocation_errors(|| module(engine, input)).or_else(|error| {
        let input = kept.map_or_else(|| input::module(file), Ok)?;
        Err(CliError::of(file, &input.bytes, &error))
    })
}

fn module(engine: &Engine, input: Input) -> Result<Module, Error> {
    let (kind, is_image) = (input.kind, input.is_image());
    // Mapped bytes are not copied.
    let bytes = match input.bytes {
        Cow::Borrowed(bytes) => WasmBytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    match (is_image, LOAD_IMAGE, LOAD_BINARY) {
        (true, Some(load), _) => load(engine, bytes),
        (false, _, Some(load)) => load(engine, bytes),
        _ => Err(Error::new(kind.refusal(false))),
    }
}

#[cfg(feature = "validate")]
fn load_binary(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
    Module::from_binary(engine, wasm)
}

#[cfg(all(feature = "wasm", not(feature = "validate")))]
#[allow(unsafe_code)]
fn load_binary(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
    // SAFETY: the module must be valid. In a build without the feature `validate`, its documentation leaves that to the
    // user.
    unsafe { Module::new_unchecked(engine, wasm) }
}

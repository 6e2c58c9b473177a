//! `wasmote validate`, and the features that a module needs and this build lacks.

use alloc::format;
use alloc::vec::Vec;

use crate::failure::{CliError, shown};
use crate::input;
use crate::load::load_alone;
use crate::options::Options;
use crate::print;

#[inline(never)]
pub fn check(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    let is_image = input.is_image();
    // Loading validates a binary completely. Of an image, it verifies all but the functions.
    let module = load_alone(file, input)?;
    if !is_image {
        return print(&format!("{}: valid\n", shown(file)));
    }
    let verified = wasmote_rt::with_allocation_errors(|| module.verify());
    verified.map_err(|error| CliError::of(file, module.bytes(), &error))?;
    let functions = module.info().bodies.len();
    print(&format!("{}: valid image, all {functions} functions verified\n", shown(file)))
}

/// Returns the names of the features that a module needs and this build lacks.
pub fn missing_features(wasm: &[u8]) -> Vec<&'static str> {
    let (needed, _) = wasmote_validate::required_features(wasm);
    needed.iter().filter(|feature| !feature.built).map(|feature| feature.name).collect()
}

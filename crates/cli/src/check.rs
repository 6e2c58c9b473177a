//! `wasmote validate`.

use alloc::format;

use wasmote_validate::{Features, validate};

use crate::failure::{Failure, shown};
use crate::options::Options;
use crate::{input, print};

pub fn check(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let wasm = input::module(file)?;
    // What decodes and what is valid are two questions, and the module must pass both to run.
    wasmote_decode::decode(&wasm).map_err(|error| Failure::of(file, &wasm, &error.into()))?;
    validate(&wasm, &Features::default()).map_err(|error| Failure::invalid(file, &wasm, &error))?;
    print(&format!("{}: valid\n", shown(file)))
}

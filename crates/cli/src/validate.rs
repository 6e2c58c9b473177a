//! `wasmote validate`, and the features that a module needs and this build lacks.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmote_decode::names::FunctionNames;
use wasmote_decode::{ExportKind, ModuleInfo, decode_supported};
use wasmote_validate::ValidateError;

use crate::escaped::Escaped;
use crate::failure::{CliError, shown};
use crate::input;
use crate::load::load_alone;
use crate::options::Options;
use crate::plural::Plural;
use crate::print;
use crate::type_text::TypeNames;

#[inline(never)]
pub fn check(options: &Options) -> Result<i32, CliError> {
    let mut status = 0;
    for file in options.files() {
        // The other files are still checked.
        if let Err(error) = check_file(file) {
            error.print();
            status = error.status;
        }
    }
    Ok(status)
}

fn check_file(file: &[u8]) -> Result<(), CliError> {
    let input = input::module(file)?;
    let is_image = input.is_image();
    // Loading validates a binary completely. Of an image, it verifies all but the functions.
    let module = load_alone(file, input)?;
    if !is_image {
        return print(&format!("{}: valid\n", shown(file))).map(drop);
    }
    let verified = wasmote_rt::with_allocation_errors(|| module.verify());
    verified.map_err(|error| CliError::of(file, module.bytes(), &error))?;
    let functions = Plural(module.info().bodies.len(), "function");
    print(&format!("{}: valid image, all {functions} verified\n", shown(file))).map(drop)
}

/// Returns the names of the features that a module needs and this build lacks.
pub fn missing_features(wasm: &[u8]) -> Vec<&'static str> {
    let (needed, _) = wasmote_validate::required_features(wasm);
    needed.iter().filter(|feature| !feature.built).map(|feature| feature.name).collect()
}

/// Describes what is invalid: with the names of types, and the function that it is in.
#[cold]
pub fn invalid(wasm: &[u8], error: &ValidateError) -> String {
    let (mut message, mut place) = (error.to_string(), String::new());
    if let Ok((module, _)) = decode_supported(wasm) {
        message = TypeNames::of(&module, wasm).put_into(&message);
        place = function_at(&module, wasm, error.offset);
    }
    format!("invalid module: {message}{place}: report this to the tool that made it")
}

/// Says in which function an offset lies, by its index and its name if it has one. Returns an empty text if it lies in
/// none.
fn function_at(module: &ModuleInfo, wasm: &[u8], offset: usize) -> String {
    // The bodies are in order. Some errors are at the end of a body.
    let body = module.bodies.partition_point(|body| body.end < offset);
    if module.bodies.get(body).is_none_or(|body| offset < body.start) {
        return String::new();
    }
    let func = module.imported_funcs + body as u32;
    let names = FunctionNames::new(module, wasm);
    let exported = || module.exports.iter().find(|export| export.kind == ExportKind::Func && export.index == func);
    match names.get(wasm, func).or_else(|| exported().map(|export| &*export.name)) {
        Some(name) => format!(", in function {func} <{}>", Escaped(name)),
        None => format!(", in function {func}"),
    }
}

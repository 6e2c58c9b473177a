//! `wasmote parse`: converts text to a binary.

use crate::failure::CliError;
use crate::file_kind::FileKind;
use crate::options::Options;
use crate::{input, output};

#[inline(never)]
pub fn parse(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    let message = match input.kind {
        FileKind::Text => return output::write(options.out, &input.bytes),
        FileKind::Image => "this is an image, not text: name a .wat file",
        _ => "this is already a binary, not text: name a .wat file",
    };
    Err(CliError::load(file, message))
}

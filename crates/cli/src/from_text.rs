//! `wasmote parse`: text into a binary.

use crate::failure::Failure;
use crate::kind::Kind;
use crate::options::Options;
use crate::{input, output};

#[inline(never)]
pub fn parse(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let input = input::module(file)?;
    let message = match input.kind {
        Kind::Text => return output::write(options.out, &input.bytes),
        Kind::Image => "this is an image, not text: name a .wat file",
        _ => "this is a binary already, not text: name a .wat file",
    };
    Err(Failure::load(file, message))
}

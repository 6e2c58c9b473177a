//! The file to work on, as a binary.

use std::ffi::OsStr;
use std::io::{self, Read};

use crate::failure::Failure;

const MAGIC: &[u8] = b"\0asm";

/// The bytes of the file, or of standard input if it is `-`.
pub fn bytes(file: &OsStr) -> Result<Vec<u8>, Failure> {
    if file == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map_err(|error| Failure::load(file, error))?;
        return Ok(bytes);
    }
    std::fs::read(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::load(file, "no such file (and no command of that name)"),
        io::ErrorKind::IsADirectory => Failure::load(file, "is a directory, name a file in it"),
        _ => Failure::load(file, format_args!("cannot be read: {error}")),
    })
}

/// The module in the file, translated from text if it is that.
pub fn module(file: &OsStr) -> Result<Vec<u8>, Failure> {
    let bytes = bytes(file)?;
    if bytes.starts_with(MAGIC) {
        return Ok(bytes);
    }
    if MAGIC.starts_with(&bytes) {
        return Err(Failure::load(
            file,
            format_args!("the file ends after {} bytes, in the header of the module: build it again", bytes.len()),
        ));
    }
    // Text begins with a parenthesis or a comment.
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'(' | b';') => text(file, &bytes),
        _ => Err(Failure::load(
            file,
            "neither a binary module, which has `\\0asm` at offset 0x0, nor text, which begins with `(`",
        )),
    }
}

#[cfg(feature = "wat")]
fn text(file: &OsStr, text: &[u8]) -> Result<Vec<u8>, Failure> {
    wasmote_wat::parse_text(text, "").map_err(|error| {
        // The word that the parser stumbled over says more than most messages.
        let at: String = error.excerpt.chars().skip(error.excerpt_column as usize - 1).collect();
        let word = at.split([' ', '(', ')', ';']).next().unwrap_or_default();
        let word = if word.is_empty() { String::new() } else { format!(", at `{word}`") };
        Failure::load(file, format_args!("line {}, column {}: {}{word}", error.line, error.column, error.message))
    })
}

#[cfg(not(feature = "wat"))]
fn text(file: &OsStr, _: &[u8]) -> Result<Vec<u8>, Failure> {
    Err(Failure::load(file, "is text, and this wasmote was built without the feature `wat`: make a binary of it first"))
}

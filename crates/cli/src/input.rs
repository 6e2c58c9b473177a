//! The file to work on, as a binary.

use alloc::borrow::Cow;
#[cfg(feature = "wat")]
use alloc::format;
#[cfg(feature = "wat")]
use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Failure;

const MAGIC: &[u8] = b"\0asm";

/// The bytes of the file, or of standard input if it is `-`.
pub fn bytes(file: &[u8]) -> Result<Cow<'static, [u8]>, Failure> {
    if file == b"-" {
        return wasmote_rt::read_stdin().map(Cow::Owned).map_err(|error| Failure::load(file, error));
    }
    contents(file).map_err(|error| {
        if error.is_not_found() {
            Failure::load(file, "no such file (and no command of that name)")
        } else if error.is_directory() {
            Failure::load(file, "is a directory, name a file in it")
        } else {
            Failure::load(file, format_args!("cannot be read: {error}"))
        }
    })
}

/// An image is mapped, as most of it may never be asked for. A binary is read: what was validated has to stay as it was, even if
/// the guest can write to its own file.
#[cfg(feature = "image")]
fn contents(file: &[u8]) -> Result<Cow<'static, [u8]>, wasmote_rt::Error> {
    wasmote_rt::map_file(file, &wasmote::Module::IMAGE_MAGIC)
}

#[cfg(not(feature = "image"))]
fn contents(file: &[u8]) -> Result<Cow<'static, [u8]>, wasmote_rt::Error> {
    wasmote_rt::read_file(file).map(Cow::Owned)
}

/// The module in the file, translated from text if it is that.
pub fn module(file: &[u8]) -> Result<Cow<'static, [u8]>, Failure> {
    let bytes = bytes(file)?;
    if bytes.starts_with(MAGIC) || is_image(&bytes) {
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
        Some(b'(' | b';') => text(file, &bytes).map(Cow::Owned),
        _ => Err(Failure::load(
            file,
            "neither a binary module, which has `\\0asm` at offset 0x0, nor text, which begins with `(`",
        )),
    }
}

#[cfg(feature = "image")]
fn is_image(bytes: &[u8]) -> bool {
    wasmote::Module::is_image(bytes)
}

#[cfg(not(feature = "image"))]
fn is_image(_: &[u8]) -> bool {
    false
}

/// Makes a file of these bytes: of all or, when that fails, none.
#[cfg(feature = "compile")]
pub fn write(file: &[u8], bytes: &[u8]) -> Result<(), Failure> {
    wasmote_rt::write_file(file, bytes).map_err(|error| Failure::load(file, format_args!("cannot be written: {error}")))
}

/// Writes bytes to standard output.
#[cfg(feature = "compile")]
pub fn write_all(bytes: &[u8]) -> Result<i32, Failure> {
    wasmote_rt::Stream::Output.write(bytes)?;
    Ok(0)
}

#[cfg(feature = "wat")]
fn text(file: &[u8], text: &[u8]) -> Result<Vec<u8>, Failure> {
    wasmote_wat::parse_text(text, "").map_err(|error| {
        // The word that the parser stumbled over says more than most messages.
        let at: String = error.excerpt.chars().skip(error.excerpt_column as usize - 1).collect();
        let word = at.split([' ', '(', ')', ';']).next().unwrap_or_default();
        let word = if word.is_empty() { String::new() } else { format!(", at `{word}`") };
        Failure::load(file, format_args!("line {}, column {}: {}{word}", error.line, error.column, error.message))
    })
}

#[cfg(not(feature = "wat"))]
fn text(file: &[u8], _: &[u8]) -> Result<Vec<u8>, Failure> {
    Err(Failure::load(file, "is text, and this wasmote was built without the feature `wat`: make a binary of it first"))
}

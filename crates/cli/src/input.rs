//! The file to work on: its bytes, and the module or script in it.

#[cfg(feature = "wat")]
mod text;

use alloc::borrow::Cow;

#[cfg(feature = "script")]
pub use text::script;

use crate::failure::Failure;
use crate::kind::Kind;

/// A module in a form that this build can work on.
#[derive(Clone)]
pub struct Input {
    /// A binary, which may have been made from text, or an image.
    pub bytes: Cow<'static, [u8]>,
    /// Whether it is an image.
    pub is_image: bool,
    /// Whether it was made from text.
    #[cfg_attr(not(feature = "wat"), allow(dead_code))]
    pub was_text: bool,
}

/// The bytes of the file, or of standard input if it is `-`.
fn bytes(file: &[u8]) -> Result<Cow<'static, [u8]>, Failure> {
    if file == b"-" {
        return wasmote_rt::read_stdin().map(Cow::Owned).map_err(|error| Failure::load(file, error));
    }
    contents(file).map_err(|error| {
        if error.is_not_found() {
            // `wasmote validat x.wasm`: a word like a command is taken for a file.
            let command = file.iter().all(u8::is_ascii_lowercase);
            Failure::load(file, if command { "no such file (and no command of that name)" } else { "no such file" })
        } else if error.is_directory() {
            Failure::load(file, "is a directory, name a file in it")
        } else if error.is_broken_pipe() {
            Failure::load(file, "is a fifo that nobody writes to: start the writer first, or use a pipe and `-`")
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
pub fn module(file: &[u8]) -> Result<Input, Failure> {
    let bytes = bytes(file)?;
    match Kind::of(&bytes) {
        Kind::Binary if cfg!(feature = "wasm") => Ok(Input { bytes, is_image: false, was_text: false }),
        Kind::Image if cfg!(feature = "image") => Ok(Input { bytes, is_image: true, was_text: false }),
        #[cfg(feature = "wat")]
        Kind::Text => {
            let bytes = Cow::Owned(text::binary(file, &bytes)?);
            Ok(Input { bytes, is_image: false, was_text: true })
        }
        kind => Err(Failure::load(file, kind.refusal(false))),
    }
}

/// Makes a file of these bytes: of all or, when that fails, none.
#[cfg(any(feature = "compile", feature = "print", feature = "wat"))]
pub fn write(file: &[u8], bytes: &[u8]) -> Result<(), Failure> {
    wasmote_rt::write_file(file, bytes).map_err(|error| Failure::load(file, format_args!("cannot be written: {error}")))
}

/// Writes bytes to standard output.
#[cfg(any(feature = "compile", feature = "wat"))]
pub fn write_all(bytes: &[u8]) -> Result<i32, Failure> {
    wasmote_rt::Stream::Output.write(bytes)?;
    Ok(0)
}

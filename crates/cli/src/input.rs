//! Reads the file to work on, and converts text to a binary.

#[cfg(feature = "wat")]
mod text;

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use wasmote_ir::image::layout;

use crate::failure::{CliError, shown};
use crate::features::{self, built};
use crate::file_kind::FileKind;
use crate::options::nearest_command;

/// A module in a form that this build can work on.
#[derive(Clone)]
pub struct Input {
    /// A binary, which may have been made from text, or an image.
    pub bytes: Cow<'static, [u8]>,
    /// What the file was: [`FileKind::Binary`], [`FileKind::Image`] or [`FileKind::Text`].
    pub kind: FileKind,
}

impl Input {
    pub fn is_image(&self) -> bool {
        self.kind == FileKind::Image
    }
}

type Parse = fn(&[u8], &[u8]) -> Result<Vec<u8>, CliError>;

/// Converts a module in the text format to a binary.
const PARSE: Option<Parse> = built!("wat", text::binary);

/// Returns the bytes of the file, or of standard input if it is `-`.
pub fn bytes(file: &[u8]) -> Result<Cow<'static, [u8]>, CliError> {
    if file == b"-" {
        return wasmote_rt::read_stdin().map(Cow::Owned).map_err(|error| CliError::load(file, error));
    }
    contents(file).map_err(|error| {
        if error.is_not_found() {
            // In `wasmote validat x.wasm`, the misspelled command is taken for the file.
            let is_word = file.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            let word = if is_word { shown(file) } else { Cow::Borrowed("") };
            match nearest_command(&word) {
                Some(near) => CliError::usage(format!("{word}: no such file or command: did you mean `{near}`?")),
                None if is_word => CliError::load(file, "no such file, and no command of that name"),
                None => CliError::load(file, "no such file"),
            }
        } else if error.is_directory() {
            CliError::load(file, "is a directory: name a file in it")
        } else if error.is_broken_pipe() {
            CliError::load(file, "is a fifo that nobody writes to: start the writer first, or use a pipe and `-`")
        } else {
            CliError::load(file, format_args!("cannot be read: {error}"))
        }
    })
}

/// Reads or maps the file. Images are mapped, because most of an image may never be needed. Binaries are read, because
/// the guest may be able to write to its own file, and validated code must not change.
fn contents(file: &[u8]) -> Result<Cow<'static, [u8]>, wasmote_rt::Error> {
    if features::IMAGE.is_built {
        wasmote_rt::map_file(file, &layout::MAGIC)
    } else {
        wasmote_rt::read_file(file).map(Cow::Owned)
    }
}

/// Returns the module in the file. Text is converted to a binary.
pub fn module(file: &[u8]) -> Result<Input, CliError> {
    let bytes = bytes(file)?;
    let kind = FileKind::of(&bytes);
    match (kind, PARSE) {
        (FileKind::Binary, _) if features::WASM.is_built => Ok(Input { bytes, kind }),
        (FileKind::Image, _) if features::IMAGE.is_built => Ok(Input { bytes, kind }),
        (FileKind::Text, Some(parse)) => Ok(Input { bytes: Cow::Owned(parse(file, &bytes)?), kind }),
        _ => Err(CliError::load(file, kind.refusal(false))),
    }
}

//! Modules in the text format.

use alloc::vec::Vec;

use crate::error::Error;

/// Returns the binary of a text, or `None` if the bytes are a binary already. `path` is for the message.
///
/// # Errors
/// Fails if the text is malformed. The embedder's error is then a [`TextError`](crate::TextError).
pub(crate) fn to_binary(bytes: &[u8], path: &str) -> Result<Option<Vec<u8>>, Error> {
    // No text begins with this byte, and all binaries and images do.
    if bytes.is_empty() || bytes[0] == 0 {
        return Ok(None);
    }
    parsed(bytes, path).map(Some)
}

fn parsed(text: &[u8], path: &str) -> Result<Vec<u8>, Error> {
    match wasmote_wat::parse_text(text, path) {
        Ok(binary) => Ok(binary),
        Err(error) if error.is_out_of_memory() => Err(wasmote_ir::fallible::OutOfMemory.into()),
        Err(error) => Err(Error::host(error)),
    }
}

/// Makes a binary of a module in the text format (spec: text/modules).
///
/// ```
/// let binary = wasmote::binary_of_text(b"(module)")?;
/// assert_eq!(binary, b"\0asm\x01\0\0\0");
/// # Ok::<(), wasmote::Error>(())
/// ```
///
/// # Errors
/// Fails if the text is malformed, or if there is not enough memory. The embedder's error is a
/// [`TextError`](crate::TextError), with line and column.
pub fn binary_of_text(text: &[u8]) -> Result<Vec<u8>, Error> {
    parsed(text, "")
}

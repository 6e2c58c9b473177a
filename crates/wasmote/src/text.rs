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
    match wasmote_wat::parse_text(bytes, path) {
        Ok(binary) => Ok(Some(binary)),
        Err(error) if error.is_out_of_memory() => Err(wasmote_ir::fallible::OutOfMemory.into()),
        Err(error) => Err(Error::host(error)),
    }
}

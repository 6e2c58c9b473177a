//! Reads modules in the text format.

use alloc::vec::Vec;

use crate::failure::CliError;

/// Converts a module in the text format to a binary.
pub fn binary(file: &[u8], text: &[u8]) -> Result<Vec<u8>, CliError> {
    wasmote_wat::parse_text(text, "").map_err(|error| {
        let (line, column, message) = (error.line, error.column, error.message);
        if error.excerpt.is_empty() {
            return CliError::load(file, format_args!("line {line}, column {column}: {message}"));
        }
        let (excerpt, width) = (&error.excerpt, error.excerpt_column as usize);
        CliError::load(
            file,
            format_args!("line {line}, column {column}: {message}\n    {excerpt}\n    {:>width$}", '^'),
        )
    })
}

//! Reads modules in the text format.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::CliError;

/// Converts a module in the text format to a binary.
pub fn binary(file: &[u8], text: &[u8]) -> Result<Vec<u8>, CliError> {
    wasmote_wat::parse_text(text, "").map_err(|error| {
        // The word at the error often says more than the message.
        let at: String = error.excerpt.chars().skip(error.excerpt_column as usize - 1).collect();
        let word = at.split([' ', '(', ')', ';']).next().unwrap_or_default();
        let word = if word.is_empty() { String::new() } else { format!(", at `{word}`") };
        CliError::load(file, format_args!("line {}, column {}: {}{word}", error.line, error.column, error.message))
    })
}

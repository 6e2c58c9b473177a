//! Text: a module, or a script.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Failure;

/// The binary that a module in the text format becomes.
pub fn binary(file: &[u8], text: &[u8]) -> Result<Vec<u8>, Failure> {
    wasmote_wat::parse_text(text, "").map_err(|error| {
        // The word that the parser stumbled over says more than most messages.
        let at: String = error.excerpt.chars().skip(error.excerpt_column as usize - 1).collect();
        let word = at.split([' ', '(', ')', ';']).next().unwrap_or_default();
        let word = if word.is_empty() { String::new() } else { format!(", at `{word}`") };
        Failure::load(file, format_args!("line {}, column {}: {}{word}", error.line, error.column, error.message))
    })
}

/// The script in the file.
#[cfg(feature = "script")]
pub fn script(file: &[u8]) -> Result<String, Failure> {
    use crate::kind::Kind;

    let bytes = super::bytes(file)?;
    match Kind::of(&bytes) {
        Kind::Text | Kind::Script => String::from_utf8(bytes.into_owned()).map_err(|error| {
            let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let (line, last) = (valid.split('\n').count(), valid.rsplit('\n').next().unwrap_or_default());
            let column = last.chars().count() + 1;
            Failure::load(file, format_args!("line {line}, column {column}: malformed UTF-8 encoding"))
        }),
        kind => Err(Failure::load(file, kind.refusal(true))),
    }
}

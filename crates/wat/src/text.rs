//! One module as text.

use wast::Wat;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};

use crate::error::TextError;

/// The binary of a module in the text format (spec: text/modules). `path` stands in errors only.
pub fn parse_text(text: &[u8], path: &str) -> Result<Vec<u8>, TextError> {
    match core::str::from_utf8(text) {
        Ok(text) => encode(text, path),
        Err(error) => {
            let valid = String::from_utf8_lossy(&text[..error.valid_up_to()]);
            Err(TextError::new("malformed UTF-8 encoding", path, &valid, valid.len()))
        }
    }
}

fn encode(text: &str, path: &str) -> Result<Vec<u8>, TextError> {
    let parsed = buffer(text).and_then(|buffer| parser::parse::<Wat<'_>>(&buffer)?.encode());
    parsed.map_err(|error| TextError::of(&error, path, text))
}

/// The tokens of a text. Marks for right-to-left text are let through: names may contain them.
pub(crate) fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

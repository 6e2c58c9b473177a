//! Parses one module.

use alloc::vec::Vec;

use crate::error::{Fault, Result, SyntaxErrorKind, TextError};
use crate::fields;
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// Parses a module in the text format (spec: text/modules). Returns its binary. `path` is only used in errors.
///
/// # Errors
/// If the text is malformed, or uses a name that it does not define, or if there is no memory. The module is not
/// validated.
pub fn parse_text(text: &[u8], path: &str) -> core::result::Result<Vec<u8>, TextError> {
    parse_bytes(text).map_err(|(fault, text)| fault.report(path, text))
}

/// Like [`parse_text`]. Errors come with the part of the text that is UTF-8, for the report.
pub(crate) fn parse_bytes(text: &[u8]) -> core::result::Result<Vec<u8>, (Fault, &str)> {
    match core::str::from_utf8(text) {
        Ok(text) => parse(text).map_err(|fault| (fault, text)),
        Err(error) => {
            let valid = core::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default();
            Err((Fault { wrong: SyntaxErrorKind::Utf8, at: valid.len() as u32 }, valid))
        }
    }
}

fn parse(text: &str) -> Result<Vec<u8>> {
    let mut parser = Parser::new(text)?;
    if parser.is_blank() {
        return Err(parser.fault(SyntaxErrorKind::Empty));
    }
    if parser.is_form("component") {
        return Err(parser.fault(SyntaxErrorKind::Component));
    }
    // A module's fields may stand without `(module ...)`.
    let binary = if parser.take_form("module") {
        let binary = fields::module(&mut parser)?;
        parser.close()?;
        binary
    } else {
        fields::fields(&mut parser)?
    };
    parser.expect(TokenKind::End, SyntaxErrorKind::End)?;
    Ok(binary)
}

//! Recognizes modules, components and scripts in the text format by their outermost forms.

use super::FileKind;

/// Returns the kind of a text, by the first word of each outermost form in parentheses.
pub fn kind(text: &[u8]) -> FileKind {
    let mut modules = 0;
    let mut rest = text;
    while let Some(word) = next_form(&mut rest) {
        match word {
            b"component" if modules == 0 => return FileKind::Component,
            b"module" => modules += 1,
            b"register" | b"invoke" | b"get" => return FileKind::Script,
            _ if word.starts_with(b"assert_") => return FileKind::Script,
            _ => {}
        }
        if modules > 1 {
            return FileKind::Script;
        }
    }
    FileKind::Text
}

/// Removes the first outermost form from the text, and returns the word that it begins with.
fn next_form<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let text = *rest;
    let mut word = None;
    let (mut at, mut depth) = (0, 0usize);
    while at < text.len() {
        let (byte, next) = (text[at], text.get(at + 1).copied());
        at += 1;
        match (byte, next) {
            (b'"', _) => at = end_of_string(text, at),
            (b';', Some(b';')) => at += text[at..].iter().position(|&byte| byte == b'\n').unwrap_or(text.len() - at),
            (b'(', Some(b';')) => at = end_of_comment(text, at + 1),
            (b'(', _) => {
                depth += 1;
                if depth == 1 {
                    word = Some(word_at(text, at));
                }
            }
            (b')', _) if depth == 1 => {
                *rest = &text[at..];
                return word;
            }
            (b')', _) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // The parser reports text that ends too early.
    *rest = &[];
    word
}

/// Returns the end of a string whose first character is at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = text.get(at) {
        at += if byte == b'\\' { 2 } else { 1 };
        if byte == b'"' {
            break;
        }
    }
    at
}

/// Returns the end of a block comment. `at` is behind its opening `(;`. Block comments nest.
fn end_of_comment(text: &[u8], mut at: usize) -> usize {
    let mut depth = 1usize;
    while depth > 0 && at < text.len() {
        let (step, change) = match &text[at..] {
            [b'(', b';', ..] => (2, 1),
            [b';', b')', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth = depth.saturating_add_signed(change);
    }
    at
}

/// Returns the word at `at`, after white space.
fn word_at(text: &[u8], at: usize) -> &[u8] {
    let text = text[at..].trim_ascii_start();
    let end = text.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    &text[..end.unwrap_or(text.len())]
}

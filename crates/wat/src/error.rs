//! Why a text was refused, and where.

use std::fmt;

/// Why a text was refused, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextError {
    /// What is wrong, in one line.
    pub message: Box<str>,
    /// The file, or what stands for it.
    pub path: Box<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The line's text, cut around the column if it is long.
    pub excerpt: Box<str>,
    /// The column in `excerpt`, from 1.
    pub excerpt_column: u32,
}

/// Characters of the line shown on each side of the column.
const EXCERPT_SIDE: usize = 60;

impl TextError {
    /// An error at this byte of a text.
    #[cold]
    pub(crate) fn new(message: &str, path: &str, text: &str, offset: usize) -> TextError {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
        let line = text[..start].bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = text[start..offset].chars().count();
        let skipped = column.saturating_sub(EXCERPT_SIDE);
        let shown = text[start..end].chars().skip(skipped).take(2 * EXCERPT_SIDE);
        // What would move the cursor or hide text is shown as a space.
        let excerpt: String = shown.map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
        TextError {
            // Messages of several lines begin with the one that says it.
            message: message.lines().next().unwrap_or_default().into(),
            path: path.into(),
            line: line as u32,
            column: column as u32 + 1,
            excerpt: excerpt.trim_end().into(),
            excerpt_column: (column - skipped) as u32 + 1,
        }
    }

    /// An error of `wast`'s in this text.
    #[cold]
    pub(crate) fn of(error: &wast::Error, path: &str, text: &str) -> TextError {
        TextError::new(&error.message(), path, text, error.span().offset())
    }
}

/// Marks that change the order of the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)?;
        writeln!(f, "    {}", self.excerpt)?;
        write!(f, "    {:>1$}", '^', self.excerpt_column as usize)
    }
}

impl std::error::Error for TextError {}

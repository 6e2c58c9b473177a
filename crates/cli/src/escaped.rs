//! Escapes names from modules and from the command line, so that they are safe to print.

use core::fmt::{Display, Formatter, Result, Write};

/// Characters beyond ASCII that move, hide or reorder the text around them, or that no font has. They are controls,
/// marks of direction and width, line and paragraph separators, variation selectors, private characters and
/// noncharacters.
const INVISIBLE: [(char, char); 12] = [
    ('\u{80}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff0}', '\u{fffb}'),
];

/// The first character of the planes with tags and private characters.
const LAST_PLANES: char = '\u{e0000}';

/// Prints a name with Rust escapes for unprintable characters, quotes and backslashes, so that it can be read back.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for c in self.0.chars() {
            match c {
                '\0' => f.write_str("\\0")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                '\n' => f.write_str("\\n")?,
                '\\' | '"' | '\'' => {
                    f.write_char('\\')?;
                    f.write_char(c)?;
                }
                ' '..='~' => f.write_char(c)?,
                _ if c < ' ' || c == '\x7f' || c >= LAST_PLANES || is_invisible(c) => {
                    write!(f, "\\u{{{:x}}}", u32::from(c))?
                }
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn is_invisible(c: char) -> bool {
    INVISIBLE.iter().any(|&(first, last)| (first..=last).contains(&c))
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    #[test]
    fn what_is_printable_is_printed_and_the_rest_escaped() {
        let plain = "a_Z$ 09.<>[]`~ äß 漢字 Ελλάδα 🦀 \u{1f9e6}";
        assert_eq!(Escaped(plain).to_string(), plain);
        let ascii: String = (0..128).map(char::from).collect();
        assert_eq!(Escaped(&ascii).to_string(), ascii.escape_debug().to_string());
        assert_eq!(Escaped("a\u{202e}b\u{9b}c\u{e0041}").to_string(), "a\\u{202e}b\\u{9b}c\\u{e0041}");
    }

    /// Checks all characters that `core` classifies as control characters or white space.
    #[test]
    fn no_control_character_is_printed() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_control() || c.is_whitespace()) {
            let raw = Escaped(c.encode_utf8(&mut [0; 4])).to_string().contains(c);
            // The other space characters are as harmless as the usual one.
            assert!(!raw || c == ' ' || ('\u{1680}'..='\u{200a}').contains(&c) || c == '\u{3000}', "{c:?}");
        }
        // The standard has these 12 bidirectional controls.
        for c in
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
        {
            assert!(is_invisible(c));
        }
    }
}

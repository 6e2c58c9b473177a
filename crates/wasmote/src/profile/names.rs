//! Names of functions in files. They come from the guest, so they may contain anything.

use core::fmt::{self, Write};

use super::ProfiledFunction;

/// The maximum number of characters of a name.
const MAX_CHARS: usize = 256;

/// What the characters of a name are written into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// A line of functions, with `;` between them.
    Folded,
    /// Text of an XML document.
    Xml,
}

/// Writes the beginning of a name, no more than `chars` characters.
pub(super) fn write_name(
    out: &mut dyn Write,
    function: &ProfiledFunction<'_>,
    within: Within,
    chars: usize,
) -> fmt::Result {
    write!(Escaped { out, within, left: chars.min(MAX_CHARS) }, "{function}")
}

struct Escaped<'a> {
    out: &'a mut dyn Write,
    within: Within,
    left: usize,
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let Some(left) = self.left.checked_sub(1) else { break };
            self.left = left;
            match (c, self.within) {
                (';', Within::Folded) => self.out.write_char(':')?,
                ('&', Within::Xml) => self.out.write_str("&amp;")?,
                ('<', Within::Xml) => self.out.write_str("&lt;")?,
                ('>', Within::Xml) => self.out.write_str("&gt;")?,
                _ => self.out.write_char(if is_printable(c) { c } else { '\u{fffd}' })?,
            }
        }
        Ok(())
    }
}

/// Returns whether a character may be in a line of text, and in XML. Line breaks and controls may not, nor what reorders
/// the text around it, nor noncharacters.
fn is_printable(c: char) -> bool {
    let hidden = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let noncharacter = u32::from(c) & 0xfffe == 0xfffe;
    !c.is_control() && !hidden && !noncharacter
}

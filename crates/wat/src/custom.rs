//! Custom sections: `(@custom "name" (before first) "bytes")` (spec: appendix/custom#custom-annotations).

use crate::encode::{Custom, Encoder, SECTIONS};
use crate::error::{Result, SyntaxErrorKind};
use crate::lexer::Annotation;

impl Encoder<'_, '_> {
    /// Parses a custom annotation if it comes next; returns whether it did.
    pub fn custom(&mut self) -> Result<bool> {
        if !self.parser.take_annotation(Annotation::Custom) {
            return Ok(false);
        }
        let start = self.custom_bytes.len();
        self.parser.name_string(&mut self.custom_bytes)?;
        self.has_names |= self.custom_bytes.bytes()?[start..] == *b"\x04name";
        let place = if self.parser.is_open() { self.place()? } else { Custom::LAST };
        while !self.parser.is_end() {
            self.parser.string(&mut self.custom_bytes)?;
        }
        self.add_custom(place)?;
        self.parser.close()?;
        Ok(true)
    }

    /// Parses where the section is placed.
    fn place(&mut self) -> Result<u8> {
        self.parser.open()?;
        let before = self.parser.take_word("before");
        if !before && !self.parser.take_word("after") {
            return Err(self.parser.fault(SyntaxErrorKind::Place));
        }
        let place = if self.parser.take_word(if before { "first" } else { "last" }) {
            if before { Custom::FIRST } else { Custom::LAST }
        } else {
            let section = SECTIONS.iter().position(|(word, _)| self.parser.is_word(word));
            let section = section.ok_or_else(|| self.parser.fault(SyntaxErrorKind::Section))?;
            self.parser.advance();
            if before { Custom::before(section) } else { Custom::after(section) }
        };
        self.parser.close()?;
        Ok(place)
    }
}

//! The lexer (spec: text/lexical).

use crate::buffer::Buffer;
use crate::error::SyntaxErrorKind;
use crate::numbers;

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    Open,
    Close,
    String,
    Id,
    Keyword,
    Integer,
    Float,
    /// The name of an annotation that this crate reads. It follows a [`TokenKind::Open`].
    Annotation(Annotation),
    /// A reserved token: it has a token's characters, but no meaning.
    Reserved,
    /// No token can be read here.
    Bad(SyntaxErrorKind),
    /// The end of the text.
    End,
}

/// The annotations that this crate reads. All others are skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Annotation {
    Name,
    Custom,
    BranchHint,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// The token's bytes. A [`TokenKind::Bad`] token begins at the error.
    pub start: u32,
    pub end: u32,
}

/// A position in a text, from which tokens are read. Reading all tokens takes time linear in the text.
#[derive(Clone, Copy)]
pub(crate) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    /// Whether an annotation was skipped, rather than white space alone.
    pub skipped_annotation: bool,
}

impl<'t> Lexer<'t> {
    /// The text must be shorter than 2^31 bytes, and UTF-8.
    pub fn new(text: &'t [u8]) -> Lexer<'t> {
        Lexer { text, at: 0, skipped_annotation: false }
    }

    /// Continues at this byte.
    pub fn seek(&mut self, at: u32) {
        self.at = at as usize;
    }

    /// Reads the next token.
    pub fn next(&mut self) -> Token {
        loop {
            let start = self.at;
            let kind = self.kind();
            #[cfg(test)]
            crate::tests::READ.with(|read| read.set(read.get() + self.at.max(start + 1) - start));
            let kind = match kind {
                Ok(Some(kind)) => kind,
                Ok(None) => continue,
                Err((at, wrong)) => {
                    // The rest of the text is not read.
                    self.at = self.text.len();
                    return Token { kind: TokenKind::Bad(wrong), start: at as u32, end: at as u32 };
                }
            };
            return Token { kind, start: start as u32, end: self.at as u32 };
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Reads one token. Returns `None` for white space, comments and annotations. Errors carry their byte offset.
    fn kind(&mut self) -> Result<Option<TokenKind>, (usize, SyntaxErrorKind)> {
        let start = self.at;
        let Some(first) = self.byte(0) else { return Ok(Some(TokenKind::End)) };
        self.at += 1;
        Ok(Some(match first {
            b' ' | b'\t' | b'\n' | b'\r' => return Ok(None),
            b';' if self.byte(0) == Some(b';') => {
                let rest = &self.text[self.at..];
                self.at += rest.iter().position(|&byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                return Ok(None);
            }
            b'(' if self.byte(0) == Some(b';') => return self.block_comment(start).map(|()| None),
            b'(' if self.byte(0) == Some(b'@') => {
                if self.annotation(start)? {
                    return Ok(None);
                }
                TokenKind::Open
            }
            b'(' => TokenKind::Open,
            b')' => TokenKind::Close,
            b',' | b';' | b'[' | b']' | b'{' | b'}' => TokenKind::Reserved,
            b'"' | b'!'..=b'~' => {
                self.at = start;
                let (characters, strings) = self.word()?;
                classify(&self.text[start..self.at], characters, strings)
            }
            _ => return Err((start, SyntaxErrorKind::Character)),
        }))
    }

    /// Skips a comment that began at `start`. Comments nest.
    fn block_comment(&mut self, start: usize) -> Result<(), (usize, SyntaxErrorKind)> {
        let mut depth = 0;
        self.at = start;
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b'('), Some(b';')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b';'), Some(b')')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err((start, SyntaxErrorKind::Comment)),
            }
        }
    }

    /// Reads a sequence of word characters and strings without space between. Returns the numbers of both.
    fn word(&mut self) -> Result<(u32, u32), (usize, SyntaxErrorKind)> {
        let (mut characters, mut strings) = (0, 0);
        loop {
            match self.byte(0) {
                Some(b'"') => {
                    self.at = string(self.text, self.at, None)?;
                    strings += 1;
                }
                Some(byte) if is_id_character(byte) => {
                    self.at += 1;
                    characters += 1;
                }
                _ => return Ok((characters, strings)),
            }
        }
    }

    /// Reads an annotation behind its parenthesis. Skips it if this crate does not read it; otherwise reading continues
    /// at its name.
    fn annotation(&mut self, start: usize) -> Result<bool, (usize, SyntaxErrorKind)> {
        let at = self.at;
        let (characters, strings) = self.word()?;
        let known = match classify(&self.text[at..self.at], characters, strings) {
            TokenKind::Annotation(_) => true,
            TokenKind::Bad(wrong) => return Err((at, wrong)),
            // An unknown annotation, or no annotation at all.
            kind => kind != TokenKind::Reserved || !is_annotation(characters, strings),
        };
        if known {
            self.at = at;
            return Ok(false);
        }
        self.skipped_annotation = true;
        let mut depth = 1;
        while depth > 0 {
            let Some(byte) = self.byte(0) else { return Err((start, SyntaxErrorKind::Annotation)) };
            match byte {
                // Skipping a nested annotation as an annotation would recurse.
                b'(' if self.byte(1) != Some(b';') => {
                    depth += 1;
                    self.at += 1;
                }
                b')' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => {
                    self.kind()?;
                }
            }
        }
        Ok(true)
    }
}

/// Whether a word that begins with `@` is the name of an annotation. The arguments are its numbers of characters and
/// strings.
fn is_annotation(characters: u32, strings: u32) -> bool {
    strings == 0 || characters == 1 && strings == 1
}

/// Classifies a word by its text, and its numbers of characters outside of strings and of strings.
fn classify(word: &[u8], characters: u32, strings: u32) -> TokenKind {
    let is_quoted = characters == 1 && strings == 1 && word.get(1) == Some(&b'"');
    match word[0] {
        b'"' if characters == 0 && strings == 1 => TokenKind::String,
        b'$' if strings == 0 || is_quoted => TokenKind::Id,
        b'@' if strings == 0 || is_quoted => known_annotation(&word[1..], is_quoted),
        first if strings == 0 => match numbers::kind(word) {
            Some(kind) => kind,
            None if first.is_ascii_lowercase() => TokenKind::Keyword,
            None => TokenKind::Reserved,
        },
        _ => TokenKind::Reserved,
    }
}

/// Returns the annotation of this name, which may be a string. Returns [`TokenKind::Reserved`] for other names.
fn known_annotation(name: &[u8], is_quoted: bool) -> TokenKind {
    let (mut decoded, mut name) = (Buffer::default(), name);
    if is_quoted {
        // The string was read before without an error.
        let _ = string(name, 0, Some(&mut decoded));
        let Ok(bytes) = decoded.bytes() else { return TokenKind::Bad(SyntaxErrorKind::Memory) };
        if core::str::from_utf8(bytes).is_err() {
            return TokenKind::Bad(SyntaxErrorKind::Utf8);
        }
        name = bytes;
    }
    match name {
        b"" => TokenKind::Bad(SyntaxErrorKind::EmptyAnnotation),
        b"name" => TokenKind::Annotation(Annotation::Name),
        b"custom" => TokenKind::Annotation(Annotation::Custom),
        b"metadata.code.branch_hint" => TokenKind::Annotation(Annotation::BranchHint),
        _ => TokenKind::Reserved,
    }
}

/// Whether this is a character of identifiers and keywords (spec: text/values#text-idchar).
fn is_id_character(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}')
}

/// Returns the end of the string that begins at `at`, and appends its bytes to `bytes` (spec: text/values#strings).
/// Errors carry their byte offset.
pub(crate) fn string(
    text: &[u8],
    at: usize,
    mut bytes: Option<&mut Buffer>,
) -> Result<usize, (usize, SyntaxErrorKind)> {
    let byte = |at: usize| text.get(at).copied().ok_or((text.len(), SyntaxErrorKind::StringEnd));
    let digit = |at: usize| byte(at).and_then(|byte| hex_digit(byte).ok_or((at, SyntaxErrorKind::Escape)));
    // Skips the quotation mark.
    let mut at = at + 1;
    loop {
        let first = byte(at)?;
        at += 1;
        let mut encoded = [0; 4];
        let mut decoded: &[u8] = &[first];
        let escaped;
        match first {
            b'"' => return Ok(at),
            0..=31 | 127 => return Err((at - 1, SyntaxErrorKind::StringCharacter)),
            b'\\' => {
                let second = byte(at)?;
                at += 1;
                escaped = match second {
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b'"' | b'\'' | b'\\' => second,
                    b'u' => {
                        let start = at;
                        if byte(at)? != b'{' {
                            return Err((at, SyntaxErrorKind::Escape));
                        }
                        at += 1;
                        let mut value = u32::from(digit(at)?);
                        loop {
                            at += 1;
                            at += usize::from(byte(at)? == b'_');
                            if byte(at)? == b'}' && text[at - 1] != b'_' {
                                break;
                            }
                            // Saturation keeps the value out of range.
                            value = value.saturating_mul(16).saturating_add(digit(at)?.into());
                        }
                        at += 1;
                        let c = char::from_u32(value).ok_or((start, SyntaxErrorKind::CodePoint))?;
                        decoded = c.encode_utf8(&mut encoded).as_bytes();
                        0
                    }
                    _ => {
                        let high = digit(at - 1)?;
                        at += 1;
                        high << 4 | digit(at - 1)?
                    }
                };
                if second != b'u' {
                    encoded[0] = escaped;
                    decoded = &encoded[..1];
                }
            }
            _ => {}
        }
        if let Some(bytes) = &mut bytes {
            bytes.slice(decoded);
        }
    }
}

/// Returns the value of a hexadecimal digit.
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

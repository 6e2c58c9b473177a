//! The parser's primitives: tokens, and words, strings, numbers and identifiers.

use crate::buffer::Buffer;
use crate::error::{Fault, Result, SyntaxErrorKind};
use crate::lexer::{self, Annotation, Lexer, Token, TokenKind};
use crate::numbers::{self, FloatFormat, Integer};

/// The characters of an identifier, or of an annotated name: a range of the text, or of the decoded names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    start: u32,
    len: u32,
}

/// An index as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Index {
    Number(u32),
    Name(Name),
}

/// A saved position of a parser.
#[derive(Clone, Copy)]
pub(crate) struct Checkpoint<'t> {
    lexer: Lexer<'t>,
    token: Token,
    next: Token,
}

/// A text and a position in it. Tokens are read on demand, with a lookahead of two.
pub(crate) struct Parser<'t> {
    text: &'t str,
    place: Checkpoint<'t>,
    /// Decoded names with escapes, which are no range of the text.
    decoded: Buffer,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str) -> Result<Parser<'t>> {
        if text.len() >= 1 << 31 {
            return Err(Fault { wrong: SyntaxErrorKind::TooLong, at: 0 });
        }
        let mut lexer = Lexer::new(text.as_bytes());
        let (token, next) = (lexer.next(), lexer.next());
        Ok(Parser { text, place: Checkpoint { lexer, token, next }, decoded: Buffer::default() })
    }

    /// Returns the next token.
    pub fn token(&self) -> Token {
        self.place.token
    }

    /// Returns the offset of the next token.
    pub fn at(&self) -> u32 {
        self.place.token.start
    }

    /// Saves the position.
    pub fn place(&self) -> Checkpoint<'t> {
        self.place
    }

    /// Restores a position.
    pub fn go_to(&mut self, place: Checkpoint<'t>) {
        self.place = place;
    }

    /// Continues at the token at this offset.
    #[inline(never)]
    pub fn seek(&mut self, at: u32) {
        self.place.lexer.seek(at);
        self.place.token = self.place.lexer.next();
        self.place.next = self.place.lexer.next();
    }

    /// Consumes and returns the next token.
    #[inline(never)]
    pub fn advance(&mut self) -> Token {
        let token = self.place.token;
        self.place.token = self.place.next;
        self.place.next = self.place.lexer.next();
        token
    }

    /// Whether only white space and comments are left.
    pub fn is_blank(&self) -> bool {
        self.place.token.kind == TokenKind::End && !self.place.lexer.skipped_annotation
    }

    fn source(&self, token: Token) -> &'t [u8] {
        self.text.as_bytes().get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// Returns the characters of the next token.
    pub fn word(&self) -> &'t [u8] {
        self.source(self.place.token)
    }

    /// Returns an error at the next token. If no token can be read there, it is the lexer's error.
    #[cold]
    #[inline(never)]
    pub fn fault(&self, wrong: SyntaxErrorKind) -> Fault {
        let token = self.place.token;
        match token.kind {
            TokenKind::Bad(wrong) => Fault { wrong, at: token.start },
            _ => Fault { wrong, at: token.start },
        }
    }

    /// Errors: no token can be read here.
    pub fn check_token(&self) -> Result {
        match self.place.token.kind {
            TokenKind::Bad(wrong) => Err(self.fault(wrong)),
            _ => Ok(()),
        }
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.place.token.kind == kind
    }

    pub fn is_open(&self) -> bool {
        self.is(TokenKind::Open)
    }

    /// Whether the enclosing parentheses or the text end here, or no token can be read.
    pub fn is_end(&self) -> bool {
        matches!(self.place.token.kind, TokenKind::Close | TokenKind::End | TokenKind::Bad(_))
    }

    pub fn is_string(&self) -> bool {
        self.is(TokenKind::String)
    }

    pub fn is_integer(&self) -> bool {
        self.is(TokenKind::Integer)
    }

    pub fn is_id(&self) -> bool {
        self.is(TokenKind::Id)
    }

    pub fn is_index(&self) -> bool {
        self.is_integer() || self.is_id()
    }

    /// Whether the second next token is an index.
    pub fn is_index_second(&self) -> bool {
        matches!(self.place.next.kind, TokenKind::Integer | TokenKind::Id)
    }

    /// Returns the kind and the characters of the second next token.
    pub fn second(&self) -> (TokenKind, &'t [u8]) {
        (self.place.next.kind, self.source(self.place.next))
    }

    /// Whether the next token is this keyword.
    #[inline(never)]
    pub fn is_word(&self, word: &str) -> bool {
        self.is(TokenKind::Keyword) && self.word() == word.as_bytes()
    }

    /// Consumes this keyword if it comes next; returns whether it did.
    #[inline(never)]
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Whether a parenthesis with this keyword comes next.
    #[inline(never)]
    pub fn is_form(&self, word: &str) -> bool {
        self.is_open() && self.second() == (TokenKind::Keyword, word.as_bytes())
    }

    /// Consumes a parenthesis and this keyword if they come next; returns whether they did.
    #[inline(never)]
    pub fn take_form(&mut self, word: &str) -> bool {
        let found = self.is_form(word);
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    /// Consumes a parenthesis and this annotation if they come next; returns whether they did.
    pub fn take_annotation(&mut self, annotation: Annotation) -> bool {
        let found = self.is_open() && self.place.next.kind == TokenKind::Annotation(annotation);
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    #[inline(never)]
    pub fn open(&mut self) -> Result {
        self.expect(TokenKind::Open, SyntaxErrorKind::Open)
    }

    #[inline(never)]
    pub fn close(&mut self) -> Result {
        self.expect(TokenKind::Close, SyntaxErrorKind::Close)
    }

    #[inline(never)]
    pub fn expect(&mut self, kind: TokenKind, wrong: SyntaxErrorKind) -> Result {
        if !self.is(kind) {
            return Err(self.fault(wrong));
        }
        self.advance();
        Ok(())
    }

    /// Skips up to the closing parenthesis, which is not consumed.
    #[inline(never)]
    pub fn skip(&mut self) -> Result {
        let mut depth = 0u32;
        loop {
            match self.place.token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth == 0 => return Ok(()),
                TokenKind::Close => depth -= 1,
                TokenKind::Bad(_) | TokenKind::End => return Err(self.fault(SyntaxErrorKind::Close)),
                _ => {}
            }
            self.advance();
        }
    }

    /// Parses a string and appends its bytes.
    #[inline(never)]
    pub fn string(&mut self, bytes: &mut Buffer) -> Result {
        let at = self.at() as usize;
        self.expect(TokenKind::String, SyntaxErrorKind::String)?;
        // The lexer read this token without an error.
        let _ = lexer::string(self.text.as_bytes(), at, Some(bytes));
        Ok(())
    }

    /// Parses a string that must be UTF-8, and appends its length and bytes.
    #[inline(never)]
    pub fn name_string(&mut self, bytes: &mut Buffer) -> Result {
        let (start, token) = (bytes.len(), self.token());
        self.string(bytes)?;
        check_utf8(&bytes.bytes()?[start..], token)?;
        bytes.count_from(start);
        Ok(())
    }

    /// Returns the characters of a name.
    pub fn characters(&self, name: Name) -> &[u8] {
        let text = self.text.as_bytes();
        let (start, len) = (name.start as usize, name.len as usize);
        let found = match start.checked_sub(text.len()) {
            Some(start) => self.decoded.bytes().ok().and_then(|bytes| bytes.get(start..start + len)),
            None => text.get(start..start + len),
        };
        found.unwrap_or_default()
    }

    /// Decodes the string at this offset, which must be UTF-8.
    fn decode(&mut self, at: usize, token: Token) -> Result<Name> {
        let start = self.decoded.len();
        let _ = lexer::string(self.text.as_bytes(), at, Some(&mut self.decoded));
        if self.decoded.len() >= 1 << 31 {
            return Err(Fault { wrong: SyntaxErrorKind::TooLong, at: token.start });
        }
        let bytes = &self.decoded.bytes()?[start..];
        check_utf8(bytes, token)?;
        Ok(Name { start: (self.text.len() + start) as u32, len: bytes.len() as u32 })
    }

    /// Parses an identifier, if one comes next.
    #[inline(never)]
    pub fn id(&mut self) -> Result<Option<Name>> {
        if !self.is_id() {
            return Ok(None);
        }
        let token = self.token();
        let name = match self.word() {
            [_, b'"', ..] => self.decode(token.start as usize + 1, token)?,
            word => Name { start: token.start + 1, len: word.len() as u32 - 1 },
        };
        if name.len == 0 {
            return Err(self.fault(SyntaxErrorKind::EmptyId));
        }
        self.advance();
        Ok(Some(name))
    }

    /// Parses `(@name "...")`, if it comes next.
    #[inline(never)]
    pub fn name_annotation(&mut self) -> Result<Option<Name>> {
        if !self.take_annotation(Annotation::Name) {
            return Ok(None);
        }
        let token = self.token();
        self.expect(TokenKind::String, SyntaxErrorKind::String)?;
        let name = self.decode(token.start as usize, token)?;
        self.close()?;
        Ok(Some(name))
    }

    #[inline(never)]
    pub fn index(&mut self) -> Result<Index> {
        match self.id()? {
            Some(name) => Ok(Index::Name(name)),
            None if self.is_integer() => Ok(Index::Number(self.u32()?)),
            None => Err(self.fault(SyntaxErrorKind::Index)),
        }
    }

    /// Returns the next token as an integer, without consuming it.
    pub fn integer(&self) -> Result<Integer> {
        let integer = if self.is_integer() { numbers::integer(self.word()) } else { None };
        integer.ok_or_else(|| self.fault(SyntaxErrorKind::Integer))
    }

    /// Parses an unsigned integer of `bits` bits.
    #[inline(never)]
    pub fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let integer = self.integer()?;
        let value = if integer.is_negative { None } else { integer.in_bits(bits) };
        let value = value.ok_or_else(|| self.fault(SyntaxErrorKind::Range))?;
        self.advance();
        Ok(value)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.unsigned(32).map(|value| value as u32)
    }

    /// Parses an integer of `bits` bits, signed or unsigned.
    #[inline(never)]
    pub fn any_integer(&mut self, bits: u32) -> Result<u64> {
        let value = self.integer()?.in_bits(bits).ok_or_else(|| self.fault(SyntaxErrorKind::Range))?;
        self.advance();
        Ok(value)
    }

    /// Parses a float. Returns its bits.
    #[inline(never)]
    pub fn float(&mut self, format: FloatFormat) -> Result<u64> {
        if !matches!(self.place.token.kind, TokenKind::Float | TokenKind::Integer) {
            return Err(self.fault(SyntaxErrorKind::Float));
        }
        let bits = format.bits(self.word()).ok_or_else(|| self.fault(SyntaxErrorKind::Range))?;
        self.advance();
        Ok(bits)
    }
}

/// Checks that the bytes of a string are UTF-8.
fn check_utf8(bytes: &[u8], token: Token) -> Result {
    match core::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault { wrong: SyntaxErrorKind::Utf8, at: token.start }),
    }
}

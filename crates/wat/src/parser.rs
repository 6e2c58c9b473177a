//! Tokens one after the other, and what is made of few of them: words, strings, numbers, identifiers.

use crate::buffer::Buffer;
use crate::error::{Fault, Result, Wrong};
use crate::lexer::{self, Annotation, Kind, Lexer, Token};
use crate::numbers::{self, Format, Integer};

/// The characters of an identifier, or of a name that an annotation gives: a part of the text, or of what was decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    start: u32,
    len: u32,
}

/// What something is called by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Index {
    Number(u32),
    Name(Name),
}

/// Where a parser stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    lexer: Lexer<'t>,
    token: Token,
    next: Token,
}

/// A text, and where in it we are: tokens are read when they are asked for, and two of them are known.
pub(crate) struct Parser<'t> {
    text: &'t str,
    place: Place<'t>,
    /// Names that are not a part of the text as they stand there.
    decoded: Buffer,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str) -> Result<Parser<'t>> {
        if text.len() >= 1 << 31 {
            return Err(Fault { wrong: Wrong::TooLong, at: 0 });
        }
        let mut lexer = Lexer::new(text.as_bytes());
        let (token, next) = (lexer.next(), lexer.next());
        Ok(Parser { text, place: Place { lexer, token, next }, decoded: Buffer::default() })
    }

    /// The token that comes next.
    pub fn token(&self) -> Token {
        self.place.token
    }

    /// Where the next token begins.
    pub fn at(&self) -> u32 {
        self.place.token.start
    }

    /// Where we are, to come back to.
    pub fn place(&self) -> Place<'t> {
        self.place
    }

    /// Goes back.
    pub fn go_to(&mut self, place: Place<'t>) {
        self.place = place;
    }

    /// Goes to where a token begins.
    #[inline(never)]
    pub fn seek(&mut self, at: u32) {
        self.place.lexer.seek(at);
        self.place.token = self.place.lexer.next();
        self.place.next = self.place.lexer.next();
    }

    /// Takes the next token, whatever it is.
    #[inline(never)]
    pub fn advance(&mut self) -> Token {
        let token = self.place.token;
        self.place.token = self.place.next;
        self.place.next = self.place.lexer.next();
        token
    }

    /// Whether nothing but white space and comments is left.
    pub fn is_blank(&self) -> bool {
        self.place.token.kind == Kind::End && !self.place.lexer.skipped_annotation
    }

    fn source(&self, token: Token) -> &'t [u8] {
        self.text.as_bytes().get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The characters of the next token.
    pub fn word(&self) -> &'t [u8] {
        self.source(self.place.token)
    }

    /// The error that something is wrong with the next token. Where none can be read, that is what is wrong.
    #[cold]
    #[inline(never)]
    pub fn fault(&self, wrong: Wrong) -> Fault {
        let token = self.place.token;
        match token.kind {
            Kind::Bad(wrong) => Fault { wrong, at: token.start },
            _ => Fault { wrong, at: token.start },
        }
    }

    /// An error if no token can be read here.
    pub fn check_token(&self) -> Result {
        match self.place.token.kind {
            Kind::Bad(wrong) => Err(self.fault(wrong)),
            _ => Ok(()),
        }
    }

    fn is(&self, kind: Kind) -> bool {
        self.place.token.kind == kind
    }

    pub fn is_open(&self) -> bool {
        self.is(Kind::Open)
    }

    /// Whether what is in parentheses, or the text, ends here, or no token can be read.
    pub fn is_end(&self) -> bool {
        matches!(self.place.token.kind, Kind::Close | Kind::End | Kind::Bad(_))
    }

    pub fn is_string(&self) -> bool {
        self.is(Kind::String)
    }

    pub fn is_integer(&self) -> bool {
        self.is(Kind::Integer)
    }

    pub fn is_id(&self) -> bool {
        self.is(Kind::Id)
    }

    pub fn is_index(&self) -> bool {
        self.is_integer() || self.is_id()
    }

    /// Whether the token behind the next one is an index.
    pub fn is_index_second(&self) -> bool {
        matches!(self.place.next.kind, Kind::Integer | Kind::Id)
    }

    /// The token behind the next one: its kind and its characters.
    pub fn second(&self) -> (Kind, &'t [u8]) {
        (self.place.next.kind, self.source(self.place.next))
    }

    /// Whether this keyword comes next.
    #[inline(never)]
    pub fn is_word(&self, word: &str) -> bool {
        self.is(Kind::Keyword) && self.word() == word.as_bytes()
    }

    /// Takes this keyword if it comes next.
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
        self.is_open() && self.second() == (Kind::Keyword, word.as_bytes())
    }

    /// Takes a parenthesis and this keyword if they come next.
    #[inline(never)]
    pub fn take_form(&mut self, word: &str) -> bool {
        let found = self.is_form(word);
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    /// Takes a parenthesis and this annotation if they come next.
    pub fn take_annotation(&mut self, annotation: Annotation) -> bool {
        let found = self.is_open() && self.place.next.kind == Kind::Annotation(annotation);
        if found {
            self.advance();
            self.advance();
        }
        found
    }

    #[inline(never)]
    pub fn open(&mut self) -> Result {
        self.expect(Kind::Open, Wrong::Open)
    }

    #[inline(never)]
    pub fn close(&mut self) -> Result {
        self.expect(Kind::Close, Wrong::Close)
    }

    #[inline(never)]
    pub fn expect(&mut self, kind: Kind, wrong: Wrong) -> Result {
        if !self.is(kind) {
            return Err(self.fault(wrong));
        }
        self.advance();
        Ok(())
    }

    /// Passes over what is left in parentheses, up to the one that closes them, which is not taken.
    #[inline(never)]
    pub fn skip(&mut self) -> Result {
        let mut depth = 0u32;
        loop {
            match self.place.token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return Ok(()),
                Kind::Close => depth -= 1,
                Kind::Bad(_) | Kind::End => return Err(self.fault(Wrong::Close)),
                _ => {}
            }
            self.advance();
        }
    }

    /// Adds the bytes of a string.
    #[inline(never)]
    pub fn string(&mut self, bytes: &mut Buffer) -> Result {
        let at = self.at() as usize;
        self.expect(Kind::String, Wrong::String)?;
        // The token was read without an error.
        let _ = lexer::string(self.text.as_bytes(), at, Some(bytes));
        Ok(())
    }

    /// Adds the bytes of a string that is a name, with their number in front.
    #[inline(never)]
    pub fn name_string(&mut self, bytes: &mut Buffer) -> Result {
        let (start, token) = (bytes.len(), self.token());
        self.string(bytes)?;
        check_utf8(&bytes.bytes()?[start..], token)?;
        bytes.count_from(start);
        Ok(())
    }

    /// The characters of a name.
    pub fn characters(&self, name: Name) -> &[u8] {
        let text = self.text.as_bytes();
        let (start, len) = (name.start as usize, name.len as usize);
        let found = match start.checked_sub(text.len()) {
            Some(start) => self.decoded.bytes().ok().and_then(|bytes| bytes.get(start..start + len)),
            None => text.get(start..start + len),
        };
        found.unwrap_or_default()
    }

    /// Decodes the string that begins at this byte as a name.
    fn decode(&mut self, at: usize, token: Token) -> Result<Name> {
        let start = self.decoded.len();
        let _ = lexer::string(self.text.as_bytes(), at, Some(&mut self.decoded));
        if self.decoded.len() >= 1 << 31 {
            return Err(Fault { wrong: Wrong::TooLong, at: token.start });
        }
        let bytes = &self.decoded.bytes()?[start..];
        check_utf8(bytes, token)?;
        Ok(Name { start: (self.text.len() + start) as u32, len: bytes.len() as u32 })
    }

    /// An identifier, if one comes next.
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
            return Err(self.fault(Wrong::EmptyId));
        }
        self.advance();
        Ok(Some(name))
    }

    /// `(@name "...")`, if that comes next.
    #[inline(never)]
    pub fn name_annotation(&mut self) -> Result<Option<Name>> {
        if !self.take_annotation(Annotation::Name) {
            return Ok(None);
        }
        let token = self.token();
        self.expect(Kind::String, Wrong::String)?;
        let name = self.decode(token.start as usize, token)?;
        self.close()?;
        Ok(Some(name))
    }

    #[inline(never)]
    pub fn index(&mut self) -> Result<Index> {
        match self.id()? {
            Some(name) => Ok(Index::Name(name)),
            None if self.is_integer() => Ok(Index::Number(self.u32()?)),
            None => Err(self.fault(Wrong::Index)),
        }
    }

    /// An integer as it is written, which is not taken.
    pub fn integer(&self) -> Result<Integer> {
        let integer = if self.is_integer() { numbers::integer(self.word()) } else { None };
        integer.ok_or_else(|| self.fault(Wrong::Integer))
    }

    /// An integer without a sign, in so many bits.
    #[inline(never)]
    pub fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let integer = self.integer()?;
        let value = if integer.is_negative { None } else { integer.in_bits(bits) };
        let value = value.ok_or_else(|| self.fault(Wrong::Range))?;
        self.advance();
        Ok(value)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.unsigned(32).map(|value| value as u32)
    }

    /// An integer in so many bits, as if it were signed or not.
    #[inline(never)]
    pub fn any_integer(&mut self, bits: u32) -> Result<u64> {
        let value = self.integer()?.in_bits(bits).ok_or_else(|| self.fault(Wrong::Range))?;
        self.advance();
        Ok(value)
    }

    /// The bits of a float.
    #[inline(never)]
    pub fn float(&mut self, format: Format) -> Result<u64> {
        if !matches!(self.place.token.kind, Kind::Float | Kind::Integer) {
            return Err(self.fault(Wrong::Float));
        }
        let bits = format.bits(self.word()).ok_or_else(|| self.fault(Wrong::Range))?;
        self.advance();
        Ok(bits)
    }
}

/// Checks that the bytes of a string are a name.
fn check_utf8(bytes: &[u8], token: Token) -> Result {
    match core::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault { wrong: Wrong::Utf8, at: token.start }),
    }
}

//! Formats numbers, strings and floats (spec: text/values), and buffers text for the writer.

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

/// A buffer in front of the writer.
pub struct Output<'w> {
    buffer: Vec<u8>,
    write: &'w mut dyn FnMut(&[u8]) -> bool,
    /// Whether the writer returned false.
    pub is_stopped: bool,
    /// Whether output is discarded: something is only skipped.
    pub is_silent: bool,
}

/// The size of the buffer.
const BUFFER: usize = 1 << 13;

/// A line break and the deepest indentation: two spaces a level, up to this length.
const SPACES: &str = "\n                                                                ";

/// Longer strings continue in the next line, which is easier to read, and which editors can handle.
const STRING_LINE: usize = 1 << 10;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl<'w> Output<'w> {
    pub fn new(write: &'w mut dyn FnMut(&[u8]) -> bool) -> Output<'w> {
        Output { buffer: Vec::new(), write, is_stopped: false, is_silent: false }
    }

    /// Allocates the buffer, without which nothing can be written.
    pub fn start(&mut self) -> Result<(), OutOfMemory> {
        self.buffer.try_room(BUFFER)
    }

    /// Passes the buffer to the writer.
    pub fn flush(&mut self) {
        self.is_stopped = self.is_stopped || !(self.write)(&self.buffer);
        self.buffer.clear();
    }

    #[inline(never)]
    pub fn bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_silent {
            let room = self.buffer.capacity() - self.buffer.len();
            let (part, rest) = bytes.split_at(bytes.len().min(room));
            self.buffer.extend_from_slice(part);
            bytes = rest;
            if self.buffer.len() == self.buffer.capacity() {
                self.flush();
            }
        }
    }

    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Begins a line.
    pub fn line(&mut self, depth: usize) {
        let end = (1 + depth.saturating_mul(2)).min(SPACES.len());
        self.bytes(&SPACES.as_bytes()[..end]);
    }

    /// Writes a space and a word.
    pub fn word(&mut self, word: &str) {
        self.text(" ");
        self.text(word);
    }

    /// Writes a number, with `before` in front.
    #[inline(never)]
    pub fn number(&mut self, before: &str, mut number: u64) {
        self.text(before);
        let (mut digits, mut at) = ([0; 20], 20);
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes(&digits[at..]);
    }

    /// Writes a hexadecimal number of at least `digits` digits, with `before` in front.
    #[inline(never)]
    pub fn hex(&mut self, before: &str, number: u64, digits: u32) {
        self.text(before);
        let digits = digits.max((67 - number.leading_zeros()) / 4);
        for at in (0..digits).rev() {
            self.bytes(&[DIGITS[(number >> (4 * at)) as usize & 15]]);
        }
    }

    /// Writes a space and a signed integer.
    pub fn signed(&mut self, number: i64) {
        self.number(if number < 0 { " -" } else { " " }, number.unsigned_abs());
    }

    /// Writes a space and a float: integers in decimal, others in hexadecimal, which is exact and needs no arithmetic.
    /// `fraction` and `exponent` are the widths of these parts in bits.
    #[inline(never)]
    pub fn float(&mut self, bits: u64, fraction: u32, exponent: u32) {
        let bias = (1 << (exponent - 1)) - 1;
        let (one, highest) = (1 << fraction, (1 << exponent) - 1);
        let power = (bits >> fraction) as i32 & highest;
        let digits = bits & (one - 1);
        self.text(if bits >> (fraction + exponent) != 0 { " -" } else { " " });
        if power == highest {
            return match digits {
                0 => self.text("inf"),
                _ if digits == one >> 1 => self.text("nan"),
                _ => self.hex("nan:0x", digits, 1),
            };
        }
        // The fraction bits of an integer that must be zero.
        let behind = (bias + fraction as i32 - power) as u32;
        if behind <= fraction && digits & ((1 << behind) - 1) == 0 || bits << 1 << (63 - fraction - exponent) == 0 {
            return self.number("", if power == 0 { 0 } else { (one | digits) >> behind });
        }
        // A digit has four bits. Trailing zeros are left out.
        let places = fraction.div_ceil(4);
        let digits = digits << (4 * places - fraction);
        let zeros = if digits == 0 { places } else { digits.trailing_zeros() / 4 };
        self.text(if power == 0 { "0x0" } else { "0x1" });
        if zeros < places {
            self.hex(".", digits >> (4 * zeros), places - zeros);
        }
        let power = power.max(1) - bias;
        self.number(if power < 0 { "p-" } else { "p+" }, power.unsigned_abs().into());
    }

    /// Writes bytes as a string in quotation marks.
    pub fn string(&mut self, bytes: &[u8]) {
        self.text("\"");
        let mut chunks = bytes.chunks(STRING_LINE).peekable();
        while let Some(chunk) = chunks.next() {
            chunk.iter().for_each(|&byte| self.escaped(byte));
            if chunks.peek().is_some() {
                self.text("\"\n    \"");
            }
        }
        self.text("\"");
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'"' | b'\\' => self.bytes(&[b'\\', byte]),
            b'\n' => self.text("\\n"),
            b'\t' => self.text("\\t"),
            b' '..=b'~' => self.bytes(&[byte]),
            _ => self.hex("\\", byte.into(), 2),
        }
    }

    /// Writes a name in quotation marks. Characters beyond ASCII stay, unless they are invisible or reorder text.
    pub fn name(&mut self, name: &str) {
        self.text("\"");
        for c in name.chars() {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            match c {
                '\0'..='\u{9f}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}' => bytes.iter().for_each(|&byte| self.escaped(byte)),
                _ => self.bytes(bytes),
            }
        }
        self.text("\"");
    }

    /// Writes a space and a name as an identifier (spec: text/values#identifiers).
    pub fn identifier(&mut self, name: &str) {
        self.text(" $");
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"(),;[]{}".contains(&byte);
        match name.bytes().all(is_plain) {
            true => self.text(name),
            false => self.name(name),
        }
    }
}

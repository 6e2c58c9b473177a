//! The output buffer for binaries.

use alloc::vec::Vec;
use core::ops::RangeFrom;

use crate::error::{Fault, Result, SyntaxErrorKind};

/// A buffer of bytes whose writers return no error when there is no memory. The buffer records the loss instead, and
/// [`Buffer::bytes`] returns the error. Appending such a buffer to another marks that one, too.
#[derive(Default, Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    failed: bool,
}

impl Buffer {
    /// Returns the bytes. Errors: there was no memory for some of them.
    #[inline(never)]
    pub fn bytes(&self) -> Result<&[u8]> {
        if self.failed { Err(Fault { wrong: SyntaxErrorKind::Memory, at: 0 }) } else { Ok(&self.bytes) }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    pub fn clear(&mut self) {
        self.truncate(0);
    }

    #[inline(never)]
    pub fn slice(&mut self, bytes: &[u8]) {
        if self.bytes.try_reserve(bytes.len()).is_err() {
            self.failed = true;
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends another buffer's bytes from an offset on.
    #[inline(never)]
    pub fn append(&mut self, other: &Buffer, from: RangeFrom<usize>) {
        self.failed |= other.failed;
        self.slice(&other.bytes[from]);
    }

    #[inline(never)]
    pub fn byte(&mut self, byte: u8) {
        self.slice(&[byte]);
    }

    /// Appends an unsigned LEB128 integer (spec: binary/values#integers).
    #[inline(never)]
    pub fn number(&mut self, mut number: u64) {
        let (mut bytes, mut len) = ([0; 10], 0);
        loop {
            let low = number as u8 & 0x7f;
            number >>= 7;
            bytes[len] = low | u8::from(number != 0) << 7;
            len += 1;
            if number == 0 {
                break self.slice(&bytes[..len]);
            }
        }
    }

    /// Appends an index.
    pub fn index(&mut self, index: u32) {
        self.number(index.into());
    }

    /// Appends a signed LEB128 integer.
    #[inline(never)]
    pub fn signed(&mut self, mut number: i64) {
        let (mut bytes, mut len) = ([0; 10], 0);
        loop {
            let low = number as u8 & 0x7f;
            number >>= 7;
            let is_last = number == i64::from(low << 1 & 0x80 != 0).wrapping_neg();
            bytes[len] = low | u8::from(!is_last) << 7;
            len += 1;
            if is_last {
                break self.slice(&bytes[..len]);
            }
        }
    }

    /// Appends bytes with their length in front.
    #[inline(never)]
    pub fn counted(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.slice(bytes);
    }

    /// Inserts, in front of the bytes behind `start`, their length.
    #[inline(never)]
    pub fn count_from(&mut self, start: usize) {
        let end = self.len();
        self.number((end - start) as u64);
        self.rotate(start, end);
    }

    /// Moves the bytes from `end` on in front of those from `start` on.
    pub fn rotate(&mut self, start: usize, end: usize) {
        let width = self.len() - end;
        self.bytes[start..].rotate_right(width);
    }

    /// Inserts bytes at `start`.
    pub fn insert(&mut self, start: usize, bytes: &[u8]) {
        let end = self.len();
        self.slice(bytes);
        self.rotate(start, end);
    }

    /// Errors: there was no memory for some bytes.
    pub fn check(&self) -> Result {
        self.bytes().map(|_| ())
    }

    /// Returns the bytes. Errors: there was no memory for some of them.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        self.check()?;
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn numbers_take_the_fewest_bytes() {
        let written = |write: &dyn Fn(&mut Buffer)| {
            let mut buffer = Buffer::default();
            write(&mut buffer);
            buffer.into_bytes().unwrap()
        };
        assert_eq!(written(&|b| b.number(0)), [0]);
        assert_eq!(written(&|b| b.number(300)), [0xac, 2]);
        assert_eq!(written(&|b| b.number(u64::MAX)).len(), 10);
        assert_eq!(written(&|b| b.signed(-1)), [0x7f]);
        assert_eq!(written(&|b| b.signed(64)), [0xc0, 0]);
        assert_eq!(written(&|b| b.signed(-64)), [0x40]);
        assert_eq!(written(&|b| b.signed(i64::MIN)).last(), Some(&0x7f));
    }

    #[test]
    fn counts_come_in_front() {
        let mut buffer = Buffer::default();
        buffer.byte(9);
        buffer.slice(&[1; 200]);
        buffer.count_from(1);
        assert_eq!(buffer.bytes().unwrap()[..4], [9, 200, 1, 1]);
        assert_eq!(buffer.len(), 203);
    }
}

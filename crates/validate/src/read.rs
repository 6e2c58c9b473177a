//! The bytes of a binary (spec: binary/values). Integers have at most as many bytes as their width needs, and no bits beyond it.

use core::ops::Range;

use crate::fault::Fault;
use crate::limits::MAX_NAME;

#[derive(Clone)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Offset of the first byte in the binary.
    base: usize,
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], base: usize) -> Reader<'b> {
        Reader { bytes, at: 0, base }
    }

    /// Where the next byte is, in the binary.
    pub fn offset(&self) -> usize {
        self.base + self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Goes where a copy of it has gone.
    pub fn follow(&mut self, copy: &Reader<'_>) {
        self.at = copy.at;
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Skips what is left.
    pub fn finish(&mut self) {
        self.at = self.bytes.len();
    }

    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8, Fault> {
        match self.bytes.get(self.at) {
            Some(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.ended()),
        }
    }

    pub fn peek(&self) -> Result<u8, Fault> {
        self.bytes.get(self.at).copied().ok_or_else(|| self.ended())
    }

    pub fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.bytes(count)?;
        Ok(())
    }

    pub fn bytes(&mut self, count: usize) -> Result<&'b [u8], Fault> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => {
                self.at = self.bytes.len();
                Err(self.ended())
            }
        }
    }

    /// Those of the next bytes, in front of which stands how many they are.
    pub fn part(&mut self) -> Result<Reader<'b>, Fault> {
        let count = self.u32()? as usize;
        let base = self.offset();
        Ok(Reader::new(self.bytes(count)?, base))
    }

    /// The bytes that lie there in the binary, if they are of those that this reads.
    pub fn part_at(&self, range: Range<usize>) -> &'b [u8] {
        let at = |offset: usize| offset.wrapping_sub(self.base);
        self.bytes.get(at(range.start)..at(range.end)).unwrap_or_default()
    }

    /// Where the bytes lie in the binary, all of them.
    pub fn range(&self) -> Range<usize> {
        self.base..self.base + self.bytes.len()
    }

    /// A name (spec: binary/values#names).
    pub fn name(&mut self) -> Result<&'b str, Fault> {
        let offset = self.offset();
        let count = self.u32()? as usize;
        if count > MAX_NAME {
            return Err(Fault::new("string size out of bounds", offset));
        }
        core::str::from_utf8(self.bytes(count)?).map_err(|_| Fault::new("malformed UTF-8 encoding", offset))
    }

    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32, Fault> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u32::from(byte))
            }
            _ => Ok(self.unsigned(32)? as u32),
        }
    }

    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64, Fault> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.unsigned(64),
        }
    }

    /// A signed integer of this many bits.
    #[inline(always)]
    pub fn signed(&mut self, bits: u32) -> Result<i64, Fault> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(i64::from(((byte << 1) as i8) >> 1))
            }
            _ => self.signed_long(bits),
        }
    }

    #[inline(never)]
    fn unsigned(&mut self, bits: u32) -> Result<u64, Fault> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            // Of the last byte that there may be, the upper bits belong to nothing.
            if shift + 7 > bits && byte >> (bits - shift) != 0 {
                return Err(self.too_long(byte));
            }
            shift += 7;
            if byte < 0x80 {
                return Ok(value);
            }
        }
    }

    #[inline(never)]
    fn signed_long(&mut self, bits: u32) -> Result<i64, Fault> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if shift + 7 > bits {
                // The bits that belong to nothing repeat the sign.
                let rest = ((byte << 1) as i8) >> (bits - shift);
                if byte >= 0x80 || rest != 0 && rest != -1 {
                    return Err(self.too_long(byte));
                }
            }
            shift += 7;
            if byte < 0x80 {
                return Ok(if shift < 64 { value << (64 - shift) >> (64 - shift) } else { value });
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn too_long(&self, byte: u8) -> Fault {
        let message = if byte >= 0x80 { "integer representation too long" } else { "integer too large" };
        Fault::new(message, self.offset() - 1)
    }

    #[cold]
    #[inline(never)]
    fn ended(&self) -> Fault {
        Fault::new("unexpected end of section or function", self.offset())
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    /// The bytes read as each kind: the value, or nothing where they are refused.
    fn read(bytes: &[u8]) -> (Option<u32>, Option<u64>, [Option<i64>; 3]) {
        let of = || Reader::new(bytes, 0);
        (of().u32().ok(), of().u64().ok(), [32, 33, 64].map(|bits| of().signed(bits).ok()))
    }

    #[test]
    fn integers_are_read_as_wide_as_they_may_be() {
        assert_eq!(read(&[0x7f]), (Some(127), Some(127), [Some(-1); 3]));
        assert_eq!(read(&[0x80, 0x01]), (Some(128), Some(128), [Some(128); 3]));
        let most = [0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(
            read(&most),
            (Some(u32::MAX), Some(u64::from(u32::MAX)), [None, Some(0xffff_ffff), Some(0xffff_ffff)])
        );
        let least = [0x80, 0x80, 0x80, 0x80, 0x78];
        assert_eq!(read(&least).2[0], Some(i64::from(i32::MIN)));
        let wide = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!((read(&wide).1, read(&wide).2[2]), (Some(u64::MAX), None));
        let least = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!((read(&least).1, read(&least).2[2]), (None, Some(i64::MIN)));
    }

    #[test]
    fn no_byte_and_no_bit_more_than_the_width_has() {
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]).0, None);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).0, None);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x4f]).2[0], None);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).1, None);
        assert_eq!(read(&[]), (None, None, [None; 3]));
        assert_eq!(read(&[0x80]), (None, None, [None; 3]));
    }
}

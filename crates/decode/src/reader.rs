//! Reads the bytes and integers of a binary (spec: binary/values). An integer may have only as many bytes as its width
//! needs, and no bits beyond its width.

use core::ops::Range;

/// The maximum length of a name. Web engines agreed on it (spec: appendix/implementation).
pub const MAX_NAME: usize = 100_000;

/// Why bytes are malformed. The reader that reports it is at the error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// The bytes end too early.
    End,
    /// An integer has more bytes than one of its width may have.
    TooLong,
    /// An integer has more bits than its width.
    TooLarge,
    /// No operator has this opcode.
    Operator,
    /// No value type begins with this byte.
    ValueType,
    /// No heap type begins with this byte.
    HeapType,
    /// The type of a block is neither a value type nor the index of a type.
    BlockType,
    /// The alignment of a memory operator has reserved bits set.
    MemArg,
    /// The flags of a cast have reserved bits set.
    Cast,
    /// No clause of a `try_table` or `resume` begins with this byte.
    Clause,
    /// A byte that must be zero is not.
    Zero,
}

impl Malformed {
    /// Returns the message. Where the specification's scripts have a wording, it is theirs.
    pub fn message(self) -> &'static str {
        match self {
            Malformed::End => "unexpected end of section or function",
            Malformed::TooLong => "integer representation too long",
            Malformed::TooLarge => "integer too large",
            Malformed::Operator => "illegal opcode",
            Malformed::ValueType => "invalid value type",
            Malformed::HeapType => "invalid heap type",
            Malformed::BlockType => "invalid function type",
            Malformed::MemArg => "malformed memop: reserved flags bits set",
            Malformed::Cast => "invalid cast flags",
            Malformed::Clause => "invalid catch kind",
            Malformed::Zero => "zero byte expected",
        }
    }
}

type Result<T> = core::result::Result<T, Malformed>;

/// Reads bytes, one after the other.
#[derive(Clone, Copy, Default, Debug)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Where the bytes begin in the binary.
    base: usize,
}

impl<'b> Reader<'b> {
    /// Returns a reader of these bytes, which begin at offset `base` in the binary.
    pub fn new(bytes: &'b [u8], base: usize) -> Reader<'b> {
        Reader { bytes, at: 0, base }
    }

    /// Returns the offset of the next byte in the binary. After an error, it is the offset of the error.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.base + self.at
    }

    /// Whether all bytes are read.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Returns how many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Skips all bytes that are left.
    pub fn finish(&mut self) {
        self.at = self.bytes.len();
    }

    /// Returns the range of all bytes in the binary.
    pub fn range(&self) -> Range<usize> {
        self.base..self.base + self.bytes.len()
    }

    /// Returns the bytes in this range of the binary. Returns none if the range is not inside those of this reader.
    pub fn part_at(&self, range: Range<usize>) -> &'b [u8] {
        let at = |offset: usize| offset.wrapping_sub(self.base);
        self.bytes.get(at(range.start)..at(range.end)).unwrap_or_default()
    }

    /// Moves to this offset in the binary, but not beyond the bytes of this reader.
    pub fn go_to(&mut self, offset: usize) {
        self.at = offset.saturating_sub(self.base).min(self.bytes.len());
    }

    /// Moves back by `count` bytes, to the error.
    pub(crate) fn back(&mut self, count: usize) {
        self.at = self.at.saturating_sub(count);
    }

    /// Skips `count` bytes. The caller knows that there are as many.
    #[inline(always)]
    pub(crate) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// Returns the next byte without reading it.
    #[inline(always)]
    pub fn peek(&self) -> Result<u8> {
        self.bytes.get(self.at).copied().ok_or(Malformed::End)
    }

    /// Reads a byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed::End)?;
        self.at += 1;
        Ok(byte)
    }

    /// Reads `N` bytes.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Malformed::End)?;
        self.at += N;
        Ok(*bytes)
    }

    /// Reads `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'b [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => {
                self.finish();
                Err(Malformed::End)
            }
        }
    }

    /// Skips `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<()> {
        self.bytes(count).map(drop)
    }

    /// Reads an unsigned 32-bit integer: an index, a depth, a count, or the number after a prefix.
    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32> {
        match self.bytes.get(self.at..) {
            Some(&[byte, ..]) if byte < 0x80 => {
                self.at += 1;
                Ok(u32::from(byte))
            }
            Some(&[low, high, ..]) if high < 0x80 => {
                self.at += 2;
                Ok(u32::from(low & 0x7f) | u32::from(high) << 7)
            }
            _ => Ok(self.unsigned(32)? as u32),
        }
    }

    /// [`Reader::u32`] for callers where code size matters more than speed.
    #[inline(never)]
    pub fn index(&mut self) -> Result<u32> {
        self.u32()
    }

    /// Reads an unsigned 64-bit integer.
    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.unsigned(64),
        }
    }

    /// Reads a signed 32-bit integer.
    #[inline(always)]
    pub fn i32(&mut self) -> Result<i32> {
        match self.short() {
            Some(value) => Ok(i32::from(value)),
            None => Ok(self.signed(32)? as i32),
        }
    }

    /// Reads a signed 64-bit integer.
    #[inline(always)]
    pub fn i64(&mut self) -> Result<i64> {
        match self.short() {
            Some(value) => Ok(i64::from(value)),
            None => self.signed(64),
        }
    }

    /// Reads a signed integer of one or two bytes, which most are. Returns `None` and reads nothing if it is longer.
    #[inline(always)]
    pub(crate) fn short(&mut self) -> Option<i16> {
        match self.bytes.get(self.at..) {
            Some(&[byte, ..]) if byte < 0x80 => {
                self.at += 1;
                Some(i16::from((byte << 1) as i8 >> 1))
            }
            Some(&[low, high, ..]) if high < 0x80 => {
                self.at += 2;
                Some((u16::from(high) << 9 | u16::from(low & 0x7f) << 2) as i16 >> 2)
            }
            _ => None,
        }
    }

    /// Reads an integer of up to eight bytes at once, if none of its bits may be beyond `width`. Returns its bits, and
    /// their number. Otherwise, or if fewer than eight bytes are left, returns `None` and reads nothing.
    #[inline(always)]
    fn at_once(&mut self, width: u32) -> Option<(u64, u32)> {
        let word = u64::from_le_bytes(*self.bytes.get(self.at..)?.first_chunk()?);
        // The top bits of bytes that another does not follow. The lowest one belongs to the last byte of the integer.
        let last = !word & 0x8080_8080_8080_8080;
        let count = last.trailing_zeros() / 8 + 1;
        if last == 0 || 7 * count > width {
            return None;
        }
        self.at += count as usize;
        let sevens = word & (last ^ (last - 1));
        let fourteens = sevens & 0x007f_007f_007f_007f | sevens >> 1 & 0x3f80_3f80_3f80_3f80;
        let halves = fourteens & 0x3fff_0000_3fff | fourteens >> 2 & 0x0fff_c000_0fff_c000;
        Some((halves & 0x0fff_ffff | halves >> 4 & 0xff_ffff_f000_0000, 7 * count))
    }

    /// Reads an unsigned integer of this many bits.
    #[inline(never)]
    pub fn unsigned(&mut self, bits: u32) -> Result<u64> {
        if let Some((value, _)) = self.at_once(bits) {
            return Ok(value);
        }
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            // The last possible byte has bits beyond the width, which must be 0, and no byte may follow it.
            if shift + 7 > bits && byte >> (bits - shift) != 0 {
                return Err(self.too_long(byte));
            }
            shift += 7;
            if byte < 0x80 {
                return Ok(value);
            }
        }
    }

    /// Reads a signed integer of this many bits.
    #[inline(never)]
    pub fn signed(&mut self, bits: u32) -> Result<i64> {
        if let Some((value, count)) = self.at_once(bits) {
            return Ok((value << (64 - count)) as i64 >> (64 - count));
        }
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if shift + 7 > bits {
                // The bits beyond the width must repeat the sign.
                let rest = (byte << 1) as i8 >> (bits - shift);
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

    /// Returns the error for the last byte of an integer, and moves back to it.
    #[cold]
    #[inline(never)]
    fn too_long(&mut self, byte: u8) -> Malformed {
        self.back(1);
        if byte >= 0x80 { Malformed::TooLong } else { Malformed::TooLarge }
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    /// Reads the bytes as an integer of each kind. Returns `None` for those that refuse them.
    fn read(bytes: &[u8]) -> (Option<u32>, Option<u64>, [Option<i64>; 3]) {
        let of = || Reader::new(bytes, 0);
        let narrow = of().i32().ok().map(i64::from);
        assert_eq!(of().i64().ok(), of().signed(64).ok(), "{bytes:?}");
        assert_eq!(narrow, of().signed(32).ok(), "{bytes:?}");
        (of().u32().ok(), of().u64().ok(), [narrow, of().signed(33).ok(), of().i64().ok()])
    }

    /// Several bytes are read at once where there are more than the integer has.
    #[test]
    fn bytes_behind_an_integer_do_not_matter() {
        let mut random = 1_u32;
        for _ in 0..100_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let len = 1 + (random >> 28) as usize % 9;
            let mut bytes = [0; 20];
            for byte in &mut bytes[..len] {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (random >> 24) as u8 | 0x80;
            }
            bytes[len - 1] &= 0x7f;
            assert_eq!(read(&bytes[..len]), read(&bytes), "{bytes:?}");
            bytes[len..].fill(0xff);
            assert_eq!(read(&bytes[..len]), read(&bytes), "{bytes:?}");
            let mut reader = Reader::new(&bytes, 0);
            assert!(reader.u64().is_ok() && reader.position() == len, "{bytes:?}");
            let mut reader = Reader::new(&bytes, 0);
            assert!(reader.i64().is_ok() && reader.position() == len, "{bytes:?}");
        }
    }

    #[test]
    fn integers_are_read_as_wide_as_they_may_be() {
        assert_eq!(read(&[0x7f]), (Some(127), Some(127), [Some(-1); 3]));
        assert_eq!(read(&[0x80, 0x01]), (Some(128), Some(128), [Some(128); 3]));
        assert_eq!(read(&[0x80, 0x7f]), (Some(0x3f80), Some(0x3f80), [Some(-128); 3]));
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

//! The table of offsets: from which operator of the binary each piece of a function's code comes. It is only there if
//! the image was written with it, and only backtraces read it.
//!
//! Each function that the image defines has a table, in order. It begins with its number of bytes. Then follow pairs:
//! how many units the code begins after that of the pair before, and the byte offset in the binary, as the difference
//! to that of the pair before. Numbers have 7 bits in each byte, the lowest first, and a set high bit in all bytes but
//! the last. Differences have their sign in the lowest bit. A wrong table leads to wrong offsets and to nothing else, so
//! it is not verified.

use super::layout::Section;
use super::read::Image;

/// The maximum bytes of a number.
pub const MAX_BYTES: usize = 5;

/// Returns the bytes of a number, and how many there are.
pub fn encode(mut number: u32) -> ([u8; MAX_BYTES], usize) {
    let mut bytes = [0; MAX_BYTES];
    let mut len = 0;
    loop {
        bytes[len] = number as u8 & 0x7f;
        number >>= 7;
        len += 1;
        if number == 0 {
            return (bytes, len);
        }
        bytes[len - 1] |= 0x80;
    }
}

/// Returns the bytes of a number, all of them used.
pub fn encode_fixed(number: u32) -> [u8; MAX_BYTES] {
    let mut bytes = [0; MAX_BYTES];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = (number >> (7 * i)) as u8 & 0x7f | if i + 1 < MAX_BYTES { 0x80 } else { 0 };
    }
    bytes
}

/// Returns a difference as a number without a sign.
pub fn of_difference(difference: i32) -> u32 {
    (difference << 1 ^ difference >> 31) as u32
}

/// Takes a number from the front of some bytes. Returns `None` at their end.
fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..7 * MAX_BYTES as u32).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The pairs of one function, in order: a unit of its code, and the byte offset in the binary.
#[derive(Clone, Debug)]
pub struct Offsets<'a> {
    bytes: &'a [u8],
    last: (u32, u32),
}

impl Iterator for Offsets<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let (unit, difference) = (take(&mut self.bytes)?, take(&mut self.bytes)?);
        let difference = difference >> 1 ^ (difference & 1).wrapping_neg();
        // Code has less units than that. So units ascend, whatever the bytes are.
        self.last = (self.last.0.checked_add(unit)?, self.last.1.wrapping_add(difference));
        Some(self.last)
    }
}

impl<'a> Image<'a> {
    /// Returns whether the image has the table of offsets.
    pub fn has_offsets(&self) -> bool {
        self.count(Section::Offsets) > 0
    }

    /// Returns the offsets of a function's code. Empty if the image has none. `defined` is the function's index among
    /// those that the image defines. It reads the tables of the functions before, so it takes linear time.
    pub fn offsets(&self, defined: u32) -> Offsets<'a> {
        let mut rest = self.section_bytes(Section::Offsets);
        let mut bytes = &[][..];
        for _ in 0..=defined {
            let Some(table) = take(&mut rest).and_then(|len| rest.split_at_checked(len as usize)) else {
                bytes = &[];
                break;
            };
            (bytes, rest) = table;
        }
        Offsets { bytes, last: (0, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_differences_are_read_back() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 28, u32::MAX] {
            let (bytes, len) = encode(number);
            for mut bytes in [&bytes[..len], &encode_fixed(number)] {
                assert_eq!(take(&mut bytes), Some(number));
                assert!(bytes.is_empty());
            }
        }
        for difference in [0, 1, -1, 63, -64, i32::MAX, i32::MIN] {
            let (unit, unit_len) = encode(7);
            let (bytes, len) = encode(of_difference(difference));
            let bytes = [&unit[..unit_len], &bytes[..len]].concat();
            let all: alloc::vec::Vec<_> = Offsets { bytes: &bytes, last: (1, 5) }.collect();
            assert_eq!(all, [(8, 5u32.wrapping_add_signed(difference))]);
        }
    }

    #[test]
    fn units_ascend_whatever_the_bytes_are() {
        let bytes = [0xff; 64].map(|byte| byte >> 1 | 0x81);
        assert_eq!(Offsets { bytes: &bytes, last: (0, 0) }.count(), 0);
        // The second number of units is too large to be added.
        let (large, len) = encode(u32::MAX);
        let bytes = [&large[..len], &[0], &large[..len], &[0]].concat();
        assert_eq!(Offsets { bytes: &bytes, last: (0, 0) }.collect::<alloc::vec::Vec<_>>(), [(u32::MAX, 0)]);
    }
}

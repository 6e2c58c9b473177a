//! Images: translated modules that are run, or executed in place, without decoder, validator or translator.
//!
//! ```text
//! header | sections of records | code, function after function | bytes of data segments
//! 0      | 200 ..              | meta_end ..                   | code_end ..          file_len
//! ```
//!
//! All numbers are little-endian, whatever the host; records are 4-aligned, code is 2-aligned, and nothing depends on where
//! the image lies. Its parts are checked where they are used: the checksum in the header covers the metadata, each function
//! and each data segment has its own. Checksums find accidents; what a hostile image may do is bounded by verification:
//! [`Image::verify_metadata`] once, and [`Image::verify_function`] for each function before it runs.
//!
//! Verification is there with the feature `verify`. Without it, only those are safe to run that the translator made, for this op
//! set, and that did not change since.
//!
//! Read in this order: [`layout`], where everything lies; `read`, records by index; `verify` and `code`, what must hold.

#[cfg(feature = "verify")]
mod code;
mod error;
pub mod layout;
mod read;
#[cfg(feature = "verify")]
mod verify;

#[cfg(feature = "verify")]
pub use code::scratch_words;
pub use error::{ImageError, ImageErrorKind};
pub use read::*;

/// Adds bytes to a checksum, which starts at 0. A change of any aligned word of four bytes changes the sum for sure.
pub fn checksum(sum: u32, bytes: &[u8]) -> u32 {
    let mut sum = sum;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        sum = (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1);
    }
    for &byte in words.remainder() {
        sum = (sum.rotate_left(5) ^ u32::from(byte)).wrapping_mul(0x9e37_79b1);
    }
    sum
}

/// The checksum of a function's code. A change of any unit changes it for sure.
pub fn code_checksum(code: &[u8]) -> u16 {
    let mut sum = 0u16;
    for unit in code.chunks_exact(2) {
        let unit = u16::from_le_bytes([unit[0], unit[1]]);
        sum = (sum.rotate_left(3) ^ unit).wrapping_mul(0x79b1);
    }
    sum
}

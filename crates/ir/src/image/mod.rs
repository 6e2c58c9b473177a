//! Images: translated modules that run without decoder, validator or translator. They are linked, or executed in place.
//!
//! ```text
//! header | sections of records | code, function after function | bytes of data segments
//! 0      | 216 ..              | meta_end ..                   | code_end ..          file_len
//! ```
//!
//! All numbers are little-endian on every host. Records are 4-aligned, code is 2-aligned, and nothing depends on the
//! address of the image.
//!
//! The header has a checksum of the metadata and one of the data segments; each function has its own. Checksums only
//! find accidents. Verification bounds what a hostile image can do: [`Image::verify_metadata`] once, and
//! [`Image::verify_function`] for each function before it runs.
//!
//! Verification needs the feature `verify`. Without it, an image is safe to run only if the translator made it for this
//! op set and it has not changed since.
//!
//! Read in this order: [`layout`] says where everything lies; `read` reads records by index; `verify` and `code`
//! verify. [`offsets`] has what only backtraces need.

#[cfg(feature = "verify")]
mod code;
mod error;
pub mod layout;
pub mod offsets;
mod read;
#[cfg(feature = "verify")]
mod verify;

#[cfg(feature = "verify")]
pub use code::scratch_words;
pub use error::{ImageError, ImageErrorKind};
pub use read::*;

/// Adds bytes to a checksum, which starts at 0. A change of a single aligned word of four bytes always changes the sum.
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

/// Returns the checksum of a function's code. A change of a single unit always changes it.
pub fn code_checksum(code: &[u8]) -> u16 {
    let mut sum = 0u16;
    for unit in code.chunks_exact(2) {
        let unit = u16::from_le_bytes([unit[0], unit[1]]);
        sum = (sum.rotate_left(3) ^ unit).wrapping_mul(0x79b1);
    }
    sum
}

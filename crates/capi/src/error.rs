//! Errors as values, for the functions of `wasmote.h`; and the text format.

use std::fmt::{self, Display, Write};

use crate::instance::NO_MEMORY;
use crate::vectors::{Vector, wasm_byte_vec_t};

/// Why a function of `wasmote.h` failed: `wasmote_error_t`.
pub struct wasmote_error_t {
    message: String,
}

impl wasmote_error_t {
    pub(crate) fn new(message: &str) -> Box<wasmote_error_t> {
        Box::new(wasmote_error_t { message: message.into() })
    }

    /// Makes an error of C of one of Rust.
    pub(crate) fn of(error: &dyn Display) -> Box<wasmote_error_t> {
        Box::new(wasmote_error_t { message: text_of(error) })
    }

    /// Makes errors of C of those of Rust.
    pub(crate) fn or<T, E: Display>(result: Result<T, E>) -> Result<T, Box<wasmote_error_t>> {
        result.map_err(|error| wasmote_error_t::of(&error))
    }
}

/// Returns a text, which may have names of a guest's. If there is not enough memory for it, it says only that.
pub(crate) fn text_of(shown: &dyn Display) -> String {
    struct Text(String);

    impl Write for Text {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.try_reserve(part.len()).map_err(|_| fmt::Error)?;
            self.0.push_str(part);
            Ok(())
        }
    }

    let mut text = Text(String::new());
    match write!(text, "{shown}") {
        Ok(()) => text.0,
        Err(_) => NO_MEMORY.into(),
    }
}

/// Returns bytes of C. Null stands for none.
///
/// # Safety
/// `bytes` is null, or has `size` bytes as long as the result is used.
pub(crate) unsafe fn bytes_of<'a>(bytes: *const u8, size: usize) -> &'a [u8] {
    match bytes.is_null() {
        true => &[],
        // SAFETY: as the caller guarantees.
        false => unsafe { std::slice::from_raw_parts(bytes, size) },
    }
}

/// Returns a name of C, or an error if it is not UTF-8.
///
/// # Safety
/// As for [`bytes_of`].
pub(crate) unsafe fn name_of<'a>(bytes: *const u8, size: usize) -> Result<&'a str, Box<wasmote_error_t>> {
    // SAFETY: as the caller guarantees.
    wasmote_error_t::or(std::str::from_utf8(unsafe { bytes_of(bytes, size) }))
}

c_functions! {
    /// Returns the message, without a byte of zero at its end. `out` needs no value before.
    fn wasmote_error_message(error: &wasmote_error_t, out: *mut wasm_byte_vec_t) {
        out.write(Vector::of_bytes(error.message.as_bytes()));
    }

    /// Deletes an error. Does nothing for null.
    fn wasmote_error_delete(error: Option<Box<wasmote_error_t>>) {
        drop(error);
    }

    /// Makes a binary of a module in the text format. Returns null and sets `binary`, or returns what is wrong, with line and
    /// column.
    #[cfg(feature = "wat")]
    fn wasmote_wat2wasm(text: *const u8, size: usize, binary: *mut wasm_byte_vec_t) -> Option<Box<wasmote_error_t>> {
        let made = wasmote_error_t::or(wasmote::binary_of_text(bytes_of(text, size)));
        made.map(|bytes| binary.write(Vector::of(bytes))).err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_memory_says_so() {
        struct TooLong;

        impl Display for TooLong {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names, and no room for more: ")?;
                Err(fmt::Error)
            }
        }

        assert_eq!(text_of(&TooLong), NO_MEMORY);
        assert_eq!(text_of(&format_args!("import {}", 1)), "import 1");
    }
}

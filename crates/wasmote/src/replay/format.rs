//! The layout of recordings, with a writer and a reader of numbers. `docs/replay.md` describes all of it.
//!
//! ```text
//! header | entry | entry | ... | end
//!
//! entry: kind | length of the body | body | checksum of all entries so far
//! ```

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::image::checksum;

use super::ReplayError;
use crate::error::Error;

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"\0wmr";
/// The version of this format.
pub const VERSION: u16 = 1;
/// The length of the header: magic, version, 0, length and checksum of the module, checksum of the header.
pub const HEADER_LEN: usize = 24;
/// The bit of a number's byte that another byte follows.
const MORE: u8 = 1 << 7;
/// The length of a checksum.
pub const SUM_LEN: usize = 4;

/// Kinds of entries.
pub mod kinds {
    /// A host call.
    pub const CALL: u8 = 1;
    /// The end of the run.
    pub const END: u8 = 2;
}

/// Kinds of changes that a call made. Each is followed by numbers.
pub mod changes {
    /// No more changes.
    pub const END: u8 = 0;
    /// Growth of a memory: its number, the pages.
    pub const MEMORY_GROW: u8 = 1;
    /// Bytes in a memory: its number, the offset, how many, and the bytes.
    pub const MEMORY: u8 = 2;
    /// Growth of a table: its number, how many elements, and the reference that all of them are.
    pub const TABLE_GROW: u8 = 3;
    /// Elements of a table: its number, the first index, how many, and the references.
    pub const TABLE: u8 = 4;
    /// A global: its number, two slots.
    pub const GLOBAL: u8 = 5;
    /// The fuel that is left.
    pub const FUEL: u8 = 6;
}

/// How a call ended.
pub mod outcomes {
    /// It returned. The slots of its results follow.
    pub const RETURNED: u8 = 0;
    /// It ended the program. The exit code follows.
    pub const EXIT: u8 = 1;
    /// It trapped. The trap's code follows.
    pub const TRAP: u8 = 2;
    /// It failed with another error. Its message follows.
    pub const ERROR: u8 = 3;
}

/// Returns the header of a recording of this module.
pub fn header(module: &[u8]) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..4].copy_from_slice(&MAGIC);
    header[4..6].copy_from_slice(&VERSION.to_le_bytes());
    header[8..16].copy_from_slice(&(module.len() as u64).to_le_bytes());
    header[16..20].copy_from_slice(&checksum(0, module).to_le_bytes());
    let sum = checksum(0, &header[..20]);
    header[20..].copy_from_slice(&sum.to_le_bytes());
    header
}

/// Checks a header against that of a module.
pub fn check_header(bytes: &[u8], module: &[u8]) -> Result<(), ReplayError> {
    let damaged = |offset, what| Err(ReplayError::Damaged { offset, what });
    if !bytes.starts_with(&MAGIC) {
        return damaged(0, "it does not begin as a recording of `wasmote run --record` does");
    }
    let Some(found) = bytes.get(..HEADER_LEN) else {
        return damaged(bytes.len(), "it is cut off in its header");
    };
    if found[4..6] != VERSION.to_le_bytes() {
        return damaged(4, "its format is of another version: record the run again with this one");
    }
    if checksum(0, &found[..20]).to_le_bytes() != found[20..] {
        return damaged(20, "the checksum of its header is wrong");
    }
    if *found != header(module) {
        return Err(ReplayError::OtherModule);
    }
    Ok(())
}

/// Collects the bytes of an entry.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Whether there was not enough memory. So only [`Writer::finish`] can fail.
    failed: bool,
}

impl Writer {
    /// Adds bytes as they are.
    #[inline(never)]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.failed |= self.bytes.try_extend_from_slice(bytes).is_err();
    }

    /// Adds a number: seven bits in each byte, the lowest first, with the high bit set in all but the last.
    #[inline(never)]
    pub fn number(&mut self, mut number: u64) {
        while number >= MORE.into() {
            self.raw(&[number as u8 | MORE]);
            number >>= 7;
        }
        self.raw(&[number as u8]);
    }

    /// Adds numbers.
    #[inline(never)]
    pub fn numbers(&mut self, numbers: &[u64]) {
        for &number in numbers {
            self.number(number);
        }
    }

    /// Adds bytes, after their number.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Returns the bytes. Errors: there was not enough memory for one of them.
    pub fn finish(&self) -> Result<&[u8], OutOfMemory> {
        if self.failed { Err(OutOfMemory) } else { Ok(&self.bytes) }
    }

    /// Removes all bytes.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.failed = false;
    }
}

/// Reads from bytes. Errors: the bytes end, or a number has more than 64 bits.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub bytes: &'a [u8],
    /// Where to read next.
    pub at: usize,
    /// Where the bytes begin in the recording.
    pub start: usize,
}

impl<'a> Reader<'a> {
    #[cold]
    #[inline(never)]
    pub fn damaged(&self, what: &'static str) -> Error {
        ReplayError::Damaged { offset: self.start + self.at, what }.into()
    }

    pub fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    pub fn number(&mut self) -> Result<u64, Error> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & !MORE);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < MORE {
                return Ok(number);
            }
        }
        Err(self.damaged("a number has more than 64 bits"))
    }

    /// Reads a number of 32 bits.
    pub fn index(&mut self) -> Result<u32, Error> {
        self.number()?.try_into().map_err(|_| self.damaged("a number has more than 32 bits"))
    }

    /// Reads this many bytes.
    pub fn take(&mut self, len: u64) -> Result<&'a [u8], Error> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += bytes.len();
                Ok(bytes)
            }
            None => Err(self.damaged("it is cut off here")),
        }
    }

    /// Reads bytes after their number.
    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let len = self.number()?;
        self.take(len)
    }

    /// Checks that nothing is left.
    pub fn end(&self) -> Result<(), Error> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.damaged("an entry has bytes behind its end")) }
    }
}

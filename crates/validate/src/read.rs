//! The reader of binaries. It is that of `wasmote-decode`, but its errors have the offset.

use core::ops::Range;

#[cfg(feature = "stack-switching")]
use wasmote_decode::operators::ResumeClause;
use wasmote_decode::operators::{Cast, Catch, EncodedBlockType, EncodedHeapType, EncodedValType, MemArg, MemArgForm};
use wasmote_decode::reader::{self, MAX_NAME, Malformed};
use wasmote_ir::RefType;
use wasmote_ir::operators::Operator;

use crate::fault::Invalid;

/// Reads the bytes of a binary.
#[derive(Clone)]
pub struct Reader<'b>(reader::Reader<'b>);

/// Defines methods that call those of the inner reader, and add the offset to errors.
macro_rules! located {
    ($( $(#[$attribute:meta])* $name:ident($($argument:ident: $of:ty),*) -> $ty:ty; )*) => { $(
        $(#[$attribute])*
        pub fn $name(&mut self $(, $argument: $of)*) -> Result<$ty, Invalid> {
            self.0.$name($($argument),*).map_err(|malformed| self.fault(malformed))
        }
    )* };
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], base: usize) -> Reader<'b> {
        Reader(reader::Reader::new(bytes, base))
    }

    /// Returns the offset of the next byte in the binary.
    pub fn offset(&self) -> usize {
        self.0.position()
    }

    pub fn is_at_end(&self) -> bool {
        self.0.is_at_end()
    }

    /// Returns how many bytes are left.
    pub fn left(&self) -> usize {
        self.0.left()
    }

    /// Skips all bytes that are left.
    pub fn finish(&mut self) {
        self.0.finish();
    }

    /// Moves to this offset in the binary.
    pub fn go_to(&mut self, offset: usize) {
        self.0.go_to(offset);
    }

    /// Returns the bytes in this range of the binary. Returns none if the range is not inside those of this reader.
    pub fn part_at(&self, range: Range<usize>) -> &'b [u8] {
        self.0.part_at(range)
    }

    /// Returns the range of all bytes in the binary.
    pub fn range(&self) -> Range<usize> {
        self.0.range()
    }

    /// Reads the opcode of an operator. The caller makes the message of an error, because it depends on the place.
    #[inline(always)]
    pub fn operator(&mut self) -> Result<Operator, Malformed> {
        self.0.operator()
    }

    /// Reads the rest of an opcode after its prefix. The caller makes the message of an error.
    #[inline(always)]
    pub fn prefixed(&mut self, prefix: u8) -> Result<Operator, Malformed> {
        self.0.prefixed(prefix)
    }

    /// Whether the operator at offset `start` ends where this reader is, by the table of operators.
    #[cfg(debug_assertions)]
    pub fn reads_one(mut self, start: usize) -> bool {
        let end = self.offset();
        self.0.go_to(start);
        let read = self.0.operator().and_then(|operator| self.0.skip_immediates(operator));
        read.is_ok() && self.offset() == end
    }

    located! {
        #[inline(always)]
        byte() -> u8;
        #[inline(never)]
        u32() -> u32;
        #[inline(never)]
        u64() -> u64;
        #[inline(always)]
        i32() -> i32;
        #[inline(always)]
        i64() -> i64;
        signed(bits: u32) -> i64;
        skip(count: usize) -> ();
        bytes(count: usize) -> &'b [u8];
        zero() -> ();
        #[inline(always)]
        memarg_of(form: MemArgForm) -> MemArg;
        #[inline]
        block_type() -> EncodedBlockType;
        value_type() -> EncodedValType;
        reference_type() -> (bool, EncodedHeapType);
        heap_type() -> EncodedHeapType;
        cast() -> Cast;
        catch() -> Catch;
        #[cfg(feature = "stack-switching")]
        handler() -> ResumeClause;
    }

    /// Returns the offset of the heap type in the next value type, if that is a reference type.
    pub fn heap_offset(&self) -> usize {
        let is_apart = self.0.peek().is_ok_and(|byte| RefType::nullable_of_byte(byte).is_some());
        self.offset() + usize::from(is_apart)
    }

    /// [`Reader::u32`] for callers where speed matters more than code size.
    #[inline(always)]
    pub fn u32_here(&mut self) -> Result<u32, Invalid> {
        self.0.u32().map_err(|malformed| self.fault(malformed))
    }

    /// Returns the next byte without reading it.
    pub fn peek(&self) -> Result<u8, Invalid> {
        self.0.peek().map_err(|malformed| self.fault(malformed))
    }

    /// Reads a length and returns a reader of that many bytes, which it skips.
    pub fn part(&mut self) -> Result<Reader<'b>, Invalid> {
        let count = self.u32()? as usize;
        let base = self.offset();
        Ok(Reader::new(self.bytes(count)?, base))
    }

    /// Reads a name (spec: binary/values#names).
    pub fn name(&mut self) -> Result<&'b str, Invalid> {
        let offset = self.offset();
        let count = self.u32()? as usize;
        if count > MAX_NAME {
            return Err(Invalid::new("string size out of bounds", offset));
        }
        core::str::from_utf8(self.bytes(count)?).map_err(|_| Invalid::new("malformed UTF-8 encoding", offset))
    }

    #[cold]
    #[inline(never)]
    fn fault(&self, malformed: Malformed) -> Invalid {
        Invalid::new(malformed.message(), self.offset())
    }
}

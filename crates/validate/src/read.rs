//! The reader of binaries, with faults that say where they are.

use core::ops::Range;

use wasmote_decode::operators::{Cast, Catch, MemArg, MemArgForm, WrittenBlock, WrittenHeap, WrittenType};
use wasmote_decode::reader::{self, Malformed};
use wasmote_ir::RefType;
use wasmote_ir::operators::Operator;

use crate::fault::Fault;
use crate::limits::MAX_NAME;

#[derive(Clone)]
pub struct Reader<'b>(reader::Reader<'b>);

/// Methods of the reader, with a fault in place of the error.
macro_rules! located {
    ($( $(#[$attribute:meta])* $name:ident($($argument:ident: $of:ty),*) -> $ty:ty; )*) => { $(
        $(#[$attribute])*
        pub fn $name(&mut self $(, $argument: $of)*) -> Result<$ty, Fault> {
            self.0.$name($($argument),*).map_err(|malformed| self.fault(malformed))
        }
    )* };
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], base: usize) -> Reader<'b> {
        Reader(reader::Reader::new(bytes, base))
    }

    /// Where the next byte is, in the binary.
    pub fn offset(&self) -> usize {
        self.0.position()
    }

    pub fn is_at_end(&self) -> bool {
        self.0.is_at_end()
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0.left()
    }

    /// Skips what is left.
    pub fn finish(&mut self) {
        self.0.finish();
    }

    /// Goes back to this offset.
    pub fn go_to(&mut self, offset: usize) {
        self.0.go_to(offset);
    }

    /// The bytes that lie there in the binary, if they are of those that this reads.
    pub fn part_at(&self, range: Range<usize>) -> &'b [u8] {
        self.0.part_at(range)
    }

    /// Where the bytes lie in the binary, all of them.
    pub fn range(&self) -> Range<usize> {
        self.0.range()
    }

    /// An operator. What is wrong if there is none is said by who knows what should be there.
    #[inline(always)]
    pub fn operator(&mut self) -> Result<Operator, Malformed> {
        self.0.operator()
    }

    /// The operator behind a prefix, likewise.
    #[inline(always)]
    pub fn prefixed(&mut self, prefix: u8) -> Result<Operator, Malformed> {
        self.0.prefixed(prefix)
    }

    /// Whether the operator that stands at this offset ends at the reader, by the table.
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
        block_type() -> WrittenBlock;
        value_type() -> WrittenType;
        reference_type() -> (bool, WrittenHeap);
        heap_type() -> WrittenHeap;
        cast() -> Cast;
        catch() -> Catch;
    }

    /// Where the heap type is of the value type that comes next, if it is a reference type.
    pub fn heap_offset(&self) -> usize {
        let is_apart = self.0.peek().is_ok_and(|byte| RefType::nullable_of_byte(byte).is_some());
        self.offset() + usize::from(is_apart)
    }

    /// [`Reader::u32`] where speed matters more than size.
    #[inline(always)]
    pub fn u32_here(&mut self) -> Result<u32, Fault> {
        self.0.u32().map_err(|malformed| self.fault(malformed))
    }

    pub fn peek(&self) -> Result<u8, Fault> {
        self.0.peek().map_err(|malformed| self.fault(malformed))
    }

    /// Those of the next bytes, in front of which stands how many they are.
    pub fn part(&mut self) -> Result<Reader<'b>, Fault> {
        let count = self.u32()? as usize;
        let base = self.offset();
        Ok(Reader::new(self.bytes(count)?, base))
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

    #[cold]
    #[inline(never)]
    fn fault(&self, malformed: Malformed) -> Fault {
        Fault::new(malformed.message(), self.offset())
    }
}

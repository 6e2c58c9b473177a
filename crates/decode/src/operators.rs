//! Operators of function bodies (spec: binary/instructions): opcodes, and the immediates behind them.
//!
//! Who reads an opcode asks for its immediates one by one, so that nothing is put together only to be taken apart; what is of no
//! interest is passed over with [`Operators::skip`]. Types, which are rare, are wasmparser's to read.

use wasmparser::{BinaryReader, BlockType, FromReader, HeapType, ValType};

/// Not all of what should be there is, or it is something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

type Result<T> = core::result::Result<T, Malformed>;

/// The prefix of operators on objects.
pub const OBJECT: u8 = 0xfb;
/// The prefix of saturating conversions, of operators on whole memories and tables, and of wide arithmetic.
pub const BULK: u8 = 0xfc;
/// The prefix of operators on vectors.
pub const VECTOR: u8 = 0xfd;

/// Which memory is addressed, and the offset in it; the alignment is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArg {
    /// Index of the memory.
    pub memory: u32,
    /// What is added to the address.
    pub offset: u64,
}

/// What stands behind an opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Immediates {
    /// Nothing.
    None,
    /// An index or depth, or several.
    Indices(u8),
    /// A signed integer of 32 bits.
    I32,
    /// A signed integer of 64 bits.
    I64,
    /// So many bytes.
    Bytes(u8),
    /// A memory and an offset, then so many bytes.
    Memory(u8),
    /// The type of a structured instruction.
    Block,
    /// The depths of a `br_table`, the default last.
    Depths,
    /// Value types: of a `select`.
    Types,
    /// The type of a reference.
    Heap,
    /// A `br_on_cast`.
    Cast,
    /// A `try_table`.
    TryTable,
}

/// What stands behind an opcode, or the number behind a prefix; `None` if there is no such operator.
pub fn immediates(opcode: u8, number: u32) -> Option<Immediates> {
    use Immediates as I;
    Some(match opcode {
        0x00 | 0x01 | 0x05 | 0x0a | 0x0b | 0x0f | 0x19..=0x1b => I::None,
        0x02..=0x04 | 0x06 => I::Block,
        0x07..=0x09 | 0x0c | 0x0d | 0x10 | 0x12 | 0x14 | 0x15 | 0x18 => I::Indices(1),
        0x0e => I::Depths,
        0x11 | 0x13 => I::Indices(2),
        0x1c => I::Types,
        0x1f => I::TryTable,
        0x20..=0x26 => I::Indices(1),
        0x28..=0x3e => I::Memory(0),
        0x3f | 0x40 => I::Indices(1),
        0x41 => I::I32,
        0x42 => I::I64,
        0x43 => I::Bytes(4),
        0x44 => I::Bytes(8),
        0x45..=0xc4 => I::None,
        0xd0 => I::Heap,
        0xd1 | 0xd3 | 0xd4 => I::None,
        0xd2 | 0xd5 | 0xd6 => I::Indices(1),
        OBJECT if cfg!(feature = "gc") => match number {
            0x00 | 0x01 | 0x06 | 0x07 | 0x0b..=0x0e | 0x10 => I::Indices(1),
            0x02..=0x05 | 0x08..=0x0a | 0x11..=0x13 => I::Indices(2),
            0x14..=0x17 => I::Heap,
            0x18 | 0x19 => I::Cast,
            0x0f | 0x1a..=0x1e => I::None,
            _ => return None,
        },
        BULK => match number {
            0x00..=0x07 | 0x13..=0x16 => I::None,
            0x09 | 0x0b | 0x0d | 0x0f..=0x11 => I::Indices(1),
            0x08 | 0x0a | 0x0c | 0x0e => I::Indices(2),
            _ => return None,
        },
        VECTOR if cfg!(feature = "simd") => match number {
            0x00..=0x0b | 0x5c | 0x5d => I::Memory(0),
            0x54..=0x5b => I::Memory(1),
            0x0c | 0x0d => I::Bytes(16),
            0x15..=0x22 => I::Bytes(1),
            // Where there is none, there is nothing behind it either.
            0x0e..=0x113 => I::None,
            _ => return None,
        },
        _ => return None,
    })
}

/// Reads operators.
#[derive(Clone, Copy, Default)]
pub struct Operators<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the bytes begin in the module.
    start: usize,
}

impl<'a> Operators<'a> {
    /// Those in these bytes, which begin here in the module.
    pub fn new(bytes: &'a [u8], start: usize) -> Operators<'a> {
        Operators { bytes, at: 0, start }
    }

    /// Where the next byte is in the module.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.start + self.at
    }

    /// A byte: an opcode, or the number of a lane.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    /// As many bytes.
    #[inline(always)]
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Malformed)?;
        self.at += N;
        Ok(*bytes)
    }

    /// An unsigned integer of 32 bits: an index, a depth, a number of things, or what follows a prefix.
    #[inline(always)]
    pub fn index(&mut self) -> Result<u32> {
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

    /// A signed integer of 32 bits.
    #[inline(always)]
    pub fn i32(&mut self) -> Result<i32> {
        match self.bytes.get(self.at..) {
            Some(&[byte, ..]) if byte < 0x80 => {
                self.at += 1;
                Ok(i32::from((byte << 1) as i8 >> 1))
            }
            Some(&[low, high, ..]) if high < 0x80 => {
                self.at += 2;
                Ok(i32::from((u16::from(high) << 9 | u16::from(low & 0x7f) << 2) as i16 >> 2))
            }
            _ => Ok(self.signed(32)? as i32),
        }
    }

    /// A signed integer of 64 bits.
    #[inline(always)]
    pub fn i64(&mut self) -> Result<i64> {
        match self.bytes.get(self.at..) {
            Some(&[byte, ..]) if byte < 0x80 => {
                self.at += 1;
                Ok(i64::from((byte << 1) as i8 >> 1))
            }
            Some(&[low, high, ..]) if high < 0x80 => {
                self.at += 2;
                Ok(i64::from((u16::from(high) << 9 | u16::from(low & 0x7f) << 2) as i16 >> 2))
            }
            _ => self.signed(64),
        }
    }

    /// A memory and an offset.
    #[inline(always)]
    pub fn memory(&mut self) -> Result<MemArg> {
        match self.bytes.get(self.at..) {
            Some(&[align, offset, ..]) if align < 0x10 && offset < 0x80 => {
                self.at += 2;
                Ok(MemArg { memory: 0, offset: u64::from(offset) })
            }
            _ => self.any_memory(),
        }
    }

    #[inline(never)]
    fn any_memory(&mut self) -> Result<MemArg> {
        const MEMORY: u32 = 0x40;
        let align = self.index()?;
        if align & !MEMORY >= 0x10 {
            return Err(Malformed);
        }
        let memory = if align & MEMORY != 0 { self.index()? } else { 0 };
        Ok(MemArg { memory, offset: self.unsigned(64)? })
    }

    /// The type of a structured instruction.
    #[inline]
    pub fn block_type(&mut self) -> Result<BlockType> {
        let first = *self.bytes.get(self.at).ok_or(Malformed)?;
        let ty = match first {
            0x40 => BlockType::Empty,
            0x7f => BlockType::Type(ValType::I32),
            _ => return self.any_block_type(first),
        };
        self.at += 1;
        Ok(ty)
    }

    #[inline(never)]
    fn any_block_type(&mut self, first: u8) -> Result<BlockType> {
        // What is negative, in its one byte, is a type.
        if first & 0xc0 == 0x40 {
            return Ok(BlockType::Type(self.value_type()?));
        }
        let index = u32::try_from(self.signed(33)?).map_err(|_| Malformed)?;
        Ok(BlockType::FuncType(index))
    }

    /// A value type.
    #[inline(never)]
    pub fn value_type(&mut self) -> Result<ValType> {
        self.parse()
    }

    /// What a reference refers to.
    #[inline(never)]
    pub fn heap_type(&mut self) -> Result<HeapType> {
        self.parse()
    }

    /// The type of a `select` that says it.
    pub fn types(&mut self) -> Result<()> {
        for _ in 0..self.index()? {
            self.value_type()?;
        }
        Ok(())
    }

    /// What a `br_on_cast` has: the depth, whether the type may be null that is cast to, and to what it refers.
    pub fn cast(&mut self) -> Result<(u32, bool, HeapType)> {
        let flags = self.byte()?;
        let depth = self.index()?;
        let (_, to) = (self.heap_type()?, self.heap_type()?);
        if flags < 4 { Ok((depth, flags & 2 != 0, to)) } else { Err(Malformed) }
    }

    /// Passes over what stands behind an opcode. Returns the number, if it is a prefix.
    ///
    /// # Errors
    /// If not all of it is there, or there is no such operator.
    #[inline(never)]
    pub fn skip(&mut self, opcode: u8) -> Result<u32> {
        let number = if opcode >= OBJECT { self.index()? } else { 0 };
        match immediates(opcode, number).ok_or(Malformed)? {
            Immediates::None => {}
            Immediates::Indices(count) => (0..count).try_for_each(|_| self.index().map(drop))?,
            Immediates::I32 => drop(self.i32()?),
            Immediates::I64 => drop(self.i64()?),
            Immediates::Bytes(count) => self.pass(count)?,
            Immediates::Memory(more) => {
                self.memory()?;
                self.pass(more)?;
            }
            Immediates::Block => drop(self.block_type()?),
            Immediates::Depths => {
                for _ in 0..=self.index()? {
                    self.index()?;
                }
            }
            Immediates::Types => self.types()?,
            Immediates::Heap => drop(self.heap_type()?),
            Immediates::Cast => drop(self.cast()?),
            Immediates::TryTable => {
                self.block_type()?;
                for _ in 0..self.index()? {
                    self.clause()?;
                }
            }
        }
        Ok(number)
    }

    /// A clause of a `try_table`: the tag, if it is for one, whether the reference is wanted, and the label's depth.
    pub fn clause(&mut self) -> Result<(Option<u32>, bool, u32)> {
        let kind = self.byte()?;
        let tag = match kind {
            0 | 1 => Some(self.index()?),
            2 | 3 => None,
            _ => return Err(Malformed),
        };
        Ok((tag, kind & 1 != 0, self.index()?))
    }

    fn pass(&mut self, count: u8) -> Result<()> {
        let count = usize::from(count);
        if count > self.bytes.len() - self.at {
            return Err(Malformed);
        }
        self.at += count;
        Ok(())
    }

    fn parse<T: FromReader<'a>>(&mut self) -> Result<T> {
        let rest = self.bytes.get(self.at..).ok_or(Malformed)?;
        let mut reader = BinaryReader::new(rest, 0);
        let read = reader.read().map_err(|_| Malformed)?;
        self.at += reader.original_position() as usize;
        Ok(read)
    }

    #[inline(never)]
    fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            // Of the last byte that there may be, the upper bits belong to nothing.
            if shift + 7 > bits && byte >> (bits - shift) != 0 {
                return Err(Malformed);
            }
            shift += 7;
            if byte < 0x80 {
                return Ok(value);
            }
        }
    }

    #[inline(never)]
    fn signed(&mut self, bits: u32) -> Result<i64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if shift + 7 > bits {
                // The bits that belong to nothing repeat the sign.
                let rest = (byte << 1) as i8 >> (bits - shift);
                if byte >= 0x80 || rest != 0 && rest != -1 {
                    return Err(Malformed);
                }
            }
            shift += 7;
            if byte < 0x80 {
                return Ok(if shift < 64 { value << (64 - shift) >> (64 - shift) } else { value });
            }
        }
    }
}

//! Reads the operators of function bodies (spec: binary/instructions): their opcodes and immediates. All crates that
//! read bodies use this.
//!
//! The caller reads an opcode, and then asks for the operator's immediates one by one. So no data structure for
//! operators needs to be built. [`Reader::skip_immediates`] skips all immediates of an operator, by the table of
//! operators.

use wasmote_ir::operators::{HAS_MEMORY, HAS_ORDERING, Immediate, Operator};
use wasmote_ir::{HeapType, Proposal, RefType, ValType};

use crate::reader::{Malformed, Reader};

type Result<T> = core::result::Result<T, Malformed>;

/// The memory argument of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArg {
    /// Log2 of the alignment.
    pub align: u32,
    /// The index of the memory.
    pub memory: u32,
    /// The offset, which is added to the address.
    pub offset: u64,
    /// The byte of the memory ordering, if there is one.
    pub ordering: Option<u8>,
}

/// The encoding of memory arguments, which depends on proposals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArgForm {
    /// Whether there may be the index of a memory.
    pub has_memory: bool,
    /// Whether the offset may have 64 bits. Otherwise it has 32.
    pub is_wide: bool,
    /// Whether there may be a memory ordering.
    pub has_ordering: bool,
}

impl MemArgForm {
    /// The encoding with all proposals. It reads every older encoding alike.
    pub const NEWEST: MemArgForm = MemArgForm { has_memory: true, is_wide: true, has_ordering: true };
}

/// A heap type as a binary has it (spec: binary/types#heap-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodedHeapType {
    /// An abstract heap type, or the index of a type.
    Known(HeapType),
    /// An abstract heap type that is shared between threads.
    Shared(HeapType),
    /// The type with this index, without its subtypes.
    Exact(u32),
}

/// A value type as a binary has it (spec: binary/types#value-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodedValType {
    /// A number or a vector.
    Number(ValType),
    /// A reference: whether it is nullable, and its heap type.
    Reference(bool, EncodedHeapType),
}

/// Why this build has no type for one in a binary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnsupportedType {
    /// It belongs to a proposal that this build does not run.
    Proposal(Proposal),
    /// Its index is above the limit for types.
    Index,
}

/// The type of a block as a binary has it (spec: binary/instructions#block-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodedBlockType {
    /// No parameters and no results.
    Empty,
    /// One result.
    Value(EncodedValType),
    /// The function type with this index.
    Type(u32),
}

/// The immediates of a `br_on_cast`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The depth of the label.
    pub label: u32,
    /// The type of the operand: whether it is nullable, and its heap type.
    pub from: (bool, EncodedHeapType),
    /// The type that the operand is cast to.
    pub to: (bool, EncodedHeapType),
}

/// A clause of a `try_table`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Catch {
    /// The tag that it catches. `None` if it catches all.
    pub tag: Option<u32>,
    /// Whether the label gets a reference to the exception.
    pub has_reference: bool,
    /// The depth of the label.
    pub label: u32,
}

/// A clause of a `resume`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResumeClause {
    /// The tag that it handles.
    pub tag: u32,
    /// The depth of the label. `None` if the clause switches.
    pub label: Option<u32>,
}

impl EncodedHeapType {
    /// Returns the heap type, if this build has it.
    pub fn supported(self) -> core::result::Result<HeapType, UnsupportedType> {
        let proposal = match self {
            EncodedHeapType::Known(HeapType::Index(index)) if index >= RefType::MAX_INDEX => {
                return Err(UnsupportedType::Index);
            }
            EncodedHeapType::Known(heap) => match heap.proposal() {
                Proposal::Gc | Proposal::Exceptions if cfg!(not(feature = "gc")) => heap.proposal(),
                Proposal::StackSwitching if cfg!(not(feature = "stack-switching")) => heap.proposal(),
                _ => return Ok(heap),
            },
            EncodedHeapType::Shared(_) => Proposal::SharedEverything,
            EncodedHeapType::Exact(index) if cfg!(feature = "gc") => {
                let known = index < RefType::MAX_INDEX;
                return if known { Ok(HeapType::Exact(index)) } else { Err(UnsupportedType::Index) };
            }
            EncodedHeapType::Exact(_) => Proposal::CustomDescriptors,
        };
        Err(UnsupportedType::Proposal(proposal))
    }
}

impl EncodedValType {
    /// Returns the type, if this build has it.
    pub fn supported(self) -> core::result::Result<ValType, UnsupportedType> {
        match self {
            EncodedValType::Number(ValType::V128) if cfg!(not(feature = "simd")) => {
                Err(UnsupportedType::Proposal(Proposal::Simd))
            }
            EncodedValType::Number(ty) => Ok(ty),
            EncodedValType::Reference(nullable, heap) => Ok(ValType::Ref(RefType::new(nullable, heap.supported()?))),
        }
    }
}

impl<'b> Reader<'b> {
    /// Reads the opcode of an operator, including a prefix. If there is no such operator, the reader is after the
    /// opcode.
    #[inline(always)]
    pub fn operator(&mut self) -> Result<Operator> {
        let byte = self.byte()?;
        match Operator::of_byte(byte) {
            Some(operator) => Ok(operator),
            None => self.prefixed(byte),
        }
    }

    /// Reads the rest of an opcode after its first byte, which is the opcode of no operator.
    ///
    /// # Errors
    /// If the byte is no prefix, or there is no operator with the number after it.
    #[inline(never)]
    pub fn prefixed(&mut self, prefix: u8) -> Result<Operator> {
        if !Operator::is_prefix(prefix) {
            return Err(Malformed::Operator);
        }
        Operator::of_prefix(prefix, self.u32()?).ok_or(Malformed::Operator)
    }

    /// Reads a memory argument in any encoding.
    #[inline(always)]
    pub fn memarg(&mut self) -> Result<MemArg> {
        self.memarg_of(MemArgForm::NEWEST)
    }

    /// Reads a memory argument in this encoding.
    #[inline(always)]
    pub fn memarg_of(&mut self, form: MemArgForm) -> Result<MemArg> {
        match self.peek() {
            Ok(align) if u32::from(align) < HAS_ORDERING => {
                self.pass(1);
                let offset = if form.is_wide { self.u64()? } else { self.u32()?.into() };
                Ok(MemArg { align: align.into(), memory: 0, offset, ordering: None })
            }
            _ => self.any_memarg(form),
        }
    }

    /// [`Reader::memarg_of`] for arguments that are not the most frequent ones.
    #[inline(never)]
    fn any_memarg(&mut self, form: MemArgForm) -> Result<MemArg> {
        let start = *self;
        let mut align = self.unsigned(32)? as u32;
        let (mut memory, mut ordering) = (0, None);
        if align & HAS_MEMORY != 0 && form.has_memory {
            align ^= HAS_MEMORY;
            memory = self.unsigned(32)? as u32;
        }
        if align >= HAS_MEMORY {
            *self = start;
            return Err(Malformed::MemArg);
        }
        if align & HAS_ORDERING != 0 && form.has_ordering {
            align ^= HAS_ORDERING;
            ordering = Some(self.byte()?);
        }
        let offset = self.unsigned(if form.is_wide { 64 } else { 32 })?;
        Ok(MemArg { align, memory, offset, ordering })
    }

    /// Reads the type of a block.
    #[inline]
    pub fn block_type(&mut self) -> Result<EncodedBlockType> {
        const EMPTY: u8 = 0x40;
        let first = self.peek()?;
        if first == EMPTY {
            self.pass(1);
            return Ok(EncodedBlockType::Empty);
        }
        // A negative number of one byte is a value type.
        if first & 0xc0 == 0x40 {
            return Ok(EncodedBlockType::Value(self.value_type()?));
        }
        Ok(EncodedBlockType::Type(self.type_index(Malformed::BlockType)?))
    }

    /// Reads the index of a type, in a place where a type could be instead. A negative number fails with `wrong`.
    #[inline(never)]
    fn type_index(&mut self, wrong: Malformed) -> Result<u32> {
        let start = *self;
        let index = match self.short() {
            Some(index) => i64::from(index),
            None => self.signed(33)?,
        };
        u32::try_from(index).map_err(|_| {
            *self = start;
            wrong
        })
    }

    /// Reads a value type.
    #[inline(never)]
    pub fn value_type(&mut self) -> Result<EncodedValType> {
        if let Some(ty) = ValType::of_byte(self.peek()?) {
            self.pass(1);
            return Ok(EncodedValType::Number(ty));
        }
        let (nullable, heap) = self.reference_type()?;
        Ok(EncodedValType::Reference(nullable, heap))
    }

    /// Reads a reference type. Returns whether it is nullable, and its heap type.
    #[inline(never)]
    pub fn reference_type(&mut self) -> Result<(bool, EncodedHeapType)> {
        match RefType::nullable_of_byte(self.peek()?) {
            Some(nullable) => {
                self.pass(1);
                Ok((nullable, self.heap_type()?))
            }
            None => Ok((true, self.abstract_heap(Malformed::ValueType)?)),
        }
    }

    /// Reads a heap type.
    #[inline(never)]
    pub fn heap_type(&mut self) -> Result<EncodedHeapType> {
        const EXACT: u8 = 0x62;
        let first = self.peek()?;
        // An exact type is only allowed here: the short forms of reference types are for abstract heap types only.
        if first == EXACT {
            self.pass(1);
            return Ok(EncodedHeapType::Exact(self.index()?));
        }
        if first & 0xc0 == 0x40 {
            return self.abstract_heap(Malformed::HeapType);
        }
        Ok(EncodedHeapType::Known(HeapType::Index(self.type_index(Malformed::HeapType)?)))
    }

    /// Reads an abstract heap type. Fails with `wrong` if there is none.
    fn abstract_heap(&mut self, wrong: Malformed) -> Result<EncodedHeapType> {
        const SHARED: u8 = 0x65;
        let start = *self;
        let mut byte = self.byte()?;
        let shared = byte == SHARED;
        if shared {
            byte = self.byte()?;
        }
        match (byte, HeapType::of_byte(byte)) {
            (_, Some(heap)) if shared => Ok(EncodedHeapType::Shared(heap)),
            (_, Some(heap)) => Ok(EncodedHeapType::Known(heap)),
            _ => {
                *self = start;
                Err(wrong)
            }
        }
    }

    /// Reads the immediates of a `br_on_cast`.
    pub fn cast(&mut self) -> Result<Cast> {
        let start = *self;
        let flags = self.byte()?;
        if flags > 3 {
            *self = start;
            return Err(Malformed::Cast);
        }
        let label = self.index()?;
        let from = (flags & 1 != 0, self.heap_type()?);
        Ok(Cast { label, from, to: (flags & 2 != 0, self.heap_type()?) })
    }

    /// Reads a clause of a `try_table`.
    pub fn catch(&mut self) -> Result<Catch> {
        let kind = self.byte()?;
        let tag = match kind {
            0 | 1 => Some(self.index()?),
            2 | 3 => None,
            _ => {
                self.back(1);
                return Err(Malformed::Clause);
            }
        };
        Ok(Catch { tag, has_reference: kind & 1 != 0, label: self.index()? })
    }

    /// Reads a clause of a `resume`.
    pub fn handler(&mut self) -> Result<ResumeClause> {
        let is_switch = match self.byte()? {
            0 => false,
            1 => true,
            _ => {
                self.back(1);
                return Err(Malformed::Clause);
            }
        };
        let tag = self.index()?;
        Ok(ResumeClause { tag, label: if is_switch { None } else { Some(self.index()?) } })
    }

    /// Reads a byte that must be zero.
    pub fn zero(&mut self) -> Result<()> {
        if self.byte()? == 0 {
            return Ok(());
        }
        self.back(1);
        Err(Malformed::Zero)
    }

    /// Skips the immediates of an operator, whose opcode was just read.
    ///
    /// # Errors
    /// If an immediate is incomplete or malformed.
    #[inline(never)]
    pub fn skip_immediates(&mut self, operator: Operator) -> Result<()> {
        for &immediate in operator.row().immediates() {
            match immediate {
                Some(immediate) => self.immediate(immediate)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Skips an immediate.
    fn immediate(&mut self, immediate: Immediate) -> Result<()> {
        let bytes = match immediate {
            Immediate::Block => return self.skip_block_type(),
            Immediate::Label
            | Immediate::Func
            | Immediate::Type
            | Immediate::Table
            | Immediate::Memory
            | Immediate::MemoryOrZero
            | Immediate::Global
            | Immediate::Local
            | Immediate::Tag
            | Immediate::Data
            | Immediate::Elem
            | Immediate::Field
            | Immediate::Count => return self.skip_index(),
            Immediate::Labels => {
                self.skip_list(Reader::skip_index)?;
                return self.skip_index();
            }
            Immediate::Heap => return self.heap_type().map(drop),
            Immediate::Types => return self.skip_list(|reader| reader.value_type().map(drop)),
            Immediate::Catches => return self.skip_list(|reader| reader.catch().map(drop)),
            Immediate::Handlers => return self.skip_list(|reader| reader.handler().map(drop)),
            Immediate::Cast => return self.cast().map(drop),
            Immediate::I32 => return self.signed(32).map(drop),
            Immediate::I64 => return self.signed(64).map(drop),
            Immediate::MemArg(_) | Immediate::Atomic(_) | Immediate::AtomicAccess(_) | Immediate::AtomicRmw(_) => {
                return self.memarg().map(drop);
            }
            Immediate::F32 => 4,
            Immediate::F64 => 8,
            Immediate::V128 | Immediate::Lanes => 16,
            Immediate::Lane(_) | Immediate::OrderingOrZero | Immediate::Ordering => 1,
        };
        self.skip(bytes)
    }

    /// Skips an index, a depth or a count.
    fn skip_index(&mut self) -> Result<()> {
        self.index().map(drop)
    }

    /// Skips the type of a block.
    #[inline(never)]
    fn skip_block_type(&mut self) -> Result<()> {
        self.block_type().map(drop)
    }

    /// Skips a list: the number of items, then each item.
    #[inline(never)]
    fn skip_list(&mut self, skip: fn(&mut Self) -> Result<()>) -> Result<()> {
        for _ in 0..self.index()? {
            skip(self)?;
        }
        Ok(())
    }
}

//! Operators of function bodies (spec: binary/instructions): opcodes, and the immediates behind them. Everything that reads bodies does it with
//! this: who reads an operator asks for its immediates one by one, so that nothing is put together only to be taken apart; what is of no
//! interest is passed over with [`Reader::skip_immediates`], which goes by the table of operators.

use wasmote_ir::operators::{Immediate, Operator};
use wasmote_ir::{HeapType, Proposal, RefType, ValType};

use crate::reader::{Malformed, Reader};

type Result<T> = core::result::Result<T, Malformed>;

/// What a memory operator has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArg {
    /// The alignment, as a power of two.
    pub align: u32,
    /// Index of the memory.
    pub memory: u32,
    /// What is added to the address.
    pub offset: u64,
}

/// How the alignment and the offset of memory operators are written: later versions have more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArgForm {
    /// There may be the index of a memory.
    pub has_memory: bool,
    /// The offset may have 64 bits; otherwise it has 32.
    pub is_wide: bool,
}

impl MemArgForm {
    /// All that a version has. What is read as an older one is read alike as this.
    pub const NEWEST: MemArgForm = MemArgForm { has_memory: true, is_wide: true };
}

/// A heap type as it is written (spec: binary/types#heap-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrittenHeap {
    /// An abstract one, or a type's index.
    Known(HeapType),
    /// What is shared between threads.
    Shared(HeapType),
    /// What is of this type and of none below it.
    Exact(u32),
    /// Continuations.
    Continuation {
        /// It is `nocont`, of which there are none but null.
        is_bottom: bool,
        /// They are shared between threads.
        is_shared: bool,
    },
}

/// A value type as it is written (spec: binary/types#value-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrittenType {
    /// A number or a vector.
    Number(ValType),
    /// A reference, and whether it may be null.
    Reference(bool, WrittenHeap),
}

/// Why there is no type for one that is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lacking {
    /// It belongs to a proposal that this build does not run.
    Proposal(Proposal),
    /// Its index is higher than those of all types that there may be.
    Index,
}

/// The type of a block as it is written (spec: binary/instructions#block-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrittenBlock {
    /// It takes and leaves nothing.
    Empty,
    /// It leaves a value.
    Value(WrittenType),
    /// It has the function type with this index.
    Type(u32),
}

/// What a `br_on_cast` has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The depth of the label.
    pub label: u32,
    /// The type that the operand has, and whether it may be null.
    pub from: (bool, WrittenHeap),
    /// The type that it is cast to.
    pub to: (bool, WrittenHeap),
}

/// A clause of a `try_table`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Catch {
    /// The tag that it is for, unless it is for all.
    pub tag: Option<u32>,
    /// Whether the exception's reference is passed on.
    pub has_reference: bool,
    /// The depth of the label.
    pub label: u32,
}

/// A clause of a `resume`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The tag that it is for.
    pub tag: u32,
    /// The depth of the label, unless it switches.
    pub label: Option<u32>,
}

impl WrittenHeap {
    /// The heap type, if this build has it.
    pub fn known(self) -> core::result::Result<HeapType, Lacking> {
        let proposal = match self {
            WrittenHeap::Known(HeapType::Index(index)) if index >= RefType::MAX_INDEX => return Err(Lacking::Index),
            WrittenHeap::Known(heap) => match heap.proposal() {
                Proposal::Gc | Proposal::Exceptions if cfg!(not(feature = "gc")) => heap.proposal(),
                _ => return Ok(heap),
            },
            WrittenHeap::Shared(_) => Proposal::SharedEverything,
            WrittenHeap::Exact(_) => Proposal::CustomDescriptors,
            WrittenHeap::Continuation { .. } => Proposal::StackSwitching,
        };
        Err(Lacking::Proposal(proposal))
    }
}

impl WrittenType {
    /// The type, if this build has it.
    pub fn known(self) -> core::result::Result<ValType, Lacking> {
        match self {
            WrittenType::Number(ValType::V128) if cfg!(not(feature = "simd")) => Err(Lacking::Proposal(Proposal::Simd)),
            WrittenType::Number(ty) => Ok(ty),
            WrittenType::Reference(nullable, heap) => Ok(ValType::Ref(RefType::new(nullable, heap.known()?))),
        }
    }
}

impl<'b> Reader<'b> {
    /// An operator's opcode, with its prefix if it has one. After an error that says that there is no such operator, the reader stands behind
    /// the opcode.
    #[inline(always)]
    pub fn operator(&mut self) -> Result<Operator> {
        let byte = self.byte()?;
        match Operator::of_byte(byte) {
            Some(operator) => Ok(operator),
            None => self.prefixed(byte),
        }
    }

    /// The operator behind a byte that was read and is none itself.
    ///
    /// # Errors
    /// If it is no prefix, or nothing is behind it that there is.
    #[inline(never)]
    pub fn prefixed(&mut self, prefix: u8) -> Result<Operator> {
        if !Operator::is_prefix(prefix) {
            return Err(Malformed::Operator);
        }
        Operator::of_prefix(prefix, self.u32()?).ok_or(Malformed::Operator)
    }

    /// Alignment, memory and offset.
    #[inline(always)]
    pub fn memarg(&mut self) -> Result<MemArg> {
        self.memarg_of(MemArgForm::NEWEST)
    }

    /// The same as a version writes them.
    #[inline(always)]
    pub fn memarg_of(&mut self, form: MemArgForm) -> Result<MemArg> {
        match self.peek() {
            Ok(align) if align < 0x40 => {
                self.pass(1);
                let offset = if form.is_wide { self.u64()? } else { self.u32()?.into() };
                Ok(MemArg { align: align.into(), memory: 0, offset })
            }
            _ => self.any_memarg(form),
        }
    }

    #[inline(never)]
    fn any_memarg(&mut self, form: MemArgForm) -> Result<MemArg> {
        const MEMORY: u32 = 0x40;
        let start = *self;
        let mut align = self.unsigned(32)? as u32;
        let mut memory = 0;
        if align & MEMORY != 0 && form.has_memory {
            align ^= MEMORY;
            memory = self.unsigned(32)? as u32;
        }
        if align >= MEMORY {
            *self = start;
            return Err(Malformed::MemArg);
        }
        let offset = self.unsigned(if form.is_wide { 64 } else { 32 })?;
        Ok(MemArg { align, memory, offset })
    }

    /// The type of a structured instruction.
    #[inline]
    pub fn block_type(&mut self) -> Result<WrittenBlock> {
        const EMPTY: u8 = 0x40;
        let first = self.peek()?;
        if first == EMPTY {
            self.pass(1);
            return Ok(WrittenBlock::Empty);
        }
        // What is negative, in its one byte, is a type.
        if first & 0xc0 == 0x40 {
            return Ok(WrittenBlock::Value(self.value_type()?));
        }
        Ok(WrittenBlock::Type(self.type_index(Malformed::BlockType)?))
    }

    /// The index of a type, where a type could stand instead; what is wrong if it is negative.
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

    /// A value type.
    #[inline(never)]
    pub fn value_type(&mut self) -> Result<WrittenType> {
        if let Some(ty) = ValType::of_byte(self.peek()?) {
            self.pass(1);
            return Ok(WrittenType::Number(ty));
        }
        let (nullable, heap) = self.reference_type()?;
        Ok(WrittenType::Reference(nullable, heap))
    }

    /// A reference type: whether it may be null, and what it refers to.
    #[inline(never)]
    pub fn reference_type(&mut self) -> Result<(bool, WrittenHeap)> {
        match RefType::nullable_of_byte(self.peek()?) {
            Some(nullable) => {
                self.pass(1);
                Ok((nullable, self.heap_type()?))
            }
            None => Ok((true, self.abstract_heap(Malformed::ValueType)?)),
        }
    }

    /// What a reference refers to.
    #[inline(never)]
    pub fn heap_type(&mut self) -> Result<WrittenHeap> {
        const EXACT: u8 = 0x62;
        let first = self.peek()?;
        // Not so where a reference type has a short form: that is of abstract types only.
        if first == EXACT {
            self.pass(1);
            return Ok(WrittenHeap::Exact(self.index()?));
        }
        if first & 0xc0 == 0x40 {
            return self.abstract_heap(Malformed::HeapType);
        }
        Ok(WrittenHeap::Known(HeapType::Index(self.type_index(Malformed::HeapType)?)))
    }

    /// A heap type that is no index; what is wrong if there is none.
    fn abstract_heap(&mut self, wrong: Malformed) -> Result<WrittenHeap> {
        const SHARED: u8 = 0x65;
        const NO_CONTINUATION: u8 = 0x75;
        const CONTINUATION: u8 = 0x68;
        let start = *self;
        let mut byte = self.byte()?;
        let shared = byte == SHARED;
        if shared {
            byte = self.byte()?;
        }
        match (byte, HeapType::of_byte(byte)) {
            (_, Some(heap)) if shared => Ok(WrittenHeap::Shared(heap)),
            (_, Some(heap)) => Ok(WrittenHeap::Known(heap)),
            (CONTINUATION | NO_CONTINUATION, _) => {
                Ok(WrittenHeap::Continuation { is_bottom: byte == NO_CONTINUATION, is_shared: shared })
            }
            _ => {
                *self = start;
                Err(wrong)
            }
        }
    }

    /// What a `br_on_cast` has.
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

    /// A clause of a `try_table`.
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

    /// A clause of a `resume`.
    pub fn handler(&mut self) -> Result<Handler> {
        let is_switch = match self.byte()? {
            0 => false,
            1 => true,
            _ => {
                self.back(1);
                return Err(Malformed::Clause);
            }
        };
        let tag = self.index()?;
        Ok(Handler { tag, label: if is_switch { None } else { Some(self.index()?) } })
    }

    /// A byte that is zero.
    pub fn zero(&mut self) -> Result<()> {
        if self.byte()? == 0 {
            return Ok(());
        }
        self.back(1);
        Err(Malformed::Zero)
    }

    /// Passes over what stands behind an operator's opcode.
    ///
    /// # Errors
    /// If not all of it is there, or it is something else.
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

    /// Passes over an immediate.
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
            Immediate::MemArg(_) | Immediate::Atomic(_) => return self.memarg().map(drop),
            Immediate::Zero => return self.zero(),
            Immediate::F32 => 4,
            Immediate::F64 => 8,
            Immediate::V128 | Immediate::Lanes => 16,
            Immediate::Lane(_) | Immediate::Ordering => 1,
        };
        self.skip(bytes)
    }

    /// Passes over an index, a depth, or a number of things.
    fn skip_index(&mut self) -> Result<()> {
        self.index().map(drop)
    }

    #[inline(never)]
    fn skip_block_type(&mut self) -> Result<()> {
        self.block_type().map(drop)
    }

    /// Passes over things in front of which stands how many they are.
    #[inline(never)]
    fn skip_list(&mut self, skip: fn(&mut Self) -> Result<()>) -> Result<()> {
        for _ in 0..self.index()? {
            skip(self)?;
        }
        Ok(())
    }
}

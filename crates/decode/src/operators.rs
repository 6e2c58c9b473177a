//! Operators of function bodies and of constant expressions, one after the other.
//!
//! wasmparser reads them, except for those on vectors, which are 256 and hardly differ: what is behind their prefix is the same for
//! whole ranges of them. Those of proposals that there is nothing for are all one here.

use alloc::vec::Vec;

use wasmparser::{BinaryReader, FrameKind, FrameStack, Operator, Result, VisitOperator, for_each_visit_operator};
#[cfg(feature = "simd")]
use wasmparser::{MemArg, MemArgTarget};

use crate::error::Feature;

/// What is read.
pub enum Instruction<'a> {
    /// An operator that is not on vectors.
    Plain(Operator<'a>),
    /// One that is.
    #[cfg(feature = "simd")]
    Vector(VectorOperator),
    /// One that this build has nothing for.
    Lacking(Feature),
}

/// An operator on vectors: its number, and what follows it, where something does.
#[cfg(feature = "simd")]
#[derive(Clone, Copy, Debug)]
pub struct VectorOperator {
    /// The number behind the prefix (spec: binary/instructions#vector-instructions).
    pub number: u32,
    /// The number of a lane.
    pub lane: u8,
    /// A memory, and the offset in it; the alignment is left out.
    pub memarg: MemArg,
    /// A constant, or lanes to choose.
    pub bytes: [u8; 16],
}

/// The prefix of operators on vectors.
#[cfg(feature = "simd")]
const VECTOR: u8 = 0xfd;

/// Reads operators.
pub struct Operators<'a> {
    reader: BinaryReader<'a>,
    /// What the reader began with.
    #[cfg(feature = "simd")]
    bytes: &'a [u8],
    /// The structured instructions that have begun; first the body itself.
    frames: Vec<FrameKind>,
}

impl<'a> Operators<'a> {
    /// Those that are left in a reader.
    pub fn new(reader: BinaryReader<'a>) -> Operators<'a> {
        let mut rest = reader;
        let start = rest.original_position();
        let bytes = rest.read_bytes(rest.bytes_remaining()).unwrap_or(&[]);
        let mut frames = Vec::with_capacity(16);
        frames.push(FrameKind::Block);
        Operators {
            reader: BinaryReader::new(bytes, start),
            #[cfg(feature = "simd")]
            bytes,
            frames,
        }
    }

    /// Where the next one begins in the module.
    pub fn position(&self) -> u64 {
        self.reader.original_position()
    }

    /// Reads the next one.
    ///
    /// # Errors
    /// If there is none, or not all of it.
    pub fn read(&mut self) -> Result<Instruction<'a>> {
        #[cfg(feature = "simd")]
        if self.bytes.get(self.reader.current_position()) == Some(&VECTOR) && !self.frames.is_empty() {
            return self.vector();
        }
        self.reader.visit_operator(&mut Reading { frames: &mut self.frames })
    }

    #[cfg(feature = "simd")]
    #[inline(never)]
    fn vector(&mut self) -> Result<Instruction<'a>> {
        let reader = &mut self.reader;
        reader.read_u8()?;
        let number = reader.read_var_u32()?;
        let target = MemArgTarget::Memory(0);
        let mut memarg = MemArg { align: 0, max_align: 0, offset: 0, target, ordering: None };
        if matches!(number, 0x00..=0x0b | 0x54..=0x5d) {
            let align = reader.read_var_u32()?;
            if align & 0x40 != 0 {
                memarg.target = MemArgTarget::Memory(reader.read_var_u32()?);
            }
            memarg.offset = reader.read_var_u64()?;
        }
        let lane = if matches!(number, 0x15..=0x22 | 0x54..=0x5b) { reader.read_u8()? } else { 0 };
        let mut bytes = [0; 16];
        if matches!(number, 0x0c | 0x0d) {
            bytes.copy_from_slice(reader.read_bytes(16)?);
        }
        Ok(Instruction::Vector(VectorOperator { number, lane, memarg, bytes }))
    }
}

/// Makes an instruction of each operator.
struct Reading<'f> {
    frames: &'f mut Vec<FrameKind>,
}

impl FrameStack for Reading<'_> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().copied()
    }
}

/// An operator of a proposal, or that it is missing.
macro_rules! instruction {
    (threads $($operator:tt)*) => {
        Instruction::Lacking(Feature::Threads)
    };
    (shared_everything_threads $($operator:tt)*) => {
        Instruction::Lacking(Feature::SharedEverything)
    };
    (stack_switching $($operator:tt)*) => {
        Instruction::Lacking(Feature::StackSwitching)
    };
    (custom_descriptors $($operator:tt)*) => {
        Instruction::Lacking(Feature::CustomDescriptors)
    };
    (memory_control $($operator:tt)*) => {
        Instruction::Lacking(Feature::Other)
    };
    (acquire_release_atomics $($operator:tt)*) => {
        Instruction::Lacking(Feature::Other)
    };
    (gc $($operator:tt)*) => {
        if cfg!(feature = "gc") {
            Instruction::Plain(Operator::$($operator)*)
        } else {
            Instruction::Lacking(Feature::Gc)
        }
    };
    ($proposal:ident $($operator:tt)*) => {
        Instruction::Plain(Operator::$($operator)*)
    };
}

/// What an operator does to the frames.
macro_rules! frame {
    ($self:ident Block) => {
        $self.frames.push(FrameKind::Block)
    };
    ($self:ident Loop) => {
        $self.frames.push(FrameKind::Loop)
    };
    ($self:ident If) => {
        $self.frames.push(FrameKind::If)
    };
    ($self:ident TryTable) => {
        $self.frames.push(FrameKind::TryTable)
    };
    ($self:ident Try) => {
        $self.frames.push(FrameKind::LegacyTry)
    };
    ($self:ident Else) => {
        replace($self.frames, FrameKind::Else)
    };
    ($self:ident Catch) => {
        replace($self.frames, FrameKind::LegacyCatch)
    };
    ($self:ident CatchAll) => {
        replace($self.frames, FrameKind::LegacyCatchAll)
    };
    ($self:ident Delegate) => {
        _ = $self.frames.pop()
    };
    ($self:ident End) => {
        _ = $self.frames.pop()
    };
    ($self:ident $other:ident) => {};
}

fn replace(frames: &mut [FrameKind], kind: FrameKind) {
    if let Some(last) = frames.last_mut() {
        *last = kind;
    }
}

macro_rules! visits {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => { $(
        #[inline]
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Instruction<'a> {
            frame!(self $op);
            $($( let _ = &$arg; )*)?
            instruction!($proposal $op $({ $($arg),* })?)
        }
    )* };
}

impl<'a> VisitOperator<'a> for Reading<'_> {
    type Output = Instruction<'a>;

    for_each_visit_operator!(visits);
}

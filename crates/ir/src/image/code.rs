//! Verifies the code of a function before it runs: it stays inside its frame and its code, and it uses only what its
//! module has.

use super::error::{ImageError, ImageErrorKind};
use super::layout::{Section, kinds};
use super::read::{Image, OpSet};
use super::verify::fail;
use crate::exception_table::{DELEGATE, NO_SLOT};
use crate::frame::HEADER;
#[cfg(feature = "managed")]
use crate::ops::CONTINUATIONS;
#[cfg(any(feature = "managed", feature = "simd"))]
use crate::ops::FIRST_VECTOR;
#[cfg(any(feature = "extended", feature = "managed"))]
use crate::ops::OPCODES;
#[cfg(feature = "simd")]
use crate::ops::VECTOR_OPCODES;
use crate::ops::{CORE_OPCODES, Interned, NUMBERED, OPERAND_LISTS, Op, Opcode, operand_list};
use crate::shape::Operand;
use crate::types::MAX_FIELD;
use crate::types::ValType;

use ImageErrorKind as Kind;

/// The kinds of operands that verification distinguishes.
const KINDS: [Operand; if cfg!(feature = "simd") { 30 } else { 27 }] = [
    Operand::Src,
    Operand::SrcPair,
    Operand::DstFour,
    Operand::SrcRun,
    Operand::DstRun,
    Operand::Count,
    Operand::Base,
    Operand::Header,
    Operand::Imm16,
    Operand::Imm32,
    Operand::Imm64,
    Operand::Target,
    Operand::TargetCount,
    Operand::Func,
    Operand::Defined,
    Operand::Import,
    Operand::Type,
    Operand::Global,
    Operand::GlobalPair,
    Operand::GlobalDst,
    Operand::GlobalDstPair,
    Operand::Memory,
    Operand::Table,
    Operand::Data,
    Operand::Elem,
    Operand::Tag,
    Operand::Field,
    #[cfg(feature = "simd")]
    Operand::Lane4,
    #[cfg(feature = "simd")]
    Operand::Lane8,
    #[cfg(feature = "simd")]
    Operand::Lane16,
];

/// Returns the number of a kind in [`KINDS`], counted from 1. Kinds that may have any value differ only by their sizes.
const fn number(kind: Operand) -> u32 {
    let kind = match kind {
        Operand::Dst | Operand::SrcDst => Operand::Src,
        Operand::DstPair => Operand::SrcPair,
        Operand::Padding | Operand::Offset16 => Operand::Imm16,
        Operand::Offset => Operand::Imm32,
        Operand::Offset64 => Operand::Imm64,
        other => other,
    };
    assert!(NUMBERS[kind as usize] != 0);
    NUMBERS[kind as usize] as u32
}

/// For each kind of operand, its number in [`KINDS`], counted from 1. 0 if it is not there.
static NUMBERS: [u8; 64] = {
    let mut numbers = [0; 64];
    let mut i = 0;
    while i < KINDS.len() {
        numbers[KINDS[i] as usize] = i as u8 + 1;
        i += 1;
    }
    numbers
};

/// Makes the description of each instruction, from the opcode `first` on. It has the numbers of the operands' kinds,
/// five bits each, the first one lowest. The two bits above are a rule.
const fn describe<const N: usize>(first: usize) -> [u32; N] {
    let mut table = [0; N];
    let mut opcode = 0;
    while opcode < N {
        let lacking = !cfg!(feature = "float") && Opcode((first + opcode) as u16).computes_floats();
        table[opcode] = if lacking { UNSUPPORTED } else { LISTED[NUMBERED.of[first + opcode] as usize] };
        opcode += 1;
    }
    // Few instructions have a rule, so these are added one by one.
    let mut op = 0;
    while op < Op::ALL.len() {
        let rule = rule(Op::ALL[op]);
        let mut variant = if rule == PLAIN { 0 } else { Op::ALL[op].variants().len() };
        while variant > 0 {
            variant -= 1;
            if Op::ALL[op].has(variant)
                && let Some(opcode) = (Opcode::new(Op::ALL[op], variant as u8).0 as usize).checked_sub(first)
                && opcode < N
            {
                table[opcode] |= rule << 30;
            }
        }
        op += 1;
    }
    table
}

/// For each list of operands, the numbers of their kinds.
static LISTED: [u32; OPERAND_LISTS] = {
    let mut table = [0; OPERAND_LISTS];
    let mut list = 0;
    while list < OPERAND_LISTS {
        let operands = operand_list(list);
        assert!(operands.len() <= 6);
        let mut i = 0;
        while i < operands.len() {
            table[list] |= number(operands[i]) << (5 * i);
            i += 1;
        }
        list += 1;
    }
    table
};

/// Rule: only the operands are verified.
const PLAIN: u32 = 0;
/// Rule: execution never continues after the instruction.
const ENDS_BLOCK: u32 = 1;
/// Rule: as [`ENDS_BLOCK`], and the instruction writes slot 0.
const RETURNS: u32 = 2;
/// Rule: as [`ENDS_BLOCK`], and the instruction writes slots 0 and 1.
#[cfg(feature = "simd")]
const RETURNS_PAIR: u32 = 3;

/// Stands in place of a description: this build lacks the instruction.
const UNSUPPORTED: u32 = u32::MAX;

/// Returns the rule of a family.
const fn rule(op: Op) -> u32 {
    match op {
        Op::Unreachable
        | Op::Goto
        | Op::BrTable
        | Op::Return
        | Op::ReturnCall
        | Op::ReturnCallImport
        | Op::ReturnCallIndirect
        | Op::ReturnCallRef
        | Op::Throw
        | Op::ThrowRef => ENDS_BLOCK,
        Op::ReturnInt | Op::ReturnU32 | Op::ReturnF32 | Op::ReturnF64 => RETURNS,
        #[cfg(feature = "simd")]
        Op::V128Return => RETURNS_PAIR,
        _ => PLAIN,
    }
}

/// Numbers the descriptions, equal ones alike.
const fn distinct<const N: usize>(all: &[u32; N]) -> Interned<N> {
    let mut keys = [0; N];
    let mut i = 0;
    while i < N {
        keys[i] = all[i] as u64;
        i += 1;
    }
    Interned::new(&keys)
}

/// The descriptions of `N` instructions. Many instructions share one, so each of the `M` different ones is stored once.
struct Descriptions<const N: usize, const M: usize> {
    /// For each instruction, the index of its description in `each`.
    numbers: [u8; N],
    each: [u32; M],
}

impl<const N: usize, const M: usize> Descriptions<N, M> {
    const fn new(all: &[u32; N], distinct: &Interned<N>) -> Self {
        let mut table = Descriptions { numbers: distinct.of, each: [0; M] };
        let mut number = 0;
        while number < M {
            table.each[number] = all[distinct.first[number] as usize];
            number += 1;
        }
        table
    }

    fn get(&self, opcode: u32) -> Option<u32> {
        self.each.get(usize::from(*self.numbers.get(opcode as usize)?)).copied()
    }
}

static CORE_ALL: [u32; CORE_OPCODES] = describe(0);
static CORE_EACH: Interned<CORE_OPCODES> = distinct(&CORE_ALL);
static CORE: Descriptions<CORE_OPCODES, { CORE_EACH.count }> = Descriptions::new(&CORE_ALL, &CORE_EACH);
#[cfg(feature = "extended")]
static EXTENDED_ALL: [u32; OPCODES] = describe(0);
#[cfg(feature = "extended")]
static EXTENDED_EACH: Interned<OPCODES> = distinct(&EXTENDED_ALL);
#[cfg(feature = "extended")]
static EXTENDED: Descriptions<OPCODES, { EXTENDED_EACH.count }> = Descriptions::new(&EXTENDED_ALL, &EXTENDED_EACH);
#[cfg(feature = "managed")]
const BEYOND: usize = FIRST_VECTOR - OPCODES;
#[cfg(feature = "managed")]
static MANAGED_ALL: [u32; BEYOND] = describe(OPCODES);
#[cfg(feature = "managed")]
static MANAGED_EACH: Interned<BEYOND> = distinct(&MANAGED_ALL);
#[cfg(feature = "managed")]
static MANAGED: Descriptions<BEYOND, { MANAGED_EACH.count }> = Descriptions::new(&MANAGED_ALL, &MANAGED_EACH);
#[cfg(feature = "simd")]
static VECTORS_ALL: [u32; VECTOR_OPCODES] = describe(FIRST_VECTOR);
#[cfg(feature = "simd")]
static VECTORS_EACH: Interned<VECTOR_OPCODES> = distinct(&VECTORS_ALL);
#[cfg(feature = "simd")]
static VECTORS: Descriptions<VECTOR_OPCODES, { VECTORS_EACH.count }> = Descriptions::new(&VECTORS_ALL, &VECTORS_EACH);

/// The instructions that an image may have.
#[derive(Clone, Copy)]
struct Allowed {
    op_set: OpSet,
    managed: bool,
    continuations: bool,
    vectors: bool,
}

/// Returns the description of an instruction, if there is one with this opcode and the image may have it.
fn description(allowed: Allowed, opcode: u32) -> Option<u32> {
    let Allowed { op_set, managed, continuations, vectors } = allowed;
    #[cfg(feature = "simd")]
    if let Some(opcode) = opcode.checked_sub(FIRST_VECTOR as u32) {
        return if vectors && op_set == OpSet::Extended { VECTORS.get(opcode) } else { None };
    }
    #[cfg(feature = "managed")]
    if managed && let Some(number) = opcode.checked_sub(OPCODES as u32) {
        let needed = (CONTINUATIONS.0.into()..=CONTINUATIONS.1.into()).contains(&opcode);
        return if continuations || !needed { MANAGED.get(number) } else { None };
    }
    let _ = (managed, continuations, vectors);
    match op_set {
        OpSet::Core => CORE.get(opcode),
        #[cfg(feature = "extended")]
        OpSet::Extended => EXTENDED.get(opcode),
        #[cfg(not(feature = "extended"))]
        OpSet::Extended => None,
    }
}

/// A function that is being verified.
struct Function<'a> {
    image: &'a Image<'a>,
    index: u32,
    code: &'a [u8],
    /// The offset of the code in the image.
    start: usize,
    header: u32,
    frame_slots: u32,
    /// First a bit for each unit that says whether an instruction begins there. Then a bit for each unit that says
    /// whether a jump leads there.
    bits: &'a mut [u32],
    /// The number of words of each of the two parts of `bits`.
    words: usize,
}

/// Returns how many words of scratch [`Image::verify_function`] needs for a function of this many units.
pub const fn scratch_words(units: usize) -> usize {
    2 * units.div_ceil(32)
}

impl Image<'_> {
    /// Returns how many words of scratch [`Image::verify_function`] needs for any function of this image.
    pub fn scratch_words(&self) -> usize {
        scratch_words(self.longest() as usize)
    }

    /// Verifies the code of a function that the image defines. `code` has the bytes of [`Image::code_range`], or a
    /// copy. The metadata must be verified. `scratch` is overwritten.
    ///
    /// # Errors
    /// If the code is malformed, or `scratch` is too short.
    pub fn verify_function(&self, index: u32, code: &[u8], scratch: &mut [u32]) -> Result<(), ImageError> {
        let (Some(func), Some(range)) = (self.func(index), self.code_range(index)) else { return fail(Kind::Index, 0) };
        let start = range.start;
        if super::code_checksum(code) != func.check {
            return fail(Kind::Checksum, start);
        }
        let words = (code.len() / 2).div_ceil(32);
        let Some(bits) = scratch.get_mut(..2 * words) else { return fail(Kind::Record, start) };
        bits.fill(0);
        let (header, frame_slots) = (u32::from(func.header), u32::from(func.frame_slots));
        Function { image: self, index, code, start, header, frame_slots, bits, words }.verify()
    }
}

impl Function<'_> {
    /// Returns the unit with this index.
    fn unit(&self, at: usize) -> Option<u32> {
        let unit = self.code.get(2 * at..)?.first_chunk()?;
        Some(u32::from(u16::from_le_bytes(*unit)))
    }

    /// Sets the bit of a unit in the part of `bits` that begins at `first_word`.
    fn mark(&mut self, first_word: usize, unit: usize) {
        if let Some(word) = self.bits.get_mut(first_word + unit / 32) {
            *word |= 1 << (unit % 32);
        }
    }

    /// Verifies where exception handlers continue, and which slots they write. The code that they cover does not
    /// matter.
    fn handlers(&mut self) -> Result<(), ImageError> {
        for index in self.image.handlers_of(self.index) {
            let Some(handler) = self.image.handler(index) else { break };
            if handler.tag == DELEGATE {
                continue;
            }
            let at = self.image.record(Section::Handlers, index).unwrap_or(0);
            let slots = self.slots(handler.slot.into(), handler.count.into());
            let reference = if handler.reference == NO_SLOT { Ok(()) } else { self.slots(handler.reference.into(), 1) };
            let target = self.target(0, handler.target);
            // The handler must write as many slots as the values of the tag take.
            let ty = self.image.tag(handler.tag).and_then(|ty| self.image.ty(ty));
            let count = if handler.count == ty.map_or(0, |ty| ty.param_slots) { Ok(()) } else { Err(Kind::Record) };
            if let Err(kind) = count.and(slots).and(reference).and(target) {
                return fail(kind, at);
            }
        }
        Ok(())
    }

    fn verify(mut self) -> Result<(), ImageError> {
        let allowed = Allowed {
            op_set: self.image.op_set(),
            managed: self.image.is_managed(),
            continuations: self.image.has_continuations(),
            vectors: self.image.vectors(),
        };
        let units = self.code.len() / 2;
        // Only instructions that name a memory may access a shared one.
        let only_named = self.image.threads() && self.image.memory(0).is_some_and(|memory| memory.shared);
        let mut at = 0;
        let mut ended = false;
        while at < units {
            self.mark(0, at);
            let description = self.unit(at).and_then(|opcode| description(allowed, opcode));
            let description = description.filter(|_| !only_named || !self.accesses_memory_0(at));
            let length = description.map(|description| {
                let rule = description >> 30;
                ended = rule != PLAIN;
                self.instruction(at, description)
            });
            match length {
                Some(Ok(length)) => at += length,
                Some(Err(kind)) => return fail(kind, self.start + 2 * at),
                None => return fail(Kind::Instruction, self.start + 2 * at),
            }
        }
        if !ended {
            return fail(Kind::End, self.start + 2 * units);
        }
        if allowed.managed {
            self.handlers()?;
        }
        let (starts, targets) = self.bits.split_at(self.words);
        for (i, (starts, targets)) in starts.iter().zip(targets).enumerate() {
            let wrong = targets & !starts;
            if wrong != 0 {
                return fail(Kind::Target, self.start + 2 * (32 * i + wrong.trailing_zeros() as usize));
            }
        }
        Ok(())
    }

    /// Whether the instruction at this unit accesses memory 0 without naming it.
    fn accesses_memory_0(&self, at: usize) -> bool {
        let opcode = self.unit(at).map(|opcode| Opcode(opcode as u16));
        opcode.is_some_and(|opcode| {
            opcode.operands().iter().any(|kind| matches!(kind, Operand::Offset | Operand::Offset16))
        })
    }

    /// Verifies that this many slots, from `slot` on, are in the frame and not in its header.
    fn slots(&self, slot: u32, count: u32) -> Result<(), ImageErrorKind> {
        let inside = slot + count <= self.frame_slots;
        let clear_of_header = slot + count <= self.header || slot >= self.header + u32::from(HEADER);
        if inside && (clear_of_header || count == 0) { Ok(()) } else { Err(Kind::Slot) }
    }

    /// Verifies that a jump by this distance, from the instruction at `at`, stays inside the code. Marks its target.
    fn target(&mut self, at: usize, distance: u32) -> Result<(), ImageErrorKind> {
        let target = at as i64 + i64::from(distance as i32);
        if target < 0 || target >= (self.code.len() / 2) as i64 {
            return Err(Kind::Target);
        }
        self.mark(self.words, target as usize);
        Ok(())
    }

    /// Verifies the instruction at this unit. Returns its size in units.
    fn instruction(&mut self, at: usize, description: u32) -> Result<usize, ImageErrorKind> {
        if !cfg!(feature = "float") && description == UNSUPPORTED {
            return Err(Kind::Float);
        }
        let rule = description >> 30;
        if rule == RETURNS && self.header == 0 {
            return Err(Kind::Slot);
        }
        #[cfg(feature = "simd")]
        if rule == RETURNS_PAIR && self.header < 2 {
            return Err(Kind::Slot);
        }
        let image = self.image;
        let mut kinds_left = description & 0x3fff_ffff;
        let mut rest = self.code.get(2 * at + 2..).unwrap_or(&[]);
        // Runs of slots, whose length is a later operand.
        let mut runs = [None; 2];
        while kinds_left != 0 {
            let kind = KINDS[(kinds_left as usize & 31) - 1];
            kinds_left >>= 5;
            let value = if kind.units() == 1 {
                let (unit, after) = rest.split_first_chunk().ok_or(Kind::Instruction)?;
                rest = after;
                u32::from(u16::from_le_bytes(*unit))
            } else {
                let (units, after) = rest.split_first_chunk().ok_or(Kind::Instruction)?;
                rest = after;
                u32::from_le_bytes(*units)
            };
            match kind {
                Operand::Src | Operand::Dst | Operand::SrcDst => self.slots(value, 1)?,
                Operand::SrcPair | Operand::DstPair => self.slots(value, 2)?,
                Operand::DstFour => self.slots(value, 4)?,
                Operand::SrcRun => runs[0] = Some(value),
                Operand::DstRun => runs[1] = Some(value),
                // A callee's frame must begin after the header of this frame.
                Operand::Base if value < self.header + u32::from(HEADER) || value > self.frame_slots => {
                    return Err(Kind::Slot);
                }
                Operand::Base => runs[0] = Some(value),
                Operand::Count => {
                    for run in runs.into_iter().flatten() {
                        self.slots(run, value)?;
                    }
                }
                Operand::Header if value != self.header => return Err(Kind::Slot),
                // Any value is allowed, if the operand is complete.
                Operand::Imm64 | Operand::Offset64 => {
                    rest = rest.get(4..).ok_or(Kind::Instruction)?;
                }
                Operand::Header
                | Operand::Padding
                | Operand::Imm16
                | Operand::Imm32
                | Operand::Offset16
                | Operand::Offset => {}
                Operand::Target => self.target(at, value)?,
                Operand::TargetCount => {
                    rest = self.targets(at, rest, value)?;
                }
                Operand::Func => in_range(value, image.count(Section::Funcs))?,
                Operand::Defined => in_range(value, image.count(Section::Funcs) - image.imported(kinds::FUNC))?,
                Operand::Import => in_range(value, image.imported(kinds::FUNC))?,
                Operand::Type => in_range(value, image.count(Section::Types))?,
                Operand::Memory => in_range(value, image.count(Section::Memories))?,
                Operand::Table => in_range(value, image.count(Section::Tables))?,
                Operand::Data => in_range(value, image.indexed_data())?,
                Operand::Elem => in_range(value, image.count(Section::Elems))?,
                Operand::Field if value > MAX_FIELD => return Err(Kind::Index),
                Operand::Field => {}
                Operand::Tag => in_range(value, image.count(Section::Tags))?,
                #[cfg(feature = "simd")]
                Operand::Lane4 => in_range(value, 4)?,
                #[cfg(feature = "simd")]
                Operand::Lane8 => in_range(value, 8)?,
                #[cfg(feature = "simd")]
                Operand::Lane16 => in_range(value, 16)?,
                Operand::Global | Operand::GlobalPair | Operand::GlobalDst | Operand::GlobalDstPair => {
                    let global = image.global(value).ok_or(Kind::Index)?;
                    let pair = matches!(kind, Operand::GlobalPair | Operand::GlobalDstPair);
                    let written = matches!(kind, Operand::GlobalDst | Operand::GlobalDstPair);
                    if pair && global.content != ValType::V128.number() || written && !global.mutable {
                        return Err(Kind::Type);
                    }
                }
            }
        }
        Ok((self.code.len() - rest.len()) / 2 - at)
    }

    /// Verifies `count` targets of the instruction at `at`. Returns the bytes that follow them.
    fn targets<'c>(&mut self, at: usize, rest: &'c [u8], count: u32) -> Result<&'c [u8], ImageErrorKind> {
        if count == 0 {
            return Err(Kind::Instruction);
        }
        let mut rest = rest;
        for _ in 0..count {
            let (distance, after) = rest.split_first_chunk().ok_or(Kind::Instruction)?;
            self.target(at, u32::from_le_bytes(*distance))?;
            rest = after;
        }
        Ok(rest)
    }
}

/// Verifies that an index is below `count`.
fn in_range(value: u32, count: u32) -> Result<(), ImageErrorKind> {
    if value < count { Ok(()) } else { Err(Kind::Index) }
}

//! The state for changes of code that was just written: the last two instructions, and what the accumulators hold
//! after them.

use wasmote_ir::ops::Class;
use wasmote_ir::{Op, ValType};

/// Where an instruction finds a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Src {
    /// A slot.
    Slot(u16),
    /// An immediate, as the 64 bits that a slot would hold. For a vector, its number in `CodeWriter::vectors`.
    Imm(u64),
    /// The accumulator of its type.
    #[default]
    Reg,
}

impl Src {
    /// Returns the class of the operand.
    #[inline(always)]
    pub fn class(&self) -> Class {
        match self {
            Src::Slot(_) => Class::Slot,
            Src::Imm(_) => Class::Immediate,
            Src::Reg => Class::Accumulator,
        }
    }

    /// Returns the value of the operand. The accumulator has none.
    pub fn value(&self) -> Option<u64> {
        match *self {
            Src::Slot(slot) => Some(u64::from(slot)),
            Src::Imm(bits) => Some(bits),
            Src::Reg => None,
        }
    }
}

/// An instruction that may still change, because no jump leads between it and the end of the code.
#[derive(Clone, Copy, Debug)]
pub struct RecentInstr {
    /// Where it starts.
    pub at: usize,
    /// Its family.
    pub op: Op,
    /// Its variant.
    pub variant: u8,
    /// Its first source, for families of two sources.
    pub a: Src,
    /// Its second source, for families of two sources.
    pub b: Src,
    /// The slot that it writes, if that can still be changed.
    pub dst: Option<u16>,
    /// Whether `CodeWriter::elide` made it write only the accumulator, for the next instruction alone.
    pub elided: bool,
}

impl Default for RecentInstr {
    fn default() -> RecentInstr {
        let (a, b) = (Src::Reg, Src::Reg);
        RecentInstr { at: 0, op: Op::Unreachable, variant: 0, a, b, dst: None, elided: false }
    }
}

/// For each accumulator, the slot whose value it holds, or [`NOTHING`]. The accumulators are those of integers and
/// references, `f32`, `f64`, and vectors. Of a vector's two slots, this is the first.
#[derive(Clone, Copy)]
pub struct AccumulatorState(pub [u32; 4]);

/// Stands in [`AccumulatorState`] for no slot.
pub const NOTHING: u32 = u32::MAX;
const VECTOR: usize = 3;

impl Default for AccumulatorState {
    fn default() -> AccumulatorState {
        AccumulatorState([NOTHING; 4])
    }
}

impl AccumulatorState {
    /// Returns the index of the accumulator for values of this type.
    #[inline(always)]
    pub const fn of(ty: ValType) -> usize {
        match ty {
            ValType::F32 => 1,
            ValType::F64 => 2,
            ValType::V128 => VECTOR,
            _ => 0,
        }
    }

    /// Notes that the accumulator of this type holds the value of this slot.
    #[inline(always)]
    pub fn set(&mut self, ty: Option<ValType>, slot: u32) {
        if let Some(ty) = ty {
            self.0[AccumulatorState::of(ty)] = slot;
        }
    }

    /// Notes that the last instruction, of this family, wrote its result to this slot, or only to the accumulator if the
    /// slot is [`NOTHING`].
    #[inline(always)]
    pub fn wrote(&mut self, op: Op, slot: u32) {
        // For each number of a type, the index of its accumulator. Without a result it is one that does not exist.
        const INDICES: u32 = {
            let (mut indices, mut number) = (4, 0);
            let types = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
            while number < types.len() {
                assert!(types[number].number() == number as u32);
                indices |= (AccumulatorState::of(types[number]) as u32) << (4 * (number + 1));
                number += 1;
            }
            indices
        };
        let index = INDICES >> (4 * u32::from(op.result_number())) & 0xf;
        // No branches: the compiler does all four accumulators at once.
        let mut all = self.0;
        for (i, held) in all.iter_mut().enumerate() {
            // The slot may be the second one of a vector.
            let second = held.wrapping_add(u32::from(cfg!(feature = "simd") && i == VECTOR));
            *held |= if *held == slot || second == slot { NOTHING } else { 0 };
        }
        let place = index as usize % all.len();
        let held = if index as usize == place { slot } else { all[place] };
        self.0 = all;
        self.0[place] = held;
    }

    /// Forgets that any accumulator holds the value of this slot. [`NOTHING`] is allowed and has no effect.
    #[inline(always)]
    pub fn forget(&mut self, slot: u32) {
        for held in &mut self.0 {
            *held = if *held == slot { NOTHING } else { *held };
        }
        if cfg!(feature = "simd") && slot.wrapping_sub(self.0[VECTOR]) == 1 {
            self.0[VECTOR] = NOTHING;
        }
    }
}

impl AccumulatorState {
    /// Forgets that any accumulator holds the value of one of the `count` slots from `first` on.
    pub fn forget_run(&mut self, first: u32, count: u32) {
        let inside = |slot: u32| slot.wrapping_sub(first) < count;
        for (accumulator, held) in self.0.iter_mut().enumerate() {
            let second = cfg!(feature = "simd") && accumulator == VECTOR && inside(held.wrapping_add(1));
            if *held != NOTHING && (inside(*held) || second) {
                *held = NOTHING;
            }
        }
    }
}

/// The last two instructions, as far as they may still change.
#[derive(Default)]
pub struct PeepholeWindow {
    recent: [RecentInstr; 2],
    /// The index of the last instruction in `recent`.
    last: usize,
    /// How many of them may still change.
    pub count: u8,
}

impl PeepholeWindow {
    #[inline(always)]
    pub fn last(&self) -> Option<&RecentInstr> {
        (self.count > 0).then_some(&self.recent[self.last & 1])
    }

    #[inline(always)]
    pub fn last_mut(&mut self) -> Option<&mut RecentInstr> {
        (self.count > 0).then_some(&mut self.recent[self.last & 1])
    }

    #[inline(always)]
    pub fn before_last(&self) -> Option<&RecentInstr> {
        (self.count > 1).then_some(&self.recent[(self.last ^ 1) & 1])
    }

    #[inline(always)]
    pub fn push(&mut self, recent: RecentInstr) {
        self.last ^= 1;
        self.recent[self.last & 1] = recent;
        self.count = (self.count + 1).min(2);
    }

    pub fn pop(&mut self) {
        self.last ^= 1;
        self.count = self.count.saturating_sub(1);
    }
}

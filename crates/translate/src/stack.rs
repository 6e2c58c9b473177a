//! The operand stack as the translator knows it: where each operand is, not what it is.

use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// In the slot of its own that each height of the stack has.
    Temp,
    /// It is the value of the local in this slot.
    Local(u16),
    /// It is a constant, given as the bits of a slot.
    Const(u64),
    /// It is a constant vector, given as its number among those of the code.
    #[cfg(feature = "simd")]
    Vector(u32),
}

/// An operand: two words, which are written and read as such. (Parts that are written one by one and read together, right away, wait
/// for one another.)
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The constant's bits, or the vector's number. Of a local its slot, and in the upper half the entry before that was the value of the
    /// same local when it was pushed, as [`Stack::aliases`] has it; this stays where it is when the entry is settled.
    value: u64,
    /// The slot that its height has, then 8 bits for the kind of place, 8 for the type, and [`LINKED`].
    rest: u64,
}

/// In [`Entry::rest`]: the entry is in the list of those that are, or were, the value of a local.
const LINKED: u64 = 1 << 32;

/// Kinds of places.
const TEMP: u64 = 0;
const LOCAL: u64 = 1;
const CONST: u64 = 2;
#[cfg(feature = "simd")]
const VECTOR: u64 = 3;

impl Entry {
    #[inline(always)]
    fn new(place: Place, ty: ValType, home: u16) -> Entry {
        let (kind, value) = match place {
            Place::Temp => (TEMP, 0),
            Place::Local(slot) => (LOCAL, slot.into()),
            Place::Const(bits) => (CONST, bits),
            #[cfg(feature = "simd")]
            Place::Vector(number) => (VECTOR, number.into()),
        };
        let ty = match ty {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F32 => 2,
            ValType::F64 => 3,
            ValType::V128 => 4,
            ValType::Ref(_) => 5,
        };
        Entry { value, rest: u64::from(home) | kind << 16 | ty << 24 }
    }

    /// Where it is.
    #[inline(always)]
    pub fn place(&self) -> Place {
        match self.rest >> 16 & 0xff {
            LOCAL => Place::Local(self.value as u16),
            CONST => Place::Const(self.value),
            #[cfg(feature = "simd")]
            VECTOR => Place::Vector(self.value as u32),
            _ => Place::Temp,
        }
    }

    /// Its type, of references only that it is one; integer types that a cast without instruction has changed may differ in width.
    #[inline(always)]
    pub fn ty(&self) -> ValType {
        match self.rest >> 24 & 0xff {
            0 => ValType::I32,
            1 => ValType::I64,
            2 => ValType::F32,
            3 => ValType::F64,
            4 => ValType::V128,
            _ => ValType::FUNCREF,
        }
    }

    /// The slot that its height has.
    #[inline(always)]
    pub fn home(&self) -> u16 {
        self.rest as u16
    }

    /// The same in another place, of an entry that was popped.
    #[inline(always)]
    pub fn with(&self, place: Place) -> Entry {
        Entry::new(place, self.ty(), self.home())
    }

    /// Of an entry that is linked the local's slot, and the entry that it leads on to.
    #[inline(always)]
    fn linked(&self) -> Option<(u16, u32)> {
        (self.rest & LINKED != 0).then_some((self.value as u16, (self.value >> 32) as u32))
    }
}

/// The operand stack.
#[derive(Default)]
pub struct Stack {
    entries: Vec<Entry>,
    /// For each local's slot the topmost entry that is its value, or was until it was settled, counted from 1; 0 if there is none. Entries
    /// lead on to those below, so that a write finds them without passing others.
    aliases: Vec<u32>,
    /// The slot of the next entry.
    next: u32,
    /// No entry below this one is the value of a local.
    settled: usize,
    /// The most slots used so far.
    pub peak: u32,
    /// Whether there was no memory for an entry: those that there are mean nothing then.
    failed: bool,
}

impl Stack {
    /// Starts a function whose temporaries begin at slot `first`.
    pub fn start(&mut self, first: u32) -> Result<(), OutOfMemory> {
        self.entries.clear();
        self.failed = false;
        self.aliases.clear();
        self.aliases.try_resize(first as usize, 0)?;
        self.next = first;
        self.settled = 0;
        self.peak = first;
        Ok(())
    }

    /// Whether there was no memory for what was pushed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The slot of the next entry. May be above what a slot's number can say; `peak` tells.
    pub fn next_home(&self) -> u16 {
        self.next as u16
    }

    /// Pushes an operand.
    #[inline(always)]
    pub fn push(&mut self, place: Place, ty: ValType) -> u16 {
        let home = self.next;
        self.next = home + u32::from(ty.slots());
        self.peak = self.peak.max(self.next);
        // There is room after the first check; the second one spares `push` the code for growing.
        if self.entries.try_room(1).is_err() || self.entries.len() == self.entries.capacity() {
            self.failed = true;
            return home as u16;
        }
        let mut entry = Entry::new(place, ty, home as u16);
        if let Place::Local(slot) = place {
            let last = &mut self.aliases[usize::from(slot)];
            entry.value |= u64::from(*last) << 32;
            entry.rest |= LINKED;
            *last = self.entries.len() as u32 + 1;
        }
        self.entries.push(entry);
        home as u16
    }

    /// Pops an operand; `None` only if the body is not valid.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop()?;
        self.next = u32::from(entry.home());
        self.settled = self.settled.min(self.entries.len());
        if let Some((slot, below)) = entry.linked() {
            self.aliases[usize::from(slot)] = below;
        }
        Some(entry)
    }

    /// The entry with this number from the bottom.
    pub fn get(&self, index: usize) -> Option<Entry> {
        self.entries.get(index).copied()
    }

    /// Notes that an entry is in its own slot now.
    pub fn settle(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        entry.rest = entry.rest & !(0xff << 16) | TEMP << 16;
    }

    /// Changes the type of the topmost entry, its bits being what they are.
    pub fn retype(&mut self, ty: ValType) -> Option<()> {
        let last = self.entries.last_mut()?;
        let Entry { rest, .. } = Entry::new(Place::Temp, ty, 0);
        last.rest = last.rest & !(0xff << 24) | rest & 0xff << 24;
        Some(())
    }

    /// Removes all above this height.
    pub fn truncate(&mut self, height: usize) {
        while self.entries.len() > height {
            self.pop();
        }
    }

    /// Takes the topmost entry out of the list of those that are, or were, the value of the local in this slot; its number.
    #[inline(always)]
    pub fn next_alias(&mut self, slot: u16) -> Option<usize> {
        let last = self.aliases.get_mut(usize::from(slot))?;
        let index = last.checked_sub(1)? as usize;
        let entry = self.entries.get_mut(index)?;
        *last = (entry.value >> 32) as u32;
        entry.rest &= !LINKED;
        Some(index)
    }

    /// The first entry that may be the value of a local.
    pub fn unsettled(&self) -> usize {
        self.settled
    }

    /// Notes that no entry is the value of a local any more.
    pub fn all_settled(&mut self) {
        self.settled = self.entries.len();
    }
}

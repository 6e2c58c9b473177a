//! The operand stack as the translator knows it: where each operand is, not what it is.

use alloc::vec::Vec;

use wasmote_ir::ValType;

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
    /// The local's slot, the constant's bits, or the vector's number.
    value: u64,
    /// The slot that its height has, then 8 bits for the kind of place, and 8 for the type.
    rest: u64,
}

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
        match self.rest >> 24 {
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

    /// The same in another place.
    #[inline(always)]
    pub fn with(&self, place: Place) -> Entry {
        Entry::new(place, self.ty(), self.home())
    }
}

/// The operand stack.
#[derive(Default)]
pub struct Stack {
    entries: Vec<Entry>,
    /// For each local's slot, how many entries are its value.
    aliases: Vec<u32>,
    /// The slot of the next entry.
    next: u32,
    /// No entry below this one is the value of a local.
    settled: usize,
    /// The most slots used so far.
    pub peak: u32,
}

impl Stack {
    /// Starts a function whose temporaries begin at slot `first`.
    pub fn start(&mut self, first: u32) {
        self.entries.clear();
        self.aliases.clear();
        self.aliases.resize(first as usize, 0);
        self.next = first;
        self.settled = 0;
        self.peak = first;
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
        if let Place::Local(slot) = place {
            self.aliases[usize::from(slot)] += 1;
        }
        self.next = home + u32::from(ty.slots());
        self.peak = self.peak.max(self.next);
        self.entries.push(Entry::new(place, ty, home as u16));
        home as u16
    }

    /// Pops an operand; `None` only if the body is not valid.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop()?;
        self.next = u32::from(entry.home());
        self.settled = self.settled.min(self.entries.len());
        if let Place::Local(slot) = entry.place() {
            self.aliases[usize::from(slot)] -= 1;
        }
        Some(entry)
    }

    /// The entry with this number from the bottom.
    pub fn get(&self, index: usize) -> Option<Entry> {
        self.entries.get(index).copied()
    }

    /// Notes that an entry is in its own slot now.
    pub fn settle(&mut self, index: usize) {
        let entry = self.entries[index];
        if let Place::Local(slot) = entry.place() {
            self.aliases[usize::from(slot)] -= 1;
        }
        self.entries[index] = entry.with(Place::Temp);
    }

    /// Changes the type of the topmost entry, its bits being what they are.
    pub fn retype(&mut self, ty: ValType) -> Option<()> {
        let last = self.entries.last_mut()?;
        *last = Entry::new(last.place(), ty, last.home());
        Some(())
    }

    /// Removes all above this height.
    pub fn truncate(&mut self, height: usize) {
        while self.entries.len() > height {
            self.pop();
        }
    }

    /// How many entries are the value of the local in this slot.
    pub fn aliases(&self, slot: u16) -> u32 {
        self.aliases.get(usize::from(slot)).copied().unwrap_or(0)
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

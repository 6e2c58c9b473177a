//! The translator's operand stack. It says where each operand is, not what value it has.

use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Location {
    /// In its stack slot. Each height of the stack has one.
    Temp,
    /// In the slot of a local, whose value it is.
    Local(u16),
    /// Nowhere yet: a constant, as the 64 bits that a slot would hold.
    Const(u64),
    /// In its stack slot, which holds an `i64`: the operand is the lower half of that. An `i32.wrap_i64` has no code yet.
    WrappedTemp,
    /// In the slot of a local, which holds an `i64`, likewise.
    WrappedLocal(u16),
    /// Nowhere yet: a constant vector, as its index in [`CodeWriter::vectors`](crate::code_writer::CodeWriter::vectors).
    #[cfg(feature = "simd")]
    Vector(u32),
}

/// An operand, packed into two words. They are written and read as whole words: a word that is written in parts and
/// at once read as a whole stalls the processor.
#[derive(Clone, Copy, Debug)]
pub struct StackEntry {
    /// The constant's bits or the vector's number. For a local: its slot in the lower half, and in the upper half the
    /// next entry of the local's list, counted as in [`Stack::aliases`]. Both stay when the entry is materialized.
    value: u64,
    /// The stack slot in 16 bits, the kind of place in 8, the type in 8, and the flag [`LINKED`].
    rest: u64,
}

/// A flag in [`StackEntry::rest`]: the entry is in the list of a local ([`Stack::aliases`]).
const LINKED: u64 = 1 << 32;

/// The kinds of places in [`StackEntry::rest`].
const TEMP: u64 = 0;
const LOCAL: u64 = 1;
const CONST: u64 = 2;
#[cfg(feature = "simd")]
const VECTOR: u64 = 3;
/// Added to [`TEMP`] and [`LOCAL`]: the operand is only the lower half of what is there.
const WRAPPED: u64 = 4;
const WRAPPED_TEMP: u64 = WRAPPED | TEMP;
const WRAPPED_LOCAL: u64 = WRAPPED | LOCAL;

impl StackEntry {
    #[inline(always)]
    fn new(place: Location, ty: ValType, stack_slot: u16) -> StackEntry {
        let (kind, value) = match place {
            Location::Temp => (TEMP, 0),
            Location::Local(slot) => (LOCAL, slot.into()),
            Location::Const(bits) => (CONST, bits),
            Location::WrappedTemp => (WRAPPED_TEMP, 0),
            Location::WrappedLocal(slot) => (WRAPPED_LOCAL, slot.into()),
            #[cfg(feature = "simd")]
            Location::Vector(number) => (VECTOR, number.into()),
        };
        let ty = match ty {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F32 => 2,
            ValType::F64 => 3,
            ValType::V128 => 4,
            ValType::Ref(_) => 5,
        };
        StackEntry { value, rest: u64::from(stack_slot) | kind << 16 | ty << 24 }
    }

    /// Returns where the operand is.
    #[inline(always)]
    pub fn place(&self) -> Location {
        match self.rest >> 16 & 0xff {
            LOCAL => Location::Local(self.value as u16),
            CONST => Location::Const(self.value),
            WRAPPED_TEMP => Location::WrappedTemp,
            WRAPPED_LOCAL => Location::WrappedLocal(self.value as u16),
            #[cfg(feature = "simd")]
            VECTOR => Location::Vector(self.value as u32),
            _ => Location::Temp,
        }
    }

    /// Returns the bits of a constant that is no vector.
    #[inline(always)]
    pub fn constant(&self) -> Option<u64> {
        (self.rest >> 16 & 0xff == CONST).then_some(self.value)
    }

    /// Returns the slot of an operand that is in one, its stack slot or that of a local, as a whole.
    #[inline(always)]
    pub fn slot(&self) -> Option<u16> {
        const { assert!(TEMP == 0 && LOCAL == 1) };
        let kind = self.rest >> 16 & 0xff;
        let word = if kind == TEMP { self.rest } else { self.value };
        if kind <= LOCAL { Some(word as u16) } else { None }
    }

    /// Whether the operand is in its stack slot, as a whole.
    #[inline(always)]
    pub fn is_temp(&self) -> bool {
        self.rest >> 16 & 0xff == TEMP
    }

    /// Returns the type of the operand. Of a reference, only that it is one. After a cast that needs no instruction,
    /// the width may differ from that of the local that the entry names.
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

    /// Returns the stack slot of the operand, which its height determines.
    #[inline(always)]
    pub fn stack_slot(&self) -> u16 {
        self.rest as u16
    }

    /// Returns a popped entry, but in another place.
    #[inline(always)]
    pub fn with(&self, place: Location) -> StackEntry {
        StackEntry::new(place, self.ty(), self.stack_slot())
    }

    /// Whether the operand is only the lower half of what is in its slot.
    #[inline(always)]
    pub fn is_wrapped(&self) -> bool {
        self.rest & WRAPPED << 16 != 0
    }

    /// Returns the entry as the whole value that is in its slot.
    #[inline(always)]
    pub fn whole(self) -> StackEntry {
        StackEntry { rest: self.rest & !(WRAPPED << 16), ..self }
    }

    /// If the entry is in the list of a local, returns the local's slot and the next entry of the list.
    #[inline(always)]
    fn linked(&self) -> Option<(u16, u32)> {
        (self.rest & LINKED != 0).then_some((self.value as u16, (self.value >> 32) as u32))
    }
}

/// The operand stack.
#[derive(Default)]
pub struct Stack {
    entries: Vec<StackEntry>,
    /// For each local's slot, the first entry of the local's list, counted from 1; 0 if the list is empty. The list
    /// has the entries that were pushed as the local's value, topmost first, even if they were materialized since. So
    /// a write to the local finds them without a search of the stack.
    aliases: Vec<u32>,
    /// The slot of the next entry.
    next: u32,
    /// No entry below this index names a local.
    is_materialized: usize,
    /// No entry below this index is wrapped.
    first_wrapped: usize,
    /// The maximum number of slots used so far.
    pub peak: u32,
    /// Whether memory ran out for an entry. The entries mean nothing then.
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
        self.is_materialized = 0;
        self.first_wrapped = usize::MAX;
        self.peak = first;
        Ok(())
    }

    /// Whether memory ran out for an entry.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the slot of the next entry, cut to 16 bits. If it was larger, `peak` is too large as well.
    pub fn next_stack_slot(&self) -> u16 {
        self.next as u16
    }

    /// Pushes an operand. Returns its stack slot.
    #[inline(always)]
    pub fn push(&mut self, place: Location, ty: ValType) -> u16 {
        let stack_slot = self.next;
        self.next = stack_slot + u32::from(ty.slots());
        self.peak = self.peak.max(self.next);
        // After the first check there is room. The second one tells the compiler so, which then leaves out the code of
        // `push` that grows the vector.
        if self.entries.try_room(1).is_err() || self.entries.len() == self.entries.capacity() {
            self.failed = true;
            return stack_slot as u16;
        }
        let mut entry = StackEntry::new(place, ty, stack_slot as u16);
        if let Location::Local(slot) = place {
            let last = &mut self.aliases[usize::from(slot)];
            entry.value |= u64::from(*last) << 32;
            entry.rest |= LINKED;
            *last = self.entries.len() as u32 + 1;
        }
        self.entries.push(entry);
        stack_slot as u16
    }

    /// Pops an operand. Returns `None` if the stack is empty, which only happens for an invalid body.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<StackEntry> {
        let entry = self.entries.pop()?;
        self.next = u32::from(entry.stack_slot());
        self.is_materialized = self.is_materialized.min(self.entries.len());
        if let Some((slot, below)) = entry.linked() {
            self.aliases[usize::from(slot)] = below;
        }
        Some(entry)
    }

    /// Returns the entry with this index, counted from the bottom.
    pub fn get(&self, index: usize) -> Option<StackEntry> {
        self.entries.get(index).copied()
    }

    /// Notes that an entry is in its stack slot now.
    pub fn materialize(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        entry.rest = entry.rest & !(0xff << 16) | TEMP << 16;
    }

    /// Changes the type of the topmost entry. Its bits stay the same.
    pub fn retype(&mut self, ty: ValType) -> Option<()> {
        let last = self.entries.last_mut()?;
        let StackEntry { rest, .. } = StackEntry::new(Location::Temp, ty, 0);
        last.rest = last.rest & !(0xff << 24) | rest & 0xff << 24;
        Some(())
    }

    /// Makes the topmost entry, an `i64`, its lower half. A constant is cut at once.
    pub fn wrap(&mut self) -> Option<()> {
        self.retype(ValType::I32)?;
        let index = self.entries.len() - 1;
        let last = &mut self.entries[index];
        match last.place() {
            Location::Const(bits) => last.value = u64::from(bits as u32),
            _ => {
                last.rest |= WRAPPED << 16;
                self.first_wrapped = self.first_wrapped.min(index);
            }
        }
        Some(())
    }

    /// Returns the index of the first entry that may be wrapped, and assumes that none will be.
    pub fn take_first_wrapped(&mut self) -> usize {
        core::mem::replace(&mut self.first_wrapped, usize::MAX)
    }

    /// Pops the entries above this height.
    pub fn truncate(&mut self, height: usize) {
        while self.entries.len() > height {
            self.pop();
        }
    }

    /// Removes the topmost entry from the list of the local in this slot, and returns its index.
    #[inline(always)]
    pub fn next_alias(&mut self, slot: u16) -> Option<usize> {
        let last = self.aliases.get_mut(usize::from(slot))?;
        let index = last.checked_sub(1)? as usize;
        let entry = self.entries.get_mut(index)?;
        *last = (entry.value >> 32) as u32;
        entry.rest &= !LINKED;
        Some(index)
    }

    /// Returns the index of the first entry that may name a local.
    pub fn first_unmaterialized(&self) -> usize {
        self.is_materialized
    }

    /// Notes that no entry names a local.
    pub fn note_all_materialized(&mut self) {
        self.is_materialized = self.entries.len();
    }
}

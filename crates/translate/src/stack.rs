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
}

/// An operand.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it is.
    pub place: Place,
    /// Its type; integer types that a cast without instruction has changed may differ in width.
    pub ty: ValType,
    /// The slot that its height has.
    pub home: u16,
}

/// The operand stack.
#[derive(Default)]
pub struct Stack {
    entries: Vec<Entry>,
    /// For each local's slot, how many entries are its value.
    aliases: Vec<u32>,
    first: u32,
    /// The most slots used so far.
    pub peak: u32,
}

impl Stack {
    /// Starts a function whose temporaries begin at slot `first`.
    pub fn start(&mut self, first: u32) {
        self.entries.clear();
        self.aliases.clear();
        self.aliases.resize(first as usize, 0);
        self.first = first;
        self.peak = first;
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The slot of the next entry. May be above what a slot's number can say; `peak` tells.
    pub fn next_home(&self) -> u16 {
        self.entries.last().map_or(self.first as u16, |e| e.home.wrapping_add(e.ty.slots()))
    }

    /// Pushes an operand.
    pub fn push(&mut self, place: Place, ty: ValType) -> u16 {
        let home = self.next_home();
        if let Place::Local(slot) = place {
            self.aliases[usize::from(slot)] += 1;
        }
        let end = self.entries.last().map_or(self.first, |e| u32::from(e.home) + u32::from(e.ty.slots()));
        self.peak = self.peak.max(end + u32::from(ty.slots()));
        self.entries.push(Entry { place, ty, home });
        home
    }

    /// Pops an operand; `None` only if the body is not valid.
    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop()?;
        if let Place::Local(slot) = entry.place {
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
        if let Place::Local(slot) = self.entries[index].place {
            self.aliases[usize::from(slot)] -= 1;
        }
        self.entries[index].place = Place::Temp;
    }

    /// Changes the type of the topmost entry, its bits being what they are.
    pub fn retype(&mut self, ty: ValType) -> Option<()> {
        self.entries.last_mut()?.ty = ty;
        Some(())
    }

    /// Removes all above this height.
    pub fn truncate(&mut self, height: usize) {
        while self.entries.len() > height {
            self.pop();
        }
    }

    /// Whether an entry is the value of the local in this slot.
    pub fn has_alias(&self, slot: u16) -> bool {
        self.aliases.get(usize::from(slot)).is_some_and(|&n| n > 0)
    }
}

//! From names in the text format to operators. The hash table is made at compile time. It holds places in the list of
//! names in the order of the table, so that there is no second list.

use super::Operator;

const COUNT: usize = Operator::ALL.len();

/// For each operator in the order of the table, where its name begins in the list of names.
static STARTS: [u16; COUNT] = starts();

const fn starts() -> [u16; COUNT] {
    let names = Operator::NAMES.as_bytes();
    let (mut starts, mut at, mut i) = ([0; COUNT], 0, 0);
    while i < COUNT {
        starts[i] = at as u16;
        at += length(names, at) + 1;
        i += 1;
    }
    assert!(names.len() <= u16::MAX as usize, "names begin at places of 16 bits");
    starts
}

/// Returns the length of the name that begins here. A space follows it.
const fn length(names: &[u8], start: usize) -> usize {
    let mut end = start;
    while names[end] != b' ' {
        end += 1;
    }
    end - start
}

/// The number of slots of the hash table. At least a third of them is free.
const SLOTS: usize = (COUNT * 3 / 2).next_power_of_two();

/// A flag in a slot: another operator has the same name, and the next number.
const SHARED: u16 = 0x8000;

/// The hash table. A slot has one above the place in the table of the first operator with a name. It is 0 if it is
/// free.
static PLACES: [u16; SLOTS] = {
    let (names, starts) = (Operator::NAMES.as_bytes(), &STARTS);
    let (mut places, mut i) = ([0u16; SLOTS], 0);
    while i < COUNT {
        let start = starts[i] as usize;
        let length = length(names, start);
        let mut slot = hash(names, start, length);
        loop {
            let other = places[slot];
            if other == 0 {
                places[slot] = i as u16 + 1;
                break;
            }
            let first = (other & !SHARED) as usize - 1;
            if is_same(names, starts[first] as usize, start, length) {
                assert!(
                    Operator::ALL[first].0 + 1 == Operator::ALL[i].0 && other & SHARED == 0,
                    "two operators of one name have adjacent opcodes"
                );
                places[slot] = other | SHARED;
                break;
            }
            slot = (slot + 1) % SLOTS;
        }
        i += 1;
    }
    places
};

/// Whether the names at `first` and `second` are the same, including the space after them.
const fn is_same(names: &[u8], first: usize, second: usize, length: usize) -> bool {
    let mut i = 0;
    while i <= length {
        if names[first + i] != names[second + i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Returns the slot where the search for a name begins (FNV-1a).
const fn hash(bytes: &[u8], start: usize, length: usize) -> usize {
    let (mut hash, mut i) = (0x811c_9dc5_u32, start);
    while i < start + length {
        hash = ((hash ^ bytes[i] as u32) as u64 * 0x0100_0193) as u32;
        i += 1;
    }
    (hash ^ hash >> 16) as usize % SLOTS
}

impl Operator {
    /// Returns the operator with this name in the text format, and whether the operator with the next number has the
    /// same name. That is so for `select`, which may have types, and for casts, whose type may be nullable.
    pub fn of_name(name: &[u8]) -> Option<(Operator, bool)> {
        let names = Operator::NAMES.as_bytes();
        let mut slot = hash(name, 0, name.len());
        loop {
            let place = *PLACES.get(slot)?;
            let first = usize::from(place & !SHARED).checked_sub(1)?;
            let rest = names.get(usize::from(*STARTS.get(first)?)..)?;
            if rest.get(name.len()) == Some(&b' ') && rest.starts_with(name) {
                return Some((*Operator::ALL.get(first)?, place & SHARED != 0));
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Returns the operator with the next number. It has the same name if [`Operator::of_name`] says so.
    pub fn twin(self) -> Operator {
        Operator(self.0 + 1)
    }
}

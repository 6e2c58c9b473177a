//! Names in the text format to operators: a hash table made at compile time of the names in the table's own order, so that there is no second list.

use super::Operator;

const COUNT: usize = Operator::ALL.len();

/// Where each name begins in the list of names, in the order of the table.
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

/// The length of the name that begins here: a space follows it.
const fn length(names: &[u8], start: usize) -> usize {
    let mut end = start;
    while names[end] != b' ' {
        end += 1;
    }
    end - start
}

/// So many slots that a third of them at least is free.
const SLOTS: usize = (COUNT * 3 / 2).next_power_of_two();

/// In a slot: another operator has the same name, and the number behind this one's.
const SHARED: u16 = 0x8000;

/// For each hash one above the place of the first operator of a name in the table; 0 where there is none.
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

/// Whether the name at `first` is the one at `second`, a space behind it included.
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

/// The slot where looking for a name begins (FNV-1a).
const fn hash(bytes: &[u8], start: usize, length: usize) -> usize {
    let (mut hash, mut i) = (0x811c_9dc5_u32, start);
    while i < start + length {
        hash = ((hash ^ bytes[i] as u32) as u64 * 0x0100_0193) as u32;
        i += 1;
    }
    (hash ^ hash >> 16) as usize % SLOTS
}

impl Operator {
    /// The operator with this name in the text format, and whether the one with the next number has the same name: `select` with types,
    /// and casts to a type with null.
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

    /// The operator with the next number, which has the same name where [`Operator::of_name`] says so.
    pub fn twin(self) -> Operator {
        Operator(self.0 + 1)
    }
}

//! A map from strings of bytes to numbers, for names and types of modules: what standard maps do, with allocation that can fail, and
//! in time that depends on nothing but the length of the key, whatever keys a guest thinks of.
//!
//! It is a crit-bit tree: inner nodes name the first bit in which the keys below them differ. A key is not kept; who uses the map
//! says what the key of a number is. So a lookup looks at single bits of the key, and compares it once.

use alloc::vec::Vec;

use crate::fallible::{OutOfMemory, TryVec};

/// Strings of bytes, each with a number below 2^31.
#[derive(Clone, Default, Debug)]
pub struct Keys {
    nodes: Vec<Node>,
    /// Nodes that are free: the first, and in each the next one as its first child.
    free: Option<u32>,
    root: Option<Child>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The first bit that not all keys below have alike; see [`bit`].
    bit: u64,
    children: [Child; 2],
}

/// A node, or with the upper bit the number of a key.
#[derive(Clone, Copy, Debug)]
struct Child(u32);

const NUMBER: u32 = 1 << 31;

impl Child {
    fn number(self) -> Option<u32> {
        (self.0 & NUMBER != 0).then_some(self.0 & !NUMBER)
    }
}

/// Bits of a byte, and one in front that says that the key has it: so no key is the beginning of another.
const WIDTH: u64 = 9;

fn symbol(key: &[u8], at: usize) -> u16 {
    key.get(at).map_or(0, |&byte| 0x100 | u16::from(byte))
}

fn bit(key: &[u8], bit: u64) -> usize {
    let symbol = symbol(key, (bit / WIDTH) as usize);
    usize::from(symbol >> (WIDTH - 1 - bit % WIDTH) & 1)
}

/// The first bit in which the keys differ.
fn difference(a: &[u8], b: &[u8]) -> Option<u64> {
    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let differing = symbol(a, at) ^ symbol(b, at);
    let first = WIDTH as u32 - (u16::BITS - differing.leading_zeros());
    (differing != 0).then_some(at as u64 * WIDTH + u64::from(first))
}

impl Keys {
    /// Forgets all keys, and keeps the room for as many.
    pub fn clear(&mut self) {
        self.nodes.clear();
        (self.free, self.root) = (None, None);
    }

    /// The number of a key. `key_of` gives the key of a number that was put in.
    pub fn get<'k>(&self, key: &[u8], key_of: &dyn Fn(u32) -> &'k [u8]) -> Option<u32> {
        self.nearest(key).filter(|&number| key_of(number) == key)
    }

    /// The number of the key that a lookup of this one ends at.
    fn nearest(&self, key: &[u8]) -> Option<u32> {
        let mut child = self.root?;
        loop {
            match child.number() {
                Some(number) => return Some(number),
                None => {
                    let node = self.nodes.get(child.0 as usize)?;
                    child = node.children[bit(key, node.bit)];
                }
            }
        }
    }

    /// Gives a key this number unless it has one, which is returned then.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn insert<'k>(
        &mut self,
        key: &[u8],
        number: u32,
        key_of: &dyn Fn(u32) -> &'k [u8],
    ) -> Result<Option<u32>, OutOfMemory> {
        let new = Child(NUMBER | number);
        let Some(nearest) = self.nearest(key) else {
            self.root = Some(new);
            return Ok(None);
        };
        let Some(first) = difference(key, key_of(nearest)) else { return Ok(Some(nearest)) };
        let at = self.take_free()?;
        // Behind the nodes above whose bits come first.
        let mut above = None;
        let mut below = self.root.unwrap_or(new);
        while below.number().is_none() {
            let node = self.nodes[below.0 as usize];
            if node.bit > first {
                break;
            }
            let side = bit(key, node.bit);
            above = Some((below.0, side));
            below = node.children[side];
        }
        let mut children = [below; 2];
        children[bit(key, first)] = new;
        self.nodes[at as usize] = Node { bit: first, children };
        self.put(above, Child(at));
        Ok(None)
    }

    /// Takes out a key that has a number. `key_of` is not asked for: the key must have been put in.
    pub fn remove(&mut self, key: &[u8]) {
        let (mut above, mut last) = (None, None);
        let Some(mut child) = self.root else { return };
        while child.number().is_none() {
            let node = self.nodes[child.0 as usize];
            let side = bit(key, node.bit);
            above = last;
            last = Some((child.0, side));
            child = node.children[side];
        }
        let Some((at, side)) = last else {
            self.root = None;
            return;
        };
        let other = self.nodes[at as usize].children[1 - side];
        self.put(above, other);
        // The last of those that are free names itself.
        self.nodes[at as usize].children[0] = Child(self.free.unwrap_or(at));
        self.free = Some(at);
    }

    /// What comes next where a side of a node, or the root, leads.
    fn put(&mut self, above: Option<(u32, usize)>, child: Child) {
        match above {
            Some((at, side)) => self.nodes[at as usize].children[side] = child,
            None => self.root = Some(child),
        }
    }

    /// A node to be filled.
    fn take_free(&mut self) -> Result<u32, OutOfMemory> {
        if let Some(at) = self.free {
            let next = self.nodes[at as usize].children[0].0;
            self.free = (next != at).then_some(next);
            return Ok(at);
        }
        let at = self.nodes.len() as u32;
        self.nodes.try_push(Node { bit: 0, children: [Child(at); 2] })?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::Keys;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// Short keys of few letters, so that many are beginnings of others and many come twice.
    fn key(random: &mut u64) -> Vec<u8> {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let bits = *random >> 33;
        (0..bits % 5).map(|i| [0, 1, 0x80, 0xff][(bits >> (3 + 2 * i)) as usize & 3]).collect()
    }

    #[test]
    fn keys_are_found_put_in_and_taken_out_as_in_a_standard_map() {
        let mut random = 7;
        let (mut keys, mut expected) = (Keys::default(), BTreeMap::new());
        let mut all: Vec<Vec<u8>> = Vec::new();
        for round in 0..20_000u32 {
            let key = key(&mut random);
            let key_of = |number: u32| -> &[u8] { &all[number as usize] };
            assert_eq!(keys.get(&key, &key_of), expected.get(&key).copied());
            if round % 3 == 0 {
                if expected.remove(&key).is_some() {
                    keys.remove(&key);
                }
                continue;
            }
            let number = all.len() as u32;
            let before = keys.insert(&key, number, &key_of).unwrap();
            assert_eq!(before, expected.get(&key).copied());
            if before.is_none() {
                expected.insert(key.clone(), number);
                all.push(key);
            }
        }
        assert!(keys.nodes.len() < 400, "nodes that are free are used again: {}", keys.nodes.len());
    }
}

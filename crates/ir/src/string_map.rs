//! A map from byte strings to numbers, for the names and types of modules. Unlike the maps of the standard library,
//! its allocation can fail, and a lookup takes time that depends only on the length of the key. So no choice of keys
//! by a guest makes it slow.
//!
//! The map is a crit-bit tree: each inner node has the first bit in which the keys below it differ. A lookup tests
//! single bits of the key on the way down, and then compares one whole key. The map does not store the keys: its
//! caller passes a function from numbers to keys.

use alloc::vec::Vec;

use crate::fallible::{OutOfMemory, TryVec};

/// A map from byte strings to numbers below 2^31.
#[derive(Clone, Default, Debug)]
pub struct StringMap {
    nodes: Vec<Node>,
    /// The first free node. The first child of a free node is the next one; the last one names itself.
    free: Option<u32>,
    root: Option<Child>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The first bit in which the keys below differ, as [`bit`] counts them.
    bit: u64,
    children: [Child; 2],
}

/// The index of a node or, if the upper bit is set, the number of a key.
#[derive(Clone, Copy, Debug)]
struct Child(u32);

/// The bit in [`Child`] that is set in the number of a key.
const NUMBER: u32 = 1 << 31;

impl Child {
    /// Returns the number of a key, if this is one.
    fn number(self) -> Option<u32> {
        (self.0 & NUMBER != 0).then_some(self.0 & !NUMBER)
    }
}

/// The bits of a symbol: those of a byte, and one before them that says whether the key has this byte. So no key is a
/// prefix of another.
const WIDTH: u64 = 9;

/// Returns the symbol at a place of a key.
fn symbol(key: &[u8], at: usize) -> u16 {
    key.get(at).map_or(0, |&byte| 0x100 | u16::from(byte))
}

/// Returns a bit of a key. The bits of its symbols are counted from the first symbol on, high bits first.
fn bit(key: &[u8], bit: u64) -> usize {
    let symbol = symbol(key, (bit / WIDTH) as usize);
    usize::from(symbol >> (WIDTH - 1 - bit % WIDTH) & 1)
}

/// Returns the first bit in which the keys differ.
fn difference(a: &[u8], b: &[u8]) -> Option<u64> {
    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let differing = symbol(a, at) ^ symbol(b, at);
    let first = WIDTH as u32 - (u16::BITS - differing.leading_zeros());
    (differing != 0).then_some(at as u64 * WIDTH + u64::from(first))
}

impl StringMap {
    /// Removes all keys, but keeps the memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        (self.free, self.root) = (None, None);
    }

    /// Returns the number of a key. `key_of` returns the key of a number in the map.
    pub fn get<'k>(&self, key: &[u8], key_of: &dyn Fn(u32) -> &'k [u8]) -> Option<u32> {
        self.nearest(key).filter(|&number| key_of(number) == key)
    }

    /// Returns the number of the key where a lookup of this key ends. If the map has the key, it is that one.
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

    /// Inserts a key with this number. If the map has the key already, changes nothing and returns its number.
    ///
    /// # Errors
    /// If there is not enough memory.
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
        // The new node comes below all nodes on the way whose bit is before its own.
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

    /// Removes a key, which the map must have. This compares no keys, so it needs no `key_of`.
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
        // The last free node names itself.
        self.nodes[at as usize].children[0] = Child(self.free.unwrap_or(at));
        self.free = Some(at);
    }

    /// Sets a child of a node, given as node and side, or the root.
    fn put(&mut self, above: Option<(u32, usize)>, child: Child) {
        match above {
            Some((at, side)) => self.nodes[at as usize].children[side] = child,
            None => self.root = Some(child),
        }
    }

    /// Returns a node for use, which the caller fills.
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
    use super::StringMap;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// Returns a short key of few letters, so that many keys are prefixes of others and many come twice.
    fn key(random: &mut u64) -> Vec<u8> {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let bits = *random >> 33;
        (0..bits % 5).map(|i| [0, 1, 0x80, 0xff][(bits >> (3 + 2 * i)) as usize & 3]).collect()
    }

    #[test]
    fn keys_are_found_put_in_and_taken_out_as_in_a_standard_map() {
        let mut random = 7;
        let (mut keys, mut expected) = (StringMap::default(), BTreeMap::new());
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

//! Splits modules into sections, and damages them.

use wasmote_test_support::Random;

/// Returns the sections of a module, each as id and contents, if it has a header.
pub fn split(wasm: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rest = wasm.get(8..)?;
    let mut sections = Vec::new();
    while let [id, behind @ ..] = rest {
        let (mut length, mut shift, mut bytes) = (0, 0, behind);
        loop {
            let (&byte, next) = bytes.split_first()?;
            (length, shift, bytes) = (length | usize::from(byte & 0x7f) << shift, shift + 7, next);
            if byte < 0x80 || shift > 28 {
                break;
            }
        }
        sections.push((*id, bytes.get(..length)?.to_vec()));
        rest = &bytes[length..];
    }
    Some(sections)
}

pub fn joined(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in sections {
        wasm.push(*id);
        leb(&mut wasm, contents.len());
        wasm.extend_from_slice(contents);
    }
    wasm
}

pub fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Changes a section, or the order of sections.
pub fn damage(random: &mut Random, sections: &mut Vec<(u8, Vec<u8>)>, other: &[u8]) {
    if sections.is_empty() {
        sections.push((random.below(14) as u8, vec![0]));
    }
    let at = random.below(sections.len());
    match random.below(24) {
        0 => drop(sections.remove(at)),
        1 => sections.insert(at, sections[at].clone()),
        2 => {
            let with = random.below(sections.len());
            sections.swap(at, with);
        }
        3 => sections[at].0 = random.below(15) as u8,
        4 | 5 => {
            // A section of another module, in place of this one or before it.
            let Some(theirs) = split(other).filter(|theirs| !theirs.is_empty()) else { return };
            let theirs = theirs[random.below(theirs.len())].clone();
            match sections.iter().position(|(id, _)| *id == theirs.0) {
                Some(same) => sections[same] = theirs,
                None => sections.insert(at, theirs),
            }
        }
        6 => {
            let inserted = [(1, 2), (3, 1), (5, 3), (12, 1), (13, 3), (0, 4), (8, 1)];
            let (id, length) = random.pick(&inserted);
            let contents = (0..length).map(|_| random.below(3) as u8).collect();
            sections.insert(at, (id, contents));
        }
        _ => {
            // Other tests damage bodies and names.
            if matches!(sections[at].0, 0 | 10) && !random.one_in(8) {
                return;
            }
            let contents = &mut sections[at].1;
            if contents.is_empty() {
                contents.push(0);
            }
            if random.one_in(4) {
                // The first byte often is a count.
                contents[0] = contents[0].wrapping_add(random.pick(&[1, 255]));
            }
            damage_bytes(random, contents);
        }
    }
}

/// Bytes with a meaning in most places.
pub const BYTES: &[u8] = &[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x78, 0x77, 0x74, 0x73, 0x72, 0x71, 0x70, 0x6f, 0x6e,
    0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x68, 0x65, 0x64, 0x63, 0x62, 0x60, 0x5f, 0x5e, 0x5d, 0x50, 0x4f, 0x4e, 0x4d, 0x40,
    0x41, 0x42, 0x43, 0x44, 0x0b, 0x23, 0xd0, 0xd2, 0xfb, 0xfd, 0x0c, 0x1a, 0x1b, 0x1c, 0x6a, 0x7c, 0x80, 0xff, 0x10,
    0x20,
];

pub fn damage_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    match random.below(10) {
        0 => bytes[at] = random.below(256) as u8,
        1 | 2 => bytes[at] = random.pick(BYTES),
        3 => bytes[at] = bytes[at].wrapping_add(1),
        4 => bytes[at] = bytes[at].wrapping_sub(1),
        5 => drop(bytes.remove(at)),
        6 | 7 => bytes.insert(at, random.pick(BYTES)),
        8 => {
            // A piece, repeated elsewhere.
            let from = random.below(bytes.len());
            let piece = bytes[from..bytes.len().min(from + 1 + random.below(8))].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            let end = bytes.len().min(at + 1 + random.below(6));
            drop(bytes.drain(at..end));
        }
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

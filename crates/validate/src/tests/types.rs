//! Makes modules with random types.

use std::ops::Range;

use super::damage::{BYTES, joined};
use wasmote_test_support::Random;

/// Returns a module with groups of types, which are often equal to others or subtypes of others. Its functions tell
/// which are: each returns a parameter of one type as another type. If `plain`, all types are single function types.
pub fn module(random: &mut Random, plain: bool) -> Vec<u8> {
    let mut section = Vec::new();
    let (mut groups, mut count, mut total) = (Vec::<Vec<u8>>::new(), 0, 0);
    for _ in 0..1 + random.below(5) {
        // The same bytes are an equal group if they refer to the same types or to none.
        if !groups.is_empty() && random.one_in(3) {
            let again = random.pick(&(0..groups.len()).collect::<Vec<_>>());
            let group = groups[again].clone();
            section.extend_from_slice(&group);
            total += usize::from(if group[0] == 0x4e { group[1] } else { 1 });
            count += 1;
            continue;
        }
        let size = if plain { 1 } else { random.below(4) };
        let mut group = Vec::new();
        if size != 1 {
            group.extend([0x4e, size as u8]);
        }
        for number in 0..size {
            sub_type(random, &mut group, plain, total..total + size, total + number);
        }
        section.extend_from_slice(&group);
        total += size;
        count += 1;
        groups.push(group);
    }
    // Functions from one type to another.
    let (mut funcs, mut bodies) = (Vec::new(), Vec::new());
    for _ in 0..random.below(4) {
        section.extend([0x60, 1, random.pick(&[0x63, 0x64])]);
        section.push(random.below(total) as u8);
        section.extend([1, random.pick(&[0x63, 0x63, 0x64])]);
        section.push(if random.one_in(4) { random.pick(BYTES) & 0x7f } else { random.below(total) as u8 });
        funcs.push((total + funcs.len()) as u8);
        bodies.extend([4, 0, 0x20, 0, 0x0b]);
        count += 1;
    }
    section.insert(0, count);
    funcs.insert(0, funcs.len() as u8);
    bodies.insert(0, funcs[0]);
    joined(&[(1, section), (3, funcs), (10, bodies)])
}

/// Writes a random type of a group.
fn sub_type(random: &mut Random, bytes: &mut Vec<u8>, plain: bool, group: Range<usize>, index: usize) {
    let (first, end) = (group.start, group.end);
    if !plain && !random.one_in(4) {
        bytes.push(random.pick(&[0x50, 0x50, 0x50, 0x4f]));
        let has_supertype = index > 0 && !random.one_in(3);
        bytes.push(has_supertype.into());
        if has_supertype {
            // Sometimes the supertype comes later, which is invalid.
            let supertype = if random.one_in(20) { random.below(end + 1) } else { random.below(index) };
            bytes.push(supertype as u8);
        }
    }
    let value = |random: &mut Random, bytes: &mut Vec<u8>| match random.below(8) {
        0..=2 => bytes.push(random.pick(&[0x7f, 0x7e, 0x7f, 0x6e, 0x70, 0x71, 0x73, 0x6b])),
        3 => bytes.extend([0x64, random.pick(&[0x6e, 0x71, 0x70, 0x6b, 0x6d])]),
        near => {
            bytes.push(random.pick(&[0x63, 0x63, 0x64]));
            let to = if near < 6 { first + random.below(end - first) } else { random.below(end) };
            bytes.push(if random.one_in(40) { end as u8 } else { to as u8 });
        }
    };
    let field = |random: &mut Random, bytes: &mut Vec<u8>| {
        if random.one_in(8) {
            bytes.push(random.pick(&[0x78, 0x77]));
        } else {
            value(random, bytes);
        }
        bytes.push(random.pick(&[0, 0, 1]));
    };
    match if plain { 4 } else { random.below(5) } {
        0..=2 => {
            bytes.push(0x5f);
            let count = random.below(3);
            bytes.push(count as u8);
            (0..count).for_each(|_| field(random, bytes));
        }
        3 => {
            bytes.push(0x5e);
            field(random, bytes);
        }
        _ => {
            bytes.push(0x60);
            for _ in 0..2 {
                let count = random.below(2);
                bytes.push(count as u8);
                (0..count).for_each(|_| value(random, bytes));
            }
        }
    }
}

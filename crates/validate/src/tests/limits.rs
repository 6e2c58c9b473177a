//! Compares the limits on the parts of a module.

use super::damage::{joined, leb};
use super::{Counts, all_features};
use crate::limits::*;
use wasmote_decode::reader::MAX_NAME;

#[test]
fn limits_are_those_of_wasmparser() {
    let mut counts = Counts::default();
    let (mut checked, all) = (0, all_features());
    let empty = || (1, items(1, &[0x60, 0, 0]));
    let mut ends = |name: &str, limit: usize, sections: &dyn Fn(usize) -> Vec<(u8, Vec<u8>)>| {
        for (count, is_valid) in [(limit, true), (limit + 1, false)] {
            let valid = counts.valid;
            counts.outline(&format!("{count} {name}"), &joined(&sections(count)), all);
            assert_eq!(counts.valid - valid, usize::from(is_valid), "{count} {name}");
        }
        checked += 1;
    };
    ends("types", MAX_TYPES, &|count| vec![(1, items(count, &[0x60, 0, 0]))]);
    ends("functions", MAX_FUNCTIONS, &|count| {
        vec![empty(), (3, items(count, &[0])), (10, items(count, &[2, 0, 0x0b]))]
    });
    ends("tables", MAX_TABLES, &|count| vec![(4, items(count, &[0x70, 0, 0]))]);
    ends("memories", MAX_MEMORIES, &|count| vec![(5, items(count, &[0, 0]))]);
    ends("imported memories", MAX_MEMORIES, &|count| vec![(2, items(count, &[0, 0, 2, 0, 0]))]);
    ends("globals", MAX_GLOBALS, &|count| vec![(6, items(count, &[0x7f, 0, 0x41, 0, 0x0b]))]);
    ends("imports", MAX_TYPE_SIZE - 2, &|count| vec![(2, items(count, &[0, 0, 3, 0x7f, 0]))]);
    ends("element segments", MAX_ELEMENT_SEGMENTS, &|count| vec![(9, items(count, &[1, 0, 0]))]);
    ends("data segments", MAX_DATA_SEGMENTS, &|count| vec![(11, items(count, &[1, 0]))]);
    ends("parameters", MAX_PARAMS, &|count| vec![(1, [&[1, 0x60][..], &items(count, &[0x7f]), &[0]].concat())]);
    ends("results", MAX_RESULTS, &|count| vec![(1, [&[1, 0x60, 0][..], &items(count, &[0x7f])].concat())]);
    ends("bytes of a name", MAX_NAME, &|count| vec![(2, [&[1, 0][..], &items(count, b"x"), &[2, 0, 0]].concat())]);
    ends("bytes of a section's name", MAX_NAME, &|count| vec![(0, items(count, b"x"))]);
    let body = |size: usize| [&[1][..], &items(size, &[0])].concat();
    ends("bytes of a body", MAX_BODY, &|size| vec![empty(), (3, vec![1, 0]), (10, body(size))]);
    let elements =
        |count| vec![empty(), (3, vec![1, 0]), (9, [&[1, 1, 0][..], &items(count, &[0])].concat()), (10, body(2))];
    ends("elements", MAX_ELEMENTS, &elements);
    // Each import counts two more than it has parameters. The total begins with one.
    let many = [&[1, 0x60][..], &items(998, &[0x7f]), &[0]].concat();
    let imports = |count| vec![(1, many.clone()), (2, items(count, &[0, 0, 0, 0]))];
    ends("sizes of imports", 999, &imports);
    // Names of three bytes are enough for the maximum number of exports.
    let names = |count: usize| -> Vec<u8> {
        let mut bytes = Vec::new();
        leb(&mut bytes, count);
        for name in 0..count {
            bytes.extend([4, name as u8 & 0x7f, (name >> 7) as u8 & 0x7f, (name >> 14) as u8 & 0x7f, 0, 2, 0]);
        }
        bytes
    };
    ends("exports", MAX_TYPE_SIZE - 2, &|count| vec![(5, vec![1, 0, 0]), (7, names(count))]);
    if cfg!(feature = "gc") {
        ends("tags", MAX_TAGS, &|count| vec![empty(), (13, items(count, &[0, 0]))]);
        ends("fields", MAX_FIELDS, &|count| vec![(1, [&[1, 0x5f][..], &items(count, &[0x7f, 0])].concat())]);
        ends("types of a group", MAX_TYPES, &|count| vec![(1, [&[1, 0x4e][..], &items(count, &[0x5f, 0])].concat())]);
        // The first type of the chain has no supertype.
        let chain = |count: usize| -> Vec<u8> {
            (0..count as u8)
                .flat_map(|n| if n == 0 { vec![0x50, 0, 0x5f, 0] } else { vec![0x50, 1, n - 1, 0x5f, 0] })
                .collect()
        };
        ends("types in a chain", usize::from(MAX_DEPTH) + 1, &|count| {
            vec![(1, [&[count as u8][..], &chain(count)].concat())]
        });
    }
    println!("{counts:?}");
    assert_eq!(counts.compared, 2 * checked);
}

/// Returns a count and that many copies of an item.
fn items(count: usize, item: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb(&mut bytes, count);
    bytes.extend(item.repeat(count));
    bytes
}

//! Compares verdicts on constant expressions and on segments, of every kind.

use wasmparser::WasmFeatures;

use super::damage::joined;
use super::{Counts, all_features};

/// Type sections: an array of numbers, a function and an array of functions; and three functions.
const TYPES: &[u8] = &[3, 0x5e, 0x7f, 1, 0x60, 0, 0, 0x5e, 0x70, 0];
const PLAIN_TYPES: &[u8] = &[3, 0x60, 0, 0, 0x60, 0, 0, 0x60, 0, 0];

#[test]
fn instructions_are_constant_if_wasmparser_says_so() {
    let mut counts = Counts::default();
    let mut opcodes: Vec<Vec<u8>> = (0..=0xff).map(|opcode| vec![opcode]).collect();
    for prefix in 0xfb..=0xfe {
        opcodes.extend((0..=0x2f).map(|opcode| vec![prefix, opcode]));
    }
    let operands: [&[u8]; 9] = [
        &[],
        &[0x41, 0],
        &[0x41, 0, 0x41, 0],
        &[0x41, 0, 0x41, 0, 0x41, 0],
        &[0x42, 0, 0x42, 0],
        &[0xd0, 0x6f],
        &[0xd0, 0x6e],
        &[0xd2, 0],
        &[0x23, 0],
    ];
    let results: [&[u8]; 10] =
        [&[0x7f], &[0x7e], &[0x7d], &[0x7b], &[0x6f], &[0x6e], &[0x70], &[0x63, 0], &[0x64, 1], &[0x63, 2]];
    for opcode in &opcodes {
        for immediates in [&[][..], &[0], &[1], &[0, 0], &[2, 0], &[0; 4], &[0; 16]] {
            for operands in operands {
                let expression = [operands, opcode, immediates, &[0x0b]].concat();
                for result in results {
                    let global = [&[1][..], result, &[0], &expression].concat();
                    // The segment comes after one of functions.
                    let elems = [&[2, 5, 0x70, 0, 5][..], result, &[1], &expression].concat();
                    let [global, elems] = [(6, global), (9, elems)].map(|section| {
                        let types = if cfg!(feature = "gc") { TYPES } else { PLAIN_TYPES };
                        let imports = vec![1, 0, 0, 3, 0x7f, 0];
                        let sections = [(1, types.to_vec()), (2, imports), (3, vec![1, 1]), section];
                        joined(&[&sections[..], &[(10, vec![1, 2, 0, 0x0b])]].concat())
                    });
                    counts.outline("global", &global, all_features());
                    if !matches!(result, [0x7b..=0x7f]) {
                        counts.outline("segment", &elems, all_features());
                    }
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.compared > 300_000 && counts.valid > 30);
}

#[test]
fn element_segments_are_valid_if_wasmparser_says_so() {
    let mut counts = Counts::default();
    let off = [
        WasmFeatures::empty(),
        WasmFeatures::BULK_MEMORY,
        WasmFeatures::REFERENCE_TYPES,
        WasmFeatures::FUNCTION_REFERENCES,
        WasmFeatures::GC,
        WasmFeatures::REFERENCE_TYPES | WasmFeatures::BULK_MEMORY,
    ];
    let tables: [&[u8]; 4] = [&[], &[1, 0x70, 0, 2], &[2, 0x70, 0, 2, 0x6f, 0, 2], &[1, 0x63, 0x70, 0, 2]];
    for table in tables {
        for flags in 0..=8 {
            for target in [&[][..], &[0x41, 0, 0x0b], &[0, 0x41, 0, 0x0b], &[1, 0x41, 0, 0x0b], &[0, 0x42, 0, 0x0b]] {
                for ty in [&[][..], &[0], &[1], &[0x70], &[0x6f], &[0x64, 0x70], &[0x64, 0]] {
                    for items in [&[0][..], &[1, 0], &[1, 1], &[1, 0xd2, 0, 0x0b], &[1, 0xd0, 0x70, 0x0b]] {
                        let elem = [&[1, flags], target, ty, items].concat();
                        let mut sections = vec![(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (4, table.to_vec())];
                        if table.is_empty() {
                            sections.pop();
                        }
                        sections.extend([(9, elem), (10, vec![1, 2, 0, 0x0b])]);
                        for off in off {
                            counts.outline("segment", &joined(&sections), all_features() - off);
                        }
                    }
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.compared > 30_000 && counts.valid > 300);
}

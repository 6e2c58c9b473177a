//! The rows of vector instructions, behind the prefix 0xfd.

use super::table::Immediate::{Bytes, Lane, Memory, MemoryLane, Shuffle};
use super::table::{NO, Proposal, Row, T, UNKNOWN, pops, push};

/// The row of an instruction, by what stands behind the prefix.
pub fn row(opcode: u32) -> Option<&'static Row> {
    NUMBERS.get(opcode as usize).and_then(|&number| ROWS.get(usize::from(number)))
}

/// How many numbers there are behind the prefix.
const COUNT: usize = 0x114;

/// For each of them the line below that has its row; line 0 has what there is none for.
static NUMBERS: [u8; COUNT] = {
    let mut numbers = [0; COUNT];
    let mut line = 0;
    while line < LINES.len() {
        let mut span = 0;
        while span < LINES[line].0.len() {
            let (mut at, last) = LINES[line].0[span];
            while at <= last {
                numbers[at] = line as u8;
                at += 1;
            }
            span += 1;
        }
        line += 1;
    }
    numbers
};

static ROWS: [Row; LINES.len()] = {
    let mut rows = [UNKNOWN; LINES.len()];
    let mut line = 0;
    while line < LINES.len() {
        rows[line] = LINES[line].1;
        line += 1;
    }
    rows
};

macro_rules! lines {
    ($( $proposal:ident: $( $($first:literal $(to $last:literal)?),+ => $immediate:expr, [$($pop:ident)*] $($push:ident)?; )* )*) => {
        &[(&[], UNKNOWN), $( $( (&[$( span!($first $(to $last)?) ),+], Row {
            proposal: Proposal::$proposal,
            immediate: $immediate,
            pops: pops(&[$(T::$pop),*]),
            push: push(&[$(T::$push)?]),
        }), )* )*]
    };
}

/// Numbers, as spans whose last one is included, and their row.
type Line = (&'static [(usize, usize)], Row);

const LINES: &[Line] = lines! {
    Simd:
        0x00 => Memory(4), [Address] V128;
        0x01 to 0x06, 0x0a, 0x5d => Memory(3), [Address] V128;
        0x07 => Memory(0), [Address] V128;
        0x08 => Memory(1), [Address] V128;
        0x09, 0x5c => Memory(2), [Address] V128;
        0x0b => Memory(4), [Address V128];
        0x0c => Bytes(16), [] V128;
        0x0d => Shuffle, [V128 V128] V128;
        0x0e => NO, [V128 V128] V128;
        // splat
        0x0f to 0x11 => NO, [I32] V128;
        0x12 => NO, [I64] V128;
        0x13 => NO, [F32] V128;
        0x14 => NO, [F64] V128;
        // extract_lane, replace_lane
        0x15 to 0x16 => Lane(16), [V128] I32;
        0x17 => Lane(16), [V128 I32] V128;
        0x18 to 0x19 => Lane(8), [V128] I32;
        0x1a => Lane(8), [V128 I32] V128;
        0x1b => Lane(4), [V128] I32;
        0x1c => Lane(4), [V128 I32] V128;
        0x1d => Lane(2), [V128] I64;
        0x1e => Lane(2), [V128 I64] V128;
        0x1f => Lane(4), [V128] F32;
        0x20 => Lane(4), [V128 F32] V128;
        0x21 => Lane(2), [V128] F64;
        0x22 => Lane(2), [V128 F64] V128;
        // Comparisons, and bits.
        0x23 to 0x4c, 0x4e to 0x51 => NO, [V128 V128] V128;
        0x4d => NO, [V128] V128;
        0x52 => NO, [V128 V128 V128] V128;
        0x53 => NO, [V128] I32;
        // load_lane, store_lane
        0x54 => MemoryLane(0), [Address V128] V128;
        0x55 => MemoryLane(1), [Address V128] V128;
        0x56 => MemoryLane(2), [Address V128] V128;
        0x57 => MemoryLane(3), [Address V128] V128;
        0x58 => MemoryLane(0), [Address V128];
        0x59 => MemoryLane(1), [Address V128];
        0x5a => MemoryLane(2), [Address V128];
        0x5b => MemoryLane(3), [Address V128];
        // One vector.
        0x5e to 0x62, 0x67 to 0x6a, 0x74 to 0x75, 0x7a, 0x7c to 0x81, 0x87 to 0x8a, 0x94 => NO, [V128] V128;
        0xa0 to 0xa1, 0xa7 to 0xaa, 0xc0 to 0xc1, 0xc7 to 0xca, 0xe0 to 0xe1, 0xe3, 0xec to 0xed, 0xef => NO, [V128] V128;
        0xf8 to 0xff => NO, [V128] V128;
        // all_true, bitmask
        0x63 to 0x64, 0x83 to 0x84, 0xa3 to 0xa4, 0xc3 to 0xc4 => NO, [V128] I32;
        // Shifts.
        0x6b to 0x6d, 0x8b to 0x8d, 0xab to 0xad, 0xcb to 0xcd => NO, [V128 I32] V128;
        // Two vectors.
        0x65 to 0x66, 0x6e to 0x73, 0x76 to 0x79, 0x7b, 0x82, 0x85 to 0x86, 0x8e to 0x93 => NO, [V128 V128] V128;
        0x95 to 0x99, 0x9b to 0x9f, 0xae, 0xb1, 0xb5 to 0xba, 0xbc to 0xbf, 0xce, 0xd1 => NO, [V128 V128] V128;
        0xd5 to 0xdf, 0xe4 to 0xeb, 0xf0 to 0xf7 => NO, [V128 V128] V128;
    RelaxedSimd:
        0x100, 0x10d to 0x112 => NO, [V128 V128] V128;
        0x101 to 0x104 => NO, [V128] V128;
        0x105 to 0x10c, 0x113 => NO, [V128 V128 V128] V128;
};

//! What the compact tables say is what the rows say.

use wasmote_ir::ops::{ALL_OPCODES, opcode};
use wasmote_ir::{Op, Opcode};

#[test]
fn every_variant_has_the_operands_suffix_and_set_of_its_row() {
    let mut seen = 0;
    for &op in Op::ALL {
        assert_eq!(op.variant_count(), op.variants().len(), "{op:?}");
        assert_eq!(op.name(), format!("{op:?}"));
        for (number, variant) in op.variants().iter().enumerate() {
            let opcode = opcode(op, number as u8);
            assert_eq!(opcode, Opcode::new(op, number as u8));
            assert_eq!(opcode.family(), Some((op, number as u8)));
            assert_eq!(opcode.operands(), variant.operands, "{op:?} {number}");
            assert_eq!(opcode.suffix(), variant.suffix, "{op:?} {number}");
            assert_eq!(opcode.set(), variant.set, "{op:?} {number}");
            assert_eq!(opcode.units(), Some(1 + variant.units()), "{op:?} {number}");
            seen += 1;
        }
    }
    assert_eq!(seen, ALL_OPCODES);
}

#[test]
fn numbers_behind_the_last_opcode_are_none() {
    for number in [ALL_OPCODES as u16, ALL_OPCODES as u16 + 1, u16::MAX] {
        assert_eq!((Opcode(number).family(), Opcode(number).units(), Opcode(number).suffix()), (None, None, ""));
        assert!(Opcode(number).operands().is_empty());
    }
}

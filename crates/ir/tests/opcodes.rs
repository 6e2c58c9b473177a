//! Compares the compact tables with the rows.

use wasmote_ir::ops::{ALL_OPCODES, Class, Sources, opcode};
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode};

#[test]
fn every_variant_has_the_operands_suffix_and_set_of_its_row() {
    let mut seen = 0;
    for &op in Op::ALL {
        assert_eq!(op.variant_count(), (0..op.variants().len()).filter(|&number| op.has(number)).count(), "{op:?}");
        assert_eq!(op.name(), format!("{op:?}"));
        for (number, variant) in op.variants().iter().enumerate().filter(|&(number, _)| op.has(number)) {
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

/// Returns the sources in a suffix, unless it leaves out the destination.
fn sources(name: &str) -> Option<Sources> {
    let mut classes = name.chars().map(|letter| match letter {
        's' => Some(Class::Slot),
        'i' => Some(Class::Immediate),
        'r' => Some(Class::Accumulator),
        _ => None,
    });
    let first = Sources::of(classes.next()??);
    classes.try_fold(first, |sources, class| Some(sources.and(class?)))
}

#[test]
fn variants_are_found_by_the_classes_of_their_sources() {
    let mut found = 0;
    for &op in Op::ALL {
        for (number, variant) in op.variants().iter().enumerate().filter(|&(number, _)| op.has(number)) {
            let writes = matches!(variant.operands.last(), Some(Operand::Dst | Operand::DstPair));
            // In the suffix of a store, `_` comes before the value. Elsewhere it means that the destination is left
            // out.
            let stores = op.name().contains("Store") && !op.name().ends_with("Any");
            let name = if stores { variant.suffix.replace('_', "") } else { variant.suffix.into() };
            if let Some(sources) = sources(&name) {
                assert_eq!(op.variant(sources), Some(number as u8), "{op:?}.{name}");
                found += 1;
            }
            if let Some(elided) = op.elided(number as u8) {
                assert!(writes, "{op:?}.{name}");
                assert_eq!(op.variants()[usize::from(elided)].suffix, format!("{name}_r"), "{op:?}");
            } else if let Some(position) = op.variants().iter().position(|other| other.suffix == format!("{name}_r")) {
                assert!(!writes || !op.has(position), "{op:?}.{name}");
            }
        }
    }
    assert!(found > 800, "{found}");
    assert_eq!(Op::I32Add.variant(Sources::of(Class::Immediate).and(Class::Slot)), None);
    assert_eq!(Op::I32Add.variant(Sources::of(Class::Slot)), None);
}

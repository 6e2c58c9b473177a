use alloc::format;

use super::Operator;

#[test]
fn names_in_both_forms_are_the_same() {
    let letters = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<alloc::string::String>();
    for &operator in Operator::ALL {
        let variant = format!("{operator:?}").to_lowercase();
        // Where the text format has one name for two operators, the variants differ at their ends.
        let rest = variant.strip_prefix(&letters(operator.name())).unwrap_or_else(|| panic!("{operator:?}"));
        assert!(matches!(rest, "" | "typed" | "null"), "{operator:?}");
    }
}

#[test]
fn opcodes_lead_back_to_their_operators() {
    for &operator in Operator::ALL {
        let (prefix, number) = operator.opcode();
        let found = match prefix {
            Some(prefix) => Operator::of_prefix(prefix, number),
            None => Operator::of_byte(number as u8),
        };
        assert_eq!(found, Some(operator));
    }
    assert_eq!(Operator::of_prefix(0xfa, 0), None);
    assert_eq!(Operator::of_prefix(0xff, 0), None);
    assert_eq!(Operator::of_prefix(0xfe, u32::MAX), None);
}

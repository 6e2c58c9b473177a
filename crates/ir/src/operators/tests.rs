use alloc::format;

use super::Operator;

#[test]
fn names_in_both_forms_are_the_same() {
    let letters = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<alloc::string::String>();
    for &operator in Operator::ALL {
        let variant = format!("{operator:?}").to_lowercase();
        // If two operators have the same name in the text format, the identifiers differ at their ends.
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

#[test]
fn names_lead_back_to_their_operators() {
    for &operator in Operator::ALL {
        let (found, shared) = Operator::of_name(operator.name().as_bytes()).expect("a name");
        assert!(found == operator || shared && found.twin() == operator, "{operator:?}");
        assert_eq!(
            shared,
            matches!(operator.name(), "select" | "ref.test" | "ref.cast" | "ref.cast_desc_eq"),
            "{operator:?}"
        );
    }
    for name in ["", " ", "i32.ad", "i32.addd", "i32.add i32.sub", "nop "] {
        assert_eq!(Operator::of_name(name.as_bytes()), None, "{name:?}");
    }
}

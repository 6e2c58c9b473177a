//! Families of instructions that do two operations: how many dispatches each saves (`cargo xtask bench --count`), and
//! the size of its handlers (`cargo xtask tailcheck`). docs/speed.md compares both.

/// A family.
pub struct Family {
    /// Its name in tables.
    pub name: &'static str,
    /// Whether an instruction is of it, by name and suffix.
    is: fn(&str, &str) -> bool,
    /// Whether a handler is of it, by its demangled name.
    handles: fn(&str) -> bool,
}

/// All families. The last is that of superinstructions, which have handlers but are no instructions.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "base + index, base + constant",
        is: |name, suffix| {
            let address = suffix.split('_').next().unwrap_or_default();
            (name.starts_with("Load") || name.starts_with("Store")) && address.len() == 2
        },
        handles: |symbol| symbol.contains("memory::Sum<"),
    },
    Family {
        name: "two operations on integers",
        is: |name, _| name.starts_with('I') && !is_vector(name) && operations(name) == 2,
        handles: |symbol| is_fused(symbol) && !is_float(symbol) && !is_vector(row(symbol)),
    },
    Family {
        name: "two operations on floats",
        is: |name, _| name.starts_with('F') && !is_vector(name) && operations(name) == 2,
        handles: |symbol| is_fused(symbol) && is_float(symbol) && !is_vector(row(symbol)),
    },
    Family {
        name: VECTORS,
        is: |name, _| is_vector(name) && operations(name) == 2,
        handles: |symbol| is_vector(row(symbol)) && operations(row(symbol)) == 2,
    },
    Family {
        name: "two additions",
        is: |name, _| name == "I32AddTwo",
        handles: |symbol| symbol.contains("rows::I32AddTwo"),
    },
    Family {
        name: "loop steps",
        is: |name, _| name.starts_with("Step"),
        handles: |symbol| symbol.contains("fused::LoopStepWith<"),
    },
    Family {
        name: "constants of 64 bits",
        is: |name, _| name.starts_with("I64") && name.ends_with("Const"),
        handles: |symbol| symbol.contains("fused::Imm64Class"),
    },
    Family { name: "two copies", is: |name, _| name == "CopyTwo", handles: |symbol| symbol.contains("rows::CopyTwo") },
    Family { name: "superinstructions", is: |_, _| false, handles: |_| false },
];

/// The family of vectors, which some builds do not have.
const VECTORS: &str = "two operations on vectors";

/// The number of lanes in a name, such as `x4`, or nothing.
fn lanes(name: &str) -> &str {
    let rest = name.get(3..).unwrap_or_default();
    let len = rest
        .strip_prefix('x')
        .map_or(0, |rest| 1 + rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    &rest[..len]
}

fn is_vector(name: &str) -> bool {
    !lanes(name).is_empty()
}

/// How many operations a name such as `I32ShlAdd` or `F32x4MulAdd` consists of.
fn operations(name: &str) -> usize {
    const OPERATIONS: &[&str] = &["Add", "Sub", "Mul", "And", "Or", "Xor", "Shl", "ShrU", "ShrS", "Rotl"];
    let mut rest = name.get(3 + lanes(name).len()..).unwrap_or_default().trim_end_matches("From");
    let mut count = 0;
    while let Some(operation) = OPERATIONS.iter().find(|operation| rest.starts_with(**operation)) {
        rest = &rest[operation.len()..];
        count += 1;
    }
    if rest.is_empty() { count } else { 0 }
}

fn is_fused(symbol: &str) -> bool {
    symbol.contains("fused::FusedInstr<")
}

fn is_float(symbol: &str) -> bool {
    symbol.contains("rows::F32") || symbol.contains("rows::F64")
}

/// The row of a handler's instruction, the first one that its demangled name has.
fn row(symbol: &str) -> &str {
    symbol.split("rows::").nth(1).and_then(|rest| rest.split([',', '>']).next()).unwrap_or_default()
}

/// The family of an instruction, such as `I32ShlAdd.sis_r`.
pub fn of_instruction(instruction: &str) -> Option<&'static Family> {
    let (name, suffix) = instruction.split_once('.')?;
    FAMILIES.iter().find(|family| (family.is)(name, suffix))
}

/// The family of a handler, by its demangled name.
pub fn of_handler(symbol: &str) -> Option<&'static Family> {
    if symbol.contains("superinstructions::Seq<") {
        return FAMILIES.last();
    }
    FAMILIES.iter().find(|family| (family.handles)(symbol))
}

#[cfg(test)]
mod tests {
    use wasmote_ir::Op;

    use super::*;

    #[test]
    fn instructions_of_the_table_are_in_their_family() {
        let of = |name| of_instruction(name).map(|family| family.name);
        assert_eq!(of("I32ShlAdd.sis_r"), Some("two operations on integers"));
        assert_eq!(of("F64SubMulFrom.sss"), Some("two operations on floats"));
        assert_eq!(of("F32x4MulAdd.sss_s"), Some("two operations on vectors"));
        assert_eq!(of("I32x4Add.ss_s"), None);
        assert_eq!(of("Load32.sr_r"), Some("base + index, base + constant"));
        assert_eq!(of("Store8.si_r"), Some("base + index, base + constant"));
        assert_eq!(of("I64AddConst.si"), Some("constants of 64 bits"));
        for other in ["Load32.s_r", "Store8.s_s", "I32Add.si", "BrI32AndEqz.ri", "I32AddShort.x", "F32Add.ss"] {
            assert_eq!(of(other), None, "{other}");
        }
        // Each family but that of superinstructions has instructions, and each fused operation of the table a family.
        let named = |op: &Op| of_instruction(&format!("{}.{}", op.name(), op.variants()[0].suffix));
        let found: Vec<&str> = Op::ALL.iter().filter_map(named).map(|family| family.name).collect();
        let vectors = Op::ALL.iter().any(|op| is_vector(op.name()));
        for family in FAMILIES[1..FAMILIES.len() - 1].iter().filter(|family| vectors || family.name != VECTORS) {
            assert!(found.contains(&family.name), "{}", family.name);
        }
        for fused in Op::ALL.iter().filter(|op| op.fuses().is_some()) {
            let family = named(fused).map(|family| family.name).unwrap_or_default();
            assert!(family.starts_with("two operations"), "{fused:?}: {family}");
        }
    }

    #[test]
    fn handlers_are_in_their_family() {
        let of = |name: &str| of_handler(name).map(|family| family.name);
        let fused =
            "hot::<fused::FusedInstr<fused::FeedsFirst<integer::rows::I32Add, integer::rows::I32Xor>, S, S, S, S>>";
        assert_eq!(of(fused), Some("two operations on integers"));
        assert_eq!(of(&fused.replace("I32", "F64")), Some("two operations on floats"));
        assert_eq!(
            of("hot_sse4::<fused::FusedInstr<rows::F32x4MulAdd, S, S, S, S>>"),
            Some("two operations on vectors")
        );
        assert_eq!(of("hot::<numeric::BinaryInstr<rows::F32x4Mul, S, S, S>>"), None);
        assert_eq!(
            of("hot::<superinstructions::Seq<memory::LoadAt<L, memory::Sum<S, S>, S>, X>>"),
            Some("superinstructions")
        );
        assert_eq!(of("hot::<memory::LoadAt<L, memory::Sum<S, S>, S>>"), Some("base + index, base + constant"));
        assert_eq!(of("hot::<memory::LoadAt<L, S, S>>"), None);
    }
}

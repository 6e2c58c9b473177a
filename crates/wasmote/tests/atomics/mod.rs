//! Runs every atomic operator on memories that are not shared: with 32-bit and 64-bit addresses, in the first memory and
//! in another one, with pages of one byte; directly, and from images of each op set and metered ones. The expected
//! values follow from the operators' definitions.

#[cfg(feature = "acquire-release-atomics")]
mod orderings;

use std::fmt::Write;

use wasmote::script::{Options, run};
use wasmote::{CodeOptions, OpSet};
use wasmote_ir::Proposal;
use wasmote_ir::operators::Operator;

/// What the eight bytes at [`PLACE`] are before each operator.
const INITIAL: u64 = 0x8899_aabb_ccdd_eeff;
/// The operand of stores and operations.
const OPERAND: u64 = 0x90ab_cdef_1234_5678;
const PLACE: i64 = 16;
/// The offset of each access.
const OFFSET: i64 = 8;
/// The length of each memory.
const LENGTH: i64 = 65536;

/// The types and sizes of accesses: type, bytes, and the number in the name.
const FORMS: [(&str, u32, &str); 7] = [
    ("i32", 4, ""),
    ("i64", 8, ""),
    ("i32", 1, "8"),
    ("i32", 2, "16"),
    ("i64", 1, "8"),
    ("i64", 2, "16"),
    ("i64", 4, "32"),
];

/// Computes the new value from the old one and the operand.
type Operation = fn(u64, u64) -> u64;

/// The operations: name, and what they compute.
const OPERATIONS: [(&str, Operation); 6] = [
    ("add", u64::wrapping_add),
    ("sub", u64::wrapping_sub),
    ("and", |a, b| a & b),
    ("or", |a, b| a | b),
    ("xor", |a, b| a ^ b),
    ("xchg", |_, b| b),
];

/// Returns a constant of this type, whose upper bits are cut off.
fn constant(ty: &str, value: u64) -> String {
    format!("({ty}.const {})", if ty == "i32" { u64::from(value as u32) } else { value })
}

fn mask(size: u32) -> u64 {
    u64::MAX >> (64 - 8 * size)
}

/// Returns the offset of an access in the eight bytes. Small ones are not at the start, so that a wrong size shows.
fn inside(size: u32) -> u32 {
    size % 8
}

fn old(size: u32) -> u64 {
    INITIAL >> (8 * inside(size)) & mask(size)
}

/// The eight bytes after an access that wrote `new`.
fn written(size: u32, new: u64) -> u64 {
    let shift = 8 * inside(size);
    INITIAL & !(mask(size) << shift) | (new & mask(size)) << shift
}

/// A script with a function for each operator.
struct Script {
    /// The type of addresses.
    address: &'static str,
    /// The memory that operators name.
    memory: &'static str,
    /// The memory ordering of operators that may have one.
    ordering: &'static str,
    funcs: String,
    directives: String,
}

impl Script {
    /// Adds a function that runs an operator on its parameters: an address, and these.
    fn func(&mut self, name: &str, params: &[&str], result: Option<&str>) {
        let Script { address, memory, ordering, funcs, .. } = self;
        let ordering = if name.starts_with("memory.") { "" } else { ordering };
        let operands: String = (0..=params.len()).map(|local| format!(" (local.get {local})")).collect();
        let result = result.map_or(String::new(), |ty| format!("(result {ty})"));
        writeln!(
            funcs,
            "(func (export \"{name}\") (param {address} {}) {result} ({name} {memory} offset={OFFSET} {ordering}{operands}))",
            params.join(" ")
        )
        .unwrap();
    }

    /// Returns an invocation with the address of this byte.
    fn call(&self, name: &str, at: i64, operands: &str) -> String {
        format!("(invoke \"{name}\" ({}.const {}) {operands})", self.address, at - OFFSET)
    }

    /// Adds checks of the result and of the bytes afterwards.
    fn check(&mut self, name: &str, size: u32, operands: &str, result: &str, bytes: u64) {
        let call = self.call(name, PLACE + i64::from(inside(size)), operands);
        writeln!(self.directives, "(invoke \"init\")").unwrap();
        writeln!(self.directives, "(assert_return {call} {result})").unwrap();
        writeln!(self.directives, "(assert_return (invoke \"get\") {})", constant("i64", bytes)).unwrap();
    }

    fn trap(&mut self, name: &str, at: i64, operands: &str, message: &str) {
        let call = self.call(name, at, operands);
        writeln!(self.directives, "(assert_trap {call} \"{message}\")").unwrap();
    }

    /// Adds accesses that trap. Alignment comes before bounds.
    fn traps(&mut self, name: &str, size: u32, operands: &str) {
        if size > 1 {
            self.trap(name, PLACE + 1, operands, "unaligned atomic");
            self.trap(name, LENGTH + 1, operands, "unaligned atomic");
            self.trap(name, PLACE + i64::from(size) / 2, operands, "unaligned atomic");
        }
        self.trap(name, LENGTH, operands, "out of bounds memory access");
        self.trap(name, 0, operands, "out of bounds memory access");
    }

    fn of(address: &'static str, memory: &'static str, ordering: &'static str, memories: &str) -> String {
        let mut script = Script { address, memory, ordering, funcs: String::new(), directives: String::new() };
        for (ty, size, number) in FORMS {
            let unsigned = if number.is_empty() { "" } else { "_u" };
            let (result, operand) = (constant(ty, old(size)), constant(ty, OPERAND));

            let load = format!("{ty}.atomic.load{number}{unsigned}");
            script.func(&load, &[], Some(ty));
            script.check(&load, size, "", &result, INITIAL);
            script.traps(&load, size, "");

            let store = format!("{ty}.atomic.store{number}");
            script.func(&store, &[ty], None);
            script.check(&store, size, &operand, "", written(size, OPERAND));
            script.traps(&store, size, &operand);

            for (operation, compute) in OPERATIONS {
                let name = format!("{ty}.atomic.rmw{number}.{operation}{unsigned}");
                script.func(&name, &[ty], Some(ty));
                script.check(&name, size, &operand, &result, written(size, compute(old(size), OPERAND)));
                script.traps(&name, size, &operand);
            }

            let exchange = format!("{ty}.atomic.rmw{number}.cmpxchg{unsigned}");
            script.func(&exchange, &[ty, ty], Some(ty));
            // Bits of the expected value beyond the size do not count.
            let expected = old(size) | !mask(size) & 0x5a5a_5a5a_5a5a_5a5a;
            for (expected, bytes) in [(expected, written(size, OPERAND)), (expected ^ 1, INITIAL)] {
                let operands = format!("{} {operand}", constant(ty, expected));
                script.check(&exchange, size, &operands, &result, bytes);
                script.traps(&exchange, size, &operands);
            }
        }
        script.func("memory.atomic.notify", &["i32"], Some("i32"));
        script.check("memory.atomic.notify", 4, "(i32.const -1)", "(i32.const 0)", INITIAL);
        script.traps("memory.atomic.notify", 4, "(i32.const 1)");
        for (name, ty) in [("memory.atomic.wait32", "i32"), ("memory.atomic.wait64", "i64")] {
            script.func(name, &[ty, "i64"], Some("i32"));
            let operands = format!("{} (i64.const 0)", constant(ty, 0));
            script.trap(name, PLACE, &operands, "expected shared memory");
            script.trap(name, PLACE + 1, &operands, "unaligned atomic");
        }
        script.directives += "(assert_return (invoke \"atomic.fence\"))\n";
        let Script { funcs, directives, .. } = script;
        format!(
            "(module {memories} {funcs}
               (func (export \"atomic.fence\") (atomic.fence {ordering}))
               (func (export \"init\") (i64.store {memory} ({address}.const {PLACE}) (i64.const {INITIAL})))
               (func (export \"get\") (result i64) (i64.load {memory} ({address}.const {PLACE}))))\n{directives}"
        )
    }
}

/// Runs a script in each way.
fn passes(script: &str) {
    let code = |op_set, metered| Some(CodeOptions::default().with_op_set(op_set).with_metered(metered));
    let images = [
        None,
        code(OpSet::Core, false),
        code(OpSet::Extended, false),
        code(OpSet::Core, true),
        code(OpSet::Extended, true),
    ];
    for images in images {
        let summary = run("atomics", script, &Options::default().with_images(images));
        let failed: Vec<_> = summary.failed.iter().map(|failed| format!("{}: {}", failed.line, failed.what)).collect();
        assert!(
            failed.is_empty() && summary.passed > 500,
            "{images:?}: {} passed\n{}",
            summary.passed,
            failed.join("\n")
        );
    }
}

#[test]
fn atomics_on_the_first_memory() {
    let script = Script::of("i32", "", "", "(memory 1)");
    let operators = Operator::ALL.iter().filter(|operator| operator.row().proposal == Proposal::Threads);
    let names: Vec<_> = operators.map(|operator| operator.name()).collect();
    assert_eq!(names.len(), 67);
    let missing: Vec<_> = names.into_iter().filter(|name| !script.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    passes(&script);
}

#[test]
fn atomics_on_another_memory_with_64_bit_addresses() {
    passes(&Script::of("i64", "$other", "", "(memory 0) (memory $other i64 1)"));
}

#[test]
fn atomics_on_a_memory_with_pages_of_one_byte() {
    passes(&Script::of("i32", "$bytes", "", "(memory 1) (memory $bytes 65536 (pagesize 1))"));
}

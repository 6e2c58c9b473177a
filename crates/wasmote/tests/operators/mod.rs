//! Runs every numeric instruction with operands in every form (local, constant, result, loaded), and with every use of
//! its result. All must agree with the simplest form, which the specification's suite tests: parameters in, result out.
//! The translator chooses variants of instructions by these forms.

use std::fmt::Write;

use wasmote::Val;

use crate::Program;

/// A type with test values, as text and as bits.
struct Type {
    name: &'static str,
    values: &'static [(&'static str, u64)],
}

const I32: Type = Type {
    name: "i32",
    values: &[
        ("0", 0),
        ("1", 1),
        ("-1", 0xffff_ffff),
        ("5", 5),
        ("33", 33),
        ("-7", 0xffff_fff9),
        ("0x7fffffff", 0x7fff_ffff),
        ("0x80000000", 0x8000_0000),
    ],
};
const I64: Type = Type {
    name: "i64",
    values: &[
        ("0", 0),
        ("1", 1),
        ("-1", u64::MAX),
        ("65", 65),
        ("-0x80000000", (-0x8000_0000i64) as u64),
        ("0x80000000", 0x8000_0000),
        ("0x123456789abcdef0", 0x1234_5678_9abc_def0),
        ("0x8000000000000000", 1 << 63),
    ],
};
const F32: Type = Type {
    name: "f32",
    values: &[
        ("0", 0),
        ("-0", 0x8000_0000),
        ("1.5", 0x3fc0_0000),
        ("-3", 0xc040_0000),
        ("nan", 0x7fc0_0000),
        ("inf", 0x7f80_0000),
    ],
};
const F64: Type = Type {
    name: "f64",
    values: &[
        ("0", 0),
        ("-0", 1 << 63),
        ("0.1", 0x3fb9_9999_9999_999a),
        ("-3", 0xc008_0000_0000_0000),
        ("nan", 0x7ff8_0000_0000_0000),
        ("-inf", 0xfff0_0000_0000_0000),
    ],
};

const INTEGER: &[&str] = &[
    "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl",
    "rotr",
];
const INTEGER_COMPARISON: &[&str] = &["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const FLOAT: &[&str] = &["add", "sub", "mul", "div", "min", "max", "copysign"];
const FLOAT_COMPARISON: &[&str] = &["eq", "ne", "lt", "gt", "le", "ge"];

/// Unary instructions with the types of operand and result.
const UNARY: &[(&str, &Type, &str)] = &[
    ("i32.eqz", &I32, "i32"),
    ("i32.clz", &I32, "i32"),
    ("i32.ctz", &I32, "i32"),
    ("i32.popcnt", &I32, "i32"),
    ("i32.extend8_s", &I32, "i32"),
    ("i32.extend16_s", &I32, "i32"),
    ("i64.extend_i32_s", &I32, "i64"),
    ("i64.extend_i32_u", &I32, "i64"),
    ("f32.convert_i32_s", &I32, "f32"),
    ("f32.convert_i32_u", &I32, "f32"),
    ("f64.convert_i32_s", &I32, "f64"),
    ("f64.convert_i32_u", &I32, "f64"),
    ("f32.reinterpret_i32", &I32, "f32"),
    ("i64.eqz", &I64, "i32"),
    ("i64.clz", &I64, "i64"),
    ("i64.ctz", &I64, "i64"),
    ("i64.popcnt", &I64, "i64"),
    ("i64.extend8_s", &I64, "i64"),
    ("i64.extend16_s", &I64, "i64"),
    ("i64.extend32_s", &I64, "i64"),
    ("i32.wrap_i64", &I64, "i32"),
    ("f32.convert_i64_s", &I64, "f32"),
    ("f32.convert_i64_u", &I64, "f32"),
    ("f64.convert_i64_s", &I64, "f64"),
    ("f64.convert_i64_u", &I64, "f64"),
    ("f64.reinterpret_i64", &I64, "f64"),
    ("f32.abs", &F32, "f32"),
    ("f32.neg", &F32, "f32"),
    ("f32.ceil", &F32, "f32"),
    ("f32.floor", &F32, "f32"),
    ("f32.trunc", &F32, "f32"),
    ("f32.nearest", &F32, "f32"),
    ("f32.sqrt", &F32, "f32"),
    ("f64.promote_f32", &F32, "f64"),
    ("i32.trunc_f32_s", &F32, "i32"),
    ("i32.trunc_f32_u", &F32, "i32"),
    ("i64.trunc_f32_s", &F32, "i64"),
    ("i64.trunc_f32_u", &F32, "i64"),
    ("i32.trunc_sat_f32_s", &F32, "i32"),
    ("i64.trunc_sat_f32_u", &F32, "i64"),
    ("i32.reinterpret_f32", &F32, "i32"),
    ("f64.abs", &F64, "f64"),
    ("f64.neg", &F64, "f64"),
    ("f64.ceil", &F64, "f64"),
    ("f64.floor", &F64, "f64"),
    ("f64.trunc", &F64, "f64"),
    ("f64.nearest", &F64, "f64"),
    ("f64.sqrt", &F64, "f64"),
    ("f32.demote_f64", &F64, "f32"),
    ("i32.trunc_f64_s", &F64, "i32"),
    ("i32.trunc_f64_u", &F64, "i32"),
    ("i64.trunc_f64_s", &F64, "i64"),
    ("i64.trunc_f64_u", &F64, "i64"),
    ("i32.trunc_sat_f64_u", &F64, "i32"),
    ("i64.trunc_sat_f64_s", &F64, "i64"),
    ("i64.reinterpret_f64", &F64, "i64"),
];

/// The forms of an operand: `{t}` is its type, `{v}` its value, `{l}` a local with the value, `{a}` an address of the
/// value.
const FORMS: &[&str] = &[
    "local.get {l} ",
    "{t}.const {v} ",
    "local.get {l} call $same_{t} ",
    "i32.const {a} {t}.load ",
    "local.get {l} block (param {t}) (result {t}) end ",
];

/// The uses of a result of type `{r}`.
const USES: &[&str] = &[
    "",
    "local.set $x local.get $x ",
    "local.tee $x drop local.get $x ",
    "local.set $x i32.const 64 local.get $x {r}.store i32.const 64 {r}.load ",
    "global.set $g_{r} global.get $g_{r} ",
    "call $same_{r} ",
    "br 0 ",
    // Over a pending local, and over an operand.
    "local.set $x {r}.const 3 local.get $x local.set $x drop local.get $x ",
];

/// The uses of an i32 as a condition; the result is 1 or 0.
const CONDITIONS: &[&str] = &[
    "if (result i32) i32.const 1 else i32.const 0 end ",
    "i32.eqz if (result i32) i32.const 0 else i32.const 1 end ",
    "i32.eqz i32.eqz if (result i32) i32.const 1 else i32.const 0 end ",
    "local.set $x i32.const 1 i32.const 0 local.get $x select ",
    "local.set $c block local.get $c br_if 0 i32.const 0 return end i32.const 1 ",
    "local.tee $c block (param i32) br_if 0 i32.const 0 return end local.get $c i32.const 0 i32.ne ",
    "block (param i32) i32.eqz br_if 0 i32.const 1 return end i32.const 0 ",
];

/// A module under construction, with the calls to make.
struct Cases {
    text: String,
    /// The name of an export, its arguments, and the expected result.
    calls: Vec<(String, Vec<Val>, Expected)>,
}

enum Expected {
    /// The result of the simplest form.
    Same(Vec<Val>),
    /// Whether that is not zero.
    Truth(Vec<Val>),
}

fn value(ty: &Type, bits: u64) -> Val {
    match ty.name {
        "i32" => Val::I32(bits as i32),
        "i64" => Val::I64(bits as i64),
        "f32" => Val::F32(f32::from_bits(bits as u32)),
        _ => Val::F64(f64::from_bits(bits)),
    }
}

impl Cases {
    /// Begins a module for `operation` with operands of type `ty` and a result of type `result`.
    fn new(operation: &str, ty: &Type, operands: usize, result: &str) -> Cases {
        let mut text = String::from("(module (memory 1) ");
        for name in ["i32", "i64", "f32", "f64"] {
            write!(text, "(func $same_{name} (param {name}) (result {name}) local.get 0) ").unwrap();
            write!(text, "(global $g_{name} (mut {name}) ({name}.const 0)) ").unwrap();
        }
        let plain: String = (0..operands).map(|i| format!("local.get {i} ")).collect();
        let params = format!(" {}", ty.name).repeat(operands);
        write!(text, "(func (export \"plain\") (param{params}) (result {result}) {plain} {operation}) ").unwrap();
        Cases { text, calls: Vec::new() }
    }

    /// Adds a function that makes the operands, each a form and a value, and uses the result.
    fn add(&mut self, operation: &str, ty: &Type, operands: &[(&str, (&str, u64))], result: &str, usage: &str) {
        let (condition, name) = (CONDITIONS.contains(&usage), format!("f{}", self.calls.len()));
        let params = format!(" {}", ty.name).repeat(operands.len());
        write!(self.text, "(func (export \"{name}\") (param{params}) (result {result}) ").unwrap();
        write!(self.text, "(local $x {result}) (local $c i32) ").unwrap();
        let mut code = String::new();
        for (i, (form, (text, _))) in operands.iter().enumerate() {
            if form.contains("{a}") {
                write!(self.text, "i32.const {} local.get {i} {}.store ", 8 * i, ty.name).unwrap();
            }
            let form = form.replace("{t}", ty.name).replace("{v}", text).replace("{l}", &i.to_string());
            code.push_str(&form.replace("{a}", &(8 * i).to_string()));
        }
        writeln!(self.text, "{code} {operation} {})", usage.replace("{r}", result)).unwrap();
        let args: Vec<Val> = operands.iter().map(|(_, (_, bits))| value(ty, *bits)).collect();
        let expected = if condition { Expected::Truth(args.clone()) } else { Expected::Same(args.clone()) };
        self.calls.push((name, args, expected));
    }

    fn check(mut self, operation: &str, result: &str) {
        self.text.push(')');
        let mut program = Program::new(&self.text);
        for (name, args, expected) in &self.calls {
            let found = program.call(name, args);
            let expected = match expected {
                Expected::Same(args) => program.call("plain", args),
                Expected::Truth(args) => program.call("plain", args).map(|bits| vec![u64::from(bits[0] != 0)]),
            };
            if !same(&found, &expected, result) {
                let start = self.text.find(&format!("\"{name}\"")).expect("the function");
                let function = self.text[start..].lines().next().unwrap_or_default();
                panic!("{operation} with {args:?}: {found:x?} instead of {expected:x?} in (func (export {function}");
            }
        }
    }
}

/// Whether results are equal. All NaNs are equal.
fn same(a: &Result<Vec<u64>, String>, b: &Result<Vec<u64>, String>, ty: &str) -> bool {
    let nan = |bits: u64| match ty {
        "f32" => f32::from_bits(bits as u32).is_nan(),
        "f64" => f64::from_bits(bits).is_nan(),
        _ => false,
    };
    match (a, b) {
        (Ok(a), Ok(b)) => a == b || (nan(a[0]) && nan(b[0])),
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

fn uses(result: &str) -> impl Iterator<Item = &'static str> {
    let conditions = if result == "i32" { CONDITIONS } else { &[] };
    USES.iter().chain(conditions).copied()
}

fn binary(ty: &Type, name: &str, result: &str) {
    let operation = format!("{}.{name}", ty.name);
    let mut cases = Cases::new(&operation, ty, 2, result);
    // All forms and uses, with pairs of values in rotation so that each meets each.
    let pairs: Vec<_> = ty.values.iter().flat_map(|&a| ty.values.iter().map(move |&b| (a, b))).collect();
    let mut next = pairs.iter().cycle();
    for left in FORMS {
        for right in FORMS {
            for usage in uses(result) {
                for _ in 0..5 {
                    let &(a, b) = next.next().expect("a cycle");
                    cases.add(&operation, ty, &[(left, a), (right, b)], result, usage);
                }
            }
        }
    }
    cases.check(&operation, result);
}

fn all_of(ty: &Type, names: &[&str], comparisons: &[&str]) {
    for name in names {
        binary(ty, name, ty.name);
    }
    for name in comparisons {
        binary(ty, name, "i32");
    }
}

#[test]
fn i32_operators_agree_in_all_forms() {
    all_of(&I32, INTEGER, INTEGER_COMPARISON);
}

#[test]
fn i64_operators_agree_in_all_forms() {
    all_of(&I64, INTEGER, INTEGER_COMPARISON);
}

#[test]
fn f32_operators_agree_in_all_forms() {
    all_of(&F32, FLOAT, FLOAT_COMPARISON);
}

#[test]
fn f64_operators_agree_in_all_forms() {
    all_of(&F64, FLOAT, FLOAT_COMPARISON);
}

#[test]
fn unary_operators_agree_in_all_forms() {
    for &(operation, ty, result) in UNARY {
        let mut cases = Cases::new(operation, ty, 1, result);
        for form in FORMS {
            for usage in uses(result) {
                for &value in ty.values {
                    cases.add(operation, ty, &[(form, value)], result, usage);
                }
            }
        }
        cases.check(operation, result);
    }
}

/// Two operations in a row, which may be fused: `(a x b) y c` and `c y (a x b)`, compared with calls.
#[test]
fn pairs_of_integer_operators_agree_with_calls() {
    const COMMON: &[&str] = &["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "eq", "lt_s"];
    for ty in [&I32, &I64] {
        let mut text = String::from("(module ");
        for name in COMMON {
            let (t, result) = (ty.name, if matches!(*name, "eq" | "lt_s") { "i32" } else { ty.name });
            let widen = if result == t { "" } else { "i64.extend_i32_u" };
            writeln!(text, "(func ${name} (param {t} {t}) (result {t}) local.get 0 local.get 1 {t}.{name} {widen})")
                .unwrap();
        }
        let mut calls = Vec::new();
        let mut values = ty.values.iter().cycle();
        for first in COMMON {
            for second in COMMON {
                for shape in 0..8 {
                    let name = format!("{first}_{second}_{shape}");
                    let args: Vec<_> = (0..3).map(|_| *values.next().expect("a cycle")).collect();
                    pair(&mut text, &name, ty, (first, second), shape, &args);
                    calls.push((name, args));
                }
                // A step out of the cycle, so that values change their places.
                values.next();
            }
        }
        text.push(')');
        let mut program = Program::new(&text);
        for (name, args) in calls {
            let args: Vec<Val> = args.iter().map(|&(_, bits)| value(ty, bits)).collect();
            let (found, expected) = (program.call(&name, &args), program.call(&format!("{name}_calls"), &args));
            assert_eq!(found, expected, "{}: {name} with {args:?}", ty.name);
        }
    }
}

/// The bits of `shape`: the inner operation is the second operand, `b` is a constant, `c` is a constant.
fn pair(text: &mut String, name: &str, ty: &Type, pair: (&str, &str), shape: u32, args: &[(&str, u64)]) {
    let t = ty.name;
    let operand = |i: usize, constant: bool| {
        if constant { format!("{t}.const {}", args[i].0) } else { format!("local.get {i}") }
    };
    let (a, b, c) = (operand(0, false), operand(1, shape & 2 != 0), operand(2, shape & 4 != 0));
    let written = |operation: &str| match operation {
        "eq" | "lt_s" if t == "i64" => format!("i64.{operation} i64.extend_i32_u"),
        _ => format!("{t}.{operation}"),
    };
    let (first, second) = pair;
    for (suffix, first, second) in
        [("", written(first), written(second)), ("_calls", format!("call ${first}"), format!("call ${second}"))]
    {
        let code = if shape & 1 == 0 {
            format!("{a} {b} {first} {c} {second}")
        } else {
            format!("{c} {a} {b} {first} {second}")
        };
        writeln!(text, "(func (export \"{name}{suffix}\") (param {t} {t} {t}) (result {t}) {code})").unwrap();
    }
}

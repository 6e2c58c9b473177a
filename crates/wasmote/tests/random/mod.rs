//! Compares random programs with a reference. Functions are generated as trees (`generate`), written as text (`text`)
//! and run, and also evaluated directly by a simple interpreter without an operand stack (`evaluate`). Results, traps,
//! globals and memory must agree.
//!
//! A failure prints its seed and the program. Sizes grow with the seeds, so the first failure is a small one.
//! `WASMOTE_RANDOM_SEEDS=from..to` runs other seeds.

mod evaluate;
mod generate;
mod operators;
mod text;

use std::panic::catch_unwind;

use wasmote::{Extern, Val};
use wasmote_translate::{Pass, turn_off};

use crate::{Program, bits};

/// A number type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    I32,
    I64,
    F32,
    F64,
}

/// A label, unique in its function.
pub type Label = u32;

/// An expression: it leaves a value on the stack.
#[derive(Debug)]
pub enum Expr {
    Const(Type, u64),
    Local(usize),
    Tee(usize, Box<Expr>),
    Unary(&'static operators::Unary, Box<Expr>),
    Binary(&'static operators::Binary, Box<Expr>, Box<Expr>),
    Select(Box<[Expr; 3]>),
    /// A float, or 0.5 if it is a NaN, whose bits differ between machines. Uses a local.
    NoNan(Type, usize, Box<Expr>),
    If(Type, Box<Expr>, Box<[(Vec<Stmt>, Expr); 2]>),
    /// Statements with a label that takes a value, then the value unless they branch.
    Block(Type, Label, Vec<Stmt>, Box<Expr>),
    /// Statements between operands.
    Then(Vec<Stmt>, Box<Expr>),
    Load(&'static operators::Load, u32, Box<Expr>),
    /// An atomic operation: the address, and the operand.
    Modify(&'static operators::Modify, u32, Box<[Expr; 2]>),
    Global(usize),
    MemorySize,
    MemoryGrow(u32),
    /// A call of a function with one result.
    Call(usize, Vec<Expr>),
}

/// A statement: it leaves the stack unchanged.
#[derive(Debug)]
pub enum Stmt {
    Set(usize, Expr),
    Drop(Expr),
    Store(&'static operators::Store, u32, Expr, Expr),
    SetGlobal(usize, Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    Block(Label, Vec<Stmt>),
    /// Runs up to this many times, counted down in a local.
    Loop(Label, usize, u32, Vec<Stmt>),
    /// Values, then a condition: branches to the label with them, or drops them.
    BrIf(Label, Vec<Expr>, Expr),
    Br(Label, Vec<Expr>),
    /// Labels, the last being the default; values; the index.
    BrTable(Vec<Label>, Vec<Expr>, Expr),
    Return(Vec<Expr>),
    /// A call whose results are stored to locals, the last one first.
    Call(usize, Vec<Expr>, Vec<usize>),
    /// A block with results, which are stored to locals.
    Values(Box<Values>),
    Unreachable,
}

/// A block or loop with values.
#[derive(Debug)]
pub struct Values {
    pub label: Label,
    pub types: Vec<Type>,
    /// Set for a loop.
    pub repeat: Option<Repeat>,
    pub body: Vec<Stmt>,
    /// The results of the block, or the arguments of the next round.
    pub last: Vec<Expr>,
    /// The locals for the results.
    pub into: Vec<usize>,
}

/// What a loop with values has in addition.
#[derive(Debug)]
pub struct Repeat {
    /// The arguments of the first round.
    pub first: Vec<Expr>,
    /// The locals to which the parameters are stored in each round.
    pub locals: Vec<usize>,
    /// The local that counts the rounds down.
    pub counter: usize,
    pub turns: u32,
    /// The condition to continue, besides the counter.
    pub condition: Expr,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// The types of all locals, parameters first.
    pub locals: Vec<Type>,
    pub params: usize,
    pub results: Vec<Type>,
    pub body: Vec<Stmt>,
    /// The results, unless the body branches.
    pub last: Vec<Expr>,
}

/// A module. Its functions only call later ones. It has a global of each type, and a memory of one page, which may grow
/// to two.
#[derive(Debug)]
pub struct Module {
    pub functions: Vec<Function>,
}

/// The types of the globals.
pub const GLOBALS: [Type; 4] = [Type::I32, Type::I64, Type::F32, Type::F64];

/// The maximum of pages.
pub const MAX_PAGES: u32 = 2;

/// The initial memory. As floats, these are numbers of ordinary size.
pub const START: [u8; 24] = [
    0x80, 1, 0xff, 0x3f, 0, 0xf0, 0x11, 0x40, 0xfe, 0xff, 0xff, 0xbf, 7, 0, 0, 0x80, 0x90, 2, 0, 0, 0xff, 0x7f, 0xe0,
    0xc0,
];

fn value(ty: Type, bits: u64) -> Val {
    match ty {
        Type::I32 => Val::I32(bits as i32),
        Type::I64 => Val::I64(bits as i64),
        Type::F32 => Val::F32(f32::from_bits(bits as u32)),
        Type::F64 => Val::F64(f64::from_bits(bits)),
    }
}

/// Replaces all NaNs by one.
fn canonical(ty: Type, bits: u64) -> u64 {
    match ty {
        Type::F32 if f32::from_bits(bits as u32).is_nan() => 0x7fc0_0000,
        Type::F64 if f64::from_bits(bits).is_nan() => 0x7ff8 << 48,
        _ => bits,
    }
}

fn canonicals(types: &[Type], bits: Vec<u64>) -> Vec<u64> {
    types.iter().zip(bits).map(|(&ty, bits)| canonical(ty, bits)).collect()
}

/// Runs the program of a seed both ways. Returns whether the reference finished in time.
fn agree(seed: u64) -> bool {
    let mut generator = generate::Generator::new(seed);
    let module = generator.module();
    let text = text::module(&module);
    let program = catch_unwind(|| Program::new(&text));
    let mut program = program.unwrap_or_else(|_| panic!("seed {seed}: cannot be loaded:\n{text}"));
    let mut reference = evaluate::State::new();
    let function = &module.functions[0];
    for _ in 0..4 {
        let types = &function.locals[..function.params];
        let args: Vec<u64> = types.iter().map(|&ty| generator.value(ty)).collect();
        let Some(expected) = reference.call(&module, 0, &args) else { return false };
        let vals: Vec<Val> = types.iter().zip(&args).map(|(&ty, &bits)| value(ty, bits)).collect();
        let found = program.call("f0", &vals).map(|bits| canonicals(&function.results, bits));
        let expected = expected.map(|bits| canonicals(&function.results, bits)).map_err(String::from);
        assert_eq!(found, expected, "seed {seed}: results with {args:x?} of\n{text}");
        for (i, ty) in GLOBALS.into_iter().enumerate() {
            let Some(Extern::Global(global)) = program.instance.get_export(&program.store, &format!("g{i}")) else {
                panic!("no global g{i}")
            };
            let found = canonical(ty, bits(&global.get(&mut program.store)));
            assert_eq!(found, canonical(ty, reference.globals[i]), "seed {seed}: global {i} with {args:x?} of\n{text}");
        }
        let memory = program.instance.get_memory(&program.store, "memory").expect("the memory");
        let found = memory.data(&program.store);
        assert_eq!(found.len(), reference.memory.len(), "seed {seed}: size of memory with {args:x?} of\n{text}");
        let differs = found.iter().zip(&reference.memory).position(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}: memory with {args:x?} of\n{text}");
    }
    true
}

/// Returns the seeds to run: those that the environment names, or the first `count`.
pub fn seeds(count: u64) -> std::ops::Range<u64> {
    let Ok(seeds) = std::env::var("WASMOTE_RANDOM_SEEDS") else { return 0..count };
    let (from, to) = seeds.split_once("..").expect("from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

#[test]
fn random_programs_do_what_the_reference_does() {
    let seeds = seeds(2_000);
    let count = seeds.end.saturating_sub(seeds.start);
    let finished = seeds.filter(|&seed| agree(seed)).count() as u64;
    assert!(finished > count / 2, "only {finished} of {count} programs came to an end");
}

#[test]
fn random_programs_do_the_same_without_each_pass_of_the_translator() {
    for seed in seeds(240) {
        // One pass, or all of them.
        let number = seed as usize % (Pass::ALL.len() + 1);
        turn_off(Pass::ALL.get(number).map_or(&Pass::ALL, std::slice::from_ref));
        agree(seed);
    }
}

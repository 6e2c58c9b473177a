//! Random modules with legacy exceptions (`try` with `catch`, `catch_all`, `delegate` or neither, and `rethrow`), mixed
//! with `try_table`. No other available engine runs these. So modules are made as trees of instructions ([`generate`]),
//! which are encoded as binaries ([`encode`]), and also evaluated directly by a simple interpreter ([`evaluate`]).
//!
//! Every module is valid by construction, dead code included. So both validators must accept it, it must be translated
//! to both op sets, with fuel and without, and each way to run it ([`modes`]) must agree with the evaluator.
//!
//! `MODULES=n` is the number of modules, `SEED=n` the first seed. A failing module is written to a file.

mod encode;
mod evaluate;
mod generate;
mod modes;
mod operators;
mod values;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use operators::Operator;

/// A type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
    Func,
    Extern,
    Any,
    Exn,
    /// A reference to the one structure type, or null.
    Struct,
    /// A reference to the one structure type, never null.
    Object,
}

impl Type {
    /// Whether this type is a subtype of the other.
    pub fn is(self, other: Type) -> bool {
        match (self, other) {
            (Type::Struct, Type::Any) | (Type::Object, Type::Any | Type::Struct) => true,
            _ => self == other,
        }
    }

    /// Whether the type has a default value.
    pub fn has_default(self) -> bool {
        self != Type::Object
    }
}

/// Parameters and results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    pub params: Vec<Type>,
    pub results: Vec<Type>,
}

/// An instruction. Labels count from the innermost, as in a binary.
#[derive(Clone, Debug)]
pub enum Instr {
    /// A number or a vector, as bits.
    Const(Type, u128),
    Null(Type),
    RefFunc(usize),
    Get(usize),
    Set(usize),
    Tee(usize),
    GetGlobal(usize),
    SetGlobal(usize),
    Operator(&'static Operator),
    Drop,
    Select(Type),
    /// Takes one unit of the module's time, and traps if there is none.
    Tick,
    /// Records in a global that execution came by, and in which order.
    Trace(u8),
    Block(Signature, Vec<Instr>),
    Loop(Signature, Vec<Instr>),
    If(Signature, Vec<Instr>, Vec<Instr>),
    Try(Box<Try>),
    TryTable(Signature, Vec<Clause>, Vec<Instr>),
    Br(usize),
    BrIf(usize),
    BrTable(Vec<usize>),
    Return,
    Throw(usize),
    ThrowRef,
    Rethrow(usize),
    Call(usize),
    ReturnCall(usize),
    Unreachable,
}

/// A `try`.
#[derive(Clone, Debug)]
pub struct Try {
    pub signature: Signature,
    pub body: Vec<Instr>,
    /// Its handlers, by tag.
    pub catches: Vec<(usize, Vec<Instr>)>,
    pub catch_all: Option<Vec<Instr>>,
    /// The label of a `delegate` in place of handlers, counted from the outermost.
    pub delegate: Option<usize>,
}

/// A clause of `try_table`.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// The tag; `None` catches all.
    pub tag: Option<usize>,
    /// Whether the label also gets the exception reference.
    pub reference: bool,
    /// The label, counted from the outermost.
    pub label: usize,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    pub signature: Signature,
    /// The types of all locals, parameters first.
    pub locals: Vec<Type>,
    pub body: Vec<Instr>,
}

/// A module. It exports all functions, tags and globals.
#[derive(Debug)]
pub struct Module {
    pub functions: Vec<Function>,
    /// The types of the values of each tag's exceptions.
    pub tags: Vec<Vec<Type>>,
    pub globals: Vec<Type>,
    /// Whether it has the structure type.
    pub objects: bool,
    /// Whether it has vectors.
    pub vectors: bool,
}

/// The global that counts time, and the one with the trace.
pub const TIME: usize = 0;
pub const WAY: usize = 1;

/// The default number of modules.
const MODULES: u64 = 2000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |number| number.parse().unwrap_or_else(|_| panic!("{name}: no number")))
}

/// Counts of what the modules did, since modules that do nothing test nothing.
#[derive(Default)]
struct Sums {
    calls: AtomicU64,
    returned: AtomicU64,
    trapped: AtomicU64,
    threw: AtomicU64,
    caught: AtomicU64,
    rethrown: AtomicU64,
    delegated: AtomicU64,
    without_tags: AtomicU64,
    vectors: AtomicU64,
}

/// Tries the module of this seed. Errors: what is wrong.
fn trial(seed: u64, sums: &Sums) -> Result<(), String> {
    let mut wasm = Vec::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let module = generate::module(seed);
        wasm = encode::module(&module);
        modes::are_valid(&wasm)?;
        modes::agree(&wasm, &module, &evaluate::play(&module, sums))?;
        sums.without_tags.fetch_add(u64::from(module.tags.is_empty()), Relaxed);
        sums.vectors.fetch_add(u64::from(module.vectors), Relaxed);
        Ok(())
    }));
    let what = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(what)) => what,
        Err(panic) => match panic.downcast_ref::<String>() {
            Some(what) => format!("panic: {what}"),
            None => "panic".into(),
        },
    };
    let file = std::env::temp_dir().join(format!("legacy-{seed}.wasm"));
    std::fs::write(&file, &wasm).expect("a file");
    Err(format!("seed {seed} ({}): {what}", file.display()))
}

#[test]
fn modules_with_legacy_exceptions_behave_the_same_in_all_modes() {
    let (modules, first) = (number("MODULES", MODULES), number("SEED", 0));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64).min(8);
    let (next, sums) = (AtomicU64::new(first), Sums::default());
    let work = || {
        let mut failed = Vec::new();
        // More failures would show nothing new.
        while failed.len() < 5 {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= first + modules {
                break;
            }
            failed.extend(trial(seed, &sums).err());
        }
        failed
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let start = |_| {
            let thread = std::thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, work).expect("a thread")
        };
        let threads: Vec<_> = (0..threads).map(start).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it catches panics")).collect()
    });
    let mut report = format!("{modules} modules, seeds {first} to {}", first + modules.saturating_sub(1));
    let Sums { calls, returned, trapped, threw, caught, rethrown, delegated, without_tags, vectors } = sums;
    for (count, what) in [
        (calls, "calls"),
        (returned, "returned"),
        (trapped, "trapped"),
        (threw, "threw"),
        (caught, "exceptions caught"),
        (rethrown, "rethrown"),
        (delegated, "delegated"),
        (without_tags, "modules without tags"),
        (vectors, "modules with vectors"),
    ] {
        let count = count.into_inner();
        let _ = write!(report, "; {count} {what}");
        // A few modules need not have everything.
        if failed.is_empty() && modules >= 500 {
            assert!(count > modules / 20, "too few to test anything: {report}");
        }
    }
    println!("{report}");
    assert!(failed.is_empty(), "{report}\n{}", failed.join("\n"));
}

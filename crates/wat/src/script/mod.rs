//! The specification's scripts (`.wast`) as lists of directives: modules encoded, values as bits, and each with its
//! line. What the directives mean: <https://github.com/WebAssembly/spec/tree/main/interpreter#scripts>.

mod parse;
mod values;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::TextError;

pub use parse::parse;

/// A directive and the line it stands on, from 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Directive {
    /// The line.
    pub line: u32,
    /// What to do.
    pub kind: DirectiveKind,
}

/// What a directive asks for. Messages are the specification's words for the error that it expects.
#[derive(Clone, PartialEq, Debug)]
pub enum DirectiveKind {
    /// Define a module and instantiate it.
    Module {
        /// The name of the instance.
        name: Option<Box<str>>,
        /// The module.
        module: Source,
    },
    /// Define a module.
    Definition {
        /// The name of the module.
        name: Option<Box<str>>,
        /// The module.
        module: Source,
    },
    /// Instantiate a module that was defined.
    Instance {
        /// The name of the instance.
        name: Option<Box<str>>,
        /// The name of the module; the last one if none is given.
        module: Option<Box<str>>,
    },
    /// Make the exports of an instance importable.
    Register {
        /// The module name for imports.
        name: Box<str>,
        /// The instance; the last one if none is given.
        instance: Option<Box<str>>,
    },
    /// Do it, with whatever results.
    Action(Action),
    /// The action has these results.
    AssertReturn {
        /// What is done.
        action: Action,
        /// What comes of it.
        results: Vec<Pattern>,
    },
    /// The action traps.
    AssertTrap {
        /// What is done.
        action: Action,
        /// Why it traps.
        message: Box<str>,
    },
    /// The action exhausts the stack.
    AssertExhaustion {
        /// What is done.
        action: Action,
        /// What is exhausted.
        message: Box<str>,
    },
    /// The action throws an exception that nothing catches.
    AssertException(Action),
    /// The module is refused by the decoder or the parser.
    AssertMalformed {
        /// The module.
        module: Source,
        /// Why.
        message: Box<str>,
    },
    /// The module is refused by validation.
    AssertInvalid {
        /// The module.
        module: Source,
        /// Why.
        message: Box<str>,
    },
    /// The module has unknown or incompatible imports.
    AssertUnlinkable {
        /// The module.
        module: Source,
        /// Why.
        message: Box<str>,
    },
    /// A directive that belongs to the proposal or the custom section named.
    Other(&'static str),
}

/// A module in a script.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// Its binary.
    Binary(Vec<u8>),
    /// Text that is none.
    Malformed(TextError),
}

/// What can be done with an instance.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Call an exported function.
    Invoke {
        /// The instance; the last one if none is given.
        instance: Option<Box<str>>,
        /// The name of the export.
        name: Box<str>,
        /// The arguments.
        args: Vec<Arg>,
    },
    /// Read an exported global.
    Get {
        /// The instance; the last one if none is given.
        instance: Option<Box<str>>,
        /// The name of the export.
        name: Box<str>,
    },
    /// Instantiate a module.
    Instantiate(Source),
}

/// The type of a null reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heap {
    /// Of functions: `func` and `nofunc`.
    Func,
    /// Of the host's values: `extern` and `noextern`.
    Extern,
    /// Of objects: `any` and its subtypes.
    Any,
    /// Of exceptions.
    Exn,
    /// Any other.
    Other,
}

/// An argument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Arg {
    /// An i32.
    I32(i32),
    /// An i64.
    I64(i64),
    /// An f32, as bits.
    F32(u32),
    /// An f64, as bits.
    F64(u64),
    /// A vector, its first lane lowest.
    V128(u128),
    /// A null reference.
    Null(Heap),
    /// A reference of the host, told apart by its number.
    Extern(u32),
    /// A reference of the host as `anyref`, told apart by its number.
    Host(u32),
}

/// What a float may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Float {
    /// These bits.
    Bits(u64),
    /// A NaN whose payload has the highest bit only, of either sign.
    CanonicalNan,
    /// A NaN whose payload has the highest bit at least, of either sign.
    ArithmeticNan,
}

impl Float {
    /// Whether an f32 with these bits is such a float.
    pub fn matches_f32(self, bits: u32) -> bool {
        match self {
            Float::Bits(expected) => u64::from(bits) == expected,
            Float::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
            Float::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        }
    }

    /// Whether an f64 with these bits is such a float.
    pub fn matches_f64(self, bits: u64) -> bool {
        match self {
            Float::Bits(expected) => bits == expected,
            Float::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
            Float::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        }
    }
}

/// What a result may be.
#[derive(Clone, PartialEq, Debug)]
pub enum Pattern {
    /// This i32.
    I32(i32),
    /// This i64.
    I64(i64),
    /// Such an f32.
    F32(Float),
    /// Such an f64.
    F64(Float),
    /// This vector, its first lane lowest.
    V128(u128),
    /// Vectors of four such f32.
    F32x4([Float; 4]),
    /// Vectors of two such f64.
    F64x2([Float; 2]),
    /// A null reference, of this type if one is given.
    Null(Option<Heap>),
    /// A reference of the host, with this number if one is given.
    Extern(Option<u32>),
    /// A reference to some function.
    Func,
    /// A reference of the host as `anyref`, with this number.
    Host(u32),
    /// A reference to something of this kind, in the words of the text format: `any`, `eq`, `i31`, `struct` or `array`.
    Object(&'static str),
    /// One of these.
    Either(Vec<Pattern>),
    /// A reference of the proposal named.
    Other(&'static str),
}

//! Parses the specification's scripts (`.wast`) into lists of directives. Modules are encoded, values are bits, and
//! each directive has its line. Directives are documented at
//! <https://github.com/WebAssembly/spec/tree/main/interpreter#scripts>.

mod parse;
mod values;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::TextError;

pub use parse::parse;

/// A directive of a script.
#[derive(Clone, PartialEq, Debug)]
pub struct Directive {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// What it asks for.
    pub kind: DirectiveKind,
}

/// What a directive asks for. Messages are the specification's texts of the expected errors.
#[derive(Clone, PartialEq, Debug)]
pub enum DirectiveKind {
    /// Define a module and instantiate it.
    Module {
        /// The name of the instance.
        name: Option<Box<str>>,
        /// The module.
        module: ScriptModule,
    },
    /// Define a module.
    Definition {
        /// The name of the module.
        name: Option<Box<str>>,
        /// The module.
        module: ScriptModule,
    },
    /// Instantiate a module that was defined.
    Instance {
        /// The name of the instance.
        name: Option<Box<str>>,
        /// The name of the module; `None` is the last one.
        module: Option<Box<str>>,
    },
    /// Make the exports of an instance importable.
    Register {
        /// The module name for imports.
        name: Box<str>,
        /// The instance; `None` is the last one.
        instance: Option<Box<str>>,
    },
    /// Perform an action; its results do not matter.
    Action(Action),
    /// The action has these results.
    AssertReturn {
        /// The action.
        action: Action,
        /// The expected results.
        results: Vec<Pattern>,
    },
    /// The action traps.
    AssertTrap {
        /// The action.
        action: Action,
        /// The expected error.
        message: Box<str>,
    },
    /// The action exhausts the stack.
    AssertExhaustion {
        /// The action.
        action: Action,
        /// The expected error.
        message: Box<str>,
    },
    /// The action throws an exception that nothing catches.
    AssertException(Action),
    /// The decoder or the parser refuses the module.
    AssertMalformed {
        /// The module.
        module: ScriptModule,
        /// The expected error.
        message: Box<str>,
    },
    /// Validation refuses the module.
    AssertInvalid {
        /// The module.
        module: ScriptModule,
        /// The expected error.
        message: Box<str>,
    },
    /// The module has unknown or incompatible imports.
    AssertUnlinkable {
        /// The module.
        module: ScriptModule,
        /// The expected error.
        message: Box<str>,
    },
    /// Execute directives on a thread of their own.
    Thread {
        /// The name of the thread.
        name: Option<Box<str>>,
        /// The instances that the thread knows, too.
        shared: Vec<Box<str>>,
        /// What the thread executes.
        directives: Vec<Directive>,
    },
    /// Wait until a thread ends.
    Wait {
        /// The name of the thread; `None` is the last one without a name.
        name: Option<Box<str>>,
    },
    /// The parser or the decoder refuses the module because of a custom section or an annotation. WebAssembly itself
    /// ignores damaged custom sections.
    AssertCustom(ScriptModule),
}

/// A module in a script.
#[derive(Clone, PartialEq, Debug)]
pub enum ScriptModule {
    /// Its binary.
    Binary(Vec<u8>),
    /// A text that is malformed.
    Malformed(TextError),
}

/// An action on an instance.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Call an exported function.
    Invoke {
        /// The instance; `None` is the last one.
        instance: Option<Box<str>>,
        /// The name of the export.
        name: Box<str>,
        /// The arguments.
        args: Vec<Arg>,
    },
    /// Read an exported global.
    Get {
        /// The instance; `None` is the last one.
        instance: Option<Box<str>>,
        /// The name of the export.
        name: Box<str>,
    },
    /// Instantiate a module.
    Instantiate(ScriptModule),
}

/// The type of a null reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heap {
    /// `func` and `nofunc`.
    Func,
    /// `extern` and `noextern`.
    Extern,
    /// `any` and its subtypes.
    Any,
    /// `exn` and `noexn`.
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
    /// A vector; its first lane is in the lowest bits.
    V128(u128),
    /// A null reference.
    Null(Heap),
    /// A host reference, identified by its number.
    Extern(u32),
    /// A host reference as `anyref`, identified by its number.
    Host(u32),
}

/// An expected float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Float {
    /// These bits.
    Bits(u64),
    /// A NaN of either sign, whose payload has only the highest bit set.
    CanonicalNan,
    /// A NaN of either sign, whose payload has at least the highest bit set.
    ArithmeticNan,
}

impl Float {
    /// Whether an f32 with these bits matches.
    pub fn matches_f32(self, bits: u32) -> bool {
        match self {
            Float::Bits(expected) => u64::from(bits) == expected,
            Float::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
            Float::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        }
    }

    /// Whether an f64 with these bits matches.
    pub fn matches_f64(self, bits: u64) -> bool {
        match self {
            Float::Bits(expected) => bits == expected,
            Float::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
            Float::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        }
    }
}

/// An expected result.
#[derive(Clone, PartialEq, Debug)]
pub enum Pattern {
    /// This i32.
    I32(i32),
    /// This i64.
    I64(i64),
    /// An f32.
    F32(Float),
    /// An f64.
    F64(Float),
    /// This vector; its first lane is in the lowest bits.
    V128(u128),
    /// A vector of four f32.
    F32x4([Float; 4]),
    /// A vector of two f64.
    F64x2([Float; 2]),
    /// A null reference; of this type, if one is given.
    Null(Option<Heap>),
    /// A host reference; with this number, if one is given.
    Extern(Option<u32>),
    /// Any reference to a function.
    Func,
    /// The host reference with this number, as `anyref`.
    Host(u32),
    /// Any reference of this type: `any`, `eq`, `i31`, `struct` or `array`.
    Object(&'static str),
    /// Any one of these.
    Either(Vec<Pattern>),
    /// A reference of the named proposal.
    Other(&'static str),
}

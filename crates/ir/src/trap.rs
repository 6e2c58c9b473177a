//! Why execution stopped (spec: exec/runtime#results).

/// The reason of a trap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum TrapCode {
    /// `unreachable` was executed.
    Unreachable = 1,
    /// A load, store or bulk operation outside a memory.
    MemoryOutOfBounds,
    /// An access outside a table.
    TableOutOfBounds,
    /// `call_indirect` with an index outside the table.
    UndefinedElement,
    /// `call_indirect` on a null element.
    IndirectCallToNull,
    /// `call_indirect` on a function of another type.
    BadSignature,
    /// Integer overflow in a division or a truncation.
    IntegerOverflow,
    /// Integer division by zero.
    IntegerDivisionByZero,
    /// A float without an integer value (NaN) was truncated.
    BadConversionToInteger,
    /// The value stack is used up, or host functions nest too deep.
    StackOverflow,
    /// A null reference where a non-null one is needed.
    NullReference,
    /// The function was found invalid when it was first called (lazy validation), or is too large to translate.
    InvalidFunction,
    /// A host function returned an error.
    Host,
    /// The fuel is used up.
    OutOfFuel,
    /// The embedder asked for an interruption.
    Interrupted,
    /// An exception that nothing caught.
    Exception,
    /// No room in the heap for an object.
    HeapExhausted,
    /// An access outside an array.
    ArrayOutOfBounds,
    /// A reference is not of the type that it was cast to.
    CastFailure,
}

impl TrapCode {
    /// The message, in the words of the specification's scripts where they have one.
    pub const fn message(self) -> &'static str {
        match self {
            TrapCode::Unreachable => "unreachable",
            TrapCode::MemoryOutOfBounds => "out of bounds memory access",
            TrapCode::TableOutOfBounds => "out of bounds table access",
            TrapCode::UndefinedElement => "undefined element",
            TrapCode::IndirectCallToNull => "uninitialized element",
            TrapCode::BadSignature => "indirect call type mismatch",
            TrapCode::IntegerOverflow => "integer overflow",
            TrapCode::IntegerDivisionByZero => "integer divide by zero",
            TrapCode::BadConversionToInteger => "invalid conversion to integer",
            TrapCode::StackOverflow => "call stack exhausted",
            TrapCode::NullReference => "null reference",
            TrapCode::InvalidFunction => "invalid function",
            TrapCode::Host => "error in a host function",
            TrapCode::OutOfFuel => "out of fuel",
            TrapCode::Interrupted => "interrupted",
            TrapCode::Exception => "uncaught exception",
            TrapCode::HeapExhausted => "out of memory for objects",
            TrapCode::ArrayOutOfBounds => "out of bounds array access",
            TrapCode::CastFailure => "cast failure",
        }
    }

    /// Whether the specification's scripts have these words for it. They abbreviate some, and add details to others.
    pub fn is_worded(self, message: &str) -> bool {
        let words: &[&str] = match self {
            TrapCode::TableOutOfBounds => &["out of bounds table access", "undefined element", "undefined"],
            TrapCode::IndirectCallToNull => &["uninitialized element", "uninitialized", "null function"],
            TrapCode::BadSignature => &["indirect call type mismatch", "indirect call"],
            TrapCode::NullReference => &["null"],
            _ => &[self.message()],
        };
        words.iter().any(|words| message.starts_with(words))
    }
}

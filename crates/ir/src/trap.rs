//! The reasons of traps (spec: exec/runtime#results).

use core::fmt;

/// The reason of a trap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum TrapCode {
    /// `unreachable` was executed.
    UnreachableCodeReached = 1,
    /// A load, store or bulk operation accessed a place outside a memory.
    MemoryOutOfBounds,
    /// An operator accessed a place outside a table.
    TableOutOfBounds,
    /// The index of `call_indirect` was outside the table.
    UndefinedElement,
    /// `call_indirect` reached a null element.
    IndirectCallToNull,
    /// `call_indirect` reached a function of another type.
    BadSignature,
    /// The result of an integer division or of a truncation does not fit its type.
    IntegerOverflow,
    /// An integer was divided by zero.
    IntegerDivisionByZero,
    /// A NaN was converted to an integer.
    BadConversionToInteger,
    /// The value stack is used up, or calls of host functions nest too deep.
    StackOverflow,
    /// A null reference was used where a non-null one is needed.
    NullReference,
    /// The function turned out to be invalid (lazy validation) or too large when it was first called.
    InvalidFunction,
    /// A host function returned an error.
    Host,
    /// The fuel is used up.
    OutOfFuel,
    /// The embedder asked for an interruption.
    Interrupt,
    /// No handler caught an exception.
    Exception,
    /// The heap has no room for an object.
    HeapExhausted,
    /// An operator accessed a place outside an array.
    ArrayOutOfBounds,
    /// A reference was cast to a type that it does not have.
    CastFailure,
    /// A limit of the store refused growth, and the embedder asked for a trap.
    GrowthOperationLimited,
    /// A host function suspended its caller. Only resumable calls can be suspended.
    Suspended,
    /// The address of an atomic operator is not a multiple of the size of the access.
    UnalignedAtomic,
    /// An operator waits at a place of a memory that is not shared, where nothing could notify it.
    ExpectedSharedMemory,
    /// A continuation was used that had been used before.
    ContinuationConsumed,
    /// No `resume` around a `suspend` or `switch` handles its tag.
    UnhandledTag,
}

impl TrapCode {
    /// All codes, in the order of their numbers. The first is 1.
    pub const ALL: [TrapCode; TrapCode::UnhandledTag as usize] = [
        TrapCode::UnreachableCodeReached,
        TrapCode::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds,
        TrapCode::UndefinedElement,
        TrapCode::IndirectCallToNull,
        TrapCode::BadSignature,
        TrapCode::IntegerOverflow,
        TrapCode::IntegerDivisionByZero,
        TrapCode::BadConversionToInteger,
        TrapCode::StackOverflow,
        TrapCode::NullReference,
        TrapCode::InvalidFunction,
        TrapCode::Host,
        TrapCode::OutOfFuel,
        TrapCode::Interrupt,
        TrapCode::Exception,
        TrapCode::HeapExhausted,
        TrapCode::ArrayOutOfBounds,
        TrapCode::CastFailure,
        TrapCode::GrowthOperationLimited,
        TrapCode::Suspended,
        TrapCode::UnalignedAtomic,
        TrapCode::ExpectedSharedMemory,
        TrapCode::ContinuationConsumed,
        TrapCode::UnhandledTag,
    ];

    /// Returns the message. Where the specification's scripts have a wording, it is theirs.
    pub const fn message(self) -> &'static str {
        match self {
            TrapCode::UnreachableCodeReached => "unreachable",
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
            TrapCode::Interrupt => "interrupted",
            TrapCode::Exception => "uncaught exception",
            TrapCode::HeapExhausted => "out of memory for objects",
            TrapCode::ArrayOutOfBounds => "out of bounds array access",
            TrapCode::CastFailure => "cast failure",
            TrapCode::GrowthOperationLimited => "growth operation limited",
            TrapCode::Suspended => "a host function suspended a call that is not resumable",
            TrapCode::UnalignedAtomic => "unaligned atomic",
            TrapCode::ExpectedSharedMemory => "expected shared memory",
            TrapCode::ContinuationConsumed => "continuation already consumed",
            TrapCode::UnhandledTag => "unhandled tag",
        }
    }

    /// Whether `message` is a wording of the specification's scripts for this trap. The scripts abbreviate some
    /// messages and add details to others.
    pub fn is_worded(self, message: &str) -> bool {
        let words: &[&str] = match self {
            TrapCode::TableOutOfBounds => &["out of bounds table access", "undefined element", "undefined"],
            TrapCode::IndirectCallToNull => &["uninitialized element", "uninitialized", "null function"],
            TrapCode::BadSignature => &["indirect call type mismatch", "indirect call"],
            TrapCode::NullReference => &["null"],
            TrapCode::CastFailure => &["cast failure", "descriptor cast failure"],
            TrapCode::UnhandledTag => &["unhandled"],
            _ => &[self.message()],
        };
        let is_abbreviated = !message.is_empty() && self.message().starts_with(message);
        is_abbreviated || words.iter().any(|words| message.starts_with(words))
    }
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for TrapCode {}

#[cfg(test)]
mod tests {
    use super::TrapCode;

    #[test]
    fn abbreviated_and_longer_wordings_are_known_and_others_are_not() {
        let cast = ["cast", "cast failure", "descriptor cast failure"];
        assert!(cast.iter().all(|words| TrapCode::CastFailure.is_worded(words)));
        assert!(TrapCode::MemoryOutOfBounds.is_worded("out of bounds"));
        assert!(TrapCode::TableOutOfBounds.is_worded("undefined element 7"));
        assert!(!TrapCode::CastFailure.is_worded("indirect call") && !TrapCode::CastFailure.is_worded(""));
        assert!(!TrapCode::NullReference.is_worded("cast"));
    }

    #[test]
    fn all_codes_are_in_the_order_of_their_numbers() {
        for (number, code) in (1..).zip(TrapCode::ALL) {
            assert_eq!(code as usize, number, "{code:?}");
        }
    }
}

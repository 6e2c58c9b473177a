//! Why a body could not be translated.

use wasmote_decode::operators::Lacking;
use wasmote_decode::reader::Malformed;
use wasmote_ir::fallible::OutOfMemory;

/// Why a body could not be translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TranslateError {
    /// The kind.
    pub kind: TranslateErrorKind,
    /// Byte offset in the binary.
    pub offset: u32,
}

/// Defines the kinds. Each has one wording: its message is its documentation, too.
macro_rules! kinds {
    ($( $name:ident: $message:literal $(, $note:literal)?; )*) => {
        /// The kinds of [`TranslateError`], each with its message.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum TranslateErrorKind {
            $(
                #[doc = concat!("\"", $message, "\"", $(": ", $note,)? ".")]
                $name,
            )*
        }

        impl TranslateErrorKind {
            /// What is wrong.
            pub const fn message(self) -> &'static str {
                match self {
                    $( TranslateErrorKind::$name => $message, )*
                }
            }
        }
    };
}

kinds! {
    TooManySlots: "locals and operands take more than 65535 slots", "no frame has more";
    TooLarge: "the function is too large", "its code is longer than a branch can span";
    TooManyTries: "more than 65535 `try` instructions inside one another", "an exception table cannot tell them apart";
    Unsupported: "an operator that this build does not support";
    VectorInCore: "vectors need the extended op set";
    Invalid: "the body is not valid", "only possible when validation was left out";
    CodeLimit: "there is more code than there may be", "the limit is the caller's";
    OutOfMemory: "out of memory";
}

impl From<Lacking> for TranslateErrorKind {
    fn from(_: Lacking) -> TranslateErrorKind {
        TranslateErrorKind::Unsupported
    }
}

impl From<Malformed> for TranslateErrorKind {
    fn from(_: Malformed) -> TranslateErrorKind {
        TranslateErrorKind::Invalid
    }
}

impl From<OutOfMemory> for TranslateErrorKind {
    fn from(_: OutOfMemory) -> TranslateErrorKind {
        TranslateErrorKind::OutOfMemory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documentation is made of literals, so the words stand here, too.
    #[test]
    fn no_memory_is_worded_as_elsewhere() {
        assert_eq!(TranslateErrorKind::OutOfMemory.message(), OutOfMemory::MESSAGE);
    }
}

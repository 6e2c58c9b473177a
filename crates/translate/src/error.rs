//! Why a body could not be translated.

use wasmote_decode::operators::UnsupportedType;
use wasmote_decode::reader::Malformed;
use wasmote_ir::fallible::OutOfMemory;

/// Why a body could not be translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TranslateError {
    /// What went wrong.
    pub kind: TranslateErrorKind,
    /// The byte offset in the binary.
    pub offset: u32,
}

/// Defines the kinds. The message of each is its documentation as well, so that there is one wording.
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
            /// Returns the message.
            pub const fn message(self) -> &'static str {
                match self {
                    $( TranslateErrorKind::$name => $message, )*
                }
            }
        }
    };
}

kinds! {
    TooManySlots: "locals and operands take more than 65535 slots", "no frame can be larger";
    TooLarge: "the function is too large", "its code is longer than a branch can span";
    TooManyTries: "more than 65535 nested `try` instructions", "an exception table cannot distinguish more";
    Unsupported: "this build does not support the operator";
    VectorInCore: "vectors need the extended op set";
    Invalid: "the body is not valid", "only possible if validation was left out";
    CodeLimit: "the code is longer than its limit", "the caller sets the limit";
    OutOfMemory: "out of memory";
}

impl From<UnsupportedType> for TranslateErrorKind {
    fn from(_: UnsupportedType) -> TranslateErrorKind {
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

    /// The documentation of a kind is made from a literal, so the message cannot be taken from `OutOfMemory::MESSAGE`.
    #[test]
    fn no_memory_is_worded_as_elsewhere() {
        assert_eq!(TranslateErrorKind::OutOfMemory.message(), OutOfMemory::MESSAGE);
    }
}

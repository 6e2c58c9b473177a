//! Why an image is refused.

/// Why an image is refused, and where the error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImageError {
    /// The reason.
    pub kind: ImageErrorKind,
    /// The byte offset in the image.
    pub offset: u32,
}

impl ImageError {
    /// Makes an error of its parts.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(kind: ImageErrorKind, offset: u32) -> ImageError {
        ImageError { kind, offset }
    }
}

/// The reasons of [`ImageError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum ImageErrorKind {
    /// The first bytes are not those of an image.
    NotAnImage,
    /// The file is shorter than a header, or shorter than its header says.
    Truncated,
    /// The image has another version of the format.
    Version,
    /// The image has the opcodes of another version of this library.
    OpSet,
    /// The image has instructions of the extended op set, which this build lacks.
    Extended,
    /// The image needs a feature that this build lacks.
    Feature,
    /// The image has shared memories, which this build lacks.
    Threads,
    /// The image has atomic instructions, which do not run in place.
    Atomics,
    /// The image takes fuel by another schedule of costs.
    Schedule,
    /// The image takes no fuel, but it should.
    NotMetered,
    /// The image computes with floats, which this build lacks.
    Float,
    /// Float arithmetic may return other NaNs than the canonical one, and the engine wants only that.
    CanonicalNans,
    /// The bytes changed since they were written.
    Checksum,
    /// The address of the image is not a multiple of 8.
    Misaligned,
    /// A section or a record leads outside of the image.
    OutOfRange,
    /// A field of a record has an impossible value.
    Record,
    /// A type is malformed, or not the expected one.
    Type,
    /// A constant expression is malformed.
    Constant,
    /// An instruction is unknown, or does not end inside its function.
    Instruction,
    /// A slot is outside of the frame or in its header.
    Slot,
    /// A jump leads to a place where no instruction begins.
    Target,
    /// An index is out of range.
    Index,
    /// Execution would run past the end of a function's code.
    End,
    /// The name of a custom section is not UTF-8.
    Name,
}

impl ImageErrorKind {
    /// All of them, in the order of their numbers. The first is 0.
    pub const ALL: [ImageErrorKind; ImageErrorKind::Name as usize + 1] = [
        ImageErrorKind::NotAnImage,
        ImageErrorKind::Truncated,
        ImageErrorKind::Version,
        ImageErrorKind::OpSet,
        ImageErrorKind::Extended,
        ImageErrorKind::Feature,
        ImageErrorKind::Threads,
        ImageErrorKind::Atomics,
        ImageErrorKind::Schedule,
        ImageErrorKind::NotMetered,
        ImageErrorKind::Float,
        ImageErrorKind::CanonicalNans,
        ImageErrorKind::Checksum,
        ImageErrorKind::Misaligned,
        ImageErrorKind::OutOfRange,
        ImageErrorKind::Record,
        ImageErrorKind::Type,
        ImageErrorKind::Constant,
        ImageErrorKind::Instruction,
        ImageErrorKind::Slot,
        ImageErrorKind::Target,
        ImageErrorKind::Index,
        ImageErrorKind::End,
        ImageErrorKind::Name,
    ];

    /// Returns the reason to refuse an image that needs these features, which are missing. Returns `None` if it needs
    /// none.
    pub const fn of_missing(features: u32) -> Option<ImageErrorKind> {
        use super::layout::features::{ATOMICS, FLOAT, THREADS};
        Some(match features {
            0 => return None,
            FLOAT => ImageErrorKind::Float,
            _ if features & THREADS != 0 => ImageErrorKind::Threads,
            _ if features & ATOMICS != 0 => ImageErrorKind::Atomics,
            _ => ImageErrorKind::Feature,
        })
    }

    /// Returns the message: what is wrong and, where it helps, what to do.
    pub const fn message(self) -> &'static str {
        match self {
            ImageErrorKind::NotAnImage => "not an image made by `wasmote compile`",
            ImageErrorKind::Truncated => "the image is cut off: copy it again",
            ImageErrorKind::Version => "the image has another format: compile the module again with this version",
            ImageErrorKind::OpSet => {
                "the image has the instructions of another version: compile the module again with this version"
            }
            ImageErrorKind::Extended => {
                "the image has extended instructions, and this build lacks the feature `extended`: compile the module with `--op-set core`"
            }
            ImageErrorKind::Feature => {
                "the image needs a feature that this build lacks: use a build that has it, or compile without it"
            }
            ImageErrorKind::Threads => "the image has shared memories: use a build that has the feature `threads`",
            ImageErrorKind::Atomics => "the image has atomic instructions, which do not run in place",
            ImageErrorKind::Schedule => {
                "the image takes fuel by another schedule of costs: compile the module again with this version"
            }
            ImageErrorKind::NotMetered => {
                "the image takes no fuel, so fuel cannot stop it: compile the module with `--fuel`, or run it without fuel"
            }
            ImageErrorKind::Float => {
                "the image computes with floats, which this build lacks: use a build that has the feature `float`"
            }
            ImageErrorKind::CanonicalNans => {
                "the image computes with NaNs that differ between machines: compile the module with `--deterministic`"
            }
            ImageErrorKind::Checksum => "the image is damaged (wrong checksum): copy it again",
            ImageErrorKind::Misaligned => "the image must lie at an address that is a multiple of 8",
            ImageErrorKind::OutOfRange => "malformed image: a section or record leads outside of the file",
            ImageErrorKind::Record => "malformed image: impossible record",
            ImageErrorKind::Type => "malformed image: wrong type",
            ImageErrorKind::Constant => "malformed image: wrong constant expression",
            ImageErrorKind::Instruction => "malformed image: unknown or incomplete instruction",
            ImageErrorKind::Slot => "malformed image: slot outside of the frame",
            ImageErrorKind::Target => "malformed image: jump to where no instruction begins",
            ImageErrorKind::Index => "malformed image: index out of range",
            ImageErrorKind::End => "malformed image: execution would run past the end of a function",
            ImageErrorKind::Name => "malformed image: name that is not UTF-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ImageErrorKind;

    #[test]
    fn all_reasons_are_in_the_order_of_their_numbers() {
        for (number, kind) in ImageErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number, "{kind:?}");
        }
    }
}

//! Why an image was refused.

/// Why an image was refused, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageError {
    /// The reason.
    pub kind: ImageErrorKind,
    /// Byte offset in the image.
    pub offset: u32,
}

/// The reasons of [`ImageError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum ImageErrorKind {
    /// The first bytes are not those of an image.
    NotAnImage,
    /// The file is shorter than its header says, or than a header.
    Truncated,
    /// Of another version of the format.
    Version,
    /// Its instructions are numbered as another version of this library numbers them.
    OpSet,
    /// It has instructions of the extended op set, which are compiled out here.
    Extended,
    /// It needs a feature that is compiled out here.
    Feature,
    /// It computes with floats, which is compiled out here.
    Float,
    /// The bytes changed since they were written.
    Checksum,
    /// It does not lie at an address that is a multiple of 8.
    Misaligned,
    /// A section or a record leads outside of the image.
    OutOfRange,
    /// A record says what cannot be.
    Record,
    /// A type is none, or not the one that must be here.
    Type,
    /// A constant expression that is none.
    Constant,
    /// An unknown instruction, or one that does not end inside its function.
    Instruction,
    /// A slot outside of the frame, or in its header.
    Slot,
    /// A jump to what is no instruction.
    Target,
    /// An index of something that is not there.
    Index,
    /// Execution would leave the function's code at its end.
    End,
}

impl ImageErrorKind {
    /// What is wrong, and what to do about it.
    pub const fn message(self) -> &'static str {
        match self {
            ImageErrorKind::NotAnImage => "not an image made by `wasmote compile`",
            ImageErrorKind::Truncated => "the image is cut off: copy it again",
            ImageErrorKind::Version => "the image has another format: compile the module again with this version",
            ImageErrorKind::OpSet => {
                "the image has another version's instructions: compile the module again with this version"
            }
            ImageErrorKind::Extended => {
                "the image has extended instructions, and this build is without the feature `extended`: compile the module with `--op-set core`"
            }
            ImageErrorKind::Feature => {
                "the image needs a feature that this build lacks: use a build that has it, or compile without it"
            }
            ImageErrorKind::Float => {
                "the image computes with floats, which this build lacks: use a build that has the feature `float`"
            }
            ImageErrorKind::Checksum => "the image is damaged (wrong checksum): copy it again",
            ImageErrorKind::Misaligned => "the image must lie at an address that is a multiple of 8",
            ImageErrorKind::OutOfRange => "malformed image: something lies outside of the file",
            ImageErrorKind::Record => "malformed image: impossible record",
            ImageErrorKind::Type => "malformed image: wrong type",
            ImageErrorKind::Constant => "malformed image: wrong constant expression",
            ImageErrorKind::Instruction => "malformed image: unknown or incomplete instruction",
            ImageErrorKind::Slot => "malformed image: slot outside of the frame",
            ImageErrorKind::Target => "malformed image: jump to no instruction",
            ImageErrorKind::Index => "malformed image: index out of range",
            ImageErrorKind::End => "malformed image: a function without an end",
        }
    }
}

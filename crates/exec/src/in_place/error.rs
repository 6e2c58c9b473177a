//! What can go wrong.

use wasmote_ir::TrapCode;
use wasmote_ir::image::ImageError;

/// Why an image was not instantiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The image is refused.
    Image(ImageError),
    /// The buffer has too few bytes; this many are needed.
    BufferTooSmall(usize),
    /// The import with this index is no function.
    NotAFunction(u32),
    /// Nothing was given for the import with this index.
    MissingImport(u32),
    /// What was given for the import with this index has another type.
    ImportType(u32),
    /// A segment does not fit, or the start function trapped.
    Trap(TrapCode),
}

impl From<ImageError> for LoadError {
    fn from(error: ImageError) -> LoadError {
        LoadError::Image(error)
    }
}

impl LoadError {
    /// What is wrong, in words.
    pub const fn message(&self) -> &'static str {
        match self {
            LoadError::Image(error) => error.kind.message(),
            LoadError::BufferTooSmall(_) => "the buffer is too small for this image",
            LoadError::NotAFunction(_) => "the image imports something else than a function",
            LoadError::MissingImport(_) => "a function that the image imports is missing",
            LoadError::ImportType(_) => "a function that the image imports has another type",
            LoadError::Trap(code) => code.message(),
        }
    }
}

/// Why a call did not return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// It trapped.
    Trap(TrapCode),
    /// The image exports no function under this name.
    NoSuchExport,
    /// Not as many slots of arguments or results as the function has.
    WrongArguments,
    /// No call waits for fuel.
    NothingToResume,
}

impl CallError {
    /// What is wrong, in words.
    pub const fn message(&self) -> &'static str {
        match self {
            CallError::Trap(code) => code.message(),
            CallError::NoSuchExport => "no such exported function",
            CallError::WrongArguments => "wrong number of arguments or results",
            CallError::NothingToResume => "no call waits for fuel",
        }
    }
}

//! The errors of instantiation and of calls.

use wasmote_ir::TrapCode;
use wasmote_ir::image::ImageError;

/// Why an image was not instantiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The image is invalid or needs something that this build lacks.
    Image(ImageError),
    /// The buffer is too small. It needs this many bytes.
    BufferTooSmall(usize),
    /// The import with this index is not a function.
    NotAFunction(u32),
    /// No function was given for the import with this index.
    MissingImport(u32),
    /// The function given for the import with this index has another type.
    ImportType(u32),
    /// An active segment does not fit, or the start function trapped.
    Trap(TrapCode),
}

impl From<ImageError> for LoadError {
    fn from(error: ImageError) -> LoadError {
        LoadError::Image(error)
    }
}

impl LoadError {
    /// Returns what is wrong, as a message for users.
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
    /// The function trapped.
    Trap(TrapCode),
    /// The image exports no function with this name.
    NoSuchExport,
    /// The number of argument or result slots does not match the function.
    WrongArguments,
    /// No call waits for fuel.
    NothingToResume,
    /// The image takes no fuel, so it has none that can be read or set.
    NotMetered,
}

impl CallError {
    /// Returns what is wrong, as a message for users.
    pub const fn message(&self) -> &'static str {
        match self {
            CallError::Trap(code) => code.message(),
            CallError::NoSuchExport => "no such exported function",
            CallError::WrongArguments => "wrong number of arguments or results",
            CallError::NothingToResume => "no call waits for fuel",
            CallError::NotMetered => "the image takes no fuel: compile the module with `--fuel`",
        }
    }
}

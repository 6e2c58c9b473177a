//! What functions return, and where the error is.

use wasmote_exec::TrapCode;
use wasmote_exec::in_place::{CallError, LoadError};
use wasmote_ir::image::ImageErrorKind;

macro_rules! statuses {
    ($($name:ident = $message:literal,)*) => {
        /// What a function returns: `wm_status`. The header says what each means.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(i32)]
        #[allow(missing_docs)] // The messages.
        pub enum Status { $($name,)* }

        impl Status {
            /// All of them, by number. The first is 0.
            pub const ALL: &[Status] = &[$(Status::$name,)*];

            /// Returns the message.
            pub const fn message(self) -> &'static str {
                match self { $(Status::$name => $message,)* }
            }
        }
    };
}

statuses! {
    Ok = "no error",
    Trapped = "the guest trapped",
    OutOfFuel = "the call waits for fuel",
    BadImage = "the image is refused",
    BufferTooSmall = "the buffer is too small for this image",
    Misaligned = "the address is not a multiple of 8",
    NullPointer = "a pointer is null",
    BadRange = "a pointer and a length lead beyond the address space",
    Overlap = "two ranges overlap that must not",
    BadImport = "an entry of the import table is malformed",
    MissingImport = "a function that the image imports is missing",
    ImportType = "a function that the image imports has another type",
    ImportKind = "the image imports something else than a function",
    NoSuchExport = "no such exported function",
    WrongArguments = "wrong number of arguments or results",
    NotWaiting = "no call waits for fuel",
    NotMetered = "the image takes no fuel: compile the module with `--fuel`",
    NotTrapped = "the last call did not stop before its end",
    NotAnInstance = "the pointer leads to no instance, or to one that was moved",
    Busy = "the instance is running",
}

/// Where the error is: `wm_error`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Error {
    /// The status that the function returned.
    pub status: Status,
    /// Of a refused image, the reason: its number among `wm_image_error`. Of a trap, its code.
    pub reason: u32,
    /// Of a refused image, the byte offset of the error. Of an import, its index in the image. Of a malformed entry, its
    /// index in the table.
    pub at: u32,
    /// The bytes that the buffer must have, if it is too small.
    pub needed: usize,
}

impl From<Status> for Error {
    fn from(status: Status) -> Error {
        Error { status, reason: 0, at: 0, needed: 0 }
    }
}

impl Error {
    /// Returns an error at an index.
    pub(crate) fn at(status: Status, at: u32) -> Error {
        Error { at, ..status.into() }
    }
}

/// Returns the number of a reason to refuse an image. The first is 1.
pub(crate) const fn reason(kind: ImageErrorKind) -> u32 {
    kind as u32 + 1
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Error {
        match error {
            LoadError::Image(error) => {
                Error { reason: reason(error.kind), ..Error::at(Status::BadImage, error.offset) }
            }
            LoadError::BufferTooSmall(needed) => Error { needed, ..Status::BufferTooSmall.into() },
            LoadError::NotAFunction(index) => Error::at(Status::ImportKind, index),
            LoadError::MissingImport(index) => Error::at(Status::MissingImport, index),
            LoadError::ImportType(index) => Error::at(Status::ImportType, index),
            LoadError::Trap(code) => Error { reason: code as u32, ..Status::Trapped.into() },
            _ => Status::BadImage.into(),
        }
    }
}

impl From<CallError> for Status {
    fn from(error: CallError) -> Status {
        match error {
            CallError::Trap(TrapCode::OutOfFuel) => Status::OutOfFuel,
            CallError::NoSuchExport => Status::NoSuchExport,
            CallError::WrongArguments => Status::WrongArguments,
            CallError::NothingToResume => Status::NotWaiting,
            CallError::NotMetered => Status::NotMetered,
            _ => Status::Trapped,
        }
    }
}

/// Where a call stopped: `wm_trap_info`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct TrapInfo {
    /// The code of the trap.
    pub code: u32,
    /// The function, or `WM_NOWHERE`. Imports count.
    pub func: u32,
    /// The offset in the function's code in the image, in units of 2 bytes.
    pub offset: u32,
}

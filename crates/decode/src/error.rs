//! Why a binary is refused.

use alloc::boxed::Box;

use wasmote_ir::Proposal;
use wasmote_ir::fallible::OutOfMemory;
#[cfg(feature = "wasm")]
use wasmote_ir::fallible::try_str;

/// Why a binary is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// The reason.
    pub kind: DecodeErrorKind,
    /// The byte offset in the binary.
    pub offset: usize,
}

/// The kinds of [`DecodeError`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not a module. The message says why.
    Malformed(Box<str>),
    /// The bytes are a component, which is not a module.
    Component,
    /// The module needs a proposal that this build lacks.
    Unsupported(Proposal),
    /// There is not enough memory.
    OutOfMemory,
}

#[cfg(feature = "wasm")]
impl DecodeError {
    #[cold]
    #[inline(never)]
    pub(crate) fn malformed(message: &str, offset: usize) -> DecodeError {
        match try_str(message) {
            Ok(message) => DecodeError { kind: DecodeErrorKind::Malformed(message), offset },
            Err(error) => error.into(),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn unsupported(proposal: Proposal, offset: usize) -> DecodeError {
        DecodeError { kind: DecodeErrorKind::Unsupported(proposal), offset }
    }
}

impl From<OutOfMemory> for DecodeError {
    fn from(_: OutOfMemory) -> DecodeError {
        DecodeError { kind: DecodeErrorKind::OutOfMemory, offset: 0 }
    }
}

#[cfg(feature = "messages")]
impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.kind {
            DecodeErrorKind::Malformed(message) => f.write_str(message)?,
            DecodeErrorKind::Component => return f.write_str(crate::header::COMPONENT),
            // A build that decodes nothing does without the names of proposals.
            DecodeErrorKind::Unsupported(_) if !cfg!(feature = "wasm") => f.write_str("unsupported")?,
            DecodeErrorKind::Unsupported(proposal) => write!(f, "{} support is not enabled", proposal.name())?,
            DecodeErrorKind::OutOfMemory => return OutOfMemory.fmt(f),
        }
        write!(f, " (at offset {:#x})", self.offset)
    }
}

#[cfg(feature = "messages")]
impl core::error::Error for DecodeError {}

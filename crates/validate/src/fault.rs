//! Why a module is invalid, and which proposal would make it valid, if one would.

use alloc::boxed::Box;
use core::fmt;

use wasmote_decode::proposals::flag;
use wasmote_ir::Proposal;
use wasmote_ir::fallible::{OutOfMemory, try_format, try_str, try_with_capacity};
use wasmparser::WasmFeatures;

/// Why a module is invalid, or why it could not be validated.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ValidateError {
    /// The message: one line, without the offset.
    pub message: Box<str>,
    /// The byte offset in the binary.
    pub offset: usize,
    out_of_memory: bool,
}

impl ValidateError {
    /// Whether there was not enough memory. The module may then be valid or not, and the message is empty.
    pub fn is_out_of_memory(&self) -> bool {
        self.out_of_memory
    }
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.out_of_memory {
            return OutOfMemory.fmt(f);
        }
        write!(f, "{} (at offset {:#x})", self.message, self.offset)
    }
}

impl core::error::Error for ValidateError {}

/// A [`ValidateError`], and the missing proposal if there is one. `None` if there is not enough memory.
///
/// It is in a box, so that results are small. The box holds an array of one, because only a vector can be allocated
/// in a way that can fail, and a vector converts into this.
#[derive(Debug)]
pub struct Invalid(Option<Box<[Parts; 1]>>);

/// The error, and the missing proposal.
type Parts = (ValidateError, Option<WasmFeatures>);

impl From<OutOfMemory> for Invalid {
    #[cold]
    fn from(_: OutOfMemory) -> Invalid {
        Invalid(None)
    }
}

impl Invalid {
    /// Returns an error with this message.
    #[cold]
    #[inline(never)]
    pub fn new(message: &str, offset: usize) -> Invalid {
        Invalid::boxed(None, message, offset).unwrap_or(Invalid(None))
    }

    fn boxed(feature: Option<WasmFeatures>, message: &str, offset: usize) -> Result<Invalid, OutOfMemory> {
        let error = ValidateError { message: try_str(message)?, offset, out_of_memory: false };
        let mut one = try_with_capacity(1)?;
        one.push((error, feature));
        Ok(Invalid(one.try_into().ok()))
    }

    /// Returns an error with a formatted message.
    #[cold]
    #[inline(never)]
    pub fn of(message: fmt::Arguments<'_>, offset: usize) -> Invalid {
        try_format(message).map_or(Invalid(None), |message| Invalid::new(&message, offset))
    }

    /// Returns an error with this message for a proposal that is off.
    #[cold]
    #[inline(never)]
    pub fn missing(feature: WasmFeatures, message: &str, offset: usize) -> Invalid {
        Invalid::boxed(Some(feature), message, offset).unwrap_or(Invalid(None))
    }

    /// Returns an error with the usual message for a proposal that is off.
    #[cold]
    #[inline(never)]
    pub fn not_enabled(proposal: Proposal, offset: usize) -> Invalid {
        let message = try_format(format_args!("{} support is not enabled", proposal.name()));
        message.map_or(Invalid(None), |message| Invalid::missing(flag(proposal), &message, offset))
    }

    /// Returns an error for an index that is out of range.
    #[cold]
    #[inline(never)]
    pub fn unknown(what: &str, index: u32, offset: usize) -> Invalid {
        Invalid::of(format_args!("unknown {what} {index}: {what} index out of bounds"), offset)
    }

    fn parts(&self) -> Option<&Parts> {
        self.0.as_ref().map(|one| &one[0])
    }

    pub fn offset(&self) -> usize {
        self.parts().map_or(0, |(error, _)| error.offset)
    }

    /// Returns the missing proposal, if the error names one.
    pub fn missing_feature(&self) -> Option<WasmFeatures> {
        self.parts()?.1
    }
}

impl From<Invalid> for ValidateError {
    fn from(fault: Invalid) -> ValidateError {
        match fault.0 {
            Some(one) => {
                let [(error, _)] = *one;
                error
            }
            None => ValidateError { message: Box::default(), offset: 0, out_of_memory: true },
        }
    }
}

//! Traps, with the frames where they happened.

use alloc::boxed::Box;
use core::fmt;

use wasmote_ir::TrapCode;

/// The maximum number of frames in a backtrace.
pub(crate) const MAX_FRAMES: usize = 64;
/// The maximum number of further frames that are counted. There may be hundreds of thousands, and finding each
/// takes time.
pub(crate) const MAX_OMITTED: usize = 1000;

/// The reason why wasm code stopped, and where it stopped (spec: exec/runtime#results).
#[derive(Clone, Debug)]
pub struct Trap {
    code: TrapCode,
    frames: Box<[TrapFrame]>,
    omitted: usize,
}

/// A function that was running when a trap happened.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TrapFrame {
    /// The function's index in its module; imports count.
    pub func_index: u32,
    /// The function's name, if the module has names.
    pub func_name: Option<Box<str>>,
    /// The byte offset in the module of the instruction that trapped, or of the running call. `None` if it is
    /// unknown, as for images.
    pub module_offset: Option<u32>,
}

impl Trap {
    /// Makes a trap without frames.
    pub fn without_frames(code: TrapCode) -> Trap {
        Trap { code, frames: Box::default(), omitted: 0 }
    }

    pub(crate) fn new(code: TrapCode, frames: Box<[TrapFrame]>, omitted: usize) -> Trap {
        Trap { code, frames, omitted }
    }

    /// Returns the reason.
    pub fn code(&self) -> TrapCode {
        self.code
    }

    /// Returns the frames of the running functions, the innermost first. Only the innermost 64 are kept.
    pub fn frames(&self) -> &[TrapFrame] {
        &self.frames
    }

    /// Returns how many frames are missing from [`Trap::frames`]. At most 1000 are counted.
    pub fn omitted_frames(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm trap: ")?;
        f.write_str(self.code.message())?;
        self.write_frames(f)
    }
}

impl Trap {
    /// Writes a line for each frame.
    ///
    /// # Errors
    /// Those of the formatter.
    pub fn write_frames(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, frame) in self.frames.iter().enumerate() {
            write!(f, "\n{i:>3}: func {}", frame.func_index)?;
            if let Some(name) = &frame.func_name {
                write!(f, " <{name}>")?;
            }
            if let Some(offset) = frame.module_offset {
                write!(f, " at wasm offset {offset:#x}")?;
            }
        }
        if self.omitted > 0 {
            let or = if self.omitted < MAX_OMITTED { "" } else { " or" };
            write!(f, "\n     and {}{or} more", self.omitted)?;
        }
        Ok(())
    }
}

impl core::error::Error for Trap {}

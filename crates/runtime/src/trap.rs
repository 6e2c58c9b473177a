//! Traps, with where they happened.

use alloc::boxed::Box;
use core::fmt;

use wasmote_ir::TrapCode;

/// The most frames of a backtrace that are kept.
pub(crate) const MAX_FRAMES: usize = 64;
/// The most further ones that are counted: there may be hundreds of thousands, and finding each takes time.
pub(crate) const MAX_OMITTED: usize = 1000;

/// WebAssembly stopped: why, and where (spec: exec/runtime#results).
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
    /// The function's index in its module, imports counted.
    pub func_index: u32,
    /// Its name, if the module says.
    pub func_name: Option<Box<str>>,
    /// Byte offset in the module of the instruction that trapped, or of the call that was under way.
    pub module_offset: Option<u32>,
}

impl Trap {
    /// A trap that is not known to have happened anywhere.
    pub fn without_frames(code: TrapCode) -> Trap {
        Trap { code, frames: Box::default(), omitted: 0 }
    }

    pub(crate) fn new(code: TrapCode, frames: Box<[TrapFrame]>, omitted: usize) -> Trap {
        Trap { code, frames, omitted }
    }

    /// The reason.
    pub fn code(&self) -> TrapCode {
        self.code
    }

    /// The functions that were running, the innermost first. Only the innermost 64 are kept.
    pub fn frames(&self) -> &[TrapFrame] {
        &self.frames
    }

    /// How many functions were running beyond [`Trap::frames`], if less than 1000; else 1000.
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
    /// A line for each frame.
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
            let or_more = if self.omitted < MAX_OMITTED { "" } else { " or more" };
            write!(f, "\n     and {}{or_more} beyond", self.omitted)?;
        }
        Ok(())
    }
}

impl core::error::Error for Trap {}

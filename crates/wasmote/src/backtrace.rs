//! Backtraces, with what is known of each frame.

use core::fmt;

use wasmote_runtime as runtime;

use crate::dwarf::Lines;
use crate::handles::Instance;
use crate::module::Module;

/// The functions of wasm that were running when an error stopped them.
///
/// Traps, exceptions and the errors of host functions have one: see [`Error::backtrace`](crate::Error::backtrace). If
/// the host and wasm call each other, it has the frames of all calls that the error passed.
#[derive(Clone, Default, Debug)]
pub struct WasmBacktrace(pub(crate) runtime::Backtrace);

/// A function of wasm that was running, in a [`WasmBacktrace`].
#[derive(Clone)]
#[repr(transparent)]
pub struct FrameInfo(runtime::Frame);

impl WasmBacktrace {
    /// Returns the frames, the innermost first. Only the innermost 64 are kept.
    #[allow(unsafe_code)]
    #[must_use]
    pub fn frames(&self) -> &[FrameInfo] {
        // SAFETY: `repr(transparent)` gives both types the same layout, and the lifetime is that of `self`.
        unsafe { &*(core::ptr::from_ref(self.0.frames()) as *const [FrameInfo]) }
    }

    /// Returns how many frames are missing from [`WasmBacktrace::frames`]. At most 1000 are counted.
    #[must_use]
    pub fn omitted_frames(&self) -> usize {
        self.0.omitted()
    }

    /// Adds the frames outside of those that are here.
    pub(crate) fn append(&mut self, outer: runtime::Backtrace) {
        self.0.append(outer);
    }

    /// Writes a line for each frame, each behind a line break. Frames that repeat are folded.
    pub(crate) fn write_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.frames();
        let lines = Lines::of(frames);
        let several = frames.iter().any(|frame| frame.0.module.info() as *const _ != frames[0].0.module.info());
        let mut i = 0;
        while i < frames.len() {
            let (period, times) = repeated(&frames[i..]);
            for (i, frame) in frames.iter().enumerate().skip(i).take(period) {
                write!(f, "\n{i:>3}: func {}", u64::from(frame.func_index()))?;
                if let Some(name) = frame.func_name() {
                    write!(f, " <{name}>")?;
                }
                // The name of the only module says nothing.
                if let Some(name) = frame.module_name().filter(|_| several) {
                    write!(f, " of {name}")?;
                }
                if let Some(offset) = frame.module_offset() {
                    write!(f, " at wasm offset {offset:#x}")?;
                }
                lines.write(i, f)?;
            }
            match (period, times) {
                (_, 1) => {}
                (1, _) => write!(f, "\n     the same {} more times", times - 1)?,
                _ => write!(f, "\n     the same {period} frames {} more times", times - 1)?,
            }
            i += period * times;
        }
        let omitted = self.omitted_frames();
        if omitted > 0 {
            let or = if omitted < runtime::MAX_OMITTED { "" } else { " or" };
            write!(f, "\n     and {omitted}{or} more")?;
        }
        Ok(())
    }
}

/// The most frames that are folded together: functions that call each other.
const MAX_PERIOD: usize = 4;
/// The least repetitions that are folded. It is more than two, so that "times" is always right.
const MIN_TIMES: usize = 4;

/// Returns how many frames repeat at the beginning, and how often. A frame that does not repeat is there once.
fn repeated(frames: &[FrameInfo]) -> (usize, usize) {
    (1..=MAX_PERIOD)
        .map(|period| {
            let same = frames.iter().zip(frames.iter().skip(period)).take_while(|(a, b)| a.is_same_place(b)).count();
            (period, same / period + 1)
        })
        .find(|&(_, times)| times >= MIN_TIMES)
        .unwrap_or((1, 1))
}

/// A headline, and a line for each frame.
impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        self.write_lines(f)
    }
}

/// For [`Error::downcast_ref`](crate::Error::downcast_ref).
impl core::error::Error for WasmBacktrace {}

impl FrameInfo {
    /// Whether both are at the same instruction of the same instance.
    fn is_same_place(&self, other: &FrameInfo) -> bool {
        (self.0.store, self.0.instance, self.0.func, self.0.offset)
            == (other.0.store, other.0.instance, other.0.func, other.0.offset)
    }

    /// Returns the module that has the function.
    #[must_use]
    pub fn module(&self) -> &Module {
        Module::of(&self.0.module)
    }

    /// Returns the module's name, if it has names.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module().name()
    }

    /// Returns the instance that the function was running in. The handle is for the store of that instance.
    #[must_use]
    pub fn instance(&self) -> Instance {
        Instance::in_store(self.0.store, self.0.instance)
    }

    /// Returns the function's index in its module; imports count.
    #[must_use]
    pub fn func_index(&self) -> u32 {
        self.0.func
    }

    /// Returns the function's name, if the module has names.
    #[must_use]
    pub fn func_name(&self) -> Option<&str> {
        self.module().function_name(self.0.func)
    }

    /// Returns the byte offset of the instruction that trapped, or of the running call, in the binary that the module
    /// was made from. Returns `None` if it is unknown, as for images without a table of offsets.
    #[must_use]
    pub fn module_offset(&self) -> Option<usize> {
        self.0.offset.map(|offset| offset as usize)
    }

    /// Returns [`FrameInfo::module_offset`], counted from the first byte of the function's body. Returns `None` also for
    /// images, which do not have the bodies.
    #[must_use]
    pub fn func_offset(&self) -> Option<usize> {
        let module = &self.0.module;
        if module.is_image() {
            return None;
        }
        let body = module.info().bodies.get((self.0.func - module.info().imported_funcs) as usize)?;
        self.module_offset()?.checked_sub(body.start)
    }
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameInfo")
            .field("func_index", &self.func_index())
            .field("func_name", &self.func_name())
            .field("module_offset", &self.module_offset())
            .finish_non_exhaustive()
    }
}

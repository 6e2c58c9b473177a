//! Backtraces: the frames of wasm that were running when a call stopped.

use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::fallible::TryVec;

use crate::code::Variant;
use crate::error::AnyBacktrace;
use crate::instance::InstanceRecord;
use crate::module::Module;
use crate::store::{Store, StoreId};

/// The maximum number of frames in a backtrace.
const MAX_FRAMES: usize = 64;
/// The maximum number of further frames that are counted. There may be hundreds of thousands, and finding each
/// takes time.
pub const MAX_OMITTED: usize = 1000;

/// The frames of wasm that were running, the innermost first.
#[derive(Clone, Default)]
pub struct Backtrace {
    frames: Vec<Frame>,
    omitted: usize,
}

/// A function of wasm that was running.
#[derive(Clone)]
pub struct Frame {
    /// The module that has the function.
    pub module: Module,
    /// The store that the function was running in.
    pub store: StoreId,
    /// The number of the instance in its store.
    pub instance: u32,
    /// The function's index in its module; imports count.
    pub func: u32,
    /// The byte offset in the binary of the instruction that stopped, or of the running call. `None` if it is unknown.
    pub offset: Option<u32>,
}

impl Backtrace {
    /// Returns the backtrace of a [`Failure`](crate::Failure). It is empty if there is none.
    pub fn of_failure(backtrace: AnyBacktrace) -> Backtrace {
        backtrace.and_then(|any| any.downcast().ok()).map_or_else(Backtrace::default, |found| *found)
    }

    /// Returns the frames. There are at most 64.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Returns how many frames are missing. At most [`MAX_OMITTED`] are counted.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Adds the frames outside of those that are here.
    pub fn append(&mut self, outer: Backtrace) {
        for frame in outer.frames {
            if self.has_room() {
                self.frames.push(frame);
            } else {
                self.omitted += 1;
            }
        }
        self.omitted = self.omitted.saturating_add(outer.omitted).min(MAX_OMITTED);
    }

    /// Makes room for a frame. Frames for which there is no memory are counted like those beyond the maximum. No frame
    /// follows a missing one.
    fn has_room(&mut self) -> bool {
        self.omitted == 0 && self.frames.len() < MAX_FRAMES && self.frames.try_room(1).is_ok()
    }

    /// Returns the frames of an activation.
    ///
    /// # Safety
    /// The caller borrows the store mutably, and holds no reference to it. The activation stopped in this store, and
    /// nothing ran since.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn of(mut root: NonNull<Store>, activation: &exec::Activation) -> Backtrace {
        let mut backtrace = Backtrace::default();
        // The place in the code of each frame, and which code that is.
        let mut cells = Vec::new();
        // SAFETY: the caller borrows the store mutably and holds no reference to it.
        let store = unsafe { root.as_ref() }.id();
        let mut add = |frame: exec::Frame| {
            if cells.try_room(1).is_ok() && backtrace.has_room() {
                // SAFETY: an instance is the first part of an `InstanceRecord`, which the store keeps in place.
                let (module, instance, variant) = unsafe {
                    let record = frame.instance.cast::<InstanceRecord>();
                    ((*record).module.clone(), (*record).exec.embedder as u32, (*record).variant)
                };
                cells.push((frame.cell, variant));
                backtrace.frames.push(Frame { module, store, instance, func: frame.func, offset: None });
            } else {
                backtrace.omitted += 1;
            }
            backtrace.omitted < MAX_OMITTED
        };
        // SAFETY: the caller guarantees a store, and this only computes the address of its machine.
        let machine = unsafe { &raw mut (*root.as_ptr()).machine };
        // SAFETY: the caller guarantees that the activation stopped on this machine, and that nothing ran since, so its
        // frames are unchanged.
        unsafe { activation.backtrace(machine, &mut add) };
        // SAFETY: the caller borrows the store mutably and holds no reference to it, and the machine pointer above is
        // no longer used.
        backtrace.find_offsets(unsafe { root.as_mut() }, &mut cells);
        backtrace
    }

    /// Finds the offsets of the frames. `cells` has the place in the code of each, and which code that is.
    fn find_offsets(&mut self, store: &mut Store, cells: &mut Vec<(u32, Variant)>) {
        // Stands for a frame whose offset was looked for. Code is never that large.
        const DONE: u32 = u32::MAX;
        let Ok(translation) = store.translation() else { return };
        // Each function is translated once for all of its frames: recursion may fill the backtrace with one function.
        while let Some(first) = cells.iter().position(|&(cell, _)| cell != DONE) {
            let variant = cells[first].1;
            let Frame { ref module, func, .. } = self.frames[first];
            let module = module.clone();
            let same = |(frame, cell): &(&mut Frame, &mut (u32, Variant))| {
                frame.func == func && frame.module.address() == module.address() && cell.1 == variant
            };
            let mut places = self.frames.iter_mut().zip(&mut *cells).filter(same).map(|(frame, cell)| {
                let place = core::mem::replace(&mut cell.0, DONE);
                (place, &mut frame.offset)
            });
            translation.wasm_offsets(module.inner(), func, variant, &mut places);
            // Also if the function could not be translated.
            places.for_each(drop);
        }
    }
}

impl core::fmt::Debug for Backtrace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.frames).finish()
    }
}

impl core::fmt::Debug for Frame {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Frame { instance, func, offset, .. } = self;
        f.debug_struct("Frame")
            .field("instance", instance)
            .field("func", func)
            .field("offset", offset)
            .finish_non_exhaustive()
    }
}

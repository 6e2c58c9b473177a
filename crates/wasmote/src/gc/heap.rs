//! The objects of a store, all of them together.

use crate::engine::Config;
use crate::store::Store;

impl Config {
    /// The most bytes that a store's objects may have; an allocation beyond traps with
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted). 4 GiB unless said otherwise; more than 16 GiB can't be had.
    pub fn max_gc_heap(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_gc_heap = bytes;
        self
    }

    /// Whether each allocation collects, to find references that are not seen to be in use. Off unless said otherwise.
    pub fn gc_stress(&mut self, stress: bool) -> &mut Config {
        self.settings.gc_stress = stress;
        self
    }

    /// What tells the time in nanoseconds, since whenever, for the pauses in [`HeapStats`](crate::HeapStats); without one they are
    /// not measured. It must not panic: that ends the process.
    pub fn gc_clock(&mut self, clock: fn() -> u64) -> &mut Config {
        self.settings.gc_clock = Some(clock);
        self
    }
}

impl<T> Store<T> {
    /// Drops all objects that nothing can reach, now instead of when their room is needed.
    pub fn collect(&mut self) {
        self.owned.borrow_mut().store().collect();
    }

    /// What happened to objects so far.
    pub fn heap_stats(&self) -> wasmote_runtime::HeapStats {
        self.owned.borrow().store().heap_stats()
    }

    /// How many frames of functions were searched for handlers of exceptions so far: each that one was thrown in, across or into.
    pub fn frames_searched(&self) -> u64 {
        self.owned.borrow().store().frames_searched()
    }
}

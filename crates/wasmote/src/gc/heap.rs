//! A store's heap of objects: its settings, and what it did so far.

use crate::engine::Config;
use crate::store::Store;

impl Config {
    /// Sets the maximum size of each store's heap of objects, in bytes. Default: 4 GiB; maximum: 16 GiB. An
    /// allocation beyond it traps with [`HeapExhausted`](crate::TrapCode::HeapExhausted).
    pub fn max_gc_heap(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_gc_heap = bytes;
        self
    }

    /// Sets whether each allocation ends a cycle of the collector and begins another one. Default: off. Tests use this
    /// to find references that the collector overlooks.
    pub fn gc_stress(&mut self, stress: bool) -> &mut Config {
        self.settings.gc_stress = stress;
        self
    }

    /// Sets a clock, which [`HeapStats`](crate::HeapStats) needs to measure pauses. It returns nanoseconds since
    /// any fixed point. Default: none; pauses are then not measured. The function must not panic: that ends the
    /// process.
    pub fn gc_clock(&mut self, clock: fn() -> u64) -> &mut Config {
        self.settings.gc_clock = Some(clock);
        self
    }
}

impl<T> Store<T> {
    /// Collects garbage now, instead of when room is needed: drops all objects that nothing can reach.
    pub fn collect(&mut self) {
        self.owned.borrow_mut().store().collect();
    }

    /// Returns what the heap and its collector did so far.
    #[must_use]
    pub fn heap_stats(&self) -> wasmote_runtime::HeapStats {
        self.owned.borrow().store().heap_stats()
    }

    /// Returns how many continuations there are: those that may be resumed or run, and those that the next collection
    /// drops. Continuations and their stacks count as bytes of the heap, for
    /// [`Config::max_gc_heap`] and [`StoreLimits`](crate::StoreLimits) alike.
    #[cfg(feature = "stack-switching")]
    pub fn continuations(&self) -> usize {
        self.owned.borrow().store().continuations()
    }

    /// Returns how many frames were searched for exception handlers so far, in all throws together.
    #[must_use]
    pub fn frames_searched(&self) -> u64 {
        self.owned.borrow().store().frames_searched()
    }
}

//! Prints how much was allocated on the garbage-collected heap, and how long collections took.

use alloc::string::String;
use core::fmt::Write;

use wasmote::{Config, HeapStats, Store};
use wasmote_rt::now;

use super::{Heap, milliseconds};
use crate::run::State;

pub const HEAP: Heap = Heap { watch, print };

fn watch(config: &mut Config) {
    config.gc_clock(now);
}

fn print(store: &Store<State>, run: u64, text: &mut String) {
    let HeapStats { collections, live, bytes, allocated, pauses, longest_pause, slices } = store.heap_stats();
    if bytes == 0 {
        return;
    }
    // The products fit for runs of some hundred days, and for as many terabytes.
    let run = run.max(1);
    let share = run.saturating_sub(pauses).saturating_mul(1000) / run;
    let rate = allocated.saturating_mul(1000) / run;
    let _ = writeln!(
        text,
        "collections       {collections:>12} in {} ms, the longest pause {} ms, {slices} slices\n\
         objects           {allocated:>12} bytes allocated, {live} live after the last collection, heap of {bytes}\n\
         throughput        {:>10}.{} % of the run outside collections, {rate} MB allocated per second",
        milliseconds(pauses),
        milliseconds(longest_pause),
        share / 10,
        share % 10,
    );
}

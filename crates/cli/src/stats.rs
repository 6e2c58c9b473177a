//! `--stats`: how long each phase took, how much memory was used, and what became of objects.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use wasmote::{Config, Store};
use wasmote_rt::{Stream, now};

/// Phases that are over, with their lengths in nanoseconds.
pub struct Stats {
    phases: Vec<(&'static str, u64)>,
    start: u64,
}

impl Stats {
    pub fn new() -> Stats {
        Stats { phases: Vec::new(), start: now() }
    }

    /// A phase is over.
    pub fn phase(&mut self, name: &'static str) {
        let now = now();
        self.phases.push((name, now - self.start));
        self.start = now;
    }

    /// All of it, on standard error.
    pub fn print<T>(&self, translated: wasmote::Stats, store: &Store<T>) {
        let mut text = String::new();
        for &(name, time) in &self.phases {
            let _ = writeln!(text, "{name:<18}{:>12} ms", milliseconds(time));
        }
        if let Some(kib) = peak_memory() {
            let _ = writeln!(text, "{:<18}{kib:>12} KiB", "peak memory");
        }
        let wasmote::Stats { functions, wasm_bytes, units, .. } = translated;
        let _ = writeln!(text, "{:<18}{functions:>12} functions, {wasm_bytes} bytes of code", "translated");
        let _ = writeln!(text, "{:<18}{units:>12} units of 16 bits", "instructions");
        self.objects(store, &mut text);
        let _ = Stream::Error.write(text.as_bytes());
    }

    /// What became of objects, in a run that was the last phase.
    #[cfg(feature = "gc")]
    fn objects<T>(&self, store: &Store<T>, text: &mut String) {
        let wasmote::HeapStats { collections, live, bytes, allocated, pauses, longest_pause } = store.heap_stats();
        if bytes == 0 {
            return;
        }
        // Some hundred days fit, and as many terabytes.
        let run = self.phases.last().map_or(0, |(_, time)| *time).max(1);
        let share = run.saturating_sub(pauses).saturating_mul(1000) / run;
        let rate = allocated.saturating_mul(1000) / run;
        let _ = writeln!(
            text,
            "collections       {collections:>12} in {} ms, {} ms the longest\n\
             objects           {allocated:>12} bytes made, {live} in use after the last collection, heap of {bytes}\n\
             throughput        {:>10}.{} % of the run outside collections, {rate} MB made a second",
            milliseconds(pauses),
            milliseconds(longest_pause),
            share / 10,
            share % 10,
        );
    }

    /// There are none.
    #[cfg(not(feature = "gc"))]
    fn objects<T>(&self, _: &Store<T>, _: &mut String) {}
}

/// Has collections measured.
#[cfg(feature = "gc")]
pub fn watch(config: &mut Config) {
    config.gc_clock(now);
}

/// There are none.
#[cfg(not(feature = "gc"))]
pub fn watch(_: &mut Config) {}

/// Nanoseconds in words.
fn milliseconds(nanoseconds: u64) -> String {
    let microseconds = (nanoseconds + 500) / 1000;
    format!("{}.{:03}", microseconds / 1000, microseconds % 1000)
}

/// The most memory that this process has had at a time, in KiB, where the system says.
fn peak_memory() -> Option<u64> {
    let status = wasmote_rt::read_file(b"/proc/self/status").ok()?;
    let status = core::str::from_utf8(&status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

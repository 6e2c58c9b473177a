//! `--stats`: prints how long each phase took, how much memory was used, and what the garbage collector did. A build
//! without the feature `stats` does not take the time.

#[cfg(feature = "gc")]
mod heap;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use wasmote::{Config, Store};
use wasmote_rt::{Stream, now};

use crate::features::{self, built};
use crate::run::State;

/// The statistics of the garbage-collected heap.
struct Heap {
    /// Makes the engine measure collections.
    watch: fn(&mut Config),
    /// Adds the lines about the heap. The number is the length of the run in nanoseconds.
    print: fn(&Store<State>, u64, &mut String),
}

const HEAP: Option<Heap> = built!("gc", heap::HEAP);

/// The phases that have ended, with their lengths in nanoseconds.
pub struct PhaseTimes {
    phases: Vec<(&'static str, u64)>,
    start: u64,
}

impl PhaseTimes {
    /// Starts the first phase.
    pub fn new() -> PhaseTimes {
        PhaseTimes { phases: Vec::new(), start: if features::STATS.is_built { now() } else { 0 } }
    }

    /// Ends the current phase, names it, and starts the next.
    pub fn phase(&mut self, name: &'static str) {
        if !features::STATS.is_built {
            return;
        }
        let now = now();
        self.phases.push((name, now - self.start));
        self.start = now;
    }

    /// Prints everything to standard error.
    pub fn print(&self, translated: wasmote::CodeStats, store: &Store<State>) {
        let mut text = String::new();
        for &(name, time) in &self.phases {
            let _ = writeln!(text, "{name:<18}{:>12} ms", milliseconds(time));
        }
        if let Some(kib) = peak_memory() {
            let _ = writeln!(text, "{:<18}{kib:>12} KiB", "peak memory");
        }
        let wasmote::CodeStats { functions, wasm_bytes, units, .. } = translated;
        let s = if functions == 1 { "" } else { "s" };
        let _ = writeln!(text, "{:<18}{functions:>12} function{s}, {wasm_bytes} bytes of code", "translated");
        let _ = writeln!(text, "{:<18}{units:>12} units of 16 bits", "instructions");
        if let Some(heap) = HEAP {
            // The last phase is the run.
            let run = self.phases.last().map_or(0, |(_, time)| *time);
            (heap.print)(store, run, &mut text);
        }
        let _ = Stream::Error.write(text.as_bytes());
    }
}

/// Makes the engine measure what can only be measured inside it.
pub fn watch(config: &mut Config) {
    if let Some(heap) = HEAP {
        (heap.watch)(config);
    }
}

/// Formats nanoseconds as milliseconds with three decimals.
fn milliseconds(nanoseconds: u64) -> String {
    let microseconds = (nanoseconds + 500) / 1000;
    format!("{}.{:03}", microseconds / 1000, microseconds % 1000)
}

/// Returns the peak memory of this process in KiB, on systems that tell it.
fn peak_memory() -> Option<u64> {
    const LINE: &[u8] = b"\nVmHWM:";
    let status = wasmote_rt::read_file(b"/proc/self/status").ok()?;
    let at = status.windows(LINE.len()).position(|line| line == LINE)?;
    let number = status[at + LINE.len()..].trim_ascii_start();
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |kib, digit| kib * 10 + u64::from(digit - b'0')))
}

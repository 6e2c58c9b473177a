//! `--stats`: how long each phase took, and how much memory was used.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

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
    pub fn print(&self, translated: wasmote::Stats) {
        let mut text = String::new();
        for (name, time) in &self.phases {
            let microseconds = (time + 500) / 1000;
            let time = format!("{}.{:03}", microseconds / 1000, microseconds % 1000);
            let _ = writeln!(text, "{name:<18}{time:>12} ms");
        }
        if let Some(kib) = peak_memory() {
            let _ = writeln!(text, "{:<18}{kib:>12} KiB", "peak memory");
        }
        let wasmote::Stats { functions, wasm_bytes, units, .. } = translated;
        let _ = writeln!(text, "{:<18}{functions:>12} functions, {wasm_bytes} bytes of code", "translated");
        let _ = writeln!(text, "{:<18}{units:>12} units of 16 bits", "instructions");
        let _ = Stream::Error.write(text.as_bytes());
    }
}

/// The most memory that this process has had at a time, in KiB, where the system says.
fn peak_memory() -> Option<u64> {
    let status = wasmote_rt::read_file(b"/proc/self/status").ok()?;
    let status = core::str::from_utf8(&status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

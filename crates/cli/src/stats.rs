//! `--stats`: how long each phase took, and how much memory was used.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// Phases that are over, with their lengths.
pub struct Stats {
    phases: Vec<(&'static str, Duration)>,
    start: Instant,
}

impl Stats {
    pub fn new() -> Stats {
        Stats { phases: Vec::new(), start: Instant::now() }
    }

    /// A phase is over.
    pub fn phase(&mut self, name: &'static str) {
        let now = Instant::now();
        self.phases.push((name, now - self.start));
        self.start = now;
    }

    /// All of it, on standard error.
    pub fn print(&self, translated: wasmote::Stats) {
        let mut text = String::new();
        for (name, time) in &self.phases {
            let _ = writeln!(text, "{name:<18}{:>12.3} ms", time.as_secs_f64() * 1e3);
        }
        if let Some(kib) = peak_memory() {
            let _ = writeln!(text, "{:<18}{kib:>12} KiB", "peak memory");
        }
        let wasmote::Stats { functions, wasm_bytes, units, .. } = translated;
        let _ = writeln!(text, "{:<18}{functions:>12} functions, {wasm_bytes} bytes of code", "translated");
        let _ = writeln!(text, "{:<18}{units:>12} units of 16 bits", "instructions");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }
}

/// The most memory that this process has had at a time, in KiB, where the system says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

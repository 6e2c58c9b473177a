//! Times of two programs that do the same, in turn.

use std::fmt;
use std::time::Duration;

/// Something that a host does, as often as it is told.
pub struct Program {
    pub name: &'static str,
    /// Which time counts.
    pub clock: fn() -> Duration,
    pub run: Box<dyn FnMut(u64)>,
}

/// How long both take, in nanoseconds for each time.
pub struct Row {
    name: &'static str,
    times: [f64; 2],
}

/// A round of a program takes at least so long.
const ROUND: Duration = Duration::from_millis(20);

impl Row {
    /// Measures two programs in turn, after a first run that translates and allocates.
    pub fn measure(ours: Program, theirs: Program, rounds: usize) -> Row {
        assert_eq!(ours.name, theirs.name, "both engines have the same programs");
        let (name, clock) = (ours.name, ours.clock);
        let mut both = [ours.run, theirs.run];
        let counts = both.each_mut().map(|run| count(run, clock));
        let mut times = [const { Vec::new() }; 2];
        for _ in 0..rounds {
            for ((run, times), count) in both.iter_mut().zip(&mut times).zip(counts) {
                times.push(time(run, count, clock).as_nanos() as f64 / count as f64);
            }
        }
        Row { name, times: times.map(median) }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ours, theirs] = self.times;
        write!(f, "| {} | {} | {} | {:.2} |", self.name, Nanoseconds(ours), Nanoseconds(theirs), theirs / ours)
    }
}

/// A time with a unit.
pub struct Nanoseconds(pub f64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            time if time < 1e3 => write!(f, "{time:.1} ns"),
            time if time < 1e6 => write!(f, "{:.2} µs", time / 1e3),
            time => write!(f, "{:.2} ms", time / 1e6),
        }
    }
}

/// Returns how often a program runs in a round.
fn count(run: &mut Box<dyn FnMut(u64)>, clock: fn() -> Duration) -> u64 {
    let mut count = 1;
    // All of several times: the first may have translated, and others may have been disturbed.
    while (0..5).any(|_| time(run, count, clock) < ROUND) {
        count *= 2;
    }
    count
}

fn time(run: &mut Box<dyn FnMut(u64)>, count: u64, clock: fn() -> Duration) -> Duration {
    let start = clock();
    run(count);
    clock() - start
}

/// Returns the CPU time of this process, user and system.
pub fn cpu_time() -> Duration {
    now(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Returns the time since some moment.
pub fn wall_time() -> Duration {
    now(libc::CLOCK_MONOTONIC)
}

fn now(clock: libc::clockid_t) -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the call writes its time.
    assert_eq!(unsafe { libc::clock_gettime(clock, &mut now) }, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

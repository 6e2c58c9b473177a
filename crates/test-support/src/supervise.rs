//! Child processes that try mutants, and the report of the results.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::counts::{COUNT, Counts};

/// Index in [`Counts`]: the number of accepted mutants.
pub const ACCEPTED: usize = 0;
/// Index in [`Counts`]: the number of calls of accepted mutants.
pub const CALLS: usize = 1;
/// Index in [`Counts`]: the number of calls that returned.
pub const RETURNED: usize = 2;
/// Index in [`Counts`]: the number of calls that trapped or threw.
pub const TRAPPED: usize = 3;
/// Index in [`Counts`]: the number of mutants refused for the first of [`Trials::reasons`]. The other reasons follow.
pub const REFUSED: usize = 8;

/// Enough to diagnose a bug.
const MAX_FAILURES_SHOWN: usize = 10;
/// Index in [`Counts`]: the seed that the child is trying.
const SEED: usize = COUNT - 1;

/// A kind of mutants.
pub trait Trials {
    /// How many mutants a run makes, unless `MUTANTS` is set.
    const MUTANTS: u64;
    /// The processor time that a mutant may use, in microseconds.
    const TIME: i64;

    /// The reasons for refusing mutants.
    fn reasons(&self) -> Vec<&'static str>;

    /// Makes and tries the mutant of a seed, and counts the result. `say` prints each step.
    fn one(&mut self, seed: u64, counts: &Counts, say: bool);
}

/// A child, and the seeds that it has yet to try.
struct Child {
    pid: i32,
    counts: Counts,
    end: u64,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tries mutants in child processes, one for each processor, and reports the results. `dispatch` states how this build
/// dispatches. Environment variables choose other mutants: `SEED` is the first, `MUTANTS` the number of mutants.
/// `MUTANT` is a single one, which is tried in this process.
///
/// The process must have one thread.
pub fn main<T: Trials>(trials: &mut T, dispatch: &str) -> ExitCode {
    if let Some(seed) = number("MUTANT") {
        trials.one(seed, &Counts::new(), true);
        return ExitCode::SUCCESS;
    }
    let (count, seed) = (number("MUTANTS").unwrap_or(T::MUTANTS), number("SEED").unwrap_or(0));
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get().min(8)) as u64;
    let mut children = BTreeMap::new();
    for worker in 0..workers {
        let (first, end) = (seed + count * worker / workers, seed + count * (worker + 1) / workers);
        let child = start(trials, Counts::new(), first, end);
        children.insert(child.pid, child);
    }
    let reasons = trials.reasons();
    assert!(REFUSED + reasons.len() <= SEED, "there are too many reasons");
    let mut totals = vec![0; REFUSED + reasons.len()];
    let (mut timed_out, mut failures) = (0u64, Vec::new());
    while !children.is_empty() {
        let mut status = 0;
        // SAFETY: waits for a child of this process; `status` is a valid place for the result.
        let pid = unsafe { libc::waitpid(-1, &mut status, 0) };
        let Some(Child { counts, end, .. }) = children.remove(&pid) else { continue };
        let seed = counts.get(SEED);
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 {
            for (i, total) in totals.iter_mut().enumerate() {
                *total += counts.get(i);
            }
            continue;
        }
        if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGVTALRM {
            timed_out += 1;
        } else if libc::WIFSIGNALED(status) {
            failures.push(format!("mutant {seed}: died by signal {}", libc::WTERMSIG(status)));
        } else {
            failures.push(format!("mutant {seed}: exit status {}", libc::WEXITSTATUS(status)));
        }
        let child = start(trials, counts, seed + 1, end);
        children.insert(child.pid, child);
    }
    let failed = report(seed, count, &reasons, &totals, timed_out, &failures);
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("mutants ({dispatch}): {outcome}");
    println!("test result: {outcome}. 1 passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts a child that tries these seeds.
fn start<T: Trials>(trials: &mut T, counts: Counts, first: u64, end: u64) -> Child {
    // SAFETY: this process has one thread (the contract of `main`), so the child may run any code.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no process");
    if pid == 0 {
        for seed in first..end {
            counts.set(SEED, seed);
            limit_time(T::TIME);
            trials.one(seed, &counts, false);
        }
        // SAFETY: ends the child without the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    Child { pid, counts, end }
}

/// Limits the processor time of this process from now on, in microseconds. The process is killed when it exceeds the
/// limit.
fn limit_time(time: i64) {
    let time = libc::timeval { tv_sec: time / 1_000_000, tv_usec: time % 1_000_000 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: `timer` is a valid timer; a null pointer asks for no previous value.
    let outcome = unsafe { libc::setitimer(libc::ITIMER_VIRTUAL, &timer, std::ptr::null_mut()) };
    assert_eq!(outcome, 0, "setitimer");
}

/// Prints the results. Returns the number of failures.
fn report(seed: u64, count: u64, reasons: &[&str], totals: &[u64], timed_out: u64, failures: &[String]) -> usize {
    println!("{count} mutants (seeds {seed} to {})", seed + count.saturating_sub(1));
    for (reason, total) in reasons.iter().zip(&totals[REFUSED..]).filter(|(_, total)| **total > 0) {
        println!("  {total} refused: {reason}");
    }
    let [accepted, calls] = [totals[ACCEPTED], totals[CALLS]];
    println!("  {accepted} accepted: {calls} calls, {} returned, {} trapped", totals[RETURNED], totals[TRAPPED]);
    println!("  {timed_out} exceeded their time limit");
    for failure in failures.iter().take(MAX_FAILURES_SHOWN) {
        let seed = failure.split([' ', ':']).nth(1).unwrap_or_default();
        println!("  FAILED: {failure}; to repeat: MUTANT={seed} and the same command");
    }
    // A run with fewer accepted mutants would test little.
    let enough = accepted * 5 >= count;
    if !enough {
        println!("  FAILED: only {accepted} mutants were accepted");
    }
    failures.len() + usize::from(!enough)
}

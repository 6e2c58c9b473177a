//! Child processes that try mutants, and what becomes of them.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::counts::{COUNT, Counts};

/// What becomes of mutants, as numbers of [`Counts`]: how many were accepted.
pub const ACCEPTED: usize = 0;
/// How many calls there were of accepted mutants.
pub const CALLS: usize = 1;
/// How many of the calls returned.
pub const RETURNED: usize = 2;
/// How many of them trapped, or threw.
pub const TRAPPED: usize = 3;
/// How many mutants were refused for the first of [`Trials::reasons`]; the others follow.
pub const REFUSED: usize = 8;

/// Enough to see what is wrong.
const MAX_FAILURES_SHOWN: usize = 10;
/// In what parent and child share: the seed that is being tried.
const SEED: usize = COUNT - 1;

/// Mutants of one kind.
pub trait Trials {
    /// How many mutants a run makes, unless `MUTANTS` says otherwise.
    const MUTANTS: u64;
    /// Time that a mutant may use of a processor, in microseconds.
    const TIME: i64;

    /// Why mutants are refused.
    fn reasons(&self) -> Vec<&'static str>;

    /// Makes and tries the mutant with this seed, and counts what becomes of it; `say` has it told step by step.
    fn one(&mut self, seed: u64, counts: &Counts, say: bool);
}

/// A child and the seeds that it still has to try.
struct Child {
    pid: i32,
    counts: Counts,
    end: u64,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tries mutants in child processes, one for each processor, and reports what became of them. `dispatch` says how handlers reach each other in
/// this build. The environment chooses other mutants: `SEED` is the first, `MUTANTS` how many; `MUTANT` is one, to be tried here.
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
        // SAFETY: waits for one of the children of this process.
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
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no process");
    if pid == 0 {
        for seed in first..end {
            counts.set(SEED, seed);
            limit_time(T::TIME);
            trials.one(seed, &counts, false);
        }
        // SAFETY: leaves without running what belongs to the parent.
        unsafe { libc::_exit(0) };
    }
    Child { pid, counts, end }
}

/// From now on, this process may use as many microseconds, and is ended otherwise.
fn limit_time(time: i64) {
    let time = libc::timeval { tv_sec: time / 1_000_000, tv_usec: time % 1_000_000 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the timer is there; what was set before does not matter.
    let outcome = unsafe { libc::setitimer(libc::ITIMER_VIRTUAL, &timer, std::ptr::null_mut()) };
    assert_eq!(outcome, 0, "setitimer");
}

/// Prints what became of the mutants; how many failures there were.
fn report(seed: u64, count: u64, reasons: &[&str], totals: &[u64], timed_out: u64, failures: &[String]) -> usize {
    println!("{count} mutants (seeds {seed} to {})", seed + count.saturating_sub(1));
    for (reason, total) in reasons.iter().zip(&totals[REFUSED..]).filter(|(_, total)| **total > 0) {
        println!("  {total} refused: {reason}");
    }
    let [accepted, calls] = [totals[ACCEPTED], totals[CALLS]];
    println!("  {accepted} accepted: {calls} calls, {} returned, {} trapped", totals[RETURNED], totals[TRAPPED]);
    println!("  {timed_out} stopped by their time limit");
    for failure in failures.iter().take(MAX_FAILURES_SHOWN) {
        let seed = failure.split([' ', ':']).nth(1).unwrap_or_default();
        println!("  FAILED: {failure}; to repeat: MUTANT={seed} and the same command");
    }
    // Else they would prove little.
    let enough = accepted * 5 >= count;
    if !enough {
        println!("  FAILED: only {accepted} mutants were accepted");
    }
    failures.len() + usize::from(!enough)
}

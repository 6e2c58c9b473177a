//! Child processes that try mutants, and what becomes of them. The tests of `wasmote` include this, too.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::originals;
use crate::sandbox::Shared;
use crate::trial::{ACCEPTED, CALLS, MUTANTS, REFUSED, RETURNED, TIME, TRAPPED, Trials, reasons};

/// Enough to see what is wrong.
const MAX_FAILURES_SHOWN: usize = 10;
/// In what parent and child share: the seed that is being tried.
const SEED: usize = 100;

/// A child and the seeds that it still has to try.
struct Child {
    pid: i32,
    shared: Shared,
    end: u64,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

pub fn main() -> ExitCode {
    let (originals, small) = originals::all();
    let mut trials = Trials::new(&originals, small);
    if let Some(seed) = number("MUTANT") {
        trials.one(seed, &Shared::new(), true);
        return ExitCode::SUCCESS;
    }
    let (count, seed) = (number("MUTANTS").unwrap_or(MUTANTS), number("SEED").unwrap_or(0));
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get().min(8)) as u64;
    let mut children = BTreeMap::new();
    for worker in 0..workers {
        let (first, end) = (seed + count * worker / workers, seed + count * (worker + 1) / workers);
        let child = start(&mut trials, Shared::new(), first, end);
        children.insert(child.pid, child);
    }
    let mut totals = vec![0; REFUSED + reasons().len()];
    let (mut timed_out, mut failures) = (0u64, Vec::new());
    while !children.is_empty() {
        let mut status = 0;
        // SAFETY: waits for one of the children of this process.
        let pid = unsafe { libc::waitpid(-1, &mut status, 0) };
        let Some(Child { shared, end, .. }) = children.remove(&pid) else { continue };
        let seed = shared.get(SEED);
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 {
            for (i, total) in totals.iter_mut().enumerate() {
                *total += shared.get(i);
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
        let child = start(&mut trials, shared, seed + 1, end);
        children.insert(child.pid, child);
    }
    report(seed, count, &totals, timed_out, &failures)
}

/// Starts a child that tries these seeds.
fn start(trials: &mut Trials<'_>, shared: Shared, first: u64, end: u64) -> Child {
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no process");
    if pid == 0 {
        for seed in first..end {
            shared.set(SEED, seed);
            limit_time();
            trials.one(seed, &shared, false);
        }
        // SAFETY: leaves without running what belongs to the parent.
        unsafe { libc::_exit(0) };
    }
    Child { pid, shared, end }
}

/// From now on, this process may use as much time, and is ended otherwise.
fn limit_time() {
    let time = libc::timeval { tv_sec: TIME / 1_000_000, tv_usec: TIME % 1_000_000 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the timer is there; what was set before does not matter.
    let outcome = unsafe { libc::setitimer(libc::ITIMER_VIRTUAL, &timer, std::ptr::null_mut()) };
    assert_eq!(outcome, 0, "setitimer");
}

fn report(seed: u64, count: u64, totals: &[u64], timed_out: u64, failures: &[String]) -> ExitCode {
    println!("{count} mutants (seeds {seed} to {})", seed + count.saturating_sub(1));
    for (reason, total) in reasons().iter().zip(&totals[REFUSED..]).filter(|(_, total)| **total > 0) {
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
    let failed = failures.len() + usize::from(!enough);
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("mutants ({}): {outcome}", wasmote_exec::DISPATCH);
    println!("test result: {outcome}. 1 passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

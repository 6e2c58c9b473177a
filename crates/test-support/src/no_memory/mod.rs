//! Work during which memory ends, at every allocation in turn.
//!
//! Each trial is a process of its own, forked where the work begins, in which one allocation fails, or all from it on. So each path
//! is tried on which there is no memory, also those of errors themselves. A program that does this has one thread, and
//! [`Failing`] as its allocator.

mod allocator;

pub use allocator::{Failing, arm, disarm, most_taken};

/// How a trial ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// As it does with memory enough: no allocation failed.
    Well,
    /// An allocation failed, and the work ended as it may then.
    WellWithoutMemory,
    /// It ended as it must not.
    Badly,
    /// By this signal, such as an abort.
    Signal(i32),
    /// With this exit status, such as a panic's.
    Status(i32),
}

/// Exit statuses of the processes. Panics have others.
const STATUSES: [(i32, Ended); 3] = [(0, Ended::WellWithoutMemory), (3, Ended::Well), (4, Ended::Badly)];

/// Tries each allocation of some work, and prints those at which it ended badly; returns how many they were. `judge` says whether it may
/// end so: it is given what comes of it, and whether an allocation failed.
///
/// # Panics
/// If the work allocates nothing, so that there is nothing to try, or ends badly all the time.
pub fn try_all<R>(name: &str, once: bool, work: &mut dyn FnMut() -> R, judge: &dyn Fn(R, bool) -> bool) -> u32 {
    let (mut bad, mut tried) = (0, 0);
    let how = if once { "one" } else { "all" };
    for first in 0.. {
        match trial(work, judge, first, once, false) {
            Ended::Well => break,
            Ended::WellWithoutMemory => tried += 1,
            ended => {
                tried += 1;
                bad += 1;
                println!("{name}: allocation {first} of {how}: {ended:?}");
                assert!(bad < 100, "{name}: enough");
                if bad <= 3 {
                    trial(work, judge, first, once, true);
                }
            }
        }
    }
    println!("{name}: {tried} allocations failed ({how}), {bad} badly");
    assert!(tried > 0, "{name}: nothing is allocated");
    bad
}

/// Does the work in a process of its own.
fn trial<R>(
    work: &mut dyn FnMut() -> R,
    judge: &dyn Fn(R, bool) -> bool,
    first: u64,
    once: bool,
    says_where: bool,
) -> Ended {
    // SAFETY: there is one thread.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process can be made");
    if child == 0 {
        arm(first, once, says_where);
        let result = work();
        let failed = disarm();
        // What is left is looked at, and dropped, as by somebody who goes on.
        let ended = match (judge(result, failed), failed) {
            (true, false) => Ended::Well,
            (true, true) => Ended::WellWithoutMemory,
            (false, _) => Ended::Badly,
        };
        let status = STATUSES.iter().find(|(_, other)| *other == ended).map_or(1, |(status, _)| *status);
        // SAFETY: nothing is left to be done.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: the child was just made.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    if !libc::WIFEXITED(status) {
        return Ended::Signal(libc::WTERMSIG(status));
    }
    let status = libc::WEXITSTATUS(status);
    STATUSES.iter().find(|(code, _)| *code == status).map_or(Ended::Status(status), |(_, ended)| *ended)
}

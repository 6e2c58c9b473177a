//! Runs some work once for each of its allocations, which then fails.
//!
//! Each trial is a child process that is forked when the work begins. In it one allocation fails, alone or with all
//! that follow. So each path without memory is tried, including those of the errors themselves. Such a program has one
//! thread, and uses [`Failing`] as its allocator.

mod allocator;

pub use allocator::{Failing, arm, disarm, peak_bytes};

/// How a trial ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// As it should: no allocation failed.
    Well,
    /// An allocation failed, and the work ended in an allowed way.
    WellWithoutMemory,
    /// In a way that is not allowed.
    Badly,
    /// With a signal, such as that of an abort.
    Signal(i32),
    /// With another exit status, such as that of a panic.
    Status(i32),
}

/// The exit statuses of trials. Panics have others.
const STATUSES: [(i32, Ended); 3] = [(0, Ended::WellWithoutMemory), (3, Ended::Well), (4, Ended::Badly)];

/// Tries each allocation of some work, and prints those at which it ended badly. Returns their number. `judge` decides
/// whether an outcome is allowed: its arguments are the result, and whether an allocation failed.
///
/// # Panics
/// If the work allocates nothing, or always ends badly.
pub fn try_each_allocation<R>(
    name: &str,
    once: bool,
    work: &mut dyn FnMut() -> R,
    judge: &dyn Fn(R, bool) -> bool,
) -> u32 {
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

/// Runs the work in a child process.
fn trial<R>(
    work: &mut dyn FnMut() -> R,
    judge: &dyn Fn(R, bool) -> bool,
    first: u64,
    once: bool,
    says_where: bool,
) -> Ended {
    // SAFETY: the process has one thread, so the child may run any code.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process can be made");
    if child == 0 {
        arm(first, once, says_where);
        let result = work();
        let failed = disarm();
        // The result is examined and dropped without memory, too, as a caller would.
        let ended = match (judge(result, failed), failed) {
            (true, false) => Ended::Well,
            (true, true) => Ended::WellWithoutMemory,
            (false, _) => Ended::Badly,
        };
        let status = STATUSES.iter().find(|(_, other)| *other == ended).map_or(1, |(status, _)| *status);
        // SAFETY: ends the child; nothing is left to be done.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: `child` was just forked, and `status` is a valid place for the result.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    if !libc::WIFEXITED(status) {
        return Ended::Signal(libc::WTERMSIG(status));
    }
    let status = libc::WEXITSTATUS(status);
    STATUSES.iter().find(|(code, _)| *code == status).map_or(Ended::Status(status), |(_, ended)| *ended)
}

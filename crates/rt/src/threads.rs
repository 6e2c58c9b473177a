//! Threads of the C library.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::time::Duration;

use rustix::thread::{NanosleepRelativeResult, Timespec, nanosleep};

/// The type `pthread_t` of C: a number or a pointer, and as large as a pointer.
type Thread = usize;

// Before glibc 2.34 the functions were in a library of their own. Since then that library is empty, and linking it adds
// nothing.
#[cfg_attr(all(target_os = "linux", target_env = "gnu"), link(name = "pthread"))]
unsafe extern "C" {
    fn pthread_create(
        thread: *mut Thread,
        attributes: *const c_void,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        data: *mut c_void,
    ) -> c_int;
    fn pthread_join(thread: Thread, result: *mut *mut c_void) -> c_int;
    fn pthread_detach(thread: Thread) -> c_int;
    fn pause() -> c_int;
    fn exit(status: c_int) -> !;
}

/// Starts a thread with default attributes. Returns `None` if the system refuses it.
///
/// # Safety
///
/// `start` must be safe to call once with `data` on another thread.
unsafe fn create(start: extern "C" fn(*mut c_void) -> *mut c_void, data: *mut c_void) -> Option<Thread> {
    let mut thread = 0;
    // SAFETY: `thread` has room for a `pthread_t`, and a null pointer stands for default attributes. The caller
    // guarantees that `start` may be called with `data`.
    let failed = unsafe { pthread_create(&mut thread, ptr::null(), start, data) };
    (failed == 0).then_some(thread)
}

/// The work of a detached thread.
type Work = Box<dyn FnOnce() + Send>;

/// Starts a detached thread that does this work. Returns whether the thread could be started.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> bool {
    extern "C" fn start(work: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` passes the pointer of a leaked `Box<Work>`, and the thread calls `start` once.
        let work: Box<Work> = unsafe { Box::from_raw(work.cast()) };
        work();
        ptr::null_mut()
    }
    let work: *mut Work = Box::into_raw(Box::new(Box::new(work)));
    // SAFETY: nothing else uses the leaked box, and its content is `Send`.
    match unsafe { create(start, work.cast()) } {
        Some(thread) => {
            // SAFETY: `create` just started the thread, and nothing joins or detaches it elsewhere.
            unsafe { pthread_detach(thread) };
            true
        }
        None => {
            // SAFETY: no thread was started, so this function still owns the leaked box.
            drop(unsafe { Box::from_raw(work) });
            false
        }
    }
}

/// Suspends the calling thread. A signal does not end that early.
pub fn sleep(time: Duration) {
    let mut left = Timespec { tv_sec: time.as_secs() as _, tv_nsec: time.subsec_nanos().into() };
    while let NanosleepRelativeResult::Interrupted(rest) = nanosleep(&left) {
        left = rest;
    }
}

/// A thread that is joined on drop.
struct Joined(Thread);

impl Drop for Joined {
    fn drop(&mut self) {
        // SAFETY: `create` started the thread, and only this drop joins it.
        unsafe { pthread_join(self.0, ptr::null_mut()) };
    }
}

/// Calls `work` on `threads` threads at once, including this one, and returns when all calls have returned. If the
/// system refuses a thread, fewer calls are made.
pub fn run_on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    extern "C" fn start(work: *mut c_void) -> *mut c_void {
        // SAFETY: `data` points to the parameter `work` below, which stays valid until `_others` has joined this
        // thread.
        let work: &&(dyn Fn() + Sync) = unsafe { &*work.cast_const().cast() };
        work();
        ptr::null_mut()
    }
    let data = ptr::from_ref(&work).cast_mut().cast();
    // SAFETY: `work` is `Sync`, so other threads may call it. It outlives the threads, because dropping `_others` joins
    // them, also when `work` panics.
    let start = |_| unsafe { create(start, data) }.map(Joined);
    let _others: Vec<Joined> = (1..threads).map_while(start).collect();
    work();
}

/// Returns how many threads can run at once: the processors that this process may use, or fewer if its container has a
/// smaller share.
#[cfg(target_os = "linux")]
pub fn processors() -> usize {
    let processors = rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize);
    let share = crate::read_file(b"/sys/fs/cgroup/cpu.max").ok().and_then(|limit| container_share(&limit));
    processors.min(share.unwrap_or(usize::MAX)).max(1)
}

/// Parses `cpu.max` of a container and returns its number of processors, rounded down. The file has the microseconds
/// per period, or `max`, then the length of the period in microseconds.
#[cfg(target_os = "linux")]
fn container_share(limit: &[u8]) -> Option<usize> {
    let (quota, period) = core::str::from_utf8(limit).ok()?.trim_ascii().split_once(' ')?;
    quota.parse::<usize>().ok()?.checked_div(period.parse().ok()?)
}

/// Returns how many threads can run at once.
#[cfg(not(target_os = "linux"))]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get())
}

/// Waits until another thread ends the program.
pub fn wait_for_end() -> ! {
    loop {
        // SAFETY: `pause` takes nothing and may be called at any time.
        unsafe { pause() };
    }
}

/// Ends the program, from any thread.
pub fn end(status: i32) -> ! {
    // SAFETY: any thread may call `exit`. The program registers no exit handlers, so only those of the C library run.
    unsafe { exit(status) }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier, mpsc};

    use super::*;

    #[test]
    fn work_runs_on_all_threads_at_once_and_has_ended() {
        for threads in [1, 2, 7] {
            // The barrier opens only when all threads have reached it.
            let (together, calls) = (Barrier::new(threads), AtomicUsize::new(0));
            run_on_threads(threads, &|| {
                together.wait();
                calls.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(calls.into_inner(), threads);
        }
        let calls = AtomicUsize::new(0);
        run_on_threads(0, &|| _ = calls.fetch_add(1, Ordering::Relaxed));
        assert_eq!(calls.into_inner(), 1, "the caller's thread at least");
    }

    #[test]
    fn a_spawned_thread_does_its_work_once_and_drops_it() {
        let (send, receive) = mpsc::channel();
        let kept = Arc::new(());
        let moved = kept.clone();
        assert!(spawn(move || {
            drop(moved);
            send.send(std::thread::current().id()).expect("somebody waits");
        }));
        assert_ne!(receive.recv().expect("the thread ran"), std::thread::current().id());
        // The channel's end is dropped with the work.
        assert!(receive.recv().is_err());
        assert_eq!(Arc::strong_count(&kept), 1);
    }

    #[test]
    fn processors_are_counted() {
        assert!(processors() >= 1);
        #[cfg(target_os = "linux")]
        {
            assert!(processors() <= rustix::thread::sched_getaffinity(None).expect("a set").count() as usize);
            assert_eq!(container_share(b"max 100000\n"), None);
            assert_eq!(container_share(b"250000 100000\n"), Some(2));
            assert_eq!(container_share(b"50000 100000\n"), Some(0));
            assert_eq!(container_share(b"1 0"), None);
            assert_eq!(container_share(b"\xff"), None);
        }
    }
}

//! Threads, by the C library's.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{c_int, c_void};
use core::ptr;

/// What C calls `pthread_t`: a number or an address, as large as one.
type Thread = usize;

// Before version 2.34 of glibc it was a library of its own; since then this one is empty, and nothing is linked.
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

/// Starts a thread with the C library's defaults; none if it can't be had.
///
/// # Safety
/// `start` can be called once with `data`, from another thread.
unsafe fn create(start: extern "C" fn(*mut c_void) -> *mut c_void, data: *mut c_void) -> Option<Thread> {
    let mut thread = 0;
    // SAFETY: the thread's name can be stored, and the caller promises the rest.
    let failed = unsafe { pthread_create(&mut thread, ptr::null(), start, data) };
    (failed == 0).then_some(thread)
}

/// Work of a thread that nobody waits for.
type Work = Box<dyn FnOnce() + Send>;

/// Starts a thread that does this work. Says whether it could be had.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> bool {
    extern "C" fn start(work: *mut c_void) -> *mut c_void {
        // SAFETY: it is the box that was given away below, for this one call.
        let work: Box<Work> = unsafe { Box::from_raw(work.cast()) };
        work();
        ptr::null_mut()
    }
    let work: *mut Work = Box::into_raw(Box::new(Box::new(work)));
    // SAFETY: the box is nobody else's, and what is in it may be sent to another thread.
    match unsafe { create(start, work.cast()) } {
        Some(thread) => {
            // SAFETY: the thread was just started, and nobody waits for it.
            unsafe { pthread_detach(thread) };
            true
        }
        None => {
            // SAFETY: no thread was started that could have taken it.
            drop(unsafe { Box::from_raw(work) });
            false
        }
    }
}

/// A thread that is waited for when this is dropped.
struct Joined(Thread);

impl Drop for Joined {
    fn drop(&mut self) {
        // SAFETY: the thread was started, and only this waits for it.
        unsafe { pthread_join(self.0, ptr::null_mut()) };
    }
}

/// Calls `work` on so many threads at once, this one among them, and returns when all calls have returned. Where no more threads
/// can be had, there are fewer.
pub fn run_on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    extern "C" fn start(work: *mut c_void) -> *mut c_void {
        // SAFETY: it is the reference below, which stays until this thread has been waited for.
        let work: &&(dyn Fn() + Sync) = unsafe { &*work.cast_const().cast() };
        work();
        ptr::null_mut()
    }
    let data = ptr::from_ref(&work).cast_mut().cast();
    // SAFETY: what is referred to may be shared between threads, and outlives them: they are waited for when the list is dropped.
    let start = |_| unsafe { create(start, data) }.map(Joined);
    let _others: Vec<Joined> = (1..threads).map_while(start).collect();
    work();
}

/// How many threads can run at once: processors that this process may use, or fewer where its container has a share of them.
#[cfg(target_os = "linux")]
pub fn processors() -> usize {
    let processors = rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize);
    let share = crate::read_file(b"/sys/fs/cgroup/cpu.max").ok().and_then(|limit| container_share(&limit));
    processors.min(share.unwrap_or(usize::MAX)).max(1)
}

/// How many processors a container has by its file `cpu.max`, rounded down: microseconds of running in a period, or `max`, and microseconds of
/// the period.
#[cfg(target_os = "linux")]
fn container_share(limit: &[u8]) -> Option<usize> {
    let (quota, period) = core::str::from_utf8(limit).ok()?.trim_ascii().split_once(' ')?;
    quota.parse::<usize>().ok()?.checked_div(period.parse().ok()?)
}

/// How many threads can run at once.
#[cfg(not(target_os = "linux"))]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get())
}

/// Waits until another thread ends the program.
pub fn wait_for_end() -> ! {
    loop {
        // SAFETY: it takes nothing.
        unsafe { pause() };
    }
}

/// Ends the program, from any thread.
pub fn end(status: i32) -> ! {
    // SAFETY: it may be called by any thread; nothing is called at the end but what the C library has.
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
            // Nobody passes before all have come.
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

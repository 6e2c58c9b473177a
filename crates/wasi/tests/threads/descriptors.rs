//! What threads of a guest do with one descriptor, or with the table of all, at the same time.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use wasmote_wasi::{DirAccess, Input, OwnedFd, WasiCtx};

use super::{Output, in_time, options, run_with};

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wasmote-wasi-threads-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a terminal. Returns the end that a guest gets, and the other.
fn terminal() -> (OwnedFd, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has terminals");
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
    (rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap(), ours)
}

/// The system has no read of a terminal that does not wait.
#[test]
fn readers_of_a_terminal_that_get_no_line_can_be_ended() {
    // Whoever gets the line ends the group.
    let text = r#"
        (data (i32.const 32) "\00\02\00\00\40\00\00\00")
        (func $reads
            (if (i32.eqz (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 1024)))
                (then (call $exit (i32.const 7)))))
        (func (export "wasi_thread_start") (param i32 i32) (call $reads))
        (func (export "_start")
            (call $start (i32.const 0)) (call $start (i32.const 0)) (call $start (i32.const 0)) (call $reads))"#;
    for _ in 0..20 {
        let (theirs, ours) = terminal();
        let writer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            rustix::io::write(&ours, b"line\n").unwrap();
            ours
        });
        let error = in_time(move || run_with("", text, WasiCtx::builder().stdin(Input::File(theirs)), options()));
        assert_eq!(error.and_then(|error| error.i32_exit_status()), Some(7));
        drop(writer.join().unwrap());
    }
}

#[test]
fn threads_that_list_one_directory_do_not_move_each_others_position() {
    let folder = Folder::new();
    for number in 0..40 {
        fs::write(folder.0.join(format!("a file with number {number}")), "").unwrap();
    }
    // Each lists all entries, again and again, and compares how many bytes that is.
    let text = r#"
        (func $length (param $to i32) (param $result i32) (result i32)
            (if (call $fd_readdir (i32.const 3) (local.get $to) (i32.const 16384) (i64.const 0) (local.get $result))
                (then (unreachable)))
            (i32.load (local.get $result)))
        (func $lists (param $to i32) (param $result i32) (local $i i32)
            (loop $again
                (if (i32.ne (call $length (local.get $to) (local.get $result)) (i32.load (i32.const 16)))
                    (then (call $exit (i32.const 1))))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000)))))
        (func (export "wasi_thread_start") (param i32 i32)
            (call $lists (i32.const 1024) (i32.const 24)) (call $set (i32.const 0) (i32.const 1)))
        (func (export "_start")
            (i32.store (i32.const 16) (call $length (i32.const 32768) (i32.const 20)))
            (call $start (i32.const 0))
            (call $lists (i32.const 32768) (i32.const 20))
            (call $wait (i32.const 0))
            (call $exit (i32.load (i32.const 16))))"#;
    let builder = WasiCtx::builder().preopened_dir(&folder.0, "/", DirAccess::ReadOnly).unwrap();
    let error = run_with("fd_readdir iiiIi", text, builder, options()).unwrap();
    let names: usize = (0..40).map(|number| 24 + format!("a file with number {number}").len()).sum();
    assert_eq!(error.i32_exit_status(), Some((names + 24 + 1 + 24 + 2) as i32));
}

/// One thread puts directories under a number, one of them read-only, while another opens a file in it for writing.
#[test]
fn a_descriptor_that_another_thread_replaces_never_has_the_rights_of_both() {
    let (writable, read_only) = (Folder::new(), Folder::new());
    for folder in [&writable, &read_only] {
        fs::write(folder.0.join("file"), "text").unwrap();
    }
    let text = r#"
        (data (i32.const 16) "file") (data (i32.const 24) ".") (data (i32.const 40) "\10\00\00\00\01\00\00\00")
        ;; Opens a copy of a directory, and puts it under number 5.
        (func $replaces (param $with i32)
            (if (call $path_open (local.get $with) (i32.const 0) (i32.const 24) (i32.const 1) (i32.const 2)
                    (i64.const 0x2000) (i64.const -1) (i32.const 0) (i32.const 32)) (then (unreachable)))
            (if (i32.ne (i32.load (i32.const 32)) (i32.const 5)) (then
                (if (call $fd_renumber (i32.load (i32.const 32)) (i32.const 5)) (then (unreachable))))))
        (func (export "wasi_thread_start") (param i32 i32) (local $i i32)
            (loop $again
                (call $replaces (i32.const 4)) (call $replaces (i32.const 3))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
            (call $set (i32.const 0) (i32.const 1)))
        (func (export "_start") (local $written i32)
            (call $replaces (i32.const 3))
            (call $start (i32.const 0))
            (loop $again
                (if (i32.eqz (call $path_open (i32.const 5) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0)
                        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 36))) (then
                    (local.set $written (i32.add (local.get $written) (i32.const 1)))
                    (drop (call $write (i32.load (i32.const 36)) (i32.const 40) (i32.const 1) (i32.const 48)))
                    (drop (call $close (i32.load (i32.const 36))))))
                (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
            (call $exit (local.get $written)))"#;
    let builder = WasiCtx::builder().preopened_dir(&writable.0, "/w", DirAccess::ReadWrite).unwrap();
    let builder = builder.preopened_dir(&read_only.0, "/r", DirAccess::ReadOnly).unwrap();
    let error = run_with("path_open iiiiiIIii, fd_renumber ii", text, builder, options()).unwrap();
    assert!(error.i32_exit_status().is_some_and(|written| written > 0), "{error}");
    assert_eq!(fs::read(writable.0.join("file")).unwrap(), b"fext");
    assert_eq!(fs::read(read_only.0.join("file")).unwrap(), b"text");
}

/// Counts writes, and tells others.
#[derive(Clone, Default)]
struct Writes(Arc<(Mutex<u32>, Condvar)>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer whose first flush waits until another thread has written elsewhere, and notes whether it did.
struct Flushes(Writes, Arc<OnceLock<bool>>);

impl Write for Flushes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let (writes, changed) = &*self.0.0;
        let writes = writes.lock().unwrap();
        // A write may have begun before, so two must come.
        let until = *writes + 2;
        if self.1.get().is_none() {
            let wait = changed.wait_timeout_while(writes, Duration::from_secs(20), |writes| *writes < until).unwrap();
            let _ = self.1.set(!wait.1.timed_out());
        }
        Ok(())
    }
}

#[test]
fn an_exit_holds_no_lock_while_it_flushes() {
    let text = r#"
        (data (i32.const 32) "\40\00\00\00\01\00\00\00")
        (func (export "wasi_thread_start") (param i32 i32)
            (loop $again
                (drop (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 1024)))
                (call $set (i32.const 0) (i32.const 1))
                (br $again)))
        (func (export "_start") (call $start (i32.const 0)) (call $wait (i32.const 0)) (call $exit (i32.const 7)))"#;
    let (writes, flushed) = (Writes::default(), Arc::new(OnceLock::new()));
    let stdout = Output::Writer(Box::new(Flushes(writes.clone(), flushed.clone())));
    let builder = WasiCtx::builder().stdout(stdout).stderr(Output::Writer(Box::new(writes)));
    let error = run_with("", text, builder, options()).unwrap();
    assert_eq!(error.i32_exit_status(), Some(7));
    assert_eq!(flushed.get(), Some(&true), "the other thread could not write while this one flushed");
}

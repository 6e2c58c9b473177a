//! One run of a program: its cost and its output.

use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What a run cost.
#[derive(Clone, Copy)]
pub struct Run {
    /// User and system time.
    pub cpu: Duration,
    /// From the start to the end.
    pub wall: Duration,
    /// The most memory that was resident, in KiB.
    pub peak_kib: u64,
}

/// A run that came to its end.
pub struct Finished {
    /// What it cost.
    pub run: Run,
    /// How it ended.
    pub status: ExitStatus,
    /// The code it ended with, unless by a signal.
    pub exit_code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed as errors.
    pub stderr: Vec<u8>,
}

/// Runs a command. `stdin` is a file, and `scratch` a folder for its output: output to files needs no reader that would use CPU time.
pub fn run(command: &mut Command, stdin: Option<&Path>, scratch: &Path) -> Result<Finished> {
    let (stdout, stderr) = (scratch.join("stdout"), scratch.join("stderr"));
    command.stdin(match stdin {
        Some(path) => Stdio::from(File::open(path).with_context(|| path.display().to_string())?),
        None => Stdio::null(),
    });
    command.stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
    // A child of vfork starts with the peak memory of this process as its own. A closure to run before exec makes the library fork instead, and the child
    // starts with the few pages that the fork copied.
    // SAFETY: the closure does nothing.
    unsafe { command.pre_exec(|| Ok(())) };

    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let (status, usage) = wait(child.id()).context("wait4")?;
    let wall = start.elapsed();

    let time =
        |value: libc::timeval| Duration::from_secs(value.tv_sec as u64) + Duration::from_micros(value.tv_usec as u64);
    // macOS counts bytes.
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    Ok(Finished {
        run: Run { cpu: time(usage.ru_utime) + time(usage.ru_stime), wall, peak_kib: usage.ru_maxrss as u64 / unit },
        status,
        exit_code: status.code(),
        stdout: std::fs::read(&stdout)?,
        stderr: std::fs::read(&stderr)?,
    })
}

/// Waits for a child of this process and says what it used.
fn wait(pid: u32) -> io::Result<(ExitStatus, libc::rusage)> {
    let mut status = 0;
    // SAFETY: `rusage` is a structure of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live variables of the right types.
        let waited = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
        if waited >= 0 {
            return Ok((ExitStatus::from_raw(status), usage));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Warns if other processes keep the machine busy.
pub fn warn_when_busy() {
    let Ok(load) = std::fs::read_to_string("/proc/loadavg") else {
        return;
    };
    let Some(last_minute) = load.split(' ').next().and_then(|load| load.parse::<f64>().ok()) else {
        return;
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if last_minute > 0.5 {
        eprintln!(
            "warning: the machine is busy (load {last_minute} on {processors} processors): use the ratios with care, and not the times"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn shell(script: &str, stdin: Option<&Path>) -> Finished {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run_number = RUNS.fetch_add(1, Ordering::Relaxed);
        let scratch = std::env::temp_dir().join(format!("xtask-measure-{}-{run_number}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let finished = run(Command::new("sh").args(["-c", script]), stdin, &scratch).unwrap();
        std::fs::remove_dir_all(&scratch).unwrap();
        finished
    }

    #[test]
    fn run_reports_output_and_exit_code() {
        let finished = shell("echo out; echo err >&2; exit 3", None);
        assert_eq!((finished.stdout.as_slice(), finished.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(finished.exit_code, Some(3));
        assert!(finished.run.peak_kib > 0);
    }

    #[test]
    fn run_reports_signals_and_reads_standard_input() {
        assert_eq!(shell("kill -9 $$", None).exit_code, None);
        let manifest = crate::project::root().join("xtask/Cargo.toml");
        assert_eq!(shell("head -c 9", Some(&manifest)).stdout, b"[package]");
    }

    #[test]
    fn cpu_time_is_the_childs() {
        let idle = shell("sleep 0.3", None).run;
        assert!(idle.wall >= Duration::from_millis(300));
        assert!(idle.cpu < idle.wall);
    }
}

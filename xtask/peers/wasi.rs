//! As much of WASI preview 1 as most guests need, for engines that have none: arguments, environment, the three streams, the
//! clock, random bytes. There are no files: calls that want some answer that they are not implemented.

use std::fs::File;
use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Linear memory as an engine gives it to its host.
pub trait Memory {
    /// Fills the bytes from an address; `None` out of bounds.
    fn read(&self, at: u32, bytes: &mut [u8]) -> Option<()>;
    /// Writes the bytes to an address; `None` out of bounds.
    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()>;
}

/// The functions with their parameters. All return an error code, but `proc_exit`, which does not return.
#[macro_export]
macro_rules! for_each_call {
    ($macro:ident) => {
        $macro! {
            args_get(a: i32, b: i32)
            args_sizes_get(a: i32, b: i32)
            clock_res_get(a: i32, b: i32)
            clock_time_get(a: i32, b: i64, c: i32)
            environ_get(a: i32, b: i32)
            environ_sizes_get(a: i32, b: i32)
            fd_close(a: i32)
            fd_fdstat_get(a: i32, b: i32)
            fd_fdstat_set_flags(a: i32, b: i32)
            fd_filestat_get(a: i32, b: i32)
            fd_filestat_set_size(a: i32, b: i64)
            fd_pread(a: i32, b: i32, c: i32, d: i64, e: i32)
            fd_prestat_dir_name(a: i32, b: i32, c: i32)
            fd_prestat_get(a: i32, b: i32)
            fd_read(a: i32, b: i32, c: i32, d: i32)
            fd_readdir(a: i32, b: i32, c: i32, d: i64, e: i32)
            fd_renumber(a: i32, b: i32)
            fd_seek(a: i32, b: i64, c: i32, d: i32)
            fd_sync(a: i32)
            fd_write(a: i32, b: i32, c: i32, d: i32)
            path_create_directory(a: i32, b: i32, c: i32)
            path_filestat_get(a: i32, b: i32, c: i32, d: i32, e: i32)
            path_filestat_set_times(a: i32, b: i32, c: i32, d: i32, e: i64, f: i64, g: i32)
            path_open(a: i32, b: i32, c: i32, d: i32, e: i32, f: i64, g: i64, h: i32, i: i32)
            path_readlink(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32)
            path_remove_directory(a: i32, b: i32, c: i32)
            path_rename(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32)
            path_unlink_file(a: i32, b: i32, c: i32)
            poll_oneoff(a: i32, b: i32, c: i32, d: i32)
            random_get(a: i32, b: i32)
            sched_yield()
            sock_accept(a: i32, b: i32, c: i32)
            sock_shutdown(a: i32, b: i32)
        }
    };
}

const SUCCESS: i32 = 0;
const BAD_FILE: i32 = 8;
const FAULT: i32 = 21;
const INVALID: i32 = 28;
const IO: i32 = 29;
const NOT_IMPLEMENTED: i32 = 52;
const NO_SEEK: i32 = 70;

/// What a guest sees of its host.
pub struct Wasi {
    args: Vec<String>,
    env: Vec<String>,
    start: Instant,
}

impl Wasi {
    /// With these arguments, the first of them the program's name, and variables.
    pub fn new(args: Vec<String>, env: Vec<String>) -> Wasi {
        Wasi { args, env, start: Instant::now() }
    }

    /// Calls a function of [`for_each_call`]; integers of 32 bits are extended by their sign.
    pub fn call(&self, name: &str, arguments: &[i64], memory: &mut impl Memory) -> i32 {
        let a = |index: usize| arguments[index] as u32;
        let done = match name {
            "args_sizes_get" => sizes(&self.args, memory, a(0), a(1)),
            "args_get" => list(&self.args, memory, a(0), a(1)),
            "environ_sizes_get" => sizes(&self.env, memory, a(0), a(1)),
            "environ_get" => list(&self.env, memory, a(0), a(1)),
            "clock_res_get" => memory.write(a(1), &1u64.to_le_bytes()),
            "clock_time_get" => match self.time(a(0)) {
                Some(time) => memory.write(a(2), &time.to_le_bytes()),
                None => return INVALID,
            },
            "random_get" => random(memory, a(0), a(1)),
            "fd_fdstat_get" if a(0) < 3 => {
                // A character device with all rights.
                let mut stat = [0; 24];
                stat[0] = 2;
                stat[8..].fill(0xff);
                memory.write(a(1), &stat)
            }
            "fd_read" if a(0) == 0 => return transfer(memory, a(1), a(2), a(3), &read),
            "fd_write" if a(0) == 1 || a(0) == 2 => return transfer(memory, a(1), a(2), a(3), &write(a(0))),
            "fd_close" if a(0) < 3 => Some(()),
            "fd_fdstat_set_flags" if a(0) < 3 => Some(()),
            "fd_seek" if a(0) < 3 => return NO_SEEK,
            "sched_yield" => Some(()),
            _ if name.starts_with("fd_") => return BAD_FILE,
            _ => return NOT_IMPLEMENTED,
        };
        done.map_or(FAULT, |()| SUCCESS)
    }

    fn time(&self, clock: u32) -> Option<u64> {
        let time = match clock {
            0 => SystemTime::now().duration_since(UNIX_EPOCH).ok()?,
            1..=3 => self.start.elapsed(),
            _ => return None,
        };
        Some(time.as_nanos() as u64)
    }
}

/// How many strings, and how many bytes with the zeros behind them.
fn sizes(strings: &[String], memory: &mut impl Memory, count: u32, bytes: u32) -> Option<()> {
    let sum: usize = strings.iter().map(|string| string.len() + 1).sum();
    memory.write(count, &(strings.len() as u32).to_le_bytes())?;
    memory.write(bytes, &(sum as u32).to_le_bytes())
}

/// The strings, and their addresses.
fn list(strings: &[String], memory: &mut impl Memory, mut pointers: u32, mut at: u32) -> Option<()> {
    for string in strings {
        memory.write(pointers, &at.to_le_bytes())?;
        memory.write(at, string.as_bytes())?;
        memory.write(at + string.len() as u32, &[0])?;
        pointers += 4;
        at += string.len() as u32 + 1;
    }
    Some(())
}

fn random(memory: &mut impl Memory, at: u32, len: u32) -> Option<()> {
    let mut bytes = vec![0; len as usize];
    File::open("/dev/urandom").ok()?.read_exact(&mut bytes).ok()?;
    memory.write(at, &bytes)
}

/// Moves the bytes of one buffer, at this address and of this length; returns how many went. Without memory: `None`; else what
/// the system says.
type Mover<'a, M> = &'a dyn Fn(&mut M, u32, u32) -> Option<std::io::Result<u32>>;

/// Works through a list of buffers, until one is not moved wholly.
fn transfer<M: Memory>(memory: &mut M, buffers: u32, count: u32, moved: u32, mover: Mover<M>) -> i32 {
    let mut sum = 0;
    for buffer in 0..count {
        let (mut at, mut len) = ([0; 4], [0; 4]);
        if memory.read(buffers + buffer * 8, &mut at).and(memory.read(buffers + buffer * 8 + 4, &mut len)).is_none() {
            return FAULT;
        }
        let len = u32::from_le_bytes(len);
        match mover(memory, u32::from_le_bytes(at), len) {
            None => return FAULT,
            Some(Err(_)) => return IO,
            Some(Ok(part)) => {
                sum += part;
                if part < len {
                    break;
                }
            }
        }
    }
    memory.write(moved, &sum.to_le_bytes()).map_or(FAULT, |()| SUCCESS)
}

/// A stream of this process without a buffer in between.
fn stream(number: u32) -> ManuallyDrop<File> {
    // SAFETY: the first three are open, and are not closed here.
    ManuallyDrop::new(unsafe { File::from_raw_fd(number as i32) })
}

fn read<M: Memory>(memory: &mut M, at: u32, len: u32) -> Option<std::io::Result<u32>> {
    let mut bytes = vec![0; len as usize];
    match stream(0).read(&mut bytes) {
        Ok(part) => memory.write(at, &bytes[..part]).map(|()| Ok(part as u32)),
        Err(error) => Some(Err(error)),
    }
}

fn write<M: Memory>(number: u32) -> impl Fn(&mut M, u32, u32) -> Option<std::io::Result<u32>> {
    move |memory, at, len| {
        let mut bytes = vec![0; len as usize];
        memory.read(at, &mut bytes)?;
        Some(stream(number).write_all(&bytes).map(|()| len))
    }
}

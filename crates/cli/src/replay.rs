//! `run --record` keeps a program's host calls in a file, and `run --replay` runs the program again with them.

use alloc::format;

use wasmote::{Error, ErrorKind, Module, ReplayError, ReplayedCall, Store};
use wasmote_rt::{OutputFile, Stream};

use crate::failure::{CliError, shown};
use crate::options::Options;
use crate::run::{Replay, State};

/// The maximum number of buffers in a call of WASI.
const MAX_BUFFERS: u64 = 1024;

pub const REPLAY: Replay =
    Replay { begin, provide: |linker, module| linker.define_unknown_imports_as_traps(module), end };

#[inline(never)]
fn begin(store: &mut Store<State>, module: &Module, options: &Options) -> Result<(), CliError> {
    if options.record.is_some() && options.replay.is_some() {
        return Err(CliError::usage("`--record` and `--replay` exclude each other: give one of them"));
    }
    if let Some(name) = options.record {
        let failed = move |error| format!("the recording `{}` cannot be written: {error}", shown(name));
        let file = OutputFile::create(name).map_err(|error| CliError::usage(failed(error)))?;
        let begun = store.record(module, move |bytes| file.write(bytes).map_err(|error| Error::new(failed(error))));
        begun.map_err(|error| CliError::load(name, error))?;
    }
    if let Some(name) = options.replay {
        let recording = wasmote_rt::read_file(name)
            .map_err(|error| CliError::load(name, format_args!("the recording cannot be read: {error}")))?;
        let mut streams = Streams::new();
        let begun = store.replay(module, recording, move |call| streams.see(call));
        begun.map_err(|error| CliError::load(name, error))?;
    }
    Ok(())
}

/// Ends recording or replaying, after a run that may have ended with an error.
fn end(store: &mut Store<State>, options: &Options, error: Option<&Error>) -> Result<(), CliError> {
    let Some(name) = options.record.or(options.replay) else { return Ok(()) };
    let ended = store.end_recording();
    // The run may have ended with the same error.
    match error.is_some_and(is_of_replay) {
        true => Ok(()),
        false => ended.map(drop).map_err(|error| CliError::load(name, error)),
    }
}

/// Prints again what the program wrote to standard output and error.
struct Streams {
    /// The descriptors of standard output and error, which the program may close and renumber.
    descriptors: [Option<u32>; 2],
}

impl Streams {
    fn new() -> Streams {
        Streams { descriptors: [Some(1), Some(2)] }
    }

    /// Prints what a call wrote to one of the streams.
    fn see(&mut self, call: &ReplayedCall<'_>) -> Result<(), Error> {
        if !matches!(call.module(), "wasi_snapshot_preview1" | "wasi_unstable") || call.results() != Some(&[0]) {
            return Ok(());
        }
        match (call.name(), call.args()) {
            ("fd_close", &[fd]) => self.renumber(fd as u32, None),
            ("fd_renumber", &[from, to]) if from != to => {
                self.renumber(to as u32, None);
                self.renumber(from as u32, Some(to as u32));
            }
            ("fd_write", &[fd, buffers, count, written]) => self.write(call.memory(), fd, buffers, count, written)?,
            ("fd_pwrite", &[fd, buffers, count, _, written]) => {
                self.write(call.memory(), fd, buffers, count, written)?
            }
            ("sock_send", &[fd, buffers, count, _, written]) => {
                self.write(call.memory(), fd, buffers, count, written)?
            }
            _ => {}
        }
        Ok(())
    }

    fn renumber(&mut self, from: u32, to: Option<u32>) {
        for descriptor in self.descriptors.iter_mut().filter(|descriptor| **descriptor == Some(from)) {
            *descriptor = to;
        }
    }

    /// Prints the first bytes of buffers. `written` is the address of how many were written.
    fn write(&self, memory: &[u8], fd: u64, buffers: u64, count: u64, written: u64) -> Result<(), Error> {
        let Some(stream) = self.descriptors.iter().position(|descriptor| *descriptor == Some(fd as u32)) else {
            return Ok(());
        };
        let stream = if stream == 0 { Stream::Output } else { Stream::Error };
        let word = |at: u64| -> Option<u32> {
            let bytes = memory.get(usize::try_from(at).ok()?..)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        let mut left = word(written).unwrap_or(0) as usize;
        for i in 0..count.min(MAX_BUFFERS) {
            let at = buffers + 8 * i;
            let (Some(buffer), Some(len)) = (word(at), word(at + 4)) else { break };
            let bytes = memory.get(buffer as usize..).unwrap_or_default();
            let bytes = &bytes[..left.min(len as usize).min(bytes.len())];
            stream.write(bytes).map_err(|error| Error::new(format!("cannot write to standard output: {error}")))?;
            left -= bytes.len();
            if left == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Returns whether the replay itself failed. `Error::downcast_ref` would link code that prints all kinds of errors.
fn is_of_replay(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Host(error) if error.is::<ReplayError>())
}

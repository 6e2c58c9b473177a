//! `run --profile`: a thread asks for a sample every millisecond, and the samples are written after the run.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use wasmote::{Error, Profile, Store};
use wasmote_rt::Stream;

use crate::failure::CliError;
use crate::options::Options;
use crate::output;
use crate::run::{Profiling, State};

/// The time between two samples.
const INTERVAL: Duration = Duration::from_millis(1);

pub const PROFILING: Profiling = Profiling { begin, write };

fn begin(store: &mut Store<State>, options: &Options) -> Result<(), Error> {
    if options.profile.is_none() {
        return Ok(());
    }
    let sampler = store.sample()?;
    let started = wasmote_rt::spawn(move || {
        loop {
            wasmote_rt::sleep(INTERVAL);
            sampler.request();
        }
    });
    if !started {
        return Err(Error::new("`--profile` needs a thread, and the system has none left"));
    }
    Ok(())
}

#[inline(never)]
fn write(store: &Store<State>, options: &Options) -> Result<(), CliError> {
    let (Some(file), Some(profile)) = (options.profile, store.profile()) else { return Ok(()) };
    let (folded, flame_graph) = match file {
        "" => ("profile.folded", "profile.svg"),
        file if file.ends_with(".svg") => ("", file),
        file => (file, ""),
    };
    write_file(folded, profile, Profile::write_folded)?;
    write_file(flame_graph, profile, Profile::write_flame_graph)?;
    let lost = profile.lost_samples();
    if lost > 0 {
        let samples = profile.samples();
        let message = format!("wasmote: the profile has {samples} samples, and lacks {lost} that found no room\n");
        // Without standard error, the message has nowhere to go.
        let _ = Stream::Error.write(message.as_bytes());
    }
    Ok(())
}

/// Writes a profile as text.
type Writer<'a> = fn(&Profile<'a>, &mut dyn fmt::Write) -> fmt::Result;

/// Writes a file, unless it has no name.
#[inline(never)]
fn write_file<'a>(name: &str, profile: Profile<'a>, write: Writer<'a>) -> Result<(), CliError> {
    if name.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    match write(&profile, &mut text) {
        Ok(()) => output::write(Some(name.as_bytes()), text.as_bytes()).map(drop),
        Err(_) => Err(CliError::load(name.as_bytes(), "there is not enough memory for the profile")),
    }
}

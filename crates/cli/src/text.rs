//! `wasmote print` and `wasmote parse`: binaries into text, and text into binaries.

#[cfg(feature = "print")]
use alloc::vec::Vec;

use crate::failure::Failure;
use crate::input;
use crate::options::Options;

/// Prints a binary. Text is printed, too, as what it becomes.
#[cfg(feature = "print")]
#[inline(never)]
pub fn print(options: &Options) -> Result<i32, Failure> {
    use wasmote_rt::{Stream, told_of_no_memory};
    use wasmote_wat::print::{PrintErrorKind, print};

    let file = options.file;
    let input = input::module(file)?;
    if input.is_image {
        return Err(Failure::load(file, "this is an image: print the module that it was made from"));
    }
    // A file gets all of the text or none; standard output gets it as it comes.
    let out = options.out.filter(|out| *out != b"-");
    let (mut text, mut written) = (Vec::new(), Ok(()));
    let printed = told_of_no_memory(|| {
        print(&input.bytes, &mut |part| match out {
            Some(_) => {
                let has_room = text.try_reserve(part.len()).is_ok();
                text.extend_from_slice(if has_room { part } else { &[] });
                has_room
            }
            None => {
                written = Stream::Output.write(part);
                written.is_ok()
            }
        })
    });
    written?;
    printed.map_err(|error| match error.kind {
        PrintErrorKind::Malformed(_) => Failure::malformed(file, error),
        PrintErrorKind::Stopped => Failure::load(file, wasmote_ir::fallible::OutOfMemory),
        _ => Failure::load(file, error),
    })?;
    match out {
        Some(out) => input::write(out, &text).map(|()| 0),
        None => Ok(0),
    }
}

/// Makes a binary of text.
#[cfg(feature = "wat")]
#[inline(never)]
pub fn parse(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let input = input::module(file)?;
    if !input.was_text {
        let message = if input.is_image {
            "this is an image, not text: name a .wat file"
        } else {
            "this is a binary already, not text: name a .wat file"
        };
        return Err(Failure::load(file, message));
    }
    match options.out {
        Some(out) if out != b"-" => input::write(out, &input.bytes).map(|()| 0),
        _ => input::write_all(&input.bytes),
    }
}

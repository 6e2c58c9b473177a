//! `wasmote print`: prints a module as text. Text is converted to a binary and printed from that.

use alloc::vec::Vec;

use wasmote_rt::{Stream, with_allocation_errors};
use wasmote_wat::print::{self, PrintErrorKind};

use crate::failure::CliError;
use crate::options::Options;
use crate::{input, output};

#[inline(never)]
pub fn print(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    if input.is_image() {
        return Err(CliError::load(file, "this is an image: print the module that it was made from"));
    }
    // A file gets all of the text or none. Standard output gets the text as it is made.
    let out = options.out.filter(|out| *out != b"-");
    let (mut text, mut written) = (Vec::new(), Ok(()));
    let printed = with_allocation_errors(|| {
        print::print(&input.bytes, &mut |part| match out {
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
        PrintErrorKind::Malformed(_) => CliError::malformed(file, error),
        PrintErrorKind::Stopped => CliError::load(file, wasmote_ir::fallible::OutOfMemory),
        _ => CliError::load(file, error),
    })?;
    match out {
        Some(_) => output::write(out, &text),
        None => Ok(0),
    }
}

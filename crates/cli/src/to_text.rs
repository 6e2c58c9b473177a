//! `wasmote print`: a module as text. A module that is text already is printed as the binary that it becomes.

use alloc::vec::Vec;

use wasmote_rt::{Stream, told_of_no_memory};
use wasmote_wat::print::{self, PrintErrorKind};

use crate::failure::Failure;
use crate::options::Options;
use crate::{input, output};

#[inline(never)]
pub fn print(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let input = input::module(file)?;
    if input.is_image() {
        return Err(Failure::load(file, "this is an image: print the module that it was made from"));
    }
    // A file gets all of the text or none; standard output gets it as it comes.
    let out = options.out.filter(|out| *out != b"-");
    let (mut text, mut written) = (Vec::new(), Ok(()));
    let printed = told_of_no_memory(|| {
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
        PrintErrorKind::Malformed(_) => Failure::malformed(file, error),
        PrintErrorKind::Stopped => Failure::load(file, wasmote_ir::fallible::OutOfMemory),
        _ => Failure::load(file, error),
    })?;
    match out {
        Some(_) => output::write(out, &text),
        None => Ok(0),
    }
}

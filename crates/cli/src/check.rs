//! `wasmote validate`.

use alloc::format;

use crate::failure::{Failure, shown};
use crate::input;
use crate::load::load_alone;
use crate::options::Options;
use crate::print;

#[inline(never)]
pub fn check(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let input = input::module(file)?;
    let is_image = input.is_image;
    // A binary is validated when it is loaded, an image is verified then but for its functions.
    let module = load_alone(file, input)?;
    if !is_image {
        return print(&format!("{}: valid\n", shown(file)));
    }
    let verified = wasmote_rt::told_of_no_memory(|| module.verify());
    verified.map_err(|error| Failure::of(file, module.bytes(), &error))?;
    let functions = module.info().bodies.len();
    print(&format!("{}: valid image, all {functions} functions verified\n", shown(file)))
}

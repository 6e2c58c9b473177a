//! `wasmote compile`: a module as an image.

use alloc::format;

use wasmote::OpSet;

use crate::failure::Failure;
use crate::input;
use crate::load::load_alone;
use crate::options::{Options, without};
use crate::print;

#[inline(never)]
pub fn compile(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let Some(out) = options.out else {
        return Err(Failure::usage("where to? Name the image with `-o OUT.wmi`"));
    };
    let input = input::module(file)?;
    if input.is_image {
        return Err(Failure::load(file, "this is an image already: compile the module that it was made from"));
    }
    let module = load_alone(file, input)?;
    let image = wasmote_rt::told_of_no_memory(|| module.to_image(&options.image));
    let image = image.map_err(|error| Failure::of(file, module.bytes(), &error))?;
    if out == b"-" {
        return input::write_all(&image);
    }
    input::write(out, &image)?;
    print("")
}

/// The value of `--op-set`.
pub fn op_set(value: &str) -> Result<OpSet, Failure> {
    match value {
        "core" => Ok(OpSet::Core),
        "extended" if cfg!(feature = "extended") => Ok(OpSet::Extended),
        "extended" => Err(without("--op-set extended", "extended")),
        _ => Err(Failure::usage(format!("`--op-set {value}` should be core or extended"))),
    }
}

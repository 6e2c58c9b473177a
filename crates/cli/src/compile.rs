//! `wasmote compile`: translates a module into an image.

use alloc::format;

use wasmote::{ImageOptions, OpSet};

use crate::failure::CliError;
use crate::load::load_alone;
use crate::options::Options;
use crate::plural::Plural;
use crate::progress::Progress;
use crate::{input, output};

/// From this many bytes on, a module takes a noticeable time.
const LONG: usize = 1 << 20;

#[inline(never)]
pub fn compile(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let image_options = image_options(options)?;
    let Some(out) = options.out else {
        return Err(CliError::usage("no output given: name the image with `-o OUT.wmi`"));
    };
    let input = input::module(file)?;
    if input.is_image() {
        return Err(CliError::load(file, "this is already an image: compile the module that it was made from"));
    }
    let len = input.bytes.len();
    let progress = Progress::new(len > LONG);
    progress.show(format_args!("validating {len} bytes"));
    let module = load_alone(file, input).inspect_err(|_| progress.clear())?;
    progress.show(format_args!("translating {}", Plural(module.info().bodies.len(), "function")));
    let image = wasmote_rt::with_allocation_errors(|| module.to_image(&image_options));
    progress.clear();
    let image = image.map_err(|error| CliError::of(file, module.bytes(), &error))?;
    output::write(Some(out), &image)
}

/// Returns the options of the image.
fn image_options(options: &Options) -> Result<ImageOptions, CliError> {
    let (names, offsets, custom_sections) = (options.names, options.offsets, options.custom_sections);
    let mut image =
        ImageOptions::default().with_names(names).with_offsets(offsets).with_custom_sections(custom_sections);
    image.code.metered = options.metered;
    image.code.canonical_nans = options.deterministic;
    if let Some(value) = options.op_set {
        image.code.op_set = op_set(value)?;
    }
    Ok(image)
}

/// Parses the value of `--op-set`.
fn op_set(value: &str) -> Result<OpSet, CliError> {
    match value {
        "core" => Ok(OpSet::Core),
        "extended" => Ok(OpSet::Extended),
        _ => Err(CliError::usage(format!("`--op-set {value}` should be core or extended"))),
    }
}

//! `wasmote inspect` of an image.

use alloc::format;
use core::fmt::Write;

use wasmote_ir::fuel::SCHEDULE;
use wasmote_ir::image::layout::{Section, features};
use wasmote_ir::image::{Image, OpSet};

use super::{externs, section};
use crate::failure::{CliError, shown};
use crate::input::Input;
use crate::load::load_alone;
use crate::print;

/// The names of sections, in the order of [`Section::ALL`].
const SECTIONS: [&str; Section::COUNT] = [
    "types",
    "value types",
    "imports",
    "functions",
    "tables",
    "memories",
    "globals",
    "exports",
    "elements",
    "data",
    "names",
    "constants",
    "items",
    "strings",
    "subtypes",
    "tags",
    "exceptions",
    "offsets",
];

/// The features that an image may need, mostly with the names that `inspect` prints for modules.
const FEATURES: [(u32, &str); 7] = [
    (features::SIMD, "SIMD"),
    (features::REFERENCES, "typed function references"),
    (features::GC, "garbage collection"),
    (features::EXCEPTIONS, "exception handling"),
    (features::ATOMICS, "atomic instructions"),
    (features::THREADS, "threads"),
    (features::FLOAT, "floats"),
];

/// Lists the parts of an image, after verifying its records.
pub fn inspect(file: &[u8], input: Input) -> Result<i32, CliError> {
    let module = load_alone(file, input)?;
    let image = Image::of_parsed(module.bytes());
    let op_set = match image.op_set() {
        OpSet::Core => "core",
        OpSet::Extended => "extended",
    };
    let metered = if image.is_metered() { &*format!("yes, schedule {SCHEDULE}") } else { "no" };
    let canonical = if image.features() & features::CANONICAL_NANS != 0 { "yes" } else { "no" };
    let mut text = format!(
        "{}: {} bytes, an image\nop set: {op_set}\nmetered: {metered}\ncanonical NaNs: {canonical}\nfeatures:",
        shown(file),
        module.bytes().len()
    );
    let needed = FEATURES.iter().filter(|(bit, _)| image.features() & bit != 0);
    if needed.clone().next().is_none() {
        text += " none";
    }
    text.push('\n');
    for (_, name) in needed {
        let _ = writeln!(text, "  {name}");
    }
    externs(module.info(), &mut text);
    text += "sections:\n";
    for (kind, name) in Section::ALL.into_iter().zip(SECTIONS) {
        let (start, count) = (image.section(kind), image.count(kind) as usize);
        if count > 0 {
            section(name, &(start..start.saturating_add(count.saturating_mul(kind.record()))), &mut text);
        }
    }
    section("code", &(image.meta_end()..image.code_end()), &mut text);
    section("data bytes", &(image.code_end()..image.file_len()), &mut text);
    print(&text)
}

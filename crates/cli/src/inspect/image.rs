//! `wasmote inspect` of an image.

use wasmote_ir::fuel::SCHEDULE;
use wasmote_ir::image::layout::{Section, features};
use wasmote_ir::image::{Image, OpSet};

use super::{Listing, externs, head, section, sections};
use crate::failure::CliError;
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
    "customs",
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
pub fn inspect(file: &[u8], input: Input, mut out: Listing) -> Result<i32, CliError> {
    let module = load_alone(file, input)?;
    let image = Image::of_parsed(module.bytes());
    let op_set = match image.op_set() {
        OpSet::Core => "core",
        OpSet::Extended => "extended",
    };
    let (metered, canonical) = (image.is_metered(), image.features() & features::CANONICAL_NANS != 0);
    head(&mut out, file, module.bytes().len(), true);
    out.line(format_args!("op set: {op_set}"));
    match metered {
        true => out.line(format_args!("metered: yes, schedule {SCHEDULE}")),
        false => out.line(format_args!("metered: no")),
    }
    out.line(format_args!("canonical NaNs: {}", if canonical { "yes" } else { "no" }));
    out.string("op_set", op_set);
    out.plain("metered", metered);
    out.plain("canonical_nans", canonical);
    let needed = FEATURES.iter().filter(|(bit, _)| image.features() & bit != 0);
    out.line(format_args!("features:{}", if needed.clone().next().is_none() { " none" } else { "" }));
    out.open("features", '[');
    for (_, name) in needed {
        out.line(format_args!("  {name}"));
        out.string("", name);
    }
    out.close(']');
    externs(module.info(), &[], &mut out);
    sections(&mut out, |out| {
        for (kind, name) in Section::ALL.into_iter().zip(SECTIONS) {
            let (start, count) = (image.section(kind), image.count(kind) as usize);
            if count > 0 {
                section(name, None, &(start..start.saturating_add(count.saturating_mul(kind.record()))), out);
            }
        }
        for custom in (0..image.count(Section::Customs)).filter_map(|index| image.custom(index)) {
            section("custom", core::str::from_utf8(custom.name).ok(), &custom.bytes, out);
        }
        section("code", None, &(image.meta_end()..image.code_end()), out);
        section("data bytes", None, &(image.code_end()..image.file_len()), out);
    });
    out.close('}');
    print(&out.end())
}

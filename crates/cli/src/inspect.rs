//! `wasmote inspect`: lists the parts of a module or an image.

#[cfg(feature = "image")]
mod image;
mod listing;
#[cfg(feature = "validate")]
mod needs;

use alloc::string::ToString;
use core::ops::Range;

use wasmote::{ExternType, TagType};
use wasmote_decode::{ExportKind, ImportType, ModuleInfo, decode_supported};

use crate::escaped::Escaped;
use crate::failure::{CliError, shown};
use crate::features::built;
use crate::input::Input;
use crate::options::Options;
use crate::type_text::{TypeNames, TypeText};
use crate::{input, print};

use listing::Listing;

const SECTIONS: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

type InspectImage = fn(&[u8], Input, Listing) -> Result<i32, CliError>;

/// Lists the parts of an image.
const INSPECT_IMAGE: Option<InspectImage> = built!("image", image::inspect);
/// Adds the features that a module needs.
const LIST_FEATURES: Option<fn(&[u8], &mut Listing)> = built!("validate", needs::list_features);

#[inline(never)]
pub fn inspect(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    let mut out = Listing::new(options.json);
    out.open("", '{');
    if let (true, Some(inspect)) = (input.is_image(), INSPECT_IMAGE) {
        return inspect(file, input, out);
    }
    let wasm = input.bytes;
    let (module, unsupported) = decode_supported(&wasm).map_err(|error| CliError::of(file, &wasm, &error.into()))?;
    head(&mut out, file, wasm.len(), false);
    if let Some(list) = LIST_FEATURES {
        list(&wasm, &mut out);
    }
    if let Some(error) = &unsupported {
        out.line(format_args!("incomplete: {error}, so what follows in the same section is not listed"));
        out.string("incomplete", &error.to_string());
    }
    externs(&module, &wasm, &mut out);
    let mut customs = module.customs.iter();
    sections(&mut out, |out| {
        for (id, range) in &module.sections {
            let custom = if *id == 0 { customs.next().map(|custom| &*custom.name) } else { None };
            section(SECTIONS.get(usize::from(*id)).unwrap_or(&"unknown"), custom, range, out);
        }
    });
    out.close('}');
    print(&out.end())
}

/// Adds what the file is.
fn head(out: &mut Listing, file: &[u8], len: usize, is_image: bool) {
    let name = shown(file);
    out.line(format_args!("{name}: {len} bytes{}", if is_image { ", an image" } else { "" }));
    out.string("file", &name);
    out.plain("size", len);
    out.string("kind", if is_image { "image" } else { "module" });
}

/// Adds the sections that `each` adds.
fn sections(out: &mut Listing, each: impl FnOnce(&mut Listing)) {
    out.line(format_args!("sections:"));
    out.open("sections", '[');
    each(out);
    out.close(']');
}

/// Adds a section: its name, the name that it has as a custom section, its size and offset.
fn section(name: &str, custom: Option<&str>, range: &Range<usize>, out: &mut Listing) {
    let (len, start) = (range.len(), range.start);
    match custom {
        Some(custom) => {
            out.line(format_args!("  {name:<12}{len:>10} bytes at {start:#x} \"{}\"", Escaped(custom)));
        }
        None => out.line(format_args!("  {name:<12}{len:>10} bytes at {start:#x}")),
    }
    out.open("", '{');
    out.string("name", custom.unwrap_or(name));
    out.plain("custom", custom.is_some());
    out.plain("size", len);
    out.plain("offset", start);
    out.close('}');
}

/// Adds imports and exports with their types, and the number of functions.
fn externs(module: &ModuleInfo, wasm: &[u8], out: &mut Listing) {
    let names = TypeNames::of(module, wasm);
    out.line(format_args!("imports: {}", module.imports.len()));
    out.open("imports", '[');
    for import in &module.imports {
        let ty = match import.ty {
            ImportType::Func(ty) | ImportType::ExactFunc(ty) => module.type_of_funcs(ty).cloned().map(ExternType::Func),
            ImportType::Table(ty) => Some(ExternType::Table(ty)),
            ImportType::Memory(ty) => Some(ExternType::Memory(ty)),
            ImportType::Global(ty) => Some(ExternType::Global(ty)),
            ImportType::Tag(ty) => module.type_of_funcs(ty).cloned().map(TagType::new).map(ExternType::Tag),
        };
        item(Some(&import.module), &import.name, &names, ty, out);
    }
    out.close(']');
    out.line(format_args!("exports: {}", module.exports.len()));
    out.open("exports", '[');
    for export in &module.exports {
        let index = export.index as usize;
        let ty = match export.kind {
            ExportKind::Func => module.func_type(export.index).cloned().map(ExternType::Func),
            ExportKind::Table => module.tables.get(index).copied().map(ExternType::Table),
            ExportKind::Memory => module.memories.get(index).copied().map(ExternType::Memory),
            ExportKind::Global => module.globals.get(index).copied().map(ExternType::Global),
            ExportKind::Tag => {
                let ty = module.tags.get(index).and_then(|&ty| module.type_of_funcs(ty));
                ty.cloned().map(TagType::new).map(ExternType::Tag)
            }
        };
        item(None, &export.name, &names, ty, out);
    }
    out.close(']');
    let (defined, imported) = (module.bodies.len(), module.imported_funcs);
    out.line(format_args!("functions: {defined} defined, {imported} imported"));
    out.open("functions", '{');
    out.plain("defined", defined);
    out.plain("imported", imported);
    out.close('}');
}

/// Adds an import or export with its type. The index of an export may lead nowhere in an invalid module.
fn item(module: Option<&str>, name: &str, names: &TypeNames<'_>, ty: Option<ExternType>, out: &mut Listing) {
    let ty = ty.map_or("unknown type".into(), |ty| TypeText(names, &ty).to_string());
    match module {
        Some(module) => out.line(format_args!("  {}::{}: {ty}", Escaped(module), Escaped(name))),
        None => out.line(format_args!("  {}: {ty}", Escaped(name))),
    }
    out.open("", '{');
    if let Some(module) = module {
        out.string("module", module);
    }
    out.string("name", name);
    out.string("type", &ty);
    out.close('}');
}

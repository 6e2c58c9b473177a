//! `wasmote inspect`: lists the parts of a module or an image.

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "validate")]
mod needs;

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;
use core::ops::Range;

use wasmote::ExternType;
use wasmote_decode::{DecodeErrorKind, ExportKind, ImportType, ModuleInfo, decode};

use crate::escaped::Escaped;
use crate::failure::{CliError, shown};
use crate::features::built;
use crate::input::Input;
use crate::options::Options;
use crate::{input, print};

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

type InspectImage = fn(&[u8], Input) -> Result<i32, CliError>;

/// Lists the parts of an image.
const INSPECT_IMAGE: Option<InspectImage> = built!("image", image::inspect);
/// Adds the features that a module needs.
const LIST_FEATURES: Option<fn(&[u8], &mut String)> = built!("validate", needs::list_features);

#[inline(never)]
pub fn inspect(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    if let (true, Some(inspect)) = (input.is_image(), INSPECT_IMAGE) {
        return inspect(file, input);
    }
    let wasm = input.bytes;
    let mut text = String::new();
    if let Some(list) = LIST_FEATURES {
        list(&wasm, &mut text);
    }
    let module = match decode(&wasm) {
        Ok(module) => module,
        Err(error) => {
            // A module that needs a feature this build lacks cannot be read further, but its features can be listed.
            if let (DecodeErrorKind::Unsupported(_), false) = (&error.kind, text.is_empty()) {
                print(&format!("{}: {} bytes\n{text}", shown(file), wasm.len()))?;
            }
            return Err(CliError::of(file, &wasm, &error.into()));
        }
    };
    externs(&module, &mut text);
    let _ = writeln!(text, "sections:");
    for (id, range) in &module.sections {
        section(SECTIONS.get(usize::from(*id)).unwrap_or(&"unknown"), range, &mut text);
    }
    print(&format!("{}: {} bytes\n{text}", shown(file), wasm.len()))
}

/// Adds a line for a section: its name, size and offset.
fn section(name: &str, range: &Range<usize>, text: &mut String) {
    let _ = writeln!(text, "  {name:<12}{:>10} bytes at {:#x}", range.len(), range.start);
}

/// Adds imports and exports with their types, and the number of functions.
fn externs(module: &ModuleInfo, text: &mut String) {
    let _ = writeln!(text, "imports: {}", module.imports.len());
    for import in &module.imports {
        let ty = match import.ty {
            ImportType::Func(ty) | ImportType::ExactFunc(ty) => module.type_of_funcs(ty).cloned().map(ExternType::Func),
            ImportType::Table(ty) => Some(ExternType::Table(ty)),
            ImportType::Memory(ty) => Some(ExternType::Memory(ty)),
            ImportType::Global(ty) => Some(ExternType::Global(ty)),
            ImportType::Tag(ty) => module.type_of_funcs(ty).cloned().map(ExternType::Tag),
        };
        line(&format!("{}::{}", Escaped(&import.module), Escaped(&import.name)), ty, text);
    }
    let _ = writeln!(text, "exports: {}", module.exports.len());
    for export in &module.exports {
        let index = export.index as usize;
        let ty = match export.kind {
            ExportKind::Func => module.func_type(export.index).cloned().map(ExternType::Func),
            ExportKind::Table => module.tables.get(index).copied().map(ExternType::Table),
            ExportKind::Memory => module.memories.get(index).copied().map(ExternType::Memory),
            ExportKind::Global => module.globals.get(index).copied().map(ExternType::Global),
            ExportKind::Tag => {
                let ty = module.tags.get(index).and_then(|&ty| module.type_of_funcs(ty));
                ty.cloned().map(ExternType::Tag)
            }
        };
        line(&Escaped(&export.name).to_string(), ty, text);
    }
    let defined = module.bodies.len();
    let _ = writeln!(text, "functions: {defined} defined, {} imported", module.imported_funcs);
}

/// Adds a line for a name with its type. In an invalid module, the index of an export may lead nowhere.
fn line(name: &str, ty: Option<ExternType>, text: &mut String) {
    let _ = match ty {
        Some(ty) => writeln!(text, "  {name}: {ty}"),
        None => writeln!(text, "  {name}: unknown type"),
    };
}

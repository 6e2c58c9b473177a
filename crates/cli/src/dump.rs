//! `wasmote dump`: functions as the instructions that they are run as.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};
use core::ops::Range;

use wasmote::ExternType;
use wasmote_decode::{ExportKind, ModuleInfo, decode};
use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_translate::Translator;

use crate::failure::Failure;
use crate::options::Options;
use crate::{input, print};

/// The name of a function: that of the name section, or of an export.
fn name<'a>(module: &'a ModuleInfo, wasm: &'a [u8], func: u32) -> Option<&'a str> {
    wasmote_decode::names::function_name(module, wasm, func).or_else(|| {
        let export = module.exports.iter().find(|export| export.kind == ExportKind::Func && export.index == func);
        export.map(|export| &*export.name)
    })
}

/// The functions to show, by index.
fn chosen(options: &Options, module: &ModuleInfo, wasm: &[u8]) -> Result<Range<u32>, Failure> {
    let all = module.imported_funcs..module.funcs.len() as u32;
    let Some(wanted) = options.func else { return Ok(all) };
    let by_export = module.exports.iter().find(|export| export.kind == ExportKind::Func && *export.name == *wanted);
    let found = wanted
        .parse()
        .ok()
        .or_else(|| by_export.map(|export| export.index))
        .or_else(|| all.clone().find(|&func| name(module, wasm, func) == Some(wanted)));
    match found {
        Some(func) if all.contains(&func) => Ok(func..func + 1),
        Some(func) if func < all.start => Err(Failure::usage(format!("function {func} is imported: it has no code"))),
        _ => Err(Failure::usage(format!(
            "no function `{}`: give a name or an index from {} to {}",
            wanted.escape_debug(),
            all.start,
            all.end.saturating_sub(1)
        ))),
    }
}

pub fn dump(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let wasm = input::module(file)?;
    let module = decode(&wasm).map_err(|error| Failure::of(file, &wasm, &error.into()))?;
    // Only what is valid can be translated.
    #[cfg(feature = "validate")]
    wasmote_validate::validate(&wasm, &wasmote_validate::Features::default())
        .map_err(|error| Failure::invalid(file, &wasm, &error))?;

    let mut translator = Translator::new();
    let mut text = String::new();
    for func in chosen(options, &module, &wasm)? {
        // Writing to a string does not fail.
        let _ = list(&mut text, &mut translator, &module, &wasm, func);
        if text.len() > 1 << 16 {
            print(&text)?;
            text.clear();
        }
    }
    print(&text)
}

/// Adds one function.
fn list(text: &mut String, translator: &mut Translator, module: &ModuleInfo, wasm: &[u8], func: u32) -> fmt::Result {
    write!(text, "function {func}")?;
    if let Some(name) = name(module, wasm, func) {
        write!(text, " <{}>", name.escape_debug())?;
    }
    if let Some(ty) = module.func_type(func) {
        write!(text, ": {}", ExternType::Func(ty.clone()))?;
    }
    match translator.translate(module, wasm, func, false) {
        Ok(translated) => {
            let (slots, header) = (translated.frame_slots, translated.header);
            writeln!(text, "\n  {slots} slots, header at s{header}, {} units", translated.code.len())?;
            for (at, instr) in instructions(translated.code) {
                writeln!(text, "  {}", Listed(at, instr))?;
            }
        }
        Err(error) => writeln!(text, "\n  not translated: {:?} (at offset {:#x})", error.kind, error.offset)?,
    }
    writeln!(text)
}

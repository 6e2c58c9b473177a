//! `wasmote dump`: functions as the instructions that they are run as.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::ops::Range;

use wasmote::{ExternType, Module};
use wasmote_decode::ExportKind;
use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_ir::image::Image;
use wasmote_translate::Translator;

use crate::escaped::Escaped;
use crate::failure::Failure;
use crate::load::load_alone;
use crate::options::Options;
use crate::{input, print};

/// The names of all functions: those that the module has for them, or of exports.
fn names(module: &Module) -> Vec<Option<&str>> {
    let mut names: Vec<_> = (0..module.info().funcs.len() as u32).map(|func| module.function_name(func)).collect();
    for export in module.info().exports.iter().filter(|export| export.kind == ExportKind::Func) {
        if let Some(place @ None) = names.get_mut(export.index as usize) {
            *place = Some(&export.name);
        }
    }
    names
}

/// The functions to show, by index.
fn chosen(options: &Options, module: &Module, names: &[Option<&str>]) -> Result<Range<u32>, Failure> {
    let info = module.info();
    let all = info.imported_funcs..info.funcs.len() as u32;
    let Some(wanted) = options.func else { return Ok(all) };
    let by_export = info.exports.iter().find(|export| export.kind == ExportKind::Func && *export.name == *wanted);
    let found = wanted
        .parse()
        .ok()
        .or_else(|| by_export.map(|export| export.index))
        .or_else(|| all.clone().find(|&func| names[func as usize] == Some(wanted)));
    match found {
        Some(func) if all.contains(&func) => Ok(func..func + 1),
        Some(func) if func < all.start => Err(Failure::usage(format!("function {func} is imported: it has no code"))),
        _ if all.is_empty() => {
            Err(Failure::usage(format!("no function `{}`: the module has none with code", Escaped(wanted))))
        }
        _ => Err(Failure::usage(format!(
            "no function `{}`: give a name or an index from {} to {}",
            Escaped(wanted),
            all.start,
            all.end - 1
        ))),
    }
}

#[inline(never)]
pub fn dump(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let input = input::module(file)?;
    let is_image = input.is_image;
    // Only what is valid can be translated.
    let module = load_alone(file, input)?;
    if is_image {
        module.verify().map_err(|error| Failure::of(file, module.bytes(), &error))?;
    }
    let mut translator = Translator::new();
    let mut text = String::new();
    let names = names(&module);
    for func in chosen(options, &module, &names)? {
        // Writing to a string does not fail.
        let _ = head(&mut text, &module, func, names[func as usize]);
        let _ = match is_image {
            true => of_image(&mut text, &module, func),
            false => of_binary(&mut text, &mut translator, &module, func),
        };
        text.push('\n');
        if text.len() > 1 << 16 {
            print(&text)?;
            text.clear();
        }
    }
    print(&text)
}

/// Adds a function's index, name and type.
fn head(text: &mut String, module: &Module, func: u32, name: Option<&str>) -> fmt::Result {
    write!(text, "function {func}")?;
    if let Some(name) = name {
        write!(text, " <{}>", Escaped(name))?;
    }
    if let Some(ty) = module.info().func_type(func) {
        write!(text, ": {}", ExternType::Func(ty.clone()))?;
    }
    text.write_char('\n')
}

/// Adds what a function of a binary becomes.
fn of_binary(text: &mut String, translator: &mut Translator, module: &Module, func: u32) -> fmt::Result {
    match translator.translate(module.info(), module.bytes(), func, false) {
        Ok(translated) => code(text, translated.frame_slots, translated.header, translated.code),
        Err(error) => writeln!(text, "  not translated: {} (at offset {:#x})", error.kind.message(), error.offset),
    }
}

/// Adds what a function of an image is.
fn of_image(text: &mut String, module: &Module, func: u32) -> fmt::Result {
    let image = Image::of_parsed(module.bytes());
    let bytes = image.code_range(func).and_then(|range| module.bytes().get(range)).unwrap_or_default();
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let (slots, header) = image.func(func).map_or((0, 0), |func| (func.frame_slots, func.header));
    code(text, slots.into(), header, &units)
}

/// Adds the code of a function.
fn code(text: &mut String, slots: u32, header: u16, code: &[u16]) -> fmt::Result {
    writeln!(text, "  {slots} slots, header at s{header}, {} units", code.len())?;
    instructions(code).try_for_each(|(at, instr)| writeln!(text, "  {}", Listed(at, instr)))
}

//! `wasmote dump`: prints the instructions that functions are translated to, before or after linking.

mod linked;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::ops::Range;

use wasmote::{Engine, ExternType, LinkedFunction, LinkedOptions, Module};
use wasmote_decode::ExportKind;
use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;

use crate::escaped::Escaped;
use crate::failure::CliError;
use crate::load::{config, load};
use crate::options::Options;
use crate::type_text::{TypeNames, TypeText};
use crate::{input, print};

/// Returns a name for each function: from the name section, otherwise from an export.
pub fn names(module: &Module) -> Vec<Option<&str>> {
    let mut names: Vec<_> = (0..module.info().funcs.len() as u32).map(|func| module.function_name(func)).collect();
    for export in module.info().exports.iter().filter(|export| export.kind == ExportKind::Func) {
        if let Some(place @ None) = names.get_mut(export.index as usize) {
            *place = Some(&export.name);
        }
    }
    names
}

/// Returns the functions to print: the one with this index or name, or all functions that the module defines.
pub fn chosen(wanted: Option<&str>, module: &Module, names: &[Option<&str>]) -> Result<Range<u32>, CliError> {
    let info = module.info();
    let all = info.imported_funcs..info.funcs.len() as u32;
    let Some(wanted) = wanted else { return Ok(all) };
    let by_export = info.exports.iter().find(|export| export.kind == ExportKind::Func && *export.name == *wanted);
    let found = wanted
        .parse()
        .ok()
        .or_else(|| by_export.map(|export| export.index))
        .or_else(|| all.clone().find(|&func| names[func as usize] == Some(wanted)));
    match found {
        Some(func) if all.contains(&func) => Ok(func..func + 1),
        Some(func) if func < all.start => {
            Err(CliError::usage(format!("function {func} is imported: name one with code")))
        }
        _ if all.is_empty() => {
            Err(CliError::usage(format!("no function `{}`: the module has none with code", Escaped(wanted))))
        }
        _ => Err(CliError::usage(format!(
            "no function `{}`: give a name or an index from {} to {}",
            Escaped(wanted),
            all.start,
            all.end - 1
        ))),
    }
}

#[inline(never)]
pub fn dump(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let input = input::module(file)?;
    let is_image = input.is_image();
    let mut config = config(&input);
    config.superinstructions(!options.no_superinstructions);
    // The module is validated first, because only valid code can be translated.
    let module = load(&Engine::new(&config), file, input)?;
    if is_image {
        module.verify().map_err(|error| CliError::of(file, module.bytes(), &error))?;
    }
    let mut text = String::new();
    let names = names(&module);
    let chosen = chosen(options.func, &module, &names)?;
    let types = TypeNames::of(module.info(), module.bytes());
    listing_heading(&mut text, module.linked_options());
    if is_image && options.linked {
        text += "offsets: none, an image has no operators\n";
    }
    for func in chosen {
        // Writing to a string never fails.
        let _ = head(&mut text, &module, &types, func, names[func as usize]);
        let _ = match module.linked_function(func) {
            Ok(function) if options.linked => linked::print(&mut text, &module, &function),
            Ok(function) => code(&mut text, &function),
            Err(error) => writeln!(text, "  not translated: {error}"),
        };
        if text.len() > 1 << 16 {
            print(&text)?;
            text.clear();
        }
    }
    print(&text)
}

/// Adds the properties of all code.
fn listing_heading(text: &mut String, options: LinkedOptions) {
    let yes_or_no = |is: bool| if is { "yes" } else { "no" };
    for (option, holds) in [
        ("op set", if options.extended { "extended" } else { "core" }),
        ("metered", yes_or_no(options.metered)),
        ("canonical NaNs", yes_or_no(options.canonical_nans)),
        ("guarded memory", yes_or_no(options.guarded)),
        ("superinstructions", yes_or_no(options.superinstructions)),
    ] {
        let _ = writeln!(text, "{option}: {holds}");
    }
}

/// Adds a function's index, name and type.
fn head(text: &mut String, module: &Module, types: &TypeNames<'_>, func: u32, name: Option<&str>) -> fmt::Result {
    write!(text, "\nfunction {func}")?;
    if let Some(name) = name {
        write!(text, " <{}>", Escaped(name))?;
    }
    if let Some(ty) = module.info().func_type(func) {
        write!(text, ": {}", TypeText(types, &ExternType::Func(ty.clone())))?;
    }
    text.write_char('\n')
}

/// Adds the code of a function before linking.
fn code(text: &mut String, function: &LinkedFunction) -> fmt::Result {
    let LinkedFunction { frame_slots, header, code, .. } = function;
    writeln!(text, "  {frame_slots} slots, header at s{header}, {} units", code.len())?;
    instructions(code).try_for_each(|(at, instr)| writeln!(text, "  {}", Listed(at, instr)))
}

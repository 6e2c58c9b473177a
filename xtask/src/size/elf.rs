//! The contents of ELF files: sections, symbols, and the size without symbols.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use object::read::archive::ArchiveFile;
use object::{File, FileKind, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, elf};

use super::measure::Function;
use super::names;

/// A section that is loaded, or for which memory is reserved.
#[derive(Debug)]
pub struct Section {
    pub name: String,
    pub bytes: u64,
    /// Whether the file contains its bytes; otherwise it starts as zeros.
    pub in_file: bool,
    pub writable: bool,
}

/// The sections of a program that are in memory when it runs, or those of all members of a library. A library's unwinding tables do not count, because
/// programs that abort are linked without them.
pub fn sections(file: &[u8]) -> Result<Vec<Section>> {
    let mut all: Vec<Section> = Vec::new();
    each_object(file, &mut |object, in_library| {
        for section in object.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { bail!("not an ELF file") };
            let name = section.name()?;
            if !sh_flags.contains(elf::SHF_ALLOC) || section.size() == 0 || in_library && name.starts_with(".eh_frame")
            {
                continue;
            }
            // Libraries have a section for each function: `.text.NAME`.
            let name = match (in_library, name.match_indices('.').nth(1)) {
                (true, Some((at, _))) => &name[..at],
                _ => name,
            };
            let (bytes, in_file) = (section.size(), section.file_range().is_some());
            match all.iter_mut().find(|known| known.name == name && known.in_file == in_file && in_library) {
                Some(known) => known.bytes += bytes,
                None => {
                    let writable = sh_flags.contains(elf::SHF_WRITE);
                    all.push(Section { name: name.into(), bytes, in_file, writable });
                }
            }
        }
        Ok(())
    })?;
    Ok(all)
}

/// The functions of a program or library, with `data` also the named data. Several names for one address count once.
pub fn functions(file: &[u8], data: bool) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    each_object(file, &mut |object, _| {
        let mut at = BTreeMap::new();
        for symbol in object.symbols() {
            let kind = symbol.kind() == SymbolKind::Text || data && symbol.kind() == SymbolKind::Data;
            let Some(section) = symbol.section_index() else { continue };
            if kind && symbol.size() > 0 && object.section_by_index(section)?.file_range().is_some() {
                at.entry((section.0, symbol.address())).or_insert((symbol.name()?, symbol.size()));
            }
        }
        functions.extend(at.into_values().map(|(name, bytes)| Function {
            of: names::crate_of_symbol(name),
            name: format!("{:#}", rustc_demangle::demangle(name)),
            bytes,
        }));
        Ok(())
    })?;
    Ok(functions)
}

/// The section of this name; or the symbol of this name, with its own size and the properties of its section.
pub fn find(file: &[u8], name: &str) -> Result<Option<Section>> {
    if name.starts_with('.') {
        return Ok(sections(file)?.into_iter().find(|section| section.name == name));
    }
    let object = File::parse(file).context("not an object file")?;
    for symbol in object.symbols().filter(|symbol| symbol.size() > 0) {
        let demangled = format!("{:#}", rustc_demangle::demangle(symbol.name()?));
        if let Some(index) = symbol.section_index()
            && is_named(&demangled, name)
        {
            let section = object.section_by_index(index)?;
            let all = sections(file)?.into_iter().find(|known| section.name() == Ok(&known.name));
            return Ok(all.map(|known| Section { name: demangled, bytes: symbol.size(), ..known }));
        }
    }
    Ok(None)
}

/// Whether a demangled symbol has this name, or a path that ends in it.
pub fn is_named(symbol: &str, name: &str) -> bool {
    symbol == name || symbol.rsplit("::").next() == Some(name)
}

/// Calls a function with the mangled name of each symbol, including undefined ones.
pub fn each_symbol(file: &[u8], see: &mut dyn FnMut(&str)) -> Result<()> {
    each_object(file, &mut |object, _| {
        for symbol in object.symbols().chain(object.dynamic_symbols()) {
            let name = symbol.name()?;
            if !name.is_empty() {
                see(name);
            }
        }
        Ok(())
    })
}

/// The size of a program without symbols and debug information, as the linker writes it with `strip = true`.
///
/// These come last in the file, so that only the table of sections and their names move.
pub fn stripped_size(file: &[u8]) -> Result<u64> {
    let object = File::parse(file).context("not an object file")?;
    let (mut end, mut names, mut count) = (0, ".shstrtab".len() + 2, 2);
    for section in object.sections() {
        let SectionFlags::Elf { sh_type, sh_flags } = section.flags() else { bail!("not an ELF file") };
        let name = section.name()?;
        let symbols = matches!(sh_type, elf::SHT_SYMTAB | elf::SHT_STRTAB) && !sh_flags.contains(elf::SHF_ALLOC);
        if symbols || name.starts_with(".debug") || name.is_empty() {
            continue;
        }
        names += name.len() + 1;
        count += 1;
        end = section.file_range().map_or(end, |(offset, bytes)| end.max(offset + bytes));
    }
    let (word, header) = if object.is_64() { (8, 64) } else { (4, 40) };
    Ok((end + names as u64).next_multiple_of(word) + count * header)
}

/// Calls a function with an object file, or with each one of a library.
fn each_object(file: &[u8], see: &mut dyn FnMut(&File, bool) -> Result<()>) -> Result<()> {
    if FileKind::parse(file)? != FileKind::Archive {
        return see(&File::parse(file).context("not an object file")?, false);
    }
    let mut objects = 0;
    for member in ArchiveFile::parse(file)?.members() {
        let member = member?;
        if member.name().ends_with(b".o") {
            let object = File::parse(member.data(file)?).context("a library of something else than machine code")?;
            see(&object, true)?;
            objects += 1;
        }
    }
    ensure!(objects > 0, "a library without object files");
    Ok(())
}

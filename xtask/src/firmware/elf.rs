//! Reads from an ELF file how much flash and RAM a program takes.

use std::path::Path;

use anyhow::{Context, Result};
use object::elf::{SHF_ALLOC, SHF_WRITE};
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SectionFlags};

use super::read;

/// The guest's memory and value stack, as the firmware calls it.
const GUEST_BUFFER: &str = "GUEST_BUFFER";
/// Sections that stand for unused memory.
const LEFT_OVER: [&str; 2] = [".heap", ".stack"];

/// Bytes that a program takes from its start.
pub struct Sizes {
    /// What is written to flash: code, constants, initial values of variables.
    pub flash: u64,
    /// Variables, without the buffer of the guest.
    pub fixed: u64,
}

pub fn sizes(program: &Path) -> Result<Sizes> {
    let bytes = read(program)?;
    let file = object::File::parse(&*bytes).with_context(|| program.display().to_string())?;
    let flash = file.segments().map(|segment| segment.file_range().1).sum();
    let mut variables = 0;
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let wanted = SHF_ALLOC | SHF_WRITE;
        if sh_flags & wanted == wanted && !LEFT_OVER.contains(&section.name()?) {
            variables += section.size();
        }
    }
    let buffer = file.symbols().find(|symbol| symbol.name() == Ok(GUEST_BUFFER));
    let buffer = buffer.with_context(|| format!("{} has no {GUEST_BUFFER}", program.display()))?.size();
    Ok(Sizes { flash, fixed: variables - buffer })
}

//! Source lines from a module's debugging information (DWARF): feature `dwarf`.
//!
//! The section `.debug_line` is enough for these. It is read from its beginning to its end, once for all frames of a
//! backtrace, so this takes linear time. A module can have anything in it: what cannot be read has no lines.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use gimli::{
    AttributeValue, ColumnType, DebugLine, DebugLineOffset, DebugLineStr, DebugStr, EndianSlice, FileEntry,
    LineProgramHeader, LineRow, LittleEndian, Reader, Section,
};
use wasmote_ir::fallible::{TryVec, try_str};

use crate::backtrace::FrameInfo;
use crate::module::Module;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The bytes of addresses in wasm. Memories with 64-bit addresses do not matter for code.
const ADDRESS_BYTES: u8 = 4;
/// The maximum bytes of a line program's header. `gimli` makes up to 150 bytes of each. The largest header in a build of
/// clang has 100 KB.
const MAX_HEADER: usize = 1 << 18;

/// A place in the source of a function of wasm: see [`FrameInfo::symbols`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameSymbol {
    file: Box<str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl FrameSymbol {
    /// Returns the path of the file, as the compiler got it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        Some(&self.file)
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// Returns the column, counted from 1.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.column
    }
}

impl fmt::Display for FrameSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().map_while(|number| number) {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

impl FrameInfo {
    /// Returns the place in the source, if the module has debugging information (DWARF). Inlined functions are not told
    /// apart: there is at most one place, in the innermost of them.
    ///
    /// It reads all of the module's line numbers. A backtrace that is printed has the places of all frames, and reads
    /// them once.
    #[must_use]
    pub fn symbols(&self) -> Vec<FrameSymbol> {
        let mut lines = Lines::of(core::slice::from_ref(self));
        lines.0.pop().flatten().into_iter().collect()
    }
}

/// The places in the source of some frames, in order.
pub(crate) struct Lines(Vec<Option<FrameSymbol>>);

impl Lines {
    /// Finds the places of frames.
    pub(crate) fn of(frames: &[FrameInfo]) -> Lines {
        let mut lines = Vec::new();
        if lines.try_room(frames.len()).is_err() {
            return Lines(lines);
        }
        lines.resize_with(frames.len(), || None);
        for (i, frame) in frames.iter().enumerate() {
            let is_same = |other: &FrameInfo| core::ptr::eq(other.module().info(), frame.module().info());
            if !frames[..i].iter().any(is_same) {
                let of_module = frames.iter().enumerate().filter(|(_, frame)| is_same(frame));
                find(frame.module(), of_module, &mut lines);
            }
        }
        Lines(lines)
    }

    /// Writes the place of the frame with this index, behind a line break.
    pub(crate) fn write(&self, frame: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(frame) {
            Some(Some(place)) => write!(f, "\n       at {place}"),
            _ => Ok(()),
        }
    }
}

/// The sections that are read.
struct Sections<'a> {
    lines: DebugLine<Bytes<'a>>,
    line_strings: DebugLineStr<Bytes<'a>>,
    strings: DebugStr<Bytes<'a>>,
}

impl<'a> Sections<'a> {
    fn of(module: &'a Module) -> Sections<'a> {
        let section = |name: &str| {
            let bytes = module.custom_sections().find(|it| it.name() == name).map(|it| it.data());
            EndianSlice::new(bytes.unwrap_or(&[]), LittleEndian)
        };
        Sections {
            lines: section(DebugLine::<Bytes>::section_name()).into(),
            line_strings: section(DebugLineStr::<Bytes>::section_name()).into(),
            strings: section(DebugStr::<Bytes>::section_name()).into(),
        }
    }

    /// Returns a string of a line program's header.
    fn string(&self, value: AttributeValue<Bytes<'a>>) -> Option<&'a str> {
        let bytes = match value {
            AttributeValue::String(string) => string,
            AttributeValue::DebugLineStrRef(at) => self.line_strings.get_str(at).ok()?,
            AttributeValue::DebugStrRef(at) => self.strings.get_str(at).ok()?,
            _ => return None,
        };
        core::str::from_utf8(bytes.slice()).ok()
    }

    /// Returns the path of a file: its name behind its directory, which may itself be in the directory where the
    /// compiler ran.
    fn path(&self, header: &LineProgramHeader<Bytes<'a>>, file: &FileEntry<Bytes<'a>>) -> Option<Box<str>> {
        let directory = |index: u64| header.directory(index).and_then(|value| self.string(value));
        let mut parts = [self.string(file.path_name())?, "", ""];
        if !is_absolute(parts[0]) {
            parts[1] = directory(file.directory_index()).unwrap_or("");
            if !is_absolute(parts[1]) && file.directory_index() != 0 {
                parts[2] = directory(0).unwrap_or("");
            }
        }
        let mut path = Vec::new();
        for part in parts.into_iter().rev().filter(|part| !part.is_empty()) {
            let slash = if path.is_empty() || path.ends_with(b"/") { "" } else { "/" };
            path.try_extend_from_slice(slash.as_bytes()).ok()?;
            path.try_extend_from_slice(part.as_bytes()).ok()?;
        }
        try_str(core::str::from_utf8(&path).ok()?).ok()
    }
}

/// Returns whether a path is absolute, on Unix or on Windows.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':')
}

/// A frame whose place is wanted: the address in the code section, and the index of the frame.
type Wanted = (u64, usize);

/// Finds the places of frames of one module. Each has its index in `lines`.
fn find<'f>(module: &Module, frames: impl Iterator<Item = (usize, &'f FrameInfo)>, lines: &mut [Option<FrameSymbol>]) {
    // Addresses are counted from the first byte of the code section's contents.
    const CODE: u8 = 10;
    let Some((_, code)) = module.info().sections.iter().find(|section| section.0 == CODE) else { return };
    let mut wanted: Vec<Wanted> = Vec::new();
    for (index, frame) in frames {
        if let Some(address) = frame.module_offset().and_then(|offset| offset.checked_sub(code.start))
            && wanted.try_push((address as u64, index)).is_err()
        {
            return;
        }
    }
    wanted.sort_unstable();
    let sections = Sections::of(module);
    let mut rest = *sections.lines.reader();
    while !rest.is_empty() {
        let at = DebugLineOffset(sections.lines.reader().len() - rest.len());
        let Ok(header_len) = skip_program(&mut rest) else { break };
        if header_len <= MAX_HEADER {
            // A program that cannot be read to its end has the lines before. The next one may be fine.
            let _ = read_program(&sections, at, &wanted, lines);
        }
    }
}

/// Skips a line program. Returns the length of its header.
fn skip_program(rest: &mut Bytes<'_>) -> gimli::Result<usize> {
    let (length, format) = rest.read_initial_length()?;
    let mut program = rest.split(length)?;
    if program.read_u16()? >= 5 {
        // The sizes of addresses and of segment selectors.
        program.skip(2)?;
    }
    program.read_length(format)
}

/// Finds the places of the frames that the line program at `at` knows. A row says from which place the code comes, from
/// its address to that of the next row.
fn read_program(
    sections: &Sections<'_>,
    at: DebugLineOffset,
    wanted: &[Wanted],
    lines: &mut [Option<FrameSymbol>],
) -> gimli::Result<()> {
    let program = sections.lines.program(at, ADDRESS_BYTES, None, None)?;
    let mut rows = program.rows();
    // The start of the sequence, and the row before.
    let (mut start, mut before): (u64, Option<LineRow>) = (0, None);
    while let Some((header, row)) = rows.next_row()? {
        start = before.map_or(row.address(), |_| start);
        // The linker puts functions that it removed to the address 0, where no function is, or beyond all addresses.
        if let Some(before) = before.filter(|_| start != 0) {
            let first = wanted.partition_point(|&(address, _)| address < before.address());
            for &(_, index) in wanted[first..].iter().take_while(|wanted| wanted.0 < row.address()) {
                if let Some(place @ None) = lines.get_mut(index) {
                    *place = symbol(sections, header, &before);
                }
            }
        }
        before = (!row.end_sequence()).then_some(*row);
    }
    Ok(())
}

/// Returns the place of a row. Line 0 stands for code that comes from no line.
fn symbol(sections: &Sections<'_>, header: &LineProgramHeader<Bytes<'_>>, row: &LineRow) -> Option<FrameSymbol> {
    let number = |number: u64| u32::try_from(number).ok();
    let column = match row.column() {
        ColumnType::LeftEdge => None,
        ColumnType::Column(column) => number(column.get()),
    };
    let file = sections.path(header, row.file(header)?)?;
    Some(FrameSymbol { file, line: number(row.line()?.get()), column })
}

//! The name section (spec: appendix/custom#name-section), and which of its names become identifiers. A name becomes an
//! annotation instead if it is empty, or if another entity of the index space has it. The specification ignores a
//! malformed name section: its readable names are used, and the section is also printed as bytes.

use alloc::vec::Vec;

use wasmote_decode::reader::Reader;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::Immediate;
use wasmote_ir::string_map::StringMap;

use super::{Fault, Printer, Result};

/// The index spaces with names. The numbers are those of their subsections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IndexSpace {
    Func = 1,
    /// In one function.
    Local = 2,
    /// In one function.
    Label = 3,
    Type = 4,
    Table = 5,
    Memory = 6,
    Global = 7,
    Elem = 8,
    Data = 9,
    /// In one structure type.
    Field = 10,
    Tag = 11,
    /// Parameters of a function type, which are not [`IndexSpace::Local`]s.
    Parameter = 12,
}

/// One above the highest number.
pub const SPACES: usize = 13;

impl IndexSpace {
    /// Returns the index space of an immediate, if it is an index.
    pub fn of(immediate: Immediate) -> Option<IndexSpace> {
        Some(match immediate {
            Immediate::Func => IndexSpace::Func,
            Immediate::Type => IndexSpace::Type,
            Immediate::Table => IndexSpace::Table,
            Immediate::Memory | Immediate::MemoryOrZero => IndexSpace::Memory,
            Immediate::Global => IndexSpace::Global,
            Immediate::Local => IndexSpace::Local,
            Immediate::Tag => IndexSpace::Tag,
            Immediate::Data => IndexSpace::Data,
            Immediate::Elem => IndexSpace::Elem,
            _ => return None,
        })
    }
}

/// A name.
struct Name<'b> {
    index: u32,
    text: &'b str,
    /// Whether it is the first of its index space with this text.
    is_identifier: bool,
}

/// An indirect name map, which is read in order.
#[derive(Clone, Copy, Default)]
struct Nested<'b> {
    reader: Reader<'b>,
    left: u32,
}

/// All names.
#[derive(Default)]
pub struct Names<'b> {
    module: Option<&'b str>,
    /// In ascending order of indices.
    spaces: [Vec<Name<'b>>; SPACES],
    nested: [Nested<'b>; SPACES],
    keys: StringMap,
    /// The number of names, and how many were printed at a definition.
    count: u64,
    printed: u64,
    /// Whether the section has contents that text cannot express.
    is_odd: bool,
}

/// Reads a size, and returns a reader of that many bytes.
#[inline(never)]
pub fn sized<'b>(reader: &mut Reader<'b>) -> Result<Reader<'b>> {
    let size = reader.index()?;
    let start = reader.position();
    Ok(Reader::new(reader.bytes(size as usize)?, start))
}

/// Reads a name (spec: binary/values#names).
#[inline(never)]
pub fn name<'b>(reader: &mut Reader<'b>) -> Result<&'b str> {
    let len = reader.index()?;
    let start = reader.position();
    core::str::from_utf8(reader.bytes(len as usize)?).map_err(|error| {
        reader.go_to(start + error.valid_up_to());
        Fault::Utf8
    })
}

impl<'b> Names<'b> {
    /// Reads the name section.
    pub fn read(&mut self, section: Reader<'b>) -> Result<()> {
        match self.subsections(section) {
            Err(Fault::Bytes(_) | Fault::Utf8) => {
                self.is_odd = true;
                Ok(())
            }
            other => other,
        }
    }

    #[inline(never)]
    fn subsections(&mut self, mut section: Reader<'b>) -> Result<()> {
        const MODULE: u8 = 0;
        const LAST: u8 = SPACES as u8 - 1;
        let mut known = 0_u32;
        while !section.is_at_end() {
            let [id] = section.array()?;
            let mut reader = sized(&mut section)?;
            if id > LAST || known & 1 << id != 0 {
                self.is_odd = true;
                continue;
            }
            known |= 1 << id;
            match id {
                MODULE => {
                    self.module = Some(name(&mut reader)?);
                    self.count += 1;
                }
                2 | 3 | 10 | 12 => {
                    let left = reader.index()?;
                    let nested = Nested { reader, left };
                    for _ in 0..left {
                        reader.index()?;
                        self.count += self.pass(&mut reader)?;
                    }
                    self.nested[usize::from(id)] = nested;
                }
                _ => {
                    let start = reader;
                    self.count += self.pass(&mut reader)?;
                    self.fill(id.into(), start)?;
                }
            }
            self.is_odd |= !reader.is_at_end();
        }
        Ok(())
    }

    /// Skips a name map. Returns the number of its names.
    fn pass(&mut self, reader: &mut Reader<'b>) -> Result<u64> {
        let count = reader.index()?;
        for _ in 0..count {
            reader.index()?;
            name(reader)?;
        }
        Ok(count.into())
    }

    /// Fills an index space with a name map that was skipped before.
    fn fill(&mut self, space: usize, mut reader: Reader<'b>) -> Result<()> {
        let names = &mut self.spaces[space];
        self.keys.clear();
        for _ in 0..reader.index()? {
            let index = reader.index()?;
            let text = name(&mut reader)?;
            if names.last().is_some_and(|last: &Name<'_>| last.index >= index) {
                self.is_odd = true;
                continue;
            }
            let number = names.len() as u32;
            let is_identifier = !text.is_empty() && {
                let key_of = |number: u32| names[number as usize].text.as_bytes();
                self.keys.insert(text.as_bytes(), number, &key_of)?.is_none()
            };
            names.try_push(Name { index, text, is_identifier })?;
        }
        Ok(())
    }

    /// Fills an inner index space, such as the locals of function `index`. Indices must ascend from call to call.
    pub fn enter(&mut self, space: IndexSpace, index: u32) -> Result<()> {
        let space = space as usize;
        self.spaces[space].clear();
        let mut nested = self.nested[space];
        while nested.left > 0 {
            let before = nested;
            let at = nested.reader.index()?;
            if at > index {
                nested = before;
                break;
            }
            nested.left -= 1;
            let names = nested.reader;
            self.pass(&mut nested.reader)?;
            if at == index {
                self.fill(space, names)?;
                break;
            }
        }
        self.nested[space] = nested;
        Ok(())
    }

    /// Empties an inner index space.
    pub fn leave(&mut self, space: IndexSpace) {
        self.spaces[space as usize].clear();
    }

    /// Returns the module's name.
    pub fn module(&mut self) -> Option<&'b str> {
        self.printed += u64::from(self.module.is_some());
        self.module
    }

    fn get(&self, space: IndexSpace, index: u32) -> Option<&Name<'b>> {
        let names = &self.spaces[space as usize];
        // If all entities before it have names, no search is needed.
        match names.get(index as usize).filter(|name| name.index == index) {
            Some(name) => Some(name),
            None => names.binary_search_by_key(&index, |name| name.index).ok().map(|at| &names[at]),
        }
    }

    /// Whether the entity has a name.
    pub fn has(&self, space: IndexSpace, index: u32) -> bool {
        self.get(space, index).is_some()
    }

    /// Whether the text, which is complete, has expressed the whole section.
    pub fn are_all_printed(&self) -> bool {
        !self.is_odd && self.printed == self.count
    }

    /// Records a second name section, which text cannot express.
    pub fn note_second_section(&mut self) {
        self.is_odd = true;
    }
}

impl Printer<'_, '_> {
    /// Prints the name of an entity at its definition: an identifier, or an annotation.
    #[inline(never)]
    pub fn define(&mut self, space: IndexSpace, index: u32) {
        let Some(name) = self.names.get(space, index) else { return };
        let (text, is_identifier) = (name.text, name.is_identifier);
        self.names.printed += 1;
        if is_identifier {
            return self.out.identifier(text);
        }
        self.text(" (@name ");
        self.out.name(text);
        self.close();
    }

    /// Prints the name of the next entity, with its index in a comment. Returns the index.
    #[inline(never)]
    pub fn define_next(&mut self, space: IndexSpace) -> u32 {
        let index = self.next[space as usize];
        self.next[space as usize] += 1;
        self.define(space, index);
        self.out.number(" (;", index.into());
        self.text(";)");
        index
    }

    /// Reads an index and prints it, or the identifier.
    pub fn mention_next(&mut self, space: IndexSpace) -> Result<()> {
        let index = self.index()?;
        self.mention(space, index);
        Ok(())
    }

    /// Prints an entity's identifier if it has one, otherwise its index.
    #[inline(never)]
    pub fn mention(&mut self, space: IndexSpace, index: u32) {
        self.mention_as(space, index, index);
    }

    /// Like `mention`, with another number in place of the index.
    pub fn mention_as(&mut self, space: IndexSpace, index: u32, number: u32) {
        let text = self.names.get(space, index).filter(|name| name.is_identifier).map(|name| name.text);
        match text {
            Some(text) if self.charge_budget(text.len() as u64) => self.out.identifier(text),
            _ => self.out.number(" ", number.into()),
        }
    }
}

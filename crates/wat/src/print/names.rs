//! The custom section `name` (spec: appendix/custom#name-section), and which of its names are identifiers. Those that another thing of the same kind has
//! already, and empty ones, are not; they stand in an annotation. A broken section is none to the specification: then what could be
//! read of it is used, and the section itself is printed as bytes.

use alloc::vec::Vec;

use wasmote_decode::reader::Reader;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::keys::Keys;
use wasmote_ir::operators::Immediate;

use super::{Fault, Printer, Result};

/// What has indices and names: the numbers of the subsections with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Func = 1,
    /// Of one function.
    Local = 2,
    /// Of one function.
    Label = 3,
    Type = 4,
    Table = 5,
    Memory = 6,
    Global = 7,
    Elem = 8,
    Data = 9,
    /// Of one type.
    Field = 10,
    Tag = 11,
    /// Parameters of one type, which are no [`Space::Local`]s.
    Parameter = 12,
}

/// One above the highest number.
pub const SPACES: usize = 13;

impl Space {
    /// What an immediate is the index of, if it is that.
    pub fn of(immediate: Immediate) -> Option<Space> {
        Some(match immediate {
            Immediate::Func => Space::Func,
            Immediate::Type => Space::Type,
            Immediate::Table => Space::Table,
            Immediate::Memory | Immediate::MemoryOrZero => Space::Memory,
            Immediate::Global => Space::Global,
            Immediate::Local => Space::Local,
            Immediate::Tag => Space::Tag,
            Immediate::Data => Space::Data,
            Immediate::Elem => Space::Elem,
            _ => return None,
        })
    }
}

/// A name.
struct Name<'b> {
    index: u32,
    text: &'b str,
    /// Nothing before it of the same kind has it.
    is_identifier: bool,
}

/// Names with an index of what has names again; each is asked for in order.
#[derive(Clone, Copy, Default)]
struct Nested<'b> {
    reader: Reader<'b>,
    left: u32,
}

/// All names.
#[derive(Default)]
pub struct Names<'b> {
    module: Option<&'b str>,
    /// By increasing index.
    spaces: [Vec<Name<'b>>; SPACES],
    nested: [Nested<'b>; SPACES],
    keys: Keys,
    /// How many names there are, and how many were printed where what they name is defined.
    count: u64,
    printed: u64,
    /// There is something in the section that no text says.
    is_odd: bool,
}

/// What stands next and has its size in front.
#[inline(never)]
pub fn sized<'b>(reader: &mut Reader<'b>) -> Result<Reader<'b>> {
    let size = reader.index()?;
    let start = reader.position();
    Ok(Reader::new(reader.bytes(size as usize)?, start))
}

/// A name in the binary (spec: binary/values#names).
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
    /// Reads a section.
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

    /// Passes over names; returns how many they are.
    fn pass(&mut self, reader: &mut Reader<'b>) -> Result<u64> {
        let count = reader.index()?;
        for _ in 0..count {
            reader.index()?;
            name(reader)?;
        }
        Ok(count.into())
    }

    /// Takes the names that stand there, which were passed over before, for those of a kind.
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

    /// Takes the names inside of what has this index, which is higher than any that was given before, for those of a kind.
    pub fn enter(&mut self, space: Space, index: u32) -> Result<()> {
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

    /// Forgets the names inside of something.
    pub fn leave(&mut self, space: Space) {
        self.spaces[space as usize].clear();
    }

    /// The name of the module.
    pub fn module(&mut self) -> Option<&'b str> {
        self.printed += u64::from(self.module.is_some());
        self.module
    }

    fn get(&self, space: Space, index: u32) -> Option<&Name<'b>> {
        let names = &self.spaces[space as usize];
        // Where everything before it has a name, too, it takes no search.
        match names.get(index as usize).filter(|name| name.index == index) {
            Some(name) => Some(name),
            None => names.binary_search_by_key(&index, |name| name.index).ok().map(|at| &names[at]),
        }
    }

    /// Whether it has a name.
    pub fn has(&self, space: Space, index: u32) -> bool {
        self.get(space, index).is_some()
    }

    /// Whether the text has had all that the section says, now that all is printed.
    pub fn are_all_printed(&self) -> bool {
        !self.is_odd && self.printed == self.count
    }

    /// There is a second section with names, which text cannot say.
    pub fn are_odd(&mut self) {
        self.is_odd = true;
    }
}

impl Printer<'_, '_> {
    /// The name of something where it is defined: as an identifier, or if that can't be in an annotation.
    #[inline(never)]
    pub fn define(&mut self, space: Space, index: u32) {
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

    /// The name of the next thing of a kind, and its index in a comment.
    #[inline(never)]
    pub fn define_next(&mut self, space: Space) -> u32 {
        let index = self.next[space as usize];
        self.next[space as usize] += 1;
        self.define(space, index);
        self.out.number(" (;", index.into());
        self.text(";)");
        index
    }

    /// What names something whose index stands next.
    pub fn mention_next(&mut self, space: Space) -> Result<()> {
        let index = self.index()?;
        self.mention(space, index);
        Ok(())
    }

    /// What names something: an identifier if it has one, otherwise its index.
    #[inline(never)]
    pub fn mention(&mut self, space: Space, index: u32) {
        self.mention_as(space, index, index);
    }

    /// The same where another number than its index stands for it.
    pub fn mention_as(&mut self, space: Space, index: u32, number: u32) {
        let text = self.names.get(space, index).filter(|name| name.is_identifier).map(|name| name.text);
        match text {
            Some(text) if self.affords(text.len() as u64) => self.out.identifier(text),
            _ => self.out.number(" ", number.into()),
        }
    }
}

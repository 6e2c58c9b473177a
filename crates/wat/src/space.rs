//! Index spaces: the number of their entities, and the names of these (spec: text/modules#identifiers).

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::string_map::StringMap;

use crate::error::{Fault, Result, SyntaxErrorKind};
use crate::parser::{Index, Name, Parser};

/// An entity with a name.
#[derive(Clone, Copy)]
struct NamedItem {
    index: u32,
    /// Its identifier in the text.
    id: Option<Name>,
    /// Its name in the name section.
    shown: Name,
}

/// An index space.
#[derive(Default)]
pub(crate) struct IndexSpace {
    count: u32,
    named: Vec<NamedItem>,
    /// The identifiers, with their positions in `named`.
    ids: StringMap,
}

impl IndexSpace {
    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn clear(&mut self) {
        self.count = 0;
        self.named.clear();
        self.ids.clear();
    }

    /// Adds entities without names.
    pub fn skip(&mut self, count: u32) {
        self.count = self.count.saturating_add(count);
    }

    /// Adds an entity. `at` is the offset for errors.
    #[inline(never)]
    pub fn add(&mut self, parser: &Parser<'_>, id: Option<Name>, annotated: Option<Name>, at: u32) -> Result {
        let index = self.count;
        self.count += 1;
        let Some(shown) = annotated.or(id) else { return Ok(()) };
        if let Some(id) = id {
            let named = &self.named;
            let place = named.len() as u32;
            let other = self.ids.insert(parser.characters(id), place, &|place| id_of(named, parser, place))?;
            if other.is_some() {
                return Err(Fault { wrong: SyntaxErrorKind::Duplicate, at });
            }
        }
        self.named.try_push(NamedItem { index, id, shown })?;
        Ok(())
    }

    /// Returns the index of the entity with this name.
    #[inline(never)]
    pub fn get(&self, parser: &Parser<'_>, name: Name) -> Option<u32> {
        let place = self.ids.get(parser.characters(name), &|place| id_of(&self.named, parser, place))?;
        self.named.get(place as usize).map(|named| named.index)
    }

    /// Parses an index of this space. The error for unknown names is `wrong`; validation checks numbers.
    #[inline(never)]
    pub fn index(&self, parser: &mut Parser<'_>, wrong: SyntaxErrorKind) -> Result<u32> {
        let at = parser.at();
        match parser.index()? {
            Index::Number(number) => Ok(number),
            Index::Name(name) => self.get(parser, name).ok_or(Fault { wrong, at }),
        }
    }

    /// Returns the named entities in order: index and name.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (u32, Name)> + '_ {
        self.named.iter().map(|named| (named.index, named.shown))
    }
}

fn id_of<'n>(named: &[NamedItem], parser: &'n Parser<'_>, place: u32) -> &'n [u8] {
    let id = named.get(place as usize).and_then(|named| named.id);
    id.map_or(&[], |id| parser.characters(id))
}

/// The labels around an instruction (spec: text/instructions#labels).
#[derive(Default)]
pub(crate) struct Labels {
    labels: Vec<Label>,
    /// For each name the position of the innermost label with that name.
    names: StringMap,
}

#[derive(Clone, Copy)]
struct Label {
    name: Option<Name>,
    /// The label of the same name that this one shadows.
    hidden: Option<u32>,
}

fn name_of<'n>(labels: &[Label], parser: &'n Parser<'_>, place: u32) -> &'n [u8] {
    let name = labels.get(place as usize).and_then(|label| label.name);
    name.map_or(&[], |name| parser.characters(name))
}

impl Labels {
    pub fn clear(&mut self) {
        self.labels.clear();
        self.names.clear();
    }

    /// Enters a block.
    pub fn push(&mut self, parser: &Parser<'_>, name: Option<Name>) -> Result {
        let labels = &self.labels;
        let mut hidden = None;
        if let Some(name) = name {
            let key = parser.characters(name);
            let name_of = |place| name_of(labels, parser, place);
            hidden = self.names.get(key, &name_of);
            if hidden.is_some() {
                self.names.remove(key);
            }
            self.names.insert(key, labels.len() as u32, &name_of)?;
        }
        self.labels.try_push(Label { name, hidden })?;
        Ok(())
    }

    /// Leaves a block, if there is one.
    pub fn pop(&mut self, parser: &Parser<'_>) -> Result {
        let Some(Label { name: Some(name), hidden }) = self.labels.pop() else { return Ok(()) };
        let key = parser.characters(name);
        self.names.remove(key);
        if let Some(hidden) = hidden {
            self.names.insert(key, hidden, &|place| name_of(&self.labels, parser, place))?;
        }
        Ok(())
    }

    /// Parses a label. Returns its depth.
    pub fn index(&self, parser: &mut Parser<'_>) -> Result<u32> {
        let at = parser.at();
        match parser.index()? {
            Index::Number(number) => Ok(number),
            Index::Name(name) => {
                let place = self.names.get(parser.characters(name), &|place| name_of(&self.labels, parser, place));
                place
                    .map(|place| self.labels.len() as u32 - 1 - place)
                    .ok_or(Fault { wrong: SyntaxErrorKind::UnknownLabel, at })
            }
        }
    }

    /// Parses the optional label at the end of a block, or behind `else`. It must be that of the block.
    pub fn repeated(&self, parser: &mut Parser<'_>) -> Result {
        let at = parser.at();
        let Some(name) = parser.id()? else { return Ok(()) };
        let same = match self.labels.last() {
            None => true,
            Some(label) => label.name.is_some_and(|label| parser.characters(label) == parser.characters(name)),
        };
        if same { Ok(()) } else { Err(Fault { wrong: SyntaxErrorKind::Label, at }) }
    }
}

//! The encoder: collects a module's sections while its fields are parsed (spec: binary/modules).

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;

use crate::buffer::Buffer;
use crate::error::{Fault, Result};
use crate::instructions::Expression;
use crate::parser::{Name, Parser};
use crate::signatures::Signatures;
use crate::space::{IndexSpace, Labels};

/// A section with a list of entries, and their number.
#[derive(Default)]
pub(crate) struct Section {
    pub count: u32,
    pub bytes: Buffer,
}

/// All sections except custom ones, in the order of the binary: the name in `@custom` annotations, and the section's
/// id.
pub(crate) const SECTIONS: [(&str, u8); 12] = [
    ("type", 1),
    ("import", 2),
    ("func", 3),
    ("table", 4),
    ("memory", 5),
    ("tag", 13),
    ("global", 6),
    ("export", 7),
    ("start", 8),
    ("elem", 9),
    ("code", 10),
    ("data", 11),
];

/// The id of custom sections.
const CUSTOM: u8 = 0;
/// The id of the data count section.
const DATA_COUNT: u8 = 12;

impl Section {
    pub const TYPE: usize = 0;
    pub const IMPORT: usize = 1;
    pub const FUNC: usize = 2;
    pub const TABLE: usize = 3;
    pub const MEMORY: usize = 4;
    pub const TAG: usize = 5;
    pub const GLOBAL: usize = 6;
    pub const EXPORT: usize = 7;
    pub const START: usize = 8;
    pub const ELEM: usize = 9;
    pub const CODE: usize = 10;
    pub const DATA: usize = 11;

    /// Begins the names of an entity with this index, if there are any: `names` is how many.
    pub fn start_list(&mut self, index: u32, names: usize) {
        if names > 0 {
            self.count += 1;
            self.bytes.index(index);
            self.bytes.number(names as u64);
        }
    }

    /// Appends a name.
    pub fn name(&mut self, parser: &Parser<'_>, index: u32, name: Name) {
        self.bytes.index(index);
        self.bytes.counted(parser.characters(name));
    }

    /// Appends the names of an entity with this index, if there are any.
    pub fn list(&mut self, parser: &Parser<'_>, index: u32, space: &IndexSpace) {
        self.start_list(index, space.names().len());
        for (index, name) in space.names() {
            self.name(parser, index, name);
        }
    }
}

/// The subsections of the name section that are indirect name maps, as indices of [`Encoder::names`].
pub(crate) mod subsection {
    pub const LOCALS: usize = 0;
    pub const LABELS: usize = 1;
    pub const FIELDS: usize = 2;
    pub const PARAMS: usize = 3;
    pub const TAG_PARAMS: usize = 4;
}

impl IndexSpace {
    pub const FUNCS: usize = 0;
    pub const TABLES: usize = 1;
    pub const MEMORIES: usize = 2;
    pub const GLOBALS: usize = 3;
    pub const TAGS: usize = 4;
    pub const TYPES: usize = 5;
    pub const ELEMS: usize = 6;
    pub const DATAS: usize = 7;
}

/// A custom section, and where it is placed.
pub(crate) struct Custom {
    /// The sort key: custom sections are written in its order.
    pub place: u8,
    /// The end of its bytes in [`Encoder::custom_bytes`].
    pub end: usize,
}

/// A module while it is parsed and encoded.
pub(crate) struct Encoder<'p, 't> {
    pub parser: &'p mut Parser<'t>,
    /// The module's name.
    pub name: Option<Name>,
    /// The index spaces of the module. All names are known before the fields are parsed the second time.
    pub spaces: [IndexSpace; 8],
    /// The number of definitions encoded so far in each index space: the index of the next one.
    pub written: [u32; 8],
    pub sections: [Section; SECTIONS.len()],
    pub names: [Section; 5],
    pub signatures: Signatures,
    pub locals: IndexSpace,
    pub labels: Labels,
    pub expression: Expression,
    /// A scratch buffer: instructions, or anything else that is encoded before what precedes it is known.
    pub body: Buffer,
    /// Branch hints, function by function.
    pub hints: Section,
    /// Whether a function refers to a data segment.
    pub needs_data_count: bool,
    /// The index space of the last definition that is not an import.
    pub last_definition: Option<usize>,
    pub customs: Vec<Custom>,
    pub custom_bytes: Buffer,
    /// Whether there is a custom section `name`, so that none is generated.
    pub has_names: bool,
}

impl<'p, 't> Encoder<'p, 't> {
    pub fn new(parser: &'p mut Parser<'t>) -> Encoder<'p, 't> {
        Encoder {
            parser,
            name: None,
            spaces: Default::default(),
            written: [0; 8],
            sections: Default::default(),
            names: Default::default(),
            signatures: Signatures::default(),
            locals: IndexSpace::default(),
            labels: Labels::default(),
            expression: Expression::default(),
            body: Buffer::default(),
            hints: Section::default(),
            needs_data_count: false,
            last_definition: None,
            customs: Vec::new(),
            custom_bytes: Buffer::default(),
            has_names: false,
        }
    }

    /// Returns the binary: all sections in order.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        let mut out = Buffer::default();
        out.slice(b"\0asm\x01\0\0\0");
        self.write_customs(&mut out, Custom::FIRST)?;
        for (place, (_, number)) in SECTIONS.into_iter().enumerate() {
            self.write_customs(&mut out, Custom::before(place))?;
            let mut section = core::mem::take(&mut self.sections[place]);
            match place {
                Section::START => out.section(number, section.bytes.bytes()?),
                Section::CODE if self.hints.count > 0 => {
                    let mut hints = Buffer::default();
                    hints.counted(b"metadata.code.branch_hint");
                    hints.index(self.hints.count);
                    hints.append(&self.hints.bytes, 0..);
                    out.section(CUSTOM, hints.bytes()?);
                    out.vector(number, section.count, &mut section.bytes);
                }
                _ => out.vector(number, section.count, &mut section.bytes),
            }
            self.write_customs(&mut out, Custom::after(place))?;
            if place == Section::ELEM && self.needs_data_count {
                let mut count = Buffer::default();
                count.index(self.spaces[IndexSpace::DATAS].count());
                out.section(DATA_COUNT, count.bytes()?);
            }
        }
        self.write_customs(&mut out, Custom::LAST)?;
        if !self.has_names {
            let names = self.name_section();
            if !names.bytes()?.is_empty() {
                out.byte(CUSTOM);
                let start = out.len();
                out.counted(b"name");
                out.append(&names, 0..);
                out.count_from(start);
            }
        }
        out.into_bytes()
    }

    /// Appends the custom sections of this place.
    fn write_customs(&self, out: &mut Buffer, place: u8) -> Result {
        let mut start = 0;
        for custom in &self.customs {
            if custom.place == place {
                out.section(CUSTOM, &self.custom_bytes.bytes()?[start..custom.end]);
            }
            start = custom.end;
        }
        Ok(())
    }

    /// Encodes the name section (spec: appendix/custom#name-section).
    fn name_section(&mut self) -> Buffer {
        let mut out = Buffer::default();
        if let Some(name) = self.name {
            out.byte(0);
            let start = out.len();
            out.counted(self.parser.characters(name));
            out.count_from(start);
        }
        /// The subsections in order: their ids, and where their contents are.
        enum NameSource {
            IndexSpace(usize),
            Lists(usize),
        }
        let parts = [
            (1, NameSource::IndexSpace(IndexSpace::FUNCS)),
            (2, NameSource::Lists(subsection::LOCALS)),
            (3, NameSource::Lists(subsection::LABELS)),
            (4, NameSource::IndexSpace(IndexSpace::TYPES)),
            (5, NameSource::IndexSpace(IndexSpace::TABLES)),
            (6, NameSource::IndexSpace(IndexSpace::MEMORIES)),
            (7, NameSource::IndexSpace(IndexSpace::GLOBALS)),
            (8, NameSource::IndexSpace(IndexSpace::ELEMS)),
            (9, NameSource::IndexSpace(IndexSpace::DATAS)),
            (10, NameSource::Lists(subsection::FIELDS)),
            (11, NameSource::IndexSpace(IndexSpace::TAGS)),
            (12, NameSource::Lists(subsection::PARAMS)),
            (13, NameSource::Lists(subsection::TAG_PARAMS)),
        ];
        for (number, of) in parts {
            let mut section = match of {
                NameSource::Lists(place) => core::mem::take(&mut self.names[place]),
                NameSource::IndexSpace(space) => {
                    let names = self.spaces[space].names();
                    let mut section = Section { count: names.len() as u32, bytes: Buffer::default() };
                    for (index, name) in names {
                        section.name(self.parser, index, name);
                    }
                    section
                }
            };
            out.vector(number, section.count, &mut section.bytes);
        }
        out
    }
}

impl Buffer {
    /// Appends a section with this id.
    fn section(&mut self, number: u8, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.byte(number);
            self.counted(bytes);
        }
    }

    /// Appends a section that is a vector of `count` entries, unless it is empty.
    fn vector(&mut self, number: u8, count: u32, bytes: &mut Buffer) {
        if count > 0 {
            self.byte(number);
            let start = self.len();
            self.index(count);
            let width = self.len() - start;
            self.truncate(start);
            self.number((width + bytes.len()) as u64);
            self.index(count);
            self.append(bytes, 0..);
        }
    }
}

impl Custom {
    /// Before all sections.
    pub const FIRST: u8 = 0;
    /// After all sections.
    pub const LAST: u8 = Custom::before(SECTIONS.len());

    /// Directly before a section, which may be empty.
    pub const fn before(section: usize) -> u8 {
        2 * section as u8 + 1
    }

    /// Directly after a section.
    pub const fn after(section: usize) -> u8 {
        2 * section as u8 + 2
    }
}

impl Encoder<'_, '_> {
    /// Places the custom section whose bytes were just appended.
    pub fn add_custom(&mut self, place: u8) -> Result {
        self.customs.try_push(Custom { place, end: self.custom_bytes.len() }).map_err(Fault::from)
    }
}

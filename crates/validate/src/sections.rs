//! The way through a binary, section by section (spec: binary/modules): their order, their lengths and counts, and what stands
//! in them, which `groups` and `items` check.

use alloc::vec::Vec;
use core::ops::Range;

use wasmote_ir::keys::Keys;
use wasmparser::WasmFeatures;

use crate::body::Buffers;
use crate::fault::Fault;
use crate::limits::*;
use crate::outline::Outline;
use crate::read::Reader;

/// What is done with each body: its function, imports counted, and where it lies. What it depends on stands in front of the first.
pub type EachBody<'e> = &'e mut dyn FnMut(&Outline, u32, Range<usize>) -> Result<(), Fault>;

/// Checks everything but bodies, and hands these on.
pub fn walk(wasm: &[u8], features: WasmFeatures, each_body: EachBody<'_>) -> Result<Outline, Fault> {
    let mut reader = Reader::new(wasm, 0);
    header(&mut reader)?;
    let mut sections = Sections::new(features);
    while !reader.is_at_end() {
        sections.offset = reader.offset();
        let id = reader.byte()?;
        let mut section = reader.part()?;
        sections.section(id, &mut section, each_body)?;
        if !section.is_at_end() {
            let message = "section size mismatch: unexpected data at the end of the section";
            return Err(Fault::new(message, section.offset()));
        }
    }
    sections.offset = reader.offset();
    sections.end()?;
    Ok(sections.outline)
}

fn header(reader: &mut Reader<'_>) -> Result<(), Fault> {
    if reader.bytes(4)? != b"\0asm" {
        return Err(Fault::new("magic header not detected: bad magic number", 0));
    }
    match *reader.bytes(4)? {
        [1, 0, 0, 0] => Ok(()),
        [0xd, 0, 1, 0] => Err(Fault::missing(
            WasmFeatures::COMPONENT_MODEL,
            "unknown binary version: this is a component, and the component model is not supported",
            4,
        )),
        ref version => Err(Fault::of(format_args!("unknown binary version: {version:02x?}"), 4)),
    }
}

/// What has been read.
pub struct Sections {
    pub features: WasmFeatures,
    pub outline: Outline,
    /// Groups of types, by what is written in them.
    pub groups: Keys,
    /// What is written in them, one behind the other.
    pub written: Vec<u8>,
    /// Of each group where that ends, and the place of its first type.
    pub places: Vec<(usize, u32)>,
    /// The names of exports.
    pub exports: Keys,
    /// Where they lie.
    pub names: Vec<Range<usize>>,
    /// What imports and exports are made of.
    pub type_size: usize,
    /// Offset of the item at hand.
    pub offset: usize,
    /// Where the section before stands in the order.
    order: u8,
    /// Functions of which the bodies are yet to come.
    bodies: u32,
    /// Data segments.
    data: u32,
    /// Functions that a constant expression refers to.
    pub named: Vec<u32>,
    pub buffers: Buffers,
}

/// Where sections stand, by their id; custom ones stand anywhere.
const ORDER: [u8; 14] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

impl Sections {
    fn new(features: WasmFeatures) -> Sections {
        Sections {
            features,
            outline: Outline::default(),
            groups: Keys::default(),
            written: Vec::new(),
            places: Vec::new(),
            exports: Keys::default(),
            names: Vec::new(),
            type_size: 1,
            offset: 0,
            order: 0,
            bodies: 0,
            data: 0,
            named: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    fn section(&mut self, id: u8, reader: &mut Reader<'_>, each_body: EachBody<'_>) -> Result<(), Fault> {
        let Some(&order) = ORDER.get(usize::from(id)) else {
            return Err(Fault::of(format_args!("malformed section id: {id}"), self.offset));
        };
        if id == 0 {
            reader.name()?;
            reader.finish();
            return Ok(());
        }
        if order <= self.order {
            return Err(self.fault("section out of order"));
        }
        self.order = order;
        let outline = &self.outline;
        match id {
            1 => self.items(reader, 0, MAX_TYPES, "types", Sections::group),
            2 => self.items(reader, 0, MAX_IMPORTS, "imports", Sections::import),
            3 => {
                let imported = outline.funcs.len();
                self.items(reader, imported, MAX_FUNCTIONS, "functions", Sections::func)?;
                self.bodies = (self.outline.funcs.len() - imported) as u32;
                Ok(())
            }
            4 => self.items(reader, outline.tables.len(), self.max_tables(), "tables", Sections::table),
            5 => self.items(reader, outline.memories.len(), self.max_memories(), "memories", Sections::memory),
            6 => self.items(reader, outline.globals.len(), MAX_GLOBALS, "globals", Sections::global),
            7 => self.items(reader, 0, MAX_EXPORTS, "exports", Sections::export),
            8 => self.start(reader),
            9 => self.items(reader, 0, MAX_ELEMENT_SEGMENTS, "element segments", Sections::elem),
            10 => self.code(reader, each_body),
            11 => {
                self.data = reader.clone().u32()?;
                self.check_data()?;
                self.items(reader, 0, MAX_DATA_SEGMENTS, "data segments", Sections::data_segment)
            }
            12 => {
                self.require(WasmFeatures::BULK_MEMORY, "data count section requires the bulk-memory proposal")?;
                self.outline.data = Some(self.size(reader, MAX_DATA_SEGMENTS, "data count")? as u32);
                Ok(())
            }
            _ => {
                self.require(WasmFeatures::EXCEPTIONS, "exceptions proposal not enabled")?;
                self.items(reader, outline.tags.len(), MAX_TAGS, "tags", Sections::tag)
            }
        }
    }

    /// Reads the items of a section, of whose kind there are so many, one by one.
    #[inline(never)]
    fn items(
        &mut self,
        reader: &mut Reader<'_>,
        present: usize,
        max: usize,
        what: &str,
        item: fn(&mut Sections, &mut Reader<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.offset = reader.offset();
        let count = reader.u32()?;
        if count as usize > max.saturating_sub(present) {
            return Err(self.exceeded(what, max));
        }
        for _ in 0..count {
            self.offset = reader.offset();
            item(self, reader)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn code(&mut self, reader: &mut Reader<'_>, each_body: EachBody<'_>) -> Result<(), Fault> {
        let count = reader.u32()?;
        if count != self.bodies {
            return Err(self.fault("function and code section have inconsistent lengths"));
        }
        let first = self.outline.funcs.len() as u32 - count;
        self.bodies = 0;
        for func in first..first + count {
            let body = reader.part()?;
            let range = body.range();
            if range.len() > MAX_BODY {
                return Err(Fault::of(
                    format_args!("function body size count exceeds limit of {MAX_BODY}"),
                    range.start,
                ));
            }
            each_body(&self.outline, func, range)?;
        }
        Ok(())
    }

    /// Whether there are as many data segments as the module said.
    fn check_data(&self) -> Result<(), Fault> {
        match self.outline.data {
            Some(count) if count != self.data => {
                Err(self.fault("data count and data section have inconsistent lengths"))
            }
            _ => Ok(()),
        }
    }

    fn end(&self) -> Result<(), Fault> {
        if self.bodies != 0 {
            return Err(self.fault("function section has non-zero count but code section is absent"));
        }
        self.check_data()
    }

    /// Reads how many there are of something.
    pub fn size(&self, reader: &mut Reader<'_>, max: usize, what: &str) -> Result<usize, Fault> {
        let offset = reader.offset();
        match reader.u32()? as usize {
            size if size <= max => Ok(size),
            _ => Err(Fault::of(format_args!("{what} size is out of bounds"), offset)),
        }
    }

    /// Tables that there may be, imported ones counted.
    pub fn max_tables(&self) -> usize {
        if self.has(WasmFeatures::REFERENCE_TYPES) { MAX_TABLES } else { 1 }
    }

    /// The same of memories.
    pub fn max_memories(&self) -> usize {
        if self.has(WasmFeatures::MULTI_MEMORY) { MAX_MEMORIES } else { 1 }
    }

    pub fn has(&self, feature: WasmFeatures) -> bool {
        self.features.contains(feature)
    }

    pub fn require(&self, feature: WasmFeatures, message: &str) -> Result<(), Fault> {
        if self.has(feature) { Ok(()) } else { Err(Fault::missing(feature, message, self.offset)) }
    }

    #[cold]
    #[inline(never)]
    pub fn fault(&self, message: &str) -> Fault {
        Fault::new(message, self.offset)
    }

    /// There are more of something than there may be.
    #[cold]
    #[inline(never)]
    pub fn exceeded(&self, what: &str, max: usize) -> Fault {
        match (max, what) {
            (1, "tables") => Fault::missing(WasmFeatures::REFERENCE_TYPES, "multiple tables", self.offset),
            (1, _) => Fault::missing(WasmFeatures::MULTI_MEMORY, "multiple memories", self.offset),
            _ => Fault::of(format_args!("{what} count exceeds limit of {max}"), self.offset),
        }
    }
}

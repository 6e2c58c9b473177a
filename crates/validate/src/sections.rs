//! Reads a binary section by section (spec: binary/modules). It validates the order of sections, their lengths and
//! their counts. `groups` and `items` validate the items.

use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::SECTION_ORDER;
use wasmote_ir::string_map::StringMap;
use wasmparser::WasmFeatures;

use crate::body::Buffers;
use crate::fault::Invalid;
use crate::limits::*;
use crate::outline::Outline;
use crate::read::Reader;

/// A function that is called for each body, with the index of the function and the range of the body. The outline is
/// complete then, because all sections that bodies depend on come before the code section.
pub type EachBody<'e> = &'e mut dyn FnMut(&Outline, u32, Range<usize>) -> Result<(), Invalid>;

/// Validates everything but bodies, and calls `each_body` for these.
pub fn walk(wasm: &[u8], features: WasmFeatures, each_body: EachBody<'_>) -> Result<Outline, Invalid> {
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
            return Err(Invalid::new(message, section.offset()));
        }
    }
    sections.offset = reader.offset();
    sections.end()?;
    Ok(sections.outline)
}

/// Reads the header of a binary.
fn header(reader: &mut Reader<'_>) -> Result<(), Invalid> {
    if reader.bytes(4)? != b"\0asm" {
        return Err(Invalid::new("magic header not detected: bad magic number", 0));
    }
    match *reader.bytes(4)? {
        [1, 0, 0, 0] => Ok(()),
        [0xd, 0, 1, 0] => Err(Invalid::missing(
            WasmFeatures::COMPONENT_MODEL,
            "unknown binary version: this is a component, and the component model is not supported",
            4,
        )),
        [a, b, c, d] => {
            // Printing the list by `{:02x?}` would link all code of `core` for that.
            let [a, b, c, d] = [a, b, c, d].map(u32::from);
            Err(Invalid::of(format_args!("unknown binary version: [{a:02x}, {b:02x}, {c:02x}, {d:02x}]"), 4))
        }
        _ => Err(Invalid::new("unknown binary version", 4)),
    }
}

/// The state of reading a binary.
pub struct Sections {
    pub features: WasmFeatures,
    pub outline: Outline,
    /// The different groups of types, by their encodings.
    pub groups: StringMap,
    /// The encodings of the groups, one after the other.
    pub written: Vec<u8>,
    /// For each group, where its encoding ends, and the place of its first type.
    pub places: Vec<(usize, u32)>,
    /// The names of exports.
    pub exports: StringMap,
    /// The ranges of the names of exports in the binary.
    pub names: Vec<Range<usize>>,
    /// How many imports there are so far.
    pub imports: usize,
    /// The total size of the types of imports and exports.
    pub type_size: usize,
    /// The offset of the current item in the binary.
    pub offset: usize,
    /// The position in the order of the last section that was read.
    order: u8,
    /// The number of functions whose bodies have not come yet.
    bodies: u32,
    /// The number of data segments.
    data: u32,
    /// The functions that the current constant expression refers to.
    pub named: Vec<u32>,
    pub buffers: Buffers,
}

impl Sections {
    fn new(features: WasmFeatures) -> Sections {
        Sections {
            features,
            outline: Outline::default(),
            groups: StringMap::default(),
            written: Vec::new(),
            places: Vec::new(),
            exports: StringMap::default(),
            names: Vec::new(),
            imports: 0,
            type_size: 1,
            offset: 0,
            order: 0,
            bodies: 0,
            data: 0,
            named: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// Reads a section.
    fn section(&mut self, id: u8, reader: &mut Reader<'_>, each_body: EachBody<'_>) -> Result<(), Invalid> {
        let Some(&order) = SECTION_ORDER.get(usize::from(id)) else {
            return Err(Invalid::of(format_args!("malformed section id: {id}"), self.offset));
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
            2 => self.items(reader, 0, MAX_IMPORTS, "imports", Sections::imports),
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

    /// Calls `item` for each item of a section. `present` is how many items of the kind there are already, and `max`
    /// is the limit.
    #[inline(never)]
    fn items(
        &mut self,
        reader: &mut Reader<'_>,
        present: usize,
        max: usize,
        what: &str,
        item: fn(&mut Sections, &mut Reader<'_>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
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

    /// Reads the code section.
    #[inline(never)]
    fn code(&mut self, reader: &mut Reader<'_>, each_body: EachBody<'_>) -> Result<(), Invalid> {
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
                return Err(Invalid::of(
                    format_args!("function body size count exceeds limit of {MAX_BODY}"),
                    range.start,
                ));
            }
            each_body(&self.outline, func, range)?;
        }
        Ok(())
    }

    /// Checks that there are as many data segments as the data count section says.
    fn check_data(&self) -> Result<(), Invalid> {
        match self.outline.data {
            Some(count) if count != self.data => {
                Err(self.fault("data count and data section have inconsistent lengths"))
            }
            _ => Ok(()),
        }
    }

    /// Checks that no section is missing at the end.
    fn end(&self) -> Result<(), Invalid> {
        if self.bodies != 0 {
            return Err(self.fault("function section has non-zero count but code section is absent"));
        }
        self.check_data()
    }

    /// Reads a count of at most `max`.
    pub fn size(&self, reader: &mut Reader<'_>, max: usize, what: &str) -> Result<usize, Invalid> {
        let offset = reader.offset();
        match reader.u32()? as usize {
            size if size <= max => Ok(size),
            _ => Err(Invalid::of(format_args!("{what} size is out of bounds"), offset)),
        }
    }

    /// Returns the maximum number of tables, including imported ones.
    pub fn max_tables(&self) -> usize {
        if self.has(WasmFeatures::REFERENCE_TYPES) { MAX_TABLES } else { 1 }
    }

    /// Returns the maximum number of memories, including imported ones.
    pub fn max_memories(&self) -> usize {
        if self.has(WasmFeatures::MULTI_MEMORY) { MAX_MEMORIES } else { 1 }
    }

    /// Whether the proposal is on.
    pub fn has(&self, feature: WasmFeatures) -> bool {
        self.features.contains(feature)
    }

    /// Fails with this message if the proposal is off.
    pub fn require(&self, feature: WasmFeatures, message: &str) -> Result<(), Invalid> {
        if self.has(feature) { Ok(()) } else { Err(Invalid::missing(feature, message, self.offset)) }
    }

    /// Returns an error at the current item.
    #[cold]
    #[inline(never)]
    pub fn fault(&self, message: &str) -> Invalid {
        Invalid::new(message, self.offset)
    }

    /// Returns an error for more items of a kind than the limit. If the limit is 1, it names the missing proposal.
    #[cold]
    #[inline(never)]
    pub fn exceeded(&self, what: &str, max: usize) -> Invalid {
        match (max, what) {
            (1, "tables") => Invalid::missing(WasmFeatures::REFERENCE_TYPES, "multiple tables", self.offset),
            (1, _) => Invalid::missing(WasmFeatures::MULTI_MEMORY, "multiple memories", self.offset),
            _ => Invalid::of(format_args!("{what} count exceeds limit of {max}"), self.offset),
        }
    }
}

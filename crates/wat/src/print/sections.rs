//! Prints sections (spec: binary/modules) as the fields of a module (spec: text/modules).

use core::mem;

use wasmote_decode::reader::Reader;

use super::names::{IndexSpace, name, sized};
use super::{Fault, Printer, Result};

/// The sections in order: each id, and its name in the text.
const SECTIONS: [(u8, &str); 13] = [
    (TYPE, "after type"),
    (IMPORT, "after import"),
    (FUNC, "after func"),
    (TABLE, "after table"),
    (MEMORY, "after memory"),
    (TAG, "after tag"),
    (GLOBAL, "after global"),
    (EXPORT, "after export"),
    (START, "after start"),
    (ELEM, "after elem"),
    (DATA_COUNT, "before code"),
    (CODE, "after code"),
    (DATA, "after data"),
];

const CUSTOM: u8 = 0;
const TYPE: u8 = 1;
const IMPORT: u8 = 2;
const FUNC: u8 = 3;
const TABLE: u8 = 4;
const MEMORY: u8 = 5;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const START: u8 = 8;
const ELEM: u8 = 9;
const CODE: u8 = 10;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
const TAG: u8 = 13;

const HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The progress through the sections.
struct SectionScan {
    /// The end of the last section that is not custom.
    end: usize,
    /// The number of functions that still need a body, and the data count.
    funcs: u32,
    promised: Option<u32>,
}

impl<'b> Printer<'b, '_> {
    /// Prints the module.
    #[inline(never)]
    pub fn module(&mut self) -> Result<()> {
        if self.reader.array() != Ok(HEADER) {
            return self.fault_at(0, Fault::Header);
        }
        self.out.start()?;
        self.name_operators()?;
        let mut way = SectionScan { end: self.look_for_names()?, funcs: 0, promised: None };
        self.text("(module");
        if let Some(name) = self.names.module() {
            match name {
                "" => self.text(" (@name \"\")"),
                name => self.out.identifier(name),
            }
        }
        let mut place = "before first";
        let mut rest = SECTIONS.iter();
        let mut file = self.reader;
        while !file.is_at_end() {
            let start = file.position();
            let id = self.next_section(&mut file)?;
            if id == CUSTOM {
                self.custom(place, &way)?;
                continue;
            }
            match rest.find(|section| section.0 == id) {
                // Parsing the text creates no empty sections, and so a custom section cannot be placed by them.
                Some(section) if self.reader.peek() != Ok(0) || id == START => place = section.1,
                Some(_) => {}
                None => {
                    self.reader = self.wasm;
                    return self.fault_at(start, if id <= TAG { Fault::SectionOrder } else { Fault::Section });
                }
            }
            self.section(id, &mut way)?;
            if !self.reader.is_at_end() {
                return Err(Fault::SectionSize);
            }
            if self.out.is_stopped {
                return Err(Fault::Stopped);
            }
        }
        self.reader = file;
        if way.funcs > 0 || !self.func_types.is_at_end() {
            return Err(Fault::FuncCount);
        }
        if way.promised.is_some_and(|count| count > 0) {
            return Err(Fault::DataCount);
        }
        self.text("\n)\n");
        self.out.flush();
        if self.out.is_stopped { Err(Fault::Stopped) } else { Ok(()) }
    }

    /// Advances to the next section. Returns its id.
    fn next_section(&mut self, file: &mut Reader<'b>) -> Result<u8> {
        self.reader = *file;
        let id = self.byte()?;
        let bytes = sized(&mut self.reader)?;
        *file = mem::replace(&mut self.reader, bytes);
        Ok(id)
    }

    /// Reads the name section. Returns the end of the last section that is not custom.
    #[inline(never)]
    fn look_for_names(&mut self) -> Result<usize> {
        let mut file = self.reader;
        let mut end = file.position();
        let mut is_known = false;
        while !file.is_at_end() {
            match self.next_section(&mut file)? {
                CUSTOM if name(&mut self.reader)? == "name" => {
                    if is_known {
                        self.names.note_second_section();
                    } else {
                        self.names.read(self.reader)?;
                    }
                    is_known = true;
                }
                CUSTOM => {}
                _ => end = file.position(),
            }
        }
        self.reader = self.wasm;
        self.reader.skip(HEADER.len())?;
        Ok(end)
    }

    /// Prints a custom section, which is placed at `place`. Names are printed at their definitions. The name section is
    /// also printed as bytes if it says more than that, or if it precedes a section. (The parser then generates none.)
    #[inline(never)]
    fn custom(&mut self, place: &str, way: &SectionScan) -> Result<()> {
        let start = self.reader.position();
        let title = name(&mut self.reader)?;
        if title == "name" && start > way.end && self.names.are_all_printed() {
            return Ok(());
        }
        self.field("(@custom ");
        self.out.name(title);
        self.text(" (");
        self.text(place);
        self.text(") ");
        let left = self.reader.left();
        let bytes = self.reader.bytes(left)?;
        self.out.string(bytes);
        self.close();
        Ok(())
    }

    /// Begins a field.
    fn field(&mut self, word: &str) {
        self.out.line(1);
        self.text(word);
    }

    #[inline(never)]
    fn section(&mut self, id: u8, way: &mut SectionScan) -> Result<()> {
        let start = self.reader.position();
        let count = self.index()?;
        match id {
            START => {
                self.field("(start");
                self.mention(IndexSpace::Func, count);
                self.close();
                return Ok(());
            }
            DATA_COUNT => {
                way.promised = Some(count);
                return Ok(());
            }
            FUNC => {
                // Function types are printed with the bodies.
                way.funcs = count;
                self.func_types = self.reader;
                self.reader.finish();
                return Ok(());
            }
            CODE if count != mem::take(&mut way.funcs) => {
                return self.fault_at(start, Fault::FuncCount);
            }
            DATA if way.promised.take().is_some_and(|promised| promised != count) => {
                return self.fault_at(start, Fault::DataCount);
            }
            _ => {}
        }
        for _ in 0..count {
            if self.out.is_stopped {
                return Err(Fault::Stopped);
            }
            match id {
                TYPE => self.rec_type()?,
                IMPORT => self.import()?,
                TABLE => self.table()?,
                MEMORY => {
                    self.field("(memory");
                    self.define_next(IndexSpace::Memory);
                    self.memory_type()?;
                    self.close();
                }
                GLOBAL => {
                    self.field("(global");
                    self.define_next(IndexSpace::Global);
                    self.global_type()?;
                    self.constant("")?;
                }
                TAG => {
                    self.field("(tag");
                    self.define_next(IndexSpace::Tag);
                    self.tag_type()?;
                    self.close();
                }
                EXPORT => self.export()?,
                ELEM => self.elem()?,
                CODE => self.func()?,
                _ => self.data()?,
            }
        }
        // The names inside of the last function are still there.
        self.names.leave(IndexSpace::Local);
        self.names.leave(IndexSpace::Label);
        Ok(())
    }

    /// Reads a name and prints it in quotation marks.
    fn quoted(&mut self) -> Result<&'b str> {
        let name = name(&mut self.reader)?;
        self.text(" ");
        self.out.name(name);
        Ok(name)
    }

    #[inline(never)]
    fn import(&mut self) -> Result<()> {
        const ITEMS: u8 = 0x7f;
        const ITEMS_OF_A_TYPE: u8 = 0x7e;
        self.field("(import");
        self.quoted()?;
        let start = self.reader;
        let is_unnamed = name(&mut self.reader)?.is_empty();
        match self.reader.peek()? {
            ITEMS if is_unnamed => {
                self.byte()?;
                for _ in 0..self.index()? {
                    self.text(" (item");
                    self.quoted()?;
                    self.import_type(true)?;
                    self.close();
                }
            }
            ITEMS_OF_A_TYPE if is_unnamed => self.imports_of_a_type()?,
            _ => {
                self.reader = start;
                self.quoted()?;
                self.import_type(true)?;
            }
        }
        self.close();
        Ok(())
    }

    /// Prints imports of the compact form that share one type. Text puts the type last, and cannot name them.
    #[inline(never)]
    fn imports_of_a_type(&mut self) -> Result<()> {
        self.byte()?;
        let of_type = self.reader;
        let kind = self.reader.peek()?;
        self.out.is_silent = true;
        self.import_type(false)?;
        self.out.is_silent = false;
        let count = self.index()?;
        for _ in 0..count {
            self.text(" (item");
            self.quoted()?;
            self.close();
        }
        let end = mem::replace(&mut self.reader, of_type);
        self.import_type(false)?;
        self.reader = end;
        if let Some((_, _, space)) = import_kind(kind) {
            let next = &mut self.next[space as usize];
            *next = next.saturating_add(count);
        }
        Ok(())
    }

    /// Prints the type of an import, with its name, or for several imports.
    fn import_type(&mut self, has_name: bool) -> Result<()> {
        let start = self.reader.position();
        let Some((word, is_exact, space)) = import_kind(self.byte()?) else {
            return self.fault_at(start, Fault::ImportKind);
        };
        self.text(word);
        let mut index = 0;
        if has_name {
            index = self.define_next(space);
        }
        match space {
            IndexSpace::Func => {
                let ty = self.index()?;
                self.text(if is_exact { " (exact" } else { "" });
                self.names.leave(IndexSpace::Local);
                if has_name {
                    self.names.enter(IndexSpace::Local, index)?;
                }
                self.type_use(ty)?;
                self.text(if is_exact { ")" } else { "" });
            }
            IndexSpace::Table => self.table_type()?,
            IndexSpace::Memory => self.memory_type()?,
            IndexSpace::Global => self.global_type()?,
            _ => self.tag_type()?,
        }
        self.close();
        Ok(())
    }

    fn tag_type(&mut self) -> Result<()> {
        self.byte_to(0, Fault::TagAttribute)?;
        let ty = self.index()?;
        self.index_of_type(ty);
        Ok(())
    }

    #[inline(never)]
    fn table(&mut self) -> Result<()> {
        const WITH_INITIAL_VALUE: u8 = 0x40;
        self.field("(table");
        self.define_next(IndexSpace::Table);
        if !self.accept_byte(WITH_INITIAL_VALUE)? {
            self.table_type()?;
            self.close();
            return Ok(());
        }
        self.reader.zero()?;
        self.table_type()?;
        self.constant("")
    }

    fn export(&mut self) -> Result<()> {
        self.field("(export");
        self.quoted()?;
        let start = self.reader.position();
        let Some((word, false, space)) = import_kind(self.byte()?) else {
            return self.fault_at(start, Fault::ExportKind);
        };
        self.text(word);
        self.mention_next(space)?;
        self.text("))");
        Ok(())
    }

    #[inline(never)]
    fn elem(&mut self) -> Result<()> {
        /// Flags of element segments: not active; has a table index or declares; has expressions.
        const NOT_ACTIVE: u32 = 1;
        const MORE: u32 = 2;
        const EXPRESSIONS: u32 = 4;
        self.field("(elem");
        self.define_next(IndexSpace::Elem);
        let start = self.reader.position();
        let flags = self.index()?;
        if flags > 7 {
            return self.fault_at(start, Fault::ElemKind);
        }
        if flags & NOT_ACTIVE != 0 {
            self.text(if flags & MORE != 0 { " declare" } else { "" });
        } else {
            if flags & MORE != 0 {
                self.text(" (table");
                self.mention_next(IndexSpace::Table)?;
                self.close();
            }
            self.constant(" (offset")?;
        }
        // Only the oldest form, for table 0, does not state the kind of its elements.
        let has_kind = flags & (NOT_ACTIVE | MORE) != 0;
        if flags & EXPRESSIONS != 0 {
            if has_kind {
                let (nullable, heap) = self.reader.reference_type()?;
                self.reference(nullable, heap);
            } else {
                self.text(" funcref");
            }
            for _ in 0..self.index()? {
                self.constant(" (item")?;
            }
        } else {
            if has_kind {
                self.byte_to(0, Fault::ElemKind)?;
            }
            self.text(" func");
            for _ in 0..self.index()? {
                self.mention_next(IndexSpace::Func)?;
            }
        }
        self.close();
        Ok(())
    }

    #[inline(never)]
    fn func(&mut self) -> Result<()> {
        self.field("(func");
        let index = self.define_next(IndexSpace::Func);
        mem::swap(&mut self.reader, &mut self.func_types);
        let ty = self.index()?;
        mem::swap(&mut self.reader, &mut self.func_types);
        let body = sized(&mut self.reader)?;
        let section = mem::replace(&mut self.reader, body);
        self.names.enter(IndexSpace::Local, index)?;
        self.names.enter(IndexSpace::Label, index)?;
        let params = self.type_use(ty)?;
        self.body(params)?;
        self.reader = section;
        self.field(")");
        Ok(())
    }

    #[inline(never)]
    fn data(&mut self) -> Result<()> {
        self.field("(data");
        self.define_next(IndexSpace::Data);
        let start = self.reader.position();
        let flags = self.index()?;
        match flags {
            0 | 1 => {}
            2 => {
                let memory = self.index()?;
                if memory != 0 {
                    self.text(" (memory");
                    self.mention(IndexSpace::Memory, memory);
                    self.close();
                }
            }
            _ => return self.fault_at(start, Fault::DataKind),
        }
        if flags != 1 {
            self.constant(" (offset")?;
        }
        let len = self.index()?;
        let bytes = self.reader.bytes(len as usize)?;
        self.text(" ");
        self.out.string(bytes);
        self.close();
        Ok(())
    }
}

/// Returns, for the kind of an import or export, its keyword, whether its type is exact, and its index space.
fn import_kind(byte: u8) -> Option<(&'static str, bool, IndexSpace)> {
    const FUNC_EXACTLY: u8 = 0x20;
    Some(match byte {
        0 => (" (func", false, IndexSpace::Func),
        FUNC_EXACTLY => (" (func", true, IndexSpace::Func),
        1 => (" (table", false, IndexSpace::Table),
        2 => (" (memory", false, IndexSpace::Memory),
        3 => (" (global", false, IndexSpace::Global),
        4 => (" (tag", false, IndexSpace::Tag),
        _ => return None,
    })
}

//! Validates the items of sections: imports, functions, tables, memories, tags, globals, exports, the start function
//! and segments (spec: valid/modules).

use wasmote_ir::fallible::TryVec;
use wasmparser::WasmFeatures;

use crate::body::constant;
use crate::fault::Invalid;
use crate::limits::{MAX_ELEMENTS, MAX_IMPORTS, MAX_TYPE_SIZE};
use crate::outline::{FuncType, Global, Table};
use crate::read::Reader;
use crate::sections::Sections;
use crate::type_reader::TypeReader;
use crate::types::Ty;

/// In place of the kind: imports of one module follow, each with its type, or all with the same.
const OWN_TYPES: u8 = 0x7f;
const SAME_TYPE: u8 = 0x7e;

/// The type of an import. Functions and tags have the index of theirs, memories the type of their addresses. A function
/// may have to have exactly its type.
#[derive(Clone, Copy)]
enum ImportType {
    Func(u32, bool),
    Table(Table),
    Memory(Ty),
    Global(Global),
    Tag(u32),
}

impl Sections {
    /// Reads an import, or imports of one module in the compact form.
    pub fn imports(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        reader.name()?;
        let is_unnamed = reader.name()?.is_empty();
        let kind = reader.peek()?;
        if !(is_unnamed && matches!(kind, OWN_TYPES | SAME_TYPE)) {
            let ty = self.import_type(reader)?;
            return self.import(ty);
        }
        let message = "invalid leading byte with compact imports proposal disabled";
        self.require(WasmFeatures::COMPACT_IMPORTS, message)?;
        reader.byte()?;
        let shared = if kind == SAME_TYPE { Some(self.import_type(reader)?) } else { None };
        self.offset = reader.offset();
        for _ in 0..reader.u32()? {
            self.offset = reader.offset();
            reader.name()?;
            let ty = shared.map_or_else(|| self.import_type(reader), Ok)?;
            self.import(ty)?;
        }
        Ok(())
    }

    /// Reads the type of an import.
    fn import_type(&self, reader: &mut Reader<'_>) -> Result<ImportType, Invalid> {
        Ok(match reader.byte()? {
            0x00 => ImportType::Func(reader.u32()?, false),
            0x20 => {
                let message = "custom descriptors required for exact function imports";
                self.require(WasmFeatures::CUSTOM_DESCRIPTORS, message)?;
                ImportType::Func(reader.u32()?, true)
            }
            0x01 => ImportType::Table(self.table_type(reader)?),
            0x02 => ImportType::Memory(self.memory_type(reader)?),
            0x03 => ImportType::Global(self.global_type(reader)?),
            0x04 => ImportType::Tag(self.tag_type(reader)?),
            kind => {
                let message = format_args!("invalid leading byte (0x{kind:x}) for external kind");
                return Err(Invalid::of(message, self.offset));
            }
        })
    }

    /// Adds an import of this type to the outline.
    fn import(&mut self, ty: ImportType) -> Result<(), Invalid> {
        // Compact imports are counted here, all others by their section, too.
        self.imports += 1;
        if self.imports > MAX_IMPORTS {
            return Err(self.exceeded("imports", MAX_IMPORTS));
        }
        let mut size = 1;
        match ty {
            ImportType::Func(ty, is_exact) => {
                size = type_size(self.func_type(ty)?);
                if is_exact {
                    self.outline.exact_imports.try_push(self.outline.imported_funcs)?;
                }
                self.outline.funcs.try_push(ty)?;
                self.outline.imported_funcs += 1;
            }
            ImportType::Table(ty) => {
                if self.outline.tables.len() >= self.max_tables() {
                    return Err(self.exceeded("tables", self.max_tables()));
                }
                self.outline.tables.try_push(ty)?;
            }
            ImportType::Memory(address) => {
                if self.outline.memories.len() >= self.max_memories() {
                    return Err(self.exceeded("memories", self.max_memories()));
                }
                self.outline.memories.try_push(address)?;
            }
            ImportType::Global(ty) => {
                self.require_mutable(ty)?;
                self.outline.globals.try_push(ty)?;
                self.outline.imported_globals += 1;
            }
            ImportType::Tag(ty) => {
                size = type_size(self.func_type(ty)?);
                self.outline.tags.try_push(ty)?;
            }
        }
        self.add_size(size)
    }

    /// Adds to the total size of the types of imports and exports, which is limited.
    fn add_size(&mut self, size: usize) -> Result<(), Invalid> {
        self.type_size += size;
        if self.type_size < MAX_TYPE_SIZE {
            return Ok(());
        }
        Err(Invalid::of(format_args!("effective type size exceeds the limit of {MAX_TYPE_SIZE}"), self.offset))
    }

    pub fn func(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let ty = reader.u32()?;
        self.func_type(ty)?;
        self.outline.funcs.try_push(ty)?;
        Ok(())
    }

    /// Returns the function type with this index.
    fn func_type(&self, ty: u32) -> Result<&FuncType, Invalid> {
        let not_func = |_| Invalid::of(format_args!("type index {ty} is not a function type"), self.offset);
        self.outline
            .func_type(ty)
            .ok_or_else(|| self.outline.canonical_at(ty, self.offset).map_or_else(|fault| fault, not_func))
    }

    pub fn table(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        // If the bytes 0x40 0x00 come before the type, an expression follows it.
        let has_init = reader.peek()? == 0x40;
        if has_init && *reader.bytes(2)? != [0x40, 0x00] {
            return Err(self.fault("invalid table encoding"));
        }
        let ty = self.table_type(reader)?;
        if has_init {
            let message = "tables with expression initializers require the function-references proposal";
            self.require(WasmFeatures::FUNCTION_REFERENCES, message)?;
            self.constant(reader, ty.element)?;
        } else if !ty.element.is_nullable() {
            return Err(self.fault("type mismatch: non-defaultable element type"));
        }
        self.outline.tables.try_push(ty)?;
        Ok(())
    }

    /// Reads the type of a table.
    fn table_type(&self, reader: &mut Reader<'_>) -> Result<Table, Invalid> {
        let element = self.written(|written| written.element_type(reader))?;
        let flags = reader.byte()?;
        if flags > 0b111 {
            return Err(self.fault("invalid table resizable limits flags"));
        }
        let is_64 = flags & 0b100 != 0;
        let most = self.limits(reader, flags)?;
        if is_64 {
            self.require(WasmFeatures::MEMORY64, "memory64 must be enabled for 64-bit tables")?;
        } else if most > u64::from(u32::MAX) {
            return Err(self.fault("table size must be at most 2**32 - 1 entries"));
        }
        if flags & 0b010 != 0 {
            let message = "shared tables require the shared-everything-threads proposal";
            self.require(WasmFeatures::SHARED_EVERYTHING_THREADS, message)?;
        }
        Ok(Table { element, index: address(is_64) })
    }

    pub fn memory(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let address = self.memory_type(reader)?;
        self.outline.memories.try_push(address)?;
        Ok(())
    }

    /// Reads the type of a memory. Returns the type of its addresses.
    fn memory_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Invalid> {
        let flags = reader.byte()?;
        if flags > 0b1111 {
            return Err(self.fault("invalid memory limits flags"));
        }
        let is_64 = flags & 0b0100 != 0;
        let (is_shared, has_max) = (flags & 0b0010 != 0, flags & 0b0001 != 0);
        let most = self.limits(reader, flags)?;
        let page_log2 = if flags & 0b1000 != 0 { reader.u32()? } else { 16 };
        if is_64 {
            self.require(WasmFeatures::MEMORY64, "memory64 must be enabled for 64-bit memories")?;
        }
        if is_shared {
            self.require(WasmFeatures::THREADS, "threads must be enabled for shared memories")?;
        }
        if flags & 0b1000 != 0 {
            let message = "the custom page sizes proposal must be enabled to customize a memory's page size";
            self.require(WasmFeatures::CUSTOM_PAGE_SIZES, message)?;
        }
        // The proposal has only these two sizes.
        if page_log2 != 0 && page_log2 != 16 {
            return Err(self.fault("invalid custom page size"));
        }
        let (max, message) = match (is_64, page_log2) {
            (false, 0) => (u64::from(u32::MAX), "memory size must be at most 2**32 - 1 pages of one byte"),
            (false, _) => (1 << 16, "memory size must be at most 65536 pages (4GiB)"),
            (true, 0) => (u64::MAX, ""),
            (true, _) => (1 << 48, "memory size must be at most 2**48 pages"),
        };
        if most > max {
            return Err(self.fault(message));
        }
        if is_shared && !has_max {
            return Err(self.fault("shared memory must have maximum size"));
        }
        Ok(address(is_64))
    }

    /// Reads limits. Returns the maximum, or the minimum if there is no maximum.
    fn limits(&self, reader: &mut Reader<'_>, flags: u8) -> Result<u64, Invalid> {
        let number = |reader: &mut Reader<'_>| {
            if self.has(WasmFeatures::MEMORY64) { reader.u64() } else { reader.u32().map(u64::from) }
        };
        let min = number(reader)?;
        let max = if flags & 1 != 0 { number(reader)? } else { min };
        if min > max {
            return Err(self.fault("size minimum must not be greater than maximum"));
        }
        Ok(max)
    }

    pub fn tag(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let ty = self.tag_type(reader)?;
        self.outline.tags.try_push(ty)?;
        Ok(())
    }

    /// Reads the type of a tag. Returns its index.
    fn tag_type(&self, reader: &mut Reader<'_>) -> Result<u32, Invalid> {
        if reader.byte()? != 0 {
            return Err(self.fault("invalid tag attributes"));
        }
        let ty = reader.u32()?;
        self.require(WasmFeatures::EXCEPTIONS, "exceptions proposal not enabled")?;
        if !self.func_type(ty)?.results.is_empty() {
            let message = "invalid exception type: non-empty tag result type";
            self.require(WasmFeatures::STACK_SWITCHING, message)?;
        }
        Ok(ty)
    }

    pub fn global(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let global = self.global_type(reader)?;
        self.constant(reader, global.ty)?;
        self.outline.globals.try_push(global)?;
        Ok(())
    }

    /// Reads the type of a global.
    fn global_type(&self, reader: &mut Reader<'_>) -> Result<Global, Invalid> {
        let ty = self.written(|written| written.value_type(reader))?;
        let flags = reader.byte()?;
        if flags > 0b11 {
            return Err(self.fault("malformed mutability: malformed global flags"));
        }
        if flags & 0b10 != 0 {
            let message = "shared globals require the shared-everything-threads proposal";
            self.require(WasmFeatures::SHARED_EVERYTHING_THREADS, message)?;
        }
        Ok(Global { ty, mutable: flags & 0b01 != 0 })
    }

    /// Checks that a global may be imported or exported. In the first version, a mutable one may not.
    fn require_mutable(&self, global: Global) -> Result<(), Invalid> {
        if !global.mutable {
            return Ok(());
        }
        self.require(WasmFeatures::MUTABLE_GLOBAL, "mutable global support is not enabled")
    }

    pub fn export(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let name = reader.name()?;
        let end = reader.offset();
        let (kind, index) = (reader.byte()?, reader.u32()?);
        let outline = &self.outline;
        let found = match kind {
            0x00 => outline.func(index).and_then(|ty| outline.func_type(ty)).map(type_size),
            0x01 => outline.table(index).map(|_| 1),
            0x02 => outline.memory(index).map(|_| 1),
            0x03 => outline.global(index).map(|_| 1),
            0x04 => outline.tags.get(index as usize).and_then(|&ty| outline.func_type(ty)).map(type_size),
            _ => {
                return Err(Invalid::of(
                    format_args!("invalid leading byte (0x{kind:x}) for external kind"),
                    self.offset,
                ));
            }
        };
        let Some(size) = found else {
            let what = ["function", "table", "memory", "global", "tag"][usize::from(kind)];
            return Err(Invalid::unknown(what, index, self.offset));
        };
        match kind {
            0x00 => self.outline.declare(index)?,
            0x03 => outline.global(index).map_or(Ok(()), |global| self.require_mutable(global))?,
            _ => {}
        }
        let number = self.names.len() as u32;
        let known =
            |number: u32| self.names.get(number as usize).map_or(&[][..], |range| reader.part_at(range.clone()));
        if self.exports.insert(name.as_bytes(), number, &known)?.is_some() {
            return Err(Invalid::of(format_args!("duplicate export name `{name}` already defined"), self.offset));
        }
        self.names.try_push(end - name.len()..end)?;
        self.add_size(size)
    }

    pub fn start(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let func = reader.u32()?;
        let ty =
            self.func_type(self.outline.func(func).ok_or_else(|| Invalid::unknown("function", func, self.offset))?)?;
        if ty.params.is_empty() && ty.results.is_empty() {
            return Ok(());
        }
        Err(self.fault("invalid start function type"))
    }

    pub fn elem(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        // Bit 0: the segment is not active. Bit 1: it is declared if it is not active, or has the index of a table if
        // it is active. Bit 2: the elements are expressions.
        let flags = reader.u32()?;
        if flags > 0b111 {
            return Err(self.fault("invalid flags byte in element segment"));
        }
        let are_exprs = flags & 0b100 != 0;
        let mut table = None;
        if flags & 0b001 != 0 {
            self.require(WasmFeatures::BULK_MEMORY, "bulk memory must be enabled")?;
        } else {
            let index = if flags & 0b010 != 0 { reader.u32()? } else { 0 };
            let target = self.outline.table(index).ok_or_else(|| Invalid::unknown("table", index, self.offset))?;
            self.constant(reader, target.index)?;
            table = Some(target);
        }
        let mut ty = if are_exprs { Ty::FUNCREF } else { Ty::FUNCREF.non_null() };
        match (are_exprs, flags & 0b011 != 0) {
            (true, true) => ty = self.written(|written| written.reference_type(reader))?,
            (true, false) => self.require(WasmFeatures::REFERENCE_TYPES, "reference types support is not enabled")?,
            (false, true) if reader.byte()? != 0 => {
                return Err(self.fault("only the function external type is supported in elem segment"));
            }
            _ => {}
        }
        if let Some(Table { element, .. }) = table
            && !self.outline.matches(ty, element)
        {
            let (ty, element) = (self.outline.show(ty), self.outline.show(element));
            let message = format_args!("type mismatch: invalid element type `{ty}` for table type `{element}`");
            return Err(Invalid::of(message, self.offset));
        }
        for _ in 0..self.size(reader, MAX_ELEMENTS, "number of elements")? {
            self.offset = reader.offset();
            if are_exprs {
                self.constant(reader, ty)?;
                continue;
            }
            let func = reader.u32()?;
            if self.outline.func(func).is_none() {
                return Err(Invalid::unknown("function", func, self.offset));
            }
            self.outline.declare(func)?;
        }
        self.outline.elems.try_push(ty)?;
        Ok(())
    }

    pub fn data_segment(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let flags = reader.u32()?;
        match flags {
            0 | 2 => {
                let index = if flags == 2 { reader.u32()? } else { 0 };
                let memory =
                    self.outline.memory(index).ok_or_else(|| Invalid::unknown("memory", index, self.offset))?;
                self.constant(reader, memory)?;
            }
            1 => self.require(WasmFeatures::BULK_MEMORY, "passive data segments require the bulk-memory proposal")?,
            _ => return Err(self.fault("invalid flags byte in data segment")),
        }
        reader.part()?;
        Ok(())
    }

    /// Reads a constant expression of this type. `ref.func` in bodies may then name the functions that it refers to.
    fn constant(&mut self, reader: &mut Reader<'_>, ty: Ty) -> Result<(), Invalid> {
        constant(&self.outline, self.features, reader, ty, &mut self.named, &mut self.buffers)?;
        if !self.named.is_empty() {
            for func in self.named.drain(..) {
                self.outline.declare(func)?;
            }
        }
        Ok(())
    }

    /// Calls `read` with a reader of types.
    fn written(&self, read: impl FnOnce(&TypeReader<'_>) -> Result<Ty, Invalid>) -> Result<Ty, Invalid> {
        let canonical = |index, offset| self.outline.canonical_at(index, offset);
        read(&TypeReader { features: self.features, canonical: &canonical })
    }
}

/// Returns the type of addresses or indices.
fn address(is_64: bool) -> Ty {
    if is_64 { Ty::I64 } else { Ty::I32 }
}

/// Returns how much a function or a tag adds to the size of types.
fn type_size(ty: &FuncType) -> usize {
    2 + ty.params.len() + ty.results.len()
}

//! Reads a binary section by section (spec: binary/modules).

use wasmote_ir::Proposal;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_str};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::header::Header;
use crate::module::{Custom, Export, ExportKind, Import, ImportType, ModuleInfo};
use crate::reader::{MAX_NAME, Reader};
use crate::refusal::{Fault, Refusal};
use crate::types::HAS_GC;

/// The positions of sections in the order, by their ids. Custom sections may be anywhere.
pub const SECTION_ORDER: [u8; 14] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/// How many bytes the names of imported modules take at most, beyond those that the section has itself. With compact
/// imports, a few bytes of the binary copy a long name, and could so use up the memory.
const MAX_MODULE_NAMES: usize = 16 << 20;

/// The maximum number of imports, on which web engines agreed (spec: appendix/implementation).
pub const MAX_IMPORTS: usize = 1_000_000;

/// In place of the kind of an import: imports of one module follow, each with its type, or all with the same.
const OWN_TYPES: u8 = 0x7f;
const SAME_TYPE: u8 = 0x7e;

/// Decodes a binary.
///
/// It checks the order of sections, their lengths, and that names are UTF-8. The module may still be invalid.
///
/// # Errors
/// If the binary is malformed, if it uses a proposal outside of bodies that this build lacks, or if there is not enough
/// memory.
pub fn decode(wasm: &[u8]) -> Result<ModuleInfo, DecodeError> {
    let (module, unsupported) = decode_supported(wasm)?;
    match unsupported {
        None => Ok(module),
        Some(error) => Err(error),
    }
}

/// Decodes what this build supports of a binary, for tools that list its parts. Returns also the first error about a
/// proposal that this build lacks. From such an item to the end of its section, the items are missing.
///
/// # Errors
/// If the binary is malformed, or if there is not enough memory.
pub fn decode_supported(wasm: &[u8]) -> Result<(ModuleInfo, Option<DecodeError>), DecodeError> {
    header(wasm)?;
    let mut reader = Reader::new(wasm, 0);
    reader.go_to(8);
    let mut decoder = Decoder {
        module: ModuleInfo::default(),
        reader,
        offset: 0,
        order: 0,
        data_count: None,
        names_left: 0,
        unsupported: None,
    };
    match decoder.sections() {
        Ok(()) => Ok((decoder.module, decoder.unsupported)),
        Err(refusal) => Err(decoder.unsupported.take().unwrap_or_else(|| decoder.error(refusal))),
    }
}

/// Refuses anything but a binary of version 1.
fn header(wasm: &[u8]) -> Result<(), DecodeError> {
    let (message, offset) = match Header::of(wasm) {
        Header::Component => return Err(DecodeError { kind: DecodeErrorKind::Component, offset: 4 }),
        Header::Module if wasm[4..8] == [1, 0, 0, 0] => return Ok(()),
        Header::Module => ("unknown binary version", 4),
        Header::Image => ("magic header not detected: this is an image of a module", 0),
        Header::Other if b"\0asm".starts_with(wasm) || wasm.starts_with(b"\0asm") => ("unexpected end", wasm.len()),
        Header::Other => ("magic header not detected: a module begins with `\\0asm`", 0),
    };
    Err(DecodeError::malformed(message, offset))
}

/// The state of reading a binary.
pub(crate) struct Decoder<'b> {
    pub module: ModuleInfo,
    /// Reads the section.
    pub reader: Reader<'b>,
    /// The offset of the current item in the binary, where faults are reported.
    pub offset: usize,
    /// The position in the order of the last section that was read.
    order: u8,
    /// The number of data segments, if a section says so.
    data_count: Option<u32>,
    /// How many bytes of names of modules the next imports may have.
    names_left: usize,
    /// The first error about a proposal that this build lacks.
    unsupported: Option<DecodeError>,
}

impl<'b> Decoder<'b> {
    fn sections(&mut self) -> Result<(), Refusal> {
        while !self.reader.is_at_end() {
            let id = self.reader.byte()?;
            let len = self.reader.index()?;
            self.offset = self.reader.position();
            let mut behind = self.reader;
            let contents = behind.bytes(len as usize).map_err(|_| Fault::EndOfFile)?;
            self.reader = Reader::new(contents, self.offset);
            self.module.sections.try_push((id, self.reader.range()))?;
            match self.section(id) {
                Err(refusal @ Refusal::Unsupported(_)) => {
                    let error = self.error(refusal);
                    self.unsupported.get_or_insert(error);
                    self.reader.finish();
                }
                result => result?,
            }
            if !self.reader.is_at_end() {
                self.offset = self.reader.position();
                return Err(Fault::SectionSize.into());
            }
            self.reader = behind;
        }
        self.offset = self.reader.position();
        if self.module.bodies.len() != self.defined_funcs() {
            return Err(Fault::NoCode.into());
        }
        self.check_data()
    }

    /// Reads a section.
    fn section(&mut self, id: u8) -> Result<(), Refusal> {
        let Some(&order) = SECTION_ORDER.get(usize::from(id)) else { return Err(Fault::SectionId.into()) };
        if id == 0 {
            let name = try_str(self.name()?)?;
            let bytes = self.reader.position()..self.reader.range().end;
            self.module.customs.try_push(Custom { name, bytes })?;
            self.reader.finish();
            return Ok(());
        }
        if order <= self.order {
            return Err(Fault::SectionOrder.into());
        }
        self.order = order;
        // The number of items, or the only item.
        let count = self.reader.index()?;
        // Each item takes at least a byte, so a larger count is a lie.
        let room = self.reader.left().min(count as usize);
        let module = &mut self.module;
        let item = match id {
            1 => {
                module.types.try_room(room)?;
                Decoder::group
            }
            2 => {
                module.imports.try_room(room)?;
                self.names_left = MAX_MODULE_NAMES + self.reader.left();
                Decoder::import
            }
            3 => {
                module.funcs.try_room(room)?;
                Decoder::func
            }
            4 => Decoder::table,
            5 => Decoder::memory,
            6 => Decoder::global,
            7 => {
                module.exports.try_room(room)?;
                Decoder::export
            }
            8 => {
                module.start = Some(count);
                return Ok(());
            }
            9 => Decoder::elem,
            10 => {
                if self.defined_funcs() != count as usize {
                    return Err(Fault::CodeLength.into());
                }
                self.module.bodies.try_room(room)?;
                Decoder::body
            }
            11 => {
                module.data.try_room(room)?;
                Decoder::data
            }
            12 => {
                self.data_count = Some(count);
                return Ok(());
            }
            _ => Decoder::tag,
        };
        self.items(count, item)?;
        if id == 11 { self.check_data() } else { Ok(()) }
    }

    /// Calls `item` for each item of a section.
    #[inline(never)]
    fn items(&mut self, count: u32, item: fn(&mut Decoder<'b>) -> Result<(), Refusal>) -> Result<(), Refusal> {
        for _ in 0..count {
            self.offset = self.reader.position();
            item(self)?;
        }
        Ok(())
    }

    /// Returns how many functions the module defines.
    fn defined_funcs(&self) -> usize {
        self.module.funcs.len() - self.module.imported_funcs as usize
    }

    /// Checks that there are as many data segments as the data count section says.
    fn check_data(&self) -> Result<(), Refusal> {
        match self.data_count {
            Some(count) if count as usize != self.module.data.len() => Err(Fault::DataCount.into()),
            _ => Ok(()),
        }
    }

    /// Reads a name (spec: binary/values#names).
    fn name(&mut self) -> Result<&'b str, Refusal> {
        let len = self.reader.index()? as usize;
        if len > MAX_NAME {
            return Err(Fault::NameSize.into());
        }
        Ok(core::str::from_utf8(self.reader.bytes(len)?).map_err(|_| Fault::Utf8)?)
    }

    /// Reads an import, or imports of one module in the compact form.
    fn import(&mut self) -> Result<(), Refusal> {
        let (module, name) = (self.name()?, self.name()?);
        let kind = self.reader.peek()?;
        if !(name.is_empty() && matches!(kind, OWN_TYPES | SAME_TYPE)) {
            let ty = self.import_type()?;
            return self.add_import(module, name, ty);
        }
        self.reader.pass(1);
        let same = if kind == SAME_TYPE { Some(self.import_type()?) } else { None };
        for _ in 0..self.reader.index()? {
            self.offset = self.reader.position();
            let name = self.name()?;
            let ty = same.map_or_else(|| self.import_type(), Ok)?;
            self.add_import(module, name, ty)?;
        }
        Ok(())
    }

    /// Reads the type of an import.
    fn import_type(&mut self) -> Result<ImportType, Refusal> {
        Ok(match self.reader.byte()? {
            0x00 => ImportType::Func(self.reader.index()?),
            0x01 => ImportType::Table(self.table_type()?),
            0x02 => ImportType::Memory(self.memory_type()?),
            0x03 => ImportType::Global(self.global_type()?),
            0x04 => ImportType::Tag(self.tag_type()?),
            0x20 if HAS_GC => ImportType::ExactFunc(self.reader.index()?),
            0x20 => return Err(Refusal::Unsupported(Proposal::CustomDescriptors)),
            _ => return Err(Fault::ExternalKind.into()),
        })
    }

    fn add_import(&mut self, module: &str, name: &str, ty: ImportType) -> Result<(), Refusal> {
        // A byte is enough for a compact import, which takes more than a hundred in memory.
        if self.module.imports.len() >= MAX_IMPORTS {
            return Err(Fault::Imports.into());
        }
        match self.names_left.checked_sub(module.len()) {
            Some(left) => self.names_left = left,
            None => return Err(Fault::ModuleNames.into()),
        }
        match ty {
            ImportType::Func(ty) | ImportType::ExactFunc(ty) => {
                self.module.funcs.try_push(ty)?;
                self.module.imported_funcs += 1;
            }
            ImportType::Table(ty) => {
                self.module.tables.try_push(ty)?;
                self.module.imported_tables += 1;
            }
            ImportType::Memory(ty) => {
                self.module.memories.try_push(ty)?;
                self.module.imported_memories += 1;
            }
            ImportType::Global(ty) => {
                self.module.globals.try_push(ty)?;
                self.module.imported_globals += 1;
            }
            ImportType::Tag(ty) => {
                self.module.tags.try_push(ty)?;
                self.module.imported_tags += 1;
            }
        }
        let (module, name) = (try_str(module)?, try_str(name)?);
        Ok(self.module.imports.try_push(Import { module, name, ty })?)
    }

    fn func(&mut self) -> Result<(), Refusal> {
        let ty = self.reader.index()?;
        Ok(self.module.funcs.try_push(ty)?)
    }

    fn memory(&mut self) -> Result<(), Refusal> {
        let ty = self.memory_type()?;
        Ok(self.module.memories.try_push(ty)?)
    }

    fn tag(&mut self) -> Result<(), Refusal> {
        let ty = self.tag_type()?;
        Ok(self.module.tags.try_push(ty)?)
    }

    fn export(&mut self) -> Result<(), Refusal> {
        let name = self.name()?;
        let kind = match self.reader.byte()? {
            0x00 => ExportKind::Func,
            0x01 => ExportKind::Table,
            0x02 => ExportKind::Memory,
            0x03 => ExportKind::Global,
            0x04 => ExportKind::Tag,
            _ => return Err(Fault::ExternalKind.into()),
        };
        let index = self.reader.index()?;
        let name = try_str(name)?;
        Ok(self.module.exports.try_push(Export { name, kind, index })?)
    }

    fn body(&mut self) -> Result<(), Refusal> {
        let bytes = self.sized()?;
        Ok(self.module.bodies.try_push(bytes)?)
    }

    /// Reads a length, and skips that many bytes. Returns their range in the binary.
    pub(crate) fn sized(&mut self) -> Result<core::ops::Range<usize>, Refusal> {
        let len = self.reader.index()?;
        let start = self.reader.position();
        self.reader.skip(len as usize)?;
        Ok(start..self.reader.position())
    }

    #[cold]
    fn error(&self, refusal: Refusal) -> DecodeError {
        match refusal {
            Refusal::Malformed(malformed) => DecodeError::malformed(malformed.message(), self.reader.position()),
            Refusal::Fault(fault) => DecodeError::malformed(fault.message(), self.offset),
            Refusal::Unsupported(proposal) => DecodeError::unsupported(proposal, self.offset),
            Refusal::OutOfMemory => OutOfMemory.into(),
        }
    }
}

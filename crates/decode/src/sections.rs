//! Reads a binary section by section (spec: binary/modules).

use core::ops::Range;

use wasmote_ir::Proposal;
use wasmote_ir::fallible::{TryVec, try_str};
use wasmparser::{ExternalKind, Parser, Payload, SectionLimited, TypeRef, WasmFeatures};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::header::Header;
use crate::initial::each;
use crate::module::{Custom, Export, ExportKind, Import, ImportType, ModuleInfo};
use crate::types::{global_type, memory_type, table_type, tag_type};

/// Decodes a binary.
///
/// It checks the order of sections, their lengths, and that names are UTF-8. The module may still be invalid.
///
/// # Errors
/// If the binary is malformed, if it uses a proposal outside of bodies that this build lacks, or if there is not enough
/// memory.
pub fn decode(wasm: &[u8]) -> Result<ModuleInfo, DecodeError> {
    header(wasm)?;
    let mut parser = Parser::new(0);
    // With compact imports, a long name of a module would be copied for every few bytes of the binary. An attacker
    // could use up the memory so.
    parser.set_features(WasmFeatures::all().difference(WasmFeatures::COMPACT_IMPORTS));
    let mut module = ModuleInfo::default();
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        if let Some((id, range)) = payload.as_section() {
            module.sections.try_push((id, in_usize(range)))?;
        }
        module.add(payload, wasm)?;
    }
    Ok(module)
}

/// Refuses anything but a binary of version 1. wasmparser would do so as well, but its messages have several lines.
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

/// Converts a range of offsets. They are offsets in a slice, so they fit.
fn in_usize(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Returns for how many items of a section to make room. Each item takes at least a byte, so a larger count is a lie.
fn room<T>(section: &SectionLimited<'_, T>) -> usize {
    let range = section.range();
    (section.count() as usize).min((range.end - range.start) as usize)
}

impl ModuleInfo {
    fn add(&mut self, payload: Payload<'_>, wasm: &[u8]) -> Result<(), DecodeError> {
        let bytes = |range: Range<u64>| (wasm.get(in_usize(range.clone())).unwrap_or_default(), range.start as usize);
        match payload {
            Payload::TypeSection(section) => {
                self.types.try_room(room(&section))?;
                let (bytes, offset) = bytes(section.range());
                each(bytes, offset, &mut |reader| self.add_group(reader))
            }
            Payload::ImportSection(section) => self.add_imports(section),
            Payload::FunctionSection(section) => {
                self.funcs.try_room(room(&section))?;
                for ty in section {
                    self.funcs.try_push(ty?)?;
                }
                Ok(())
            }
            Payload::TableSection(section) => {
                let (bytes, offset) = bytes(section.range());
                each(bytes, offset, &mut |reader| self.add_table(reader))
            }
            Payload::MemorySection(section) => {
                for memory in section.into_iter_with_offsets() {
                    let (offset, memory) = memory?;
                    self.memories.try_push(memory_type(memory, offset as usize)?)?;
                }
                Ok(())
            }
            Payload::TagSection(section) => {
                for tag in section.into_iter_with_offsets() {
                    let (offset, tag) = tag?;
                    self.tags.try_push(tag_type(tag, offset as usize)?)?;
                }
                Ok(())
            }
            Payload::GlobalSection(section) => {
                let (bytes, offset) = bytes(section.range());
                each(bytes, offset, &mut |reader| self.add_global(reader))
            }
            Payload::ExportSection(section) => self.add_exports(section),
            Payload::StartSection { func, .. } => {
                self.start = Some(func);
                Ok(())
            }
            Payload::ElementSection(section) => {
                let (bytes, offset) = bytes(section.range());
                each(bytes, offset, &mut |reader| self.add_elem(reader))
            }
            Payload::DataSection(section) => {
                self.data.try_room(room(&section))?;
                let (bytes, offset) = bytes(section.range());
                each(bytes, offset, &mut |reader| self.add_data(reader))
            }
            Payload::CodeSectionEntry(body) => {
                self.bodies.try_push(in_usize(body.range()))?;
                Ok(())
            }
            Payload::CustomSection(section) => {
                let bytes = in_usize(section.data_range());
                self.customs.try_push(Custom { name: try_str(section.name())?, bytes })?;
                Ok(())
            }
            Payload::UnknownSection { range, .. } => {
                Err(DecodeError::malformed("malformed section id", range.start as usize))
            }
            _ => Ok(()),
        }
    }

    fn add_imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), DecodeError> {
        self.imports.try_room(room(&section))?;
        for import in section.into_imports_with_offsets() {
            let (offset, import) = import?;
            let offset = offset as usize;
            let ty = match import.ty {
                TypeRef::Func(ty) => {
                    self.funcs.try_push(ty)?;
                    self.imported_funcs += 1;
                    ImportType::Func(ty)
                }
                TypeRef::Table(ty) => {
                    let ty = table_type(ty, offset)?;
                    self.tables.try_push(ty)?;
                    self.imported_tables += 1;
                    ImportType::Table(ty)
                }
                TypeRef::Memory(ty) => {
                    let ty = memory_type(ty, offset)?;
                    self.memories.try_push(ty)?;
                    self.imported_memories += 1;
                    ImportType::Memory(ty)
                }
                TypeRef::Global(ty) => {
                    let ty = global_type(ty, offset)?;
                    self.globals.try_push(ty)?;
                    self.imported_globals += 1;
                    ImportType::Global(ty)
                }
                TypeRef::Tag(ty) => {
                    let ty = tag_type(ty, offset)?;
                    self.tags.try_push(ty)?;
                    self.imported_tags += 1;
                    ImportType::Tag(ty)
                }
                TypeRef::FuncExact(_) => {
                    return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset));
                }
            };
            let (module, name) = (try_str(import.module)?, try_str(import.name)?);
            self.imports.try_push(Import { module, name, ty })?;
        }
        Ok(())
    }

    fn add_exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), DecodeError> {
        self.exports.try_room(room(&section))?;
        for export in section.into_iter_with_offsets() {
            let (offset, export) = export?;
            let kind = match export.kind {
                ExternalKind::Func => ExportKind::Func,
                ExternalKind::Table => ExportKind::Table,
                ExternalKind::Memory => ExportKind::Memory,
                ExternalKind::Global => ExportKind::Global,
                ExternalKind::Tag => ExportKind::Tag,
                ExternalKind::FuncExact => {
                    return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset as usize));
                }
            };
            self.exports.try_push(Export { name: try_str(export.name)?, kind, index: export.index })?;
        }
        Ok(())
    }
}

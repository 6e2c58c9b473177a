//! Reads images into [`ModuleInfo`]. Bodies are ranges of the image.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec, try_collect, try_str, try_with_capacity};
use wasmote_ir::image::layout::{NONE, Section, constants, kinds, modes, subtypes};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind, LimitsRecord, SubTypeRecord};
use wasmote_ir::{Mutability, RefType, ValType};

use crate::external_types::{FuncType, GlobalType, MemoryType, TableType};
use crate::module::{
    CompositeType, ConstExpr, ConstOp, ElemItems, ElemSegment, Export, ExportKind, Import, ImportType, ModuleInfo,
    SegmentMode, SubType,
};

/// Reads an image whose metadata is verified. It leaves out data segments, because there may be a hundred thousand.
/// They are used in place, with [`constant`] for their offsets.
///
/// # Errors
/// If a name is not UTF-8, if a record is malformed (which verification excludes), or if there is not enough memory.
#[inline(never)]
pub fn read(image: &Image<'_>) -> Result<ModuleInfo, ReadError> {
    Reader { image }.module()
}

/// Reads the constant expression at this word of an image whose metadata is verified. Returns `None` if there is none.
///
/// # Errors
/// If there is not enough memory.
#[inline(never)]
pub fn constant(image: &Image<'_>, at: u32) -> Result<Option<ConstExpr>, OutOfMemory> {
    match (Reader { image }).constant(at) {
        Ok(expr) => Ok(Some(expr)),
        Err(RecordError::OutOfMemory) => Err(OutOfMemory),
        Err(RecordError::Record) => Ok(None),
    }
}

/// Why an image could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// The image is malformed.
    Image(ImageError),
    /// There is not enough memory.
    OutOfMemory,
}

/// Why a record could not be read.
enum RecordError {
    Record,
    OutOfMemory,
}

impl From<OutOfMemory> for RecordError {
    fn from(_: OutOfMemory) -> RecordError {
        RecordError::OutOfMemory
    }
}

/// Turns `None` into [`RecordError::Record`].
fn some<T>(found: Option<T>) -> Result<T, RecordError> {
    found.ok_or(RecordError::Record)
}

struct Reader<'a> {
    image: &'a Image<'a>,
}

type Read<T> = Result<T, ReadError>;

impl Reader<'_> {
    /// Reads all records of a section.
    fn all<T>(&self, section: Section, read: impl FnMut(u32) -> Result<T, RecordError>) -> Read<Vec<T>> {
        self.from(0, section, read)
    }

    /// Reads the records of a section from this one on.
    // The generic part is small, so that it can exist once for each type of record.
    fn from<T>(
        &self,
        first: u32,
        section: Section,
        mut read: impl FnMut(u32) -> Result<T, RecordError>,
    ) -> Read<Vec<T>> {
        let count = self.image.count(section).saturating_sub(first);
        let mut items = try_with_capacity(count as usize).map_err(|_| ReadError::OutOfMemory)?;
        self.each(first, section, &mut |index| Ok(items.try_push(read(index)?)?))?;
        Ok(items)
    }

    /// Calls `read` for the records of a section from this one on. This is not generic, unlike its caller.
    #[inline(never)]
    fn each(&self, first: u32, section: Section, read: &mut dyn FnMut(u32) -> Result<(), RecordError>) -> Read<()> {
        (first..self.image.count(section)).try_for_each(read).map_err(|failed| match failed {
            RecordError::OutOfMemory => ReadError::OutOfMemory,
            RecordError::Record => {
                let offset = self.image.section(section) as u32;
                ReadError::Image(ImageError::new(ImageErrorKind::Record, offset))
            }
        })
    }

    #[inline(never)]
    fn module(&self) -> Read<ModuleInfo> {
        let image = self.image;
        let kinds = [kinds::FUNC, kinds::TABLE, kinds::MEMORY, kinds::GLOBAL, kinds::TAG];
        let imported = kinds.map(|kind| image.imported(kind));
        let [imported_funcs, imported_tables, imported_memories, imported_globals, imported_tags] = imported;
        let mut module = ModuleInfo {
            types: self.all(Section::Types, |index| self.sub_type(index))?,
            groups: self.groups().map_err(|_| ReadError::OutOfMemory)?,
            funcs: self.all(Section::Funcs, |index| Ok(u32::from(some(image.func(index))?.ty)))?,
            imported_funcs,
            tables: self.all(Section::Tables, |index| {
                let LimitsRecord { what, wide, min, max, .. } = some(image.table(index))?;
                let element = some(ValType::from_number(what).and_then(ValType::reference))?;
                Ok(TableType { element, min, max, table64: wide })
            })?,
            imported_tables,
            memories: self.all(Section::Memories, |index| {
                let LimitsRecord { what, wide, shared, min, max, .. } = some(image.memory(index))?;
                let page_log2 = some(u8::try_from(what).ok())?;
                Ok(MemoryType { min, max, page_log2, memory64: wide, shared })
            })?,
            imported_memories,
            globals: self.all(Section::Globals, |index| {
                let global = some(image.global(index))?;
                let content = some(ValType::from_number(global.content))?;
                Ok(GlobalType::new(content, Mutability::of(global.mutable)))
            })?,
            imported_globals,
            tags: self.all(Section::Tags, |index| some(image.tag(index)))?,
            imported_tags,
            exports: self.all(Section::Exports, |index| {
                let export = some(image.export(index))?;
                Ok(Export { name: name(export.name)?, kind: some(kind(export.kind))?, index: export.index })
            })?,
            start: image.start(),
            elems: self.all(Section::Elems, |index| self.elem(index))?,
            ..ModuleInfo::default()
        };
        for index in 0..module.types.len() {
            let described =
                module.types[index].describes.and_then(|described| module.types.get_mut(described as usize));
            if let Some(described) = described {
                described.descriptor = Some(index as u32);
            }
        }
        module.table_inits = self.from(imported_tables, Section::Tables, |index| {
            let init = some(image.table(index))?.init;
            if init == NONE { Ok(None) } else { self.constant(init).map(Some) }
        })?;
        module.global_inits =
            self.from(imported_globals, Section::Globals, |index| self.constant(some(image.global(index))?.init))?;
        module.bodies = self.from(imported_funcs, Section::Funcs, |index| some(image.code_range(index)))?;
        module.imports = self.all(Section::Imports, |index| {
            let import = some(image.import(index))?;
            let at = import.index as usize;
            let ty = match import.kind {
                kinds::FUNC if import.exact => ImportType::ExactFunc(some(module.funcs.get(at).copied())?),
                kinds::FUNC => ImportType::Func(some(module.funcs.get(at).copied())?),
                kinds::TABLE => ImportType::Table(some(module.tables.get(at).copied())?),
                kinds::MEMORY => ImportType::Memory(some(module.memories.get(at).copied())?),
                kinds::GLOBAL => ImportType::Global(some(module.globals.get(at).copied())?),
                _ => ImportType::Tag(some(module.tags.get(at).copied())?),
            };
            Ok(Import { module: name(import.module)?, name: name(import.name)?, ty })
        })?;
        Ok(module)
    }

    #[inline(never)]
    fn sub_type(&self, index: u32) -> Result<SubType, RecordError> {
        let (ty, place) = (some(self.image.ty(index))?, some(self.image.sub_type(index))?);
        let types = |results| try_collect(self.image.val_types(ty, results))?.try_into_box();
        let composite = match place.kind {
            subtypes::FUNC => CompositeType::Func(FuncType::of(types(false)?, types(true)?)),
            subtypes::ARRAY if cfg!(feature = "gc") => CompositeType::Array(some(self.image.field_type(ty.first))?),
            subtypes::CONT if cfg!(feature = "gc") => {
                let func = some(self.image.val_type(ty.first))?.reference().and_then(RefType::index);
                CompositeType::Cont(some(func)?)
            }
            _ if !cfg!(feature = "gc") => return Err(RecordError::Record),
            _ => {
                let mut fields = try_with_capacity(ty.params.into())?;
                for field in ty.first..some(ty.first.checked_add(ty.params.into()))? {
                    fields.push(some(self.image.field_type(field))?);
                }
                CompositeType::Struct(fields.into_boxed_slice())
            }
        };
        let SubTypeRecord { is_final, supertype, describes, .. } = place;
        Ok(SubType { is_final, supertype, describes, descriptor: None, composite })
    }

    #[inline(never)]
    fn groups(&self) -> Result<Vec<(u32, u32)>, OutOfMemory> {
        let mut groups: Vec<(u32, u32)> = Vec::new();
        // The current group: its first type, and how many types it has so far.
        let (mut first, mut count) = (0, 0);
        for index in 0..=self.image.count(Section::SubTypes) {
            let ty = self.image.sub_type(index);
            if ty.is_some_and(|ty| count > 0 && ty.group == first) {
                count += 1;
                continue;
            }
            if count > 1 {
                groups.try_push((first, count))?;
            }
            (first, count) = (index, 1);
        }
        Ok(groups)
    }

    fn mode(&self, mode: u32, target: u32, offset: u32) -> Result<SegmentMode, RecordError> {
        Ok(match mode {
            modes::ACTIVE => SegmentMode::Active { target, offset: self.constant(offset)? },
            modes::PASSIVE => SegmentMode::Passive,
            _ => SegmentMode::Declared,
        })
    }

    #[inline(never)]
    fn elem(&self, index: u32) -> Result<ElemSegment, RecordError> {
        let elem = some(self.image.elem(index))?;
        let all = elem.items..some(elem.items.checked_add(elem.count))?;
        // A verified image has as many items. Otherwise the count may be anything, so it does not decide the
        // allocation.
        let room = (elem.count).min(self.image.count(Section::Items)) as usize;
        let items = if elem.exprs {
            let mut exprs = try_with_capacity(room)?;
            for index in all {
                exprs.try_push(self.constant(some(self.image.item(index))?)?)?;
            }
            ElemItems::Exprs(exprs.try_into_box()?)
        } else {
            let mut funcs = try_with_capacity(room)?;
            for index in all {
                funcs.try_push(some(some(self.image.item(index))?.checked_sub(1))?)?;
            }
            ElemItems::Funcs(funcs.try_into_box()?)
        };
        let mode = self.mode(elem.mode, elem.target, elem.offset)?;
        Ok(ElemSegment { mode, ty: some(ValType::from_number(elem.ty))?, items })
    }

    fn constant(&self, first: u32) -> Result<ConstExpr, RecordError> {
        let mut at = first;
        let expr = ConstExpr::try_of(&mut || {
            let (op, words) = self.operation(at)?;
            at += words;
            Some(op)
        })?;
        if expr.is_empty() { Err(RecordError::Record) } else { Ok(expr) }
    }

    /// Returns the instruction at this word of the constant expressions, and its number of words. Returns `None` at the
    /// end of an expression.
    #[inline(never)]
    fn operation(&self, at: u32) -> Option<(ConstOp, u32)> {
        let word = |at: u32| self.image.constant(at);
        let wide = |at: u32| Some(u64::from(word(at)?) | u64::from(word(at + 1)?) << 32);
        let tag = word(at)?;
        let kind = tag & 0xff;
        // A build without objects refuses images that have any.
        if !cfg!(feature = "gc") && kind >= constants::REF_I31 {
            return None;
        }
        Some(match kind {
            constants::NUM => (ConstOp::Num(self.image.val_number(tag)?, wide(at + 1)?), 3),
            constants::V128 => (ConstOp::V128([wide(at + 1)?, wide(at + 3)?]), 5),
            constants::GLOBAL_GET => (ConstOp::GlobalGet(word(at + 1)?), 2),
            constants::REF_NULL => (ConstOp::RefNull(ValType::from_number(word(at + 1)?)?), 2),
            constants::REF_FUNC => (ConstOp::RefFunc(word(at + 1)?), 2),
            constants::REF_I31 => (ConstOp::RefI31, 1),
            constants::STRUCT_NEW => (ConstOp::StructNew(word(at + 1)?), 2),
            constants::STRUCT_NEW_DEFAULT => (ConstOp::StructNewDefault(word(at + 1)?), 2),
            constants::STRUCT_NEW_DESC => (ConstOp::StructNewDesc(word(at + 1)?), 2),
            constants::STRUCT_NEW_DEFAULT_DESC => (ConstOp::StructNewDefaultDesc(word(at + 1)?), 2),
            constants::ARRAY_NEW => (ConstOp::ArrayNew(word(at + 1)?), 2),
            constants::ARRAY_NEW_DEFAULT => (ConstOp::ArrayNewDefault(word(at + 1)?), 2),
            constants::ARRAY_NEW_FIXED => (ConstOp::ArrayNewFixed(word(at + 1)?, word(at + 2)?), 3),
            constants::I32_ADD => (ConstOp::I32Add, 1),
            constants::I32_SUB => (ConstOp::I32Sub, 1),
            constants::I32_MUL => (ConstOp::I32Mul, 1),
            constants::I64_ADD => (ConstOp::I64Add, 1),
            constants::I64_SUB => (ConstOp::I64Sub, 1),
            constants::I64_MUL => (ConstOp::I64Mul, 1),
            _ => return None,
        })
    }
}

fn name(bytes: &[u8]) -> Result<Box<str>, RecordError> {
    Ok(try_str(some(core::str::from_utf8(bytes).ok())?)?)
}

fn kind(kind: u32) -> Option<ExportKind> {
    Some(match kind {
        kinds::FUNC => ExportKind::Func,
        kinds::TABLE => ExportKind::Table,
        kinds::MEMORY => ExportKind::Memory,
        kinds::GLOBAL => ExportKind::Global,
        kinds::TAG => ExportKind::Tag,
        _ => return None,
    })
}

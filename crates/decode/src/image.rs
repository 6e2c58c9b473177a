//! Images into [`ModuleInfo`]: what `wasmote-translate` wrote, read back. Bodies and data segments are ranges of the image.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmote_ir::image::layout::{NONE, Section, constants, kinds, modes, subtypes};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind, LimitsRecord};

use crate::module::{
    CompositeType, ConstExpr, ConstOp, ElemItems, ElemSegment, Export, ExportKind, FuncType, GlobalType, Import,
    ImportType, MemoryType, ModuleInfo, SegmentMode, SubType, TableType,
};

/// Reads an image whose metadata is verified: all but its data segments, of which there may be a hundred thousand. They are
/// used where they lie, with [`constant`] for their offsets.
///
/// # Errors
/// When a name is no UTF-8. What a verified image cannot have is reported as such, too.
pub fn read(image: &Image<'_>) -> Result<ModuleInfo, ImageError> {
    Reader { image }.module()
}

/// The constant expression at this word of those of an image, whose metadata is verified.
pub fn constant(image: &Image<'_>, at: u32) -> Option<ConstExpr> {
    Reader { image }.constant(at)
}

struct Reader<'a> {
    image: &'a Image<'a>,
}

type Read<T> = Result<T, ImageError>;

impl Reader<'_> {
    /// All records of a section.
    fn all<T>(&self, section: Section, mut read: impl FnMut(u32) -> Option<T>) -> Read<Vec<T>> {
        let count = self.image.count(section);
        let items: Option<Vec<T>> = (0..count).map(&mut read).collect();
        items.ok_or(ImageError { kind: ImageErrorKind::Record, offset: self.image.section(section) as u32 })
    }

    fn module(&self) -> Read<ModuleInfo> {
        let image = self.image;
        let kinds = [kinds::FUNC, kinds::TABLE, kinds::MEMORY, kinds::GLOBAL, kinds::TAG];
        let imported = kinds.map(|kind| image.imported(kind));
        let [imported_funcs, imported_tables, imported_memories, imported_globals, imported_tags] = imported;
        let mut module = ModuleInfo {
            types: self.all(Section::Types, |index| self.sub_type(index))?,
            groups: self.groups(),
            funcs: self.all(Section::Funcs, |index| Some(u32::from(image.func(index)?.ty)))?,
            imported_funcs,
            tables: self.all(Section::Tables, |index| {
                let LimitsRecord { what, wide, min, max, .. } = image.table(index)?;
                Some(TableType { element: ValType::from_number(what)?, min, max, table64: wide })
            })?,
            imported_tables,
            memories: self.all(Section::Memories, |index| {
                let LimitsRecord { what, wide, min, max, .. } = image.memory(index)?;
                Some(MemoryType { min, max, page_log2: what, memory64: wide, shared: false })
            })?,
            imported_memories,
            globals: self.all(Section::Globals, |index| {
                let global = image.global(index)?;
                Some(GlobalType { content: ValType::from_number(global.content)?, mutable: global.mutable })
            })?,
            imported_globals,
            tags: self.all(Section::Tags, |index| image.tag(index))?,
            imported_tags,
            exports: self.all(Section::Exports, |index| {
                let export = image.export(index)?;
                Some(Export { name: name(export.name)?, kind: kind(export.kind)?, index: export.index })
            })?,
            start: image.start(),
            elems: self.all(Section::Elems, |index| self.elem(index))?,
            ..ModuleInfo::default()
        };
        module.table_inits = (imported_tables..image.count(Section::Tables))
            .map(|index| {
                image.table(index).filter(|table| table.init != NONE).and_then(|table| self.constant(table.init))
            })
            .collect();
        module.global_inits = (imported_globals..image.count(Section::Globals))
            .filter_map(|index| self.constant(image.global(index)?.init))
            .collect();
        module.bodies =
            (imported_funcs..image.count(Section::Funcs)).filter_map(|index| image.code_range(index)).collect();
        module.imports = self.all(Section::Imports, |index| {
            let import = image.import(index)?;
            let at = import.index as usize;
            let ty = match import.kind {
                kinds::FUNC => ImportType::Func(*module.funcs.get(at)?),
                kinds::TABLE => ImportType::Table(*module.tables.get(at)?),
                kinds::MEMORY => ImportType::Memory(*module.memories.get(at)?),
                kinds::GLOBAL => ImportType::Global(*module.globals.get(at)?),
                _ => ImportType::Tag(*module.tags.get(at)?),
            };
            Some(Import { module: name(import.module)?, name: name(import.name)?, ty })
        })?;
        Ok(module)
    }

    fn sub_type(&self, index: u32) -> Option<SubType> {
        let (ty, place) = (self.image.ty(index)?, self.image.sub_type(index)?);
        let types = |results| self.image.val_types(ty, results).collect::<Box<[ValType]>>();
        let composite = match place.kind {
            subtypes::FUNC => CompositeType::Func(FuncType { params: types(false), results: types(true) }),
            subtypes::ARRAY => CompositeType::Array(self.image.field_type(ty.first)?),
            _ => {
                let fields = ty.first..ty.first.checked_add(ty.params.into())?;
                CompositeType::Struct(fields.map(|field| self.image.field_type(field)).collect::<Option<_>>()?)
            }
        };
        Some(SubType { is_final: place.is_final, supertype: place.supertype, composite })
    }

    fn groups(&self) -> Vec<(u32, u32)> {
        let mut groups: Vec<(u32, u32)> = Vec::new();
        for index in 0..self.image.count(Section::SubTypes) {
            match (self.image.sub_type(index), groups.last_mut()) {
                (Some(ty), Some((first, count))) if ty.group == *first => *count += 1,
                _ => groups.push((index, 1)),
            }
        }
        groups.retain(|&(_, count)| count > 1);
        groups
    }

    fn mode(&self, mode: u32, target: u32, offset: u32) -> Option<SegmentMode> {
        Some(match mode {
            modes::ACTIVE => SegmentMode::Active { target, offset: self.constant(offset)? },
            modes::PASSIVE => SegmentMode::Passive,
            _ => SegmentMode::Declared,
        })
    }

    fn elem(&self, index: u32) -> Option<ElemSegment> {
        let elem = self.image.elem(index)?;
        let items = (elem.items..elem.items + elem.count).map(|index| self.image.item(index));
        let items = if elem.exprs {
            ElemItems::Exprs(items.map(|at| self.constant(at?)).collect::<Option<_>>()?)
        } else {
            ElemItems::Funcs(items.map(|reference| reference?.checked_sub(1)).collect::<Option<_>>()?)
        };
        let mode = self.mode(elem.mode, elem.target, elem.offset)?;
        Some(ElemSegment { mode, ty: ValType::from_number(elem.ty)?, items })
    }

    fn constant(&self, first: u32) -> Option<ConstExpr> {
        let mut at = first;
        let ops = core::iter::from_fn(|| {
            let (op, words) = self.operation(at)?;
            at += words;
            Some(op)
        });
        Some(ops.collect()).filter(|expr: &ConstExpr| !expr.is_empty())
    }

    /// The instruction at this word of the constant expressions, and how many words it has; `None` at their end.
    fn operation(&self, at: u32) -> Option<(ConstOp, u32)> {
        let word = |at: u32| self.image.constant(at);
        let wide = |at: u32| Some(u64::from(word(at)?) | u64::from(word(at + 1)?) << 32);
        let tag = word(at)?;
        Some(match tag & 0xff {
            constants::NUM => (ConstOp::Num(self.image.val_number(tag)?, wide(at + 1)?), 3),
            constants::V128 => (ConstOp::V128([wide(at + 1)?, wide(at + 3)?]), 5),
            constants::GLOBAL_GET => (ConstOp::GlobalGet(word(at + 1)?), 2),
            constants::REF_NULL => (ConstOp::RefNull(ValType::from_number(word(at + 1)?)?), 2),
            constants::REF_FUNC => (ConstOp::RefFunc(word(at + 1)?), 2),
            constants::REF_I31 => (ConstOp::RefI31, 1),
            constants::STRUCT_NEW => (ConstOp::StructNew(word(at + 1)?), 2),
            constants::STRUCT_NEW_DEFAULT => (ConstOp::StructNewDefault(word(at + 1)?), 2),
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

fn name(bytes: &[u8]) -> Option<Box<str>> {
    core::str::from_utf8(bytes).ok().map(Into::into)
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

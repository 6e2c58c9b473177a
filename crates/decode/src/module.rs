//! What a module is made of, as plain data (spec: syntax/modules). Byte ranges refer to the binary that was
//! decoded; nothing of it is copied but names.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, Range};

#[cfg(any(feature = "wasm", feature = "image"))]
use wasmote_ir::fallible::TryVec;
use wasmote_ir::fallible::{OutOfMemory, try_copy, try_with_capacity};
use wasmote_ir::{FieldType, StorageType, ValType};

/// A function type (spec: syntax/types#function-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FuncType {
    /// Parameters.
    pub params: Box<[ValType]>,
    /// Results.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// A copy.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn try_clone(&self) -> Result<FuncType, OutOfMemory> {
        Ok(FuncType { params: try_copy(&self.params)?, results: try_copy(&self.results)? })
    }
}

/// What a type section defines (spec: syntax/types#composite-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CompositeType {
    /// A function.
    Func(FuncType),
    /// A structure, by its fields.
    Struct(Box<[FieldType]>),
    /// An array, by its elements.
    Array(FieldType),
}

/// A type with its place among others (spec: syntax/types#recursive-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubType {
    /// Whether it has no subtypes.
    pub is_final: bool,
    /// The type that it is a subtype of.
    pub supertype: Option<u32>,
    /// What it is.
    pub composite: CompositeType,
}

impl SubType {
    /// A function type that stands for itself.
    pub const fn of_func(ty: FuncType) -> SubType {
        SubType { is_final: true, supertype: None, composite: CompositeType::Func(ty) }
    }

    /// The function type, if it is one.
    pub const fn func(&self) -> Option<&FuncType> {
        match &self.composite {
            CompositeType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type with other indices in place of those that it refers to.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn map_indices(&self, map: &dyn Fn(u32) -> u32) -> Result<SubType, OutOfMemory> {
        let values = |types: &[ValType]| copy_mapped(types, &|ty| ty.map_index(map));
        let field = |field: &FieldType| FieldType {
            storage: match field.storage {
                StorageType::Val(ty) => StorageType::Val(ty.map_index(map)),
                packed => packed,
            },
            ..*field
        };
        Ok(SubType {
            is_final: self.is_final,
            supertype: self.supertype.map(map),
            composite: match &self.composite {
                CompositeType::Func(ty) => {
                    CompositeType::Func(FuncType { params: values(&ty.params)?, results: values(&ty.results)? })
                }
                CompositeType::Struct(fields) => CompositeType::Struct(copy_mapped(fields, &field)?),
                CompositeType::Array(element) => CompositeType::Array(field(element)),
            },
        })
    }

    /// Calls `each` with the indices of the types that it refers to.
    pub fn each_index(&self, each: &mut dyn FnMut(u32)) {
        let mut value = |ty: ValType| {
            if let Some(index) = ty.reference().and_then(|ty| ty.index()) {
                each(index);
            }
        };
        let of_field = |field: &FieldType| match field.storage {
            StorageType::Val(ty) => Some(ty),
            _ => None,
        };
        match &self.composite {
            CompositeType::Func(ty) => ty.params.iter().chain(&ty.results).for_each(|&ty| value(ty)),
            CompositeType::Struct(fields) => fields.iter().filter_map(of_field).for_each(value),
            CompositeType::Array(element) => of_field(element).into_iter().for_each(value),
        }
        if let Some(supertype) = self.supertype {
            each(supertype);
        }
    }
}

/// A copy of these with a change to each.
fn copy_mapped<T: Copy>(items: &[T], map: &dyn Fn(&T) -> T) -> Result<Box<[T]>, OutOfMemory> {
    let mut copy = try_with_capacity(items.len())?;
    for item in items {
        copy.push(map(item));
    }
    Ok(copy.into_boxed_slice())
}

/// A memory type (spec: syntax/types#memory-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryType {
    /// Pages at the start.
    pub min: u64,
    /// The most pages, if the module says.
    pub max: Option<u64>,
    /// Log2 of the page size in bytes: 16 unless custom page sizes are used.
    pub page_log2: u32,
    /// Whether addresses have 64 bits.
    pub memory64: bool,
    /// Whether threads may share it.
    pub shared: bool,
}

/// A table type (spec: syntax/types#table-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableType {
    /// The type of the elements.
    pub element: ValType,
    /// Elements at the start.
    pub min: u64,
    /// The most elements, if the module says.
    pub max: Option<u64>,
    /// Whether indices have 64 bits.
    pub table64: bool,
}

/// A global type (spec: syntax/types#global-types).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GlobalType {
    /// The type of the value.
    pub content: ValType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// What an import asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportType {
    /// A function, by type index.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag, by the index of its type.
    Tag(u32),
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module's name.
    pub module: Box<str>,
    /// The name in it.
    pub name: Box<str>,
    /// What it asks for.
    pub ty: ImportType,
}

/// What an export gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// The name.
    pub name: Box<str>,
    /// The index space.
    pub kind: ExportKind,
    /// The index in it.
    pub index: u32,
}

/// One instruction of a constant expression (spec: valid/instructions#constant-expressions).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConstOp {
    /// A number as the bits of its slot; the type is i32, i64, f32 or f64.
    Num(ValType, u64),
    /// A vector, its lower half first.
    V128([u64; 2]),
    /// The value of a global.
    GlobalGet(u32),
    /// A null reference of this type.
    RefNull(ValType),
    /// A reference to a function.
    RefFunc(u32),
    /// A reference that is an integer of 31 bits.
    RefI31,
    /// A new structure of this type.
    StructNew(u32),
    /// A new structure of this type, all zero.
    StructNewDefault(u32),
    /// A new array of this type: value, length.
    ArrayNew(u32),
    /// A new array of this type, all zero: length.
    ArrayNewDefault(u32),
    /// A new array of this type, with so many values.
    ArrayNewFixed(u32, u32),
    /// `i32.add`.
    I32Add,
    /// `i32.sub`.
    I32Sub,
    /// `i32.mul`.
    I32Mul,
    /// `i64.add`.
    I64Add,
    /// `i64.sub`.
    I64Sub,
    /// `i64.mul`.
    I64Mul,
}

/// A constant expression: its instructions. Most have one, which then needs no memory of its own.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstExpr {
    /// One instruction.
    One(ConstOp),
    /// Any number.
    Many(Box<[ConstOp]>),
}

impl Deref for ConstExpr {
    type Target = [ConstOp];

    fn deref(&self) -> &[ConstOp] {
        match self {
            ConstExpr::One(op) => core::slice::from_ref(op),
            ConstExpr::Many(ops) => ops,
        }
    }
}

#[cfg(any(feature = "wasm", feature = "image"))]
impl ConstExpr {
    /// The expression of the instructions that `next` gives until it gives none.
    pub(crate) fn try_of(next: &mut dyn FnMut() -> Option<ConstOp>) -> Result<ConstExpr, OutOfMemory> {
        let Some(first) = next() else { return Ok(ConstExpr::Many(Box::default())) };
        let Some(second) = next() else { return Ok(ConstExpr::One(first)) };
        let mut ops = Vec::new();
        ops.try_extend_from_slice(&[first, second])?;
        while let Some(op) = next() {
            ops.try_push(op)?;
        }
        Ok(ConstExpr::Many(ops.try_into_box()?))
    }
}

/// How a segment is used.
#[derive(Clone, PartialEq, Debug)]
pub enum SegmentMode {
    /// Copied at instantiation to this table or memory at this offset.
    Active {
        /// Index of the table or memory.
        target: u32,
        /// Where to.
        offset: ConstExpr,
    },
    /// Copied by instructions.
    Passive,
    /// Element segments: only declares that references are taken.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElemSegment {
    /// How it is used.
    pub mode: SegmentMode,
    /// The type of its elements.
    pub ty: ValType,
    /// Its elements.
    pub items: ElemItems,
}

/// The elements of a segment.
#[derive(Clone, Debug)]
pub enum ElemItems {
    /// Function indices.
    Funcs(Box<[u32]>),
    /// Expressions.
    Exprs(Box<[ConstExpr]>),
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// How it is used.
    pub mode: SegmentMode,
    /// Where its bytes lie in the binary.
    pub bytes: Range<usize>,
}

/// A custom section.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Its name.
    pub name: Box<str>,
    /// Where its contents lie in the binary.
    pub bytes: Range<usize>,
}

/// A decoded module. In each index space, imports come first.
#[derive(Clone, Default, Debug)]
pub struct ModuleInfo {
    /// Types.
    pub types: Vec<SubType>,
    /// The recursive groups of more than one type: the first one's index, and how many they are.
    pub groups: Vec<(u32, u32)>,
    /// Where the fields of the structure types lie that have more than [`FEW_FIELDS`], by the types' indices, which ascend.
    #[cfg(feature = "gc")]
    pub field_places: Vec<(u32, Box<[u32]>)>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Type index of each function, imports included.
    pub funcs: Vec<u32>,
    /// Number of imported functions.
    pub imported_funcs: u32,
    /// Types of all tables, imports included.
    pub tables: Vec<TableType>,
    /// Number of imported tables.
    pub imported_tables: u32,
    /// The initialisers of the tables that the module defines.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Types of all memories, imports included.
    pub memories: Vec<MemoryType>,
    /// Number of imported memories.
    pub imported_memories: u32,
    /// Types of all globals, imports included.
    pub globals: Vec<GlobalType>,
    /// Number of imported globals.
    pub imported_globals: u32,
    /// The initialisers of the globals that the module defines.
    pub global_inits: Vec<ConstExpr>,
    /// Type index of each tag, imports included: its parameters are the values of its exceptions.
    pub tags: Vec<u32>,
    /// Number of imported tags.
    pub imported_tags: u32,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elems: Vec<ElemSegment>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// Where the bodies of the functions that the module defines lie in the binary: locals and code, without
    /// the size in front.
    pub bodies: Vec<Range<usize>>,
    /// All sections in order: id, and where their contents lie.
    pub sections: Vec<(u8, Range<usize>)>,
    /// Custom sections.
    pub customs: Vec<Custom>,
}

/// So many fields of a structure are gone through whenever one is looked for.
#[cfg(feature = "gc")]
pub const FEW_FIELDS: usize = 16;

#[cfg(feature = "gc")]
impl ModuleInfo {
    /// A field of the structure type with this index, and where in the object it lies.
    pub fn field(&self, ty: u32, index: u32) -> Option<(FieldType, u32)> {
        let CompositeType::Struct(fields) = &self.types.get(ty as usize)?.composite else { return None };
        let field = *fields.get(index as usize)?;
        if fields.len() <= FEW_FIELDS {
            return field_places(fields).nth(index as usize).map(|place| (field, place));
        }
        let at = self.field_places.binary_search_by_key(&ty, |places| places.0).ok()?;
        Some((field, *self.field_places[at].1.get(index as usize)?))
    }
}

/// Where the fields of a structure lie, in bytes from the object's first.
#[cfg(feature = "gc")]
pub(crate) fn field_places(fields: &[FieldType]) -> impl Iterator<Item = u32> + '_ {
    let mut end = OBJECT_HEADER;
    fields.iter().map(move |field| field.storage.place(&mut end))
}

/// Bytes of an object in front of its fields.
#[cfg(feature = "gc")]
const OBJECT_HEADER: u32 = 8;

impl ModuleInfo {
    /// The type of a function, imports included.
    pub fn func_type(&self, func: u32) -> Option<&FuncType> {
        self.type_of_funcs(*self.funcs.get(func as usize)?)
    }

    /// The function type with this index, if it is one.
    pub fn type_of_funcs(&self, ty: u32) -> Option<&FuncType> {
        self.types.get(ty as usize)?.func()
    }

    /// The bounds of recursive groups, in order: all types are in one.
    pub fn groups(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut larger = self.groups.iter().peekable();
        let mut next = 0;
        core::iter::from_fn(move || {
            let start = next;
            let count = larger.next_if(|&&(first, _)| first as usize == start).map_or(1, |&(_, count)| count as usize);
            next = start.checked_add(count)?;
            (next <= self.types.len()).then_some(start..next)
        })
    }
}

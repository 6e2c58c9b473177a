//! A decoded module as plain data (spec: syntax/modules). Byte ranges refer to the binary or image that it was
//! decoded from. Bodies and data segments are not copied.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, Range};

#[cfg(any(feature = "wasm", feature = "image"))]
use wasmote_ir::fallible::TryVec;
use wasmote_ir::fallible::{OutOfMemory, try_with_capacity};
use wasmote_ir::{FieldType, StorageType, ValType};

use crate::external_types::{FuncType, GlobalType, MemoryType, TableType};

/// A composite type (spec: syntax/types#composite-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CompositeType {
    /// A function type.
    Func(FuncType),
    /// A structure type, with its fields.
    Struct(Box<[FieldType]>),
    /// An array type, with its element.
    Array(FieldType),
    /// A continuation type, with the index of its function type. Needs the feature `stack-switching`.
    Cont(u32),
}

/// A composite type and its subtyping (spec: syntax/types#recursive-types).
///
/// [`SubType::of`] makes one; its fields can then be set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub struct SubType {
    /// Whether it can have no subtypes.
    pub is_final: bool,
    /// The index of its supertype.
    pub supertype: Option<u32>,
    /// The index of the structure type whose descriptors have this type.
    pub describes: Option<u32>,
    /// The index of the type of its descriptors. Objects of a type without this have none.
    pub descriptor: Option<u32>,
    /// The composite type.
    pub composite: CompositeType,
}

impl SubType {
    /// Returns a type that is final, and has neither a supertype nor descriptors.
    pub const fn of(composite: CompositeType) -> SubType {
        SubType { is_final: true, supertype: None, describes: None, descriptor: None, composite }
    }

    /// Returns such a function type.
    pub const fn of_func(ty: FuncType) -> SubType {
        SubType::of(CompositeType::Func(ty))
    }

    /// Returns the function type, if it is one.
    pub const fn func(&self) -> Option<&FuncType> {
        match &self.composite {
            CompositeType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the type with each index that it refers to replaced by the result of `map`.
    ///
    /// # Errors
    /// If there is not enough memory.
    pub fn map_indices(&self, map: &dyn Fn(u32) -> u32) -> Result<SubType, OutOfMemory> {
        let values = |types: &[ValType]| copy_mapped(types, &|ty| ty.map_index(map));
        let field = |field: &FieldType| {
            let element_type = match field.element_type() {
                StorageType::ValType(ty) => StorageType::ValType(ty.map_index(map)),
                packed => packed,
            };
            FieldType::new(field.mutability(), element_type)
        };
        Ok(SubType {
            is_final: self.is_final,
            supertype: self.supertype.map(map),
            describes: self.describes.map(map),
            descriptor: self.descriptor.map(map),
            composite: match &self.composite {
                CompositeType::Func(ty) => {
                    CompositeType::Func(FuncType::of(values(ty.params())?, values(ty.results())?))
                }
                CompositeType::Struct(fields) => CompositeType::Struct(copy_mapped(fields, &field)?),
                CompositeType::Array(element) => CompositeType::Array(field(element)),
                CompositeType::Cont(func) => CompositeType::Cont(map(*func)),
            },
        })
    }

    /// Calls `each` with the index of each type that it refers to.
    pub fn each_index(&self, each: &mut dyn FnMut(u32)) {
        let mut value = |ty: ValType| {
            if let Some(index) = ty.reference().and_then(|ty| ty.index()) {
                each(index);
            }
        };
        let of_field = |field: &FieldType| match field.element_type() {
            StorageType::ValType(ty) => Some(ty),
            _ => None,
        };
        match &self.composite {
            CompositeType::Func(ty) => ty.params().iter().chain(ty.results()).for_each(|&ty| value(ty)),
            CompositeType::Struct(fields) => fields.iter().filter_map(of_field).for_each(value),
            CompositeType::Array(element) => of_field(element).into_iter().for_each(value),
            CompositeType::Cont(func) => each(*func),
        }
        [self.supertype, self.describes, self.descriptor].into_iter().flatten().for_each(each);
    }
}

/// Returns the results of `map` for these items.
fn copy_mapped<T: Copy>(items: &[T], map: &dyn Fn(&T) -> T) -> Result<Box<[T]>, OutOfMemory> {
    let mut copy = try_with_capacity(items.len())?;
    for item in items {
        copy.push(map(item));
    }
    Ok(copy.into_boxed_slice())
}

/// The type of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportType {
    /// A function, by the index of its type.
    Func(u32),
    /// A function that must have exactly this type, no subtype.
    ExactFunc(u32),
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
    /// The name of the module.
    pub module: Box<str>,
    /// The name inside the module.
    pub name: Box<str>,
    /// The type.
    pub ty: ImportType,
}

/// The kind of an export.
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
    /// The kind.
    pub kind: ExportKind,
    /// The index in the space of its kind.
    pub index: u32,
}

/// One instruction of a constant expression (spec: valid/instructions#constant-expressions).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConstOp {
    /// A number: its type, and its bits as a slot holds them. The type is i32, i64, f32 or f64.
    Num(ValType, u64),
    /// A vector, its lower half first.
    V128([u64; 2]),
    /// The value of a global.
    GlobalGet(u32),
    /// A null reference of this type.
    RefNull(ValType),
    /// A reference to a function.
    RefFunc(u32),
    /// `ref.i31`.
    RefI31,
    /// `struct.new` of the type with this index.
    StructNew(u32),
    /// `struct.new_default` of the type with this index.
    StructNewDefault(u32),
    /// `struct.new_desc` of the type with this index. The last operand is the descriptor.
    StructNewDesc(u32),
    /// `struct.new_default_desc` of the type with this index. The operand is the descriptor.
    StructNewDefaultDesc(u32),
    /// `array.new` of the type with this index. The operands are a value and the length.
    ArrayNew(u32),
    /// `array.new_default` of the type with this index. The operand is the length.
    ArrayNewDefault(u32),
    /// `array.new_fixed` of the type with this index, with this number of values.
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

/// A constant expression: its instructions without the `end`. Most have a single one, which needs no allocation.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstExpr {
    /// One instruction.
    One(ConstOp),
    /// Any number of instructions.
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
    /// Makes an expression from the instructions that `next` returns, until it returns `None`.
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
    /// The segment is copied when the module is instantiated.
    Active {
        /// The index of the table or memory that it is copied to.
        target: u32,
        /// The offset there.
        offset: ConstExpr,
    },
    /// Instructions copy the segment.
    Passive,
    /// An element segment that only declares to which functions bodies take references.
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
    /// The range of its bytes in the binary.
    pub bytes: Range<usize>,
}

/// A custom section.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Its name.
    pub name: Box<str>,
    /// The range of its contents in the binary, without the name.
    pub bytes: Range<usize>,
}

/// A decoded module. In each index space, imports come first.
#[derive(Clone, Default, Debug)]
pub struct ModuleInfo {
    /// The types.
    pub types: Vec<SubType>,
    /// The recursion groups of more than one type: the index of the first type, and the number of types.
    pub groups: Vec<(u32, u32)>,
    /// The offsets of fields, for structure types with more than [`FEW_FIELDS`] fields. Ordered by the index of the
    /// type, which comes first.
    #[cfg(feature = "gc")]
    pub field_places: Vec<(u32, Box<[u32]>)>,
    /// The imports in order.
    pub imports: Vec<Import>,
    /// For each function, the index of its type. Imported functions come first.
    pub funcs: Vec<u32>,
    /// The number of imported functions.
    pub imported_funcs: u32,
    /// The types of all tables. Imported tables come first.
    pub tables: Vec<TableType>,
    /// The number of imported tables.
    pub imported_tables: u32,
    /// The initializers of the tables that the module defines.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// The types of all memories. Imported memories come first.
    pub memories: Vec<MemoryType>,
    /// The number of imported memories.
    pub imported_memories: u32,
    /// The types of all globals. Imported globals come first.
    pub globals: Vec<GlobalType>,
    /// The number of imported globals.
    pub imported_globals: u32,
    /// The initializers of the globals that the module defines.
    pub global_inits: Vec<ConstExpr>,
    /// For each tag, the index of its type, whose parameters are the values of an exception. Imported tags come first.
    pub tags: Vec<u32>,
    /// The number of imported tags.
    pub imported_tags: u32,
    /// The exports in order.
    pub exports: Vec<Export>,
    /// The index of the start function.
    pub start: Option<u32>,
    /// The element segments.
    pub elems: Vec<ElemSegment>,
    /// The data segments.
    pub data: Vec<DataSegment>,
    /// The ranges of the bodies in the binary, for the functions that the module defines. A body has locals and code,
    /// without its size.
    pub bodies: Vec<Range<usize>>,
    /// All sections in order: the id, and the range of the contents.
    pub sections: Vec<(u8, Range<usize>)>,
    /// The custom sections. Those of an image are read from it when they are asked for.
    pub customs: Vec<Custom>,
}

/// The maximum number of fields of a structure whose offsets are computed anew at each use.
#[cfg(feature = "gc")]
pub const FEW_FIELDS: usize = 16;

#[cfg(feature = "gc")]
impl ModuleInfo {
    /// Returns a field of the structure type with this index, and its offset in the object.
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

/// Returns the offsets of a structure's fields in the object, in bytes.
#[cfg(feature = "gc")]
pub(crate) fn field_places(fields: &[FieldType]) -> impl Iterator<Item = u32> + '_ {
    let mut end = OBJECT_HEADER;
    fields.iter().map(move |field| field.element_type().place(&mut end))
}

/// The size of an object's header, which comes before its fields, in bytes.
#[cfg(feature = "gc")]
const OBJECT_HEADER: u32 = 8;

impl ModuleInfo {
    /// Whether threads may share one of its memories.
    pub fn has_shared_memory(&self) -> bool {
        self.memories.iter().any(|memory| memory.is_shared())
    }

    /// Returns the type of a function. The index counts imported functions.
    pub fn func_type(&self, func: u32) -> Option<&FuncType> {
        self.type_of_funcs(*self.funcs.get(func as usize)?)
    }

    /// Returns the type with this index, if it is a function type.
    pub fn type_of_funcs(&self, ty: u32) -> Option<&FuncType> {
        self.types.get(ty as usize)?.func()
    }

    /// Returns all recursion groups in order, as ranges of type indices. Each type is in one group.
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

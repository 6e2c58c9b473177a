//! Types of values and of external items, imports and exports. They are data, and belong to no store.

use wasmote::{ExternType, FuncType, GlobalType, HeapType, MemoryType, Mutability, RefType, TableType, ValType};

use crate::fallible::{TryClone, try_box};
use crate::value::kind;
use crate::vectors::{Pointer, Vector, wasm_byte_vec_t, wasm_valtype_vec_t};

/// The type of a value: `wasm_valtype_t`.
#[derive(Clone)]
pub struct wasm_valtype_t {
    pub(crate) ty: ValType,
}

/// Sizes of tables and memories: `wasm_limits_t`. `max` is `wasm_limits_max_default`, all
/// ones, where there is none.
#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
pub struct wasm_limits_t {
    /// The size at the beginning.
    pub min: u32,
    /// The largest size.
    pub max: u32,
}

/// Stands for no maximum.
const NO_MAXIMUM: u32 = u32::MAX;

impl wasm_limits_t {
    /// Larger sizes than the header can express are the largest that it can.
    fn of(minimum: u64, maximum: Option<u64>) -> wasm_limits_t {
        let clamp = |size: u64| u32::try_from(size).unwrap_or(NO_MAXIMUM);
        wasm_limits_t { min: clamp(minimum), max: maximum.map_or(NO_MAXIMUM, clamp) }
    }

    fn maximum(self) -> Option<u32> {
        (self.max != NO_MAXIMUM).then_some(self.max)
    }
}

/// The type of an external item: `wasm_externtype_t`. The five types of its kinds are the same type, so that a pointer to
/// one is a pointer to the other.
pub enum wasm_externtype_t {
    /// A `wasm_functype_t`.
    Func(Signature),
    /// A `wasm_globaltype_t`: the type of the value, and `WASM_CONST` or `WASM_VAR`.
    Global(wasm_valtype_t, u8),
    /// A `wasm_tabletype_t`: the type of the elements, the limits, and both with what the header cannot express.
    Table(wasm_valtype_t, wasm_limits_t, TableType),
    /// A `wasm_memorytype_t`: the limits, and the type with what the header cannot express.
    Memory(wasm_limits_t, MemoryType),
    /// A `wasm_tagtype_t`: a function type.
    Tag(Box<wasm_externtype_t>),
}

/// The parameters and results of a function, as vectors that C reads.
pub struct Signature {
    params: wasm_valtype_vec_t,
    results: wasm_valtype_vec_t,
}

impl Signature {
    fn of(ty: &FuncType) -> Option<Signature> {
        let vector = |types: &[ValType]| {
            Vector::try_of(types.len(), types.iter().map(|&ty| Pointer::try_new(wasm_valtype_t { ty })))
        };
        Some(Signature { params: vector(ty.params())?, results: vector(ty.results())? })
    }
}

impl TryClone for wasm_valtype_t {
    fn try_clone(&self) -> Option<wasm_valtype_t> {
        Some(self.clone())
    }
}

impl TryClone for Signature {
    fn try_clone(&self) -> Option<Signature> {
        Some(Signature { params: self.params.try_clone()?, results: self.results.try_clone()? })
    }
}

impl TryClone for wasm_externtype_t {
    fn try_clone(&self) -> Option<wasm_externtype_t> {
        Some(match self {
            wasm_externtype_t::Func(signature) => wasm_externtype_t::Func(signature.try_clone()?),
            wasm_externtype_t::Global(content, mutability) => wasm_externtype_t::Global(content.clone(), *mutability),
            wasm_externtype_t::Table(element, limits, ty) => wasm_externtype_t::Table(element.clone(), *limits, *ty),
            wasm_externtype_t::Memory(limits, ty) => wasm_externtype_t::Memory(*limits, *ty),
            wasm_externtype_t::Tag(ty) => wasm_externtype_t::Tag(try_box(ty.try_clone()?)?),
        })
    }
}

/// The most parameters or results of a function, which validation allows as well.
const MOST_VALUES: usize = 1000;

/// Returns whether a type means the same in all engines: it refers to no type of a module.
fn is_closed(ty: ValType) -> bool {
    ty.reference().and_then(RefType::index).is_none()
}

impl wasm_externtype_t {
    /// Returns a function type. Returns `None` if there is not enough memory.
    pub(crate) fn of_func(ty: &FuncType) -> Option<wasm_externtype_t> {
        Some(wasm_externtype_t::Func(Signature::of(ty)?))
    }

    pub(crate) fn of_global(ty: &GlobalType) -> wasm_externtype_t {
        wasm_externtype_t::Global(wasm_valtype_t { ty: ty.content() }, u8::from(ty.mutability().is_mut()))
    }

    pub(crate) fn of_table(ty: TableType) -> wasm_externtype_t {
        let limits = wasm_limits_t::of(ty.minimum(), ty.maximum());
        wasm_externtype_t::Table(wasm_valtype_t { ty: ty.element().into() }, limits, ty)
    }

    pub(crate) fn of_memory(ty: MemoryType) -> wasm_externtype_t {
        wasm_externtype_t::Memory(wasm_limits_t::of(ty.minimum(), ty.maximum()), ty)
    }

    /// Returns the type of an item. Returns `None` if there is not enough memory.
    pub(crate) fn of(ty: &ExternType) -> Option<wasm_externtype_t> {
        Some(match ty {
            ExternType::Table(ty) => wasm_externtype_t::of_table(*ty),
            ExternType::Memory(ty) => wasm_externtype_t::of_memory(*ty),
            ExternType::Global(ty) => wasm_externtype_t::of_global(ty),
            ExternType::Tag(ty) => wasm_externtype_t::Tag(try_box(wasm_externtype_t::of_func(ty.ty())?)?),
            ExternType::Func(ty) => wasm_externtype_t::of_func(ty)?,
            // There are five kinds; the enum leaves room for more.
            _ => wasm_externtype_t::of_func(&FuncType::new([], []))?,
        })
    }

    /// Returns the function type, to make a function of it. `None` if it is none, has too many values, or refers to a
    /// module's types.
    pub(crate) fn func_type(&self) -> Option<FuncType> {
        let wasm_externtype_t::Func(signature) = self else { return None };
        let types = |vector: &wasm_valtype_vec_t| -> Option<Vec<ValType>> {
            let types = vector.as_slice().iter().map(|ty| Some(ty.get()?.ty).filter(|&ty| is_closed(ty)));
            types.collect::<Option<Vec<_>>>().filter(|types| types.len() <= MOST_VALUES)
        };
        Some(FuncType::new(types(&signature.params)?, types(&signature.results)?))
    }

    pub(crate) fn global_type(&self) -> Option<GlobalType> {
        match *self {
            wasm_externtype_t::Global(wasm_valtype_t { ty }, mutability) if is_closed(ty) => {
                Some(GlobalType::new(ty, if mutability == 0 { Mutability::Const } else { Mutability::Var }))
            }
            _ => None,
        }
    }

    pub(crate) fn table_type(&self) -> Option<TableType> {
        match *self {
            wasm_externtype_t::Table(wasm_valtype_t { ty }, _, table) if is_closed(ty) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn memory_type(&self) -> Option<MemoryType> {
        match *self {
            wasm_externtype_t::Memory(_, ty) => Some(ty),
            _ => None,
        }
    }

    fn params(&self) -> Option<&Signature> {
        match self {
            wasm_externtype_t::Func(signature) => Some(signature),
            _ => None,
        }
    }

    /// Returns its number in `wasm_externkind_enum`.
    fn kind(&self) -> u8 {
        match self {
            wasm_externtype_t::Func(..) => 0,
            wasm_externtype_t::Global(..) => 1,
            wasm_externtype_t::Table(..) => 2,
            wasm_externtype_t::Memory(..) => 3,
            wasm_externtype_t::Tag(..) => 4,
        }
    }
}

/// The type of an import: `wasm_importtype_t`.
pub struct wasm_importtype_t {
    pub(crate) module: wasm_byte_vec_t,
    pub(crate) name: wasm_byte_vec_t,
    pub(crate) ty: Box<wasm_externtype_t>,
}

/// The type of an export: `wasm_exporttype_t`.
pub struct wasm_exporttype_t {
    pub(crate) name: wasm_byte_vec_t,
    pub(crate) ty: Box<wasm_externtype_t>,
}

impl TryClone for wasm_importtype_t {
    fn try_clone(&self) -> Option<wasm_importtype_t> {
        let ty = try_box(self.ty.try_clone()?)?;
        Some(wasm_importtype_t { module: self.module.try_clone()?, name: self.name.try_clone()?, ty })
    }
}

impl TryClone for wasm_exporttype_t {
    fn try_clone(&self) -> Option<wasm_exporttype_t> {
        Some(wasm_exporttype_t { name: self.name.try_clone()?, ty: try_box(self.ty.try_clone()?)? })
    }
}

/// The functions that all types have.
macro_rules! families {
    ($($name:ident: $ty:ty;)*) => { $(
        #[doc = concat!("The functions `wasm_", stringify!($name), "_delete` and `wasm_", stringify!($name), "_copy`.")]
        pub mod $name {
            use super::*;

            /// Deletes the type. Does nothing for null.
            #[unsafe(export_name = concat!("wasm_", stringify!($name), "_delete"))]
            pub unsafe extern "C" fn delete(ty: Option<Box<$ty>>) {
                drop(ty);
            }

            /// Copies the type. Returns null if there is not enough memory.
            #[unsafe(export_name = concat!("wasm_", stringify!($name), "_copy"))]
            pub unsafe extern "C" fn copy(ty: &$ty) -> Option<Box<$ty>> {
                try_box(ty.try_clone()?)
            }
        }
    )* };
}

families! {
    valtype: wasm_valtype_t;
    functype: wasm_externtype_t;
    globaltype: wasm_externtype_t;
    tabletype: wasm_externtype_t;
    memorytype: wasm_externtype_t;
    tagtype: wasm_externtype_t;
    externtype: wasm_externtype_t;
    importtype: wasm_importtype_t;
    exporttype: wasm_exporttype_t;
}

/// The functions that see a type of one kind as that of an external item, and back. None of them passes ownership.
macro_rules! as_externtype {
    ($($name:ident: $kind:ident;)*) => { $(
        #[doc = concat!("The functions `wasm_", stringify!($name), "_as_externtype` and back, also of constants.")]
        pub mod $name {
            use super::*;

            /// Returns the same type.
            #[unsafe(export_name = concat!("wasm_", stringify!($name), "_as_externtype"))]
            pub unsafe extern "C" fn widened(ty: *mut wasm_externtype_t) -> *mut wasm_externtype_t {
                ty
            }

            /// Returns the same type.
            #[unsafe(export_name = concat!("wasm_", stringify!($name), "_as_externtype_const"))]
            pub unsafe extern "C" fn widened_const(ty: *const wasm_externtype_t) -> *const wasm_externtype_t {
                ty
            }

            /// Returns the same type if it is of this kind, and otherwise null.
            #[unsafe(export_name = concat!("wasm_externtype_as_", stringify!($name)))]
            pub unsafe extern "C" fn narrowed(ty: Option<&mut wasm_externtype_t>) -> Option<&mut wasm_externtype_t> {
                ty.filter(|ty| matches!(ty, wasm_externtype_t::$kind(..)))
            }

            /// Returns the same type if it is of this kind, and otherwise null.
            #[unsafe(export_name = concat!("wasm_externtype_as_", stringify!($name), "_const"))]
            pub unsafe extern "C" fn narrowed_const(ty: Option<&wasm_externtype_t>) -> Option<&wasm_externtype_t> {
                ty.filter(|ty| matches!(ty, wasm_externtype_t::$kind(..)))
            }
        }
    )* };
}

/// The views of types as those of external items.
pub mod views {
    use super::wasm_externtype_t;

    as_externtype! {
        functype: Func;
        globaltype: Global;
        tabletype: Table;
        memorytype: Memory;
        tagtype: Tag;
    }
}

c_functions! {
    /// Makes a type of values, of a kind of `wasm.h` or `wasmote.h`. References may be null. Returns null if there is no
    /// such kind.
    fn wasm_valtype_new(kind: u8) -> Option<Box<wasm_valtype_t>> {
        let nullable = |heap| ValType::Ref(RefType::new(true, heap));
        let ty = match kind {
            kind::I32 => ValType::I32,
            kind::I64 => ValType::I64,
            kind::F32 => ValType::F32,
            kind::F64 => ValType::F64,
            kind::V128 => ValType::V128,
            kind::EXTERNREF => ValType::EXTERNREF,
            kind::FUNCREF => ValType::FUNCREF,
            kind::ANYREF => nullable(HeapType::Any),
            kind::EXNREF => nullable(HeapType::Exn),
            _ => return None,
        };
        Some(Box::new(wasm_valtype_t { ty }))
    }

    /// Returns the kind. That of a reference is the kind of its hierarchy.
    fn wasm_valtype_kind(ty: &wasm_valtype_t) -> u8 {
        kind::of(ty.ty)
    }

    /// Makes the type of a function, and takes over both vectors. Returns null if one has a null. If both are the same
    /// vector, it is that of the parameters, and there are no results.
    fn wasm_functype_new(
        params: *mut wasm_valtype_vec_t,
        results: *mut wasm_valtype_vec_t,
    ) -> Option<Box<wasm_externtype_t>> {
        let params = std::mem::take(&mut *params);
        let signature = Signature { params, results: std::mem::take(&mut *results) };
        let is_whole = |vector: &wasm_valtype_vec_t| vector.as_slice().iter().all(|ty| ty.get().is_some());
        if !is_whole(&signature.params) || !is_whole(&signature.results) {
            return None;
        }
        try_box(wasm_externtype_t::Func(signature))
    }

    /// Returns the types of the parameters, which belong to the type. Returns null if it is no function type.
    fn wasm_functype_params(ty: &wasm_externtype_t) -> Option<&wasm_valtype_vec_t> {
        ty.params().map(|signature| &signature.params)
    }

    /// Returns the types of the results, which belong to the type. Returns null if it is no function type.
    fn wasm_functype_results(ty: &wasm_externtype_t) -> Option<&wasm_valtype_vec_t> {
        ty.params().map(|signature| &signature.results)
    }

    /// Makes the type of a global, and takes over the type of its value. Returns null if that is null.
    fn wasm_globaltype_new(content: Option<Box<wasm_valtype_t>>, mutability: u8) -> Option<Box<wasm_externtype_t>> {
        Some(Box::new(wasm_externtype_t::Global(*content?, u8::from(mutability != 0))))
    }

    /// Returns the type of the value, which belongs to the type. Returns null if it is no type of globals.
    fn wasm_globaltype_content(ty: &wasm_externtype_t) -> Option<&wasm_valtype_t> {
        match ty {
            wasm_externtype_t::Global(content, _) => Some(content),
            _ => None,
        }
    }

    /// Returns whether globals of this type are constant or variable.
    fn wasm_globaltype_mutability(ty: &wasm_externtype_t) -> u8 {
        match *ty {
            wasm_externtype_t::Global(_, mutability) => mutability,
            _ => 0,
        }
    }

    /// Makes the type of a table, and takes over the type of its elements. Returns null if that is no reference type.
    fn wasm_tabletype_new(element: Option<Box<wasm_valtype_t>>, limits: &wasm_limits_t) -> Option<Box<wasm_externtype_t>> {
        let element = element?.ty.reference()?;
        Some(Box::new(wasm_externtype_t::of_table(TableType::new(element, limits.min, limits.maximum()))))
    }

    /// Returns the type of the elements, which belongs to the type. Returns null if it is no type of tables.
    fn wasm_tabletype_element(ty: &wasm_externtype_t) -> Option<&wasm_valtype_t> {
        match ty {
            wasm_externtype_t::Table(element, ..) => Some(element),
            _ => None,
        }
    }

    /// Returns the limits in elements, which belong to the type. Returns null if it is no type of tables.
    fn wasm_tabletype_limits(ty: &wasm_externtype_t) -> Option<&wasm_limits_t> {
        match ty {
            wasm_externtype_t::Table(_, limits, _) => Some(limits),
            _ => None,
        }
    }

    /// Makes the type of a memory. The limits count pages of 64 KiB.
    fn wasm_memorytype_new(limits: &wasm_limits_t) -> Option<Box<wasm_externtype_t>> {
        Some(Box::new(wasm_externtype_t::of_memory(MemoryType::new(limits.min, limits.maximum()))))
    }

    /// Returns the limits in pages, which belong to the type. Returns null if it is no type of memories.
    fn wasm_memorytype_limits(ty: &wasm_externtype_t) -> Option<&wasm_limits_t> {
        match ty {
            wasm_externtype_t::Memory(limits, _) => Some(limits),
            _ => None,
        }
    }

    /// Makes the type of a tag, and takes over the function type. Returns null if it is none.
    fn wasm_tagtype_new(ty: Option<Box<wasm_externtype_t>>) -> Option<Box<wasm_externtype_t>> {
        let ty = ty.filter(|ty| matches!(**ty, wasm_externtype_t::Func(_)))?;
        Some(Box::new(wasm_externtype_t::Tag(ty)))
    }

    /// Returns the function type, which belongs to the type. Returns null if it is no type of tags.
    fn wasm_tagtype_functype(ty: &wasm_externtype_t) -> Option<&wasm_externtype_t> {
        match ty {
            wasm_externtype_t::Tag(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the kind of an external item.
    fn wasm_externtype_kind(ty: &wasm_externtype_t) -> u8 {
        ty.kind()
    }

    /// Makes the type of an import, and takes over all three. Returns null if the item's type is null.
    fn wasm_importtype_new(
        module: *mut wasm_byte_vec_t,
        name: *mut wasm_byte_vec_t,
        ty: Option<Box<wasm_externtype_t>>,
    ) -> Option<Box<wasm_importtype_t>> {
        // They may be the same vector, as two empty names are.
        let module = std::mem::take(&mut *module);
        let name = std::mem::take(&mut *name);
        Some(Box::new(wasm_importtype_t { module, name, ty: ty? }))
    }

    /// Returns the name of the imported module, which belongs to the type.
    fn wasm_importtype_module(ty: &wasm_importtype_t) -> &wasm_byte_vec_t {
        &ty.module
    }

    /// Returns the name of the item in that module, which belongs to the type.
    fn wasm_importtype_name(ty: &wasm_importtype_t) -> &wasm_byte_vec_t {
        &ty.name
    }

    /// Returns the type of the item, which belongs to the type.
    fn wasm_importtype_type(ty: &wasm_importtype_t) -> &wasm_externtype_t {
        &ty.ty
    }

    /// Makes the type of an export, and takes over both. Returns null if the item's type is null.
    fn wasm_exporttype_new(name: &mut wasm_byte_vec_t, ty: Option<Box<wasm_externtype_t>>) -> Option<Box<wasm_exporttype_t>> {
        let name = std::mem::take(name);
        Some(Box::new(wasm_exporttype_t { name, ty: ty? }))
    }

    /// Returns the name, which belongs to the type.
    fn wasm_exporttype_name(ty: &wasm_exporttype_t) -> &wasm_byte_vec_t {
        &ty.name
    }

    /// Returns the type of the item, which belongs to the type.
    fn wasm_exporttype_type(ty: &wasm_exporttype_t) -> &wasm_externtype_t {
        &ty.ty
    }
}

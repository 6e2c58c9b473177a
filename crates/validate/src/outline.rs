//! The outline: all of a module but its bodies. Bodies are validated against it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::HeapType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::fault::Invalid;
use crate::types::{Field, Ty, TyText};

/// The types and index spaces of a module, as far as they have been read.
#[derive(Default)]
pub struct Outline {
    /// For each type that the module defines, its place in `types`. Equal types have the same place.
    pub canonical: Vec<u32>,
    /// The different types in order. A supertype comes before its subtypes.
    pub types: Vec<Type>,
    /// For each function, the index of its type.
    pub funcs: Vec<u32>,
    /// The number of imported functions.
    pub imported_funcs: u32,
    /// The imported functions that must have exactly their type, in order.
    pub exact_imports: Vec<u32>,
    /// For each function, whether `ref.func` may name it. Empty if it may name none.
    declared: Vec<bool>,
    pub tables: Vec<Table>,
    /// For each memory, the type of its addresses.
    pub memories: Vec<Ty>,
    pub globals: Vec<Global>,
    /// The number of imported globals.
    pub imported_globals: u32,
    /// For each tag, the index of its type.
    pub tags: Vec<u32>,
    /// For each element segment, the type of its elements.
    pub elems: Vec<Ty>,
    /// The number of data segments, if the module has a data count section.
    pub data: Option<u32>,
}

/// A type. It refers to other types by their places in `Outline::types`.
pub struct Type {
    pub supertype: Option<u32>,
    /// Whether it can have no subtypes.
    pub is_final: bool,
    /// The number of its direct and indirect supertypes.
    pub depth: u8,
    /// The place of a supertype further up, so that any supertype is found in few steps. A type without supertypes
    /// has its own place.
    pub jump: u32,
    /// The place of the structure type whose descriptors have this type.
    pub describes: Option<u32>,
    /// The place of the type of its descriptors.
    pub descriptor: Option<u32>,
    pub composite: Composite,
}

/// A composite type.
pub enum Composite {
    Func(FuncType),
    Struct {
        fields: Box<[Field]>,
        /// Whether all fields have default values.
        defaultable: bool,
    },
    Array(Field),
    /// A continuation type, with the place of its function type.
    Cont(u32),
}

/// A function type.
pub struct FuncType {
    pub params: Box<[Ty]>,
    pub results: Box<[Ty]>,
}

/// The type of a table.
#[derive(Clone, Copy)]
pub struct Table {
    pub element: Ty,
    /// The type of its indices.
    pub index: Ty,
}

/// The type of a global.
#[derive(Clone, Copy)]
pub struct Global {
    pub ty: Ty,
    pub mutable: bool,
}

impl Outline {
    /// Returns the composite type with this index.
    pub fn composite(&self, ty: u32) -> Option<&Composite> {
        Some(&self.types.get(self.canonical(ty)? as usize)?.composite)
    }

    /// Returns the place of the type with this index. Equal types have the same place.
    pub fn canonical(&self, ty: u32) -> Option<u32> {
        self.canonical.get(ty as usize).copied()
    }

    /// [`Outline::canonical`] for an index at this offset in the binary, which an error reports.
    pub fn canonical_at(&self, ty: u32, offset: usize) -> Result<u32, Invalid> {
        self.canonical(ty).ok_or_else(|| Invalid::unknown("type", ty, offset))
    }

    /// Gives a type in a form that messages print.
    pub fn show(&self, ty: Ty) -> TyText<'_> {
        TyText { ty, canonical: &self.canonical }
    }

    /// Returns the type with this index, if it is a function type.
    pub fn func_type(&self, ty: u32) -> Option<&FuncType> {
        match self.composite(ty)? {
            Composite::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the index of a function's type.
    pub fn func(&self, func: u32) -> Option<u32> {
        self.funcs.get(func as usize).copied()
    }

    /// Whether a function has exactly the type with its index. A function that is imported may have a subtype.
    pub fn is_exact(&self, func: u32) -> bool {
        func >= self.imported_funcs || self.exact_imports.binary_search(&func).is_ok()
    }

    /// Returns the place of the type of this type's descriptors. Both are places.
    pub fn descriptor(&self, ty: u32) -> Option<u32> {
        self.types.get(ty as usize)?.descriptor
    }

    /// Whether `ref.func` may name this function.
    pub fn is_declared(&self, func: u32) -> bool {
        self.declared.get(func as usize) == Some(&true)
    }

    /// Allows `ref.func` to name this function.
    pub fn declare(&mut self, func: u32) -> Result<(), OutOfMemory> {
        let func = func as usize;
        if self.declared.len() <= func && func < self.funcs.len() {
            self.declared.try_resize(self.funcs.len(), false)?;
        }
        if let Some(declared) = self.declared.get_mut(func) {
            *declared = true;
        }
        Ok(())
    }

    pub fn table(&self, table: u32) -> Option<Table> {
        self.tables.get(table as usize).copied()
    }

    /// Returns the type of a memory's addresses.
    pub fn memory(&self, memory: u32) -> Option<Ty> {
        self.memories.get(memory as usize).copied()
    }

    pub fn global(&self, global: u32) -> Option<Global> {
        self.globals.get(global as usize).copied()
    }

    /// Returns the type of a tag.
    pub fn tag(&self, tag: u32) -> Option<&FuncType> {
        self.func_type(*self.tags.get(tag as usize)?)
    }

    /// Returns the type at this place, if it is a function type.
    pub fn func_type_at(&self, place: u32) -> Option<&FuncType> {
        match &self.types.get(place as usize)?.composite {
            Composite::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the type of an element segment's elements.
    pub fn elem(&self, elem: u32) -> Option<Ty> {
        self.elems.get(elem as usize).copied()
    }

    /// Whether a value of type `ty` also has type `other` (spec: valid/matching).
    pub fn matches(&self, ty: Ty, other: Ty) -> bool {
        if ty == other || ty == Ty::BOTTOM {
            return true;
        }
        if !(ty.is_ref() && other.is_ref()) || ty.is_nullable() && !other.is_nullable() {
            return false;
        }
        match (ty.heap(), other.heap()) {
            (None, _) => true,
            (_, None) => false,
            (Some(ty), Some(other)) => self.heap_matches(ty, other),
        }
    }

    /// Whether `ty` is a subtype of `other`. Indices are places in `Outline::types`.
    fn heap_matches(&self, ty: HeapType, other: HeapType) -> bool {
        use HeapType::{Array, Cont, Exact, Func, Index, NoCont, NoFunc, None, Struct};
        match (ty, other) {
            (Exact(ty), Exact(other)) => ty == other,
            (Index(_), Exact(_)) => false,
            (Index(ty) | Exact(ty), Index(other)) => self.is_subtype(ty, other),
            (Index(ty) | Exact(ty), other) => self.kind(ty).is_some_and(|kind| kind.is_sub(other)),
            (ty, Index(other) | Exact(other)) => match self.kind(other) {
                Some(Func) => ty == NoFunc,
                Some(Struct | Array) => ty == None,
                Some(Cont) => ty == NoCont,
                _ => false,
            },
            (ty, other) => ty.is_sub(other),
        }
    }

    /// Returns the abstract heap type that is directly above the type at this place.
    fn kind(&self, ty: u32) -> Option<HeapType> {
        Some(match self.types.get(ty as usize)?.composite {
            Composite::Func(_) => HeapType::Func,
            Composite::Struct { .. } => HeapType::Struct,
            Composite::Array(_) => HeapType::Array,
            Composite::Cont(_) => HeapType::Cont,
        })
    }

    /// Returns a type with this supertype, which is given by its place.
    pub fn declare_type(&self, supertype: Option<u32>, is_final: bool, composite: Composite) -> Type {
        let above = supertype.and_then(|place| Some((place, self.types.get(place as usize)?)));
        let Some((place, ty)) = above else {
            let (supertype, describes, descriptor) = (None, None, None);
            let jump = self.types.len() as u32;
            return Type { supertype, is_final, depth: 0, jump, describes, descriptor, composite };
        };
        // The lengths of jumps follow skew binary numbers: after two jumps of equal length, one spans both. So a
        // supertype is found in a logarithmic number of steps.
        let first = self.types.get(ty.jump as usize).map_or((0, place), |ty| (ty.depth, ty.jump));
        let second = self.types.get(first.1 as usize).map_or(0, |ty| ty.depth);
        let jump = if ty.depth - first.0 == first.0 - second { first.1 } else { place };
        let depth = ty.depth.saturating_add(1);
        Type { supertype, is_final, depth, jump, describes: None, descriptor: None, composite }
    }

    /// Whether the type at place `ty` is `other` or one of its subtypes. A supertype has a lower place than its
    /// subtypes.
    fn is_subtype(&self, mut ty: u32, other: u32) -> bool {
        while ty > other {
            ty = match self.types.get(ty as usize) {
                Some(&Type { jump, .. }) if jump >= other && jump < ty => jump,
                Some(&Type { supertype: Some(supertype), .. }) => supertype,
                _ => return false,
            };
        }
        ty == other
    }

    /// Whether a composite type matches another (spec: valid/matching#composite-types).
    pub fn composite_matches(&self, ty: &Composite, other: &Composite) -> bool {
        let all = |types: &[Ty], others: &[Ty]| {
            types.len() == others.len() && types.iter().zip(others).all(|(&ty, &other)| self.matches(ty, other))
        };
        let field = |ty: &Field, other: &Field| {
            ty.packed == other.packed
                && ty.mutable == other.mutable
                && self.matches(ty.ty, other.ty)
                && (!ty.mutable || self.matches(other.ty, ty.ty))
        };
        match (ty, other) {
            (Composite::Func(ty), Composite::Func(other)) => {
                all(&other.params, &ty.params) && all(&ty.results, &other.results)
            }
            (Composite::Struct { fields, .. }, Composite::Struct { fields: others, .. }) => {
                fields.len() >= others.len() && fields.iter().zip(others).all(|(ty, other)| field(ty, other))
            }
            (Composite::Array(ty), Composite::Array(other)) => field(ty, other),
            (Composite::Cont(ty), Composite::Cont(other)) => self.is_subtype(*ty, *other),
            _ => false,
        }
    }

    /// Returns the top of the hierarchy of a heap type, whose index is a place.
    pub fn top(&self, heap: HeapType) -> Option<HeapType> {
        match heap {
            HeapType::Index(ty) | HeapType::Exact(ty) => self.kind(ty)?.top(),
            other => other.top(),
        }
    }
}

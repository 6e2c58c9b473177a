//! What bodies are checked against: all of the module but bodies.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::HeapType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::fault::Fault;
use crate::types::{Field, Ty};

/// A module's types and what its index spaces hold, as far as they have been read.
#[derive(Default)]
pub struct Outline {
    /// For each type that the module defines its place in `types`.
    pub canonical: Vec<u32>,
    /// The types that are not equal, in order: supertypes stand in front of their subtypes.
    pub types: Vec<Type>,
    /// The type of each function, as index.
    pub funcs: Vec<u32>,
    /// Functions that `ref.func` may name; as many as it takes.
    declared: Vec<bool>,
    pub tables: Vec<Table>,
    /// The type of addresses of each memory.
    pub memories: Vec<Ty>,
    pub globals: Vec<Global>,
    /// How many of them are imported.
    pub imported_globals: u32,
    /// The type of each tag, as index.
    pub tags: Vec<u32>,
    /// The type of each element segment's elements.
    pub elems: Vec<Ty>,
    /// Data segments, if the module says in front of its code how many there are.
    pub data: Option<u32>,
}

/// A type, with places in `Outline::types` for what it refers to.
pub struct Type {
    pub supertype: Option<u32>,
    /// Whether it has no subtypes.
    pub is_final: bool,
    /// How many types are above it.
    pub depth: u8,
    /// One of these, as far up that any is found in few steps; itself if there are none.
    pub jump: u32,
    pub composite: Composite,
}

/// What a type defines.
pub enum Composite {
    Func(FuncType),
    Struct {
        fields: Box<[Field]>,
        /// All of them can begin with a default value.
        defaultable: bool,
    },
    Array(Field),
    /// A type of a proposal that is not known here.
    Foreign,
}

pub struct FuncType {
    pub params: Box<[Ty]>,
    pub results: Box<[Ty]>,
}

#[derive(Clone, Copy)]
pub struct Table {
    pub element: Ty,
    /// The type of its indices.
    pub index: Ty,
}

#[derive(Clone, Copy)]
pub struct Global {
    pub ty: Ty,
    pub mutable: bool,
}

impl Outline {
    pub fn composite(&self, ty: u32) -> Option<&Composite> {
        Some(&self.types.get(self.canonical(ty)? as usize)?.composite)
    }

    /// The place that stands for the type with this index and all that are equal.
    pub fn canonical(&self, ty: u32) -> Option<u32> {
        self.canonical.get(ty as usize).copied()
    }

    /// The same of a type that is referred to at this offset.
    pub fn canonical_at(&self, ty: u32, offset: usize) -> Result<u32, Fault> {
        self.canonical(ty).ok_or_else(|| Fault::unknown("type", ty, offset))
    }

    /// The function type with this index.
    pub fn func_type(&self, ty: u32) -> Option<&FuncType> {
        match self.composite(ty)? {
            Composite::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of a function, as index.
    pub fn func(&self, func: u32) -> Option<u32> {
        self.funcs.get(func as usize).copied()
    }

    pub fn is_declared(&self, func: u32) -> bool {
        self.declared.get(func as usize) == Some(&true)
    }

    /// Allows `ref.func` to name it.
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

    pub fn memory(&self, memory: u32) -> Option<Ty> {
        self.memories.get(memory as usize).copied()
    }

    pub fn global(&self, global: u32) -> Option<Global> {
        self.globals.get(global as usize).copied()
    }

    pub fn tag(&self, tag: u32) -> Option<&[Ty]> {
        Some(&self.func_type(*self.tags.get(tag as usize)?)?.params)
    }

    pub fn elem(&self, elem: u32) -> Option<Ty> {
        self.elems.get(elem as usize).copied()
    }

    /// Whether values of the one type are of the other (spec: valid/matching).
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

    fn heap_matches(&self, ty: HeapType, other: HeapType) -> bool {
        use HeapType::{Array, Func, Index, NoFunc, None, Struct};
        match (ty, other) {
            (Index(ty), Index(other)) => self.is_subtype(ty, other),
            (Index(ty), other) => self.kind(ty).is_some_and(|kind| kind.is_sub(other)),
            (ty, Index(other)) => match self.kind(other) {
                Some(Func) => ty == NoFunc,
                Some(Struct | Array) => ty == None,
                _ => false,
            },
            (ty, other) => ty.is_sub(other),
        }
    }

    /// The abstract type right above the one at this place.
    fn kind(&self, ty: u32) -> Option<HeapType> {
        Some(match self.types.get(ty as usize)?.composite {
            Composite::Func(_) => HeapType::Func,
            Composite::Struct { .. } => HeapType::Struct,
            Composite::Array(_) => HeapType::Array,
            Composite::Foreign => return None,
        })
    }

    /// A type below this one, or below none.
    pub fn declare_type(&self, supertype: Option<u32>, is_final: bool, composite: Composite) -> Type {
        let above = supertype.and_then(|place| Some((place, self.types.get(place as usize)?)));
        let Some((place, ty)) = above else {
            return Type { supertype: None, is_final, depth: 0, jump: self.types.len() as u32, composite };
        };
        // Jumps are as long as those of a skew binary number: two of equal length are followed by one over both.
        let first = self.types.get(ty.jump as usize).map_or((0, place), |ty| (ty.depth, ty.jump));
        let second = self.types.get(first.1 as usize).map_or(0, |ty| ty.depth);
        let jump = if ty.depth - first.0 == first.0 - second { first.1 } else { place };
        Type { supertype, is_final, depth: ty.depth.saturating_add(1), jump, composite }
    }

    /// Whether the type at the one place was declared below that at the other. What is above has the smaller place.
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

    /// Whether what is defined as the one can be used as the other (spec: valid/matching#composite-types).
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
            _ => false,
        }
    }

    /// The top of the hierarchy that a reference belongs to.
    pub fn top(&self, heap: HeapType) -> Option<HeapType> {
        match heap {
            HeapType::Index(ty) => self.kind(ty)?.top(),
            other => other.top(),
        }
    }
}

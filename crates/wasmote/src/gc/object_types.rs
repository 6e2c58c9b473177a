//! Types of structures and arrays that the host names and declares (spec: valid/types#recursive-types). The engine
//! owns all types. A host's type is the same as that of a module with an equal declaration.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use wasmote_decode::{CompositeType, SubType};
use wasmote_ir::{FieldType, HeapType, RefType, StorageType, ValType};
use wasmote_runtime::{Known, MAX_VALUES, RELATIVE, TypeRegistry};

use crate::engine::Engine;
use crate::error::Error;

/// The maximum number of fields of a structure, as in modules. Handlers rely on this limit for the sizes of
/// objects.
const MAX_FIELDS: usize = 10_000;
/// The maximum number of types in a group, as in modules.
const MAX_GROUP: usize = 1_000_000;

/// A recursion group (spec: syntax/types#recursive-types): types that are declared together, and so can refer to
/// each other. They may be subtypes of types that were declared before. They are the same types as those of a
/// module that declares an equal group.
///
/// An index in `types` is one of two things. [`RecGroup::own`] gives that of a type in the group. The engine's
/// number names any other type: [`RecGroup::index`], [`StructType::index`], [`ArrayType::index`].
///
/// ```
/// use wasmote::{CompositeType, Engine, FieldType, HeapType, Mutability, RecGroup, RefType, StorageType, SubType, ValType};
///
/// let engine = Engine::default();
/// // (rec (type $list (struct (field i32) (field (mut (ref null $list))))))
/// let list = ValType::Ref(RefType::new(true, HeapType::Index(RecGroup::own(0))));
/// let fields = [
///     FieldType::new(Mutability::Const, StorageType::ValType(ValType::I32)),
///     FieldType::new(Mutability::Var, StorageType::ValType(list)),
/// ];
/// let ty = SubType::of(CompositeType::Struct(fields.into()));
/// let list = RecGroup::new(&engine, &[ty])?.struct_type(0).unwrap();
/// assert_eq!(list.fields()[1].element_type(), StorageType::ValType(list.reference(true)));
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone)]
pub struct RecGroup {
    ids: Arc<[u32]>,
    held: Arc<HeldType>,
}

/// Keeps a type in the engine's registry, with all of its group.
struct HeldType {
    engine: Engine,
    id: u32,
}

impl Drop for HeldType {
    fn drop(&mut self) {
        self.engine.types().lock().release(self.id);
    }
}

impl fmt::Debug for RecGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecGroup").field(&self.ids).finish()
    }
}

impl RecGroup {
    /// Declares the types. If equal ones exist, returns those.
    ///
    /// # Errors
    /// Fails if a type is invalid: it refers to a type that does not exist, or its supertype is final, comes later,
    /// or does not match. Fails also if there are no types, if a type has descriptors or is of one (only modules
    /// declare such types), if they exceed the limits for modules, or if there is not enough memory.
    pub fn new(engine: &Engine, types: &[SubType]) -> Result<RecGroup, Error> {
        let own = RELATIVE as usize..RELATIVE as usize + types.len();
        let mut registry = engine.types().lock();
        if !is_closed(&registry, types) {
            return Err(invalid());
        }
        let first = registry.acquire(types, own, &|index| index)?;
        let ids: Arc<[u32]> = registry.group(first).into();
        if !ids.iter().all(|&id| is_valid(&registry, id)) {
            registry.release(first);
            return Err(invalid());
        }
        let held = Arc::new(HeldType { engine: engine.clone(), id: first });
        Ok(RecGroup { ids, held })
    }

    /// Returns the index with which the group's types name the one at position `place` in the group.
    #[must_use]
    pub const fn own(place: u32) -> u32 {
        // A place beyond any group must stay invalid, not wrap.
        RELATIVE | if place < RELATIVE { place } else { RELATIVE - 1 }
    }

    /// Returns the engine's number of the type at this position.
    #[must_use]
    pub fn index(&self, place: usize) -> Option<u32> {
        self.ids.get(place).copied()
    }

    /// Returns the type at this position, if it is a structure type.
    #[must_use]
    pub fn struct_type(&self, place: usize) -> Option<StructType> {
        StructType::held(&self.held, *self.ids.get(place)?)
    }

    /// Returns the type at this position, if it is an array type.
    #[must_use]
    pub fn array_type(&self, place: usize) -> Option<ArrayType> {
        ArrayType::held(&self.held, *self.ids.get(place)?)
    }

    /// Declares a group of one final type.
    fn of(engine: &Engine, composite: CompositeType) -> Result<RecGroup, Error> {
        RecGroup::new(engine, &[SubType::of(composite)])
    }
}

#[cold]
fn invalid() -> Error {
    Error::new("the recursion group is invalid")
}

/// Returns whether all types that these types refer to exist, and nothing exceeds the limits. Types with descriptors
/// are refused: only modules declare them.
fn is_closed(registry: &TypeRegistry, types: &[SubType]) -> bool {
    let known = |index: u32, end: usize| match index.checked_sub(RELATIVE) {
        Some(place) => (place as usize) < end,
        None => registry.known(index).is_some(),
    };
    let closed = Cell::new((1..=MAX_GROUP).contains(&types.len()));
    for (place, ty) in types.iter().enumerate() {
        ty.each_index(&mut |index| closed.set(closed.get() && known(index, types.len())));
        let few = match &ty.composite {
            CompositeType::Func(ty) => ty.params().len().max(ty.results().len()) <= MAX_VALUES,
            CompositeType::Struct(fields) => fields.len() <= MAX_FIELDS,
            CompositeType::Array(_) => true,
            // The host declares no continuation types.
            CompositeType::Cont(_) => false,
        };
        let few = few && ty.describes.is_none() && ty.descriptor.is_none();
        closed.set(closed.get() && few && ty.supertype.is_none_or(|above| known(above, place)));
    }
    closed.get()
}

/// Returns whether a type is a valid subtype of its declared supertype (spec: valid/types#sub-types).
fn is_valid(registry: &TypeRegistry, id: u32) -> bool {
    let Some(known) = registry.known(id) else { return false };
    let Some(above) = known.ty.supertype else { return true };
    registry.known(above).is_some_and(|above| {
        !above.ty.is_final && composite_matches(registry, &known.ty.composite, &above.ty.composite)
    })
}

/// Returns whether `a` matches `b` (spec: valid/matching#composite-types).
fn composite_matches(registry: &TypeRegistry, a: &CompositeType, b: &CompositeType) -> bool {
    let values =
        |a: &[ValType], b: &[ValType]| a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| registry.matches(a, b));
    let field = |(a, b): (&FieldType, &FieldType)| match (a.element_type(), b.element_type()) {
        _ if a == b => true,
        (StorageType::ValType(one), StorageType::ValType(other)) => {
            !a.mutability().is_mut() && !b.mutability().is_mut() && registry.matches(one, other)
        }
        _ => false,
    };
    match (a, b) {
        (CompositeType::Func(a), CompositeType::Func(b)) => {
            values(b.params(), a.params()) && values(a.results(), b.results())
        }
        (CompositeType::Struct(a), CompositeType::Struct(b)) => a.len() >= b.len() && a.iter().zip(b).all(field),
        (CompositeType::Array(a), CompositeType::Array(b)) => field((a, b)),
        _ => false,
    }
}

macro_rules! object_type {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            held: Arc<HeldType>,
            id: u32,
            known: Known,
        }

        impl $name {
            fn held(held: &Arc<HeldType>, id: u32) -> Option<$name> {
                let known = held.engine.types().lock().known(id)?;
                matches!(known.ty.composite, CompositeType::$kind(_)).then(|| $name { held: held.clone(), id, known })
            }

            /// Returns the type that references of type `ty` refer to. `ty` must come from the type of an item that
            /// exists.
            #[doc = concat!("Returns `None` if those are not ", $what, ".")]
            pub fn of(engine: &Engine, ty: ValType) -> Option<$name> {
                let id = ty.reference()?.index()?;
                $name::of_index(engine, id)
            }

            pub(crate) fn of_index(engine: &Engine, id: u32) -> Option<$name> {
                engine.types().lock().hold(id).then_some(())?;
                $name::held(&Arc::new(HeldType { engine: engine.clone(), id }), id)
            }

            /// Returns the engine's number of this type, which indices in other types use.
            pub fn index(&self) -> u32 {
                self.id
            }

            /// Returns the type of references to this type.
            pub fn reference(&self, nullable: bool) -> ValType {
                ValType::Ref(RefType::new(nullable, HeapType::Index(self.id)))
            }

            /// Returns whether this is the same type as `other`, or a subtype of it.
            pub fn matches(&self, other: &$name) -> bool {
                Engine::same(&self.held.engine, &other.held.engine)
                    && self.held.engine.types().lock().is_sub(self.id, other.id)
            }

            /// Returns the number, if the type belongs to this engine.
            pub(crate) fn id_in(&self, engine: &Engine) -> Result<u32, Error> {
                if !Engine::same(&self.held.engine, engine) {
                    return Err(Error::new("the type belongs to another engine"));
                }
                Ok(self.id)
            }
        }

        /// Two types are equal if they belong to the same engine, and WebAssembly considers them equal.
        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.id == other.id && Engine::same(&self.held.engine, &other.held.engine)
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.id).finish()
            }
        }
    };
}

object_type! {
    /// A type of structures (spec: syntax/types#composite-types).
    ///
    /// ```
    /// use wasmote::{Engine, FieldType, Module, Mutability, StorageType, StructType, ValType};
    ///
    /// let engine = Engine::default();
    /// let field = |mutability, ty| FieldType::new(mutability, StorageType::ValType(ty));
    /// let point = StructType::new(&engine, [field(Mutability::Const, ValType::I32), field(Mutability::Var, ValType::F64)])?;
    ///
    /// // A module that declares the same gets the same type.
    /// let wasm = wat::parse_str(r#"(module
    ///     (type $point (struct (field i32) (field (mut f64))))
    ///     (func (export "x") (param (ref $point)) (result i32) (struct.get $point 0 (local.get 0))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    /// let x = module.get_export("x").unwrap();
    /// assert_eq!(StructType::of(&engine, x.func().unwrap().params()[0]), Some(point));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    StructType, Struct, "structures"
}

object_type! {
    /// A type of arrays (spec: syntax/types#composite-types).
    ///
    /// ```
    /// use wasmote::{ArrayType, Engine, FieldType, Mutability, StorageType};
    ///
    /// let engine = Engine::default();
    /// let bytes = ArrayType::new(&engine, FieldType::new(Mutability::Var, StorageType::I8))?;
    /// assert_eq!(ArrayType::of(&engine, bytes.reference(true)), Some(bytes.clone()));
    /// assert_eq!(bytes.element().element_type(), StorageType::I8);
    /// # Ok::<(), wasmote::Error>(())
    /// ```
    ArrayType, Array, "arrays"
}

impl StructType {
    /// Declares the final type with these fields and without a supertype. [`RecGroup`] declares other types.
    ///
    /// # Errors
    /// Fails if a field's type does not exist, or if there are more than 10,000 fields.
    pub fn new(engine: &Engine, fields: impl IntoIterator<Item = FieldType>) -> Result<StructType, Error> {
        let fields: Vec<FieldType> = fields.into_iter().collect();
        RecGroup::of(engine, CompositeType::Struct(fields.into()))?.struct_type(0).ok_or_else(invalid)
    }

    /// Returns the fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldType] {
        match &self.known.ty.composite {
            CompositeType::Struct(fields) => fields,
            _ => unreachable!("a structure type is one"),
        }
    }

    /// Returns whether structures of this type have descriptors.
    #[must_use]
    pub fn has_descriptor(&self) -> bool {
        self.known.ty.descriptor.is_some()
    }
}

impl ArrayType {
    /// Declares the final type with these elements and without a supertype. [`RecGroup`] declares other types.
    ///
    /// # Errors
    /// Fails if the type of the elements does not exist.
    pub fn new(engine: &Engine, element: FieldType) -> Result<ArrayType, Error> {
        RecGroup::of(engine, CompositeType::Array(element))?.array_type(0).ok_or_else(invalid)
    }

    /// Returns the type and the mutability of the elements.
    #[must_use]
    pub fn element(&self) -> FieldType {
        match self.known.ty.composite {
            CompositeType::Array(element) => element,
            _ => unreachable!("an array type is one"),
        }
    }
}

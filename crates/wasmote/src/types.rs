//! Types as numbers: within an engine, equal types have equal numbers, so that `call_indirect` compares two integers. Types are
//! equal if their recursive groups are, and they stand at the same place in them (spec: valid/conventions#rolling-and-unrolling).
//! Outside of modules, an index in a type is always such a number.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::{CompositeType, FuncType, SubType};
use wasmote_exec as exec;
use wasmote_exec::MAX_DEPTH;
use wasmote_ir::{HeapType, RefType, ValType};

use crate::engine::Engine;
use crate::error::Error;

/// All types in use in an engine.
#[derive(Default)]
pub(crate) struct TypeRegistry {
    /// By number; empty where the number is free.
    types: Vec<Option<Entry>>,
    free: Vec<u32>,
    /// Groups by what makes them equal: their types with references inside the group relative to it.
    groups: BTreeMap<Arc<[SubType]>, Group>,
}

struct Group {
    ids: Arc<[u32]>,
    uses: usize,
}

struct Entry {
    /// The key of its group.
    group: Arc<[SubType]>,
    /// In terms of the engine's numbers.
    ty: Arc<SubType>,
    /// The numbers of its supertypes, from the root to itself.
    display: Arc<[u32]>,
}

/// What references inside a group have set in a key, and of declared types.
pub(crate) const RELATIVE: u32 = 1 << 24;
/// The number of no type.
const NO_TYPE: u32 = RELATIVE - 1;

/// A type as an engine knows it.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) ty: Arc<SubType>,
    pub(crate) display: Arc<[u32]>,
}

impl TypeRegistry {
    /// Finds or makes the numbers of a group, whose types refer to each other by `range`, and to others by what `outside` says.
    pub(crate) fn acquire(
        &mut self,
        types: &[SubType],
        range: Range<usize>,
        outside: &dyn Fn(u32) -> u32,
    ) -> Result<Arc<[u32]>, Error> {
        let place =
            |index: u32| (index as usize).checked_sub(range.start).filter(|_| range.contains(&(index as usize)));
        let relative = |index: u32| match place(index) {
            Some(place) => RELATIVE | place as u32,
            None => outside(index),
        };
        let key: Arc<[SubType]> = types.iter().map(|ty| ty.map_indices(&relative)).collect();
        if let Some(group) = self.groups.get_mut(&key) {
            group.uses += 1;
            return Ok(group.ids.clone());
        }
        let ids: Arc<[u32]> = types.iter().map(|_| self.number()).collect();
        let absolute = |index: u32| match place(index) {
            Some(place) => ids.get(place).copied().unwrap_or(0),
            None => outside(index),
        };
        self.groups.insert(key.clone(), Group { ids: ids.clone(), uses: 1 });
        let mut deep = false;
        for (ty, &id) in types.iter().zip(&*ids) {
            let ty = Arc::new(ty.map_indices(&absolute));
            let above = ty.supertype.and_then(|above| self.entry(above)).map(|above| above.display.clone());
            let above = above.as_deref().unwrap_or(&[]);
            // Not all of what is to be refused anyway: it would be quadratic.
            deep |= above.len() >= MAX_DEPTH;
            let above = if deep { &[] } else { above };
            let display: Arc<[u32]> = above.iter().copied().chain([id]).collect();
            self.types[id as usize] = Some(Entry { group: key.clone(), ty, display });
        }
        // What it refers to stays as long as it does.
        self.each_referred(&key, &mut |registry, other| {
            registry.hold(other);
        });
        if deep {
            self.release(ids[0]);
            return Err(Error::instantiate("a type has too many supertypes"));
        }
        Ok(ids)
    }

    fn number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.types.push(None);
            let number = self.types.len() as u32 - 1;
            assert!(number < NO_TYPE, "an engine cannot have more than 2^24 types");
            number
        })
    }

    fn entry(&self, id: u32) -> Option<&Entry> {
        self.types.get(id as usize)?.as_ref()
    }

    fn each_referred(&mut self, key: &[SubType], each: &mut dyn FnMut(&mut TypeRegistry, u32)) {
        let mut others = Vec::new();
        let noted = core::cell::RefCell::new(&mut others);
        for ty in key {
            ty.map_indices(&|index| {
                if index & RELATIVE == 0 {
                    noted.borrow_mut().push(index);
                }
                index
            });
        }
        others.iter().for_each(|&other| each(self, other));
    }

    /// Adds a use of the group with this type in it. `false` if there is none.
    pub(crate) fn hold(&mut self, id: u32) -> bool {
        if let Some(key) = self.entry(id).map(|entry| entry.group.clone())
            && let Some(group) = self.groups.get_mut(&key)
        {
            group.uses += 1;
            return true;
        }
        false
    }

    /// Gives up one use of the group with this type in it.
    pub(crate) fn release(&mut self, id: u32) {
        let mut pending = Vec::from([id]);
        while let Some(id) = pending.pop() {
            let Some(key) = self.entry(id).map(|entry| entry.group.clone()) else { continue };
            let Some(group) = self.groups.get_mut(&key) else { continue };
            group.uses -= 1;
            if group.uses > 0 {
                continue;
            }
            let ids = group.ids.clone();
            self.groups.remove(&key);
            for &id in &*ids {
                self.types[id as usize] = None;
                self.free.push(id);
            }
            self.each_referred(&key, &mut |_, other| pending.push(other));
        }
    }

    /// A type.
    pub(crate) fn known(&self, id: u32) -> Option<Known> {
        self.entry(id).map(|entry| Known { ty: entry.ty.clone(), display: entry.display.clone() })
    }

    /// Whether one type is the other, or a subtype of it.
    pub(crate) fn is_sub(&self, a: u32, b: u32) -> bool {
        a == b || self.entry(a).is_some_and(|a| a.display.contains(&b))
    }

    /// The abstract type that types with this number are of.
    pub(crate) fn kind(&self, id: u32) -> HeapType {
        match self.entry(id).map(|entry| &entry.ty.composite) {
            Some(CompositeType::Func(_)) | None => HeapType::Func,
            Some(CompositeType::Struct(_)) => HeapType::Struct,
            Some(CompositeType::Array(_)) => HeapType::Array,
        }
    }

    /// Whether one heap type matches the other (spec: valid/matching#heap-types).
    pub(crate) fn heap_matches(&self, a: HeapType, b: HeapType) -> bool {
        match (a, b) {
            (HeapType::Index(a), HeapType::Index(b)) => self.is_sub(a, b),
            (HeapType::Index(a), b) => self.kind(a).is_sub(b),
            (a, HeapType::Index(b)) => match self.kind(b) {
                HeapType::Func => a == HeapType::NoFunc,
                _ => a == HeapType::None,
            },
            (a, b) => a.is_sub(b),
        }
    }

    /// Whether one value type matches the other (spec: valid/matching#value-types).
    pub(crate) fn matches(&self, a: ValType, b: ValType) -> bool {
        match (a, b) {
            (ValType::Ref(a), ValType::Ref(b)) => {
                (b.is_nullable() || !a.is_nullable()) && self.heap_matches(a.heap(), b.heap())
            }
            _ => a == b,
        }
    }

    /// The hierarchy that references of this type belong to, by its top.
    pub(crate) fn top(&self, ty: RefType) -> HeapType {
        match ty.heap() {
            HeapType::Index(id) => self.kind(id).top(),
            other => other.top(),
        }
        .unwrap_or(HeapType::Any)
    }
}

/// Numbers of types, held as long as this lives.
pub(crate) struct TypeIds {
    engine: Engine,
    ids: Vec<u32>,
    /// The types of these numbers.
    known: Vec<Known>,
    /// One of each group.
    held: Vec<u32>,
}

impl TypeIds {
    pub(crate) fn new(engine: &Engine) -> TypeIds {
        TypeIds { engine: engine.clone(), ids: Vec::new(), known: Vec::new(), held: Vec::new() }
    }

    /// The numbers of a module's types, in groups that refer to themselves and those before them.
    pub(crate) fn of(
        engine: &Engine,
        types: &[SubType],
        groups: impl Iterator<Item = Range<usize>>,
    ) -> Result<TypeIds, Error> {
        let mut all = TypeIds::new(engine);
        for range in groups {
            let Some(types) = types.get(range.clone()) else { break };
            if types.is_empty() {
                continue;
            }
            let known = &all.ids;
            let outside = |index: u32| known.get(index as usize).copied().unwrap_or(NO_TYPE);
            let mut registry = engine.types().lock();
            let ids = registry.acquire(types, range, &outside)?;
            all.known.extend(ids.iter().filter_map(|&id| registry.known(id)));
            drop(registry);
            all.held.push(ids[0]);
            all.ids.extend_from_slice(&ids);
        }
        Ok(all)
    }

    /// The number of a function type that stands for itself.
    pub(crate) fn add(&mut self, ty: &FuncType) -> u32 {
        let ty = SubType::of_func(ty.clone());
        let mut registry = self.engine.types().lock();
        // What the embedder names may be gone.
        let ty = ty.map_indices(&|index| if registry.entry(index).is_some() { index } else { NO_TYPE });
        // It has no supertypes, and so not too many.
        let ids = registry.acquire(&[ty], 0..0, &|index| index);
        let id = ids.map_or(NO_TYPE, |ids| ids[0]);
        drop(registry);
        self.held.push(id);
        id
    }

    /// Holds a type that somebody else holds now.
    pub(crate) fn hold(&mut self, id: u32) {
        if self.engine.types().lock().hold(id) {
            self.held.push(id);
        }
    }

    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The types, each with its number.
    pub(crate) fn known(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.ids.iter().copied().zip(&self.known)
    }

    /// A function type of the module's in terms of the engine's numbers.
    pub(crate) fn func_type(&self, index: u32) -> Option<&FuncType> {
        self.known.get(index as usize)?.ty.func()
    }

    /// A value type of the module's in terms of the engine's numbers.
    pub(crate) fn val_type(&self, ty: ValType) -> ValType {
        ty.map_index(|index| self.ids.get(index as usize).copied().unwrap_or(NO_TYPE))
    }
}

impl Drop for TypeIds {
    fn drop(&mut self) {
        let mut registry = self.engine.types().lock();
        for &id in &self.held {
            registry.release(id);
        }
    }
}

/// The supertypes of the types that a store uses, as handlers look them up.
#[derive(Default)]
pub(crate) struct Displays {
    by_number: Vec<exec::Display>,
    /// What the displays point to.
    held: Vec<Arc<[u32]>>,
}

// SAFETY: what the displays point to is owned, and never changes.
unsafe impl Send for Displays {}
// SAFETY: as above.
unsafe impl Sync for Displays {}

impl Displays {
    /// Adds a type that is in use as long as the store is.
    pub(crate) fn add(&mut self, id: u32, known: Option<&Known>) {
        let Some(Known { display, .. }) = known else { return };
        let index = id as usize;
        if self.by_number.len() <= index {
            self.by_number.resize(index + 1, exec::Display::NONE);
        }
        let entry = &mut self.by_number[index];
        if !entry.all.is_null() {
            return;
        }
        entry.depth = display.len() as u32 - 1;
        for (place, &supertype) in entry.first.iter_mut().zip(&**display) {
            *place = supertype;
        }
        entry.all = display.as_ptr();
        self.held.push(display.clone());
    }

    pub(crate) fn types(&self) -> exec::Types {
        exec::Types { displays: self.by_number.as_ptr(), len: self.by_number.len() as u32 }
    }
}

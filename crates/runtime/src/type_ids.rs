//! The engine's numbers of types that a module or a store holds, and the supertypes that handlers look up.

use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::{FuncType, SubType};
use wasmote_exec as exec;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::{RefType, ValType};

use crate::engine::Engine;
use crate::error::Error;
use crate::types::{Known, NO_TYPE};

/// Numbers of types. The types are held as long as this lives.
pub(crate) struct TypeIds {
    engine: Engine,
    ids: Vec<u32>,
    /// The types with these numbers.
    known: Vec<Known>,
    /// One type of each group.
    held: Vec<u32>,
}

impl TypeIds {
    pub(crate) fn new(engine: &Engine) -> TypeIds {
        TypeIds { engine: engine.clone(), ids: Vec::new(), known: Vec::new(), held: Vec::new() }
    }

    /// Acquires a module's types. Each group refers only to itself and to previous groups.
    pub(crate) fn of(
        engine: &Engine,
        types: &[SubType],
        groups: impl Iterator<Item = Range<usize>>,
    ) -> Result<TypeIds, Error> {
        let mut all = TypeIds::new(engine);
        // If this fails, dropping the list releases what was acquired. Dropping takes the lock.
        let made = all.acquire(types, groups);
        made.map(|()| all)
    }

    fn acquire(&mut self, types: &[SubType], groups: impl Iterator<Item = Range<usize>>) -> Result<(), Error> {
        self.ids.try_room(types.len())?;
        self.known.try_room(types.len())?;
        for range in groups {
            let Some(types) = types.get(range.clone()) else { break };
            if types.is_empty() {
                continue;
            }
            self.held.try_room(1)?;
            let known = &self.ids;
            let outside = |index: u32| known.get(index as usize).copied().unwrap_or(NO_TYPE);
            let mut registry = self.engine.types().lock();
            let first = registry.acquire(types, range, &outside)?;
            self.held.push(first);
            let ids = registry.group(first);
            self.ids.try_extend_from_slice(ids)?;
            for known in ids.iter().filter_map(|&id| registry.known(id)) {
                self.known.try_push(known)?;
            }
        }
        Ok(())
    }

    /// Acquires a function type that is in a group of its own, and returns its number.
    pub(crate) fn add(&mut self, ty: &FuncType) -> Result<u32, Error> {
        let ty = SubType::of_func(ty.try_clone()?);
        self.held.try_room(1)?;
        let mut registry = self.engine.types().lock();
        // The embedder may name types that are gone.
        let ty = ty.map_indices(&|index| if registry.is_there(index) { index } else { NO_TYPE })?;
        let id = registry.acquire(&[ty], 0..0, &|index| index)?;
        drop(registry);
        self.held.push(id);
        Ok(id)
    }

    /// Holds a type that another owner holds now.
    pub(crate) fn hold(&mut self, id: u32) -> Result<(), OutOfMemory> {
        // A module's imports have few types. Threads share the lock.
        if self.held.iter().rev().take(8).any(|&held| held == id) {
            return Ok(());
        }
        self.held.try_room(1)?;
        if self.engine.types().lock().hold(id) {
            self.held.push(id);
        }
        Ok(())
    }

    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Returns the types, each with its number.
    pub(crate) fn known(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.ids.iter().copied().zip(&self.known)
    }

    /// Returns one of the module's types, with the engine's numbers as indices.
    #[cfg(feature = "gc")]
    pub(crate) fn sub_type(&self, index: u32) -> Option<&SubType> {
        self.known.get(index as usize).map(|known| &known.ty)
    }

    /// Returns one of the module's function types, with the engine's numbers as indices.
    pub(crate) fn func_type(&self, index: u32) -> Option<&FuncType> {
        self.known.get(index as usize)?.ty.func()
    }

    /// Returns one of the module's value types, with the engine's number as its index.
    pub(crate) fn val_type(&self, ty: ValType) -> ValType {
        match ty {
            ValType::Ref(ty) => ValType::Ref(self.ref_type(ty)),
            other => other,
        }
    }

    /// Returns one of the module's reference types, with the engine's number as its index.
    pub(crate) fn ref_type(&self, ty: RefType) -> RefType {
        ty.map_index(|index| self.ids.get(index as usize).copied().unwrap_or(NO_TYPE))
    }
}

impl Drop for TypeIds {
    fn drop(&mut self) {
        // Most stores hold none, and threads share the lock.
        if self.held.is_empty() {
            return;
        }
        let mut registry = self.engine.types().lock();
        for &id in &self.held {
            registry.release(id);
        }
    }
}

/// The supertypes of the types that a store uses, in the form that handlers look up.
#[derive(Default)]
pub(crate) struct SupertypeDisplays {
    by_number: Vec<exec::Display>,
    /// Keeps the displays alive that `by_number` points to.
    held: Vec<Known>,
}

// SAFETY: `held` owns what the displays point to, and nothing changes it.
unsafe impl Send for SupertypeDisplays {}
// SAFETY: as above.
unsafe impl Sync for SupertypeDisplays {}

impl SupertypeDisplays {
    /// Adds a type that is in use as long as the store is.
    pub(crate) fn add(&mut self, id: u32, known: Option<&Known>) -> Result<(), OutOfMemory> {
        let Some(known) = known else { return Ok(()) };
        let index = id as usize;
        if self.by_number.len() <= index {
            self.by_number.try_resize(index + 1, exec::Display::NONE)?;
        }
        let entry = &mut self.by_number[index];
        if !entry.all.is_null() {
            return Ok(());
        }
        self.held.try_push(known.clone())?;
        let display = &known.display;
        entry.depth = display.len() as u32 - 1;
        for (place, &supertype) in entry.first.iter_mut().zip(display) {
            *place = supertype;
        }
        entry.all = display.as_ptr();
        Ok(())
    }

    pub(crate) fn types(&self) -> exec::Types {
        exec::Types { displays: self.by_number.as_ptr(), len: self.by_number.len() as u32 }
    }
}

//! The numbers of types that a module or a store holds, and the supertypes that handlers look up.

use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::{FuncType, SubType};
use wasmote_exec as exec;
use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::engine::Engine;
use crate::error::Error;
use crate::types::{Known, NO_TYPE};

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
        // What was acquired is given up when the list is dropped, which takes the lock.
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

    /// The number of a function type that stands for itself.
    pub(crate) fn add(&mut self, ty: &FuncType) -> Result<u32, Error> {
        let ty = SubType::of_func(ty.try_clone()?);
        self.held.try_room(1)?;
        let mut registry = self.engine.types().lock();
        // What the embedder names may be gone.
        let ty = ty.map_indices(&|index| if registry.is_there(index) { index } else { NO_TYPE })?;
        let id = registry.acquire(&[ty], 0..0, &|index| index)?;
        drop(registry);
        self.held.push(id);
        Ok(id)
    }

    /// Holds a type that somebody else holds now.
    pub(crate) fn hold(&mut self, id: u32) -> Result<(), OutOfMemory> {
        self.held.try_room(1)?;
        if self.engine.types().lock().hold(id) {
            self.held.push(id);
        }
        Ok(())
    }

    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The types, each with its number.
    pub(crate) fn known(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.ids.iter().copied().zip(&self.known)
    }

    /// A type of the module's in terms of the engine's numbers.
    #[cfg(feature = "gc")]
    pub(crate) fn sub_type(&self, index: u32) -> Option<&SubType> {
        self.known.get(index as usize).map(|known| &known.ty)
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
pub(crate) struct SupertypeDisplays {
    by_number: Vec<exec::Display>,
    /// What has the displays that they point to.
    held: Vec<Known>,
}

// SAFETY: what the displays point to is owned, and never changes.
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

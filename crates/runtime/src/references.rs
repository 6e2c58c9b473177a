//! The types of references, and the matching of imports.

use wasmote_decode::{ImportType, MemoryType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, RefType, ValType};

use crate::item::Item;
use crate::module::Module;
use crate::store::Store;

impl Store {
    /// Begins a scope of handles with room for `handles` of them. [`Store::leave`] ends it, with the number
    /// returned.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn enter(&mut self, handles: usize) -> Result<usize, OutOfMemory> {
        self.objects.roots.enter(handles)
    }

    /// Does the same if there is room already; otherwise returns `None`.
    #[inline]
    pub(crate) fn enter_with_room(&mut self, handles: usize) -> Option<usize> {
        self.objects.roots.enter_with_room(handles)
    }

    /// Ends a scope. The handles that were made in it are no longer valid.
    pub fn leave(&mut self, scope: usize) {
        self.objects.roots.leave(scope);
    }

    /// Reserves room for the handles of `count` references, which a guest passes to the host.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn room_for_handles(&self, count: usize) -> Result<(), OutOfMemory> {
        self.objects.roots.room(count)
    }

    /// Holds the types that these types refer to.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn hold_types(&mut self, types: &[ValType]) -> Result<(), OutOfMemory> {
        for id in types.iter().filter_map(|ty| ty.reference()?.index()) {
            self.use_type(id)?;
        }
        Ok(())
    }

    /// Returns the top type of the hierarchy that references of this type belong to.
    pub fn top(&self, ty: RefType) -> HeapType {
        ty.heap().top().unwrap_or_else(|| self.engine.types().lock().top(ty))
    }

    /// Returns whether references of this type are to structures or arrays of a declared type.
    pub fn is_object_type(&self, ty: RefType) -> bool {
        ty.index().is_some() && !matches!(self.engine.types().lock().top(ty), HeapType::Func)
    }

    /// Returns whether the store has this reference, which is not null. `ty` says its hierarchy.
    pub(crate) fn is_known(&self, reference: u32, ty: RefType) -> bool {
        if self.top(ty) == HeapType::Func {
            return self.is_func(reference);
        }
        self.objects.is_known(reference)
    }

    /// Returns whether a reference is of this type. It must belong to the same hierarchy.
    pub fn reference_is_of(&self, reference: u32, ty: RefType) -> bool {
        if reference == 0 {
            return ty.is_nullable();
        }
        match self.top(ty) {
            HeapType::Func => {
                self.is_func(reference) && {
                    let given = self.func_type_id(reference);
                    self.engine.types().lock().heap_matches(HeapType::Exact(given), ty.heap())
                }
            }
            HeapType::Any => {
                // An object has exactly the type in its header.
                let exact = |given| match given {
                    HeapType::Index(given) => HeapType::Exact(given),
                    other => other,
                };
                let given = self.heap_type(reference).map(exact);
                given.is_some_and(|given| self.engine.types().lock().heap_matches(given, ty.heap()))
            }
            top => ty.heap() == top,
        }
    }

    /// Returns whether an item's type matches that of an import (spec: valid/matching#external-types).
    ///
    /// # Panics
    /// If the item is not in the store.
    pub fn matches(&self, module: &Module, wanted: ImportType, given: Item) -> bool {
        let registry = self.engine.types();
        match (wanted, given) {
            (ImportType::Func(ty), Item::Func(func)) => {
                let given = self.func_type_id(func);
                module.type_id(ty).is_some_and(|wanted| given == wanted || registry.lock().is_sub(given, wanted))
            }
            (ImportType::ExactFunc(ty), Item::Func(func)) => module.type_id(ty) == Some(self.func_type_id(func)),
            (ImportType::Tag(ty), Item::Tag(tag)) => module.type_id(ty) == Some(self.tag(tag).type_id),
            (ImportType::Table(wanted), Item::Table(table)) => {
                let table = self.table(table);
                let ty = table.ty();
                module.table_type(wanted).element() == ty.element()
                    && wanted.is_64() == ty.is_64()
                    && limits((table.size(), ty.maximum()), (wanted.minimum(), wanted.maximum()))
            }
            (ImportType::Memory(wanted), Item::Memory(memory)) => {
                let memory = self.memory(memory);
                memory_matches(wanted, &memory.ty().with_minimum(memory.size()))
            }
            (ImportType::Global(wanted), Item::Global(global)) => {
                let ty = self.global(global).ty();
                let (given, mutable) = (ty.content(), ty.mutability().is_mut());
                let content = module.global_type(wanted).content();
                wanted.mutability() == ty.mutability()
                    && (content == given || !mutable && registry.lock().matches(given, content))
            }
            _ => false,
        }
    }
}

/// Returns whether a memory of this type matches the type of an import. The minimum is its current size.
pub fn memory_matches(wanted: MemoryType, given: &MemoryType) -> bool {
    wanted.page_size_log2() == given.page_size_log2()
        && wanted.is_64() == given.is_64()
        && wanted.is_shared() == given.is_shared()
        && limits((given.minimum(), given.maximum()), (wanted.minimum(), wanted.maximum()))
}

/// Returns whether limits match (spec: valid/matching#limits).
fn limits(given: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    given.0 >= wanted.0 && wanted.1.is_none_or(|most| given.1.is_some_and(|max| max <= most))
}

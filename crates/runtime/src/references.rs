//! What references are to, and whether they, functions, and what else is imported are of a type.

use wasmote_decode::{GlobalType, ImportType, MemoryType, TableType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, RefType, ValType};

use crate::item::Item;
use crate::module::Module;
use crate::store::Store;

impl Store {
    /// Begins a scope of handles, in which there is room for so many, and gives what [`Store::leave`] ends it by.
    ///
    /// # Errors
    /// When there is no memory for as many.
    pub fn enter(&mut self, handles: usize) -> Result<usize, OutOfMemory> {
        self.objects.roots.enter(handles)
    }

    /// Ends a scope: handles made in it are not to be used any more.
    pub fn leave(&mut self, scope: usize) {
        self.objects.roots.leave(scope);
    }

    /// Makes room for handles of so many references, which a guest hands the host.
    ///
    /// # Errors
    /// When there is no memory for as many.
    pub fn room_for_handles(&self, count: usize) -> Result<(), OutOfMemory> {
        self.objects.roots.room(count)
    }

    /// Holds what these types refer to.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn hold_types(&mut self, types: &[ValType]) -> Result<(), OutOfMemory> {
        for id in types.iter().filter_map(|ty| ty.reference()?.index()) {
            self.use_type(id)?;
        }
        Ok(())
    }

    /// The hierarchy that references of this type belong to, by its top.
    pub fn top(&self, ty: RefType) -> HeapType {
        ty.heap().top().unwrap_or_else(|| self.engine.types().lock().top(ty))
    }

    /// Whether references of this type are to structures or arrays of a type of their own.
    pub fn is_object_type(&self, ty: RefType) -> bool {
        ty.index().is_some() && !matches!(self.engine.types().lock().top(ty), HeapType::Func)
    }

    /// Whether a reference that is not null, of the hierarchy of this type, is one of the store's.
    pub(crate) fn is_known(&self, reference: u32, ty: RefType) -> bool {
        if self.top(ty) == HeapType::Func {
            return self.is_func(reference);
        }
        self.objects.is_known(reference)
    }

    /// Whether a reference that belongs to the same hierarchy is of this type.
    pub fn reference_is_of(&self, reference: u32, ty: RefType) -> bool {
        if reference == 0 {
            return ty.is_nullable();
        }
        match self.top(ty) {
            HeapType::Func => {
                self.is_func(reference) && {
                    let given = self.func_type_id(reference);
                    self.engine.types().lock().heap_matches(HeapType::Index(given), ty.heap())
                }
            }
            HeapType::Any => {
                self.heap_type(reference).is_some_and(|given| self.engine.types().lock().heap_matches(given, ty.heap()))
            }
            top => ty.heap() == top,
        }
    }

    /// Whether what is given for an import is of a type that matches (spec: valid/matching#external-types).
    ///
    /// # Panics
    /// If there is no such in the store.
    pub fn matches(&self, module: &Module, wanted: ImportType, given: Item) -> bool {
        let registry = self.engine.types();
        match (wanted, given) {
            (ImportType::Func(ty), Item::Func(func)) => {
                let given = self.func_type_id(func);
                module.type_id(ty).is_some_and(|wanted| given == wanted || registry.lock().is_sub(given, wanted))
            }
            (ImportType::Tag(ty), Item::Tag(tag)) => module.type_id(ty) == Some(self.tag(tag).type_id),
            (ImportType::Table(wanted), Item::Table(table)) => {
                let table = self.table(table);
                let ty = TableType { min: table.size(), ..*table.ty() };
                module.val_type(wanted.element) == ty.element
                    && wanted.table64 == ty.table64
                    && limits((ty.min, ty.max), (wanted.min, wanted.max))
            }
            (ImportType::Memory(wanted), Item::Memory(memory)) => {
                let memory = self.memory(memory);
                let ty = MemoryType { min: memory.size(), ..*memory.ty() };
                wanted.page_log2 == ty.page_log2
                    && wanted.memory64 == ty.memory64
                    && wanted.shared == ty.shared
                    && limits((ty.min, ty.max), (wanted.min, wanted.max))
            }
            (ImportType::Global(wanted), Item::Global(global)) => {
                let GlobalType { content: given, mutable } = *self.global(global).ty();
                let content = module.val_type(wanted.content);
                wanted.mutable == mutable && (content == given || !mutable && registry.lock().matches(given, content))
            }
            _ => false,
        }
    }
}

/// Whether limits match (spec: valid/matching#limits).
fn limits(given: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    given.0 >= wanted.0 && wanted.1.is_none_or(|most| given.1.is_some_and(|max| max <= most))
}

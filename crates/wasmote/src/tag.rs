//! Tags of exceptions (spec: exec/runtime#tag-instances).

use wasmote_decode::FuncType;
use wasmote_ir::fallible::TryVec;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::shared::no_memory;
use crate::store::{StoreId, StoreInner};

/// A tag in a store: what tells exceptions apart. Two tags are never the same, even with equal types.
///
/// ```
/// use wasmote::{Engine, FuncType, Store, Tag, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = FuncType { params: [ValType::I32].into(), results: [].into() };
/// let tag = Tag::new(&mut store, ty.clone());
/// assert_eq!(tag.ty(&store), ty);
/// assert_ne!(tag, Tag::new(&mut store, ty));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    store: StoreId,
    index: u32,
}

/// A tag in a store.
pub(crate) struct TagRecord {
    /// In terms of the engine's types.
    pub(crate) ty: FuncType,
    pub(crate) type_id: u32,
}

impl Tag {
    /// A new tag, whose exceptions have the type's parameters as values. It has no results.
    pub fn new(mut ctx: impl AsContextMut, ty: FuncType) -> Tag {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let made = store.add_type(&ty).and_then(|type_id| Tag::of_type(store, TagRecord { ty, type_id }));
        made.unwrap_or_else(|_| no_memory())
    }

    pub(crate) fn of_type(store: &mut StoreInner, record: TagRecord) -> Result<Tag, Error> {
        store.tags.try_room(1)?;
        let index = store.tags.len() as u32;
        #[cfg(feature = "gc")]
        {
            let engine = store.engine.clone();
            let registry = engine.types().lock();
            store.objects.add_tag(&record.ty.params, &|id| registry.kind(id) == wasmote_ir::HeapType::Func)?;
        }
        store.tags.push(record);
        Ok(Tag { store: store.id, index })
    }

    /// The tag with the store's number.
    pub(crate) fn of_number(store: &StoreInner, index: u32) -> Option<Tag> {
        ((index as usize) < store.tags.len()).then_some(Tag { store: store.id, index })
    }

    /// The store's number of it.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub(crate) fn number(self, store: &StoreInner) -> u32 {
        store.check(self.store);
        self.index
    }

    pub(crate) fn record(self, store: &StoreInner) -> &TagRecord {
        &store.tags[self.number(store) as usize]
    }

    /// The type.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        self.record(ctx.as_context().inner()).ty.clone()
    }
}

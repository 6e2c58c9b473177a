//! Operations on tags of exceptions (spec: exec/runtime#tag-instances).

use wasmote_decode::TagType;
use wasmote_runtime::no_memory;

use crate::context::{AsContext, AsContextMut};
use crate::handles::Tag;

impl Tag {
    /// Makes a tag. The function type of `ty` should have no results.
    ///
    /// If there is no memory, the process ends.
    pub fn new(mut ctx: impl AsContextMut, ty: &TagType) -> Tag {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        match store.add_tag(ty.ty().clone()) {
            Ok(index) => Tag::of(store, index),
            Err(_) => no_memory(),
        }
    }

    /// Returns the tag's type.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> TagType {
        let ctx = ctx.as_context();
        TagType::new(ctx.inner().tag(self.number(ctx.inner())).ty().clone())
    }
}

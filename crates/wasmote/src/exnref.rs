//! References to exceptions.

use crate::context::AsContext;
use crate::exception::Exception;
use crate::roots::Root;
use crate::store::StoreInner;
use crate::tag::Tag;
use crate::trap::Trap;
use crate::value::{Val, read_slots};

/// A reference to an exception, an `exnref`. It is good until its [`scope`](crate::scope()) ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef(pub(crate) Root);

impl ExnRef {
    /// The exception; `None` if it is none, which only an image that is not as it was written can bring about.
    ///
    /// # Panics
    /// If this belongs to another store, or its scope has ended.
    pub fn exception(&self, ctx: impl AsContext) -> Option<Exception> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0.reference(ctx.inner()), None)
    }
}

/// The exception that a reference is to.
pub(crate) fn read(store: &StoreInner, reference: u32, trap: Option<Trap>) -> Option<Exception> {
    let (tag, slots) = store.exception(reference)?;
    let types = &store.tags[tag as usize].ty.params;
    let mut values = alloc::vec![Val::I32(0); types.len()];
    read_slots(types, slots, &mut values, store);
    Some(Exception::of(Tag::of_number(store, tag)?, values.into(), trap))
}

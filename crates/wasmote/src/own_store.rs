//! Handles know their store.

use crate::context::AsContext;
use crate::handles::{Func, Global, Instance, Memory, Table, Tag};

macro_rules! handles {
    ($($name:ident)*) => { $(
        impl $name {
            /// Returns whether the item is in this store. In another store, most functions panic.
            #[must_use]
            pub fn is_in(&self, ctx: impl AsContext) -> bool {
                ctx.as_context().inner().id() == self.store_id()
            }
        }
    )* };
}

handles!(Func Global Instance Memory Table Tag);

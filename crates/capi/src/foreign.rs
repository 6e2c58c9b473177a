//! Objects of the host's, which wasm sees as `externref`.

use std::cell::RefCell;
use std::rc::Rc;

use wasmote::{ExternRef, OwnedRooted};

use crate::finalizers::Finalized;
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, wasm_store_t};

/// An object of the host's. It has nothing but its host information.
#[derive(Default)]
pub(crate) struct Foreign {
    pub(crate) host_info: RefCell<Option<Finalized>>,
}

/// What the store holds of it.
struct Held(Rc<Foreign>);

// SAFETY: the store, with all that belongs to it, is used by one thread at a time (see the rules of this crate), and nothing
// but the store and its references holds the object.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

/// Returns the object that a reference of wasm's is to. It has no [`Foreign`] if C did not make it.
pub(crate) fn object_of(reference: ExternRef, context: &Context<'_>) -> Option<Object> {
    let foreign = reference.data(context).downcast_ref::<Held>().map(|held| Rc::clone(&held.0));
    Some(Object::Extern(OwnedRooted::new(context, reference).ok()?, foreign))
}

c_functions! {
    /// Makes an object of the host's. Returns null if the store has no room for it.
    fn wasm_foreign_new(store: &wasm_store_t) -> Option<Box<wasm_ref_t>> {
        wasm_ref_t::of_made(&store.cell, |context| {
            let reference = ExternRef::try_new(&mut *context, Held(Rc::default())).ok()?;
            object_of(reference, context)
        })
    }
}

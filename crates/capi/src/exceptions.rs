//! Tags, and exceptions: a trap carries one, in both directions.

use std::rc::Rc;

use wasmote::{Exception, Tag, TagType};

use crate::error::{text_of, wasmote_error_t};
use crate::instance::IN_USE;
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, wasm_store_t};
use crate::trap::{ExceptionOfC, Reason, exception_of};
use crate::types::wasm_externtype_t;
use crate::unboxed::{another_value, values_of};
use crate::value::wasmote_val_t;

fn new_exception(
    store: &wasm_store_t,
    tag: &wasm_ref_t,
    values: &[wasmote_val_t],
) -> Result<Box<wasm_ref_t>, Box<wasmote_error_t>> {
    let Object::Tag(handle) = tag.object else { return Err(wasmote_error_t::new("this is no tag")) };
    if !Rc::ptr_eq(&tag.store, &store.cell) {
        return Err(wasmote_error_t::new("the tag belongs to another store"));
    }
    let made = store.cell.with(|context| {
        let exception = exception_of(handle, values, &store.cell, context)?;
        Some(trap_with_exception(&exception, &store.cell, context))
    });
    made.ok_or_else(|| wasmote_error_t::new(IN_USE))?.ok_or_else(another_value)
}

/// Makes a trap that carries an exception.
fn trap_with_exception(exception: &Exception, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Box<wasm_ref_t> {
    let reason = Reason::Exception(ExceptionOfC::of(exception, cell, context));
    wasm_ref_t::trap_with(cell, text_of(exception), reason)
}

c_functions! {
    /// Makes a tag. Returns null if the type has results, or refers to types of a module.
    fn wasmote_tag_new(store: &wasm_store_t, ty: &wasm_externtype_t) -> Option<Box<wasm_ref_t>> {
        let wasm_externtype_t::Tag(ty) = ty else { return None };
        let ty = ty.func_type().filter(|ty| ty.results().is_empty())?;
        wasm_ref_t::of_made(&store.cell, |context| Some(Object::Tag(Tag::new(context, &TagType::new(ty)))))
    }

    /// Makes an exception of a tag of this store and of values of its types, which remain the caller's. Returns null and
    /// sets `exception`: a trap, which a host function returns to throw it. Or returns an error.
    fn wasmote_exception_new(
        store: &wasm_store_t,
        tag: &wasm_ref_t,
        values: *const wasmote_val_t,
        values_size: usize,
        exception: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let made = new_exception(store, tag, values_of(values, values_size));
        made.map(|made| exception.write(Some(made))).err()
    }

    /// Returns the tag of the exception that a trap carries, or null if it carries none.
    fn wasmote_trap_exception_tag(trap: &wasm_ref_t) -> Option<Box<wasm_ref_t>> {
        let tag = trap.exception()?.tag;
        Some(Box::new(wasm_ref_t::new(&trap.store, Object::Tag(tag))))
    }

    /// Returns the number of values of the exception that a trap carries. It is 0 if it carries none.
    fn wasmote_trap_exception_size(trap: &wasm_ref_t) -> usize {
        trap.exception().map_or(0, |exception| exception.values().len())
    }

    /// Returns a value of the exception that a trap carries. Returns false if there is none with this index. `out` needs
    /// no value before.
    fn wasmote_trap_exception_value(trap: &wasm_ref_t, index: usize, out: *mut wasmote_val_t) -> bool {
        let value = trap.exception().and_then(|exception| exception.values().get(index));
        value.map(|value| out.write(value.duplicate())).is_some()
    }

    /// Returns the exception that a reference of kind `WASMOTE_EXNREF` is to, as a trap without frames. Returns null if it
    /// is to something else.
    fn wasmote_ref_exception(reference: &wasm_ref_t) -> Option<Box<wasm_ref_t>> {
        let Object::Exn(owned) = &reference.object else { return None };
        let cell = &reference.store;
        cell.with(|context| {
            let exception = owned.to_rooted(&mut *context).exception(&*context)?;
            Some(trap_with_exception(&exception, cell, context))
        })?
    }
}

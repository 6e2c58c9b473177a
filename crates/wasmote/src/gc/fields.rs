//! Fields and elements of objects, as values.

use alloc::vec::Vec;

use wasmote_ir::FieldType;
use wasmote_ir::fallible::{TryVec, try_with_capacity};
use wasmote_runtime::{Part, Root, Store};

use crate::error::Error;
use crate::value::Val;

/// Reads a field or an element. Packed ones are zero-extended.
pub(crate) fn read(store: &Store, root: Root, part: Part) -> Result<Val, Error> {
    Ok(Val::of_slots(part.ty.element_type().unpacked(), &store.read_part(root, part)?, store))
}

/// Writes a field or an element. Packed ones keep the low bits of the value.
pub(crate) fn write(store: &mut Store, root: Root, part: Part, value: Val) -> Result<(), Error> {
    if !part.ty.mutability().is_mut() {
        return Err(Error::new("the field or element is not mutable"));
    }
    let slots = slots_for(store, part.ty, value)?;
    Ok(store.write_part(root, part, slots)?)
}

/// Returns the slots of a value, after checking it against the type of a field or an element.
pub(crate) fn slots_for(store: &Store, ty: FieldType, value: Val) -> Result<[u64; 2], Error> {
    if !value.is_of(ty.element_type().unpacked(), store) {
        return Err(Error::new("the value is not of the type of the field or element"));
    }
    Ok(value.to_slots(store))
}

/// Collects all items, or returns the first error.
pub(crate) fn try_results<T>(items: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let mut all = try_with_capacity(items.size_hint().0)?;
    for item in items {
        all.try_push(item?)?;
    }
    Ok(all)
}

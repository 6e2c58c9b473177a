//! Types, values, vectors and texts: data without a store.

use std::ptr::null_mut;

use super::ffi::*;
use super::world::World;

pub const STEPS: &[fn(&World)] = &[
    new_valtype,
    new_type,
    new_type,
    new_functype,
    copy_type,
    read_type,
    |world| world.types.delete(world),
    |world| world.valtypes.delete(world),
    new_val,
    copy_val,
    |world| world.vals.delete(world),
    vector_of_vals,
    text,
];

const KINDS: [u8; 10] = [0, 1, 2, 3, 4, 128, 129, 130, 131, 77];

fn new_valtype(world: &World) {
    // SAFETY: any number may be passed.
    world.valtypes.add(unsafe { wasm_valtype_new(KINDS[world.below(KINDS.len())]) });
}

fn valtypes(world: &World) -> Vector<*mut ValType> {
    let mut types: Vec<*mut ValType> = (0..world.below(4))
        // SAFETY: as above.
        .map(|_| unsafe { wasm_valtype_new(KINDS[world.below(KINDS.len())]) })
        .collect();
    if world.byte() > 250 {
        types.push(null_mut());
    }
    let mut vector = Vector::EMPTY;
    // SAFETY: the elements are given up.
    unsafe { wasm_valtype_vec_new(&raw mut vector, types.len(), types.as_ptr()) };
    vector
}

fn new_functype(world: &World) {
    let (mut params, mut results) = (valtypes(world), valtypes(world));
    // SAFETY: both vectors are given up.
    world.types.add(unsafe { wasm_functype_new(&raw mut params, &raw mut results) });
    assert!(params.data.is_null() && results.data.is_null());
}

fn new_type(world: &World) {
    let limits = Limits { min: world.size(), max: if world.bool() { u32::MAX } else { world.size() } };
    let content = world.valtypes.take(world).unwrap_or(null_mut());
    // SAFETY: what is taken is given up, and may be null; a function type may be any type.
    unsafe {
        match world.below(4) {
            0 => world.types.add(wasm_globaltype_new(content, world.byte())),
            1 => world.types.add(wasm_tabletype_new(content, &raw const limits)),
            2 => {
                world.types.add(wasm_memorytype_new(&raw const limits));
                world.valtypes.add(content);
            }
            _ => {
                world.types.add(wasm_tagtype_new(world.types.take(world).unwrap_or(null_mut())));
                world.valtypes.add(content);
            }
        }
    }
}

fn copy_type(world: &World) {
    // SAFETY: both are alive.
    unsafe {
        if let Some(ty) = world.types.pick(world) {
            world.types.add(wasm_externtype_copy(ty));
        }
        if let Some(ty) = world.valtypes.pick(world) {
            world.valtypes.add(wasm_valtype_copy(ty));
        }
    }
}

/// Reads all of a type, as one of each kind.
fn read_type(world: &World) {
    let Some(ty) = world.types.pick(world) else { return };
    // SAFETY: the type is alive, and so is what it lends.
    unsafe {
        let kind = wasm_externtype_kind(ty);
        for vector in [wasm_functype_params(ty), wasm_functype_results(ty)] {
            assert_eq!(vector.is_null(), kind != 0);
            if let Some(vector) = vector.as_ref() {
                vector.elements().iter().for_each(|&ty| assert!(KINDS.contains(&wasm_valtype_kind(ty))));
            }
        }
        assert_eq!(wasm_globaltype_content(ty).is_null(), kind != 1);
        assert!(wasm_globaltype_mutability(ty) <= 1);
        assert_eq!(wasm_tabletype_limits(ty).is_null(), kind != 2);
        assert_eq!(wasm_tabletype_element(ty).is_null(), kind != 2);
        assert_eq!(wasm_memorytype_limits(ty).is_null(), kind != 3);
        assert_eq!(wasm_tagtype_functype(ty).is_null(), kind != 4);
    }
}

/// Returns a value of a kind, which the caller owns: a number, null, or a reference to an object that is alive.
pub fn val_of(world: &World, kind: u8) -> Val {
    if kind < EXTERNREF {
        return Val { kind, of: if world.bool() { u64::from(world.byte()) } else { world.u64() } };
    }
    let reference = if world.below(4) == 0 { None } else { world.refs.pick(world) };
    // SAFETY: the reference is alive.
    let copy = reference.map_or(null_mut(), |reference| unsafe { wasm_ref_copy(reference) });
    Val { kind, of: copy as u64 }
}

fn new_val(world: &World) {
    let val = val_of(world, KINDS[world.below(9)]);
    world.vals.add(Box::into_raw(Box::new(val)));
}

fn copy_val(world: &World) {
    let Some(val) = world.vals.pick(world) else { return };
    let mut copy = Val { kind: 0, of: 0 };
    // SAFETY: the value is alive.
    unsafe { wasm_val_copy(&raw mut copy, val) };
    world.vals.add(Box::into_raw(Box::new(copy)));
}

fn vector_of_vals(world: &World) {
    let mut vals = [0; 3].map(|_| val_of(world, KINDS[world.below(9)]));
    let (lent, mut copy) = (Vector::lent(&mut vals), Vector::EMPTY);
    // SAFETY: the values are alive, and owned.
    unsafe {
        wasm_val_vec_copy(&raw mut copy, &raw const lent);
        wasm_val_vec_delete(&raw mut copy);
        vals.iter_mut().for_each(|val| wasm_val_delete(val));
    }
}

fn text(world: &World) {
    let mut text: Vec<u8> = super::code::TEXTS[world.below(super::code::TEXTS.len())].into();
    for _ in 0..world.below(4) {
        let at = usize::from(world.byte()) * 4 % text.len();
        text[at] = world.byte();
    }
    let mut binary = Bytes::EMPTY;
    // SAFETY: the text has so many bytes.
    if world.ignore(unsafe { wasmote_wat2wasm(text.as_ptr(), text.len(), &raw mut binary) }) {
        let mut copy = Bytes::EMPTY;
        // SAFETY: both vectors are owned.
        unsafe {
            wasm_byte_vec_copy(&raw mut copy, &raw const binary);
            assert_eq!(copy.elements(), binary.elements());
            wasm_byte_vec_delete(&raw mut copy);
            wasm_byte_vec_delete(&raw mut binary);
        }
    }
}

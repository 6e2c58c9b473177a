//! References to objects, as Rust types in the signatures of functions.

use wasmote_ir::{HeapType, RefType, ValType};
use wasmote_runtime::{Root, Store};

use crate::gc::i31::I31;
use crate::gc::refs::{ArrayRef, StructRef};
use crate::handles::{AnyRef, ExnRef};
use crate::rooted::OwnedRooted;
use crate::typed::{WasmTy, values};

const fn reference(nullable: bool, heap: HeapType) -> ValType {
    ValType::Ref(RefType::new(nullable, heap))
}

/// Types of references to objects. An image may pass null where a type says never null: the handle then refers to
/// no object, and its methods fail.
macro_rules! objects {
    ($($ty:ident $heap:ident)*) => { values! { $(
        $ty, reference(false, HeapType::$heap),
            |it, store| u64::from(it.0.reference(store)), |slot, store| $ty(Root::new(store, slot as u32));
        Option<$ty>, reference(true, HeapType::$heap),
            |it, store| it.map_or(0, |it| it.0.reference(store).into()), |slot, store| Root::of_slot(slot, store).map($ty);
        Option<OwnedRooted<$ty>>, reference(true, HeapType::$heap),
            |it, store| it.map_or(0, |it| it.slot(store)), |slot, store| OwnedRooted::of_slot(slot, store);
    )* } };
}

objects!(AnyRef Any StructRef Struct ArrayRef Array ExnRef Exn);

values! {
    I31, reference(false, HeapType::I31),
        |it, _store| it.reference().into(), |slot, _store| I31::wrapping_i32((slot >> 1) as i32);
    Option<I31>, reference(true, HeapType::I31),
        |it, _store| it.map_or(0, |it| it.reference().into()), |slot, _store| I31::of_reference(slot as u32);
}

//! Values, as C has them.

use std::ptr::null_mut;
use std::rc::Rc;

use wasmote::{HeapType, Val, ValType};

use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell};
use crate::vectors::Element;

/// The kinds of values: `wasm_valkind_enum`, and what `wasmote.h` adds to it.
pub mod kind {
    use super::{HeapType, ValType};

    /// `WASM_I32`.
    pub const I32: u8 = 0;
    /// `WASM_I64`.
    pub const I64: u8 = 1;
    /// `WASM_F32`.
    pub const F32: u8 = 2;
    /// `WASM_F64`.
    pub const F64: u8 = 3;
    /// `WASMOTE_V128`. A `wasm_val_t` has no room for such a value; a `wasmote_val_t` has.
    pub const V128: u8 = 4;
    /// `WASM_EXTERNREF`.
    pub const EXTERNREF: u8 = 128;
    /// `WASM_FUNCREF`.
    pub const FUNCREF: u8 = 129;
    /// `WASMOTE_ANYREF`: references to objects.
    pub const ANYREF: u8 = 130;
    /// `WASMOTE_EXNREF`: references to exceptions.
    pub const EXNREF: u8 = 131;

    /// Returns the kind of a type. A reference has that of its hierarchy, or of functions if only an engine knows it.
    pub(crate) fn of(ty: ValType) -> u8 {
        match ty {
            ValType::I32 => I32,
            ValType::I64 => I64,
            ValType::F32 => F32,
            ValType::F64 => F64,
            ValType::V128 => V128,
            ValType::Ref(ty) => match ty.heap().top() {
                Some(HeapType::Extern) => EXTERNREF,
                Some(HeapType::Any) => ANYREF,
                Some(HeapType::Exn) => EXNREF,
                _ => FUNCREF,
            },
        }
    }
}

/// A value of C. It owns its reference, if it is one. It is copied bit by bit, as C does; that makes no other owner.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value<P> {
    kind: u8,
    of: P,
}

/// A value of `wasm.h`: `wasm_val_t`.
pub type wasm_val_t = Value<Narrow>;
/// A value of `wasmote.h`, which may be a vector: `wasmote_val_t`.
pub type wasmote_val_t = Value<Wide>;

/// What a `wasm_val_t` holds.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Narrow {
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
    reference: *mut wasm_ref_t,
}

/// What a `wasmote_val_t` holds.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Wide {
    narrow: Narrow,
    v128: [u8; 16],
}

/// What a value holds.
pub trait Payload: Copy {
    /// Whether there is room for a vector.
    const HAS_V128: bool;

    /// Stores what is no vector.
    fn of_narrow(narrow: Narrow) -> Self;

    /// Returns what is no vector.
    ///
    /// # Safety
    /// It is no vector.
    unsafe fn narrow(self) -> Narrow;

    /// Stores a vector, lane 0 first, if there is room for it.
    fn of_v128(vector: u128) -> Option<Self>;

    /// Returns a vector.
    ///
    /// # Safety
    /// It is a vector.
    unsafe fn v128(self) -> Option<u128>;
}

impl Payload for Narrow {
    const HAS_V128: bool = false;

    fn of_narrow(narrow: Narrow) -> Narrow {
        narrow
    }

    unsafe fn narrow(self) -> Narrow {
        self
    }

    fn of_v128(_: u128) -> Option<Narrow> {
        None
    }

    unsafe fn v128(self) -> Option<u128> {
        None
    }
}

impl Payload for Wide {
    const HAS_V128: bool = true;

    fn of_narrow(narrow: Narrow) -> Wide {
        let mut wide = Wide { v128: [0; 16] };
        wide.narrow = narrow;
        wide
    }

    unsafe fn narrow(self) -> Narrow {
        // SAFETY: as the caller guarantees.
        unsafe { self.narrow }
    }

    fn of_v128(vector: u128) -> Option<Wide> {
        Some(Wide { v128: vector.to_le_bytes() })
    }

    unsafe fn v128(self) -> Option<u128> {
        // SAFETY: as the caller guarantees.
        Some(u128::from_le_bytes(unsafe { self.v128 }))
    }
}

impl<P: Payload> Value<P> {
    /// Returns the value as one of this type. Returns `None` if it is of another type, or a reference of another store.
    pub(crate) fn to_val(self, ty: ValType, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<Val> {
        if self.kind != kind::of(ty) && !(self.is_reference() && ty.is_ref()) {
            return None;
        }
        // SAFETY: `kind` says which field C has set.
        unsafe {
            Some(match ty {
                ValType::I32 => Val::I32(self.of.narrow().i32),
                ValType::I64 => Val::I64(self.of.narrow().i64),
                ValType::F32 => Val::F32(self.of.narrow().f32),
                ValType::F64 => Val::F64(self.of.narrow().f64),
                ValType::V128 => Val::V128(self.of.v128()?),
                ValType::Ref(_) => return wasm_ref_t::to_val(self.reference(), ty, cell, context),
            })
        }
    }

    /// Returns a value of wasm for C. Returns `None` for a vector without room.
    pub(crate) fn of_val(val: Val, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<Value<P>> {
        let kind = kind::of(val.ty());
        let of = match val {
            Val::I32(i32) => P::of_narrow(Narrow { i32 }),
            Val::I64(i64) => P::of_narrow(Narrow { i64 }),
            Val::F32(f32) => P::of_narrow(Narrow { f32 }),
            Val::F64(f64) => P::of_narrow(Narrow { f64 }),
            Val::V128(vector) => P::of_v128(vector)?,
            reference => {
                let object = Object::of_val(reference, context);
                let boxed = object.map(|object| Box::into_raw(Box::new(wasm_ref_t::new(cell, object))));
                P::of_narrow(Narrow { reference: boxed.unwrap_or(null_mut()) })
            }
        };
        Some(Value { kind, of })
    }

    /// Returns zero or null.
    pub(crate) fn default_of(ty: ValType) -> Value<P> {
        Value { kind: kind::of(ty), of: P::of_narrow(Narrow { i64: 0 }) }
    }

    /// Returns whether it is a reference, or null.
    fn is_reference(&self) -> bool {
        self.kind >= kind::EXTERNREF
    }

    /// Returns the reference, unless it is null or a number.
    fn reference(&self) -> Option<&wasm_ref_t> {
        // SAFETY: `kind` says that C has set the reference, which is null or valid.
        if self.is_reference() { unsafe { self.of.narrow().reference.as_ref() } } else { None }
    }

    /// Returns another owner of the same.
    pub(crate) fn duplicate(&self) -> Value<P> {
        if !self.is_reference() {
            return *self;
        }
        let copy = self.reference().map(|reference| Box::into_raw(Box::new(reference.clone())));
        Value { kind: self.kind, of: P::of_narrow(Narrow { reference: copy.unwrap_or(null_mut()) }) }
    }

    /// Ends the ownership.
    pub(crate) fn release(self) {
        if self.reference().is_some() {
            // SAFETY: all references that C owns are boxes, and the value owns it.
            drop(unsafe { Box::from_raw(self.of.narrow().reference) });
        }
    }

    /// Ends the ownership of a value of C, and leaves null if it is a reference.
    pub(crate) fn delete(&mut self) {
        if self.is_reference() {
            let of = P::of_narrow(Narrow { reference: null_mut() });
            std::mem::replace(self, Value { kind: self.kind, of }).release();
        }
    }
}

impl Element for wasm_val_t {
    fn unset() -> wasm_val_t {
        wasm_val_t::default_of(ValType::I32)
    }

    fn duplicate(&self) -> Option<wasm_val_t> {
        Some(Value::duplicate(self))
    }

    fn release(self) {
        Value::release(self);
    }
}

c_functions! {
    /// Deletes the reference of a value, and leaves it null. Does nothing for null, and for numbers.
    fn wasm_val_delete(value: Option<&mut wasm_val_t>) {
        if let Some(value) = value {
            value.delete();
        }
    }

    /// Copies a value. `out` needs no value before.
    fn wasm_val_copy(out: *mut wasm_val_t, value: &wasm_val_t) {
        out.write(value.duplicate());
    }

    /// Deletes the reference of a value, and leaves it null. Does nothing for null, and for numbers and vectors.
    fn wasmote_val_delete(value: Option<&mut wasmote_val_t>) {
        if let Some(value) = value {
            value.delete();
        }
    }

    /// Copies a value. `out` needs no value before.
    fn wasmote_val_copy(out: *mut wasmote_val_t, value: &wasmote_val_t) {
        out.write(value.duplicate());
    }
}

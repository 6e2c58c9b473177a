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
    /// `WASMOTE_V128`. A `wasm_val_t` has no room for such a value.
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

/// A value: `wasm_val_t`. It owns its reference, if it is one.
#[repr(C)]
pub struct wasm_val_t {
    kind: u8,
    of: Payload,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Payload {
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
    reference: *mut wasm_ref_t,
}

impl wasm_val_t {
    /// Returns the value as one of this type. Returns `None` if it is of another type, or a reference of another store.
    pub(crate) fn to_val(&self, ty: ValType, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<Val> {
        // SAFETY: `kind` says which field C has set.
        unsafe {
            Some(match ty {
                _ if self.kind != kind::of(ty) && !(self.is_reference() && ty.is_ref()) => return None,
                ValType::I32 => Val::I32(self.of.i32),
                ValType::I64 => Val::I64(self.of.i64),
                ValType::F32 => Val::F32(self.of.f32),
                ValType::F64 => Val::F64(self.of.f64),
                ValType::V128 => return None,
                ValType::Ref(_) => return wasm_ref_t::to_val(self.of.reference.as_ref(), ty, cell, context),
            })
        }
    }

    /// Returns a value of wasm for C. Returns `None` for a vector.
    pub(crate) fn of_val(val: Val, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<wasm_val_t> {
        let kind = kind::of(val.ty());
        let of = match val {
            Val::I32(i32) => Payload { i32 },
            Val::I64(i64) => Payload { i64 },
            Val::F32(f32) => Payload { f32 },
            Val::F64(f64) => Payload { f64 },
            Val::V128(_) => return None,
            reference => {
                let object = Object::of_val(reference, context);
                let boxed = object.map(|object| Box::into_raw(Box::new(wasm_ref_t::new(cell, object))));
                Payload { reference: boxed.unwrap_or(null_mut()) }
            }
        };
        Some(wasm_val_t { kind, of })
    }

    /// Returns zero or null.
    pub(crate) fn default_of(ty: ValType) -> wasm_val_t {
        wasm_val_t { kind: kind::of(ty), of: Payload { i64: 0 } }
    }

    /// Returns whether it is a reference, or null.
    fn is_reference(&self) -> bool {
        self.kind >= kind::EXTERNREF
    }
}

impl Element for wasm_val_t {
    fn unset() -> wasm_val_t {
        wasm_val_t::default_of(ValType::I32)
    }

    fn duplicate(&self) -> wasm_val_t {
        let mut of = self.of;
        if self.is_reference() {
            // SAFETY: `kind` says that C has set the reference, which is null or valid.
            let copy = unsafe { of.reference.as_ref() }.map(|reference| Box::into_raw(Box::new(reference.clone())));
            of.reference = copy.unwrap_or(null_mut());
        }
        wasm_val_t { kind: self.kind, of }
    }

    fn release(self) {
        // SAFETY: as above; and the value owns it.
        if self.is_reference() && unsafe { !self.of.reference.is_null() } {
            // SAFETY: all references that C owns are boxes.
            drop(unsafe { Box::from_raw(self.of.reference) });
        }
    }
}

c_functions! {
    /// Deletes the reference of a value, and leaves it null. Does nothing for null, and for numbers.
    fn wasm_val_delete(value: Option<&mut wasm_val_t>) {
        if let Some(value) = value && value.is_reference() {
            let kind = value.kind;
            std::mem::replace(value, wasm_val_t { kind, of: Payload { i64: 0 } }).release();
        }
    }

    /// Copies a value. `out` needs no value before.
    fn wasm_val_copy(out: *mut wasm_val_t, value: &wasm_val_t) {
        out.write(value.duplicate());
    }
}

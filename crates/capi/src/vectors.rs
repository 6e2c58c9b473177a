//! Vectors: lengths with pointers, which C reads and writes itself.

use std::mem::take;
use std::ptr::{NonNull, null_mut};

use crate::fallible::{TryClone, try_box, try_bytes};
use crate::func::Places;
use crate::object::wasm_ref_t;
use crate::trap::wasm_frame_t;
use crate::types::{wasm_exporttype_t, wasm_externtype_t, wasm_importtype_t, wasm_valtype_t};
use crate::value::{Payload, Value, wasm_val_t};

/// A vector, such as `wasm_byte_vec_t`. `data` has `size` elements. It is null, or allocated by this library, or C's own in
/// vectors that are only lent.
#[repr(C)]
pub struct Vector<T: Element> {
    size: usize,
    data: *mut T,
}

/// What vectors hold.
pub trait Element: Sized {
    /// Returns what a vector has before C sets it.
    fn unset() -> Self;

    /// Returns another owner of the same. Returns `None` if there is not enough memory.
    fn duplicate(&self) -> Option<Self>;

    /// Ends the ownership.
    fn release(self);
}

impl Element for u8 {
    fn unset() -> u8 {
        0
    }

    fn duplicate(&self) -> Option<u8> {
        Some(*self)
    }

    fn release(self) {}
}

/// A pointer that a vector holds, which may be null. It is not a `Box`, since C lends vectors in which one pointer is twice.
#[repr(transparent)]
pub struct Pointer<T>(*mut T);

impl<T> Pointer<T> {
    /// Makes the vector the owner. Returns `None` if there is not enough memory.
    pub(crate) fn try_new(value: T) -> Option<Pointer<T>> {
        Some(Pointer(Box::into_raw(try_box(value)?)))
    }

    /// Returns what it points to, unless it is null.
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: the vector owns or borrows what is not null.
        unsafe { self.0.as_ref() }
    }
}

impl<T: TryClone> Element for Pointer<T> {
    fn unset() -> Pointer<T> {
        Pointer(null_mut())
    }

    fn duplicate(&self) -> Option<Pointer<T>> {
        match self.get() {
            Some(value) => Pointer::try_new(value.try_clone()?),
            None => Some(Pointer::unset()),
        }
    }

    fn release(self) {
        if !self.0.is_null() {
            // SAFETY: the vector owned it, and `new` or C's own constructors made it from a box.
            drop(unsafe { Box::from_raw(self.0) });
        }
    }
}

impl<T: Element> Default for Vector<T> {
    fn default() -> Vector<T> {
        Vector { size: 0, data: null_mut() }
    }
}

impl<T: Element> Vector<T> {
    /// Makes a vector that owns these elements.
    pub(crate) fn of(elements: Vec<T>) -> Vector<T> {
        if elements.is_empty() {
            return Vector::default();
        }
        let elements = Box::leak(elements.into_boxed_slice());
        Vector { size: elements.len(), data: elements.as_mut_ptr() }
    }

    /// Makes a vector of `count` elements. Returns `None` if there is not enough memory, for it or for an element.
    pub(crate) fn try_of(count: usize, elements: impl IntoIterator<Item = Option<T>>) -> Option<Vector<T>> {
        let mut all = Vec::new();
        all.try_reserve_exact(count).ok()?;
        for element in elements {
            // There is room for `count`, and no others come.
            match element.filter(|_| all.len() < count) {
                Some(element) => all.push(element),
                None => {
                    all.into_iter().for_each(T::release);
                    return None;
                }
            }
        }
        Some(Vector::of(all))
    }

    /// Returns the elements.
    pub(crate) fn as_slice(&self) -> &[T] {
        match NonNull::new(self.data) {
            // SAFETY: `data` has `size` elements, by the contract of vectors.
            Some(data) => unsafe { std::slice::from_raw_parts(data.as_ptr(), self.size) },
            None => &[],
        }
    }

    /// Takes the elements of a vector that owns them, and leaves it empty.
    pub(crate) fn take(&mut self) -> Vec<T> {
        let Vector { size, data } = *self;
        (self.size, self.data) = (0, null_mut());
        if data.is_null() {
            return Vec::new();
        }
        // SAFETY: an owned vector was made by `of`, from a boxed slice of this length.
        unsafe { Vec::from_raw_parts(data, size, size) }
    }
}

impl<P: Payload> Vector<Value<P>>
where
    Value<P>: Element,
{
    /// Returns the places of the values, which need no values yet.
    pub(crate) fn places(&self) -> Places<P> {
        Places { data: self.data, count: if self.data.is_null() { 0 } else { self.size } }
    }
}

impl wasm_byte_vec_t {
    /// Makes a vector of these bytes. It is empty if there is not enough memory.
    pub(crate) fn of_bytes(bytes: &[u8]) -> wasm_byte_vec_t {
        try_bytes(bytes).map(Vector::of).unwrap_or_default()
    }
}

impl<T: Element> TryClone for Vector<T> {
    fn try_clone(&self) -> Option<Vector<T>> {
        Vector::try_of(self.as_slice().len(), self.as_slice().iter().map(T::duplicate))
    }
}

impl<T: Element> Drop for Vector<T> {
    fn drop(&mut self) {
        self.take().into_iter().for_each(T::release);
    }
}

macro_rules! families {
    ($($(#[$attribute:meta])* $module:ident $name:literal $vec:ident: $element:ty;)*) => { $(
        $(#[$attribute])*
        pub type $vec = Vector<$element>;

        #[doc = concat!("The functions `wasm_", $name, "_vec_*`.")]
        pub mod $module {
            use super::*;

            /// Makes an empty vector. `out` needs no value before.
            #[unsafe(export_name = concat!("wasm_", $name, "_vec_new_empty"))]
            pub unsafe extern "C" fn new_empty(out: *mut $vec) {
                // SAFETY: `out` is valid for writes, as the caller guarantees.
                unsafe { out.write(Vector::default()) }
            }

            /// Makes a vector for C to fill. Its elements are zero or null, so that it can be deleted before. It is
            /// empty if there is not enough memory.
            #[unsafe(export_name = concat!("wasm_", $name, "_vec_new_uninitialized"))]
            pub unsafe extern "C" fn new_uninitialized(out: *mut $vec, size: usize) {
                let mut elements = Vec::new();
                if elements.try_reserve_exact(size).is_ok() {
                    elements.resize_with(size, <$element>::unset);
                }
                // SAFETY: as above.
                unsafe { out.write(Vector::of(elements)) }
            }

            /// Makes a vector of `size` elements, and takes them over. It is empty if there is not enough memory.
            #[unsafe(export_name = concat!("wasm_", $name, "_vec_new"))]
            pub unsafe extern "C" fn new(out: *mut $vec, size: usize, data: *const $element) {
                let mut elements = Vec::new();
                if !data.is_null() && elements.try_reserve_exact(size).is_ok() {
                    // SAFETY: `data` has `size` elements, which the caller gives up.
                    elements.extend((0..size).map(|i| unsafe { data.add(i).read() }));
                }
                // SAFETY: as above.
                unsafe { out.write(Vector::of(elements)) }
            }

            /// Copies a vector with its elements. The copy is empty if there is not enough memory.
            #[unsafe(export_name = concat!("wasm_", $name, "_vec_copy"))]
            pub unsafe extern "C" fn copy(out: *mut $vec, vector: &$vec) {
                // SAFETY: as above.
                unsafe { out.write(vector.try_clone().unwrap_or_default()) }
            }

            /// Deletes a vector with its elements, and leaves it empty. Does nothing for null.
            #[unsafe(export_name = concat!("wasm_", $name, "_vec_delete"))]
            pub unsafe extern "C" fn delete(vector: Option<&mut $vec>) {
                drop(vector.map(take));
            }
        }
    )* };
}

families! {
    /// Bytes, and names: a name is UTF-8, without a byte of zero at its end.
    byte "byte" wasm_byte_vec_t: u8;
    /// Values.
    val "val" wasm_val_vec_t: wasm_val_t;
    /// Types of values.
    valtype "valtype" wasm_valtype_vec_t: Pointer<wasm_valtype_t>;
    /// Types of functions.
    functype "functype" wasm_functype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of globals.
    globaltype "globaltype" wasm_globaltype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of tables.
    tabletype "tabletype" wasm_tabletype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of memories.
    memorytype "memorytype" wasm_memorytype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of tags.
    tagtype "tagtype" wasm_tagtype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of external items.
    externtype "externtype" wasm_externtype_vec_t: Pointer<wasm_externtype_t>;
    /// Types of imports.
    importtype "importtype" wasm_importtype_vec_t: Pointer<wasm_importtype_t>;
    /// Types of exports.
    exporttype "exporttype" wasm_exporttype_vec_t: Pointer<wasm_exporttype_t>;
    /// Frames.
    frame "frame" wasm_frame_vec_t: Pointer<wasm_frame_t>;
    /// External items.
    externs "extern" wasm_extern_vec_t: Pointer<wasm_ref_t>;
}

//! References to objects of wasm's: small integers, structures and arrays.

use std::rc::Rc;

use wasmote::{AnyRef, ArrayRef, ArrayType, Error, ExternRef, FieldType, I31, OwnedRooted, StructRef, StructType, Val};

use crate::error::{bytes_of, wasmote_error_t};
use crate::foreign::object_of;
use crate::instance::IN_USE;
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, wasm_store_t};
use crate::types::wasm_valtype_t;
use crate::unboxed::{another_value, values_of};
use crate::value::wasmote_val_t;

type Fallible<T> = Result<T, Box<wasmote_error_t>>;

/// The kinds of references: `wasmote_ref_kind_enum`.
mod kind {
    pub(super) const OTHER: u8 = 0;
    pub(super) const FUNC: u8 = 1;
    pub(super) const EXTERN: u8 = 2;
    pub(super) const I31: u8 = 3;
    pub(super) const STRUCT: u8 = 4;
    pub(super) const ARRAY: u8 = 5;
    pub(super) const EXN: u8 = 6;
    pub(super) const CONVERTED: u8 = 7;
}

impl wasm_ref_t {
    /// Runs `body` with what a reference to an object of wasm's is to.
    fn any<R>(&self, body: impl FnOnce(&mut Context<'_>, AnyRef) -> Option<R>) -> Option<R> {
        let Object::Any(owned) = &self.object else { return None };
        self.store.with(|context| {
            let any = owned.to_rooted(&mut *context);
            body(context, any)
        })?
    }

    fn with_struct<R>(&self, body: impl FnOnce(&mut Context<'_>, StructRef) -> Fallible<R>) -> Fallible<R> {
        let done = self.any(|context, any| {
            let structure = any.as_struct(&*context)?;
            Some(body(context, structure))
        });
        done.ok_or_else(|| wasmote_error_t::new("this is no structure"))?
    }

    fn with_array<R>(&self, body: impl FnOnce(&mut Context<'_>, ArrayRef) -> Fallible<R>) -> Fallible<R> {
        let done = self.any(|context, any| {
            let array = any.as_array(&*context)?;
            Some(body(context, array))
        });
        done.ok_or_else(|| wasmote_error_t::new("this is no array"))?
    }

    /// Owns an object.
    fn of_any(any: AnyRef, cell: &Rc<StoreCell>, context: &Context<'_>) -> Result<Box<wasm_ref_t>, Error> {
        Ok(Box::new(wasm_ref_t::new(cell, Object::Any(OwnedRooted::new(context, any)?))))
    }

    /// Converts a value of C to that of a field or an element.
    fn part(&self, value: &wasmote_val_t, ty: FieldType, context: &mut Context<'_>) -> Fallible<Val> {
        part(value, ty, &self.store, context)
    }

    /// Passes the value of a field or an element on.
    fn read(&self, value: Result<Val, Error>, context: &mut Context<'_>) -> Fallible<wasmote_val_t> {
        let value = wasmote_error_t::or(value)?;
        wasmote_val_t::of_val(value, &self.store, context).ok_or_else(another_value)
    }
}

fn part(value: &wasmote_val_t, ty: FieldType, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Fallible<Val> {
    value.to_val(ty.element_type().unpacked(), cell, context).ok_or_else(another_value)
}

/// Makes an object, and passes it on to C.
///
/// # Safety
/// `out` is valid for writes. It needs no value before.
unsafe fn made(
    store: &wasm_store_t,
    out: *mut Option<Box<wasm_ref_t>>,
    make: impl FnOnce(&mut Context<'_>) -> Fallible<AnyRef>,
) -> Option<Box<wasmote_error_t>> {
    let cell = &store.cell;
    let made = cell.with(|context| {
        let any = make(context)?;
        wasmote_error_t::or(wasm_ref_t::of_any(any, cell, context))
    });
    let made = made.unwrap_or_else(|| Err(wasmote_error_t::new(IN_USE)));
    // SAFETY: as the caller guarantees.
    made.map(|made| unsafe { out.write(Some(made)) }).err()
}

fn array_type(store: &wasm_store_t, ty: &wasm_valtype_t) -> Fallible<ArrayType> {
    ArrayType::of(store.cell.engine(), ty.ty).ok_or_else(|| wasmote_error_t::new("the type is no type of arrays"))
}

#[cold]
fn beyond() -> Box<wasmote_error_t> {
    wasmote_error_t::new("the bytes lie beyond the end of the array")
}

c_functions! {
    /// Returns what a reference is to, as a number of `wasmote_ref_kind_enum`.
    fn wasmote_ref_kind(reference: &wasm_ref_t) -> u8 {
        match &reference.object {
            Object::Func(_) => kind::FUNC,
            Object::Extern(..) => kind::EXTERN,
            Object::Exn(_) => kind::EXN,
            Object::Any(_) => {
                let of_any = reference.any(|context, any| {
                    let kinds = [
                        (any.as_i31(&*context).is_some(), kind::I31),
                        (any.is_struct(&*context), kind::STRUCT),
                        (any.is_array(&*context), kind::ARRAY),
                    ];
                    let known = kinds.into_iter().find_map(|(is, kind)| is.then_some(kind));
                    Some(known.unwrap_or(kind::CONVERTED))
                });
                of_any.unwrap_or(kind::OTHER)
            }
            _ => kind::OTHER,
        }
    }

    /// Returns the type of references to a structure or an array. Returns null for other references.
    fn wasmote_ref_type(reference: &wasm_ref_t) -> Option<Box<wasm_valtype_t>> {
        let ty = reference.any(|context, any| match (any.as_struct(&*context), any.as_array(&*context)) {
            (Some(structure), _) => Some(structure.ty(&*context).ok()?.reference(false)),
            (_, Some(array)) => Some(array.ty(&*context).ok()?.reference(false)),
            _ => None,
        })?;
        Some(Box::new(wasm_valtype_t { ty }))
    }

    /// Makes a reference to the lower 31 bits of an integer. Returns null if the store is in use.
    fn wasmote_i31_new(store: &wasm_store_t, value: i32) -> Option<Box<wasm_ref_t>> {
        let cell = &store.cell;
        cell.with(|context| {
            let any = AnyRef::from_i31(&mut *context, I31::wrapping_i32(value));
            wasm_ref_t::of_any(any, cell, context).ok()
        })?
    }

    /// Returns the small integer, sign-extended, in `value`. Returns false if the reference is to something else.
    fn wasmote_i31_get(reference: &wasm_ref_t, value: &mut i32) -> bool {
        let small = reference.any(|context, any| any.as_i31(context));
        small.map(|small| *value = small.get_i32()).is_some()
    }

    /// Makes a structure of a type that an item of a module has, with these fields, which remain the caller's. Returns null
    /// and sets `out`, or returns an error.
    fn wasmote_struct_new(
        store: &wasm_store_t,
        ty: &wasm_valtype_t,
        fields: *const wasmote_val_t,
        fields_size: usize,
        out: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let fields = values_of(fields, fields_size);
        made(store, out, |context| {
            let ty = StructType::of(store.cell.engine(), ty.ty);
            let ty = ty.ok_or_else(|| wasmote_error_t::new("the type is no type of structures"))?;
            if fields.len() != ty.fields().len() {
                return Err(wasmote_error_t::new("the structure's type has another number of fields"));
            }
            let values = fields.iter().zip(ty.fields()).map(|(field, &ty)| part(field, ty, &store.cell, context));
            let values = values.collect::<Fallible<Vec<_>>>()?;
            wasmote_error_t::or(StructRef::new(context, &ty, &values)).map(AnyRef::from)
        })
    }

    /// Returns the number of fields of a structure. Returns 0 if this is none.
    fn wasmote_struct_size(reference: &wasm_ref_t) -> usize {
        let size = reference.with_struct(|context, it| wasmote_error_t::or(it.ty(context)).map(|ty| ty.fields().len()));
        size.unwrap_or(0)
    }

    /// Returns a field of a structure, which is the caller's, in `out`. Packed ones are zero-extended. Fails if there is no
    /// such field.
    fn wasmote_struct_get(
        reference: &wasm_ref_t,
        index: usize,
        out: *mut wasmote_val_t,
    ) -> Option<Box<wasmote_error_t>> {
        let read = reference.with_struct(|context, it| {
            let value = it.field(&*context, index);
            reference.read(value, context)
        });
        read.map(|value| out.write(value)).err()
    }

    /// Sets a field of a structure to a value, which remains the caller's. Fails if there is no such field, if it is not
    /// mutable, or if the value is of another type or store.
    fn wasmote_struct_set(reference: &wasm_ref_t, index: usize, value: &wasmote_val_t) -> Option<Box<wasmote_error_t>> {
        reference.with_struct(|context, it| {
            let ty = wasmote_error_t::or(it.ty(&*context))?.fields().get(index).copied();
            let ty = ty.ok_or_else(|| wasmote_error_t::new("the structure has no such field"))?;
            let value = reference.part(value, ty, context)?;
            wasmote_error_t::or(it.set_field(context, index, value))
        }).err()
    }

    /// Makes an array of a type that an item of a module has, with `size` elements that are all `element`, which remains the
    /// caller's. Returns null and sets `out`, or returns an error.
    fn wasmote_array_new(
        store: &wasm_store_t,
        ty: &wasm_valtype_t,
        element: &wasmote_val_t,
        size: u32,
        out: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        made(store, out, |context| {
            let ty = array_type(store, ty)?;
            let element = part(element, ty.element(), &store.cell, context)?;
            wasmote_error_t::or(ArrayRef::new(context, &ty, element, size)).map(AnyRef::from)
        })
    }

    /// Makes an array of these elements, as [`wasmote_array_new`] does.
    fn wasmote_array_new_fixed(
        store: &wasm_store_t,
        ty: &wasm_valtype_t,
        elements: *const wasmote_val_t,
        size: usize,
        out: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let elements = values_of(elements, size);
        made(store, out, |context| {
            let ty = array_type(store, ty)?;
            let values = elements.iter().map(|element| part(element, ty.element(), &store.cell, context));
            let values = values.collect::<Fallible<Vec<_>>>()?;
            wasmote_error_t::or(ArrayRef::new_fixed(context, &ty, &values)).map(AnyRef::from)
        })
    }

    /// Returns the number of elements of an array. Returns 0 if this is none.
    fn wasmote_array_size(reference: &wasm_ref_t) -> u32 {
        reference.with_array(|context, it| wasmote_error_t::or(it.len(context))).unwrap_or(0)
    }

    /// Returns an element of an array, which is the caller's, in `out`. Packed ones are zero-extended. Fails if the index is
    /// beyond the end.
    fn wasmote_array_get(reference: &wasm_ref_t, index: u32, out: *mut wasmote_val_t) -> Option<Box<wasmote_error_t>> {
        let read = reference.with_array(|context, it| {
            let value = it.get(&*context, index);
            reference.read(value, context)
        });
        read.map(|value| out.write(value)).err()
    }

    /// Sets an element of an array to a value, which remains the caller's. Fails if the index is beyond the end, if the
    /// elements are not mutable, or if the value is of another type or store.
    fn wasmote_array_set(reference: &wasm_ref_t, index: u32, value: &wasmote_val_t) -> Option<Box<wasmote_error_t>> {
        reference.with_array(|context, it| {
            let ty = wasmote_error_t::or(it.ty(&*context))?.element();
            let value = reference.part(value, ty, context)?;
            wasmote_error_t::or(it.set(context, index, value))
        }).err()
    }

    /// Copies bytes out of an array of numbers or vectors, whose elements lie one after the other in the machine's byte
    /// order. Fails if they lie beyond the end, or if the elements are references.
    fn wasmote_array_read(
        reference: &wasm_ref_t,
        offset: usize,
        bytes: *mut u8,
        size: usize,
    ) -> Option<Box<wasmote_error_t>> {
        reference.with_array(|context, it| {
            let data = wasmote_error_t::or(it.data(&*context))?;
            let end = offset.checked_add(size);
            let data = end.and_then(|end| data.get(offset..end)).ok_or_else(beyond)?;
            // An empty slice of C may be null.
            if size > 0 {
                bytes.copy_from_nonoverlapping(data.as_ptr(), size);
            }
            Ok(())
        }).err()
    }

    /// Copies bytes into an array, as [`wasmote_array_read`] copies them out. Fails also if the elements are not mutable.
    fn wasmote_array_write(
        reference: &wasm_ref_t,
        offset: usize,
        bytes: *const u8,
        size: usize,
    ) -> Option<Box<wasmote_error_t>> {
        reference.with_array(|context, it| {
            let data = wasmote_error_t::or(it.data_mut(context))?;
            let bytes = bytes_of(bytes, size);
            let end = offset.checked_add(bytes.len());
            let data = end.and_then(|end| data.get_mut(offset..end)).ok_or_else(beyond)?;
            data.copy_from_slice(bytes);
            Ok(())
        }).err()
    }

    /// Returns a reference to an object as one of the host's, as `extern.convert_any` does. Returns null for other
    /// references.
    fn wasmote_extern_convert_any(reference: &wasm_ref_t) -> Option<Box<wasm_ref_t>> {
        let Object::Any(owned) = &reference.object else { return None };
        wasm_ref_t::of_made(&reference.store, |context| {
            let any = owned.to_rooted(&mut *context);
            object_of(ExternRef::convert_any(any), context)
        })
    }

    /// Returns a reference of the host's as one to an object, as `any.convert_extern` does. Returns null for other
    /// references.
    fn wasmote_any_convert_extern(reference: &wasm_ref_t) -> Option<Box<wasm_ref_t>> {
        let Object::Extern(owned, _) = &reference.object else { return None };
        reference.store.with(|context| {
            let any = AnyRef::convert_extern(owned.to_rooted(&mut *context));
            wasm_ref_t::of_any(any, &reference.store, context).ok()
        })?
    }
}

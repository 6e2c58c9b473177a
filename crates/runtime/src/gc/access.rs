//! Access of the host to fields and elements of objects. An object's header says its type and length, and
//! unvalidated code may have written it. So each access is checked to lie in the heap.

use core::slice;

use wasmote_decode::CompositeType;
use wasmote_exec as exec;
use wasmote_gc as gc;
use wasmote_ir::{FieldType, HeapType};

use crate::error::Error;
use crate::root::Root;
use crate::store::Store;
use crate::types::Known;

/// A field or an element: its type, and its offset in the object.
#[derive(Clone, Copy)]
pub struct Part {
    /// The type.
    pub ty: FieldType,
    at: usize,
}

/// An array, as its header describes it.
pub struct Array {
    /// The type of its elements.
    pub element: FieldType,
    /// The number of its elements.
    pub len: u32,
}

#[cold]
#[inline(never)]
fn not_there() -> Error {
    Error::usage("the object has no such field or element")
}

impl Array {
    /// Returns an element.
    ///
    /// # Errors
    /// Fails if `index` is beyond the end.
    pub fn part(&self, index: u32) -> Result<Part, Error> {
        if index >= self.len {
            return Err(not_there());
        }
        let bytes = u64::from(index) * u64::from(self.element.element_type().bytes());
        let at = usize::try_from(bytes + gc::layout::HEADER as u64).map_err(|_| not_there())?;
        Ok(Part { ty: self.element, at })
    }
}

impl Store {
    /// Returns the type of the object that a handle refers to. `None` if the object has no type of its own.
    pub fn object_type(&self, root: Root) -> Option<Known> {
        match self.heap_type(root.reference(self))? {
            HeapType::Index(id) => self.engine.types().lock().known(id),
            _ => None,
        }
    }

    /// Returns the engine's number of that type.
    ///
    /// # Errors
    /// Fails if the object has no type of its own.
    pub fn object_type_id(&self, root: Root) -> Result<u32, Error> {
        match self.heap_type(root.reference(self)) {
            Some(HeapType::Index(id)) => Ok(id),
            _ => Err(not_there()),
        }
    }

    /// Returns a structure's field.
    ///
    /// # Errors
    /// Fails if the object is not a structure, or has no such field.
    pub fn field(&self, root: Root, index: usize) -> Result<Part, Error> {
        let ty = self.object_type(root).ok_or_else(not_there)?;
        let CompositeType::Struct(fields) = &ty.ty.composite else { return Err(not_there()) };
        let mut end = gc::layout::HEADER as u32;
        let mut part = Err(not_there());
        for &field in fields.get(..=index).ok_or_else(not_there)? {
            part = Ok(Part { ty: field, at: field.element_type().place(&mut end) as usize });
        }
        part
    }

    /// Returns an array.
    ///
    /// # Errors
    /// Fails if the object is not an array.
    pub fn array(&self, root: Root) -> Result<Array, Error> {
        let reference = root.reference(self);
        let ty = self.object_type(root).ok_or_else(not_there)?;
        let CompositeType::Array(element) = ty.ty.composite else { return Err(not_there()) };
        let len = (self.header(reference).ok_or_else(not_there)? >> 32) as u32;
        Ok(Array { element, len })
    }

    /// Returns the address of `len` bytes at the offset `at` of an object.
    ///
    /// # Errors
    /// Fails if they do not lie in the heap.
    fn bytes(&self, root: Root, at: usize, len: usize) -> Result<*mut u8, Error> {
        let heap = &self.machine.heap;
        let first = 4 * root.reference(self) as usize;
        let all = heap.edge.addr() - heap.base.addr() + exec::Heap::SLACK;
        match first.checked_add(at).and_then(|first| first.checked_add(len)) {
            Some(end) if end <= all => Ok(heap.base.wrapping_add(first + at)),
            _ => Err(not_there()),
        }
    }

    /// Reads a field or an element. Packed ones are zero-extended.
    ///
    /// # Errors
    /// Fails if it does not lie in the heap.
    pub fn read_part(&self, root: Root, part: Part) -> Result<[u64; 2], Error> {
        let len = part.ty.element_type().bytes() as usize;
        let from = self.bytes(root, part.at, len)?;
        let mut raw = [0; 16];
        // SAFETY: `bytes` checked that the bytes lie in the heap, and `raw` has room for the largest value.
        unsafe { from.copy_to_nonoverlapping(raw.as_mut_ptr(), len) };
        let half = |at: usize| raw[at..at + 8].try_into().map_or(0, u64::from_ne_bytes);
        Ok(match len {
            1 => [raw[0].into(), 0],
            2 => [u16::from_ne_bytes([raw[0], raw[1]]).into(), 0],
            4 => [u32::from_ne_bytes([raw[0], raw[1], raw[2], raw[3]]).into(), 0],
            _ => [half(0), half(8)],
        })
    }

    /// Writes a field or an element. Packed ones keep the low bits of the value.
    ///
    /// # Errors
    /// Fails if it is not mutable, or does not lie in the heap.
    pub fn write_part(&mut self, root: Root, part: Part, slots: [u64; 2]) -> Result<(), Error> {
        self.noted.object();
        if !part.ty.mutability().is_mut() {
            return Err(Error::usage("the field or element is not mutable"));
        }
        let bytes = part.ty.element_type().bytes();
        let to = self.bytes(root, part.at, bytes as usize)?;
        let heap = &self.machine.heap;
        if gc::barrier::is_needed(heap) && part.ty.element_type().unpacked().is_ref() {
            // SAFETY: `bytes` checked that the reference lies in the heap, which is this store's.
            unsafe { gc::barrier::shade(heap, to, 1) };
        }
        // SAFETY: `bytes` checked that the bytes lie in the heap, and the store is mutably borrowed.
        unsafe { gc::handlers::store(to, slots.as_ptr(), bytes.trailing_zeros()) };
        Ok(())
    }

    /// Returns the address and the length of an array's bytes.
    ///
    /// # Errors
    /// Fails if the elements are references, or do not lie in the heap.
    fn element_bytes(&self, root: Root, array: &Array) -> Result<(*mut u8, usize), Error> {
        if array.element.element_type().unpacked().is_ref() {
            return Err(Error::usage("the elements are references"));
        }
        let len = u64::from(array.len) * u64::from(array.element.element_type().bytes());
        let len = usize::try_from(len).map_err(|_| not_there())?;
        Ok((self.bytes(root, gc::layout::HEADER, len)?, len))
    }

    /// Returns the bytes of an array's elements.
    ///
    /// # Errors
    /// Fails if the object is not an array, or if its elements are references.
    pub fn array_data(&self, root: Root) -> Result<&[u8], Error> {
        let (first, len) = self.element_bytes(root, &self.array(root)?)?;
        // SAFETY: `element_bytes` checked that the bytes lie in the heap, all of which is initialized. Nothing
        // changes them while the store is borrowed.
        Ok(unsafe { slice::from_raw_parts(first, len) })
    }

    /// Returns the bytes of an array's elements, mutably.
    ///
    /// # Errors
    /// Fails if the object is not an array, if its elements are references, or if they are not mutable.
    pub fn array_data_mut(&mut self, root: Root) -> Result<&mut [u8], Error> {
        self.noted.object();
        let array = self.array(root)?;
        if !array.element.mutability().is_mut() {
            return Err(Error::usage("the field or element is not mutable"));
        }
        let (first, len) = self.element_bytes(root, &array)?;
        // SAFETY: as in `array_data`, and the store is mutably borrowed.
        Ok(unsafe { slice::from_raw_parts_mut(first, len) })
    }
}

//! Fields and elements of objects, as the host reads and writes them. What an object is its header says, which code that was not validated
//! may have written: so whatever is read or written is checked to lie in the heap.

use core::slice;

use wasmote_decode::CompositeType;
use wasmote_exec as exec;
use wasmote_gc as gc;
use wasmote_ir::{FieldType, HeapType};

use crate::error::Error;
use crate::root::Root;
use crate::store::Store;
use crate::types::Known;

/// A field or an element: its type, and where it is in its object.
#[derive(Clone, Copy)]
pub struct Part {
    /// Its type.
    pub ty: FieldType,
    at: usize,
}

/// An array as its header says that it is.
pub struct Array {
    /// The type of its elements.
    pub element: FieldType,
    /// How many elements it has.
    pub len: u32,
}

#[cold]
#[inline(never)]
fn not_there() -> Error {
    Error::usage("the object has no such field or element")
}

impl Array {
    /// An element.
    pub fn part(&self, index: u32) -> Result<Part, Error> {
        if index >= self.len {
            return Err(not_there());
        }
        let bytes = u64::from(index) * u64::from(self.element.storage.bytes());
        let at = usize::try_from(bytes + gc::layout::HEADER as u64).map_err(|_| not_there())?;
        Ok(Part { ty: self.element, at })
    }
}

impl Store {
    /// The type of the object that a handle is of.
    pub fn object_type(&self, root: Root) -> Option<Known> {
        match self.heap_type(root.reference(self))? {
            HeapType::Index(id) => self.engine.types().lock().known(id),
            _ => None,
        }
    }

    /// The engine's number of that type.
    pub fn object_type_id(&self, root: Root) -> Result<u32, Error> {
        match self.heap_type(root.reference(self)) {
            Some(HeapType::Index(id)) => Ok(id),
            _ => Err(not_there()),
        }
    }

    /// A structure's field.
    pub fn field(&self, root: Root, index: usize) -> Result<Part, Error> {
        let ty = self.object_type(root).ok_or_else(not_there)?;
        let CompositeType::Struct(fields) = &ty.ty.composite else { return Err(not_there()) };
        let mut end = gc::layout::HEADER as u32;
        let mut part = Err(not_there());
        for &field in fields.get(..=index).ok_or_else(not_there)? {
            part = Ok(Part { ty: field, at: field.storage.place(&mut end) as usize });
        }
        part
    }

    /// An array.
    pub fn array(&self, root: Root) -> Result<Array, Error> {
        let reference = root.reference(self);
        let ty = self.object_type(root).ok_or_else(not_there)?;
        let CompositeType::Array(element) = ty.ty.composite else { return Err(not_there()) };
        let len = (self.header(reference).ok_or_else(not_there)? >> 32) as u32;
        Ok(Array { element, len })
    }

    /// So many bytes of an object, if they lie in the heap.
    fn bytes(&self, root: Root, at: usize, len: usize) -> Result<*mut u8, Error> {
        let heap = &self.machine.heap;
        let first = 4 * root.reference(self) as usize;
        let all = heap.edge.addr() - heap.base.addr() + exec::Heap::SLACK;
        match first.checked_add(at).and_then(|first| first.checked_add(len)) {
            Some(end) if end <= all => Ok(heap.base.wrapping_add(first + at)),
            _ => Err(not_there()),
        }
    }

    /// Reads a field or an element; packed ones zero-extended.
    pub fn read_part(&self, root: Root, part: Part) -> Result<[u64; 2], Error> {
        let len = part.ty.storage.bytes() as usize;
        let from = self.bytes(root, part.at, len)?;
        let mut raw = [0; 16];
        // SAFETY: in the heap.
        unsafe { from.copy_to_nonoverlapping(raw.as_mut_ptr(), len) };
        let half = |at: usize| raw[at..at + 8].try_into().map_or(0, u64::from_ne_bytes);
        Ok(match len {
            1 => [raw[0].into(), 0],
            2 => [u16::from_ne_bytes([raw[0], raw[1]]).into(), 0],
            4 => [u32::from_ne_bytes([raw[0], raw[1], raw[2], raw[3]]).into(), 0],
            _ => [half(0), half(8)],
        })
    }

    /// Writes a field or an element; packed ones without the bits that they have no room for.
    pub fn write_part(&mut self, root: Root, part: Part, slots: [u64; 2]) -> Result<(), Error> {
        if !part.ty.mutable {
            return Err(Error::usage("the field or element is not mutable"));
        }
        let bytes = part.ty.storage.bytes();
        let to = self.bytes(root, part.at, bytes as usize)?;
        // SAFETY: in the heap.
        unsafe { gc::handlers::store(to, slots.as_ptr(), bytes.trailing_zeros()) };
        Ok(())
    }

    /// The bytes of an array's elements, if they are numbers.
    fn element_bytes(&self, root: Root, array: &Array) -> Result<(*mut u8, usize), Error> {
        if array.element.storage.unpacked().is_ref() {
            return Err(Error::usage("the elements are references"));
        }
        let len = u64::from(array.len) * u64::from(array.element.storage.bytes());
        let len = usize::try_from(len).map_err(|_| not_there())?;
        Ok((self.bytes(root, gc::layout::HEADER, len)?, len))
    }

    /// The bytes of an array's elements.
    pub fn array_data(&self, root: Root) -> Result<&[u8], Error> {
        let (first, len) = self.element_bytes(root, &self.array(root)?)?;
        // SAFETY: in the heap, all of whose bytes are initialised, and which nobody changes while the store is borrowed.
        Ok(unsafe { slice::from_raw_parts(first, len) })
    }

    /// The bytes of an array's elements, to be changed.
    pub fn array_data_mut(&mut self, root: Root) -> Result<&mut [u8], Error> {
        let array = self.array(root)?;
        if !array.element.mutable {
            return Err(Error::usage("the field or element is not mutable"));
        }
        let (first, len) = self.element_bytes(root, &array)?;
        // SAFETY: as above, and the store is mutably borrowed.
        Ok(unsafe { slice::from_raw_parts_mut(first, len) })
    }
}

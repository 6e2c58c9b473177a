//! What objects look like: a header of eight bytes, the type's number and in the upper half what depends on the type, then fields.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_ir::{FieldType, ValType};

/// Bytes of a header.
pub const HEADER: usize = 8;
/// The type of objects that stand for values of the host; the upper half of the header is their number.
pub const HOST: u32 = 1 << 24;
pub use wasmote_exec::EXCEPTION;

/// What the collector must know of a type.
#[derive(Clone, Debug)]
pub enum Layout {
    /// A number of bytes, header included, with references at these offsets.
    Fixed {
        /// The size, a multiple of 8.
        bytes: u32,
        /// Where the references are.
        references: Box<[u32]>,
        /// Of a structure, for each field where it is, and log2 of its bytes.
        fields: Box<[(u32, u8)]>,
    },
    /// As many elements as the header's upper half says.
    Array {
        /// Bytes of an element, as power of two.
        log2: u8,
        /// Whether the elements are references.
        references: bool,
    },
}

/// Whether what is stored is a reference that the collector follows, any but those to functions.
fn is_traced(ty: ValType, is_func: &dyn Fn(u32) -> bool) -> bool {
    use wasmote_ir::HeapType;
    ty.reference().is_some_and(|ty| match ty.heap() {
        HeapType::Index(index) => !is_func(index),
        other => other.top() != Some(HeapType::Func),
    })
}

impl Layout {
    /// Of a structure. `is_func` says which indices are of function types.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn of_struct(fields: &[FieldType], is_func: &dyn Fn(u32) -> bool) -> Result<Layout, OutOfMemory> {
        let mut end = HEADER as u32;
        let mut references = Vec::new();
        let mut places = try_with_capacity(fields.len())?;
        for field in fields {
            let at = field.storage.place(&mut end);
            places.push((at, field.storage.bytes().trailing_zeros() as u8));
            if is_traced(field.storage.unpacked(), is_func) {
                references.try_push(at)?;
            }
        }
        let (references, fields) = (references.try_into_box()?, places.try_into_box()?);
        Ok(Layout::Fixed { bytes: end.next_multiple_of(8), references, fields })
    }

    /// Of an array.
    pub fn of_array(element: FieldType, is_func: &dyn Fn(u32) -> bool) -> Layout {
        let references = is_traced(element.storage.unpacked(), is_func);
        Layout::Array { log2: element.storage.bytes().trailing_zeros() as u8, references }
    }

    /// Of an exception with values of these types, each in as many slots as it takes.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn of_exception(types: &[ValType], is_func: &dyn Fn(u32) -> bool) -> Result<Layout, OutOfMemory> {
        let mut end = HEADER as u32;
        let mut references = Vec::new();
        for &ty in types {
            if is_traced(ty, is_func) {
                // A slot of 8 bytes, whose lower half is the reference.
                references.try_push(end + if cfg!(target_endian = "big") { 4 } else { 0 })?;
            }
            end += 8 * u32::from(ty.slots());
        }
        Ok(Layout::Fixed { bytes: end, references: references.try_into_box()?, fields: Box::default() })
    }
}

/// Bytes of an array with this many elements; `None` if that is too many.
#[inline(always)]
pub fn array_bytes(log2: u32, len: u32) -> Option<usize> {
    let bytes = (u64::from(len) << log2) + HEADER as u64;
    usize::try_from(bytes.next_multiple_of(8)).ok()
}

/// [`Layouts`] at an address where handlers read them, too. In a box they would be the box's alone: a change through it would end what
/// other pointers may read.
pub struct SharedLayouts(NonNull<Layouts>);

impl SharedLayouts {
    /// Where handlers find them.
    pub fn as_ptr(&self) -> *const Layouts {
        self.0.as_ptr()
    }
}

impl From<Box<Layouts>> for SharedLayouts {
    fn from(layouts: Box<Layouts>) -> SharedLayouts {
        SharedLayouts(NonNull::from(Box::leak(layouts)))
    }
}

impl Deref for SharedLayouts {
    type Target = Layouts;

    fn deref(&self) -> &Layouts {
        // SAFETY: owned, and handlers only read.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for SharedLayouts {
    fn deref_mut(&mut self) -> &mut Layouts {
        // SAFETY: owned, and handlers keep no reference while the heap's owner changes it.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for SharedLayouts {
    fn drop(&mut self) {
        // SAFETY: it was leaked from a box, and nothing but this frees it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The layouts of a store's types, by number.
#[derive(Default)]
pub struct Layouts {
    types: Vec<Option<Layout>>,
    exceptions: Vec<Layout>,
}

impl Layouts {
    /// Adds a type, unless it is known.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn add(&mut self, id: u32, layout: impl FnOnce() -> Result<Layout, OutOfMemory>) -> Result<(), OutOfMemory> {
        let index = id as usize;
        if let Some(more) = (index + 1).checked_sub(self.types.len()) {
            self.types.try_room(more)?;
            self.types.resize_with(index + 1, || None);
        }
        if self.types[index].is_none() {
            self.types[index] = Some(layout()?);
        }
        Ok(())
    }

    /// Makes room for the exceptions of one more tag.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn room_for_exception(&mut self) -> Result<(), OutOfMemory> {
        self.exceptions.try_room(1)
    }

    /// Adds the exceptions of the next tag, for which there is room.
    pub fn add_exception(&mut self, layout: Layout) {
        self.exceptions.push(layout);
    }

    /// The layout of a type; `None` if there is none, or of objects of the host, which are all header.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&Layout> {
        match id.checked_sub(EXCEPTION) {
            Some(tag) => self.exceptions.get(tag as usize),
            None => self.types.get(id as usize)?.as_ref(),
        }
    }
}

//! The layout of objects. A header of eight bytes has the type's number in its lower half. The upper half depends on
//! the type: for an array it is the length, for a structure with a descriptor the reference to that. The fields follow.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_ir::{FieldType, ValType};

/// The size of a header in bytes.
pub const HEADER: usize = 8;
/// The type number of objects that stand for host values. The upper half of the header is the value's number.
pub const HOST: u32 = 1 << 24;
pub use wasmote_exec::EXCEPTION;
#[cfg(feature = "stack-switching")]
pub use wasmote_exec::{CONTINUATION, CONTINUATION_BYTES};
#[cfg(feature = "stack-switching")]
const _: () = assert!(HOST < CONTINUATION && CONTINUATION < EXCEPTION);

/// The offset of the header's upper half.
const DESCRIPTOR: u32 = if cfg!(target_endian = "little") { 4 } else { 0 };

/// What the collector needs to know about a type.
#[derive(Clone, Debug)]
pub enum Layout {
    /// An object of fixed size, with references at fixed offsets.
    Fixed {
        /// The size in bytes with the header, a multiple of 8.
        bytes: u32,
        /// The offsets of the references.
        references: Box<[u32]>,
        /// For a structure, the offset and log2 of the size of each field.
        fields: Box<[(u32, u8)]>,
    },
    /// An array. The upper half of its header is the number of elements.
    Array {
        /// Log2 of the size of an element in bytes.
        log2: u8,
        /// Whether the elements are references.
        references: bool,
    },
}

/// Returns whether the collector follows values of this type: references, except those to functions.
fn is_traced(ty: ValType, is_func: &dyn Fn(u32) -> bool) -> bool {
    use wasmote_ir::HeapType;
    ty.reference().is_some_and(|ty| match ty.heap() {
        HeapType::Index(index) | HeapType::Exact(index) => !is_func(index),
        other => other.top() != Some(HeapType::Func),
    })
}

impl Layout {
    /// Returns the layout of a structure. `is_func` says which type indices are function types.
    ///
    /// # Errors
    /// There is no memory.
    pub fn of_struct(
        fields: &[FieldType],
        has_descriptor: bool,
        is_func: &dyn Fn(u32) -> bool,
    ) -> Result<Layout, OutOfMemory> {
        let mut end = HEADER as u32;
        let mut references = Vec::new();
        if has_descriptor {
            references.try_push(DESCRIPTOR)?;
        }
        let mut places = try_with_capacity(fields.len())?;
        for field in fields {
            let at = field.element_type().place(&mut end);
            places.push((at, field.element_type().bytes().trailing_zeros() as u8));
            if is_traced(field.element_type().unpacked(), is_func) {
                references.try_push(at)?;
            }
        }
        let (references, fields) = (references.try_into_box()?, places.try_into_box()?);
        // The collector needs a second word in all objects that lead to others.
        let least = if has_descriptor { 2 * HEADER as u32 } else { 0 };
        Ok(Layout::Fixed { bytes: end.next_multiple_of(8).max(least), references, fields })
    }

    /// Returns the layout of an array.
    pub fn of_array(element: FieldType, is_func: &dyn Fn(u32) -> bool) -> Layout {
        let references = is_traced(element.element_type().unpacked(), is_func);
        Layout::Array { log2: element.element_type().bytes().trailing_zeros() as u8, references }
    }

    /// Returns the layout of an exception with values of these types, in slots.
    ///
    /// # Errors
    /// There is no memory.
    pub fn of_exception(types: &[ValType], is_func: &dyn Fn(u32) -> bool) -> Result<Layout, OutOfMemory> {
        let mut end = HEADER as u32;
        let mut references = Vec::new();
        for &ty in types {
            if is_traced(ty, is_func) {
                // The reference is the lower half of a slot of 8 bytes.
                references.try_push(end + if cfg!(target_endian = "big") { 4 } else { 0 })?;
            }
            end += 8 * u32::from(ty.slots());
        }
        Ok(Layout::Fixed { bytes: end, references: references.try_into_box()?, fields: Box::default() })
    }
}

/// Returns the size of an array with this many elements in bytes, or `None` if it exceeds the address space.
#[inline(always)]
pub fn array_bytes(log2: u32, len: u32) -> Option<usize> {
    let bytes = (u64::from(len) << log2) + HEADER as u64;
    usize::try_from(bytes.next_multiple_of(8)).ok()
}

/// [`Layouts`] that handlers read, too. A `Box` would claim sole access: a change through it would invalidate the
/// handlers' pointer.
pub struct SharedLayouts(NonNull<Layouts>);

impl SharedLayouts {
    /// Returns the address at which handlers read.
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
        // SAFETY: the pointer comes from a leaked box that `self` owns. Handlers only read it.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for SharedLayouts {
    fn deref_mut(&mut self) -> &mut Layouts {
        // SAFETY: the pointer comes from a leaked box that `self` owns. Handlers run only while nothing changes the
        // heap, and they keep no reference after that.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for SharedLayouts {
    fn drop(&mut self) {
        // SAFETY: `from` leaked the box, and nothing else frees it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The layouts of a store's types, by type number.
#[derive(Default)]
pub struct Layouts {
    types: Vec<Option<Layout>>,
    exceptions: Vec<Layout>,
}

impl Layouts {
    /// Adds a type, unless it is known.
    ///
    /// # Errors
    /// There is no memory.
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

    /// Makes room for the layout of one more tag's exceptions.
    ///
    /// # Errors
    /// There is no memory.
    pub fn room_for_exception(&mut self) -> Result<(), OutOfMemory> {
        self.exceptions.try_room(1)
    }

    /// Adds the layout of the next tag's exceptions. `room_for_exception` made room for it.
    pub fn add_exception(&mut self, layout: Layout) {
        self.exceptions.push(layout);
    }

    /// Returns the layout of a type. Returns `None` for an unknown type and for host values, which consist of a
    /// header only.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&Layout> {
        match id.checked_sub(EXCEPTION) {
            Some(tag) => self.exceptions.get(tag as usize),
            None => self.types.get(id as usize)?.as_ref(),
        }
    }
}

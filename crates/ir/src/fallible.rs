//! Allocation that can fail. What a guest decides the size or the number of is allocated through this: a module, or an image,
//! that asks for more memory than there is must end in an error, and not in the end of the process.
//!
//! Stable Rust can only make room in vectors and strings without ending the process, so everything here is made of
//! `try_reserve`. Functions here are compiled once for each type and not inlined, but for [`TryVec::try_room`], after which `push` does not allocate.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// There is no memory for what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

impl OutOfMemory {
    /// What it prints as.
    pub const MESSAGE: &str = "out of memory";
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OutOfMemory::MESSAGE)
    }
}

impl core::error::Error for OutOfMemory {}

/// Vectors that grow, or stay as they are.
pub trait TryVec<T> {
    /// Makes room for this many more items; when the vector grows, it grows as by `push`.
    ///
    /// # Errors
    /// When there is no memory, as with all functions here.
    fn try_room(&mut self, more: usize) -> Result<(), OutOfMemory>;

    /// Adds an item.
    ///
    /// # Errors
    /// When there is no memory. The item is dropped.
    fn try_push(&mut self, item: T) -> Result<(), OutOfMemory>;

    /// Adds copies of these items.
    ///
    /// # Errors
    /// When there is no memory.
    fn try_extend_from_slice(&mut self, items: &[T]) -> Result<(), OutOfMemory>
    where
        T: Copy;

    /// Adds copies of `item`, or drops items, until there are `len`.
    ///
    /// # Errors
    /// When there is no memory.
    fn try_resize(&mut self, len: usize, item: T) -> Result<(), OutOfMemory>
    where
        T: Copy;

    /// Puts an item in front of the one at `at`, which is at most the number of items.
    ///
    /// # Errors
    /// When there is no memory.
    fn try_insert(&mut self, at: usize, item: T) -> Result<(), OutOfMemory>;

    /// The items in a box, which takes a copy when the vector has room for more than it has.
    ///
    /// # Errors
    /// When there is no memory.
    fn try_into_box(self) -> Result<Box<[T]>, OutOfMemory>;
}

impl<T> TryVec<T> for Vec<T> {
    #[inline]
    fn try_room(&mut self, more: usize) -> Result<(), OutOfMemory> {
        if more > self.capacity() - self.len() { grow(self, more) } else { Ok(()) }
    }

    // Not inlined, since it is called in a hundred places; what is hot makes room first.
    #[inline(never)]
    fn try_push(&mut self, item: T) -> Result<(), OutOfMemory> {
        self.try_room(1)?;
        leave_out_growth(self, 1)?;
        self.push(item);
        Ok(())
    }

    #[inline(never)]
    fn try_extend_from_slice(&mut self, items: &[T]) -> Result<(), OutOfMemory>
    where
        T: Copy,
    {
        self.try_room(items.len())?;
        leave_out_growth(self, items.len())?;
        self.extend_from_slice(items);
        Ok(())
    }

    #[inline]
    fn try_resize(&mut self, len: usize, item: T) -> Result<(), OutOfMemory>
    where
        T: Copy,
    {
        self.try_room(len.saturating_sub(self.len()))?;
        self.resize(len, item);
        Ok(())
    }

    fn try_insert(&mut self, at: usize, item: T) -> Result<(), OutOfMemory> {
        self.try_room(1)?;
        self.insert(at, item);
        Ok(())
    }

    // Shrinking, as `into_boxed_slice` does, has no form that can fail: so the items move to where there is room for no more.
    #[inline(never)]
    fn try_into_box(mut self) -> Result<Box<[T]>, OutOfMemory> {
        if self.len() < self.capacity() {
            let mut fitting = try_with_capacity(self.len())?;
            leave_out_growth(&fitting, self.len())?;
            fitting.append(&mut self);
            self = fitting;
        }
        Ok(self.into_boxed_slice())
    }
}

/// Never fails where room for so many items has been made. What follows then needs no code for growing, which
/// would be in each function here, for each type.
#[inline(always)]
fn leave_out_growth<T>(items: &Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    if more > items.capacity() - items.len() { Err(OutOfMemory) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn grow<T>(items: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    items.try_reserve(more).map_err(|_| OutOfMemory)
}

/// An empty vector with room for exactly this many items.
///
/// # Errors
/// When there is no memory.
#[inline(never)]
pub fn try_with_capacity<T>(items: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(items).map_err(|_| OutOfMemory)?;
    Ok(vec)
}

/// The items of an iterator, for which room is made at once as far as it says how many there are.
///
/// # Errors
/// When there is no memory.
#[inline]
pub fn try_collect<T>(items: impl IntoIterator<Item = T>) -> Result<Vec<T>, OutOfMemory> {
    let items = items.into_iter();
    let mut vec = try_with_capacity(items.size_hint().0)?;
    for item in items {
        vec.try_push(item)?;
    }
    Ok(vec)
}

/// A copy of these items.
///
/// # Errors
/// When there is no memory.
#[inline]
pub fn try_copy<T: Copy>(items: &[T]) -> Result<Box<[T]>, OutOfMemory> {
    let mut copy = try_with_capacity(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy.into_boxed_slice())
}

/// A copy of a text.
///
/// # Errors
/// When there is no memory.
#[inline(never)]
pub fn try_str(text: &str) -> Result<Box<str>, OutOfMemory> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).map_err(|_| OutOfMemory)?;
    copy.push_str(text);
    Ok(copy.into_boxed_str())
}

/// The text that a message makes. Nothing, when there is no memory for it.
#[cold]
#[inline(never)]
pub fn try_format(message: fmt::Arguments<'_>) -> Result<String, OutOfMemory> {
    struct Text(String);
    impl fmt::Write for Text {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.try_reserve(part.len()).map_err(|_| fmt::Error)?;
            self.0.push_str(part);
            Ok(())
        }
    }
    let mut text = Text(String::new());
    match fmt::Write::write_fmt(&mut text, message) {
        Ok(()) => Ok(text.0),
        Err(fmt::Error) => Err(OutOfMemory),
    }
}

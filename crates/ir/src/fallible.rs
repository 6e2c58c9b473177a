//! Allocation that can fail. All memory whose size a guest decides is allocated through this module. A module or an
//! image that asks for more memory than there is must cause an error, and must not end the process.
//!
//! In stable Rust, only `try_reserve` of vectors and strings can fail without ending the process, so everything here
//! uses it. The functions are not inlined, so that each type has one copy. The exception is [`TryVec::try_room`]:
//! after it, `push` does not allocate.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The error of an allocation: there is not enough memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

impl OutOfMemory {
    /// The message.
    pub const MESSAGE: &str = "out of memory";
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OutOfMemory::MESSAGE)
    }
}

impl core::error::Error for OutOfMemory {}

/// Methods of vectors that fail if there is not enough memory. The vector then stays as it was.
pub trait TryVec<T> {
    /// Makes room for this many more items. The capacity grows in the same steps as with `push`.
    ///
    /// # Errors
    /// If there is not enough memory.
    fn try_room(&mut self, more: usize) -> Result<(), OutOfMemory>;

    /// Adds an item.
    ///
    /// # Errors
    /// If there is not enough memory. The item is dropped.
    fn try_push(&mut self, item: T) -> Result<(), OutOfMemory>;

    /// Adds copies of these items.
    ///
    /// # Errors
    /// If there is not enough memory.
    fn try_extend_from_slice(&mut self, items: &[T]) -> Result<(), OutOfMemory>
    where
        T: Copy;

    /// Adds copies of `item`, or drops items, until there are `len`.
    ///
    /// # Errors
    /// If there is not enough memory.
    fn try_resize(&mut self, len: usize, item: T) -> Result<(), OutOfMemory>
    where
        T: Copy;

    /// Inserts an item before the one at `at`.
    ///
    /// # Errors
    /// If there is not enough memory.
    ///
    /// # Panics
    /// If `at` is above the number of items.
    fn try_insert(&mut self, at: usize, item: T) -> Result<(), OutOfMemory>;

    /// Turns the vector into a box. If the vector has spare capacity, the items move to a new allocation.
    ///
    /// # Errors
    /// If there is not enough memory.
    fn try_into_box(self) -> Result<Box<[T]>, OutOfMemory>;
}

impl<T> TryVec<T> for Vec<T> {
    #[inline]
    fn try_room(&mut self, more: usize) -> Result<(), OutOfMemory> {
        if more > self.capacity() - self.len() { grow(self, more) } else { Ok(()) }
    }

    // Not inlined, because it is called in a hundred places. Hot code calls `try_room` and then `push`.
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

    // `into_boxed_slice` shrinks the allocation, which ends the process if it fails. So the items first move to an
    // allocation that fits them.
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

/// Never fails if there is room for `more` items. It tells the compiler so, which then leaves out the code that grows
/// the vector. That code would be in each function here, for each type.
#[inline(always)]
fn leave_out_growth<T>(items: &Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    if more > items.capacity() - items.len() { Err(OutOfMemory) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn grow<T>(items: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    items.try_reserve(more).map_err(|_| OutOfMemory)
}

/// Returns an empty vector with room for exactly this many items.
///
/// # Errors
/// If there is not enough memory.
#[inline(never)]
pub fn try_with_capacity<T>(items: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = Vec::new();
    if vec.try_reserve_exact(items).is_err() {
        // The empty vector has nothing to free.
        core::mem::forget(vec);
        return Err(OutOfMemory);
    }
    Ok(vec)
}

/// Collects the items of an iterator. It first makes room for as many items as the iterator promises.
///
/// # Errors
/// If there is not enough memory.
#[inline]
pub fn try_collect<T>(items: impl IntoIterator<Item = T>) -> Result<Vec<T>, OutOfMemory> {
    let items = items.into_iter();
    let mut vec = try_with_capacity(items.size_hint().0)?;
    for item in items {
        vec.try_push(item)?;
    }
    Ok(vec)
}

/// Returns a copy of these items.
///
/// # Errors
/// If there is not enough memory.
#[inline]
pub fn try_copy<T: Copy>(items: &[T]) -> Result<Box<[T]>, OutOfMemory> {
    let mut copy = try_with_capacity(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy.into_boxed_slice())
}

/// Returns a copy of a text.
///
/// # Errors
/// If there is not enough memory.
#[inline(never)]
pub fn try_str(text: &str) -> Result<Box<str>, OutOfMemory> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).map_err(|_| OutOfMemory)?;
    copy.push_str(text);
    Ok(copy.into_boxed_str())
}

/// Formats a message.
///
/// # Errors
/// If there is not enough memory.
#[cold]
#[inline(never)]
pub fn try_format(message: fmt::Arguments<'_>) -> Result<String, OutOfMemory> {
    struct FallibleString(String);
    impl fmt::Write for FallibleString {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.try_reserve(part.len()).map_err(|_| fmt::Error)?;
            self.0.push_str(part);
            Ok(())
        }
    }
    let mut text = FallibleString(String::new());
    match fmt::Write::write_fmt(&mut text, message) {
        Ok(()) => Ok(text.0),
        Err(fmt::Error) => Err(OutOfMemory),
    }
}

//! Checks of pointers and lengths that come from C.

use crate::status::Status;

/// Memory that C named. `end` does not wrap.
#[derive(Clone, Copy)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

/// Checks a pointer to `count` items of type `P`, which are aligned as it must be. No items may lie at null.
pub fn checked<P>(start: *const P, count: usize) -> Result<Range, Status> {
    if start.is_null() && count > 0 {
        return Err(Status::NullPointer);
    }
    if !start.is_aligned() {
        return Err(Status::Misaligned);
    }
    let bytes = count.checked_mul(size_of::<P>()).filter(|&bytes| isize::try_from(bytes).is_ok());
    let end = bytes.and_then(|bytes| start.addr().checked_add(bytes)).ok_or(Status::BadRange)?;
    Ok(Range { start: start.addr(), end })
}

impl Range {
    /// Fails if a byte is in both.
    pub fn apart_from(self, other: Range) -> Result<(), Status> {
        let overlap = self.start.max(other.start) < self.end.min(other.end);
        if overlap { Err(Status::Overlap) } else { Ok(()) }
    }
}

/// Returns a slice of what `checked` passed. C may give null for no items.
///
/// # Safety
/// The items are readable and do not change for `'a`.
pub unsafe fn slice<'a, P>(start: *const P, count: usize) -> &'a [P] {
    if count == 0 {
        return &[];
    }
    // SAFETY: `checked` checked pointer and length, and the caller guarantees the items.
    unsafe { core::slice::from_raw_parts(start, count) }
}

/// As [`slice()`], to be written.
///
/// # Safety
/// The items are readable and writable, and nothing else uses them for `'a`.
pub unsafe fn slice_mut<'a, P>(start: *mut P, count: usize) -> &'a mut [P] {
    if count == 0 {
        return &mut [];
    }
    // SAFETY: as in `slice`.
    unsafe { core::slice::from_raw_parts_mut(start, count) }
}

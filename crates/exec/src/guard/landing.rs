//! What a machine notes for faults.

/// Where a run goes on after a fault, and with what; nothing runs while the stack pointer is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Landing {
    pub(super) stack: usize,
    pub(super) at: usize,
    pub(super) saved: [usize; 2],
}

impl Landing {
    /// Nothing runs.
    pub(crate) const NONE: Landing = Landing { stack: 0, at: 0, saved: [0; 2] };
}

/// Its address stands for this copy of the library: a process may have several, of other versions, whose machines look different.
static COPY: u8 = 0;

/// What every machine of this copy begins with.
pub(crate) fn copy() -> *const u8 {
    &raw const COPY
}

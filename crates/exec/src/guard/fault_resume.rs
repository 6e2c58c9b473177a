//! What an activation records for the case of a fault.

/// Where a run resumes after a fault, and with which registers.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FaultResume {
    pub(super) stack: usize,
    pub(super) at: usize,
    pub(super) saved: [usize; 2],
}

/// The address of this static identifies this copy of the library. A process can contain several versions, whose
/// machines have different layouts.
static COPY: u8 = 0;

/// Returns the identity that the first field of each machine of this copy has.
pub(crate) fn copy() -> *const u8 {
    &raw const COPY
}

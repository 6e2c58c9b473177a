//! Takes the place of shared memories in builds without threads, and on systems where a thread cannot sleep without the
//! standard library. There are none.

use wasmote_decode::MemoryType;
#[cfg(feature = "threads")]
use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::engine::Engine;
use crate::error::Error;
use crate::wait_result::WaitResult;

/// A memory that threads share. There is none in this build.
#[derive(Clone)]
pub enum SharedMemory {}

/// Another thread grew the memory.
#[allow(dead_code)] // Nobody makes it.
pub(crate) struct Outgrown;

macro_rules! nobody_calls {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident($($ty:ty),*) -> $out:ty;)*) => {
        impl SharedMemory {
            $(
                $(#[$doc])*
                #[allow(clippy::missing_errors_doc, dead_code)]
                $vis fn $name(&self $(, _: $ty)*) -> $out {
                    match *self {}
                }
            )*
        }
    };
}

nobody_calls! {
    /// Returns the engine that it was made for.
    pub fn engine() -> &Engine;
    /// Returns an address that identifies the memory.
    pub fn address() -> *const ();
    /// Returns the type that the memory was made with.
    pub fn ty() -> &MemoryType;
    pub(crate) fn max_pages() -> u64;
    /// Returns the address of the first byte.
    pub fn base() -> *mut u8;
    /// Returns the size in bytes.
    pub fn len() -> u64;
    /// Returns whether the memory has no bytes.
    pub fn is_empty() -> bool;
    /// Returns the size in pages.
    pub fn size() -> u64;
    /// Adds pages.
    pub fn grow(u64) -> Option<u64>;
    pub(crate) fn grow_from(u64, u64) -> Result<Option<u64>, Outgrown>;
    /// Copies bytes out of the memory.
    pub fn read(u64, &mut [u8]) -> Result<(), TrapCode>;
    /// Copies bytes into the memory.
    pub fn write(u64, &[u8]) -> Result<(), TrapCode>;
    /// Waits at an address.
    pub fn wait32(u64, u32, Option<u64>) -> Result<WaitResult, Error>;
    /// Waits at an address.
    pub fn wait64(u64, u64, Option<u64>) -> Result<WaitResult, Error>;
    /// Wakes threads that wait at an address.
    pub fn notify(u64, u32) -> Result<u32, TrapCode>;
}

impl SharedMemory {
    /// Fails always.
    ///
    /// # Errors
    /// This build has no shared memories.
    pub fn new(_: &Engine, _: MemoryType) -> Result<SharedMemory, Error> {
        Err(Error::instantiate("shared memories need the feature `threads`, and on this system `std`"))
    }
}

/// The hook for `memory.atomic.wait`: no memory is shared.
#[cfg(feature = "threads")]
pub(crate) unsafe fn atomic_wait(
    _: *mut exec::Machine,
    _: *mut exec::Memory,
    _: u64,
    _: u64,
    _: u32,
    _: i64,
) -> Result<u32, TrapCode> {
    Err(TrapCode::ExpectedSharedMemory)
}

/// The hook for `memory.atomic.notify`: nobody waits.
#[cfg(feature = "threads")]
pub(crate) unsafe fn atomic_notify(_: *mut exec::Machine, _: *mut exec::Memory, _: u64, _: u32) -> u32 {
    0
}

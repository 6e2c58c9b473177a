//! Memories that threads share (spec, threads proposal: shared memories).

use core::fmt;
use core::time::Duration;

use wasmote_decode::MemoryType;
use wasmote_runtime as runtime;

use crate::engine::Engine;
use crate::error::Error;

pub use runtime::WaitResult;

/// A linear memory that several stores use, each on a thread of its own. Clones are the same memory. It belongs to no
/// store, and lives as long as a clone of it or a store that uses it.
///
/// Other threads change its bytes at any time, so they are never borrowed: [`read`](SharedMemory::read) and
/// [`write`](SharedMemory::write) copy them. A [`Memory`](crate::Memory) is never shared, and this type is
/// [`Extern::SharedMemory`](crate::Extern::SharedMemory) among imports and exports. `docs/threads.md` says more.
///
/// It needs the feature `threads`; without it, [`SharedMemory::new`] fails, and modules with shared memories are
/// refused.
///
/// ```
/// use std::thread;
/// use wasmote::{Engine, Linker, MemoryType, Module, SharedMemory, Store};
///
/// let engine = Engine::default();
/// let ty = MemoryType::shared(1, 2);
/// let memory = SharedMemory::new(&engine, ty)?;
/// let module = Module::new(&engine, wat::parse_str(r#"(module
///     (import "host" "memory" (memory 1 2 shared))
///     (func (export "add") (param i32)
///         (drop (i32.atomic.rmw.add (i32.const 8) (local.get 0)))))"#)?)?;
/// let mut linker = Linker::new(&engine);
/// linker.define("host", "memory", memory.clone())?;
/// thread::scope(|scope| {
///     for number in 1..=4 {
///         let (linker, module) = (&linker, &module);
///         scope.spawn(move || {
///             let mut store = Store::new(module.engine(), ());
///             let instance = linker.instantiate(&mut store, module).unwrap();
///             instance.get_typed_func::<i32, ()>(&store, "add").unwrap().call(&mut store, number).unwrap();
///         });
///     }
/// });
/// let mut sum = [0; 4];
/// memory.read(8, &mut sum)?;
/// assert_eq!(i32::from_le_bytes(sum), 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SharedMemory(runtime::SharedMemory);

// Threads share these. A change that made one of them unfit for that would not compile.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<SharedMemory>();
    shared::<Engine>();
    shared::<crate::Module>();
    shared::<crate::Linker<()>>();
    shared::<crate::Store<()>>();
};

impl SharedMemory {
    /// Makes a memory filled with zeros. Stores of the same engine can use it.
    ///
    /// The address space for its maximum is reserved now, so that it never moves; but at most 64 GiB, and it cannot grow
    /// beyond that. Where no address space can be reserved, its maximum is allocated.
    ///
    /// # Errors
    /// Fails if the type is not shared or has no maximum, if its minimum exceeds
    /// [`Config::max_memory`](crate::Config::max_memory), or if there is not enough memory or address space.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<SharedMemory, Error> {
        Ok(SharedMemory(runtime::SharedMemory::new(engine.inner(), ty)?))
    }

    /// Wraps the runtime's memory.
    pub(crate) fn of(memory: &runtime::SharedMemory) -> SharedMemory {
        SharedMemory(memory.clone())
    }

    pub(crate) fn inner(&self) -> &runtime::SharedMemory {
        &self.0
    }

    /// Returns whether both are the same memory.
    #[must_use]
    pub fn same(a: &SharedMemory, b: &SharedMemory) -> bool {
        a.0.address() == b.0.address()
    }

    /// Returns the type that the memory was made with. Its minimum does not change when the memory grows.
    #[must_use]
    pub fn ty(&self) -> MemoryType {
        *self.0.ty()
    }

    /// Returns the size in pages. A page has `2^page_log2` bytes. Another thread may grow the memory at any time.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.size()
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn data_size(&self) -> usize {
        self.0.len() as usize
    }

    /// Returns the address of the first byte, which never changes. At least [`SharedMemory::data_size`] bytes can be
    /// accessed from there, as long as the memory lives. Other threads access them at the same time, so each access must
    /// be atomic.
    #[must_use]
    pub fn data_ptr(&self) -> *mut u8 {
        self.0.base()
    }

    /// Adds `delta` pages of zeros, and returns the previous size in pages. No store's limiter is asked.
    ///
    /// # Errors
    /// Fails if the memory would exceed its maximum or the engine's limit, or if there is not enough memory. The memory
    /// is then unchanged.
    pub fn grow(&self, delta: u64) -> Result<u64, Error> {
        self.0.grow(delta).ok_or_else(|| Error::new("the memory cannot grow that much"))
    }

    /// Copies bytes from `offset` on out of the memory into `buffer`. Each byte is read atomically, without an order:
    /// those that other threads write meanwhile may be old or new.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory. `buffer` is then unchanged.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        Ok(self.0.read(offset, buffer)?)
    }

    /// Copies `bytes` into the memory, from `offset` on. Each byte is written atomically, without an order.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory. The memory is then unchanged.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.0.write(offset, bytes)?)
    }

    /// Waits until another thread notifies this one at an address, if the 32 bits there are `expected`, as
    /// `memory.atomic.wait32` does. `None` waits for ever. Nothing interrupts it.
    ///
    /// # Errors
    /// Fails if the address is not a multiple of 4, if it does not lie in the memory, or if there is not enough memory.
    pub fn atomic_wait32(&self, address: u64, expected: u32, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        Ok(self.0.wait32(address, expected, nanoseconds(timeout))?)
    }

    /// Does the same for 64 bits, as `memory.atomic.wait64` does.
    ///
    /// # Errors
    /// As [`SharedMemory::atomic_wait32`], with a multiple of 8.
    pub fn atomic_wait64(&self, address: u64, expected: u64, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        Ok(self.0.wait64(address, expected, nanoseconds(timeout))?)
    }

    /// Wakes up to `count` threads that wait at an address, in the order in which they came, as `memory.atomic.notify`
    /// does. Returns how many there were.
    ///
    /// # Errors
    /// Fails if the address is not a multiple of 4, or does not lie in the memory.
    pub fn atomic_notify(&self, address: u64, count: u32) -> Result<u32, Error> {
        Ok(self.0.notify(address, count)?)
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedMemory")
    }
}

fn nanoseconds(timeout: Option<Duration>) -> Option<u64> {
    // More than 500 years are for ever.
    timeout.and_then(|timeout| u64::try_from(timeout.as_nanos()).ok())
}

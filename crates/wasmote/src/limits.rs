//! Limits of a store: the trait that permits growth, and an implementation with numbers.

use core::fmt;

use wasmote_ir::TrapCode;
use wasmote_runtime as runtime;
use wasmote_runtime::{Counted, Growth, Question, Resource};

use crate::error::Error;
use crate::store::Store;

/// How many instances a store may have by default.
pub const DEFAULT_INSTANCE_LIMIT: usize = 10_000;
/// How many tables a store may have by default.
pub const DEFAULT_TABLE_LIMIT: usize = 10_000;
/// How many memories a store may have by default.
pub const DEFAULT_MEMORY_LIMIT: usize = 10_000;

/// Permits the growth of what a store has, or refuses it. [`Store::limiter`] gives it to a store.
///
/// The methods are called before something is made or grows, by the guest or by the host. `current` is the size so far,
/// 0 for what is new. `desired` is the size that it would have. `maximum` is the limit of its type, which `desired` may
/// exceed; growth then fails even if it is permitted. Numbers beyond the range of `usize` are `usize::MAX`.
///
/// `Ok(false)` refuses: `memory.grow` and `table.grow` return -1, an allocation in the heap of objects traps with
/// [`HeapExhausted`](TrapCode::HeapExhausted), and a function whose code is refused traps with
/// [`GrowthOperationLimited`](TrapCode::GrowthOperationLimited). Nothing is made that is refused when an instance is
/// made, so its instantiation fails.
///
/// `Err` stops the guest with this error. The error `TrapCode::GrowthOperationLimited.into()` becomes a trap with a
/// backtrace.
///
/// A panic passes through the guest to the host's call, as that of a host function does.
pub trait ResourceLimiter {
    /// A memory is about to have `desired` bytes.
    ///
    /// # Errors
    /// An error stops the guest.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error>;

    /// A memory could not grow, although [`memory_growing`](ResourceLimiter::memory_growing) permitted it. By default
    /// `memory.grow` returns -1.
    ///
    /// # Errors
    /// An error stops the guest.
    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        let _ = error;
        Ok(())
    }

    /// A table is about to have `desired` elements.
    ///
    /// # Errors
    /// An error stops the guest.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error>;

    /// A table could not grow, although [`table_growing`](ResourceLimiter::table_growing) permitted it. By default
    /// `table.grow` returns -1.
    ///
    /// # Errors
    /// An error stops the guest.
    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        let _ = error;
        Ok(())
    }

    /// The heap of objects is about to have `desired` bytes. The default permits it, up to
    /// [`Config::max_gc_heap`](crate::Config::max_gc_heap).
    ///
    /// The heap asks for more than the next object needs, then for less, and collects garbage in between. Only if there
    /// is no room for the object in the end, the last answer counts.
    ///
    /// # Errors
    /// An error stops the guest.
    fn gc_heap_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        let _ = (current, desired, maximum);
        Ok(true)
    }

    /// The code that calls in this store had translated is about to have `desired` bytes. The default permits it.
    ///
    /// Modules share their code between stores. Code counts in the store whose call had it translated, and nowhere if it
    /// was made when the module was loaded. [`Config::max_code_size`](crate::Config::max_code_size) limits each module.
    ///
    /// # Errors
    /// An error stops the guest.
    fn code_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        let _ = (current, desired);
        Ok(true)
    }

    /// The store is about to have `desired` bytes in all: of its memories, its tables (4 bytes for each element), its
    /// heap of objects, and the code that its calls had translated. It is called before the method for what grows. The
    /// default permits it.
    ///
    /// How many bytes code takes depends on the op set and on this crate's version. A total that is nearly used up may
    /// thus refuse in one build what it permits in another.
    ///
    /// # Errors
    /// An error stops the guest.
    fn total_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        let _ = (current, desired);
        Ok(true)
    }

    /// Returns how many instances the store may have. Default: [`DEFAULT_INSTANCE_LIMIT`]. Instances that could not be
    /// made to the end count, since their parts stay in the store.
    fn instances(&self) -> usize {
        DEFAULT_INSTANCE_LIMIT
    }

    /// Returns how many tables the store may have. Default: [`DEFAULT_TABLE_LIMIT`].
    fn tables(&self) -> usize {
        DEFAULT_TABLE_LIMIT
    }

    /// Returns how many memories the store may have. Default: [`DEFAULT_MEMORY_LIMIT`].
    fn memories(&self) -> usize {
        DEFAULT_MEMORY_LIMIT
    }
}

impl<T: 'static> Store<T> {
    /// Sets what permits growth in this store: memories, tables, objects, code, and instances. It replaces an earlier
    /// limiter. What the store has already counts, but is not asked for again. Without a limiter, the limits of the
    /// [`Config`](crate::Config) alone hold; with one, both do.
    ///
    /// If there is no memory for the limiter, the process ends. [`Store::try_limiter`] returns an error instead.
    ///
    /// ```
    /// use wasmote::{Engine, Instance, Module, Store, StoreLimits, StoreLimitsBuilder};
    ///
    /// let engine = Engine::default();
    /// let limits = StoreLimitsBuilder::new().memory_size(2 << 16).build();
    /// let mut store = Store::new(&engine, limits);
    /// store.limiter(|limits| limits);
    /// let wasm = wat::parse_str(r#"(module
    ///     (memory 1)
    ///     (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#)?;
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wasm)?, &[])?;
    /// let grow = instance.get_typed_func::<(), i32>(&store, "grow")?;
    /// assert_eq!(grow.call(&mut store, ())?, 1);
    /// assert_eq!(grow.call(&mut store, ())?, -1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn limiter(&mut self, limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static) {
        self.try_limiter(limiter).unwrap_or_else(|_| runtime::no_memory());
    }

    /// Does the same as [`Store::limiter`].
    ///
    /// # Errors
    /// Fails if there is not enough memory. The store then keeps the limiter that it had.
    pub fn try_limiter(
        &mut self,
        mut limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        Ok(self.owned.borrow_mut().set_limiter(move |data, question| answer(limiter(data), question))?)
    }
}

/// Passes a question of the runtime on to a limiter.
#[inline(never)]
fn answer(limiter: &mut dyn ResourceLimiter, question: Question) -> Result<bool, runtime::Error> {
    let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let answer = match question {
        Question::Growing(Growth { resource, current, desired, maximum }) => {
            let (current, desired, maximum) = (narrow(current), narrow(desired), maximum.map(narrow));
            match resource {
                Resource::Memory => limiter.memory_growing(current, desired, maximum),
                Resource::Table => limiter.table_growing(current, desired, maximum),
                Resource::GcHeap => limiter.gc_heap_growing(current, desired, maximum),
                Resource::Code => limiter.code_growing(current, desired),
                Resource::Total => limiter.total_growing(current, desired),
            }
        }
        Question::Failed(Resource::Table) => {
            limiter.table_grow_failed(Error::new("the table cannot grow that much")).map(|()| true)
        }
        Question::Failed(_) => {
            limiter.memory_grow_failed(Error::new("the memory cannot grow that much")).map(|()| true)
        }
        Question::Number(what, number) => {
            let most = match what {
                Counted::Instances => limiter.instances(),
                Counted::Memories => limiter.memories(),
                Counted::Tables => limiter.tables(),
            };
            Ok(number <= most as u64)
        }
    };
    answer.map_err(Error::into_runtime)
}

impl Error {
    /// Turns an error of the embedder's into one that the runtime passes on. A trap without a backtrace becomes the
    /// runtime's own, which can add one.
    #[cold]
    fn into_runtime(self) -> runtime::Error {
        match self.as_trap_code() {
            Some(code) if self.backtrace().is_none() => code.into(),
            _ => self.into_host(),
        }
    }
}

/// Limits with numbers, made by a [`StoreLimitsBuilder`]. It permits all growth that stays within them.
///
/// It is stateless: one value may serve any number of stores, and the limits hold for each of them.
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    gc_heap_size: Option<usize>,
    code_size: Option<usize>,
    max_total_bytes: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            gc_heap_size: None,
            code_size: None,
            max_total_bytes: None,
            instances: DEFAULT_INSTANCE_LIMIT,
            tables: DEFAULT_TABLE_LIMIT,
            memories: DEFAULT_MEMORY_LIMIT,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimits {
    /// Permits what is within a limit. Beyond it, growth is refused or traps, as asked.
    fn within(&self, desired: usize, limit: Option<usize>) -> Result<bool, Error> {
        match limit {
            Some(limit) if desired > limit => self.refuse().map(|()| false),
            _ => Ok(true),
        }
    }

    fn refuse(&self) -> Result<(), Error> {
        if self.trap_on_grow_failure { Err(TrapCode::GrowthOperationLimited.into()) } else { Ok(()) }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        Ok(self.within(desired, self.memory_size)? && self.within(desired, maximum)?)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        self.refuse()
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        Ok(self.within(desired, self.table_elements)? && self.within(desired, maximum)?)
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        self.refuse()
    }

    fn gc_heap_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        self.within(desired, self.gc_heap_size)
    }

    fn code_growing(&mut self, _: usize, desired: usize) -> Result<bool, Error> {
        self.within(desired, self.code_size)
    }

    fn total_growing(&mut self, _: usize, desired: usize) -> Result<bool, Error> {
        self.within(desired, self.max_total_bytes)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Makes [`StoreLimits`].
///
/// ```
/// use wasmote::{Engine, Store, StoreLimitsBuilder};
///
/// // The guest gets a mebibyte for everything, and traps if it asks for more.
/// let limits = StoreLimitsBuilder::new().max_total_bytes(1 << 20).trap_on_grow_failure(true).build();
/// let mut store = Store::new(&Engine::default(), limits);
/// store.limiter(|limits| limits);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// Makes a builder with the default limits: [`DEFAULT_INSTANCE_LIMIT`], [`DEFAULT_TABLE_LIMIT`],
    /// [`DEFAULT_MEMORY_LIMIT`], and no others.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// Sets the maximum size of each memory in bytes. Default: none.
    pub fn memory_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.memory_size = Some(bytes);
        self
    }

    /// Sets the maximum number of elements of each table. Default: none.
    pub fn table_elements(mut self, elements: usize) -> StoreLimitsBuilder {
        self.0.table_elements = Some(elements);
        self
    }

    /// Sets the maximum size of the heap of objects in bytes. Default: none.
    pub fn gc_heap_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.gc_heap_size = Some(bytes);
        self
    }

    /// Sets how many bytes of code the store's calls may have translated: see
    /// [`code_growing`](ResourceLimiter::code_growing). Default: none.
    pub fn code_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.code_size = Some(bytes);
        self
    }

    /// Sets the maximum bytes of all memories, tables, objects and translated code of a store together: see
    /// [`total_growing`](ResourceLimiter::total_growing). Default: none.
    pub fn max_total_bytes(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.max_total_bytes = Some(bytes);
        self
    }

    /// Sets the maximum number of instances. Default: [`DEFAULT_INSTANCE_LIMIT`].
    pub fn instances(mut self, limit: usize) -> StoreLimitsBuilder {
        self.0.instances = limit;
        self
    }

    /// Sets the maximum number of tables. Default: [`DEFAULT_TABLE_LIMIT`].
    pub fn tables(mut self, limit: usize) -> StoreLimitsBuilder {
        self.0.tables = limit;
        self
    }

    /// Sets the maximum number of memories. Default: [`DEFAULT_MEMORY_LIMIT`].
    pub fn memories(mut self, limit: usize) -> StoreLimitsBuilder {
        self.0.memories = limit;
        self
    }

    /// Sets whether growth that is refused or fails traps with
    /// [`GrowthOperationLimited`](TrapCode::GrowthOperationLimited), instead of returning -1. Default: no.
    pub fn trap_on_grow_failure(mut self, trap: bool) -> StoreLimitsBuilder {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// Returns the limits.
    #[must_use]
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl fmt::Debug for StoreLimitsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

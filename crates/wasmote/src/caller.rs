//! The caller of a host function.

use core::fmt;

use wasmote_runtime as runtime;
use wasmote_runtime::Item;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::engine::Engine;
use crate::externs::Extern;
use crate::handles::Memory;
use crate::module::ModuleExport;
use crate::shared_memory::SharedMemory;

/// The store and the calling instance, as a host function sees them. It can be used wherever a context is asked
/// for, also to call wasm.
///
/// ```
/// use wasmote::{Caller, Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::<u32>::new(&engine);
/// linker.func_wrap("host", "add", |mut caller: Caller<'_, u32>, x: u32| *caller.data_mut() += x)?;
/// let wasm = wat::parse_str(r#"(module
///     (import "host" "add" (func $add (param i32)))
///     (func (export "run") (call $add (i32.const 40)) (call $add (i32.const 2))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, 0);
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
/// assert_eq!(*store.data(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// `repr(transparent)` lets `host::call_plain` call a `fn(Caller<'_, T>, ..)` as one that takes a `Caller<'_, ()>`:
// both are a pointer to the call.
#[repr(transparent)]
pub struct Caller<'a, T>(runtime::Caller<'a, T>);

impl<T: fmt::Debug> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("data", self.data()).finish_non_exhaustive()
    }
}

impl<'a, T> Caller<'a, T> {
    /// Wraps the runtime's caller.
    pub(crate) fn of(caller: runtime::Caller<'a, T>) -> Caller<'a, T> {
        Caller(caller)
    }

    #[cfg(feature = "profile")]
    pub(crate) fn runtime_mut(&mut self) -> &mut runtime::Caller<'a, T> {
        &mut self.0
    }

    /// Returns the embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.0.store().data()
    }

    /// Returns the embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.store_mut().into_parts().1
    }

    /// Returns the store's engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.as_context().engine()
    }

    /// Returns the calling instance's export with this name. `None` also if the host called the function directly.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        Some(Extern::of(self.0.store().store(), self.0.instance()?.export(name)?))
    }

    /// Returns an export of the calling instance that was found in its module before. `None` if the instance is one of
    /// another module, and if the host called the function directly.
    #[must_use]
    pub fn get_module_export(&self, export: &ModuleExport) -> Option<Extern> {
        let instance = self.0.instance()?;
        Some(Extern::of(self.0.store().store(), instance.exported(export.of(instance.module())?)?))
    }

    /// Returns the memory that the calling instance exports as `memory`. Most host functions work on it.
    /// Instantiation looks it up once, so this is cheap. `None` also if threads share it: see
    /// [`Caller::shared_memory`].
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        self.exported_memory()?.into_memory()
    }

    /// Returns the memory that the calling instance exports as `memory`, if threads share it.
    #[must_use]
    pub fn shared_memory(&self) -> Option<SharedMemory> {
        self.exported_memory()?.into_shared_memory()
    }

    #[inline]
    fn exported_memory(&self) -> Option<Extern> {
        Some(Extern::of(self.0.store().store(), Item::Memory(self.0.instance()?.memory()?)))
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0.store())
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0.store_mut())
    }
}

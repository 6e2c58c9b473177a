//! What a host function gets besides its arguments.

use wasmote_runtime as runtime;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::engine::Engine;
use crate::externs::Extern;
use crate::handles::Memory;

/// The store and the instance that called, as a host function sees them. Wasm may be called through it, and it
/// may be given wherever a context is asked for.
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
// A plain function that takes this is called as one that takes a `Caller<'_, ()>`: both are a pointer to a call.
#[repr(transparent)]
pub struct Caller<'a, T>(runtime::Caller<'a, T>);

impl<'a, T> Caller<'a, T> {
    /// What the runtime has as one.
    pub(crate) fn of(caller: runtime::Caller<'a, T>) -> Caller<'a, T> {
        Caller(caller)
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.0.store().data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.store_mut().into_parts().1
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.as_context().engine()
    }

    /// What the calling instance exports under this name; `None` also if the host called.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        Some(Extern::of(self.0.store().store(), self.0.instance()?.export(name)?))
    }

    /// The memory that the calling instance exports as `memory`, which is where most host functions find what they
    /// are asked to work on. It is looked up once an instance, not here.
    pub fn memory(&self) -> Option<Memory> {
        Some(Memory::of(self.0.store().store(), self.0.instance()?.memory()?))
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

//! What a host function gets besides its arguments.

use core::marker::PhantomData;
use core::ptr::NonNull;

use wasmote_exec as exec;

use crate::context::{AsContext, AsContextMut};
use crate::engine::Engine;
use crate::externs::Extern;
use crate::instance::InstanceRecord;
use crate::memory::Memory;
use crate::store::StoreInner;

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
// A plain function that takes this is called as one that takes a `RawCaller`: both are a pointer to a frame.
#[repr(transparent)]
pub struct Caller<'a, T> {
    frame: NonNull<HostFrame>,
    borrow: PhantomData<&'a mut ()>,
    data: PhantomData<fn(T) -> T>,
}

/// A [`Caller`] of a store with whatever data.
#[doc(hidden)]
#[repr(transparent)]
pub struct RawCaller<'a> {
    frame: NonNull<HostFrame>,
    store: PhantomData<&'a mut ()>,
}

/// A call of a host function that is under way.
pub(crate) struct HostFrame {
    pub(crate) root: NonNull<StoreInner>,
    /// Who called; null if it was the host.
    pub(crate) instance: *mut exec::Instance,
}

impl<'a> RawCaller<'a> {
    /// # Safety
    /// Nobody else uses the store for `'a`.
    pub(crate) unsafe fn new(frame: &'a mut HostFrame) -> RawCaller<'a> {
        RawCaller { frame: NonNull::from(frame), store: PhantomData }
    }

    /// # Safety
    /// The store's data is a `T`.
    pub(crate) unsafe fn typed<T>(self) -> Caller<'a, T> {
        Caller { frame: self.frame, borrow: PhantomData, data: PhantomData }
    }

    pub(crate) fn root(&self) -> NonNull<StoreInner> {
        // SAFETY: the frame lives for `'a`.
        unsafe { self.frame.as_ref().root }
    }
}

impl<T> Caller<'_, T> {
    fn frame(&self) -> &HostFrame {
        // SAFETY: the frame lives for `'a`.
        unsafe { self.frame.as_ref() }
    }

    pub(crate) fn root(&self) -> NonNull<StoreInner> {
        self.frame().root
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.as_context().data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: the store's data is a `T` (`RawCaller::typed`), and nobody else uses it while `self` is borrowed.
        unsafe { self.as_context_mut().inner_mut().data.cast().as_mut() }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.as_context().engine()
    }

    /// What the calling instance exports under this name; `None` also if the host called.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        let instance = NonNull::new(self.frame().instance)?;
        // SAFETY: an instance is the first part of its record, which lives as long as the store.
        let record = unsafe { instance.cast::<InstanceRecord>().as_ref() };
        record.export(self.as_context().inner(), name)
    }

    /// The memory that the calling instance exports as `memory`, which is where most host functions find what they
    /// are asked to work on. It is looked up once an instance, not here.
    pub fn memory(&self) -> Option<Memory> {
        let instance = NonNull::new(self.frame().instance)?;
        // SAFETY: as in `get_export`.
        unsafe { instance.cast::<InstanceRecord>().as_ref().memory }
    }
}

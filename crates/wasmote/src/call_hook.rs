//! What the embedder has called when calls pass between the host and wasm.

use wasmote_runtime as runtime;
pub use wasmote_runtime::CallHook;

use crate::context::{AsContextMut, StoreContextMut};
use crate::error::Error;
use crate::store::Store;

impl<T: 'static> Store<T> {
    /// Sets what is called whenever a call passes between the host and wasm, in either direction. It replaces an earlier
    /// hook. Host functions that the host calls itself count as calls from wasm.
    ///
    /// ```
    /// use wasmote::{CallHook, Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, wat::parse_str(r#"(module (func (export "run")))"#)?)?;
    /// let mut store = Store::new(&engine, Vec::new());
    /// store.call_hook(|seen: &mut Vec<CallHook>, hook| Ok(seen.push(hook)));
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
    /// assert_eq!(*store.data(), [CallHook::CallingWasm, CallHook::ReturningFromWasm]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An error of the hook ends the call, and is its error. Before the call, the callee does not run.
    pub fn call_hook(&mut self, mut hook: impl FnMut(&mut T, CallHook) -> Result<(), Error> + Send + Sync + 'static) {
        self.as_context_mut().0.set_call_hook(move |store: runtime::StoreMut<'_, T>, at| {
            let mut store = StoreContextMut(store);
            hook(store.data_mut(), at).map_err(|error| error.stop(store.inner_mut()))
        });
    }
}

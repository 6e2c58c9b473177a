//! Interruption: other threads stop a store's code, or epochs do.

use core::fmt;
use core::task::Waker;

use wasmote_runtime as runtime;

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut, StoreContextMut};
use crate::engine::{Config, Engine};
use crate::error::{Error, ErrorKind};
use crate::store::Store;

pub use runtime::UpdateDeadline;

/// Interrupts the code of a store. It can be cloned and sent to other threads, and may outlive the store.
///
/// ```
/// use std::{thread, time::Duration};
/// use wasmote::{Config, Engine, Instance, Module, Store, TrapCode};
///
/// let engine = Engine::new(Config::new().interruption(true));
/// let module = Module::new(&engine, wat::parse_str(r#"(module (func (export "spin") (loop (br 0))))"#)?)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let handle = store.interrupt_handle()?;
/// thread::spawn(move || {
///     thread::sleep(Duration::from_millis(10));
///     handle.interrupt();
/// });
/// let error = instance.get_typed_func::<(), ()>(&store, "spin")?.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.as_trap_code().unwrap(), TrapCode::Interrupt);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle(runtime::InterruptHandle);

impl InterruptHandle {
    /// Stops the store's running code at its next call, loop or part of a bulk operation. If no code runs, it stops the
    /// next code that runs. The call then ends with the trap [`Interrupt`](crate::TrapCode::Interrupt).
    /// Several interruptions before that count as one. If the store is gone, nothing happens.
    ///
    /// It never waits and never allocates, so a signal handler may call it.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }

    /// Returns whether an interruption was asked for that has not yet taken effect. A host function that works for a
    /// long time asks this, and then returns an error: [`Error::interrupted`], if it can be called again.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.0.is_interrupted()
    }

    /// Returns how many calls interruptions have ended in this store so far. A host function that returned
    /// [`Error::interrupted`] compares it with an earlier value: if it is the same, its call may be made again.
    #[must_use]
    pub fn stopped_calls(&self) -> usize {
        self.0.stopped_calls()
    }

    /// Sets what an interruption wakes, beside the code itself. `None` removes it. Host functions that block use it.
    ///
    /// A store has one waker. If signal handlers interrupt the store, waking must be allowed in them.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn set_waker(&self, waker: Option<Waker>) -> Result<(), Error> {
        Ok(self.0.set_waker(waker).map_err(runtime::Error::from)?)
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Config {
    /// Sets whether code can be interrupted: by an [`InterruptHandle`], or by epochs. Default: off.
    ///
    /// Code looks for interruptions at calls, which costs nothing, and in loops: see [`Config::interruption_in_loops`].
    pub fn interruption(&mut self, on: bool) -> &mut Config {
        self.settings.optional.interruption = on;
        self
    }

    /// Sets whether loops look for interruptions, if calls do. Default: on.
    ///
    /// It costs about 1% of the time. Without it, a loop that calls no function cannot be interrupted.
    pub fn interruption_in_loops(&mut self, on: bool) -> &mut Config {
        self.settings.optional.interruption_at_calls_only = !on;
        self
    }

    /// Does the same as [`Config::interruption`]. Programs that were written for Wasmtime use this name.
    pub fn epoch_interruption(&mut self, on: bool) -> &mut Config {
        self.interruption(on)
    }
}

impl Error {
    /// Makes the error with which a host function gives way to an interruption of its store.
    ///
    /// The interruption takes effect at once. If the code continues after it, the host function is called again with
    /// the same arguments, so it must not have done anything yet. Otherwise the call ends with the trap
    /// [`Interrupt`](crate::TrapCode::Interrupt). An error of a call that ended so is another one: a host function
    /// that passes it on is not called again.
    ///
    /// ```
    /// use wasmote::{Caller, Config, Engine, Error, Linker, Module, Store, TrapCode};
    ///
    /// let engine = Engine::new(Config::new().interruption(true));
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap("host", "wait", |mut caller: Caller<'_, ()>| {
    ///     let handle = caller.interrupt_handle()?;
    ///     std::thread::spawn(move || handle.interrupt());
    ///     while !caller.is_interrupted() {
    ///         std::thread::yield_now();
    ///     }
    ///     Err::<(), Error>(Error::interrupted())
    /// })?;
    /// let wasm = wat::parse_str(r#"(module (import "host" "wait" (func $wait)) (func (export "run") (call $wait)))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = linker.instantiate(&mut store, &Module::new(&engine, wasm)?)?;
    /// let error = instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ()).unwrap_err();
    /// assert_eq!(error.as_trap_code().unwrap(), TrapCode::Interrupt);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn interrupted() -> Error {
        Error::of(ErrorKind::Interrupted)
    }
}

impl Engine {
    /// Returns whether [`Config::interruption`] is on, so that stores have interrupt handles.
    #[must_use]
    pub fn is_interruptible(&self) -> bool {
        self.inner().is_interruptible()
    }

    /// Returns whether loops look for interruptions, too ([`Config::interruption_in_loops`]). It is false if
    /// [`Config::interruption`] is off.
    #[must_use]
    pub fn interrupts_loops(&self) -> bool {
        self.inner().interrupts_loops()
    }

    /// Begins the next epoch. Stores whose deadline is reached are interrupted: see [`Store::set_epoch_deadline`].
    ///
    /// A thread of the embedder calls this regularly, for example every 10 milliseconds. A signal handler must not.
    pub fn increment_epoch(&self) {
        self.inner().increment_epoch();
    }
}

impl<T> Store<T> {
    /// Returns a handle that interrupts this store's code from other threads.
    ///
    /// # Errors
    /// Fails if [`Config::interruption`] is off, or if there is not enough memory.
    pub fn interrupt_handle(&mut self) -> Result<InterruptHandle, Error> {
        self.as_context_mut().interrupt_handle()
    }

    /// Sets the store's deadline: `ticks` epochs from the current one on. The epochs are those of
    /// [`Engine::increment_epoch`]. At the deadline, code stops as the last of these functions said:
    /// [`Store::epoch_deadline_trap`], which is the default, [`Store::epoch_deadline_callback`], or
    /// [`Store::epoch_deadline_async_yield_and_update`]. A store without a deadline runs on.
    ///
    /// # Errors
    /// Fails if [`Config::interruption`] is off, or if there is not enough memory.
    pub fn set_epoch_deadline(&mut self, ticks: u64) -> Result<(), Error> {
        self.as_context_mut().set_epoch_deadline(ticks)
    }

    /// Sets that a call ends with the trap [`Interrupt`](crate::TrapCode::Interrupt) at the deadline.
    pub fn epoch_deadline_trap(&mut self) {
        self.as_context_mut().inner_mut().epoch_deadline_trap();
    }

    /// Sets that an asynchronous call lets others run at the deadline. The next deadline is `ticks` epochs later. Other
    /// calls continue at once.
    pub fn epoch_deadline_async_yield_and_update(&mut self, ticks: u64) {
        self.as_context_mut().inner_mut().epoch_deadline_yield(ticks);
    }
}

impl<T: 'static> Store<T> {
    /// Sets what is called at the deadline. It decides whether code continues, and until when. It may use the store.
    ///
    /// # Errors
    /// An error of the callback ends the call and is the call's error.
    pub fn epoch_deadline_callback(
        &mut self,
        mut callback: impl FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline, Error> + Send + 'static,
    ) {
        let stop = move |store: runtime::StoreMut<'_, T>| {
            let mut store = StoreContextMut(store);
            let decided = callback(StoreContextMut(store.0.borrow_mut()));
            decided.map_err(|error| error.stop(store.inner_mut()))
        };
        self.as_context_mut().0.epoch_deadline_callback(stop);
    }
}

impl<T> StoreContextMut<'_, T> {
    /// See [`Store::interrupt_handle`].
    ///
    /// # Errors
    /// Those of [`Store::interrupt_handle`].
    pub fn interrupt_handle(&mut self) -> Result<InterruptHandle, Error> {
        Ok(InterruptHandle(self.inner_mut().interrupt_handle()?))
    }

    /// See [`Store::set_epoch_deadline`].
    ///
    /// # Errors
    /// Those of [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) -> Result<(), Error> {
        Ok(self.inner_mut().set_epoch_deadline(ticks)?)
    }
}

impl<T> Caller<'_, T> {
    /// Returns whether an interruption of the store was asked for that has not yet taken effect. A host function that
    /// works for a long time asks this, and then returns an error.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.as_context().inner().is_interrupted()
    }

    /// See [`Store::interrupt_handle`].
    ///
    /// # Errors
    /// Those of [`Store::interrupt_handle`].
    pub fn interrupt_handle(&mut self) -> Result<InterruptHandle, Error> {
        self.as_context_mut().interrupt_handle()
    }
}

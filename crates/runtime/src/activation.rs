//! Resumable calls: they stop when their fuel is used up, when they are interrupted, or when a host function suspends
//! them. Then they run again or are dropped. Each has its own value stack, so any number of a store's calls can be
//! stopped at the same time.

use alloc::vec::Vec;
use core::num::NonZeroU64;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::call_hook::{self, CallHook};
use crate::error::Error;
use crate::interrupt::{self, Next};
use crate::lock::Lock;
use crate::run::{failure, hook_failed};
use crate::shared::FallibleArc;
use crate::stack::ValueStack;
use crate::store::{Store, StoreId};

/// How far a call has come.
#[derive(Debug)]
pub enum Progress {
    /// It has returned, and the results are written.
    Returned,
    /// Its fuel is used up. [`StoreMut::run`](crate::StoreMut::run) continues it.
    OutOfFuel,
    /// It was interrupted. [`StoreMut::run`](crate::StoreMut::run) continues it.
    Interrupted,
    /// It lets others run ([`Activation::yield_every`]). [`StoreMut::run`](crate::StoreMut::run) continues it.
    Yielded,
    /// A host function suspended it, with this error. [`StoreMut::finish_host`](crate::StoreMut::finish_host) continues
    /// it with the host function's results, and [`StoreMut::fail`](crate::StoreMut::fail) with a failure.
    Waiting(Error),
}

/// A call of the host into wasm that has not ended. Dropping it ends it.
pub struct Activation {
    paused: Paused,
    store: StoreId,
    /// `None` if the call never yields.
    yields: Option<Yields>,
}

/// When a call yields: at deadlines that ask for it, and after so much fuel.
struct Yields {
    interval: Option<NonZeroU64>,
    /// The fuel until the next time.
    left: u64,
}

/// A call while it does not run. `None` once it has ended. The collector looks for references in it.
pub(crate) type Paused = FallibleArc<Lock<Option<Call>>>;

/// A call and its value stack.
pub(crate) struct Call {
    activation: exec::Activation,
    /// Whether it waits for a host function.
    waits: bool,
    /// The memory of the call's slots. It is never read, but must live as long as the activation.
    _stack: ValueStack,
}

// SAFETY: its pointers lead to its own stack and to records of its store. Only code that mutably borrows the store
// uses them.
unsafe impl Send for Call {}

impl Drop for Activation {
    fn drop(&mut self) {
        // The store may keep its share of the `Arc`, but not the stack.
        let call = self.paused.lock().take();
        drop(call);
    }
}

/// The calls of a store that have not ended, and some that have.
#[derive(Default)]
pub(crate) struct Calls {
    all: Vec<Paused>,
    /// With this many calls in `all`, those that have ended are removed.
    full: usize,
}

impl Calls {
    fn add(&mut self, call: Paused) -> Result<(), OutOfMemory> {
        if self.all.len() >= self.full {
            self.all.retain(|call| !call.is_only_owner());
            self.full = 2 * self.all.len() + 8;
        }
        self.all.try_push(call)
    }

    /// Calls `each` with the slots in use of each call that does not run.
    #[cfg(feature = "gc")]
    pub(crate) fn each_stack(&self, each: &mut dyn FnMut(*const u64, *const u64)) {
        for call in &self.all {
            if let Some(call) = &*call.lock() {
                // SAFETY: the call has stopped, in the store that has this list.
                unsafe { call.activation.each_stack(each) };
            }
        }
    }
}

impl Activation {
    /// Starts a call of a function by its reference. Arguments are in slots. It does not run yet.
    ///
    /// # Safety
    /// As for [`crate::run::call`].
    pub(crate) unsafe fn start(mut root: NonNull<Store>, func: u32, args: &[u64]) -> Result<Activation, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it.
        let store = unsafe { root.as_mut() };
        let Some(func) = store.func(func) else { unreachable!("functions stay in their store") };
        let stack = ValueStack::new(store.engine.settings().max_stack, store.engine.spaces()).ok_or(OutOfMemory)?;
        let machine = &raw mut store.machine;
        // SAFETY: `func` is a record of the store, and the caller guarantees that `args` has the slots of its type.
        // Nothing runs on the machine while its stack is replaced.
        let started = unsafe {
            let outside = ((*machine).stack_top, (*machine).stack_end());
            (*machine).set_stack(stack.start(), stack.len());
            let started = exec::Activation::start(machine, func, args);
            (*machine).set_stack_end(outside.1);
            (*machine).stack_top = outside.0;
            started
        };
        let activation = started?;
        let paused = FallibleArc::try_new(Lock::new(Some(Call { activation, waits: false, _stack: stack })))?;
        store.calls.add(paused.clone())?;
        Ok(Activation { paused, store: store.id(), yields: None })
    }

    /// Runs the call until it returns or stops. An error ends it.
    ///
    /// # Safety
    /// As for [`crate::run::call`], and `results` has the slots of the function's type.
    pub(crate) unsafe fn run(&mut self, root: NonNull<Store>, results: &mut [u64]) -> Result<Progress, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. `take` returned a call of this
        // store that can continue.
        unsafe {
            let call = self.take(root.as_ref(), false)?;
            self.go_on(root, call, results)
        }
    }

    /// Continues a call with the results of the host function that it waits for.
    ///
    /// # Safety
    /// As for [`Activation::run`]. `values` has the slots of the host function's results, with valid values.
    pub(crate) unsafe fn finish_host(
        &mut self,
        root: NonNull<Store>,
        values: &[u64],
        results: &mut [u64],
    ) -> Result<Progress, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. `take` returned a call of this
        // store that waits, and nothing wrote to its stack since. The caller guarantees the slots of both slices.
        unsafe {
            let mut call = self.take(root.as_ref(), true)?;
            call.waits = false;
            if call.activation.finish_host(values) {
                call.activation.results(results);
                return Ok(Progress::Returned);
            }
            self.go_on(root, call, results)
        }
    }

    /// Continues a call with a failure, which a trap code tells, as host functions return it. If the call waits for a
    /// host function, that function fails. A failure that wasm cannot catch ends the call.
    ///
    /// # Safety
    /// As for [`Activation::run`].
    pub(crate) unsafe fn fail(
        &mut self,
        root: NonNull<Store>,
        code: TrapCode,
        results: &mut [u64],
    ) -> Result<Progress, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. `take` returned a call of this
        // store, and nothing wrote to its stack since it stopped. No reference to the store lasts through what follows.
        unsafe {
            let waits = self.waits();
            let mut call = self.take(root.as_ref(), waits)?;
            let machine = &raw mut (*root.as_ptr()).machine;
            match code {
                TrapCode::Suspended if waits => self.stopped(root, call, exec::Stop::Waiting, code),
                TrapCode::Exception if waits && call.activation.throw_in_caller(machine, (*machine).exception) => {
                    call.waits = false;
                    self.go_on(root, call, results)
                }
                code => Err(failure(root, &call.activation, code)),
            }
        }
    }

    /// Makes the call yield at deadlines that ask for it, and each time that it has used this much fuel.
    pub fn yield_every(&mut self, interval: Option<NonZeroU64>) {
        self.yields = Some(Yields { interval, left: interval.map_or(0, NonZeroU64::get) });
    }

    fn waits(&self) -> bool {
        self.paused.lock().as_ref().is_some_and(|call| call.waits)
    }

    /// Returns whether the call belongs to this store. Otherwise the store refuses to run it.
    pub fn is_of(&self, store: &Store) -> bool {
        self.store == store.id()
    }

    /// Returns the reference to the host function that the call waits for.
    pub fn awaited(&self, store: &Store) -> Option<u32> {
        let paused = self.paused.lock();
        let call = paused.as_ref().filter(|call| call.waits && self.is_of(store))?;
        // SAFETY: the call waits for a host function. `store` is its store, and keeps the function's record in place.
        Some(unsafe { (*call.activation.awaited()).reference })
    }

    /// Takes the call, to run it.
    fn take(&mut self, store: &Store, waits: bool) -> Result<Call, Error> {
        if !self.is_of(store) {
            return Err(Error::usage("the call belongs to another store"));
        }
        // SAFETY: the machine is the store's.
        if !unsafe { exec::Machine::has_native_stack(&raw const store.machine) } {
            return Err(TrapCode::StackOverflow.into());
        }
        let mut paused = self.paused.lock();
        match paused.take() {
            Some(call) if call.waits == waits => Ok(call),
            Some(call) => {
                *paused = Some(call);
                Err(Error::usage("the call waits for a host function, or for something else than that"))
            }
            None => Err(Error::usage("the call has ended")),
        }
    }

    /// # Safety
    /// As for [`Activation::run`]. `call` is this one, was taken, and can continue.
    unsafe fn go_on(&mut self, root: NonNull<Store>, call: Call, results: &mut [u64]) -> Result<Progress, Error> {
        // SAFETY: the caller guarantees the same for all of these.
        unsafe {
            call_hook::around(
                root,
                [CallHook::CallingWasm, CallHook::ReturningFromWasm],
                || self.go_on_in_wasm(root, call, results),
                |code| hook_failed(root, code),
            )
        }
    }

    /// # Safety
    /// As for [`Activation::go_on`].
    unsafe fn go_on_in_wasm(
        &mut self,
        mut root: NonNull<Store>,
        mut call: Call,
        results: &mut [u64],
    ) -> Result<Progress, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. The call belongs to it and can
        // continue. If it returns, the caller guarantees the slots of `results`.
        unsafe {
            let stop = loop {
                let (stop, more) = self.run_slice(root, &mut call.activation);
                match stop {
                    exec::Stop::OutOfFuel if more => {
                        *self.paused.lock() = Some(call);
                        return Ok(Progress::Yielded);
                    }
                    exec::Stop::OutOfFuel if self.yields.is_none() && root.as_mut().refuel() => {}
                    exec::Stop::Interrupted => match interrupt::next(root, &mut call.activation) {
                        Ok(Next::Yield) if self.yields.is_some() => {
                            *self.paused.lock() = Some(call);
                            return Ok(Progress::Yielded);
                        }
                        Ok(Next::Resume | Next::Yield) => {}
                        Ok(Next::Stop) => break stop,
                        Err(of_callback) => return Err(failure(root, &call.activation, of_callback)),
                    },
                    _ => break stop,
                }
            };
            match stop.returned() {
                Ok(()) => {
                    call.activation.results(results);
                    Ok(Progress::Returned)
                }
                Err(code) => self.stopped(root, call, stop, code),
            }
        }
    }

    /// Runs a call until it stops, or until its slice of the fuel is used up. Returns whether there is more fuel then.
    ///
    /// # Safety
    /// As for [`Activation::go_on`].
    unsafe fn run_slice(&mut self, mut root: NonNull<Store>, call: &mut exec::Activation) -> (exec::Stop, bool) {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. The call belongs to it and can
        // continue.
        unsafe {
            let machine = &raw mut (*root.as_ptr()).machine;
            let Some(Yields { interval: Some(interval), left }) = &mut self.yields else {
                return (call.run(machine), false);
            };
            let outer = root.as_mut().begin_slice(*left);
            let stop = call.run(machine);
            let more;
            (*left, more) = root.as_mut().end_slice(outer);
            if more && stop == exec::Stop::OutOfFuel {
                // What is left is less than the next instruction takes, which may be more than the interval.
                *left = left.saturating_add(interval.get());
            }
            (stop, more)
        }
    }

    /// Keeps a call that has stopped and can continue. Any other has ended, with an error.
    ///
    /// # Safety
    /// As for [`Activation::run`]. The call has stopped in this store, without returning, and nothing ran since.
    unsafe fn stopped(
        &mut self,
        mut root: NonNull<Store>,
        mut call: Call,
        stop: exec::Stop,
        code: TrapCode,
    ) -> Result<Progress, Error> {
        let progress = match stop {
            exec::Stop::OutOfFuel => Progress::OutOfFuel,
            exec::Stop::Interrupted => Progress::Interrupted,
            // SAFETY: the caller borrows the store mutably and holds no reference to it.
            exec::Stop::Waiting => match unsafe { root.as_mut() }.kept_error(code) {
                Some(error) => Progress::Waiting(error),
                None => return Err(Error::usage("a host function suspended a call without a reason")),
            },
            // SAFETY: the activation stopped in this store, and nothing ran since.
            _ => return Err(unsafe { failure(root, &call.activation, code) }),
        };
        call.waits = stop == exec::Stop::Waiting;
        *self.paused.lock() = Some(call);
        Ok(progress)
    }
}

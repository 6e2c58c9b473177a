//! Calls that stop before they have returned, and go on later.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use wasmote_ir::fallible::TryVec;
use wasmote_runtime::{Activation, Progress, StoreMut, slots};

use crate::context::AsContextMut;
use crate::error::Error;
use crate::func::{check_args, read_results};
use crate::handles::Func;
use crate::suspension::Suspension;
use crate::thrown::{failure, stop};
use crate::typed::{TypedFunc, WasmTypes};
use crate::value::{Val, write_slots};

/// How far a resumable call has come. [`Func::call_resumable`] starts one.
///
/// A call that has stopped can be resumed at any time, or be dropped. Each has a value stack of its own, so any number
/// of a store's calls can be stopped at once, and they go on in any order. It belongs to its store: resuming it
/// with another one is an error.
///
/// ```
/// use wasmote::{Caller, Engine, Error, Linker, Module, ResumableCall, Store, Val};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (import "host" "ask" (func $ask (param i32) (result i32)))
///     (func (export "run") (result i32) (i32.add (call $ask (i32.const 20)) (i32.const 1))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut linker = Linker::<()>::new(&engine);
/// linker.func_wrap("host", "ask", |caller: Caller<'_, ()>, x: i32| -> Result<i32, Error> {
///     Err(caller.suspend_with(x))
/// })?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_func(&store, "run").unwrap();
///
/// let mut results = [Val::I32(0)];
/// let ResumableCall::HostTrap(call) = run.call_resumable(&mut store, &[], &mut results)? else { panic!() };
/// let asked = *call.value::<i32>().unwrap();
/// let call = call.resume(&mut store, &[Val::I32(2 * asked)], &mut results)?;
/// assert!(matches!(call, ResumableCall::Finished));
/// assert_eq!(results[0].i32(), Some(41));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum ResumableCall {
    /// The call has returned.
    Finished,
    /// A host function returned an error, or suspended it: see [`Caller::suspend`](crate::Caller::suspend).
    HostTrap(ResumableCallHostTrap),
    /// The fuel is used up, or the call was [interrupted](ResumableCallOutOfFuel::is_interrupted).
    OutOfFuel(ResumableCallOutOfFuel),
}

/// A call that waits for a host function, which returned an error. The error has no backtrace.
#[derive(Debug)]
pub struct ResumableCallHostTrap {
    call: Call,
    host: Func,
    reason: Suspension,
}

/// As [`ResumableCall`], with results of a type known at compile time.
#[derive(Debug)]
pub enum TypedResumableCall<R> {
    /// The call has returned these results.
    Finished(R),
    /// A host function returned an error, or suspended it: see [`Caller::suspend`](crate::Caller::suspend).
    HostTrap(TypedResumableCallHostTrap<R>),
    /// The fuel is used up, or the call was [interrupted](TypedResumableCallOutOfFuel::is_interrupted).
    OutOfFuel(TypedResumableCallOutOfFuel<R>),
}

/// As [`ResumableCallHostTrap`], with results of a type known at compile time.
pub struct TypedResumableCallHostTrap<R> {
    call: ResumableCallHostTrap,
    results: PhantomData<fn() -> R>,
}

/// A call that has used up the fuel, or was interrupted. After [`Store::set_fuel`](crate::Store::set_fuel) it goes on. If
/// that is less than the next instruction takes, the call stops again at once.
#[derive(Debug)]
pub struct ResumableCallOutOfFuel {
    call: Call,
    interrupted: bool,
}

/// As [`ResumableCallOutOfFuel`], with results of a type known at compile time.
pub struct TypedResumableCallOutOfFuel<R> {
    call: ResumableCallOutOfFuel,
    results: PhantomData<fn() -> R>,
}

impl ResumableCallOutOfFuel {
    /// Returns whether the call was interrupted, for example by
    /// [`InterruptHandle::interrupt`](crate::InterruptHandle::interrupt). It then needs no fuel to go on.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Goes on. The results of the call are written once it has returned.
    ///
    /// # Errors
    /// Fails if the length of `results` is wrong, or if the call belongs to another store. Otherwise as
    /// [`Func::call`]. An error ends the call.
    ///
    /// # Panics
    /// If a host function panics.
    pub fn resume(self, mut ctx: impl AsContextMut, results: &mut [Val]) -> Result<ResumableCall, Error> {
        ResumableCall::go_on_with_values(self.call, ctx.as_context_mut().0.untyped(), Next::Run, results)
    }
}

impl<R: WasmTypes> TypedResumableCallOutOfFuel<R> {
    /// Goes on.
    ///
    /// # Errors
    /// As [`ResumableCallOutOfFuel::resume`].
    ///
    /// # Panics
    /// If a host function panics.
    pub fn resume(self, mut ctx: impl AsContextMut) -> Result<TypedResumableCall<R>, Error> {
        TypedResumableCall::go_on(self.call.call, ctx.as_context_mut().0.untyped(), Next::Run)
    }
}

impl<R> TypedResumableCallOutOfFuel<R> {
    /// Returns whether the call was interrupted; see [`ResumableCallOutOfFuel::is_interrupted`].
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.call.interrupted
    }
}

impl<R> fmt::Debug for TypedResumableCallOutOfFuel<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

/// A call that has not ended.
pub(crate) struct Call {
    func: Func,
    pub(crate) activation: Activation,
}

/// How a call continues.
pub(crate) enum Next<'a> {
    /// At its start, or where the fuel was used up.
    Run,
    /// With the results of the host function that it waits for.
    Values(&'a [Val]),
    /// With the same, as slots. They have valid values of the right types.
    #[cfg(feature = "async")]
    Slots(&'a [u64]),
    /// With a failure of that function.
    Fail(Error),
    /// With a trap, where it stopped.
    #[cfg(feature = "async")]
    Trap(wasmote_ir::TrapCode),
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.func.fmt(f)
    }
}

impl Call {
    /// Starts a call, with checked arguments.
    ///
    /// # Safety
    /// The function belongs to the store. `args` has the slots of its type, with valid values.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn start(ctx: &mut StoreMut<'_, ()>, func: Func, args: &[u64]) -> Result<Call, Error> {
        let number = func.number(ctx.store());
        // SAFETY: the caller guarantees the arguments.
        let activation = unsafe { ctx.start(number, args) }?;
        Ok(Call { func, activation })
    }

    /// Returns the number of the called function.
    ///
    /// # Errors
    /// Fails if the call belongs to another store.
    pub(crate) fn number(&self, ctx: &StoreMut<'_, ()>) -> Result<u32, Error> {
        let store = ctx.borrow().store();
        match self.activation.is_of(store) {
            true => Ok(self.func.number(store)),
            false => Err(Error::new("the call belongs to another store")),
        }
    }

    /// Runs a call until it returns or stops. Its results are then in `slots`, which has the length that the function's
    /// type says.
    #[allow(unsafe_code)]
    pub(crate) fn go_on(
        &mut self,
        ctx: &mut StoreMut<'_, ()>,
        next: Next<'_>,
        slots: &mut [u64],
    ) -> Result<Progress, Error> {
        let host = self.activation.awaited(ctx.borrow().store());
        let mut buffer = Vec::new();
        // SAFETY: the callers give `slots` the length that the function's type says; a call of another store is
        // refused before they are used. The values for the host function are checked against its type.
        let progress = unsafe {
            match next {
                Next::Run => ctx.run(&mut self.activation, slots),
                Next::Values(values) => {
                    let Some(host) = host else { return Err(not_waiting()) };
                    let store = ctx.borrow().store();
                    let types = store.func_type(host).results();
                    if values.len() != types.len()
                        || !values.iter().zip(types).all(|(value, &ty)| value.is_of(ty, store))
                    {
                        return Err(Error::new("the values do not fit the results of the host function"));
                    }
                    buffer.try_resize(wasmote_runtime::slots(types), 0)?;
                    write_slots(values, &mut buffer, store);
                    ctx.finish_host(&mut self.activation, &buffer, slots)
                }
                #[cfg(feature = "async")]
                Next::Slots(values) => ctx.finish_host(&mut self.activation, values, slots),
                #[cfg(feature = "async")]
                Next::Trap(code) => ctx.fail(&mut self.activation, code, slots),
                Next::Fail(error) => {
                    let Some(_) = host else { return Err(not_waiting()) };
                    let code = stop(ctx.store(), error);
                    ctx.fail(&mut self.activation, code, slots)
                }
            }
        };
        progress.map_err(|error| failure(ctx.store(), error))
    }
}

#[cold]
#[inline(never)]
fn not_waiting() -> Error {
    Error::new("the call waits for no host function of this store")
}

impl ResumableCall {
    /// Runs a call until it returns or stops. Its results are then in `slots`.
    fn go_on(
        mut call: Call,
        ctx: &mut StoreMut<'_, ()>,
        next: Next<'_>,
        slots: &mut [u64],
    ) -> Result<ResumableCall, Error> {
        Ok(match call.go_on(ctx, next, slots)? {
            Progress::Returned => ResumableCall::Finished,
            Progress::OutOfFuel => ResumableCall::OutOfFuel(ResumableCallOutOfFuel { call, interrupted: false }),
            // A call yields only if it is told to.
            Progress::Interrupted | Progress::Yielded => {
                ResumableCall::OutOfFuel(ResumableCallOutOfFuel { call, interrupted: true })
            }
            Progress::Waiting(error) => ResumableCall::HostTrap(ResumableCallHostTrap::new(call, ctx, error)?),
        })
    }

    /// Does the same for results as values.
    fn go_on_with_values(
        call: Call,
        mut ctx: StoreMut<'_, ()>,
        next: Next<'_>,
        results: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        let func = call.number(&ctx)?;
        let types = ctx.borrow().store().func_type(func).results();
        if results.len() != types.len() {
            return Err(Error::new("the number of results does not fit the function's type"));
        }
        let mut buffer = Vec::new();
        buffer.try_resize(slots(types), 0)?;
        let next = ResumableCall::go_on(call, &mut ctx, next, &mut buffer)?;
        if let ResumableCall::Finished = next {
            read_results(ctx.borrow().store(), func, &buffer, results)?;
        }
        Ok(next)
    }
}

impl ResumableCallHostTrap {
    /// Takes the reason out of the error with which a host function stopped the call.
    fn new(call: Call, ctx: &StoreMut<'_, ()>, error: wasmote_runtime::Error) -> Result<ResumableCallHostTrap, Error> {
        let store = ctx.borrow().store();
        let error = Error::from(error);
        let reason = match error.is_suspension() {
            true => error.downcast::<Suspension>()?,
            false => Suspension { error, value: None },
        };
        let host = call.activation.awaited(store).ok_or_else(not_waiting)?;
        Ok(ResumableCallHostTrap { call, host: Func::of(store, host), reason })
    }

    /// Returns the host function. The results of its type are what [`resume`](ResumableCallHostTrap::resume) needs.
    #[must_use]
    pub fn host_func(&self) -> Func {
        self.host
    }

    /// Returns the error that the host function gave as the reason.
    #[must_use]
    pub fn host_error(&self) -> &Error {
        &self.reason.error
    }

    /// Ends the call, and returns the error that the host function gave as the reason.
    #[must_use]
    pub fn into_host_error(self) -> Error {
        self.reason.error
    }

    /// Returns the value that the host function gave as the reason, if it is of the type `V`.
    #[must_use]
    pub fn value<V: Any>(&self) -> Option<&V> {
        self.reason.value.as_deref()?.downcast_ref()
    }

    /// Takes the value that the host function gave as the reason. It can be taken once.
    pub fn take_value(&mut self) -> Option<Box<dyn Any + Send + Sync>> {
        self.reason.value.take()
    }

    /// Goes on as if the host function had returned these values. The results of the call are written once it has
    /// returned.
    ///
    /// # Errors
    /// Fails if the values are not those of the host function's type, if the length of `results` is wrong, or if the
    /// call belongs to another store. Otherwise as [`Func::call`]. An error ends the call.
    ///
    /// # Panics
    /// If a value belongs to another store, or if a host function panics.
    pub fn resume(
        self,
        mut ctx: impl AsContextMut,
        values: &[Val],
        results: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        ResumableCall::go_on_with_values(self.call, ctx.as_context_mut().0.untyped(), Next::Values(values), results)
    }

    /// Goes on as if the host function had returned this error. Wasm can catch an
    /// [`Exception`](crate::Exception). Any other error ends the call, which returns it.
    ///
    /// # Errors
    /// Fails with this error, if wasm does not catch it. Otherwise as [`resume`](ResumableCallHostTrap::resume).
    ///
    /// # Panics
    /// If a host function panics.
    pub fn resume_throw(
        self,
        mut ctx: impl AsContextMut,
        error: impl Into<Error>,
        results: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        let next = Next::Fail(error.into());
        ResumableCall::go_on_with_values(self.call, ctx.as_context_mut().0.untyped(), next, results)
    }
}

impl<R: WasmTypes> TypedResumableCall<R> {
    fn go_on(call: Call, mut ctx: StoreMut<'_, ()>, next: Next<'_>) -> Result<TypedResumableCall<R>, Error> {
        call.number(&ctx)?;
        let mut results = R::Slots::default();
        let slots = &mut results.as_mut()[..R::COUNT];
        Ok(match ResumableCall::go_on(call, &mut ctx, next, slots)? {
            ResumableCall::Finished => TypedResumableCall::Finished(R::read(slots, ctx.store())),
            ResumableCall::HostTrap(call) => {
                TypedResumableCall::HostTrap(TypedResumableCallHostTrap { call, results: PhantomData })
            }
            ResumableCall::OutOfFuel(call) => {
                TypedResumableCall::OutOfFuel(TypedResumableCallOutOfFuel { call, results: PhantomData })
            }
        })
    }
}

impl<R: WasmTypes> TypedResumableCallHostTrap<R> {
    /// Goes on as if the host function had returned these values.
    ///
    /// # Errors
    /// As [`ResumableCallHostTrap::resume`].
    ///
    /// # Panics
    /// If a value belongs to another store, or if a host function panics.
    pub fn resume(self, mut ctx: impl AsContextMut, values: &[Val]) -> Result<TypedResumableCall<R>, Error> {
        TypedResumableCall::go_on(self.call.call, ctx.as_context_mut().0.untyped(), Next::Values(values))
    }

    /// Goes on as if the host function had returned this error.
    ///
    /// # Errors
    /// As [`ResumableCallHostTrap::resume_throw`].
    ///
    /// # Panics
    /// If a host function panics.
    pub fn resume_throw(
        self,
        mut ctx: impl AsContextMut,
        error: impl Into<Error>,
    ) -> Result<TypedResumableCall<R>, Error> {
        TypedResumableCall::go_on(self.call.call, ctx.as_context_mut().0.untyped(), Next::Fail(error.into()))
    }

    /// Ends the call, and returns the error that the host function gave as the reason.
    #[must_use]
    pub fn into_host_error(self) -> Error {
        self.call.into_host_error()
    }
}

/// What is known of the host function, and of the reason.
impl<R> Deref for TypedResumableCallHostTrap<R> {
    type Target = ResumableCallHostTrap;

    fn deref(&self) -> &ResumableCallHostTrap {
        &self.call
    }
}

impl<R> DerefMut for TypedResumableCallHostTrap<R> {
    fn deref_mut(&mut self) -> &mut ResumableCallHostTrap {
        &mut self.call
    }
}

impl<R> fmt::Debug for TypedResumableCallHostTrap<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

impl Func {
    /// Calls the function so that the call can stop and go on later: see [`ResumableCall`]. The results are written
    /// once it has returned.
    ///
    /// # Errors
    /// As [`Func::call`]. Fails also if there is not enough memory for the call's value stack. The fuel being used up
    /// is no error.
    ///
    /// # Panics
    /// As [`Func::call`].
    pub fn call_resumable(
        &self,
        mut ctx: impl AsContextMut,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        let mut ctx = ctx.as_context_mut();
        let mut ctx = ctx.0.untyped();
        let call = start_with_values(*self, &mut ctx, args, results)?;
        ResumableCall::go_on_with_values(call, ctx, Next::Run, results)
    }
}

impl<P: WasmTypes, R: WasmTypes> TypedFunc<P, R> {
    /// Calls the function so that the call can stop and go on later: see [`TypedResumableCall`].
    ///
    /// # Errors
    /// As [`Func::call_resumable`].
    ///
    /// # Panics
    /// As [`TypedFunc::call`].
    pub fn call_resumable(&self, mut ctx: impl AsContextMut, params: P) -> Result<TypedResumableCall<R>, Error> {
        let mut ctx = ctx.as_context_mut();
        let call = self.start(&mut ctx.0.untyped(), params)?;
        TypedResumableCall::go_on(call, ctx.0.untyped(), Next::Run)
    }

    /// Starts a call.
    #[allow(unsafe_code)]
    pub(crate) fn start(&self, ctx: &mut StoreMut<'_, ()>, params: P) -> Result<Call, Error> {
        let mut slots = P::Slots::default();
        let (_, args) = self.write_args(ctx.store(), params, slots.as_mut())?;
        // SAFETY: `TypedFunc::new` compared `P` with the function's type, and `write_args` checked narrower references.
        unsafe { Call::start(ctx, self.func(), args) }
    }
}

/// Starts a call, after checking the arguments.
#[allow(unsafe_code)]
pub(crate) fn start_with_values(
    func: Func,
    ctx: &mut StoreMut<'_, ()>,
    args: &[Val],
    results: &[Val],
) -> Result<Call, Error> {
    let store = ctx.borrow().store();
    let ty = store.func_type(func.number(store));
    let mut buffer = Vec::new();
    buffer.try_resize(check_args(store, ty, args, results)?, 0)?;
    write_slots(args, &mut buffer, store);
    // SAFETY: `check_args` checked the arguments.
    unsafe { Call::start(ctx, func, &buffer) }
}

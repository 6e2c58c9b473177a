//! Calls and host functions that are futures.
//!
//! A call is an activation with a value stack of its own. A host function that makes a future suspends it, with the
//! future as the reason. The future of the call polls that future, and goes on with its results. So there are no
//! threads and no second native stack, and any executor will do.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::{Future, poll_fn};
use core::num::NonZeroU64;
use core::pin::Pin;
use core::task::Poll;

use wasmote_decode::FuncType;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::{TrapCode, ValType};
use wasmote_runtime::{HostCode, HostTypes, Item, Lock, Progress, no_memory, slots};

use crate::caller::Caller;
use crate::context::{AsContextMut, StoreContextMut};
use crate::error::Error;
use crate::externs::Extern;
use crate::func::read_results;
use crate::handles::{Func, Instance};
use crate::host::of_values;
use crate::instance::{items_of, without_start};
use crate::linker::Linker;
use crate::module::Module;
use crate::resumable::{Call, Next, start_with_values};
use crate::store::Store;
use crate::suspension::Suspension;
use crate::typed::sealed::Internal;
use crate::typed::{TypedFunc, WasmRet, WasmTypes, wrap};
use crate::value::{Val, write_slots};

/// Writes the results of a host function, whose future is ready, to their slots. They are of the right types.
type Finish<T> = Box<dyn FnOnce(StoreContextMut<'_, T>, &mut [u64]) -> Result<(), Error> + Send>;

/// The future of a host function in a store with data of type `T`, as the reason of a suspension. The lock is never
/// contended; it makes the reason `Sync`.
struct HostFuture<T>(Lock<Pin<Box<dyn Future<Output = Finish<T>> + Send>>>);

impl<T: 'static> HostFuture<T> {
    /// Returns the error that suspends the caller until this future is ready.
    fn suspend(
        future: impl Future<Output = impl FnOnce(StoreContextMut<'_, T>, &mut [u64]) -> Result<(), Error> + Send + 'static>
        + Send
        + 'static,
    ) -> Error {
        let erased = Box::pin(async { Box::new(future.await) as Finish<T> });
        Error::suspend_with(HostFuture::<T>(Lock::new(erased)))
    }

    /// Waits for the future in the reason of a suspension.
    async fn wait(error: Error) -> Result<Finish<T>, Error> {
        let mut suspension = error.downcast::<Suspension>()?;
        match suspension.value.as_deref_mut().and_then(|value| value.downcast_mut::<HostFuture<T>>()) {
            Some(HostFuture(future)) => Ok(future.get_mut().as_mut().await),
            None => Err(suspension.into_error().unsuspended()),
        }
    }
}

/// What the future of an asynchronous host function is ready with: what other host functions return
/// ([`Func::wrap`]), or a [`Then`], or a `Result` of one.
pub trait AsyncRet<T>: Send + 'static {
    #[doc(hidden)]
    type Values: WasmTypes;
    #[doc(hidden)]
    fn finish(self, ctx: StoreContextMut<'_, T>, _: Internal) -> Result<Self::Values, Error>;
}

/// A closure that gets the store once the future of a host function is ready, and returns the host function's results.
/// The future itself cannot use the store.
///
/// ```
/// use wasmote::{Caller, Linker, StoreContextMut, Then};
///
/// # async fn receive() -> Vec<u8> { vec![1, 2, 3] }
/// # fn define(linker: &mut Linker<u32>) -> Result<(), wasmote::Error> {
/// linker.func_wrap_async("host", "receive", |caller: Caller<'_, u32>, at: u32| {
///     let memory = caller.memory();
///     async move {
///         let bytes = receive().await;
///         Then(move |mut store: StoreContextMut<'_, u32>| {
///             *store.data_mut() += 1;
///             memory.map_or(Ok(()), |memory| memory.write(store, at as usize, &bytes))
///         })
///     }
/// })?;
/// # Ok(())
/// # }
/// # define(&mut Linker::new(&wasmote::Engine::default()))?;
/// # Ok::<(), wasmote::Error>(())
/// ```
pub struct Then<F>(pub F);

impl<F> fmt::Debug for Then<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Then").finish_non_exhaustive()
    }
}

impl<T, R: WasmRet + Send + 'static> AsyncRet<T> for R {
    type Values = R::Values;

    fn finish(self, _: StoreContextMut<'_, T>, _: Internal) -> Result<R::Values, Error> {
        self.into_result(Internal)
    }
}

impl<T, R, F> AsyncRet<T> for Then<F>
where
    R: WasmRet,
    F: FnOnce(StoreContextMut<'_, T>) -> R + Send + 'static,
{
    type Values = R::Values;

    fn finish(self, ctx: StoreContextMut<'_, T>, internal: Internal) -> Result<R::Values, Error> {
        (self.0)(ctx).into_result(internal)
    }
}

impl<T, R, F> AsyncRet<T> for Result<Then<F>, Error>
where
    R: WasmRet,
    F: FnOnce(StoreContextMut<'_, T>) -> R + Send + 'static,
{
    type Values = R::Values;

    fn finish(self, ctx: StoreContextMut<'_, T>, internal: Internal) -> Result<R::Values, Error> {
        self?.finish(ctx, internal)
    }
}

/// Makes a host function of a closure that returns a future.
fn typed<T, P, R>(function: impl Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static) -> HostCode
where
    T: 'static,
    P: WasmTypes,
    R: Future<Output: AsyncRet<T>> + Send + 'static,
{
    type Values<R, T> = <<R as Future>::Output as AsyncRet<T>>::Values;
    wrap::<T, P, Result<Values<R, T>, Error>>(&mut HostTypes::default(), move |caller, params| {
        let future = function(caller, params);
        Err(HostFuture::<T>::suspend(async {
            let ready = future.await;
            move |mut ctx: StoreContextMut<'_, T>, slots: &mut [u64]| {
                let values = ready.finish(StoreContextMut(ctx.0.borrow_mut()), Internal)?;
                values.write(slots, ctx.inner_mut());
                Ok(())
            }
        }))
    })
}

/// Makes a host function of a closure over values that returns a future.
#[track_caller]
fn untyped<T, R>(ty: FuncType, function: impl Fn(Caller<'_, T>, &[Val]) -> R + Send + Sync + 'static) -> HostCode
where
    T: 'static,
    R: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
{
    let results: Box<[ValType]> = ty.results().into();
    of_values(ty, move |caller, args, _| {
        let (future, results) = (function(caller, args), results.clone());
        Err(HostFuture::<T>::suspend(async {
            let ready = future.await;
            move |mut ctx: StoreContextMut<'_, T>, slots: &mut [u64]| {
                let (values, store) = (ready?, ctx.inner_mut());
                let fit =
                    values.len() == results.len() && values.iter().zip(&results).all(|(v, &ty)| v.is_of(ty, store));
                if !fit {
                    return Err(Error::new("a host function returned values of other types than declared"));
                }
                write_slots(&values, slots, store);
                Ok(())
            }
        }))
    })
}

/// Runs a call until it returns. Its results are then in `results`, which has the length that the function's type says.
async fn run<T: 'static>(mut ctx: StoreContextMut<'_, T>, mut call: Call, results: &mut [u64]) -> Result<(), Error> {
    let interval = ctx.inner_mut().yield_interval();
    call.activation.yield_every(interval);
    let mut progress = call.go_on(&mut ctx.0.untyped(), Next::Run, results)?;
    loop {
        progress = match progress {
            Progress::Returned => return Ok(()),
            Progress::OutOfFuel => call.go_on(&mut ctx.0.untyped(), Next::Trap(TrapCode::OutOfFuel), results)?,
            Progress::Interrupted => call.go_on(&mut ctx.0.untyped(), Next::Trap(TrapCode::Interrupt), results)?,
            Progress::Yielded => {
                yield_once().await;
                call.go_on(&mut ctx.0.untyped(), Next::Run, results)?
            }
            Progress::Waiting(error) => {
                let error = Error::from(error);
                if !error.is_suspension() {
                    // The host function has failed. This ends the call, and adds the frames around it.
                    progress = call.go_on(&mut ctx.0.untyped(), Next::Fail(error), results)?;
                    continue;
                }
                let finish = HostFuture::<T>::wait(error).await?;
                finish_host(&mut ctx, &mut call, finish, results)?
            }
        };
    }
}

/// Goes on with what the future of a host function is ready with.
fn finish_host<T>(
    ctx: &mut StoreContextMut<'_, T>,
    call: &mut Call,
    finish: Finish<T>,
    results: &mut [u64],
) -> Result<Progress, Error> {
    let store = ctx.inner_mut();
    let types = call.activation.awaited(store).map(|host| slots(store.func_type(host).results()));
    let mut values = Vec::new();
    values.try_resize(types.unwrap_or(0), 0)?;
    // A scope for the handles of references that the closure makes. Their references are then in `values`.
    let scope = store.enter(0)?;
    let outcome = finish(StoreContextMut(ctx.0.borrow_mut()), &mut values);
    let next = match outcome {
        Ok(()) => Next::Slots(&values),
        Err(error) => Next::Fail(error),
    };
    let progress = call.go_on(&mut ctx.0.untyped(), next, results);
    ctx.inner_mut().leave(scope);
    progress
}

/// Lets the executor do something else.
async fn yield_once() {
    let mut polled = false;
    poll_fn(|context| {
        if core::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Func {
    /// As [`Func::wrap`], for a closure that returns a future. Its parameters are one value, or a tuple of them.
    ///
    /// The closure itself can use the store. The future cannot; if its results need the store, it returns a [`Then`].
    /// Handles of objects that the closure got are not valid in the future: see [`Caller::suspend`].
    ///
    /// The function can be called only by wasm that runs in an asynchronous call, such as [`TypedFunc::call_async`].
    /// Other calls end with an error.
    pub fn wrap_async<T, P, R>(
        mut ctx: impl AsContextMut<Data = T>,
        function: impl Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
    ) -> Func
    where
        T: 'static,
        P: WasmTypes,
        R: Future<Output: AsyncRet<T>> + Send + 'static,
    {
        let made = Func::of_host(ctx.as_context_mut().inner_mut(), &typed(function), None);
        made.unwrap_or_else(|_| no_memory())
    }

    /// As [`Func::new`], for a closure that returns a future. The future is ready with the results. The rest is as for
    /// [`Func::wrap_async`].
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub fn new_async<T, R>(
        mut ctx: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val]) -> R + Send + Sync + 'static,
    ) -> Func
    where
        T: 'static,
        R: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
    {
        let made = Func::of_host(ctx.as_context_mut().inner_mut(), &untyped(ty, function), None);
        made.unwrap_or_else(|_| no_memory())
    }

    /// As [`Func::call`], for wasm that calls asynchronous host functions. While one of their futures is pending, this
    /// future is, too. If it is dropped, the call ends, and the store can be used again.
    ///
    /// The native stack does not hold the call, so any number of stores can have one on the same thread. With
    /// [`Store::fuel_async_yield_interval`], long computations let the executor do other things.
    ///
    /// # Errors
    /// As [`Func::call`]. Fails also if there is not enough memory for the call's value stack.
    ///
    /// # Panics
    /// As [`Func::call`].
    pub async fn call_async<T: 'static>(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let call = start_with_values(*self, &mut ctx.0.untyped(), args, results)?;
        let func = self.number(ctx.inner_mut());
        let mut buffer = Vec::new();
        buffer.try_resize(slots(ctx.inner_mut().func_type(func).results()), 0)?;
        run(StoreContextMut(ctx.0.borrow_mut()), call, &mut buffer).await?;
        read_results(ctx.inner_mut(), func, &buffer, results)
    }
}

impl<P: WasmTypes, R: WasmTypes> TypedFunc<P, R> {
    /// As [`TypedFunc::call`], for wasm that calls asynchronous host functions: see [`Func::call_async`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use wasmote::{Caller, Engine, Error, Linker, Module, Store};
    ///
    /// # async fn sleep(_: Duration) { tokio::task::yield_now().await }
    /// # let executor = tokio::runtime::Builder::new_current_thread().build()?;
    /// let engine = Engine::default();
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap_async("host", "sleep", |_: Caller<'_, ()>, ms: u32| async move {
    ///     sleep(Duration::from_millis(ms.into())).await;
    ///     ms
    /// })?;
    /// let wasm = wat::parse_str(r#"(module
    ///     (import "host" "sleep" (func $sleep (param i32) (result i32)))
    ///     (func (export "run") (result i32) (i32.add (call $sleep (i32.const 2)) (call $sleep (i32.const 3)))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    /// executor.block_on(async {
    ///     let mut store = Store::new(&engine, ());
    ///     let instance = linker.instantiate_async(&mut store, &module).await?;
    ///     let run = instance.get_typed_func::<(), u32>(&store, "run")?;
    ///     assert_eq!(run.call_async(&mut store, ()).await?, 5);
    ///     Ok::<(), Error>(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`TypedFunc::call`]. Fails also if there is not enough memory for the call's value stack.
    ///
    /// # Panics
    /// As [`TypedFunc::call`].
    pub async fn call_async<T: 'static>(&self, mut ctx: impl AsContextMut<Data = T>, params: P) -> Result<R, Error> {
        let mut ctx = ctx.as_context_mut();
        let call = self.start(&mut ctx.0.untyped(), params)?;
        let mut results = Vec::new();
        results.try_resize(R::COUNT, 0)?;
        run(StoreContextMut(ctx.0.borrow_mut()), call, &mut results).await?;
        Ok(R::read(&results, ctx.inner_mut()))
    }
}

impl<T> Linker<T> {
    /// As [`Linker::func_wrap`], for a closure that returns a future: see [`Func::wrap_async`].
    ///
    /// # Errors
    /// Fails if the name is taken.
    pub fn func_wrap_async<P, R>(
        &mut self,
        module: &str,
        name: &str,
        function: impl Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
    ) -> Result<&mut Self, Error>
    where
        T: 'static,
        P: WasmTypes,
        R: Future<Output: AsyncRet<T>> + Send + 'static,
    {
        self.insert_host(module, name, typed(function))
    }

    /// As [`Linker::func_new`], for a closure that returns a future: see [`Func::new_async`].
    ///
    /// # Errors
    /// Fails if the name is taken.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub fn func_new_async<R>(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val]) -> R + Send + Sync + 'static,
    ) -> Result<&mut Self, Error>
    where
        T: 'static,
        R: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
    {
        self.insert_host(module, name, untyped(ty, function))
    }

    /// As [`Linker::instantiate`], for a start function that calls asynchronous host functions.
    ///
    /// # Errors
    /// As [`Linker::instantiate`].
    ///
    /// # Panics
    /// As [`Linker::instantiate`].
    pub async fn instantiate_async(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error>
    where
        T: 'static,
    {
        let mut ctx = ctx.as_context_mut();
        let imports = self.resolve(ctx.inner_mut(), module)?;
        instantiate(ctx, module, &imports).await
    }
}

impl Instance {
    /// As [`Instance::new`], for a start function that calls asynchronous host functions.
    ///
    /// # Errors
    /// As [`Instance::new`].
    ///
    /// # Panics
    /// As [`Instance::new`].
    pub async fn new_async<T: 'static>(
        mut ctx: impl AsContextMut<Data = T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance, Error> {
        let mut ctx = ctx.as_context_mut();
        let imports = items_of(ctx.inner_mut(), imports)?;
        instantiate(ctx, module, &imports).await
    }
}

/// Instantiates a module, and calls its start function.
async fn instantiate<T: 'static>(
    mut ctx: StoreContextMut<'_, T>,
    module: &Module,
    imports: &[Item],
) -> Result<Instance, Error> {
    let (instance, start) = without_start(ctx.0.untyped(), module, imports)?;
    if let Some(start) = start {
        start.call_async(ctx, &[], &mut []).await?;
    }
    Ok(instance)
}

impl<T> Store<T> {
    /// Makes asynchronous calls yield each time that they have used this much fuel: their future is then pending once,
    /// and wakes itself. `None` ends that, which is the default. Calls that run already keep their interval.
    ///
    /// # Errors
    /// Fails if the interval is 0, or if code takes no fuel: see [`Config::consume_fuel`](crate::Config::consume_fuel).
    pub fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<(), Error> {
        let mut ctx = self.as_context_mut();
        let store = ctx.inner_mut();
        let units = interval.and_then(NonZeroU64::new);
        if interval == Some(0) || interval.is_some() && !store.engine().settings().fuel {
            return Err(Error::new("an interval of fuel is more than 0, and needs code that takes fuel"));
        }
        store.set_yield_interval(units);
        Ok(())
    }
}

//! Operations on functions, of wasm and of the host (spec: exec/runtime#function-instances).

use alloc::vec::Vec;

use wasmote_decode::FuncType;
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;
use wasmote_runtime::{HostCode, HostTypes, Store, StoreMut, no_memory, slots};

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::{Error, ErrorKind};
use crate::errors::FuncError;
use crate::handles::Func;
use crate::host::of_values;
use crate::thrown::failure;
use crate::typed::sealed::Internal;
use crate::typed::{IntoFunc, TypedFunc, WasmTypes};
use crate::value::{Val, read_slots, write_slots};

impl Func {
    /// Makes a host function from a closure. The closure's signature gives the type:
    ///
    /// - The first parameter may be a [`Caller`], which is not part of the type. Up to 16 others follow.
    /// - The result is `()`, a value, a tuple of up to 16 values, or a `Result` of one of these.
    /// - Values are `i32 u32 i64 u64 f32 f64`, `i128 u128` for `v128`, `Option<Func>` and `Option<ExternRef>`.
    /// - With the feature `gc`, values are also `AnyRef StructRef ArrayRef I31 ExnRef` for references that are
    ///   never null, and `Option`s of these.
    ///
    /// If the closure returns an error, all wasm code up to the host's call stops, and that call returns the error.
    /// An [`Exception`](crate::Exception) is thrown in the calling code instead. If the closure panics, the panic
    /// continues in the host's call (with the feature `std`; without it, the process ends).
    pub fn wrap<T, P, R>(mut ctx: impl AsContextMut<Data = T>, function: impl IntoFunc<T, P, R>) -> Func {
        let host = function.into_host(&mut HostTypes::default(), Internal);
        Func::of_host(ctx.as_context_mut().inner_mut(), &host, None).unwrap_or_else(|_| no_memory())
    }

    /// Makes a host function whose type is given at run time.
    ///
    /// The closure gets the arguments, and the results to set. They hold default values before: zeros and nulls.
    /// Errors and panics do the same as for [`Func::wrap`].
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    pub fn new<T>(
        mut ctx: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        Func::of_host(ctx.as_context_mut().inner_mut(), &of_values(ty, function), None).unwrap_or_else(|_| no_memory())
    }

    /// Adds a host function to the store. Its type is `type_id`, or that of `host`. The two differ at most in their
    /// recursion group. The code must be made for stores whose data has the type that this store's data has.
    #[allow(unsafe_code)]
    pub(crate) fn of_host(store: &mut Store, host: &HostCode, type_id: Option<u32>) -> Result<Func, Error> {
        // SAFETY: `IntoFunc`, `Func::new` and `Linker` carry the data's type as `T`, and add code only to stores
        // with that `T`.
        let reference = unsafe { store.add_host(host, type_id) }?;
        Ok(Func::of(store, reference))
    }

    /// Returns the function's type.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        let ctx = ctx.as_context();
        ctx.inner().func_type(self.number(ctx.inner())).clone()
    }

    /// Returns the function's type without copying it.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn ty_ref<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a FuncType {
        let store = ctx.into().inner();
        store.func_type(self.number(store))
    }

    /// Calls the function. `results` must have as many values as the type has results; their previous values do not
    /// matter.
    ///
    /// # Errors
    /// Fails if `args` or the length of `results` does not fit the type. Fails also if the code traps or throws, or if
    /// a host function returns an error.
    ///
    /// # Panics
    /// If the handle or an argument belongs to another store, or if a host function panics.
    pub fn call(&self, mut ctx: impl AsContextMut, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
        call_values(*self, ctx.as_context_mut().0.untyped(), args, results)
    }

    /// Returns the same function with types known at compile time, which makes calls cheaper.
    ///
    /// [`Func::wrap`] lists the Rust types. Several parameters or results are a tuple; none is `()`. A parameter
    /// may be of a more specific reference type than its Rust type says. Each call then checks the reference.
    ///
    /// # Errors
    /// Fails if the function's type does not fit.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn typed<P: WasmTypes, R: WasmTypes>(&self, ctx: impl AsContext) -> Result<TypedFunc<P, R>, Error> {
        let ctx = ctx.as_context();
        let ty = ctx.inner().func_type(self.number(ctx.inner()));
        TypedFunc::new(*self, ty, ctx.engine())
    }
}

/// Checks that the arguments are of the function's type, and that there are as many results. Returns the number of
/// slots that the arguments take.
#[inline]
pub(crate) fn check_args(store: &Store, ty: &FuncType, args: &[Val], results: &[Val]) -> Result<usize, Error> {
    let mut params = 0;
    let mut fits = |(arg, &ty): (&Val, &ValType)| {
        params += usize::from(ty.slots());
        arg.is_of(ty, store)
    };
    let wrong = match () {
        () if args.len() != ty.params().len() => FuncError::MismatchingParameterLen,
        () if !args.iter().zip(ty.params()).all(&mut fits) => FuncError::MismatchingParameterType,
        () if results.len() != ty.results().len() => FuncError::MismatchingResultLen,
        () => return Ok(params),
    };
    Err(Error::of(ErrorKind::Func(wrong)))
}

#[allow(unsafe_code)]
fn call_values(func: Func, mut ctx: StoreMut<'_, ()>, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
    let store = ctx.borrow().store();
    let func = func.number(store);
    // The type is read again after the call, so that no borrow of the store lasts through it.
    let ty = store.func_type(func);
    let params = check_args(store, ty, args, results)?;
    let all = params + slots(ty.results());
    // An allocation takes longer than most calls.
    let (mut few, mut many) = ([0; 16], Vec::new());
    let buffer = match few.get_mut(..all) {
        Some(few) => few,
        None => {
            many.try_resize(all, 0)?;
            &mut many[..]
        }
    };
    let (arg_slots, result_slots) = buffer.split_at_mut(params);
    write_slots(args, arg_slots, store);
    // SAFETY: `arg_slots` and `result_slots` have the lengths that the type says, and `write_slots` wrote checked
    // arguments.
    let called = unsafe { ctx.call(func, arg_slots, result_slots) };
    let store = ctx.borrow().store();
    called.map_err(|error| failure(store, error))?;
    read_results(store, func, result_slots, results)
}

/// Reads the results of the function with this number from their slots.
#[inline]
pub(crate) fn read_results(store: &Store, func: u32, slots: &[u64], results: &mut [Val]) -> Result<(), Error> {
    let types = store.func_type(func).results();
    // Only references become handles, and reserving room for them takes a lock.
    let handles = types.iter().filter(|ty| ty.reference().is_some()).count();
    if handles > 0 {
        store.room_for_handles(handles)?;
    }
    read_slots(types, slots, results, store);
    Ok(())
}

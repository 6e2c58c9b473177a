//! Functions, of wasm and of the host (spec: exec/runtime#function-instances).

use alloc::vec::Vec;

use wasmote_decode::FuncType;
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;
use wasmote_runtime::{HostCode, Store, StoreMut, no_memory, slots};

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::handles::Func;
use crate::host::of_values;
use crate::thrown::failure;
use crate::typed::{IntoFunc, TypedFunc, WasmTypes};
use crate::value::{Val, read_slots, write_slots};

impl Func {
    /// A host function whose type is that of the closure: up to 16 parameters, of which a [`Caller`] may be the
    /// first and does not count, and no result, one, or a tuple of up to 16, or a `Result` of these.
    ///
    /// Values are `i32 u32 i64 u64 f32 f64`, `i128 u128` for `v128`, `Option<Func>` and `Option<ExternRef>`; with feature `gc` also
    /// `AnyRef StructRef ArrayRef I31 ExnRef` for references that are never null, and `Option`s of these.
    ///
    /// A function that returns an error stops all of wasm between it and the host, and the host's call returns that
    /// same error. So does one that panics: the panic goes on where the host called (with feature `std`; without,
    /// the process ends).
    pub fn wrap<T, P, R>(mut ctx: impl AsContextMut<Data = T>, function: impl IntoFunc<T, P, R>) -> Func {
        Func::of_host(ctx.as_context_mut().inner_mut(), &function.into_host(), None).unwrap_or_else(|_| no_memory())
    }

    /// A host function of a type known when it is made.
    ///
    /// # Panics
    /// If there are more than 1000 parameters or results.
    pub fn new<T>(
        mut ctx: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        Func::of_host(ctx.as_context_mut().inner_mut(), &of_values(ty, function), None).unwrap_or_else(|_| no_memory())
    }

    /// The type is that of the code, or one with this number that is equal but for its place among others. The code must have been made for
    /// stores with such data as this one has.
    #[allow(unsafe_code)]
    pub(crate) fn of_host(store: &mut Store, host: &HostCode, type_id: Option<u32>) -> Result<Func, Error> {
        // SAFETY: `IntoFunc`, `Func::new` and linkers keep the type of the data, and put code only into stores that have it.
        let reference = unsafe { store.add_host(host, type_id) }?;
        Ok(Func::of(store, reference))
    }

    /// The type.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        let ctx = ctx.as_context();
        ctx.inner().func_type(self.number(ctx.inner())).clone()
    }

    /// Calls it. `results` are as many as it has; what they are before does not matter.
    ///
    /// # Errors
    /// When the arguments are not of its type, when it traps, and what host functions it calls return.
    ///
    /// # Panics
    /// If this or an argument belongs to another store, and when a host function panics.
    pub fn call(&self, mut ctx: impl AsContextMut, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
        call_values(*self, ctx.as_context_mut().0.untyped(), args, results)
    }

    /// The same function with its types known to the compiler, which makes calls cheaper. The types are as for
    /// [`Func::wrap`]; several parameters or results are a tuple, none is `()`. A reference may be given where one of a type of the module's
    /// own is asked for: whether it is of that type, each call finds out.
    ///
    /// # Errors
    /// When its type is another.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub fn typed<P: WasmTypes, R: WasmTypes>(&self, ctx: impl AsContext) -> Result<TypedFunc<P, R>, Error> {
        let ctx = ctx.as_context();
        let ty = ctx.inner().func_type(self.number(ctx.inner()));
        TypedFunc::new(*self, ty, ctx.engine())
    }
}

#[allow(unsafe_code)]
fn call_values(func: Func, mut ctx: StoreMut<'_, ()>, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
    let store = ctx.borrow().store();
    let func = func.number(store);
    // The type is read again after the call, so that nothing borrows from the store meanwhile.
    let ty = store.func_type(func);
    let mut params = 0;
    let mut fits = |(arg, &ty): (&Val, &ValType)| {
        params += usize::from(ty.slots());
        arg.is_of(ty, store)
    };
    let fit = args.len() == ty.params.len() && args.iter().zip(&ty.params).all(&mut fits);
    if !fit || results.len() != ty.results.len() {
        return Err(Error::new("the arguments or the number of results are not those of the function's type"));
    }
    let all = params + slots(&ty.results);
    // Allocating takes longer than most calls.
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
    // SAFETY: the slots were counted and filled as the type says.
    let called = unsafe { ctx.call(func, arg_slots, result_slots) };
    let store = ctx.borrow().store();
    called.map_err(|error| failure(store, error))?;
    let types = &store.func_type(func).results;
    // Only references become handles, and making room for some takes a lock.
    let handles = types.iter().filter(|ty| ty.reference().is_some()).count();
    if handles > 0 {
        store.room_for_handles(handles)?;
    }
    read_slots(types, result_slots, results, store);
    Ok(())
}

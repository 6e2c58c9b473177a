//! Functions, of wasm and of the host (spec: exec/runtime#function-instances).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_decode::FuncType;
use wasmote_exec as exec;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::host::{Closure, HostCode, HostRecord, slots};
use crate::instance::InstanceRecord;
use crate::run::invoke;
use crate::shared::no_memory;
use crate::store::{StoreId, StoreInner};
use crate::typed::{IntoFunc, TypedFunc, WasmTypes};
use crate::value::{Val, read_slots, write_slots};

/// A function in a store.
///
/// ```
/// use wasmote::{Engine, Func, Store, Val};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
/// let mut results = [Val::I32(0)];
/// add.call(&mut store, &[Val::I32(40), Val::I32(2)], &mut results)?;
/// assert_eq!(results[0].i32(), Some(42));
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    store: StoreId,
    reference: u32,
}

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
        let host = host_of_values(ty, function);
        Func::of_host(ctx.as_context_mut().inner_mut(), &host, None).unwrap_or_else(|_| no_memory())
    }

    /// The type is that of the code, or one with this number that is equal but for its place among others.
    pub(crate) fn of_host(store: &mut StoreInner, host: &HostCode, type_id: Option<u32>) -> Result<Func, Error> {
        Ok(Func { store: store.id, reference: store.add_host(host, type_id)? })
    }

    pub(crate) fn of_slot(slot: u64, store: &StoreInner) -> Option<Func> {
        // An image may make up references.
        store.func(slot as u32).map(|_| Func { store: store.id, reference: slot as u32 })
    }

    pub(crate) fn to_slot(self, store: &StoreInner) -> u64 {
        store.check(self.store);
        u64::from(self.reference)
    }

    /// The record, which lives as long as the store.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub(crate) fn record(self, store: &StoreInner) -> *mut exec::Func {
        store.check(self.store);
        match store.func(self.reference) {
            Some(record) => record,
            None => unreachable!("functions stay in their store"),
        }
    }

    /// The type.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        let ctx = ctx.as_context();
        let record = self.record(ctx.inner());
        func_type(ctx.inner(), record).clone()
    }

    /// Calls it. `results` are as many as it has; what they are before does not matter.
    ///
    /// # Errors
    /// When the arguments are not of its type, when it traps, and what host functions it calls return.
    ///
    /// # Panics
    /// If this or an argument belongs to another store, and when a host function panics.
    pub fn call(&self, mut ctx: impl AsContextMut, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
        // SAFETY: the context stands for a mutable borrow of the store.
        unsafe { call_values(*self, ctx.as_context_mut().root(), args, results) }
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
        let ty = func_type(ctx.inner(), self.record(ctx.inner()));
        TypedFunc::new(*self, ty, ctx.engine())
    }
}

/// The type of a function of this store.
pub(crate) fn func_type(_: &StoreInner, func: *mut exec::Func) -> &FuncType {
    // SAFETY: the records live as long as the store; a host function's lies in a `HostRecord`, another one is in the
    // array of its instance, whose module nothing changes.
    unsafe {
        let instance = (*func).instance.cast::<InstanceRecord>();
        if instance.is_null() {
            return (*func.cast::<HostRecord>()).host.ty();
        }
        let module = (*instance).module.inner();
        let defined = func.offset_from_unsigned((*instance).exec.funcs);
        let ty = module.info.funcs.get(module.info.imported_funcs as usize + defined);
        match ty.and_then(|&ty| module.type_ids.func_type(ty)) {
            Some(ty) => ty,
            None => unreachable!("an instance has functions whose types its module has"),
        }
    }
}

/// # Safety
/// The store is mutably borrowed by the caller, who holds no reference to it.
unsafe fn call_values(func: Func, root: NonNull<StoreInner>, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
    // SAFETY: the caller's promise; this reference is last used before the call.
    let store = unsafe { root.as_ref() };
    let record = func.record(store);
    // The type is read again after the call, so that nothing borrows from the store meanwhile.
    let ty = func_type(store, record);
    let fit = args.len() == ty.params.len() && args.iter().zip(&ty.params).all(|(arg, &ty)| arg.is_of(ty, store));
    if !fit || results.len() != ty.results.len() {
        return Err(Error::new("the arguments or the number of results are not those of the function's type"));
    }
    let params = slots(&ty.params);
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
    // SAFETY: the caller's promise, and the slots were counted and filled as the type says.
    unsafe { invoke(root, record, arg_slots, result_slots)? };
    // SAFETY: as above.
    let store = unsafe { root.as_ref() };
    store.room_for_handles(results.len())?;
    let types = &func_type(store, record).results;
    read_slots(types, result_slots, results, store);
    Ok(())
}

/// A host function over slots out of one over values.
#[track_caller]
pub(crate) fn host_of_values<T>(
    ty: FuncType,
    function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
) -> HostCode {
    let types = ty.clone();
    let code: Arc<Closure> = Arc::new(move |caller, mut slots| {
        let root = caller.root();
        // SAFETY: the caller's; its store is not used otherwise until it is passed on, and neither are the slots.
        let mut values = unsafe { before(root.as_ref(), &types, slots.as_ref()) }?;
        let (args, results) = values.split_at_mut(types.params.len());
        // SAFETY: the function goes only to stores whose data is a `T`.
        function(unsafe { caller.typed() }, args, results)?;
        // SAFETY: the function is done, and with it the caller.
        unsafe { after(root.as_ref(), &types, results, slots.as_mut()) }
    });
    HostCode::typed(ty, code)
}

/// The arguments of a host function, followed by room for its results.
fn before(store: &StoreInner, ty: &FuncType, slots: &[u64]) -> Result<Vec<Val>, OutOfMemory> {
    let mut values = try_with_capacity(ty.params.len() + ty.results.len())?;
    values.extend(ty.params.iter().map(|&ty| Val::default_of(ty)));
    read_slots(&ty.params, slots, &mut values, store);
    values.extend(ty.results.iter().map(|&ty| Val::default_of(ty)));
    Ok(values)
}

/// The results of a host function into its slots.
fn after(store: &StoreInner, ty: &FuncType, results: &[Val], slots: &mut [u64]) -> Result<(), Error> {
    if !results.iter().zip(&ty.results).all(|(result, &ty)| result.is_of(ty, store)) {
        return Err(Error::new("a host function returned values of another type than it was declared with"));
    }
    write_slots(results, slots, store);
    Ok(())
}

//! Rust types as WebAssembly types, for calls in both directions. The generic code is only a thin shell that moves
//! values to and from slots.

use core::fmt;
use core::marker::PhantomData;

use wasmote_decode::FuncType;
use wasmote_ir::ValType;
use wasmote_runtime::{HostCall, HostCode, HostTypes, Root, Store};

use crate::caller::Caller;
use crate::context::AsContextMut;
use crate::engine::Engine;
use crate::error::{BoxedError, Error, ErrorKind};
use crate::errors::FuncError;
use crate::handles::{ExternRef, Func};
use crate::rooted::OwnedRooted;
use crate::thrown::{failure, stop};
use crate::value::func_of_slot;

/// A function whose parameter and result types are known at compile time. [`Func::typed`] makes one.
///
/// ```
/// use wasmote::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (func (export "swap") (param i32 i64) (result i64 i32) local.get 1 local.get 0))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let swap = instance.get_typed_func::<(i32, i64), (i64, i32)>(&store, "swap")?;
/// assert_eq!(swap.call(&mut store, (1, 2))?, (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TypedFunc<P, R> {
    func: Func,
    /// Whether each call must check references against the parameter types.
    checked: bool,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.func.fmt(f)
    }
}

impl<P: WasmTypes, R: WasmTypes> TypedFunc<P, R> {
    pub(crate) fn new(func: Func, ty: &FuncType, engine: &Engine) -> Result<TypedFunc<P, R>, Error> {
        let checked = check_types(ty, P::TYPES, R::TYPES, engine)?;
        Ok(TypedFunc { func, checked, types: PhantomData })
    }

    /// Returns the untyped function.
    #[must_use]
    pub fn func(&self) -> Func {
        self.func
    }

    /// Calls the function.
    ///
    /// # Errors
    /// Fails if the code traps or throws, if a host function returns an error, or if a reference is not of its
    /// parameter's type.
    ///
    /// # Panics
    /// If the handle or a parameter belongs to another store, or if a host function panics.
    #[allow(unsafe_code)]
    pub fn call(&self, mut ctx: impl AsContextMut, params: P) -> Result<R, Error> {
        let mut ctx = ctx.as_context_mut();
        let mut args = P::Slots::default();
        let (func, args) = self.write_args(ctx.inner_mut(), params, args.as_mut())?;
        let mut results = R::Slots::default();
        let results = &mut results.as_mut()[..R::COUNT];
        // SAFETY: `new` compared `P` and `R` with the function's type, so both slices have its slots. `check`
        // covers narrower references.
        match unsafe { ctx.0.call(func, args, results) } {
            Ok(()) => Ok(R::read(results, ctx.inner_mut())),
            Err(error) => Err(failure(ctx.inner_mut(), error)),
        }
    }

    /// Writes the arguments, and returns the function's number and its arguments' slots.
    #[inline]
    pub(crate) fn write_args<'a>(
        &self,
        store: &Store,
        params: P,
        slots: &'a mut [u64],
    ) -> Result<(u32, &'a [u64]), Error> {
        let func = self.func.number(store);
        let used = params.write(slots, store);
        let args = &slots[..used];
        if self.checked {
            check(store, store.func_type(func).params(), args)?;
        }
        Ok((func, args))
    }
}

/// Checks that a function can be called with the types `params` and `results`. Returns whether each call must check its
/// references.
#[inline(never)]
fn check_types(ty: &FuncType, params: &[ValType], results: &[ValType], engine: &Engine) -> Result<bool, Error> {
    let checked = !fit(engine, params, ty.params());
    let wrong = match () {
        () if params.len() != ty.params().len() => FuncError::MismatchingParameterLen,
        () if checked && !may_match(engine, params, ty.params()) => FuncError::MismatchingParameterType,
        () if results.len() != ty.results().len() => FuncError::MismatchingResultLen,
        () if !fit(engine, ty.results(), results) => FuncError::MismatchingResultType,
        () => return Ok(checked),
    };
    Err(Error::of(ErrorKind::Func(wrong)))
}

/// Returns whether all values of the types `given` are values of the types `asked`.
fn fit(engine: &Engine, given: &[ValType], asked: &[ValType]) -> bool {
    given == asked
        || given.len() == asked.len() && {
            let registry = engine.types().lock();
            given.iter().zip(asked).all(|(&given, &asked)| registry.matches(given, asked))
        }
}

/// Returns whether values of the types `given` may turn out to be of the types `asked`.
#[cold]
fn may_match(engine: &Engine, given: &[ValType], asked: &[ValType]) -> bool {
    let registry = engine.types().lock();
    given.len() == asked.len()
        && given.iter().zip(asked).all(|(&given, &asked)| match (given, asked) {
            (ValType::Ref(given), ValType::Ref(asked)) => {
                let (given, asked) = (given.heap(), asked.heap());
                registry.heap_matches(given, asked) || registry.heap_matches(asked, given)
            }
            _ => given == asked,
        })
}

/// Checks that each reference is of its parameter's type, which may be narrower than the Rust type.
#[cold]
#[inline(never)]
fn check(store: &Store, params: &[ValType], args: &[u64]) -> Result<(), Error> {
    let mut at = 0;
    for ty in params {
        if ty.reference().is_some_and(|ty| !store.reference_is_of(args[at] as u32, ty)) {
            return Err(Error::new("a reference is not of its parameter's type"));
        }
        at += usize::from(ty.slots());
    }
    Ok(())
}

/// A Rust type that stands for a WebAssembly type. [`Func::wrap`] lists them.
pub trait WasmTy: Sized + sealed::Sealed {
    #[doc(hidden)]
    const TYPE: ValType;
    #[doc(hidden)]
    fn write(self, slots: &mut [u64], store: &Store);
    #[doc(hidden)]
    fn read(slots: &[u64], store: &Store) -> Self;
}

/// A list of values: `()`, a [`WasmTy`], or a tuple of up to 16 of these.
pub trait WasmTypes: Sized + sealed::Sealed {
    #[doc(hidden)]
    const TYPES: &'static [ValType];
    /// The number of slots that the values take.
    #[doc(hidden)]
    const COUNT: usize;
    /// A buffer for that many slots.
    #[doc(hidden)]
    type Slots: Default + AsMut<[u64]>;
    /// Writes the values, and returns the number of slots.
    #[doc(hidden)]
    fn write(self, slots: &mut [u64], store: &Store) -> usize;
    #[doc(hidden)]
    fn read(slots: &[u64], store: &Store) -> Self;
}

/// The result of a host function: [`WasmTypes`], or a `Result` of them with any error that [`Error::host`] takes.
pub trait WasmRet {
    #[doc(hidden)]
    type Values: WasmTypes;
    #[doc(hidden)]
    fn into_result(self, _: sealed::Internal) -> Result<Self::Values, Error>;
}

impl<V: WasmTypes> WasmRet for V {
    type Values = V;

    fn into_result(self, _: sealed::Internal) -> Result<V, Error> {
        Ok(self)
    }
}

impl<V: WasmTypes, E: Into<BoxedError> + 'static> WasmRet for Result<V, E> {
    type Values = V;

    #[inline]
    fn into_result(self, _: sealed::Internal) -> Result<V, Error> {
        self.map_err(Error::host)
    }
}

/// A closure that can be a host function in a store with data of type `T`. [`Func::wrap`] says which are.
pub trait IntoFunc<T, P, R> {
    #[doc(hidden)]
    fn into_host(self, types: &mut HostTypes, _: sealed::Internal) -> HostCode;
}

/// Keeps other crates from implementing these traits, so that they can change: `unsafe` code relies on `TYPE` and
/// `write` fitting each other. Other crates can name neither of these two.
pub(crate) mod sealed {
    pub trait Sealed {}
    /// An argument of the methods of traits that closures implement, which cannot have a supertrait for this.
    #[derive(Debug)]
    pub struct Internal;
}

macro_rules! values {
    ($($ty:ty, $wasm:expr, |$value:ident, $store:ident| $write:expr, |$slot:ident, $from:ident| $read:expr;)*) => { $(
        impl $crate::typed::sealed::Sealed for $ty {}
        impl WasmTy for $ty {
            const TYPE: ValType = $wasm;

            #[inline]
            fn write(self, slots: &mut [u64], $store: &Store) {
                let $value = self;
                slots[0] = $write;
            }

            #[inline]
            fn read(slots: &[u64], $from: &Store) -> $ty {
                let $slot = slots[0];
                $read
            }
        }
    )* };
}

#[cfg(feature = "gc")]
pub(crate) use values;

values! {
    i32, ValType::I32, |it, _store| u64::from(it as u32), |slot, _store| slot as i32;
    u32, ValType::I32, |it, _store| u64::from(it), |slot, _store| slot as u32;
    i64, ValType::I64, |it, _store| it as u64, |slot, _store| slot as i64;
    u64, ValType::I64, |it, _store| it, |slot, _store| slot;
    f32, ValType::F32, |it, _store| u64::from(it.to_bits()), |slot, _store| f32::from_bits(slot as u32);
    f64, ValType::F64, |it, _store| it.to_bits(), |slot, _store| f64::from_bits(slot);
    Option<Func>, ValType::FUNCREF,
        |it, store| it.map_or(0, |func| func.number(store).into()), |slot, store| func_of_slot(slot, store);
    Option<ExternRef>, ValType::EXTERNREF,
        |it, store| it.map_or(0, |value| value.0.reference(store).into()), |slot, store| Root::of_slot(slot, store).map(ExternRef);
    Option<OwnedRooted<ExternRef>>, ValType::EXTERNREF,
        |it, store| it.map_or(0, |it| it.slot(store)), |slot, store| OwnedRooted::of_slot(slot, store);
}

macro_rules! vectors {
    ($($ty:ty)*) => { $(
        impl sealed::Sealed for $ty {}
        impl WasmTy for $ty {
            const TYPE: ValType = ValType::V128;

            #[inline]
            fn write(self, slots: &mut [u64], _: &Store) {
                slots[0] = self as u64;
                slots[1] = (self >> 64) as u64;
            }

            #[inline]
            fn read(slots: &[u64], _: &Store) -> $ty {
                slots[0] as $ty | (slots[1] as $ty) << 64
            }
        }
    )* };
}

vectors!(i128 u128);

impl<V: WasmTy> WasmTypes for V {
    const TYPES: &'static [ValType] = &[V::TYPE];
    const COUNT: usize = V::TYPE.slots() as usize;
    type Slots = [u64; 2];

    #[doc(hidden)]
    #[inline]
    fn write(self, slots: &mut [u64], store: &Store) -> usize {
        WasmTy::write(self, slots, store);
        Self::COUNT
    }

    #[doc(hidden)]
    #[inline]
    fn read(slots: &[u64], store: &Store) -> V {
        WasmTy::read(slots, store)
    }
}

macro_rules! tuples {
    ($($count:literal: $($v:ident)*;)*) => { $(
        impl<$($v: WasmTy),*> sealed::Sealed for ($($v,)*) {}

        #[allow(non_snake_case)]
        impl<$($v: WasmTy),*> WasmTypes for ($($v,)*) {
            const TYPES: &'static [ValType] = &[$($v::TYPE),*];
            const COUNT: usize = 0 $(+ $v::TYPE.slots() as usize)*;
            type Slots = [u64; 2 * $count];

            #[inline]
            fn write(self, _slots: &mut [u64], _store: &Store) -> usize {
                let ($($v,)*) = self;
                let _at = 0;
                $(
                    WasmTy::write($v, &mut _slots[_at..], _store);
                    let _at = _at + <$v as WasmTy>::TYPE.slots() as usize;
                )*
                Self::COUNT
            }

            #[inline]
            #[allow(clippy::unused_unit)]
            fn read(_slots: &[u64], _store: &Store) -> Self {
                let _at = 0;
                $(
                    let $v = <$v as WasmTy>::read(&_slots[_at..], _store);
                    let _at = _at + <$v as WasmTy>::TYPE.slots() as usize;
                )*
                ($($v,)*)
            }
        }

        #[allow(non_snake_case)]
        impl<T, F, $($v,)* R> IntoFunc<T, ($($v,)*), R> for F
        where
            F: Fn($($v),*) -> R + Send + Sync + 'static,
            $($v: WasmTy + 'static,)*
            R: WasmRet + 'static,
        {
            fn into_host(self, types: &mut HostTypes, _: sealed::Internal) -> HostCode {
                wrap::<T, ($($v,)*), R>(types, move |_, ($($v,)*)| self($($v),*))
            }
        }

        #[allow(non_snake_case)]
        impl<T, F, $($v,)* R> IntoFunc<T, (Caller<'_, T>, $($v,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($v),*) -> R + Send + Sync + 'static,
            $($v: WasmTy + 'static,)*
            R: WasmRet + 'static,
        {
            fn into_host(self, types: &mut HostTypes, _: sealed::Internal) -> HostCode {
                wrap::<T, ($($v,)*), R>(types, move |caller, ($($v,)*)| self(caller, $($v),*))
            }
        }
    )* };
}

tuples! {
    0: ;
    1: A;
    2: A B;
    3: A B C;
    4: A B C D;
    5: A B C D E;
    6: A B C D E G;
    7: A B C D E G H;
    8: A B C D E G H I;
    9: A B C D E G H I J;
    10: A B C D E G H I J K;
    11: A B C D E G H I J K L;
    12: A B C D E G H I J K L M;
    13: A B C D E G H I J K L M N;
    14: A B C D E G H I J K L M N O;
    15: A B C D E G H I J K L M N O P;
    16: A B C D E G H I J K L M N O P Q;
}

/// Makes a host function over slots from one over values.
#[allow(unsafe_code)]
pub(crate) fn wrap<T, P: WasmTypes, R: WasmRet>(
    types: &mut HostTypes,
    function: impl Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
) -> HostCode {
    let code = move |mut call: HostCall<'_>| {
        let params = P::read(call.slots(), call.store());
        // SAFETY: `IntoFunc` carries `T`, so the function is added only to stores whose data is a `T`.
        match function(Caller::of(unsafe { call.caller() }), params).into_result(sealed::Internal) {
            Ok(results) => {
                let (slots, store) = call.slots_mut();
                results.write(slots, store);
                Ok(())
            }
            Err(error) => Err(stop(call.store_mut(), error)),
        }
    };
    // SAFETY: `WasmTypes` is sealed, and its implementations write exactly the slots of these types.
    unsafe { HostCode::closure(types.get(P::TYPES, R::Values::TYPES), code) }
}

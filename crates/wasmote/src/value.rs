//! Values whose types are known when they come (spec: exec/runtime#values).

use alloc::sync::Arc;
use core::any::Any;

use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, RefType, TrapCode, ValType};

#[cfg(feature = "gc")]
use crate::anyref::AnyRef;
use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
#[cfg(feature = "gc")]
use crate::exnref::ExnRef;
use crate::func::Func;
use crate::roots::Root;
use crate::store::StoreInner;

/// A value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    F64(f64),
    /// A `v128`, lane 0 in the lowest bits.
    V128(u128),
    /// A `funcref`.
    FuncRef(Option<Func>),
    /// An `externref`.
    ExternRef(Option<ExternRef>),
    /// An `exnref`.
    #[cfg(feature = "gc")]
    ExnRef(Option<ExnRef>),
    /// An `anyref`.
    #[cfg(feature = "gc")]
    AnyRef(Option<AnyRef>),
}

/// A reference to a value of the host, which wasm can pass on and give back. It is good until its `scope` ends; the value is dropped
/// when neither wasm nor the host has a reference to it any more. Without the feature `gc`, both live as long as the store.
///
/// ```
/// use wasmote::{Engine, ExternRef, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let reference = ExternRef::new(&mut store, "hello");
/// assert_eq!(reference.data(&store).downcast_ref::<&str>(), Some(&"hello"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef(pub(crate) Root);

impl ExternRef {
    /// A reference to `value`.
    ///
    /// # Panics
    /// With feature `gc`, if there is no room for it. Wasm can bring that about: where it runs, [`ExternRef::try_new`] is better.
    pub fn new(ctx: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        match ExternRef::try_new(ctx, value) {
            Ok(reference) => reference,
            Err(_) => panic!("no room for a reference to a value of the host: see `Config::max_gc_heap`"),
        }
    }

    /// A reference to `value`, in a host function for one.
    ///
    /// # Errors
    /// With feature `gc`, [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room for it, see
    /// [`Config::max_gc_heap`](crate::Config::max_gc_heap).
    pub fn try_new(mut ctx: impl AsContextMut, value: impl Any + Send + Sync) -> Result<ExternRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let reference = store.add_extern(Arc::new(value)).ok_or(TrapCode::HeapExhausted)?;
        Ok(ExternRef(Root::try_new(store, reference)?))
    }

    /// The value; `()` if it is none of the host, but an object that wasm made an external reference of.
    ///
    /// # Panics
    /// If this belongs to another store, or its scope has ended.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<crate::StoreContext<'a, T>>) -> &'a (dyn Any + Send + Sync) {
        let ctx = ctx.into();
        let store = ctx.inner();
        store.extern_value(self.0.reference(store)).unwrap_or(&())
    }

    pub(crate) fn to_slot(self, store: &StoreInner) -> u64 {
        u64::from(self.0.reference(store))
    }

    pub(crate) fn of_slot(slot: u64, store: &StoreInner) -> Option<ExternRef> {
        Root::of_slot(slot, store).map(ExternRef)
    }
}

macro_rules! accessors {
    ($($name:ident, $kind:ident: $ty:ty;)*) => { $(
        #[doc = concat!("The value, if it is of the type of [`Val::", stringify!($kind), "`].")]
        pub fn $name(&self) -> Option<$ty> {
            match *self {
                Val::$kind(value) => Some(value),
                _ => None,
            }
        }
    )* };
}

impl Val {
    /// The type.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
            #[cfg(feature = "gc")]
            Val::ExnRef(_) => ValType::Ref(RefType::new(true, HeapType::Exn)),
            #[cfg(feature = "gc")]
            Val::AnyRef(_) => ValType::Ref(RefType::new(true, HeapType::Any)),
        }
    }

    /// What a local of this type holds at first: zero or null.
    pub fn default_of(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0.0),
            ValType::F64 => Val::F64(0.0),
            ValType::V128 => Val::V128(0),
            ValType::Ref(ty) => match ty.heap().top() {
                Some(HeapType::Extern) => Val::ExternRef(None),
                #[cfg(feature = "gc")]
                Some(HeapType::Exn) => Val::ExnRef(None),
                #[cfg(feature = "gc")]
                Some(HeapType::Any) => Val::AnyRef(None),
                _ => Val::FuncRef(None),
            },
        }
    }

    accessors! {
        i32, I32: i32;
        i64, I64: i64;
        f32, F32: f32;
        f64, F64: f64;
        v128, V128: u128;
        func_ref, FuncRef: Option<Func>;
        extern_ref, ExternRef: Option<ExternRef>;
    }

    /// The value, if it is of the type of [`Val::AnyRef`].
    #[cfg(feature = "gc")]
    pub fn any_ref(&self) -> Option<Option<AnyRef>> {
        match *self {
            Val::AnyRef(value) => Some(value),
            _ => None,
        }
    }

    /// The value, if it is of the type of [`Val::ExnRef`].
    #[cfg(feature = "gc")]
    pub fn exn_ref(&self) -> Option<Option<ExnRef>> {
        match *self {
            Val::ExnRef(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is a value of this type, whose index is an engine's number.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub(crate) fn is_of(self, ty: ValType, store: &StoreInner) -> bool {
        let own = self.ty();
        let (ValType::Ref(ty), ValType::Ref(own)) = (ty, own) else { return own == ty };
        // `Val::default_of` gives it for each type with an index: which of the two hierarchies that is in, an engine knows.
        if matches!(self, Val::FuncRef(None)) && ty.index().is_some() {
            return ty.is_nullable();
        }
        store.top(ty) == own.heap() && store.reference_is_of(self.to_slots(store)[0] as u32, ty)
    }

    /// Whether the value is of this type, an index in which is the engine's number of a type.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub fn matches(&self, ctx: impl AsContext, ty: ValType) -> bool {
        self.is_of(ty, ctx.as_context().inner())
    }

    /// The value as slots, the second one used by vectors alone.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub(crate) fn to_slots(self, store: &StoreInner) -> [u64; 2] {
        let slot = match self {
            Val::I32(value) => u64::from(value as u32),
            Val::I64(value) => value as u64,
            Val::F32(value) => u64::from(value.to_bits()),
            Val::F64(value) => value.to_bits(),
            Val::V128(value) => return [value as u64, (value >> 64) as u64],
            Val::FuncRef(func) => func.map_or(0, |func| func.to_slot(store)),
            Val::ExternRef(value) => value.map_or(0, |value| value.to_slot(store)),
            #[cfg(feature = "gc")]
            Val::ExnRef(value) => value.map_or(0, |ExnRef(root)| root.reference(store).into()),
            #[cfg(feature = "gc")]
            Val::AnyRef(value) => value.map_or(0, |AnyRef(root)| root.reference(store).into()),
        };
        [slot, 0]
    }

    /// The value in slots, of which there are as many as the type says.
    pub(crate) fn of_slots(ty: ValType, slots: &[u64], store: &StoreInner) -> Val {
        let slot = slots[0];
        match ty {
            ValType::I32 => Val::I32(slot as i32),
            ValType::I64 => Val::I64(slot as i64),
            ValType::F32 => Val::F32(f32::from_bits(slot as u32)),
            ValType::F64 => Val::F64(f64::from_bits(slot)),
            ValType::V128 => Val::V128(u128::from(slot) | u128::from(slots[1]) << 64),
            ValType::Ref(ty) => match ty.heap().top() {
                Some(HeapType::Extern) => Val::ExternRef(ExternRef::of_slot(slot, store)),
                #[cfg(feature = "gc")]
                Some(HeapType::Exn) => Val::ExnRef(Root::of_slot(slot, store).map(ExnRef)),
                #[cfg(feature = "gc")]
                top if top.is_some_and(|top| top == HeapType::Any) || store.is_object_type(ty) => {
                    Val::AnyRef(Root::of_slot(slot, store).map(AnyRef))
                }
                _ => Val::FuncRef(Func::of_slot(slot, store)),
            },
        }
    }

    /// The value as a reference of this type.
    pub(crate) fn to_reference(self, ty: ValType, store: &StoreInner) -> Result<u32, Error> {
        if !ty.is_ref() || !self.is_of(ty, store) {
            return Err(Error::new("the value is not of the type of the table"));
        }
        Ok(self.to_slots(store)[0] as u32)
    }
}

impl StoreInner {
    /// Makes room for handles of so many references, which a guest hands the host.
    #[cfg(feature = "gc")]
    pub(crate) fn room_for_handles(&self, count: usize) -> Result<(), OutOfMemory> {
        self.objects.roots.enter_with_room(count).map(drop)
    }

    /// Makes room for handles of so many references: they need none.
    #[cfg(not(feature = "gc"))]
    pub(crate) fn room_for_handles(&self, _: usize) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// The hierarchy that references of this type belong to, by its top.
    fn top(&self, ty: RefType) -> HeapType {
        ty.heap().top().unwrap_or_else(|| self.engine.types().lock().top(ty))
    }

    /// Whether a reference that belongs to the same hierarchy is of this type.
    pub(crate) fn reference_is_of(&self, reference: u32, ty: RefType) -> bool {
        if reference == 0 {
            return ty.is_nullable();
        }
        match self.top(ty) {
            HeapType::Func => self.func(reference).is_some_and(|func| {
                // SAFETY: the record lives as long as the store, and no code runs while the store is borrowed.
                let given = unsafe { (*func).type_id };
                self.engine.types().lock().heap_matches(HeapType::Index(given), ty.heap())
            }),
            #[cfg(feature = "gc")]
            HeapType::Any => self.is_object_of(reference, ty),
            top => ty.heap() == top,
        }
    }
}

/// Writes values as slots, one after the other.
pub(crate) fn write_slots(values: &[Val], slots: &mut [u64], store: &StoreInner) {
    let mut at = 0;
    for value in values {
        let len = usize::from(value.ty().slots());
        slots[at..at + len].copy_from_slice(&value.to_slots(store)[..len]);
        at += len;
    }
}

/// Reads values of these types from slots.
pub(crate) fn read_slots(types: &[ValType], slots: &[u64], values: &mut [Val], store: &StoreInner) {
    let mut at = 0;
    for (ty, value) in types.iter().zip(values) {
        *value = Val::of_slots(*ty, &slots[at..], store);
        at += usize::from(ty.slots());
    }
}

macro_rules! from {
    ($($ty:ty => $kind:ident $convert:expr;)*) => { $(
        impl From<$ty> for Val {
            fn from(value: $ty) -> Val {
                Val::$kind($convert(value))
            }
        }
    )* };
}

from! {
    i32 => I32 |it| it;
    u32 => I32 |it| it as i32;
    i64 => I64 |it| it;
    u64 => I64 |it| it as i64;
    f32 => F32 |it| it;
    f64 => F64 |it| it;
    u128 => V128 |it| it;
    Func => FuncRef Some;
    ExternRef => ExternRef Some;
}

//! Values that carry their type at run time (spec: exec/runtime#values).

use wasmote_ir::{HeapType, RefType, ValType};
use wasmote_runtime::{Root, Store};

use crate::handles::{AnyRef, ExnRef, ExternRef, Func};
use crate::reference::Ref;

/// A value of any WebAssembly type.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
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
    ExnRef(Option<ExnRef>),
    /// An `anyref`. A continuation that comes out of wasm is one as well, but cannot be passed back.
    AnyRef(Option<AnyRef>),
}

macro_rules! accessors {
    ($($name:ident, $unwrap:ident, $kind:ident: $ty:ty;)*) => { $(
        #[doc = concat!("Returns the value, if it is a [`Val::", stringify!($kind), "`].")]
        pub fn $name(&self) -> Option<$ty> {
            match *self {
                Val::$kind(value) => Some(value),
                _ => None,
            }
        }

        #[doc = concat!("Returns the value of a [`Val::", stringify!($kind), "`].")]
        ///
        /// # Panics
        /// If it is of another kind.
        #[track_caller]
        pub fn $unwrap(&self) -> $ty {
            match *self {
                Val::$kind(value) => value,
                _ => other_kind(stringify!($kind)),
            }
        }
    )* };
}

#[cold]
#[inline(never)]
#[track_caller]
fn other_kind(wanted: &str) -> ! {
    panic!("the value is no `Val::{wanted}`")
}

impl Val {
    /// Returns the type. References have the top type of their hierarchy, and are nullable.
    #[must_use]
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
            Val::ExnRef(_) => ValType::Ref(RefType::new(true, HeapType::Exn)),
            Val::AnyRef(_) => ValType::Ref(RefType::new(true, HeapType::Any)),
        }
    }

    /// Returns the default value of a type: zero or null.
    #[must_use]
    pub fn default_of(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0.0),
            ValType::F64 => Val::F64(0.0),
            ValType::V128 => Val::V128(0),
            ValType::Ref(ty) => match ty.heap().top() {
                Some(HeapType::Extern) => Val::ExternRef(None),
                Some(HeapType::Exn) => Val::ExnRef(None),
                Some(HeapType::Any) => Val::AnyRef(None),
                _ => Val::FuncRef(None),
            },
        }
    }

    accessors! {
        i32, unwrap_i32, I32: i32;
        i64, unwrap_i64, I64: i64;
        f32, unwrap_f32, F32: f32;
        f64, unwrap_f64, F64: f64;
        v128, unwrap_v128, V128: u128;
        funcref, unwrap_funcref, FuncRef: Option<Func>;
        externref, unwrap_externref, ExternRef: Option<ExternRef>;
        exnref, unwrap_exnref, ExnRef: Option<ExnRef>;
        anyref, unwrap_anyref, AnyRef: Option<AnyRef>;
    }

    /// Returns the value as a reference, if it is one.
    #[must_use]
    pub fn ref_(&self) -> Option<Ref> {
        Some(match *self {
            Val::FuncRef(value) => Ref::Func(value),
            Val::ExternRef(value) => Ref::Extern(value),
            Val::ExnRef(value) => Ref::Exn(value),
            Val::AnyRef(value) => Ref::Any(value),
            _ => return None,
        })
    }

    /// Returns whether this is a value of type `ty`. An index in `ty` is the engine's number of a type.
    ///
    /// # Panics
    /// If it is a reference of another store.
    #[inline]
    pub(crate) fn is_of(self, ty: ValType, store: &Store) -> bool {
        match ty {
            ValType::Ref(ty) => self.is_reference_of(ty, store),
            ty => self.ty() == ty,
        }
    }

    #[inline(never)]
    fn is_reference_of(self, ty: RefType, store: &Store) -> bool {
        let ValType::Ref(own) = self.ty() else { return false };
        // `Val::default_of` returns this null for each type with an index, also for object types. Only an engine
        // knows which hierarchy the type is in. It is the null of continuations as well.
        if matches!(self, Val::FuncRef(None)) && (ty.index().is_some() || ty.heap().top() == Some(HeapType::Cont)) {
            return ty.is_nullable();
        }
        store.top(ty) == own.heap() && store.reference_is_of(self.to_slots(store)[0] as u32, ty)
    }

    /// Returns the value as slots. Only vectors use the second one.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub(crate) fn to_slots(self, store: &Store) -> [u64; 2] {
        let slot = match self {
            Val::I32(value) => u64::from(value as u32),
            Val::I64(value) => value as u64,
            Val::F32(value) => u64::from(value.to_bits()),
            Val::F64(value) => value.to_bits(),
            Val::V128(value) => return [value as u64, (value >> 64) as u64],
            Val::FuncRef(func) => func.map_or(0, |func| func.number(store).into()),
            Val::ExternRef(value) => value.map_or(0, |ExternRef(root)| root.reference(store).into()),
            Val::ExnRef(value) => value.map_or(0, |ExnRef(root)| root.reference(store).into()),
            Val::AnyRef(value) => value.map_or(0, |AnyRef(root)| root.reference(store).into()),
        };
        [slot, 0]
    }

    /// Reads a value from the slots that its type takes.
    pub(crate) fn of_slots(ty: ValType, slots: &[u64], store: &Store) -> Val {
        let slot = slots[0];
        match ty {
            ValType::I32 => Val::I32(slot as i32),
            ValType::I64 => Val::I64(slot as i64),
            ValType::F32 => Val::F32(f32::from_bits(slot as u32)),
            ValType::F64 => Val::F64(f64::from_bits(slot)),
            ValType::V128 => Val::V128(u128::from(slot) | u128::from(slots[1]) << 64),
            ValType::Ref(ty) => match ty.heap().top() {
                Some(HeapType::Extern) => Val::ExternRef(Root::of_slot(slot, store).map(ExternRef)),
                Some(HeapType::Exn) => Val::ExnRef(Root::of_slot(slot, store).map(ExnRef)),
                Some(HeapType::Any | HeapType::Cont) => Val::AnyRef(Root::of_slot(slot, store).map(AnyRef)),
                _ if store.is_object_type(ty) => Val::AnyRef(Root::of_slot(slot, store).map(AnyRef)),
                _ => Val::FuncRef(func_of_slot(slot, store)),
            },
        }
    }
}

/// Returns the function that a slot refers to. The slot is checked, since a hostile image may make up references.
pub(crate) fn func_of_slot(slot: u64, store: &Store) -> Option<Func> {
    store.is_func(slot as u32).then(|| Func::of(store, slot as u32))
}

/// Writes values to consecutive slots.
pub(crate) fn write_slots(values: &[Val], slots: &mut [u64], store: &Store) {
    let mut at = 0;
    for value in values {
        let [low, high] = value.to_slots(store);
        slots[at] = low;
        at += 1;
        if let Val::V128(_) = value {
            slots[at] = high;
            at += 1;
        }
    }
}

/// Reads values of these types from consecutive slots.
pub(crate) fn read_slots(types: &[ValType], slots: &[u64], values: &mut [Val], store: &Store) {
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
    Option<Func> => FuncRef |it| it;
    Option<ExternRef> => ExternRef |it| it;
}

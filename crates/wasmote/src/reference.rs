//! References, which tables hold.

use wasmote_ir::{RefType, ValType};

use crate::handles::{AnyRef, ExnRef, ExternRef, Func};
use crate::value::Val;

/// A reference, or null (spec: syntax/types#reference-types).
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Ref {
    /// A `funcref`.
    Func(Option<Func>),
    /// An `externref`.
    Extern(Option<ExternRef>),
    /// An `exnref`.
    Exn(Option<ExnRef>),
    /// An `anyref`.
    Any(Option<AnyRef>),
}

/// wasmi's names for the variants of [`Option`]: null, and the value of a reference that is not null.
#[allow(non_snake_case)]
pub mod Nullable {
    pub use core::option::Option::{None as Null, Some as Val};
}

macro_rules! kinds {
    ($($kind:ident: $ty:ident, $as:ident, $unwrap:ident;)*) => {
        impl Ref {
            /// Returns the null of a type.
            pub fn null(ty: RefType) -> Ref {
                Val::default_of(ValType::Ref(ty)).ref_().unwrap_or(Ref::Func(None))
            }

            /// Returns whether it is null.
            pub fn is_null(&self) -> bool {
                match self {
                    $( Ref::$kind(value) => value.is_none(), )*
                }
            }

            $(
                #[doc = concat!("Returns the reference, if it is a [`Ref::", stringify!($kind), "`].")]
                pub fn $as(&self) -> Option<Option<&$ty>> {
                    match self {
                        Ref::$kind(value) => Some(value.as_ref()),
                        _ => None,
                    }
                }

                #[doc = concat!("Returns the reference of a [`Ref::", stringify!($kind), "`].")]
                ///
                /// # Panics
                /// If it is of another kind.
                #[track_caller]
                pub fn $unwrap(&self) -> Option<&$ty> {
                    self.$as().expect(concat!("a `Ref::", stringify!($kind), "`"))
                }
            )*
        }

        $(
            impl From<$ty> for Ref {
                fn from(value: $ty) -> Ref {
                    Ref::$kind(Some(value))
                }
            }

            impl From<Option<$ty>> for Ref {
                fn from(value: Option<$ty>) -> Ref {
                    Ref::$kind(value)
                }
            }
        )*
    };
}

kinds! {
    Func: Func, as_func, unwrap_func;
    Extern: ExternRef, as_extern, unwrap_extern;
    Exn: ExnRef, as_exn, unwrap_exn;
    Any: AnyRef, as_any, unwrap_any;
}

impl Ref {
    /// Returns the type: the top type of the reference's hierarchy, nullable.
    #[must_use]
    pub fn ty(&self) -> RefType {
        match Val::from(*self).ty() {
            ValType::Ref(ty) => ty,
            _ => RefType::FUNC,
        }
    }
}

impl From<Ref> for Val {
    fn from(value: Ref) -> Val {
        match value {
            Ref::Func(value) => Val::FuncRef(value),
            Ref::Extern(value) => Val::ExternRef(value),
            Ref::Exn(value) => Val::ExnRef(value),
            Ref::Any(value) => Val::AnyRef(value),
        }
    }
}

//! References to objects of any kind: structures, arrays, small integers, and values of the host as wasm has them.

use wasmote_decode::CompositeType;
use wasmote_runtime::Root;

use crate::context::{AsContext, AsContextMut};
use crate::gc::i31::I31;
use crate::gc::refs::{ArrayRef, StructRef};
use crate::handles::{AnyRef, ExternRef};
use crate::value::Val;

impl AnyRef {
    /// A reference to a small integer, which takes no room.
    pub fn from_i31(mut ctx: impl AsContextMut, value: I31) -> AnyRef {
        AnyRef(Root::new(ctx.as_context_mut().inner_mut(), value.reference()))
    }

    /// An external reference as wasm has it inside, by `any.convert_extern`.
    pub fn convert_extern(value: ExternRef) -> AnyRef {
        AnyRef(value.0)
    }

    /// The small integer, if it is one.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store, or its scope has ended.
    pub fn as_i31(&self, ctx: impl AsContext) -> Option<I31> {
        I31::of_reference(self.0.reference(ctx.as_context().inner()))
    }

    /// Whether it is a structure.
    pub fn is_struct(&self, ctx: impl AsContext) -> bool {
        self.as_struct(ctx).is_some()
    }

    /// The same reference, if it is to a structure.
    pub fn as_struct(&self, ctx: impl AsContext) -> Option<StructRef> {
        let composite = ctx.as_context().inner().object_type(self.0)?;
        matches!(composite.ty.composite, CompositeType::Struct(_)).then_some(StructRef(self.0))
    }

    /// Whether it is an array.
    pub fn is_array(&self, ctx: impl AsContext) -> bool {
        self.as_array(ctx).is_some()
    }

    /// The same reference, if it is to an array.
    pub fn as_array(&self, ctx: impl AsContext) -> Option<ArrayRef> {
        let composite = ctx.as_context().inner().object_type(self.0)?;
        matches!(composite.ty.composite, CompositeType::Array(_)).then_some(ArrayRef(self.0))
    }
}

impl From<AnyRef> for Val {
    fn from(value: AnyRef) -> Val {
        Val::AnyRef(Some(value))
    }
}

impl ExternRef {
    /// An object as wasm gives it to the outside, by `extern.convert_any`.
    pub fn convert_any(value: AnyRef) -> ExternRef {
        ExternRef(value.0)
    }
}

impl Val {
    /// The value, if it is of the type of [`Val::AnyRef`].
    pub fn any_ref(&self) -> Option<Option<AnyRef>> {
        match *self {
            Val::AnyRef(value) => Some(value),
            _ => None,
        }
    }
}

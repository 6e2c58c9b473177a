//! Operations on references to objects of any kind: structures, arrays, small integers, and converted external
//! references.

use wasmote_decode::CompositeType;
use wasmote_runtime::Root;

use crate::context::{AsContext, AsContextMut};
use crate::gc::i31::I31;
use crate::gc::refs::{ArrayRef, StructRef};
use crate::handles::{AnyRef, ExternRef};
use crate::value::Val;

impl AnyRef {
    /// Makes a reference to a small integer. The integer lies in the reference, so it needs no heap.
    pub fn from_i31(mut ctx: impl AsContextMut, value: I31) -> AnyRef {
        AnyRef(Root::new(ctx.as_context_mut().inner_mut(), value.reference()))
    }

    /// Converts an external reference to an internal one, as `any.convert_extern` does.
    #[must_use]
    pub fn convert_extern(value: ExternRef) -> AnyRef {
        AnyRef(value.0)
    }

    /// Returns the small integer, if this refers to one.
    ///
    /// # Panics
    /// Like all methods of `AnyRef`: if the handle belongs to another store, or if its scope has ended.
    pub fn as_i31(&self, ctx: impl AsContext) -> Option<I31> {
        I31::of_reference(self.0.reference(ctx.as_context().inner()))
    }

    /// Returns whether this refers to a structure.
    pub fn is_struct(&self, ctx: impl AsContext) -> bool {
        self.as_struct(ctx).is_some()
    }

    /// Returns the same reference, if it is to a structure.
    pub fn as_struct(&self, ctx: impl AsContext) -> Option<StructRef> {
        let composite = ctx.as_context().inner().object_type(self.0)?;
        matches!(composite.ty.composite, CompositeType::Struct(_)).then_some(StructRef(self.0))
    }

    /// Returns whether this refers to an array.
    pub fn is_array(&self, ctx: impl AsContext) -> bool {
        self.as_array(ctx).is_some()
    }

    /// Returns the same reference, if it is to an array.
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
    /// Converts an internal reference to an external one, as `extern.convert_any` does.
    #[must_use]
    pub fn convert_any(value: AnyRef) -> ExternRef {
        ExternRef(value.0)
    }
}

//! References to structures.

use alloc::vec::Vec;

use crate::anyref::AnyRef;
use crate::context::{AsContext, AsContextMut};
use crate::error::{Error, try_results};
use crate::object_types::StructType;
use crate::roots::Root;
use crate::value::Val;

/// A reference to a structure. It is good until its [`scope`](crate::scope()) ends. Two are equal if they are to the same structure.
///
/// Here the host makes one for a guest, which changes it, and gives back another:
///
/// ```
/// use wasmote::{Engine, Instance, Module, Store, StructRef, StructType, Val};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (type $point (struct (field $x (mut i32)) (field $y i32)))
///     (func (export "mirror") (param $p (ref $point)) (result (ref $point))
///         (struct.set $point $x (local.get $p) (i32.const 0))
///         (struct.new $point
///             (struct.get $point $y (local.get $p))
///             (struct.get $point $x (local.get $p)))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let mirror = instance.get_func(&store, "mirror").unwrap();
///
/// let point = StructType::of(&engine, mirror.ty(&store).params[0]).unwrap();
/// let given = StructRef::new(&mut store, &point, &[Val::I32(1), Val::I32(2)])?;
/// given.set_field(&mut store, 0, Val::I32(7))?;
/// assert!(given.set_field(&mut store, 1, Val::I32(7)).is_err(), "it is not mutable");
///
/// let mirrored = mirror.typed::<StructRef, StructRef>(&store)?.call(&mut store, given)?;
/// assert_eq!(given.fields(&store)?, [Val::I32(0), Val::I32(2)]);
/// assert_eq!(mirrored.fields(&store)?, [Val::I32(2), Val::I32(0)]);
/// assert_eq!(mirrored.ty(&store)?, point);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StructRef(pub(crate) Root);

impl StructRef {
    /// A new structure with these fields, of which packed ones are cut to their width.
    ///
    /// # Errors
    /// When they are not as many as the type has, or not of its types, or the type is another engine's;
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room.
    ///
    /// # Panics
    /// As all functions here, if a reference belongs to another store, or its scope has ended.
    pub fn new(mut ctx: impl AsContextMut, ty: &StructType, fields: &[Val]) -> Result<StructRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let id = ty.id_in(&store.engine)?;
        if fields.len() != ty.fields().len() {
            return Err(Error::new("the structure's type has another number of fields"));
        }
        let values = ty.fields().iter().zip(fields).map(|(&ty, &value)| store.slots_for(ty, value));
        let values = try_results(values)?;
        store.use_type(id)?;
        Ok(StructRef(store.new_object(id, 0, &values)?))
    }

    /// Its type.
    ///
    /// # Errors
    /// As all functions here, if it is no structure, which only an image that is not as it was written can bring about.
    pub fn ty(&self, ctx: impl AsContext) -> Result<StructType, Error> {
        let ctx = ctx.as_context();
        let id = ctx.inner().object_type_id(self.0)?;
        StructType::of_index(ctx.engine(), id).ok_or_else(|| Error::new("the object is no structure"))
    }

    /// A field; packed ones are zero-extended.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn field(&self, ctx: impl AsContext, index: usize) -> Result<Val, Error> {
        let ctx = ctx.as_context();
        ctx.inner().read_part(self.0, ctx.inner().field(self.0, index)?)
    }

    /// All fields.
    ///
    /// # Errors
    /// None of its own.
    pub fn fields(&self, ctx: impl AsContext) -> Result<Vec<Val>, Error> {
        let count = self.ty(&ctx)?.fields().len();
        ctx.as_context().inner().room_for_handles(count)?;
        try_results((0..count).map(|index| self.field(&ctx, index)))
    }

    /// Sets a field; a packed one to as many bits of the value as it has.
    ///
    /// # Errors
    /// When there are not as many, when the field is not mutable, and when the value is not of its type.
    pub fn set_field(&self, mut ctx: impl AsContextMut, index: usize, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let field = store.field(self.0, index)?;
        store.write_part(self.0, field, value)
    }
}

impl From<StructRef> for AnyRef {
    fn from(value: StructRef) -> AnyRef {
        AnyRef(value.0)
    }
}

impl From<StructRef> for Val {
    fn from(value: StructRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}

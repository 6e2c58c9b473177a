//! References to objects of any kind: structures, arrays, small integers, and values of the host as wasm has them.

use wasmote_decode::CompositeType;
use wasmote_gc::layout::HOST;
use wasmote_ir::{HeapType, RefType};

use crate::arrayref::ArrayRef;
use crate::context::{AsContext, AsContextMut};
use crate::roots::Root;
use crate::store::StoreInner;
use crate::structref::StructRef;
use crate::value::{ExternRef, Val};

/// A reference to an object, an `anyref`. It is good until its [`scope`](crate::scope()) ends. Two are equal if they are to the same object.
///
/// ```
/// use wasmote::{AnyRef, Engine, I31, Instance, Module, Store, Val};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (type $point (struct (field i32) (field i64)))
///     (func (export "make") (result anyref) (struct.new $point (i32.const 1) (i64.const 2))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let made = instance.get_typed_func::<(), Option<AnyRef>>(&store, "make")?.call(&mut store, ())?.unwrap();
/// let point = made.as_struct(&store).unwrap();
/// assert_eq!(point.field(&store, 1)?, Val::I64(2));
/// assert_eq!((made.as_array(&store), made.as_i31(&store)), (None, None));
///
/// let small = AnyRef::from_i31(&mut store, I31::wrapping_i32(-5));
/// assert_eq!(small.as_i31(&store).map(I31::get_i32), Some(-5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AnyRef(pub(crate) Root);

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

/// An integer of 31 bits, which wasm has in a reference, `ref i31`.
///
/// ```
/// use wasmote::I31;
///
/// let last = I31::new_i32((1 << 30) - 1).unwrap();
/// assert_eq!(I31::new_i32(last.get_i32() + 1), None);
/// assert_eq!(I31::wrapping_i32(-1).get_u32(), (1 << 31) - 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct I31(u32);

impl I31 {
    /// The integer, unless 31 bits are not enough for it.
    pub fn new_i32(value: i32) -> Option<I31> {
        Some(I31::wrapping_i32(value)).filter(|it| it.get_i32() == value)
    }

    /// The integer, unless 31 bits are not enough for it.
    pub fn new_u32(value: u32) -> Option<I31> {
        (value >> 31 == 0).then_some(I31(value))
    }

    /// The integer without its highest bit.
    pub const fn wrapping_i32(value: i32) -> I31 {
        I31(value as u32 & !(1 << 31))
    }

    /// The integer, of which the highest bit is a sign.
    pub const fn get_i32(self) -> i32 {
        (self.0 << 1) as i32 >> 1
    }

    /// The integer without a sign.
    pub const fn get_u32(self) -> u32 {
        self.0
    }

    pub(crate) const fn reference(self) -> u32 {
        self.0 << 1 | 1
    }

    pub(crate) fn of_reference(reference: u32) -> Option<I31> {
        (reference & 1 != 0).then_some(I31(reference >> 1))
    }
}

impl StoreInner {
    /// What a reference that is not null is to: `i31`, the index of an object's type (the engine's number), or `any` for a value of the host.
    /// `None` if it is no object, which only an image that is not as it was written can bring about.
    pub(crate) fn heap_type(&self, reference: u32) -> Option<HeapType> {
        if reference & 1 != 0 {
            return Some(HeapType::I31);
        }
        match self.header(reference)? as u32 {
            HOST => Some(HeapType::Any),
            id if id < HOST => Some(HeapType::Index(id)),
            _ => None,
        }
    }

    /// Whether a reference that is not null is to an object of this type.
    pub(crate) fn is_object_of(&self, reference: u32, ty: RefType) -> bool {
        self.heap_type(reference).is_some_and(|given| self.engine.types().lock().heap_matches(given, ty.heap()))
    }
}

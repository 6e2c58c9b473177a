//! References to objects: structures, arrays, small integers, and values of the host as wasm has them.

use wasmote_decode::CompositeType;
use wasmote_gc::layout::HOST;
use wasmote_ir::{HeapType, RefType, StorageType};

use crate::context::{AsContext, AsContextMut};
use crate::roots::Root;
use crate::store::StoreInner;
use crate::value::Val;

/// A reference to an object, an `anyref`. It is good until its [`scope`](crate::scope()) ends. Two are equal if they are to the same object.
///
/// ```
/// use wasmote::{AnyRef, Engine, Instance, Module, Store, Val};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (type $point (struct (field i32) (field i64)))
///     (func (export "make") (result anyref) (struct.new $point (i32.const 1) (i64.const 2))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let mut results = [Val::I32(0)];
/// instance.get_func(&store, "make").unwrap().call(&mut store, &[], &mut results)?;
/// let point = results[0].any_ref().unwrap().unwrap();
/// assert_eq!(point.field(&store, 1), Some(Val::I64(2)));
/// assert_eq!(AnyRef::of_i31(&mut store, -5).i31(&store), Some(-5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AnyRef(pub(crate) Root);

impl AnyRef {
    /// An integer of 31 bits; the highest bit of the number is lost.
    pub fn of_i31(mut ctx: impl AsContextMut, value: i32) -> AnyRef {
        AnyRef(Root::new(ctx.as_context_mut().inner_mut(), (value as u32) << 1 | 1))
    }

    /// The integer, if it is one.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store, or its scope has ended.
    pub fn i31(&self, ctx: impl AsContext) -> Option<i32> {
        let reference = self.0.reference(ctx.as_context().inner());
        (reference & 1 != 0).then_some(reference as i32 >> 1)
    }

    /// What it is: `i31`, the index of an object's type (the engine's number), or `any` for a value of the host. `None` if it is no object,
    /// which only an image that is not as it was written can bring about.
    pub(crate) fn heap_type(&self, store: &StoreInner) -> Option<HeapType> {
        let reference = self.0.reference(store);
        if reference & 1 != 0 {
            return Some(HeapType::I31);
        }
        match store.header(reference)? as u32 {
            HOST => Some(HeapType::Any),
            id if id < HOST => Some(HeapType::Index(id)),
            _ => None,
        }
    }

    /// Whether it is a structure.
    pub fn is_struct(&self, ctx: impl AsContext) -> bool {
        matches!(composite(ctx.as_context().inner(), *self), Some(CompositeType::Struct(_)))
    }

    /// Whether it is an array.
    pub fn is_array(&self, ctx: impl AsContext) -> bool {
        matches!(composite(ctx.as_context().inner(), *self), Some(CompositeType::Array(_)))
    }

    /// A field of a structure, if it is one and has as many; packed ones zero-extended.
    pub fn field(&self, ctx: impl AsContext, index: usize) -> Option<Val> {
        let ctx = ctx.as_context();
        let Some(CompositeType::Struct(fields)) = composite(ctx.inner(), *self) else { return None };
        let mut end = 8;
        let mut place = None;
        for field in fields.get(..=index)? {
            place = Some((field.storage.place(&mut end), field.storage));
        }
        let (at, storage) = place?;
        read(ctx.inner(), *self, at as usize, storage)
    }

    /// How many elements an array has, if it is one.
    pub fn len(&self, ctx: impl AsContext) -> Option<u32> {
        let ctx = ctx.as_context();
        let Some(CompositeType::Array(_)) = composite(ctx.inner(), *self) else { return None };
        Some((ctx.inner().header(self.0.reference(ctx.inner()))? >> 32) as u32)
    }

    /// Whether it is an array without elements.
    pub fn is_empty(&self, ctx: impl AsContext) -> bool {
        self.len(ctx) == Some(0)
    }

    /// An element of an array, if it is one and has as many; packed ones zero-extended.
    pub fn element(&self, ctx: impl AsContext, index: u32) -> Option<Val> {
        let ctx = ctx.as_context();
        let Some(CompositeType::Array(element)) = composite(ctx.inner(), *self) else { return None };
        if index >= self.len(ctx)? {
            return None;
        }
        let at = (index as usize).checked_mul(element.storage.bytes() as usize)?.checked_add(8)?;
        read(ctx.inner(), *self, at, element.storage)
    }
}

/// The type of the object that a reference is to.
fn composite(store: &StoreInner, reference: AnyRef) -> Option<CompositeType> {
    match reference.heap_type(store)? {
        HeapType::Index(id) => store.engine.types().lock().known(id).map(|known| known.ty.composite.clone()),
        _ => None,
    }
}

/// What is stored at an offset in an object.
fn read(store: &StoreInner, object: AnyRef, at: usize, storage: StorageType) -> Option<Val> {
    let heap = &store.machine.heap;
    let reference = object.0.reference(store) as usize;
    let bytes = storage.bytes() as usize;
    let end = heap.edge as usize - heap.base as usize + wasmote_exec::Heap::SLACK;
    if (4 * reference).checked_add(at)?.checked_add(bytes)? > end {
        return None;
    }
    let mut slots = [[0; 8]; 2];
    let raw = slots.as_flattened_mut();
    // SAFETY: in the heap, as was just checked.
    unsafe { heap.base.add(4 * reference + at).copy_to_nonoverlapping(raw.as_mut_ptr(), bytes) };
    let slots = match bytes {
        1 => [raw[0].into(), 0],
        2 => [u16::from_ne_bytes([raw[0], raw[1]]).into(), 0],
        4 => [u32::from_ne_bytes([raw[0], raw[1], raw[2], raw[3]]).into(), 0],
        _ => slots.map(u64::from_ne_bytes),
    };
    Some(Val::of_slots(storage.unpacked(), &slots, store))
}

impl StoreInner {
    /// Whether references of this type are to structures or arrays of a type of their own.
    pub(crate) fn is_object_type(&self, ty: RefType) -> bool {
        ty.index().is_some() && !matches!(self.engine.types().lock().top(ty), HeapType::Func)
    }
}

impl From<AnyRef> for Val {
    fn from(value: AnyRef) -> Val {
        Val::AnyRef(Some(value))
    }
}

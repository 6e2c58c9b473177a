//! Handles of structures and arrays. Their operations are in `structref` and `arrayref`.

use wasmote_runtime::Root;

/// A reference to a structure, valid until its [`scope`](crate::scope()) ends. Two are equal if they refer to the
/// same structure.
///
/// The host makes a structure here; the guest changes it and returns another:
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
/// let point = StructType::of(&engine, mirror.ty(&store).params()[0]).unwrap();
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

/// A reference to an array, valid until its [`scope`](crate::scope()) ends. Two are equal if they refer to the same
/// array.
///
/// ```
/// use wasmote::{ArrayRef, ArrayType, Engine, FieldType, Mutability, StorageType, Store, Val, ValType};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let bytes = ArrayType::new(&engine, FieldType::new(Mutability::Var, StorageType::I8))?;
/// let text = ArrayRef::new(&mut store, &bytes, Val::I32('.' as i32), 5)?;
/// text.set(&mut store, 4, Val::I32('!' as i32))?;
/// assert_eq!((text.len(&store)?, text.get(&store, 0)?), (5, Val::I32('.' as i32)));
/// assert!(text.get(&store, 5).is_err());
/// text.data_mut(&mut store)?[..2].copy_from_slice(b"oh");
/// assert_eq!(text.data(&store)?, b"oh..!");
///
/// let longs = FieldType::new(Mutability::Const, StorageType::ValType(ValType::I64));
/// let longs = ArrayType::new(&engine, longs)?;
/// let fixed = ArrayRef::new_fixed(&mut store, &longs, &[Val::I64(1), Val::I64(2)])?;
/// assert_eq!(fixed.elements(&store)?, [Val::I64(1), Val::I64(2)]);
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ArrayRef(pub(crate) Root);

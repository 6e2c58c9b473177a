//! Handles: the embedder's references to items in a store. Each type's operations are in a file of its own.

use wasmote_runtime::{Root, Store, StoreId};

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $name {
            store: StoreId,
            index: u32,
        }

        impl $name {
            /// Returns the handle of the item with this number.
            #[inline]
            pub(crate) fn of(store: &Store, index: u32) -> $name {
                $name { store: store.id(), index }
            }

            /// Returns which store the item is in.
            pub(crate) fn store_id(self) -> StoreId {
                self.store
            }

            /// Returns the item's number in its store.
            ///
            /// # Panics
            /// If the handle belongs to another store.
            #[inline]
            pub(crate) fn number(self, store: &Store) -> u32 {
                store.check(self.store);
                self.index
            }
        }
    )* };
}

impl Instance {
    /// Returns the handle of the instance with this number in a store.
    pub(crate) fn in_store(store: StoreId, index: u32) -> Instance {
        Instance { store, index }
    }
}

numbered! {
    /// A function in a store.
    ///
    /// ```
    /// use wasmote::{Engine, Func, Store, Val};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
    /// let mut results = [Val::I32(0)];
    /// add.call(&mut store, &[Val::I32(40), Val::I32(2)], &mut results)?;
    /// assert_eq!(results[0].i32(), Some(42));
    /// # Ok::<(), wasmote::Error>(())
    /// ```
    Func;
    /// A linear memory in a store.
    ///
    /// ```
    /// use wasmote::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// memory.write(&mut store, 65530, b"hello")?;
    /// assert_eq!(memory.grow(&mut store, 1)?, 1);
    /// assert_eq!(&memory.data(&store)[65530..65535], b"hello");
    /// # Ok::<(), wasmote::Error>(())
    /// ```
    Memory;
    /// A table in a store.
    ///
    /// ```
    /// use wasmote::{Engine, Func, Ref, RefType, Store, Table, TableType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let table = Table::new(&mut store, TableType::new(RefType::FUNC, 2, None), Ref::Func(None))?;
    /// let func = Func::wrap(&mut store, || 42);
    /// table.set(&mut store, 1, func.into())?;
    /// assert_eq!(table.get(&store, 0), Some(Ref::Func(None)));
    /// assert_eq!(table.get(&store, 1), Some(Ref::Func(Some(func))));
    /// assert_eq!(table.get(&store, 2), None);
    /// # Ok::<(), wasmote::Error>(())
    /// ```
    Table;
    /// A global in a store.
    ///
    /// ```
    /// use wasmote::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::I64, Mutability::Var);
    /// let global = Global::new(&mut store, ty, Val::I64(41))?;
    /// global.set(&mut store, Val::I64(42))?;
    /// assert_eq!(global.get(&store), Val::I64(42));
    /// # Ok::<(), wasmote::Error>(())
    /// ```
    Global;
    /// A tag in a store. Tags tell exceptions apart. Each tag is different from all others, even of the same type.
    ///
    /// ```
    /// use wasmote::{Engine, FuncType, Store, Tag, TagType, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TagType::new(FuncType::new([ValType::I32], []));
    /// let tag = Tag::new(&mut store, &ty);
    /// assert_eq!(tag.ty(&store), ty);
    /// assert_ne!(tag, Tag::new(&mut store, &ty));
    /// ```
    Tag;
    /// An instance of a module in a store.
    ///
    /// ```
    /// use wasmote::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module
    ///     (memory (export "memory") 1)
    ///     (func (export "double") (param i32) (result i32)
    ///         (i32.add (local.get 0) (local.get 0))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let double = instance.get_typed_func::<i32, i32>(&store, "double")?;
    /// assert_eq!(double.call(&mut store, 21)?, 42);
    /// assert_eq!(instance.get_memory(&store, "memory").unwrap().size(&store), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Instance;
}

/// A reference to a value of the host, which wasm can pass on and return.
///
/// With the feature `gc`, the handle is valid until its `scope` ends. The value is dropped when neither wasm nor
/// the host refers to it. Without the feature, both live as long as the store.
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

/// A reference to an object: an `anyref`. It is valid until its `scope` ends. Two are equal if they refer to the
/// same object. Without the feature `gc`, only null exists.
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

/// A reference to an exception: an `exnref`. It is valid until its `scope` ends. Without the feature `gc`, only
/// null exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef(pub(crate) Root);

//! Instances (spec: exec/runtime#module-instances).

use wasmote_decode::{Export, ExportKind};
use wasmote_exec as exec;

use crate::arena::Run;
use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::Error;
use crate::externs::Extern;
use crate::func::Func;
use crate::global::Global;
use crate::instantiate::instantiate;
use crate::memory::Memory;
use crate::messages::message;
use crate::module::Module;
use crate::store::{StoreId, StoreInner};
use crate::table::Table;
use crate::tag::Tag;
use crate::typed::{TypedFunc, WasmTypes};

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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    store: StoreId,
    index: u32,
}

/// An instance in a store. It begins with what handlers know of it, whose pointers lead to what comes after.
#[repr(C)]
pub(crate) struct InstanceRecord {
    pub(crate) exec: exec::Instance,
    pub(crate) module: Module,
    /// The memory exported as `memory`.
    pub(crate) memory: Option<Memory>,
    pub(crate) parts: Parts,
    /// Whether its globals and tables are there. Otherwise making them failed, and its functions never run.
    pub(crate) ready: bool,
}

/// What the pointers of an [`exec::Instance`] lead to.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) funcs: Run<exec::Func>,
    pub(crate) imports: Run<*mut exec::Func>,
    pub(crate) globals: Run<*mut u64>,
    pub(crate) memories: Run<*mut exec::Memory>,
    pub(crate) tables: Run<*mut exec::Table>,
    /// The store's numbers of the tags.
    pub(crate) tags: Run<u32>,
    pub(crate) data: Run<exec::DataSegment>,
    pub(crate) elems: Run<exec::ElemSegment>,
    /// What passive element segments lead to.
    pub(crate) references: alloc::vec::Vec<Run<u32>>,
}

impl Parts {
    /// The record of a function, imports counted.
    pub(crate) fn func(&self, index: u32) -> Option<*mut exec::Func> {
        let index = index as usize;
        match index.checked_sub(self.imports.len()) {
            Some(defined) => self.funcs.get(defined),
            None => read(&self.imports, index),
        }
    }
}

/// One of the pointers in a run.
fn read<T>(run: &Run<*mut T>, index: usize) -> Option<*mut T> {
    // SAFETY: pointers in these runs are never changed.
    run.get(index).map(|place| unsafe { place.read() })
}

impl InstanceRecord {
    /// What is exported under this name.
    pub(crate) fn export(&self, store: &StoreInner, name: &str) -> Option<Extern> {
        self.exported(store, self.module.inner().export(name)?)
    }

    fn exported(&self, store: &StoreInner, export: &Export) -> Option<Extern> {
        let parts = &self.parts;
        let index = export.index as usize;
        // SAFETY: the pointers are of records of this store, which live as long as it does.
        Some(unsafe {
            match export.kind {
                ExportKind::Func => {
                    // Exported functions were given references at instantiation.
                    let reference = (*parts.func(export.index)?).reference;
                    Extern::Func(Func::of_slot(reference.into(), store)?)
                }
                ExportKind::Table => Extern::Table(Table::of_record(store, read(&parts.tables, index)?)),
                ExportKind::Memory => Extern::Memory(Memory::of_record(store, read(&parts.memories, index)?)),
                ExportKind::Tag => Extern::Tag(Tag::of_number(store, parts.tags.get(index)?.read())?),
                ExportKind::Global => Extern::Global(Global::of_value(store, read(&parts.globals, index)?)),
            }
        })
    }
}

impl Instance {
    /// Instantiates a module (spec: exec/modules#instantiation) with what it imports, in the order of
    /// [`Module::imports`]. Its start function, if it has one, has run when this returns. [`Linker`](crate::Linker)
    /// finds imports by name.
    ///
    /// # Errors
    /// When imports are not as many or not of the types that the module asks for, when memories or tables cannot be
    /// had, when active segments do not fit, and when the start function fails. What was written to imported tables
    /// and memories by then stays.
    ///
    /// # Panics
    /// If an import belongs to another store.
    pub fn new(mut ctx: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        // SAFETY: the context stands for a mutable borrow of the store.
        unsafe { instantiate(ctx.as_context_mut().root(), module, imports) }
    }

    pub(crate) fn of_index(store: &StoreInner, index: u32) -> Instance {
        let store = store.id;
        Instance { store, index }
    }

    pub(crate) fn record(self, store: &StoreInner) -> &InstanceRecord {
        store.check(self.store);
        match store.instances.get(self.index as usize) {
            // SAFETY: the record lives as long as the store, and no code runs while the store is borrowed.
            Some(record) => unsafe { record.as_ref() },
            None => unreachable!("instances stay in their store"),
        }
    }

    /// The module.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn module<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let ctx = ctx.into();
        &self.record(ctx.inner()).module
    }

    /// What it exports under this name.
    pub fn get_export(&self, ctx: impl AsContext, name: &str) -> Option<Extern> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        self.record(store).export(store, name)
    }

    /// The function it exports under this name.
    pub fn get_func(&self, ctx: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(ctx, name)?.func()
    }

    /// The function it exports under this name, typed as by [`Func::typed`].
    ///
    /// # Errors
    /// When there is none, or its type is another.
    pub fn get_typed_func<P: WasmTypes, R: WasmTypes>(
        &self,
        ctx: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Error> {
        match self.get_func(&ctx, name) {
            Some(func) => func.typed(ctx),
            None => Err(no_function(name)),
        }
    }

    /// The table it exports under this name.
    pub fn get_table(&self, ctx: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(ctx, name)?.table()
    }

    /// The memory it exports under this name.
    pub fn get_memory(&self, ctx: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(ctx, name)?.memory()
    }

    /// The tag it exports under this name.
    pub fn get_tag(&self, ctx: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(ctx, name)?.tag()
    }

    /// The global it exports under this name.
    pub fn get_global(&self, ctx: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(ctx, name)?.global()
    }

    /// All that it exports, in order.
    pub fn exports<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> impl Iterator<Item = (&'a str, Extern)> {
        let ctx = ctx.into();
        let store = ctx.inner();
        let record = self.record(store);
        let exports = record.module.inner().info.exports.iter();
        exports.filter_map(|export| Some((&*export.name, record.exported(store, export)?)))
    }
}

#[cold]
fn no_function(_name: &str) -> Error {
    Error::new(message!("there is no such exported function", ": `{_name}`"))
}

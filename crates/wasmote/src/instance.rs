//! Instances (spec: exec/runtime#module-instances).

use wasmote_ir::fallible::{TryVec, try_collect};
use wasmote_runtime::{Item, Store, StoreMut};

use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::{Error, ErrorKind};
use crate::externs::Extern;
use crate::handles::{Func, Global, Instance, Memory, Table, Tag};
use crate::imports::problem_of;
use crate::messages::message;
use crate::module::Module;
use crate::thrown::failure;
use crate::typed::{TypedFunc, WasmTypes};

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
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let imports = try_collect(imports.iter().map(|import| import.item(store)))?;
        instantiate(ctx.0.untyped(), module, &imports)
    }

    /// The module.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn module<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let store = ctx.into().inner();
        Module::of(store.instance(self.number(store)).module())
    }

    /// What it exports under this name.
    pub fn get_export(&self, ctx: impl AsContext, name: &str) -> Option<Extern> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        Some(Extern::of(store, store.instance(self.number(store)).export(name)?))
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
        let store = ctx.into().inner();
        let record = store.instance(self.number(store));
        let exports = record.module().info().exports.iter();
        exports.filter_map(|export| Some((&*export.name, Extern::of(store, record.exported(export)?))))
    }
}

#[cold]
fn no_function(_name: &str) -> Error {
    Error::new(message!("there is no such exported function", ": `{_name}`"))
}

/// Instantiates a module with what it imports, in order.
// Not into what is generic over the host's state, of which there may be several.
#[inline(never)]
pub(crate) fn instantiate(mut ctx: StoreMut<'_, ()>, module: &Module, imports: &[Item]) -> Result<Instance, Error> {
    let made = ctx.instantiate(module.inner(), imports);
    let store = ctx.borrow().store();
    match made {
        Ok(index) => Ok(Instance::of(store, index)),
        Err(error) if error.is_imports() => Err(imports_error(store, module, imports).unwrap_or_else(|error| error)),
        Err(error) => Err(failure(store, error)),
    }
}

/// What is wrong with imports.
#[cold]
#[inline(never)]
fn imports_error(store: &Store, module: &Module, given: &[Item]) -> Result<Error, Error> {
    let imports = &module.info().imports;
    if imports.len() != given.len() {
        return Ok(Error::instantiate(message!(
            "not as many imports were given as the module has",
            ": {} instead of {}",
            given.len(),
            imports.len()
        )));
    }
    let mut problems = alloc::vec::Vec::new();
    for (import, &given) in imports.iter().zip(given) {
        if !store.matches(module.inner(), import.ty, given) {
            let found = Extern::of(store, given).type_in(store)?;
            problems.try_push(problem_of(module.inner(), import, Some(found))?)?;
        }
    }
    Ok(Error::of(ErrorKind::Link(problems.try_into_box()?)))
}

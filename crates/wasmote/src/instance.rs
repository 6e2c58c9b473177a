//! Operations on instances (spec: exec/runtime#module-instances).

use alloc::vec::Vec;

use wasmote_ir::fallible::{TryVec, try_with_capacity};
use wasmote_runtime::{Item, Store, StoreMut};

use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::{Error, ErrorKind};
use crate::externs::Extern;
use crate::handles::{Func, Global, Instance, Memory, Table, Tag};
use crate::imports::problem_of;
use crate::messages::message;
use crate::module::{Module, ModuleExport};
use crate::shared_memory::SharedMemory;
use crate::thrown::failure;
use crate::typed::{TypedFunc, WasmTypes};

impl Instance {
    /// Instantiates a module (spec: exec/modules#instantiation), and runs its start function if it has one.
    /// `imports` are in the order of [`Module::imports`]. [`Linker`](crate::Linker) finds them by name instead.
    ///
    /// # Errors
    /// Fails if one of these is so:
    ///
    /// - The number or the types of the imports are not those that the module asks for.
    /// - A memory or table cannot be made.
    /// - An active segment does not fit.
    /// - The start function fails.
    ///
    /// Writes to imported tables and memories that were made before the failure stay.
    ///
    /// # Panics
    /// If an import belongs to another store.
    pub fn new(mut ctx: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        let mut ctx = ctx.as_context_mut();
        let items = items_of(ctx.inner_mut(), imports)?;
        instantiate(ctx.0.untyped(), module, &items)
    }

    /// Returns the module.
    ///
    /// # Panics
    /// Like all methods of `Instance`: if the handle belongs to another store.
    pub fn module<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let store = ctx.into().inner();
        Module::of(store.instance(self.number(store)).module())
    }

    /// Returns the export with this name.
    pub fn get_export(&self, ctx: impl AsContext, name: &str) -> Option<Extern> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        Some(Extern::of(store, store.instance(self.number(store)).export(name)?))
    }

    /// Returns an export that was found in the module before. `None` if the instance is one of another module.
    pub fn get_module_export(&self, ctx: impl AsContext, export: &ModuleExport) -> Option<Extern> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        let record = store.instance(self.number(store));
        Some(Extern::of(store, record.exported(export.of(record.module())?)?))
    }

    /// Returns the exported function with this name.
    pub fn get_func(&self, ctx: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(ctx, name)?.into_func()
    }

    /// Returns the exported function with this name, typed by [`Func::typed`].
    ///
    /// # Errors
    /// Fails if there is no such function, or if its type does not fit.
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

    /// Returns the exported table with this name.
    pub fn get_table(&self, ctx: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(ctx, name)?.into_table()
    }

    /// Returns the exported memory with this name. `None` also if threads share it.
    pub fn get_memory(&self, ctx: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(ctx, name)?.into_memory()
    }

    /// Returns the exported shared memory with this name.
    pub fn get_shared_memory(&self, ctx: impl AsContext, name: &str) -> Option<SharedMemory> {
        self.get_export(ctx, name)?.into_shared_memory()
    }

    /// Returns the exported tag with this name.
    pub fn get_tag(&self, ctx: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(ctx, name)?.into_tag()
    }

    /// Returns the exported global with this name.
    pub fn get_global(&self, ctx: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(ctx, name)?.into_global()
    }

    /// Returns all exports with their names, in order.
    pub fn exports<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> impl Iterator<Item = (&'a str, Extern)> {
        let store = ctx.into().inner();
        let record = store.instance(self.number(store));
        let exports = record.module().info().exports.iter();
        exports.filter_map(|export| Some((&*export.name, Extern::of(store, record.exported(export)?))))
    }
}

/// Returns the runtime's items of these imports.
pub(crate) fn items_of(store: &mut Store, imports: &[Extern]) -> Result<Vec<Item>, Error> {
    let mut items = try_with_capacity(imports.len())?;
    for import in imports {
        items.push(import.item(store)?);
    }
    Ok(items)
}

#[cold]
fn no_function(_name: &str) -> Error {
    Error::new(message!("there is no such exported function", ": `{_name}`"))
}

/// Instantiates a module; `imports` are in order.
// Not inlined: its callers are generic over the embedder's data, and each would have a copy.
#[inline(never)]
pub(crate) fn instantiate(mut ctx: StoreMut<'_, ()>, module: &Module, imports: &[Item]) -> Result<Instance, Error> {
    let made = ctx.instantiate(module.inner(), imports);
    finish(ctx.borrow().store(), module, imports, made)
}

/// Makes an instance, and returns it with its start function, which has not run.
#[cfg(feature = "async")]
pub(crate) fn without_start(
    mut ctx: StoreMut<'_, ()>,
    module: &Module,
    imports: &[Item],
) -> Result<(Instance, Option<Func>), Error> {
    let made = ctx.instantiate_without_start(module.inner(), imports);
    let store = ctx.borrow().store();
    let start = made.as_ref().ok().and_then(|made| made.1);
    let instance = finish(store, module, imports, made.map(|made| made.0))?;
    Ok((instance, start.map(|start| Func::of(store, start))))
}

/// Returns the instance, or says why there is none.
fn finish(
    store: &Store,
    module: &Module,
    imports: &[Item],
    made: Result<u32, wasmote_runtime::Error>,
) -> Result<Instance, Error> {
    match made {
        Ok(index) => Ok(Instance::of(store, index)),
        Err(error) if error.is_imports() => Err(imports_error(store, module, imports).unwrap_or_else(|error| error)),
        Err(error) => Err(failure(store, error)),
    }
}

/// Describes the imports that do not fit.
#[cold]
#[inline(never)]
fn imports_error(store: &Store, module: &Module, given: &[Item]) -> Result<Error, Error> {
    let imports = &module.info().imports;
    if imports.len() != given.len() {
        return Ok(Error::instantiate(message!(
            "wrong number of imports",
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
    Ok(Error::of(ErrorKind::Link(problems)))
}

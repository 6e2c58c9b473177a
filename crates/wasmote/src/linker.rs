//! Linkers, which find imports by name.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;

use wasmote_decode::{FuncType, Import, ImportType};
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_str, try_with_capacity};

use wasmote_runtime as runtime;
use wasmote_runtime::{HostCode, Item, Store, no_memory};

use crate::caller::Caller;
use crate::context::AsContextMut;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, ImportProblem};
use crate::extern_type::ExternType;
use crate::externs::Extern;
use crate::handles::{Func, Instance};
use crate::host::{RawFn, of_values, plain, raw};
use crate::imports::problem_of;
use crate::instance::instantiate;
use crate::messages::message;
use crate::module::Module;
use crate::name_map::NameMap;
use crate::typed::IntoFunc;
use crate::value::Val;

/// Definitions of imports, by module name and item name. Host functions that are defined here belong to no store,
/// so one linker serves many stores, even at the same time.
///
/// ```
/// use wasmote::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::<()>::new(&engine);
/// linker.func_wrap("math", "double", |x: i32| x.wrapping_mul(2))?;
/// let wasm = wat::parse_str(r#"(module
///     (import "math" "double" (func $double (param i32) (result i32)))
///     (func (export "quadruple") (param i32) (result i32)
///         (call $double (call $double (local.get 0)))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let quadruple = instance.get_typed_func::<i32, i32>(&store, "quadruple")?;
/// assert_eq!(quadruple.call(&mut store, 10)?, 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    definitions: Definitions,
    allow_shadowing: bool,
    data: PhantomData<fn(T) -> T>,
}

/// Definitions, by module name and item name.
#[derive(Clone, Default)]
struct Definitions(NameMap<NameMap<Definition>>);

#[derive(Clone)]
enum Definition {
    /// An item that is in a store.
    Extern(Extern),
    /// A host function. It is added to a store when a module there imports it.
    Host(HostCode),
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            definitions: self.definitions.clone(),
            allow_shadowing: self.allow_shadowing,
            data: PhantomData,
        }
    }
}

impl<T> Linker<T> {
    /// Makes a linker without definitions.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            definitions: Definitions::default(),
            allow_shadowing: false,
            data: PhantomData,
        }
    }

    /// Returns the engine that the linker was made for.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sets whether a definition may replace another of the same name. Default: no; a second definition is an
    /// error.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    /// Defines an item. If it is in a store, the linker then works only with that store; a
    /// [`SharedMemory`](crate::SharedMemory) is in none.
    ///
    /// # Errors
    /// Like all methods that define an item: fails if the name is taken and
    /// [`allow_shadowing`](Linker::allow_shadowing) is off, or if there is not enough memory.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a host function. The closure's signature gives its type; see [`Func::wrap`].
    ///
    /// # Errors
    /// Fails if the name is taken.
    pub fn func_wrap<P, R>(
        &mut self,
        module: &str,
        name: &str,
        function: impl IntoFunc<T, P, R>,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(function.into_host()))
    }

    /// Defines a host function whose type is given at run time; see [`Func::new`].
    ///
    /// # Errors
    /// Fails if the name is taken.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(of_values(ty, function)))
    }

    /// Defines a host function that works on slots. This is the cheapest kind: it has no closure, and values are
    /// not converted.
    ///
    /// A slot has 64 bits. A value takes one slot; a `v128` takes two, the lower half first. At the call, `slots`
    /// begins with the parameters; when the function returns, it must begin with the results. Narrow values lie in
    /// the low bits, and so do references, where 0 is null.
    ///
    /// ```
    /// # use wasmote::{Caller, Engine, Error, FuncType, Linker, ValType};
    /// fn add(_: Caller<'_, ()>, slots: &mut [u64]) -> Result<(), Error> {
    ///     slots[0] = slots[0].wrapping_add(slots[1]);
    ///     Ok(())
    /// }
    /// let mut linker = Linker::new(&Engine::default());
    /// let ty = FuncType { params: [ValType::I32; 2].into(), results: [ValType::I32].into() };
    /// linker.func_raw("math", "add", ty, add)?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the name is taken.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub fn func_raw(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error>,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(plain(ty, function)))
    }

    /// Does the same as [`Linker::func_raw`], but for a closure.
    ///
    /// # Errors
    /// Fails if the name is taken.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub fn func_raw_fn(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: RawFn<T>,
    ) -> Result<&mut Self, Error>
    where
        T: 'static,
    {
        self.insert(module, name, Definition::Host(raw(ty, function)))
    }

    /// Defines each function that the module imports and that is not defined here. It fails when it is called, with an
    /// error that names it.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<(), Error>
    where
        T: 'static,
    {
        for import in &module.info().imports {
            if self.definitions.get(&import.module, &import.name).is_none()
                && let Some(ExternType::Func(ty)) = ExternType::of_import(module.inner(), import.ty)?
            {
                let names = (try_str(&import.module)?, try_str(&import.name)?);
                self.func_raw_fn(&import.module, &import.name, ty, Arc::new(move |_, _| Err(unknown(&names))))?;
            }
        }
        Ok(())
    }

    /// Defines all exports of an instance, under the module name `module`.
    ///
    /// # Errors
    /// Fails if a name is taken.
    ///
    /// # Panics
    /// If `instance` belongs to another store.
    pub fn instance(
        &mut self,
        mut ctx: impl AsContextMut<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        let ctx = ctx.as_context_mut();
        for (name, item) in instance.exports(&ctx) {
            self.insert(module, name, Definition::Extern(item))?;
        }
        Ok(self)
    }

    /// Instantiates a module with the imports that are defined here, and runs its start function; see
    /// [`Instance::new`].
    ///
    /// # Errors
    /// Fails if imports are not defined, or are of another type than the module asks for; the error lists all of
    /// them. Fails also as [`Instance::new`] does.
    ///
    /// # Panics
    /// If a definition belongs to another store.
    pub fn instantiate(&self, mut ctx: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance, Error> {
        let mut ctx = ctx.as_context_mut();
        let imports = resolve(&self.definitions, ctx.inner_mut(), module)?;
        instantiate(ctx.0.untyped(), module, &imports)
    }

    /// Returns the definition with this name. A host function is added to the store, again at each call.
    ///
    /// If there is no memory for that, the process ends.
    pub fn get(&self, mut ctx: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let definition = self.definitions.get(module, name)?;
        if let Definition::Extern(item) = definition {
            return Some(item.clone());
        }
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let provided = provide(store, definition, None).unwrap_or_else(|_| no_memory());
        Some(Extern::of(store, provided))
    }

    /// Returns the imports of a module that are not defined here, in order: module name, item name and type. A name that
    /// the module imports several times is listed once.
    pub fn missing(&self, module: &Module) -> Vec<(Box<str>, Box<str>, ExternType)> {
        let mut seen = NameMap::<NameMap<()>>::default();
        let unknown = |import: &&Import| {
            self.definitions.get(&import.module, &import.name).is_none()
                && is_first(&mut seen, import).unwrap_or_else(|_| no_memory())
        };
        let imports = module.info().imports.iter().filter(unknown);
        let describe = |import: &Import| {
            let ty = ExternType::of_import(module.inner(), import.ty).ok()??;
            Some((import.module.clone(), import.name.clone(), ty))
        };
        imports.filter_map(describe).collect()
    }

    /// Defines a host function by its code.
    #[cfg(feature = "async")]
    pub(crate) fn insert_host(&mut self, module: &str, name: &str, host: HostCode) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(host))
    }

    /// Finds a module's imports in the store, in order.
    #[cfg(feature = "async")]
    pub(crate) fn resolve(&self, store: &mut Store, module: &Module) -> Result<Vec<Item>, Error> {
        resolve(&self.definitions, store, module)
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition) -> Result<&mut Self, Error> {
        self.definitions.insert(self.allow_shadowing, module, name, definition)?;
        Ok(self)
    }
}

/// Adds the name of an import to a set. Returns whether it was not there.
fn is_first(seen: &mut NameMap<NameMap<()>>, import: &Import) -> Result<bool, OutOfMemory> {
    if seen.get(&import.module).is_none() {
        seen.insert(&import.module, NameMap::default())?;
    }
    let Some(names) = seen.get_mut(&import.module) else { return Ok(true) };
    let is_first = names.get(&import.name).is_none();
    names.insert(&import.name, ())?;
    Ok(is_first)
}

/// Returns the error of a call of a function that is not defined, of its module's and its own name.
#[cold]
fn unknown((_module, _name): &(Box<str>, Box<str>)) -> Error {
    Error::new(message!("the module called an import that is not defined", ": {_module}::{_name}"))
}

impl Definitions {
    fn get(&self, module: &str, name: &str) -> Option<&Definition> {
        self.0.get(module)?.get(name)
    }

    fn insert(&mut self, allow_shadowing: bool, module: &str, name: &str, definition: Definition) -> Result<(), Error> {
        if self.0.get(module).is_none() {
            self.0.insert(module, NameMap::default())?;
        }
        let Some(names) = self.0.get_mut(module) else { return Ok(()) };
        if !allow_shadowing && names.get(name).is_some() {
            return Err(Error::new(message!("the name is already defined", ": {module}::{name}")));
        }
        Ok(names.insert(name, definition)?)
    }
}

#[inline(never)]
fn provide(store: &mut Store, definition: &Definition, type_id: Option<u32>) -> Result<Item, Error> {
    Ok(match definition {
        Definition::Extern(item) => item.item(store)?,
        Definition::Host(host) => Item::Func(Func::of_host(store, host, type_id)?.number(store)),
    })
}

/// Finds a module's imports, in order. The store is changed only if all of them are found.
fn resolve(definitions: &Definitions, store: &mut Store, module: &Module) -> Result<Vec<Item>, Error> {
    let inner = module.inner();
    let mut problems = Vec::new();
    let mut found = try_with_capacity(inner.info().imports.len())?;
    for import in &inner.info().imports {
        let definition = definitions.get(&import.module, &import.name);
        match definition {
            Some(definition) if fits(store, inner, import, definition) => found.push((definition, import.ty)),
            _ => problems.try_push(problem(store, inner, import, definition)?)?,
        }
    }
    if !problems.is_empty() {
        return Err(Error::of(ErrorKind::Link(problems.try_into_box()?)));
    }
    // A host function gets the module's own type, which may be in a recursion group with other types.
    let number = |ty| match ty {
        ImportType::Func(ty) | ImportType::ExactFunc(ty) => inner.type_id(ty),
        _ => None,
    };
    let mut provided = try_with_capacity(found.len())?;
    for (definition, ty) in found {
        provided.push(provide(store, definition, number(ty))?);
    }
    Ok(provided)
}

#[inline(never)]
fn fits(store: &Store, module: &runtime::Module, import: &Import, definition: &Definition) -> bool {
    match (definition, import.ty) {
        (Definition::Extern(item), _) => item.matches(store, module, import.ty),
        (Definition::Host(host), ImportType::Func(ty) | ImportType::ExactFunc(ty)) => {
            module.func_type(ty) == Some(host.ty())
        }
        (Definition::Host(_), _) => false,
    }
}

#[cold]
#[inline(never)]
fn problem(
    store: &Store,
    module: &runtime::Module,
    import: &Import,
    definition: Option<&Definition>,
) -> Result<ImportProblem, Error> {
    let found = match definition {
        Some(Definition::Extern(item)) => Some(item.type_in(store)?),
        Some(Definition::Host(host)) => Some(ExternType::Func(host.ty().try_clone()?)),
        None => None,
    };
    problem_of(module, import, found)
}

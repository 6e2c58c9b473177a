//! Linkers, which find imports by name.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use wasmote_decode::{FuncType, Import, ImportType};
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_str, try_with_capacity};

use wasmote_runtime as runtime;
use wasmote_runtime::{HostCode, HostTypes, Item, Store, no_memory};

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
use crate::typed::sealed::Internal;
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
    /// The types of the host functions.
    types: HostTypes,
    allow_shadowing: bool,
    allow_unknown_exports: bool,
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
            types: self.types.clone(),
            allow_shadowing: self.allow_shadowing,
            allow_unknown_exports: self.allow_unknown_exports,
            data: PhantomData,
        }
    }
}

impl<T> Linker<T> {
    /// Makes a linker without definitions.
    #[must_use]
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            definitions: Definitions::default(),
            types: HostTypes::default(),
            allow_shadowing: false,
            allow_unknown_exports: false,
            data: PhantomData,
        }
    }

    /// Returns the engine that the linker was made for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sets whether a definition may replace another of the same name. Default: no; a second definition is an
    /// error.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    /// Sets whether [`Linker::module`] takes a command with exports that it cannot define: those that are no functions.
    /// Default: no; they are an error. The memory, the table of functions and the few globals that compilers always
    /// export are no error in any case.
    pub fn allow_unknown_exports(&mut self, allow: bool) -> &mut Self {
        self.allow_unknown_exports = allow;
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
        let host = function.into_host(&mut self.types, Internal);
        self.insert(module, name, Definition::Host(host))
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
    /// let ty = FuncType::new([ValType::I32; 2], [ValType::I32]);
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

    /// Does the same as [`Linker::instantiate`]: the name that wasmi has for it.
    ///
    /// # Errors
    /// As [`Linker::instantiate`].
    ///
    /// # Panics
    /// As [`Linker::instantiate`].
    pub fn instantiate_and_start(&self, ctx: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance, Error> {
        self.instantiate(ctx, module)
    }

    /// Finds the imports of a module once, for many instances.
    ///
    /// # Errors
    /// Fails if imports are not defined, or are host functions of another type than the module asks for. The types of
    /// items that are in a store are compared when the module is instantiated.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>, Error> {
        let found = find(&self.definitions, None, module)?;
        let mut definitions = try_with_capacity(found.len())?;
        definitions.extend(found.into_iter().cloned());
        Ok(InstancePre { module: module.clone(), definitions, data: PhantomData })
    }

    /// Defines an item under a second name.
    ///
    /// # Errors
    /// Fails if there is no item `as_module::name`, or if the second name is taken.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self, Error> {
        let Some(definition) = self.definitions.get(module, name) else { return Err(undefined(module, name)) };
        let definition = definition.clone();
        self.insert(as_module, as_name, definition)
    }

    /// Defines all items of a module under the name of another.
    ///
    /// # Errors
    /// Fails if one of the names is taken.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<(), Error> {
        let Some(names) = self.definitions.0.get(module).cloned() else { return Ok(()) };
        for (name, definition) in names.iter() {
            self.insert(as_module, name, definition.clone())?;
        }
        Ok(())
    }

    /// Returns all definitions: module name, item name, and the item. Host functions are added to the store.
    ///
    /// If there is no memory for that, the process ends.
    pub fn iter<'a: 'p, 'p>(
        &'a self,
        mut ctx: impl AsContextMut<Data = T> + 'p,
    ) -> impl Iterator<Item = (&'a str, &'a str, Extern)> + 'p
    where
        T: 'p,
    {
        let all = self.definitions.0.iter();
        let all = all.flat_map(|(module, names)| names.iter().map(move |(name, it)| (module, name, it)));
        all.map(move |(module, name, definition)| {
            (module, name, definition.to_extern(ctx.as_context_mut().inner_mut()))
        })
    }

    /// Returns what runs a module by its name alone: its function with the empty name, or else `_start`. As in Wasmtime, a
    /// module that has neither, or is not defined, is run by a function that does nothing.
    ///
    /// # Errors
    /// Fails if the item is no function.
    pub fn get_default(&self, mut ctx: impl AsContextMut<Data = T>, module: &str) -> Result<Func, Error> {
        match self.get(&mut ctx, module, "").or_else(|| self.get(&mut ctx, module, "_start")) {
            Some(item) => item.into_func().ok_or_else(|| undefined(module, "_start")),
            None => Ok(Func::wrap(ctx, || ())),
        }
    }

    /// Defines the exports of a module under a module name.
    ///
    /// A command, which exports `_start`, is instantiated anew for each call of one of its functions; other exports of it
    /// are not defined ([`Linker::allow_unknown_exports`]). Any other module is instantiated now, and an exported `_initialize` is called.
    ///
    /// # Errors
    /// Fails as [`Linker::instantiate`] and [`Linker::instance`] do, or with the error of `_initialize`.
    ///
    /// # Panics
    /// As [`Linker::instantiate`].
    pub fn module(
        &mut self,
        mut ctx: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<&mut Self, Error>
    where
        T: 'static,
    {
        if module.get_export("_start").is_some() {
            let pre = Arc::new(self.instantiate_pre(module)?);
            for export in module.exports() {
                let ExternType::Func(ty) = export.ty() else {
                    if !self.allow_unknown_exports && !is_usual(export.name(), export.ty()) {
                        return Err(unknown_export(export.name()));
                    }
                    continue;
                };
                let (pre, func): (_, Box<str>) = (pre.clone(), export.name().into());
                self.func_new(name, export.name(), ty.clone(), move |mut caller, args, results| {
                    let instance = pre.instantiate(&mut caller)?;
                    let func = instance.get_func(&caller, &func).ok_or_else(|| undefined("", &func))?;
                    func.call(&mut caller, args, results)
                })?;
            }
            return Ok(self);
        }
        let instance = self.instantiate(&mut ctx, module)?;
        if let Some(initialize) = instance.get_func(&ctx, "_initialize") {
            initialize.call(&mut ctx, &[], &mut [])?;
        }
        self.instance(ctx, name, instance)
    }

    /// Returns the definition with this name. A host function is added to the store, again at each call.
    ///
    /// If there is no memory for that, the process ends.
    pub fn get(&self, mut ctx: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let definition = self.definitions.get(module, name)?;
        Some(definition.to_extern(ctx.as_context_mut().inner_mut()))
    }

    /// Returns the imports of a module that are not defined here, in order: module name, item name and type. A name that
    /// the module imports several times is listed once.
    #[must_use]
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
    Ok(seen.get_or_default(&import.module)?.add(&import.name, ())?.is_none())
}

/// Returns the error of a call of a function that is not defined, of its module's and its own name.
#[cold]
fn unknown((_module, _name): &(Box<str>, Box<str>)) -> Error {
    Error::new(message!("the module called an import that is not defined", ": {_module}::{_name}"))
}

/// Returns whether compilers always make this export, so that a command may have it although nobody can use it.
fn is_usual(name: &str, ty: &ExternType) -> bool {
    match ty {
        ExternType::Memory(_) => name == "memory",
        ExternType::Table(_) => matches!(name, "__indirect_function_table" | "table"),
        ExternType::Global(_) => matches!(name, "__data_end" | "__heap_base" | "__dso_handle" | "__rtti_base"),
        _ => false,
    }
}

#[cold]
fn unknown_export(_name: &str) -> Error {
    Error::new(message!("an export of the command is no function", ": {_name}"))
}

/// A module whose imports are found: [`Linker::instantiate_pre`] makes it. It is cheap to clone.
pub struct InstancePre<T> {
    module: Module,
    /// One for each import, in order.
    definitions: Vec<Definition>,
    data: PhantomData<fn(T) -> T>,
}

impl<T> InstancePre<T> {
    /// Returns the module.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Instantiates the module, and runs its start function; see [`Instance::new`].
    ///
    /// # Errors
    /// Fails if an item of a store is of another type than the module asks for. Fails also as [`Instance::new`] does.
    ///
    /// # Panics
    /// If a definition belongs to another store.
    pub fn instantiate(&self, mut ctx: impl AsContextMut<Data = T>) -> Result<Instance, Error> {
        let mut ctx = ctx.as_context_mut();
        let imports = provide_all(ctx.inner_mut(), &self.module, self.definitions.iter())?;
        instantiate(ctx.0.untyped(), &self.module, &imports)
    }
}

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre { module: self.module.clone(), definitions: self.definitions.clone(), data: PhantomData }
    }
}

impl<T> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").field("module", &self.module).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Linker")
    }
}

#[cold]
#[inline(never)]
fn undefined(_module: &str, _name: &str) -> Error {
    Error::new(message!("there is no such definition", ": {_module}::{_name}"))
}

impl Definition {
    /// Returns the item. A host function is added to the store. If there is no memory for that, the process ends.
    #[inline(never)]
    fn to_extern(&self, store: &mut Store) -> Extern {
        if let Definition::Extern(item) = self {
            return item.clone();
        }
        let provided = provide(store, self, None).unwrap_or_else(|_| no_memory());
        Extern::of(store, provided)
    }
}

impl Definitions {
    fn get(&self, module: &str, name: &str) -> Option<&Definition> {
        self.0.get(module)?.get(name)
    }

    fn insert(&mut self, allow_shadowing: bool, module: &str, name: &str, definition: Definition) -> Result<(), Error> {
        if let Some((before, definition)) = self.0.get_or_default(module)?.add(name, definition)? {
            if !allow_shadowing {
                return Err(Error::new(message!("the name is already defined", ": {module}::{name}")));
            }
            *before = definition;
        }
        Ok(())
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
    let found = find(definitions, Some(store), module)?;
    provide_all(store, module, found.into_iter())
}

/// Finds the definitions of a module's imports, in order. Without a store, only the types of host functions are compared.
fn find<'a>(
    definitions: &'a Definitions,
    store: Option<&Store>,
    module: &Module,
) -> Result<Vec<&'a Definition>, Error> {
    let inner = module.inner();
    let mut problems = Vec::new();
    let mut found = try_with_capacity(inner.info().imports.len())?;
    for import in &inner.info().imports {
        let definition = definitions.get(&import.module, &import.name);
        match definition {
            Some(definition) if fits(store, inner, import, definition) => found.push(definition),
            _ => problems.try_push(problem(store, inner, import, definition)?)?,
        }
    }
    if !problems.is_empty() {
        return Err(Error::of(ErrorKind::Link(problems)));
    }
    Ok(found)
}

/// Adds the definitions of a module's imports to the store, and returns the items.
fn provide_all<'a>(
    store: &mut Store,
    module: &Module,
    found: impl ExactSizeIterator<Item = &'a Definition>,
) -> Result<Vec<Item>, Error> {
    let inner = module.inner();
    // A host function gets the module's own type, which may be in a recursion group with other types.
    let number = |ty| match ty {
        ImportType::Func(ty) | ImportType::ExactFunc(ty) => inner.type_id(ty),
        _ => None,
    };
    let mut provided = try_with_capacity(found.len())?;
    for (definition, import) in found.zip(&inner.info().imports) {
        provided.push(provide(store, definition, number(import.ty))?);
    }
    Ok(provided)
}

#[inline(never)]
fn fits(store: Option<&Store>, module: &runtime::Module, import: &Import, definition: &Definition) -> bool {
    match (definition, import.ty) {
        (Definition::Extern(item), _) => store.is_none_or(|store| item.matches(store, module, import.ty)),
        (Definition::Host(host), ImportType::Func(ty) | ImportType::ExactFunc(ty)) => {
            module.func_type(ty) == Some(host.ty())
        }
        (Definition::Host(_), _) => false,
    }
}

#[cold]
#[inline(never)]
fn problem(
    store: Option<&Store>,
    module: &runtime::Module,
    import: &Import,
    definition: Option<&Definition>,
) -> Result<ImportProblem, Error> {
    let found = match definition {
        Some(Definition::Extern(item)) => store.map(|store| item.type_in(store)).transpose()?,
        Some(Definition::Host(host)) => Some(ExternType::Func(host.ty().try_clone()?)),
        None => None,
    };
    problem_of(module, import, found)
}

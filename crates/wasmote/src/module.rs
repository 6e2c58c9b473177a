//! Modules. A binary is decoded and validated, and each function is translated at its first call. An image is
//! loaded as it is, and each function is verified at its first call.

use core::fmt;

use wasmote_decode::{Export, FuncType, ModuleInfo};
use wasmote_runtime as runtime;
use wasmote_runtime::CodeStats;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::errors::TranslationError;
use crate::extern_type::ExternType;

/// A module (spec: syntax/modules). It is cheap to clone, threads can share it, and it can be instantiated any
/// number of times.
///
/// ```
/// use wasmote::{Engine, Module};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module (func (export "answer") (result i32) i32.const 42))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let export = module.exports().next().unwrap();
/// assert_eq!(export.name(), "answer");
/// assert_eq!(export.ty().to_string(), "func () -> i32");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[repr(transparent)]
pub struct Module(pub(crate) runtime::Module);

/// An import of a module.
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    module: &'a str,
    name: &'a str,
    ty: ExternType,
}

impl<'a> ImportType<'a> {
    /// Returns the name of the imported module.
    #[must_use]
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// Returns the name of the item in that module.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the type that the module asks for.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// An export of a module.
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    name: &'a str,
    ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// Returns the name of the export.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the type of the exported item.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// An export of a module, found once for many instances: see [`Module::get_export_index`].
#[derive(Clone, Debug)]
pub struct ModuleExport {
    module: Module,
    index: u32,
}

impl ModuleExport {
    /// Returns the export, if `module` is the one that has it.
    pub(crate) fn of<'a>(&self, module: &'a runtime::Module) -> Option<&'a Export> {
        let same = core::ptr::eq(module.info(), self.module.info());
        module.info().exports.get(self.index as usize).filter(|_| same)
    }
}

/// A custom section of a module (spec: binary/modules#custom-section).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CustomSection<'a> {
    name: &'a str,
    data: &'a [u8],
}

impl<'a> CustomSection<'a> {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the contents, without the name.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// What an instance of a module takes at least: see [`Module::resources_required`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ResourcesRequired {
    /// The number of memories that the module defines.
    pub num_memories: u32,
    /// The largest minimum of these, in pages.
    pub max_initial_memory_size: Option<u64>,
    /// The number of tables that the module defines.
    pub num_tables: u32,
    /// The largest minimum of these, in elements.
    pub max_initial_table_size: Option<u64>,
}

impl Module {
    /// Translates all functions now, instead of each at its first call. Functions of an image are verified.
    ///
    /// # Errors
    /// Returns the error of the first function that can't be called.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(runtime::verify(&self.0)?)
    }

    /// Decodes a module without validating it.
    ///
    /// # Safety
    /// The module must be valid. The code of an invalid module can do anything, also break memory safety.
    ///
    /// # Errors
    /// Fails if the module cannot be decoded. The error has the offset.
    #[cfg(feature = "wasm")]
    #[allow(unsafe_code)]
    pub unsafe fn new_unchecked(engine: &Engine, wasm: impl Into<runtime::WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller guarantees that the module is valid.
        Module::admitted(unsafe { runtime::Module::unchecked(engine.inner(), wasm.into()) }?)
    }

    /// Refuses what the engine's settings do not allow.
    pub(crate) fn admitted(module: runtime::Module) -> Result<Module, Error> {
        if module.engine().settings().forbids_start && module.info().start.is_some() {
            return Err(Error::of(ErrorKind::Translation(TranslationError::StartFunction)));
        }
        Ok(Module(module))
    }

    /// Returns the runtime's module as a module of this crate.
    #[allow(unsafe_code)]
    pub(crate) fn of(module: &runtime::Module) -> &Module {
        // SAFETY: `repr(transparent)` gives both types the same layout, and the lifetime is that of the argument.
        unsafe { &*core::ptr::from_ref(module).cast() }
    }

    pub(crate) fn inner(&self) -> &runtime::Module {
        &self.0
    }

    /// Returns the engine that the module belongs to.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        Engine::of(self.0.engine())
    }

    /// Returns the imports, in order.
    ///
    /// If there is no memory for a type, the process ends.
    #[must_use]
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.try_imports().map(|import| import.unwrap_or_else(|_| runtime::no_memory()))
    }

    /// Returns the imports, in order. An item is an error if there is no memory for its type.
    #[must_use]
    pub fn try_imports(&self) -> impl ExactSizeIterator<Item = Result<ImportType<'_>, Error>> {
        self.info().imports.iter().map(|import| {
            let ty = ExternType::of_import(&self.0, import.ty)?;
            Ok(ImportType { module: &import.module, name: &import.name, ty: ty.unwrap_or_else(invalid) })
        })
    }

    /// Returns the exports, in order.
    ///
    /// If there is no memory for a type, the process ends.
    #[must_use]
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.try_exports().map(|export| export.unwrap_or_else(|_| runtime::no_memory()))
    }

    /// Returns the exports, in order. An item is an error if there is no memory for its type.
    #[must_use]
    pub fn try_exports(&self) -> impl ExactSizeIterator<Item = Result<ExportType<'_>, Error>> {
        self.info().exports.iter().map(|export| {
            let ty = ExternType::of_export(&self.0, export)?;
            Ok(ExportType { name: &export.name, ty: ty.unwrap_or_else(invalid) })
        })
    }

    /// Returns the type of the export with this name.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        ExternType::of_export(&self.0, self.0.export(name)?).unwrap_or_else(|_| runtime::no_memory())
    }

    /// Finds the export with this name once, for [`Instance::get_module_export`](crate::Instance::get_module_export) and
    /// [`Caller::get_module_export`](crate::Caller::get_module_export). These take no time that depends on the number of
    /// exports.
    #[must_use]
    pub fn get_export_index(&self, name: &str) -> Option<ModuleExport> {
        let export = self.0.export(name)?;
        let index = self.info().exports.iter().position(|it| core::ptr::eq(it, export))?;
        Some(ModuleExport { module: self.clone(), index: index as u32 })
    }

    /// Returns the custom sections, in order. An image has those of its module if it was written with
    /// `ImageOptions::custom_sections`; otherwise it has none.
    #[must_use]
    pub fn custom_sections(&self) -> impl ExactSizeIterator<Item = CustomSection<'_>> {
        self.0.custom_sections().map(|(name, data)| CustomSection { name, data })
    }

    /// Returns what an instance takes at least. What is imported does not count.
    #[must_use]
    pub fn resources_required(&self) -> ResourcesRequired {
        let info = self.info();
        let (mut memories, mut tables) = (0, 0);
        for import in &info.imports {
            match import.ty {
                wasmote_decode::ImportType::Memory(_) => memories += 1,
                wasmote_decode::ImportType::Table(_) => tables += 1,
                _ => {}
            }
        }
        let (memories, tables) = (&info.memories[memories..], &info.tables[tables..]);
        ResourcesRequired {
            num_memories: memories.len() as u32,
            max_initial_memory_size: memories.iter().map(|ty| ty.minimum()).max(),
            num_tables: tables.len() as u32,
            max_initial_table_size: tables.iter().map(|ty| ty.minimum()).max(),
        }
    }

    /// Returns the decoded module, for crates on top of this one. For an image, it has everything but the data segments.
    #[doc(hidden)]
    #[must_use]
    pub fn info(&self) -> &ModuleInfo {
        self.0.info()
    }

    /// Returns the bytes that the module was made from: a binary or an image.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Returns the module's name, if it has names.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// Returns the name of a function, if the module has names. `func` is the function's index; imports count.
    #[must_use]
    pub fn function_name(&self, func: u32) -> Option<&str> {
        self.0.function_name(func)
    }

    /// Returns how much code was translated so far.
    #[must_use]
    pub fn stats(&self) -> CodeStats {
        self.0.stats()
    }
}

/// Stands for the type of an item that does not exist. Only invalid modules that nobody validated have such.
#[cold]
fn invalid() -> ExternType {
    ExternType::Func(FuncType::new([], []))
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.info().funcs.len();
        f.debug_struct("Module").field("functions", &functions).finish_non_exhaustive()
    }
}

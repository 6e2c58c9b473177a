//! Modules. A binary is decoded and validated, and each function is translated at its first call. An image is
//! loaded as it is, and each function is verified at its first call.

use core::fmt;

use wasmote_decode::ModuleInfo;
use wasmote_runtime as runtime;
use wasmote_runtime::CodeStats;

use crate::engine::Engine;
use crate::error::Error;
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
/// assert_eq!(export.name, "answer");
/// assert_eq!(export.ty.to_string(), "func () -> i32");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[repr(transparent)]
pub struct Module(pub(crate) runtime::Module);

/// An import of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportDescription<'a> {
    /// The name of the imported module.
    pub module: &'a str,
    /// The name of the item in that module.
    pub name: &'a str,
    /// The type that the module asks for.
    pub ty: ExternType,
}

/// An export of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExportDescription<'a> {
    /// The name of the export.
    pub name: &'a str,
    /// The type of the exported item.
    pub ty: ExternType,
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
        Ok(Module(unsafe { runtime::Module::unchecked(engine.inner(), wasm.into()) }?))
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
    pub fn engine(&self) -> &Engine {
        Engine::of(self.0.engine())
    }

    /// Returns the imports, in order.
    pub fn imports(&self) -> impl Iterator<Item = ImportDescription<'_>> {
        self.info().imports.iter().filter_map(|import| {
            Some(ImportDescription {
                module: &import.module,
                name: &import.name,
                ty: ExternType::of_import(&self.0, import.ty).ok()??,
            })
        })
    }

    /// Returns the exports, in order.
    pub fn exports(&self) -> impl Iterator<Item = ExportDescription<'_>> {
        self.info().exports.iter().filter_map(|export| {
            Some(ExportDescription { name: &export.name, ty: ExternType::of_export(&self.0, export)? })
        })
    }

    /// Returns the type of the export with this name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        ExternType::of_export(&self.0, self.0.export(name)?)
    }

    /// Returns the decoded module. For an image, it has everything but the data segments.
    pub fn info(&self) -> &ModuleInfo {
        self.0.info()
    }

    /// Returns the bytes that the module was made from: a binary or an image.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Returns the module's name, if it has names.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// Returns the name of a function, if the module has names. `func` is the function's index; imports count.
    pub fn function_name(&self, func: u32) -> Option<&str> {
        self.0.function_name(func)
    }

    /// Returns how much code was translated so far.
    pub fn stats(&self) -> CodeStats {
        self.0.stats()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.info().funcs.len();
        f.debug_struct("Module").field("functions", &functions).finish_non_exhaustive()
    }
}

//! Modules: decoded, validated, and translated function by function when first called; or images, of which functions are
//! verified when first called.

use core::fmt;

use wasmote_decode::ModuleInfo;
use wasmote_runtime as runtime;
use wasmote_runtime::CodeStats;

use crate::engine::Engine;
use crate::error::Error;
use crate::extern_type::ExternType;

/// A module (spec: syntax/modules): cheap to clone, shared among threads, instantiated as often as one likes.
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
    /// The module's name.
    pub module: &'a str,
    /// The name in it.
    pub name: &'a str,
    /// What it asks for.
    pub ty: ExternType,
}

/// An export of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExportDescription<'a> {
    /// The name.
    pub name: &'a str,
    /// What it gives.
    pub ty: ExternType,
}

impl Module {
    /// Translates all functions now, or of an image verifies them, instead of each at its first call.
    ///
    /// # Errors
    /// What is wrong with the first one that can't be called.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(runtime::verify(&self.0)?)
    }

    /// Decodes a module that is known to be valid.
    ///
    /// # Safety
    /// The module is valid: code translated from one that is not may do anything.
    ///
    /// # Errors
    /// As far as decoding goes, what is wrong with the module, and where.
    #[cfg(feature = "wasm")]
    #[allow(unsafe_code)]
    pub unsafe fn new_unchecked(engine: &Engine, wasm: impl Into<runtime::WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller guarantees that the module is valid.
        Ok(Module(unsafe { runtime::Module::unchecked(engine.inner(), wasm.into()) }?))
    }

    /// What the runtime has as one.
    #[allow(unsafe_code)]
    pub(crate) fn of(module: &runtime::Module) -> &Module {
        // SAFETY: a `Module` is transparent over it.
        unsafe { &*core::ptr::from_ref(module).cast() }
    }

    pub(crate) fn inner(&self) -> &runtime::Module {
        &self.0
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        Engine::of(self.0.engine())
    }

    /// What the module asks for, in order.
    pub fn imports(&self) -> impl Iterator<Item = ImportDescription<'_>> {
        self.info().imports.iter().filter_map(|import| {
            Some(ImportDescription {
                module: &import.module,
                name: &import.name,
                ty: ExternType::of_import(&self.0, import.ty).ok()??,
            })
        })
    }

    /// What the module gives, in order.
    pub fn exports(&self) -> impl Iterator<Item = ExportDescription<'_>> {
        self.info().exports.iter().filter_map(|export| {
            Some(ExportDescription { name: &export.name, ty: ExternType::of_export(&self.0, export)? })
        })
    }

    /// The type of what the module exports under this name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        ExternType::of_export(&self.0, self.0.export(name)?)
    }

    /// What the module is made of; of an image, all but its data segments.
    pub fn info(&self) -> &ModuleInfo {
        self.0.info()
    }

    /// The bytes it was made from: a binary, or an image.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// The name of a function, imports counted, if the module has names.
    pub fn function_name(&self, func: u32) -> Option<&str> {
        self.0.function_name(func)
    }

    /// What was translated so far.
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

//! Modules: decoded, validated, and translated function by function when first called; or images, of which functions are
//! verified when first called.

#[cfg(feature = "compile")]
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "compile")]
use wasmote_compile::{ImageOptions, ImageWriteError};
use wasmote_decode::ModuleInfo;
#[cfg(feature = "compile")]
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime as runtime;
use wasmote_runtime::Stats;
#[cfg(any(feature = "wasm", feature = "image"))]
use wasmote_runtime::WasmBytes;

use crate::engine::Engine;
use crate::error::Error;
use crate::extern_type::ExternType;
#[cfg(feature = "compile")]
use crate::messages::message;

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
pub struct Module(runtime::Module);

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
    /// Decodes a module and validates it, all of it or without the bodies of its functions, as
    /// [`Config::validation`](crate::Config::validation) says. With
    /// [`Config::eager_translation`](crate::Config::eager_translation) all functions are translated, too.
    ///
    /// # Errors
    /// What is wrong with the module, and where; also a function that has more locals and operands than 65,535 slots hold.
    #[cfg(feature = "validate")]
    pub fn new(engine: &Engine, wasm: impl Into<WasmBytes>) -> Result<Module, Error> {
        Ok(Module(runtime::Module::validated(engine.inner(), wasm.into())?))
    }

    /// Takes an image that `wasmote compile`, or [`Module::to_image`], wrote. Nothing is decoded, validated or translated; what
    /// it says about the module is verified now, its functions each when it is first called ([`Module::verify`] does so
    /// for all). Whatever the bytes are, no more than a wrong module comes of it.
    ///
    /// # Errors
    /// When the bytes are no image, damaged, or of another version or build, and what to do about it.
    #[cfg(feature = "image")]
    pub fn from_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        Ok(Module(runtime::Module::of_image(engine.inner(), image.into())?))
    }

    /// As [`Module::from_image`], without looking at functions and data.
    ///
    /// # Safety
    /// The image is as it was written: one that was changed may do anything.
    ///
    /// # Errors
    /// As [`Module::from_image`], as far as it looks.
    #[cfg(feature = "image")]
    #[allow(unsafe_code)]
    pub unsafe fn from_trusted_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller's promise.
        Ok(Module(unsafe { runtime::Module::of_trusted_image(engine.inner(), image.into()) }?))
    }

    /// The bytes that every image begins with.
    #[cfg(feature = "image")]
    pub const IMAGE_MAGIC: [u8; 4] = wasmote_ir::image::layout::MAGIC;

    /// Whether these bytes begin as an image does, whatever follows.
    #[cfg(feature = "image")]
    pub fn is_image(bytes: &[u8]) -> bool {
        bytes.starts_with(&Module::IMAGE_MAGIC)
    }

    /// The module as an image, for [`Module::from_image`] on any machine, and for execution in place.
    ///
    /// ```
    /// use wasmote::{Engine, ImageOptions, Module};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module (func (export "answer") (result i32) i32.const 42))"#)?;
    /// let image = Module::new(&engine, wasm)?.to_image(&ImageOptions::default())?;
    /// let module = Module::from_image(&engine, image)?;
    /// assert_eq!(module.exports().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a function can't be translated, or is not valid (with lazy validation), or the module has more than an image can
    /// hold or [`Config::max_code_size`](crate::Config::max_code_size) says, or is one already.
    #[cfg(feature = "compile")]
    pub fn to_image(&self, options: &ImageOptions) -> Result<Vec<u8>, Error> {
        if self.0.is_image() {
            return Err(Error::new("the module is an image already"));
        }
        #[cfg(feature = "validate")]
        self.validate()?;
        let limit = self.0.code_limit();
        let image = wasmote_compile::write_image_within(limit, self.0.info(), self.0.bytes(), options);
        image.map_err(|error| match error {
            ImageWriteError::Function(func, error) => runtime::Error::translate(func, error, limit).into(),
            ImageWriteError::OutOfMemory => OutOfMemory.into(),
            ImageWriteError::TooLarge(what) => {
                let _ = what;
                Error::new(message!("the module is too large for an image", ": too many {what}"))
            }
            _ => Error::new("the module is not valid"),
        })
    }

    /// Validates the functions that are not yet known to be valid, with [`Validation::Lazy`](crate::Validation::Lazy); otherwise there are none.
    /// Threads that do so at once share the work, and each returns when all is done.
    ///
    /// # Errors
    /// What is wrong with the first function that is not valid, and where.
    #[cfg(feature = "validate")]
    pub fn validate(&self) -> Result<(), Error> {
        Ok(self.0.validate()?)
    }

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
    pub unsafe fn new_unchecked(engine: &Engine, wasm: impl Into<WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller's promise.
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
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.info().funcs.len();
        f.debug_struct("Module").field("functions", &functions).finish_non_exhaustive()
    }
}

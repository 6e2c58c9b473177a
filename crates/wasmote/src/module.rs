//! Modules: decoded, validated, and translated function by function when first called.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::ops::AddAssign;

use wasmote_decode::{Export, ExportKind, ImportType, ModuleInfo};
#[cfg(feature = "validate")]
use wasmote_validate::Bodies;

use crate::bytes::WasmBytes;
use crate::code::CodeStore;
use crate::engine::Engine;
#[cfg(feature = "validate")]
use crate::engine::Validation;
use crate::error::Error;
use crate::externs::ExternType;
use crate::translation::Translation;
use crate::types::TypeIds;

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
pub struct Module {
    inner: Arc<ModuleInner>,
}

pub(crate) struct ModuleInner {
    pub(crate) engine: Engine,
    wasm: WasmBytes,
    pub(crate) info: ModuleInfo,
    /// The numbers of the module's types.
    pub(crate) type_ids: TypeIds,
    pub(crate) code: CodeStore,
    /// What validates bodies, if they were not yet.
    #[cfg(feature = "validate")]
    pub(crate) bodies: Option<Bodies>,
    /// The exports, ordered by name.
    exports: Box<[u32]>,
}

/// What was translated so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Functions.
    pub functions: u64,
    /// Bytes of their bodies in the module.
    pub wasm_bytes: u64,
    /// 16-bit units of the instructions they became.
    pub units: u64,
    /// Cells of these once linked.
    pub cells: u64,
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Stats) {
        self.functions += other.functions;
        self.wasm_bytes += other.wasm_bytes;
        self.units += other.units;
        self.cells += other.cells;
    }
}

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

impl ModuleInner {
    pub(crate) fn wasm(&self) -> &[u8] {
        self.wasm.get()
    }

    /// Indices in `info.exports` of what a module exports under a name.
    pub(crate) fn export(&self, name: &str) -> Option<&Export> {
        let exports = &self.info.exports;
        let at = self.exports.binary_search_by(|&i| (*exports[i as usize].name).cmp(name));
        at.ok().map(|at| &exports[self.exports[at] as usize])
    }

    /// The type of an import.
    pub(crate) fn import_type(&self, ty: ImportType) -> Option<ExternType> {
        Some(match ty {
            ImportType::Func(index) => ExternType::Func(self.info.types.get(index as usize)?.clone()),
            ImportType::Table(ty) => ExternType::Table(ty),
            ImportType::Memory(ty) => ExternType::Memory(ty),
            ImportType::Global(ty) => ExternType::Global(ty),
        })
    }

    fn export_type(&self, export: &Export) -> Option<ExternType> {
        let index = export.index as usize;
        let info = &self.info;
        Some(match export.kind {
            ExportKind::Func => ExternType::Func(info.func_type(export.index)?.clone()),
            ExportKind::Table => ExternType::Table(*info.tables.get(index)?),
            ExportKind::Memory => ExternType::Memory(*info.memories.get(index)?),
            ExportKind::Global => ExternType::Global(*info.globals.get(index)?),
        })
    }
}

impl Module {
    /// Decodes a module and validates it, all of it or without the bodies of its functions, as
    /// [`Config::validation`](crate::Config::validation) says. With
    /// [`Config::eager_translation`](crate::Config::eager_translation) all functions are translated, too.
    ///
    /// # Errors
    /// What is wrong with the module, and where.
    #[cfg(feature = "validate")]
    pub fn new(engine: &Engine, wasm: impl Into<WasmBytes>) -> Result<Module, Error> {
        Module::checked(engine, wasm.into())
    }

    #[cfg(feature = "validate")]
    fn checked(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        // Decoding comes first: it names what this build lacks.
        let info = wasmote_decode::decode(wasm.get())?;
        let features = &engine.config().features;
        let bodies = match engine.config().validation {
            Validation::Eager => {
                wasmote_validate::validate(wasm.get(), features)?;
                None
            }
            Validation::Lazy => Some(wasmote_validate::validate_outline(wasm.get(), features)?),
        };
        Module::build(engine, wasm, info, bodies)
    }

    /// Decodes a module that is known to be valid.
    ///
    /// # Safety
    /// The module is valid: code translated from one that is not may do anything.
    ///
    /// # Errors
    /// As far as decoding goes, what is wrong with the module, and where.
    pub unsafe fn new_unchecked(engine: &Engine, wasm: impl Into<WasmBytes>) -> Result<Module, Error> {
        let wasm = wasm.into();
        let info = wasmote_decode::decode(wasm.get())?;
        Module::build(
            engine,
            wasm,
            info,
            #[cfg(feature = "validate")]
            None,
        )
    }

    fn build(
        engine: &Engine,
        wasm: WasmBytes,
        info: ModuleInfo,
        #[cfg(feature = "validate")] bodies: Option<Bodies>,
    ) -> Result<Module, Error> {
        let mut exports: Box<[u32]> = (0..info.exports.len() as u32).collect();
        let name = |&i: &u32| &*info.exports[i as usize].name;
        exports.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        let inner = ModuleInner {
            engine: engine.clone(),
            type_ids: TypeIds::of(engine, &info.types),
            code: CodeStore::new(info.bodies.len()),
            wasm,
            info,
            #[cfg(feature = "validate")]
            bodies,
            exports,
        };
        if engine.config().eager_translation {
            let mut translation = Translation::default();
            for func in inner.info.imported_funcs..inner.info.funcs.len() as u32 {
                translation.function(&inner, func)?;
            }
        }
        Ok(Module { inner: Arc::new(inner) })
    }

    pub(crate) fn inner(&self) -> &ModuleInner {
        &self.inner
    }

    /// Tells modules apart.
    pub(crate) fn address(&self) -> *const () {
        Arc::as_ptr(&self.inner).cast()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// What the module asks for, in order.
    pub fn imports(&self) -> impl Iterator<Item = ImportDescription<'_>> {
        self.inner.info.imports.iter().filter_map(|import| {
            Some(ImportDescription {
                module: &import.module,
                name: &import.name,
                ty: self.inner.import_type(import.ty)?,
            })
        })
    }

    /// What the module gives, in order.
    pub fn exports(&self) -> impl Iterator<Item = ExportDescription<'_>> {
        self.inner
            .info
            .exports
            .iter()
            .filter_map(|export| Some(ExportDescription { name: &export.name, ty: self.inner.export_type(export)? }))
    }

    /// The type of what the module exports under this name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.inner.export_type(self.inner.export(name)?)
    }

    /// What the module is made of.
    pub fn info(&self) -> &ModuleInfo {
        &self.inner.info
    }

    /// The bytes it was made from.
    pub fn wasm(&self) -> &[u8] {
        self.inner.wasm()
    }

    /// The name of a function, imports counted, if the module has names.
    pub fn function_name(&self, func: u32) -> Option<&str> {
        wasmote_decode::names::function_name(&self.inner.info, self.inner.wasm(), func)
    }

    /// What was translated so far.
    pub fn stats(&self) -> Stats {
        self.inner.code.stats()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.inner.info.funcs.len();
        f.debug_struct("Module").field("functions", &functions).finish_non_exhaustive()
    }
}

//! Modules: decoded, validated, and translated function by function when first called; or images, of which functions are
//! verified when first called.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
#[cfg(feature = "compile")]
use alloc::vec::Vec;
use core::fmt;
use core::ops::AddAssign;

#[cfg(feature = "compile")]
use wasmote_compile::{ImageOptions, ImageWriteError};
#[cfg(feature = "wasm")]
use wasmote_decode::SegmentMode;
#[cfg(feature = "wasm")]
use wasmote_decode::names::FunctionNames;
use wasmote_decode::{ConstOp, Export, ExportKind, GlobalType, ImportType, ModuleInfo, TableType};
#[cfg(feature = "compile")]
use wasmote_ir::fallible::OutOfMemory;
#[cfg(feature = "image")]
use wasmote_ir::fallible::try_copy;
use wasmote_ir::fallible::{TryVec, try_collect, try_with_capacity};
#[cfg(feature = "image")]
use wasmote_ir::image::Image;
#[cfg(all(feature = "image", not(feature = "gc")))]
use wasmote_ir::image::layout::{AT_FEATURES, features};
#[cfg(feature = "image")]
use wasmote_ir::image::layout::{Section, modes};
#[cfg(feature = "validate")]
use wasmote_validate::Bodies;

use crate::bytes::WasmBytes;
use crate::code::CodeStore;
use crate::engine::Engine;
#[cfg(feature = "validate")]
use crate::engine::Validation;
use crate::error::Error;
use crate::externs::ExternType;
use crate::host::slots;
#[cfg(feature = "wasm")]
use crate::lock::Lock;
#[cfg(feature = "compile")]
use crate::messages::message;
use crate::shared::Shared;
use crate::translation::Translation;
use crate::types::TypeIds;
#[cfg(feature = "validate")]
use crate::unproven::{Unproven, check_limits};

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
    inner: Shared<ModuleInner>,
}

/// In place of a header's slot: there are no functions of this type.
pub(crate) const NO_HEADER: u16 = u16::MAX;

pub(crate) struct ModuleInner {
    pub(crate) engine: Engine,
    /// A binary, or an image.
    bytes: WasmBytes,
    /// Of an image, a copy of its metadata: the file may be mapped, and changed by a guest after it was verified.
    #[cfg(feature = "image")]
    metadata: Box<[u8]>,
    pub(crate) source: Source,
    pub(crate) info: ModuleInfo,
    /// The numbers of the module's types.
    pub(crate) type_ids: TypeIds,
    /// For each type of functions, how many slots their parameters have, and the slot of their frames' header; [`NO_HEADER`] for other types.
    pub(crate) params: Box<[u16]>,
    pub(crate) headers: Box<[u16]>,
    pub(crate) code: CodeStore,
    /// What validates bodies, if they were not yet.
    #[cfg(feature = "validate")]
    pub(crate) unproven: Option<Unproven>,
    /// Whether memory 0 has pages without access behind it, in all instances.
    #[cfg(guarded)]
    pub(crate) guarded: bool,
    /// The exports, ordered by name.
    exports: Box<[u32]>,
    /// The names of functions, once somebody asked for one.
    #[cfg(feature = "wasm")]
    names: Lock<Option<FunctionNames>>,
}

/// What a module was made from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A binary: functions are translated.
    #[cfg(feature = "wasm")]
    Wasm,
    /// An image: functions are verified, unless it is trusted.
    #[cfg(feature = "image")]
    Image { trusted: bool },
    /// A build without both has no modules.
    #[cfg(not(any(feature = "wasm", feature = "image")))]
    Nothing,
}

/// A data segment.
pub(crate) struct Data<'a> {
    /// Of an active one the memory and where to.
    pub(crate) active: Option<(u32, Offset<'a>)>,
    /// Its bytes, if they are there.
    pub(crate) bytes: Option<&'a [u8]>,
}

/// Where a segment goes.
pub(crate) enum Offset<'a> {
    /// There.
    #[cfg(feature = "image")]
    Is(u64),
    /// Where the expression says.
    Of(&'a [ConstOp]),
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
    /// What it was made from.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    /// The image that it was made from, its metadata only.
    #[cfg(feature = "image")]
    pub(crate) fn image(&self) -> Image<'_> {
        Image::of_parsed(&self.metadata)
    }

    /// Calls `each` with the data segments in order, and their numbers.
    pub(crate) fn each_data(&self, each: &mut dyn FnMut(usize, &Data<'_>) -> Result<(), Error>) -> Result<(), Error> {
        match self.source {
            #[cfg(feature = "wasm")]
            Source::Wasm => self.info.data.iter().enumerate().try_for_each(|(number, segment)| {
                let active = match &segment.mode {
                    SegmentMode::Active { target, offset } => Some((*target, Offset::Of(offset))),
                    _ => None,
                };
                each(number, &Data { active, bytes: self.bytes().get(segment.bytes.clone()) })
            }),
            #[cfg(feature = "image")]
            Source::Image { .. } => {
                let image = self.image();
                let mut at = image.code_end();
                for number in 0..image.count(Section::Data) {
                    let Some(data) = image.data(number) else { continue };
                    let bytes = at..at.saturating_add(data.len as usize);
                    at = bytes.end;
                    let expr;
                    let active = if data.mode != modes::ACTIVE {
                        None
                    } else if data.fixed {
                        Some((data.target, Offset::Is(data.offset.into())))
                    } else {
                        // A verified image has them all.
                        expr = wasmote_decode::image::constant(&image, data.offset)?;
                        Some((data.target, Offset::Of(expr.as_deref().unwrap_or(&[]))))
                    };
                    each(number as usize, &Data { active, bytes: self.bytes().get(bytes) })?;
                }
                Ok(())
            }
            #[cfg(not(any(feature = "wasm", feature = "image")))]
            Source::Nothing => {
                let _ = each;
                Ok(())
            }
        }
    }

    /// How many data segments instructions can name: all or none. A binary whose instructions do says so in a section.
    pub(crate) fn indexed_data(&self) -> usize {
        match self.source {
            #[cfg(feature = "wasm")]
            Source::Wasm => {
                const DATA_COUNT: u8 = 12;
                let counted = self.info.sections.iter().any(|&(id, _)| id == DATA_COUNT);
                if counted { self.info.data.len() } else { 0 }
            }
            #[cfg(feature = "image")]
            Source::Image { .. } => self.image().indexed_data() as usize,
            #[cfg(not(any(feature = "wasm", feature = "image")))]
            Source::Nothing => 0,
        }
    }

    /// Indices in `info.exports` of what a module exports under a name.
    pub(crate) fn export(&self, name: &str) -> Option<&Export> {
        let exports = &self.info.exports;
        let at = self.exports.binary_search_by(|&i| (*exports[i as usize].name).cmp(name));
        at.ok().map(|at| &exports[self.exports[at] as usize])
    }

    /// The type of an import.
    pub(crate) fn import_type(&self, ty: ImportType) -> Result<ExternType, Error> {
        let func_type = |index| {
            let ty = self.type_ids.func_type(index).ok_or_else(|| Error::instantiate("the module is not valid"))?;
            Ok::<_, Error>(ty.try_clone()?)
        };
        Ok(match ty {
            ImportType::Func(index) => ExternType::Func(func_type(index)?),
            ImportType::Table(ty) => ExternType::Table(self.table_type(ty)),
            ImportType::Memory(ty) => ExternType::Memory(ty),
            ImportType::Global(ty) => ExternType::Global(self.global_type(ty)),
            ImportType::Tag(index) => ExternType::Tag(func_type(index)?),
        })
    }

    /// A table type in terms of the engine's types.
    pub(crate) fn table_type(&self, ty: TableType) -> TableType {
        TableType { element: self.type_ids.val_type(ty.element), ..ty }
    }

    /// A global type in terms of the engine's types.
    pub(crate) fn global_type(&self, ty: GlobalType) -> GlobalType {
        GlobalType { content: self.type_ids.val_type(ty.content), ..ty }
    }

    fn export_type(&self, export: &Export) -> Option<ExternType> {
        let index = export.index as usize;
        let info = &self.info;
        Some(match export.kind {
            ExportKind::Func => ExternType::Func(self.type_ids.func_type(*info.funcs.get(index)?)?.clone()),
            ExportKind::Table => ExternType::Table(self.table_type(*info.tables.get(index)?)),
            ExportKind::Memory => ExternType::Memory(*info.memories.get(index)?),
            ExportKind::Global => ExternType::Global(self.global_type(*info.globals.get(index)?)),
            ExportKind::Tag => ExternType::Tag(self.type_ids.func_type(*info.tags.get(index)?)?.clone()),
        })
    }
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
        Module::checked(engine, wasm.into())
    }

    #[cfg(feature = "validate")]
    fn checked(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        // Decoding comes first: it names what this build lacks.
        let info = wasmote_decode::decode(wasm.get())?;
        let features = &engine.config().features;
        let bodies = match engine.config().validation {
            Validation::Eager => {
                #[cfg(feature = "threads")]
                let large_frames = {
                    let config = engine.config();
                    wasmote_validate::validate_with_threads(
                        wasm.get(),
                        features,
                        || config.threads(),
                        config.run_on_threads,
                    )?
                };
                #[cfg(not(feature = "threads"))]
                let large_frames = wasmote_validate::validate(wasm.get(), features)?;
                check_limits(engine, &info, wasm.get(), &large_frames)?;
                None
            }
            Validation::Lazy => {
                // Bodies are looked at when they are called, but what this build lacks is said now.
                #[cfg(not(all(feature = "simd", feature = "gc")))]
                wasmote_decode::refuse_missing(&info, wasm.get())?;
                Some(wasmote_validate::validate_outline(wasm.get(), features)?)
            }
        };
        Module::build(
            engine,
            wasm,
            Source::Wasm,
            #[cfg(feature = "image")]
            Box::default(),
            info,
            bodies,
        )
    }

    /// Takes an image that `wasmote compile`, or [`Module::to_image`], wrote. Nothing is decoded, validated or translated; what
    /// it says about the module is verified now, its functions each when it is first called ([`Module::verify`] does so
    /// for all). Whatever the bytes are, no more than a wrong module comes of it.
    ///
    /// # Errors
    /// When the bytes are no image, damaged, or of another version or build, and what to do about it.
    #[cfg(feature = "image")]
    pub fn from_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        Module::of_image(engine, image.into(), false)
    }

    /// As [`Module::from_image`], without looking at functions and data.
    ///
    /// # Safety
    /// The image is as it was written: one that was changed may do anything.
    ///
    /// # Errors
    /// As [`Module::from_image`], as far as it looks.
    #[cfg(feature = "image")]
    pub unsafe fn from_trusted_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        Module::of_image(engine, image.into(), true)
    }

    #[cfg(feature = "image")]
    #[inline(never)]
    fn of_image(engine: &Engine, bytes: WasmBytes, trusted: bool) -> Result<Module, Error> {
        let metadata = try_copy(Image::metadata(bytes.get()))?;
        let image = Image::parse_metadata(&metadata, bytes.get().len())?;
        #[cfg(not(feature = "gc"))]
        if image.features() & (features::GC | features::EXCEPTIONS) != 0 {
            let (kind, offset) = (wasmote_ir::image::ImageErrorKind::Feature, AT_FEATURES as u32);
            return Err(wasmote_ir::image::ImageError { kind, offset }.into());
        }
        image.verify_metadata(cfg!(feature = "extended"))?;
        if !trusted {
            image.verify_data(bytes.get())?;
        }
        let info = wasmote_decode::image::read(&image)?;
        Module::build(
            engine,
            bytes,
            Source::Image { trusted },
            metadata,
            info,
            #[cfg(feature = "validate")]
            None,
        )
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
        let inner = &self.inner;
        if inner.source != Source::Wasm {
            return Err(Error::new("the module is an image already"));
        }
        #[cfg(feature = "validate")]
        self.validate()?;
        let limit = inner.engine.config().code_limit(bytes_of_bodies(&inner.info));
        let image = wasmote_compile::write_image_within(limit, &inner.info, inner.bytes(), options);
        image.map_err(|error| match error {
            ImageWriteError::Function(func, error) => Error::translate(func, error, limit),
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
        let Some(unproven) = &self.inner.unproven else { return Ok(()) };
        unproven.all(&self.inner)
    }

    /// Translates all functions now, or of an image verifies them, instead of each at its first call.
    ///
    /// # Errors
    /// What is wrong with the first one that can't be called.
    pub fn verify(&self) -> Result<(), Error> {
        let inner = &self.inner;
        let mut translation = Translation::new(inner.engine.config());
        for func in inner.info.imported_funcs..inner.info.funcs.len() as u32 {
            translation.function(inner, func)?;
        }
        Ok(())
    }

    /// Decodes a module that is known to be valid.
    ///
    /// # Safety
    /// The module is valid: code translated from one that is not may do anything.
    ///
    /// # Errors
    /// As far as decoding goes, what is wrong with the module, and where.
    #[cfg(feature = "wasm")]
    pub unsafe fn new_unchecked(engine: &Engine, wasm: impl Into<WasmBytes>) -> Result<Module, Error> {
        let wasm = wasm.into();
        let info = wasmote_decode::decode(wasm.get())?;
        #[cfg(not(all(feature = "simd", feature = "gc")))]
        wasmote_decode::refuse_missing(&info, wasm.get())?;
        Module::build(
            engine,
            wasm,
            Source::Wasm,
            #[cfg(feature = "image")]
            Box::default(),
            info,
            #[cfg(feature = "validate")]
            None,
        )
    }

    #[inline(never)]
    fn build(
        engine: &Engine,
        bytes: WasmBytes,
        source: Source,
        #[cfg(feature = "image")] metadata: Box<[u8]>,
        info: ModuleInfo,
        #[cfg(feature = "validate")] bodies: Option<Bodies>,
    ) -> Result<Module, Error> {
        // A heap sorts with a tenth of the code that `sort` has.
        let exports =
            BinaryHeap::from(try_collect(info.exports.iter().zip(0..).map(|(export, i)| (&*export.name, i)))?);
        let exports = try_collect(exports.into_sorted_vec().into_iter().map(|(_, i)| i))?.try_into_box()?;
        let (mut params, mut headers) = (try_with_capacity(info.types.len())?, try_with_capacity(info.types.len())?);
        for ty in 0..info.types.len() {
            let (slots, header) = frame(&info, ty).unwrap_or((0, NO_HEADER));
            params.push(slots);
            headers.push(header);
        }
        let inner = ModuleInner {
            engine: engine.clone(),
            type_ids: TypeIds::of(engine, &info.types, info.groups())?,
            params: params.try_into_box()?,
            headers: headers.try_into_box()?,
            code: CodeStore::new(info.bodies.len(), engine.config().code_limit(bytes_of_bodies(&info)))?,
            bytes,
            source,
            #[cfg(feature = "image")]
            metadata,
            #[cfg(guarded)]
            guarded: info.memories.first().is_some_and(|ty| engine.guards(ty)),
            info,
            #[cfg(feature = "validate")]
            unproven: bodies.map(Unproven::new).transpose()?,
            exports,
            #[cfg(feature = "wasm")]
            names: Lock::new(None),
        };
        let module = Module { inner: Shared::try_new(inner)? };
        if engine.config().eager_translation {
            module.verify()?;
        }
        Ok(module)
    }

    pub(crate) fn inner(&self) -> &ModuleInner {
        &self.inner
    }

    /// Tells modules apart.
    pub(crate) fn address(&self) -> *const () {
        self.inner.address()
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
                ty: self.inner.import_type(import.ty).ok()?,
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

    /// What the module is made of; of an image, all but its data segments.
    pub fn info(&self) -> &ModuleInfo {
        &self.inner.info
    }

    /// The bytes it was made from: a binary, or an image.
    pub fn bytes(&self) -> &[u8] {
        self.inner.bytes()
    }

    /// The name of a function, imports counted, if the module has names.
    pub fn function_name(&self, func: u32) -> Option<&str> {
        match self.inner.source {
            #[cfg(feature = "wasm")]
            Source::Wasm => {
                let (info, wasm) = (&self.inner.info, self.inner.bytes());
                self.inner.names.lock().get_or_insert_with(|| FunctionNames::new(info, wasm)).get(wasm, func)
            }
            #[cfg(feature = "image")]
            Source::Image { .. } => core::str::from_utf8(self.inner.image().function_name(func)?).ok(),
            #[cfg(not(any(feature = "wasm", feature = "image")))]
            Source::Nothing => Option::from(func).and(None),
        }
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

/// Bytes of all bodies of functions.
fn bytes_of_bodies(info: &ModuleInfo) -> u64 {
    info.bodies.iter().map(|range| range.len() as u64).sum()
}

/// Slots of the parameters, and the slot of the header, of functions of this type; `None` if it has none, or there are too many.
fn frame(info: &ModuleInfo, ty: usize) -> Option<(u16, u16)> {
    let ty = info.type_of_funcs(ty as u32)?;
    let params = u16::try_from(slots(&ty.params)).ok()?;
    let results = u16::try_from(slots(&ty.results)).ok()?;
    Some((params, params.max(results)))
}

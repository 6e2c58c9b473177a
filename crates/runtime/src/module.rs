//! Modules: the part that all instances and threads share.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::{Export, FuncType, GlobalType, ModuleInfo, TableType};
use wasmote_ir::ValType;
use wasmote_ir::fallible::{try_collect, try_with_capacity};

use crate::bytes::WasmBytes;
use crate::code::{CodeStats, CodeStore};
use crate::engine::Engine;
use crate::error::Error;
use crate::origin::{Data, ModuleOrigin, with_origin};
use crate::shared::FallibleArc;
use crate::type_ids::TypeIds;

/// A module. It is cheap to clone, and threads share it.
#[derive(Clone)]
pub struct Module {
    inner: FallibleArc<ModuleInner>,
}

/// In place of a header slot: the type has no functions.
pub(crate) const NO_HEADER: u16 = u16::MAX;

pub(crate) struct ModuleInner {
    pub(crate) engine: Engine,
    /// A binary or an image.
    bytes: WasmBytes,
    pub(crate) source: ModuleOrigin,
    pub(crate) info: ModuleInfo,
    /// The engine's numbers of the module's types.
    pub(crate) type_ids: TypeIds,
    /// For each function type, the slots of its parameters, and the slot of its frame header. [`NO_HEADER`] for
    /// other types.
    pub(crate) params: Vec<u16>,
    pub(crate) headers: Vec<u16>,
    pub(crate) code: CodeStore,
    /// The indices of the exports, ordered by name.
    exports: Vec<u32>,
}

impl ModuleInner {
    /// Returns the bytes that the module was made from.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    /// Returns whether its code leaves bounds checks of memory 0 to guard pages, in instances where that has them.
    pub(crate) fn guarded(&self) -> bool {
        self.info.memories.first().is_some_and(|ty| self.engine.guards(ty))
    }

    /// Returns whether it was made from an image.
    pub(crate) fn is_image(&self) -> bool {
        with_origin!(self.source, it => it.is_image())
    }

    /// Calls `each` with each data segment and its index, in order.
    pub(crate) fn each_data(&self, each: &mut dyn FnMut(usize, &Data<'_>) -> Result<(), Error>) -> Result<(), Error> {
        with_origin!(self.source, it => it.each_data(&self.info, self.bytes(), each))
    }

    /// Returns how many data segments instructions can name: all or none.
    pub(crate) fn indexed_data(&self) -> usize {
        with_origin!(self.source, it => it.indexed_data(&self.info))
    }

    /// Returns the export with this name.
    pub(crate) fn export(&self, name: &str) -> Option<&Export> {
        let exports = &self.info.exports;
        let at = self.exports.binary_search_by(|&i| (*exports[i as usize].name).cmp(name));
        at.ok().map(|at| &exports[self.exports[at] as usize])
    }

    /// Returns a table type, with the engine's numbers as indices.
    pub(crate) fn table_type(&self, ty: TableType) -> TableType {
        ty.with_element(self.type_ids.ref_type(ty.element()))
    }

    /// Returns a global type, with the engine's numbers as indices.
    pub(crate) fn global_type(&self, ty: GlobalType) -> GlobalType {
        GlobalType::new(self.type_ids.val_type(ty.content()), ty.mutability())
    }
}

impl Module {
    /// Makes a module. Its functions must be valid, or `source` must validate or verify each at its first call.
    #[inline(never)]
    pub(crate) fn build(
        engine: &Engine,
        bytes: WasmBytes,
        source: ModuleOrigin,
        info: ModuleInfo,
    ) -> Result<Module, Error> {
        if engine.settings().differs_between_machines() {
            return Err(Error::usage(
                "a deterministic engine needs a build without the feature `relaxed-native`, whose results differ between machines",
            ));
        }
        // The code of a heap sort has a tenth of the size of `sort`.
        let exports =
            BinaryHeap::from(try_collect(info.exports.iter().zip(0..).map(|(export, i)| (&*export.name, i)))?);
        let exports = try_collect(exports.into_sorted_vec().into_iter().map(|(_, i)| i))?;
        let (mut params, mut headers) = (try_with_capacity(info.types.len())?, try_with_capacity(info.types.len())?);
        for ty in 0..info.types.len() {
            let (slots, header) = frame(&info, ty).unwrap_or((0, NO_HEADER));
            params.push(slots);
            headers.push(header);
        }
        let guards = info.memories.first().is_some_and(|ty| engine.guards(ty));
        let inner = ModuleInner {
            engine: engine.clone(),
            type_ids: TypeIds::of(engine, &info.types, info.groups())?,
            params,
            headers,
            code: CodeStore::new(info.bodies.len(), engine.settings().code_limit(bytes_of_bodies(&info)), guards)?,
            bytes,
            source,
            info,
            exports,
        };
        Ok(Module { inner: FallibleArc::try_new(inner)? })
    }

    pub(crate) fn inner(&self) -> &ModuleInner {
        &self.inner
    }

    /// Returns an address that identifies the module.
    pub(crate) fn address(&self) -> *const () {
        self.inner.address()
    }

    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Returns the names and contents of the custom sections, in order.
    pub fn custom_sections(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        let ModuleInner { source, info, .. } = &*self.inner;
        let count = with_origin!(*source, it => it.custom_count(info));
        (0..count).map(move |index| {
            let custom: Option<(&str, Range<usize>)> = with_origin!(*source, it => it.custom(info, index));
            let (name, bytes) = custom.unwrap_or_default();
            (name, self.bytes().get(bytes).unwrap_or_default())
        })
    }

    /// Returns the decoded module. For an image, it has everything but the data segments and the custom sections.
    pub fn info(&self) -> &ModuleInfo {
        &self.inner.info
    }

    /// Returns the bytes that the module was made from: a binary or an image.
    pub fn bytes(&self) -> &[u8] {
        self.inner.bytes()
    }

    /// Returns whether it was made from an image.
    pub fn is_image(&self) -> bool {
        self.inner.is_image()
    }

    /// Returns the maximum bytes of code that it may be translated into.
    pub fn code_limit(&self) -> u64 {
        self.inner.engine.settings().code_limit(bytes_of_bodies(&self.inner.info))
    }

    /// Returns the export with this name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.inner.export(name)
    }

    /// Returns one of the module's function types, with the engine's numbers as indices.
    pub fn func_type(&self, index: u32) -> Option<&FuncType> {
        self.inner.type_ids.func_type(index)
    }

    /// Returns the engine's number of one of the module's types.
    pub fn type_id(&self, index: u32) -> Option<u32> {
        self.inner.type_ids.ids().get(index as usize).copied()
    }

    /// Returns one of the module's value types, with the engine's number as its index.
    pub fn val_type(&self, ty: ValType) -> ValType {
        self.inner.type_ids.val_type(ty)
    }

    /// Returns one of the module's table types, with the engine's number as its index.
    pub fn table_type(&self, ty: TableType) -> TableType {
        self.inner.table_type(ty)
    }

    /// Returns one of the module's global types, with the engine's number as its index.
    pub fn global_type(&self, ty: GlobalType) -> GlobalType {
        self.inner.global_type(ty)
    }

    /// Returns the module's name, if it has names.
    pub fn name(&self) -> Option<&str> {
        with_origin!(self.inner.source, it => it.module_name(&self.inner.info, self.inner.bytes()))
    }

    /// Returns the name of a function, if the module has names. `func` is its index; imports count.
    pub fn function_name(&self, func: u32) -> Option<&str> {
        with_origin!(self.inner.source, it => it.function_name(&self.inner.info, self.inner.bytes(), func))
    }

    /// Returns how much code was translated so far.
    pub fn stats(&self) -> CodeStats {
        self.inner.code.stats()
    }
}

/// Returns the bytes of all function bodies.
fn bytes_of_bodies(info: &ModuleInfo) -> u64 {
    info.bodies.iter().map(|range| range.len() as u64).sum()
}

/// Returns the slots of the parameters, and the slot of the frame header, for functions of this type. `None` if it
/// is not a function type, or has too many values.
fn frame(info: &ModuleInfo, ty: usize) -> Option<(u16, u16)> {
    let ty = info.type_of_funcs(ty as u32)?;
    let params = u16::try_from(slots(ty.params())).ok()?;
    let results = u16::try_from(slots(ty.results())).ok()?;
    Some((params, params.max(results)))
}

/// Returns how many slots values of these types take.
#[inline]
pub fn slots(types: &[ValType]) -> usize {
    types.iter().map(|ty| usize::from(ty.slots())).sum()
}

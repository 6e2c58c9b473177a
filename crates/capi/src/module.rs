//! Modules. A serialized module is an image, which is verified when it is loaded and run.

use std::cell::RefCell;
use std::rc::Rc;

use wasmote::{Engine, ExportType, ImportType, Module};

use crate::config::wasm_engine_t;
use crate::error::{bytes_of, wasmote_error_t};
use crate::fallible::{try_box, try_bytes};
use crate::instance::NO_MEMORY;
use crate::object::{LoadedModule, Object, wasm_ref_t};
use crate::store::{StoreCell, wasm_store_t};
use crate::types::{wasm_exporttype_t, wasm_externtype_t, wasm_importtype_t};
use crate::vectors::{Pointer, Vector, wasm_byte_vec_t, wasm_exporttype_vec_t, wasm_importtype_vec_t};

/// A module that all threads can use: `wasm_shared_module_t`.
pub struct wasm_shared_module_t {
    pub(crate) module: Module,
}

fn loaded(cell: &Rc<StoreCell>, module: Module) -> Box<wasm_ref_t> {
    let object = Object::Module(Rc::new(LoadedModule { module, host_info: RefCell::default() }));
    Box::new(wasm_ref_t::new(cell, object))
}

impl wasm_ref_t {
    pub(crate) fn module(&self) -> Option<&Module> {
        match &self.object {
            Object::Module(loaded) => Some(&loaded.module),
            _ => None,
        }
    }
}

/// Passes a module on to C.
///
/// # Safety
/// `out` is valid for writes. It needs no value before.
unsafe fn returned(
    out: *mut Option<Box<wasm_shared_module_t>>,
    module: Option<Result<Module, wasmote::Error>>,
) -> Option<Box<wasmote_error_t>> {
    let module = module.map_or_else(|| Err(wasmote_error_t::new(NO_MEMORY)), wasmote_error_t::or);
    let module = module.map(|module| Box::new(wasm_shared_module_t { module }));
    // SAFETY: as the caller guarantees.
    module.map(|module| unsafe { out.write(Some(module)) }).err()
}

/// Loads bytes of C, which it copies. Returns `None` if there is not enough memory for that.
fn load(
    bytes: &[u8],
    load: impl FnOnce(Vec<u8>) -> Result<Module, wasmote::Error>,
) -> Option<Result<Module, wasmote::Error>> {
    try_bytes(bytes).map(load)
}

fn name(name: &str) -> Option<wasm_byte_vec_t> {
    try_bytes(name.as_bytes()).map(Vector::of)
}

fn import_type(import: &ImportType<'_>) -> Option<Pointer<wasm_importtype_t>> {
    let ty = try_box(wasm_externtype_t::of(import.ty())?)?;
    Pointer::try_new(wasm_importtype_t { module: name(import.module())?, name: name(import.name())?, ty })
}

fn export_type(export: &ExportType<'_>) -> Option<Pointer<wasm_exporttype_t>> {
    let ty = try_box(wasm_externtype_t::of(export.ty())?)?;
    Pointer::try_new(wasm_exporttype_t { name: name(export.name())?, ty })
}

c_functions! {
    /// Loads a binary. Returns null if it is not valid.
    #[cfg(feature = "validate")]
    fn wasm_module_new(store: &wasm_store_t, binary: &wasm_byte_vec_t) -> Option<Box<wasm_ref_t>> {
        let module = load(binary.as_slice(), |bytes| Module::from_binary(store.cell.engine(), bytes))?.ok()?;
        Some(loaded(&store.cell, module))
    }

    /// Returns whether a binary is valid.
    #[cfg(feature = "validate")]
    fn wasm_module_validate(store: &wasm_store_t, binary: &wasm_byte_vec_t) -> bool {
        Module::validate(store.cell.engine(), binary.as_slice()).is_ok()
    }

    /// Returns the imports, in order. `out` needs no value before. It is empty if there is not enough memory.
    fn wasm_module_imports(module: &wasm_ref_t, out: *mut wasm_importtype_vec_t) {
        let types = module.module().and_then(|module| {
            let imports = module.try_imports();
            Vector::try_of(imports.len(), imports.map(|import| import_type(&import.ok()?)))
        });
        out.write(types.unwrap_or_default());
    }

    /// Returns the exports, in order. `out` needs no value before. It is empty if there is not enough memory.
    fn wasm_module_exports(module: &wasm_ref_t, out: *mut wasm_exporttype_vec_t) {
        let types = module.module().and_then(|module| {
            let exports = module.try_exports();
            Vector::try_of(exports.len(), exports.map(|export| export_type(&export.ok()?)))
        });
        out.write(types.unwrap_or_default());
    }

    /// Writes the module as an image, for engines with the same settings. `out` needs no value before. It is empty if a
    /// function cannot be translated, or if there is not enough memory.
    #[cfg(feature = "compile")]
    fn wasm_module_serialize(module: &wasm_ref_t, out: *mut wasm_byte_vec_t) {
        let image = module.module().map(|module| match Module::is_image(module.bytes()) {
            true => try_bytes(module.bytes()).unwrap_or_default(),
            false => module.serialize().unwrap_or_default(),
        });
        out.write(Vector::of(image.unwrap_or_default()));
    }

    /// Loads an image. It need not be trusted: its records are verified now, and each function at its first call. Returns
    /// null if it is no image for this library and the engine's settings.
    fn wasm_module_deserialize(store: &wasm_store_t, image: &wasm_byte_vec_t) -> Option<Box<wasm_ref_t>> {
        let module = load(image.as_slice(), |bytes| Module::from_image(store.cell.engine(), bytes))?.ok()?;
        Some(loaded(&store.cell, module))
    }

    /// Returns the module for other stores of the same engine. Its code is not copied.
    fn wasm_module_share(module: &wasm_ref_t) -> Option<Box<wasm_shared_module_t>> {
        Some(Box::new(wasm_shared_module_t { module: module.module()?.clone() }))
    }

    /// Returns the shared module in a store. Returns null if the store is of another engine.
    fn wasm_module_obtain(store: &wasm_store_t, shared: &wasm_shared_module_t) -> Option<Box<wasm_ref_t>> {
        let is_same = Engine::same(store.cell.engine(), shared.module.engine());
        is_same.then(|| loaded(&store.cell, shared.module.clone()))
    }

    /// Loads a binary for all stores of an engine. Returns null and sets `module`, or returns what is wrong.
    #[cfg(feature = "validate")]
    fn wasmote_module_new(
        engine: &wasm_engine_t,
        bytes: *const u8,
        size: usize,
        module: *mut Option<Box<wasm_shared_module_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        returned(module, load(bytes_of(bytes, size), |bytes| Module::from_binary(&engine.engine, bytes)))
    }

    /// Loads an image for all stores of an engine, as [`wasm_module_deserialize`] does.
    fn wasmote_module_deserialize(
        engine: &wasm_engine_t,
        bytes: *const u8,
        size: usize,
        module: *mut Option<Box<wasm_shared_module_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        returned(module, load(bytes_of(bytes, size), |bytes| Module::from_image(&engine.engine, bytes)))
    }

    /// Writes a module as an image. Returns null and sets `image`, or returns why there is none.
    #[cfg(feature = "compile")]
    fn wasmote_module_serialize(
        module: &wasm_shared_module_t,
        image: *mut wasm_byte_vec_t,
    ) -> Option<Box<wasmote_error_t>> {
        let bytes = wasmote_error_t::or(module.module.serialize());
        bytes.map(|bytes| image.write(Vector::of(bytes))).err()
    }

    /// Deletes an owner of a shared module. Does nothing for null.
    fn wasm_shared_module_delete(shared: Option<Box<wasm_shared_module_t>>) {
        drop(shared);
    }
}

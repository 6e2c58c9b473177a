//! The functions of `wasm.h` and `wasmote.h` as C sees them. References of all kinds are one type, as in the library.

use std::ffi::{c_char, c_void};

/// Types that only pointers name.
macro_rules! opaque {
    ($($name:ident)*) => { $(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
        }
    )* };
}

opaque! { Config Engine Store Ref ValType ExternType ImportType ExportType Shared Frame Linker Caller Wasi Handle Error }

/// A vector of any kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Vector<T> {
    pub size: usize,
    pub data: *mut T,
}

impl<T> Vector<T> {
    pub const EMPTY: Vector<T> = Vector { size: 0, data: std::ptr::null_mut() };

    /// Lends elements.
    pub fn lent(elements: &mut [T]) -> Vector<T> {
        Vector { size: elements.len(), data: elements.as_mut_ptr() }
    }

    pub fn elements(&self) -> &[T] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: the library or this crate made the vector.
        unsafe { std::slice::from_raw_parts(self.data, self.size) }
    }
}

pub type Bytes = Vector<u8>;

/// A value: `of` has the bits of a number, or a pointer to a reference.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Val {
    pub kind: u8,
    pub of: u64,
}

pub const EXTERNREF: u8 = 128;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Limits {
    pub min: u32,
    pub max: u32,
}

#[repr(C)]
pub struct StoreLimits {
    pub numbers: [i64; 6],
    pub trap_on_grow_failure: bool,
}

pub type Finalizer = Option<unsafe extern "C" fn(*mut c_void)>;
pub type Callback = unsafe extern "C" fn(*const Vector<Val>, *mut Vector<Val>) -> *mut Ref;
pub type CallbackWithEnv = unsafe extern "C" fn(*mut c_void, *const Vector<Val>, *mut Vector<Val>) -> *mut Ref;
pub type CallbackWithCaller =
    unsafe extern "C" fn(*mut c_void, *const Caller, *const Vector<Val>, *mut Vector<Val>) -> *mut Ref;
pub type Write = unsafe extern "C" fn(*mut c_void, *const u8, usize) -> isize;

unsafe extern "C" {
    pub fn wasm_byte_vec_delete(vec: *mut Bytes);
    pub fn wasm_byte_vec_copy(out: *mut Bytes, vec: *const Bytes);
    pub fn wasm_byte_vec_new(out: *mut Bytes, size: usize, data: *const u8);
    pub fn wasm_config_new() -> *mut Config;
    pub fn wasm_config_delete(config: *mut Config);
    pub fn wasmote_config_consume_fuel_set(config: *mut Config, on: bool);
    pub fn wasmote_config_interruption_set(config: *mut Config, on: bool);
    pub fn wasmote_config_lazy_set(config: *mut Config, on: bool);
    pub fn wasmote_config_deterministic_set(config: *mut Config, on: bool);
    pub fn wasmote_config_guard_pages_set(config: *mut Config, on: bool);
    pub fn wasmote_config_backtrace_set(config: *mut Config, on: bool);
    pub fn wasmote_config_max_stack_set(config: *mut Config, bytes: usize);
    pub fn wasmote_config_max_memory_set(config: *mut Config, bytes: u64);
    pub fn wasm_engine_new_with_config(config: *mut Config) -> *mut Engine;
    pub fn wasm_engine_delete(engine: *mut Engine);
    pub fn wasm_store_new(engine: *mut Engine) -> *mut Store;
    pub fn wasm_store_delete(store: *mut Store);

    pub fn wasm_valtype_new(kind: u8) -> *mut ValType;
    pub fn wasm_valtype_kind(ty: *const ValType) -> u8;
    pub fn wasm_valtype_delete(ty: *mut ValType);
    pub fn wasm_valtype_copy(ty: *const ValType) -> *mut ValType;
    pub fn wasm_valtype_vec_new(out: *mut Vector<*mut ValType>, size: usize, data: *const *mut ValType);
    pub fn wasm_functype_new(params: *mut Vector<*mut ValType>, results: *mut Vector<*mut ValType>) -> *mut ExternType;
    pub fn wasm_functype_params(ty: *const ExternType) -> *const Vector<*mut ValType>;
    pub fn wasm_functype_results(ty: *const ExternType) -> *const Vector<*mut ValType>;
    pub fn wasm_globaltype_new(content: *mut ValType, mutability: u8) -> *mut ExternType;
    pub fn wasm_globaltype_content(ty: *const ExternType) -> *const ValType;
    pub fn wasm_globaltype_mutability(ty: *const ExternType) -> u8;
    pub fn wasm_tabletype_new(element: *mut ValType, limits: *const Limits) -> *mut ExternType;
    pub fn wasm_tabletype_limits(ty: *const ExternType) -> *const Limits;
    pub fn wasm_tabletype_element(ty: *const ExternType) -> *const ValType;
    pub fn wasm_memorytype_new(limits: *const Limits) -> *mut ExternType;
    pub fn wasm_memorytype_limits(ty: *const ExternType) -> *const Limits;
    pub fn wasm_tagtype_new(ty: *mut ExternType) -> *mut ExternType;
    pub fn wasm_tagtype_functype(ty: *const ExternType) -> *const ExternType;
    pub fn wasm_externtype_kind(ty: *const ExternType) -> u8;
    pub fn wasm_externtype_copy(ty: *const ExternType) -> *mut ExternType;
    pub fn wasm_externtype_delete(ty: *mut ExternType);
    pub fn wasm_importtype_type(ty: *const ImportType) -> *const ExternType;
    pub fn wasm_exporttype_type(ty: *const ExportType) -> *const ExternType;
    pub fn wasm_importtype_vec_delete(vec: *mut Vector<*mut ImportType>);
    pub fn wasm_exporttype_vec_delete(vec: *mut Vector<*mut ExportType>);

    pub fn wasm_val_delete(val: *mut Val);
    pub fn wasm_val_copy(out: *mut Val, val: *const Val);
    pub fn wasm_val_vec_copy(out: *mut Vector<Val>, vec: *const Vector<Val>);
    pub fn wasm_val_vec_delete(vec: *mut Vector<Val>);

    pub fn wasm_ref_delete(reference: *mut Ref);
    pub fn wasm_ref_copy(reference: *const Ref) -> *mut Ref;
    pub fn wasm_ref_same(a: *const Ref, b: *const Ref) -> bool;
    pub fn wasm_ref_get_host_info(reference: *const Ref) -> *mut c_void;
    pub fn wasm_ref_set_host_info(reference: *mut Ref, info: *mut c_void);
    pub fn wasm_ref_set_host_info_with_finalizer(reference: *mut Ref, info: *mut c_void, finalizer: Finalizer);
    pub fn wasm_ref_as_func(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_global(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_table(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_memory(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_extern(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_module(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_instance(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_ref_as_trap(reference: *mut Ref) -> *mut Ref;
    pub fn wasm_foreign_new(store: *mut Store) -> *mut Ref;

    pub fn wasm_trap_new(store: *mut Store, message: *const Bytes) -> *mut Ref;
    pub fn wasm_trap_message(trap: *const Ref, out: *mut Bytes);
    pub fn wasm_trap_origin(trap: *const Ref) -> *mut Frame;
    pub fn wasm_trap_trace(trap: *const Ref, out: *mut Vector<*mut Frame>);
    pub fn wasmote_trap_code(trap: *const Ref) -> u8;
    pub fn wasmote_trap_exit_status(trap: *const Ref, status: *mut i32) -> bool;
    pub fn wasm_frame_delete(frame: *mut Frame);
    pub fn wasm_frame_copy(frame: *const Frame) -> *mut Frame;
    pub fn wasm_frame_instance(frame: *const Frame) -> *mut Ref;
    pub fn wasm_frame_func_index(frame: *const Frame) -> u32;
    pub fn wasm_frame_func_offset(frame: *const Frame) -> usize;
    pub fn wasmote_frame_func_name(frame: *const Frame, out: *mut Bytes);
    pub fn wasm_frame_vec_delete(vec: *mut Vector<*mut Frame>);

    pub fn wasm_module_new(store: *mut Store, binary: *const Bytes) -> *mut Ref;
    pub fn wasm_module_validate(store: *mut Store, binary: *const Bytes) -> bool;
    pub fn wasm_module_imports(module: *const Ref, out: *mut Vector<*mut ImportType>);
    pub fn wasm_module_exports(module: *const Ref, out: *mut Vector<*mut ExportType>);
    pub fn wasm_module_serialize(module: *const Ref, out: *mut Bytes);
    pub fn wasm_module_deserialize(store: *mut Store, image: *const Bytes) -> *mut Ref;
    pub fn wasm_module_share(module: *const Ref) -> *mut Shared;
    pub fn wasm_module_obtain(store: *mut Store, shared: *const Shared) -> *mut Ref;
    pub fn wasm_shared_module_delete(shared: *mut Shared);
    pub fn wasmote_module_deserialize(
        engine: *mut Engine,
        bytes: *const u8,
        size: usize,
        module: *mut *mut Shared,
    ) -> *mut Error;
    pub fn wasmote_module_serialize(module: *const Shared, image: *mut Bytes) -> *mut Error;

    pub fn wasm_func_new(store: *mut Store, ty: *const ExternType, callback: Callback) -> *mut Ref;
    pub fn wasm_func_new_with_env(
        store: *mut Store,
        ty: *const ExternType,
        callback: CallbackWithEnv,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> *mut Ref;
    pub fn wasm_func_type(func: *const Ref) -> *mut ExternType;
    pub fn wasm_func_param_arity(func: *const Ref) -> usize;
    pub fn wasm_func_call(func: *const Ref, args: *const Vector<Val>, results: *mut Vector<Val>) -> *mut Ref;
    pub fn wasm_global_new(store: *mut Store, ty: *const ExternType, val: *const Val) -> *mut Ref;
    pub fn wasm_global_type(global: *const Ref) -> *mut ExternType;
    pub fn wasm_global_get(global: *const Ref, out: *mut Val);
    pub fn wasm_global_set(global: *mut Ref, val: *const Val);
    pub fn wasm_table_new(store: *mut Store, ty: *const ExternType, init: *mut Ref) -> *mut Ref;
    pub fn wasm_table_type(table: *const Ref) -> *mut ExternType;
    pub fn wasm_table_get(table: *const Ref, index: u32) -> *mut Ref;
    pub fn wasm_table_set(table: *mut Ref, index: u32, value: *mut Ref) -> bool;
    pub fn wasm_table_size(table: *const Ref) -> u32;
    pub fn wasm_table_grow(table: *mut Ref, delta: u32, init: *mut Ref) -> bool;
    pub fn wasm_memory_new(store: *mut Store, ty: *const ExternType) -> *mut Ref;
    pub fn wasm_memory_type(memory: *const Ref) -> *mut ExternType;
    pub fn wasm_memory_data(memory: *mut Ref) -> *mut u8;
    pub fn wasm_memory_data_size(memory: *const Ref) -> usize;
    pub fn wasm_memory_size(memory: *const Ref) -> u32;
    pub fn wasm_memory_grow(memory: *mut Ref, delta: u32) -> bool;
    pub fn wasm_extern_kind(item: *const Ref) -> u8;
    pub fn wasm_extern_type(item: *const Ref) -> *mut ExternType;
    pub fn wasm_instance_new(
        store: *mut Store,
        module: *const Ref,
        imports: *const Vector<*mut Ref>,
        trap: *mut *mut Ref,
    ) -> *mut Ref;
    pub fn wasm_instance_exports(instance: *const Ref, out: *mut Vector<*mut Ref>);
    pub fn wasm_extern_vec_copy(out: *mut Vector<*mut Ref>, vec: *const Vector<*mut Ref>);
    pub fn wasm_extern_vec_delete(vec: *mut Vector<*mut Ref>);

    pub fn wasmote_error_message(error: *const Error, out: *mut Bytes);
    pub fn wasmote_error_delete(error: *mut Error);
    pub fn wasmote_wat2wasm(text: *const u8, size: usize, binary: *mut Bytes) -> *mut Error;
    pub fn wasmote_store_set_fuel(store: *mut Store, fuel: u64) -> *mut Error;
    pub fn wasmote_store_get_fuel(store: *const Store, fuel: *mut u64) -> *mut Error;
    pub fn wasmote_store_limit(store: *mut Store, limits: *const StoreLimits) -> *mut Error;
    pub fn wasmote_interrupt_handle_new(store: *mut Store, handle: *mut *mut Handle) -> *mut Error;
    pub fn wasmote_interrupt_handle_interrupt(handle: *const Handle);
    pub fn wasmote_interrupt_handle_delete(handle: *mut Handle);
    pub fn wasmote_wasi_config_new() -> *mut Wasi;
    pub fn wasmote_wasi_config_delete(config: *mut Wasi);
    pub fn wasmote_wasi_config_arg(config: *mut Wasi, arg: *const c_char);
    pub fn wasmote_wasi_config_stdout_callback(
        config: *mut Wasi,
        callback: Write,
        env: *mut c_void,
        finalizer: Finalizer,
    );
    pub fn wasmote_store_set_wasi(store: *mut Store, config: *mut Wasi) -> *mut Error;
    pub fn wasmote_linker_new(engine: *mut Engine) -> *mut Linker;
    pub fn wasmote_linker_delete(linker: *mut Linker);
    pub fn wasmote_linker_allow_shadowing(linker: *mut Linker, allow: bool);
    pub fn wasmote_linker_define_wasi(linker: *mut Linker) -> *mut Error;
    pub fn wasmote_linker_define(
        linker: *mut Linker,
        module: *const u8,
        module_size: usize,
        name: *const u8,
        name_size: usize,
        item: *const Ref,
    ) -> *mut Error;
    pub fn wasmote_linker_define_instance(
        linker: *mut Linker,
        name: *const u8,
        name_size: usize,
        instance: *const Ref,
    ) -> *mut Error;
    pub fn wasmote_linker_define_func(
        linker: *mut Linker,
        module: *const u8,
        module_size: usize,
        name: *const u8,
        name_size: usize,
        ty: *const ExternType,
        callback: CallbackWithCaller,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> *mut Error;
    pub fn wasmote_linker_define_unknown_imports_as_traps(linker: *mut Linker, module: *const Shared) -> *mut Error;
    pub fn wasmote_linker_instantiate(
        linker: *const Linker,
        store: *mut Store,
        module: *const Shared,
        instance: *mut *mut Ref,
        trap: *mut *mut Ref,
    ) -> *mut Error;
    pub fn wasmote_instance_export(instance: *const Ref, name: *const u8, size: usize) -> *mut Ref;
    pub fn wasmote_caller_export(caller: *const Caller, name: *const u8, size: usize) -> *mut Ref;
    pub fn wasmote_caller_store(caller: *const Caller) -> *mut Store;
}

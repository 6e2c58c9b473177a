//! Counts allocations, and lets them fail, in the functions that C calls.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::zeroed;
use std::ptr::null_mut;

use wasmote_c::config::wasm_engine_new;
use wasmote_c::instance::wasm_instance_exports;
use wasmote_c::linker::{wasmote_instance_export, wasmote_linker_instantiate, wasmote_linker_new};
use wasmote_c::module::{
    wasm_module_exports, wasm_module_imports, wasm_module_new, wasm_module_obtain, wasm_module_share,
    wasmote_module_new,
};
use wasmote_c::object::wasm_ref_t;
use wasmote_c::store::{wasm_store_new, wasmote_caller_t};
use wasmote_c::types::{wasm_functype_new, wasm_valtype_new};
use wasmote_c::unboxed::{wasmote_func_call_unboxed, wasmote_linker_define_func_unboxed};
use wasmote_c::value::wasmote_val_t;
use wasmote_c::vectors::{
    Element, Vector, byte, exporttype, importtype, valtype, wasm_byte_vec_t, wasm_exporttype_vec_t,
    wasm_importtype_vec_t,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// How many allocations there is room for.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

struct Counting;

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        if LEFT.get() == 0 {
            return null_mut();
        }
        LEFT.set(LEFT.get() - 1);
        // SAFETY: as the caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
        // SAFETY: as the caller guarantees.
        unsafe { System.dealloc(data, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const TEXT: &str = r#"(module
    (import "host" "same" (func $same (param v128) (result v128)))
    (func (export "run") (param v128) (result v128) (call $same (local.get 0))))"#;

unsafe extern "C" fn same(
    _: *mut c_void,
    _: *const wasmote_caller_t,
    args: *const wasmote_val_t,
    _: usize,
    results: *mut wasmote_val_t,
    _: usize,
) -> Option<Box<wasm_ref_t>> {
    // SAFETY: the type has one parameter and one result.
    unsafe { *results = *args };
    None
}

/// Returns a vector whose bytes are all this one.
fn vector(byte: u8) -> wasmote_val_t {
    // SAFETY: the kind is the first byte, and the vector is the last 16 bytes.
    unsafe {
        let mut value: wasmote_val_t = zeroed();
        let bytes = (&raw mut value).cast::<u8>();
        bytes.write(4);
        bytes.add(size_of::<wasmote_val_t>() - 16).write_bytes(byte, 16);
        value
    }
}

#[test]
fn calls_with_few_values_allocate_nothing() {
    // SAFETY: all pointers are to objects of the types that the header says.
    unsafe {
        let engine = wasm_engine_new().expect("an engine");
        let store = wasm_store_new(&engine).expect("a store");
        let mut linker = wasmote_linker_new(&engine).expect("a linker");
        let types = || {
            let mut types = zeroed();
            let v128 = Box::into_raw(wasm_valtype_new(4).expect("a type"));
            valtype::new(&raw mut types, 1, (&raw const v128).cast());
            types
        };
        let ty = wasm_functype_new(&mut types(), &mut types()).expect("a type");
        let defined = wasmote_linker_define_func_unboxed(
            &mut *linker,
            b"host".as_ptr(),
            4,
            b"same".as_ptr(),
            4,
            &ty,
            same,
            null_mut(),
            None,
        );
        assert!(defined.is_none());
        let bytes = wasmote::binary_of_text(TEXT.as_bytes()).expect("a module");
        let (mut module, mut instance, mut trap) = (None, None, None);
        assert!(wasmote_module_new(&engine, bytes.as_ptr(), bytes.len(), &raw mut module).is_none());
        let module = module.expect("a module");
        let made = wasmote_linker_instantiate(&linker, &store, &module, &raw mut instance, &raw mut trap);
        assert!(made.is_none() && trap.is_none());
        let run = wasmote_instance_export(&instance.expect("an instance"), b"run".as_ptr(), 3).expect("a function");
        let (arg, mut result) = (vector(7), vector(0));
        let mut call = || {
            let error = wasmote_func_call_unboxed(&run, &raw const arg, 1, &raw mut result, 1, &raw mut trap);
            assert!(error.is_none() && trap.is_none());
        };
        // The first call translates the function.
        call();
        let before = ALLOCATIONS.get();
        for _ in 0..100 {
            call();
        }
        assert_eq!(ALLOCATIONS.get() - before, 0);
        assert_eq!((&raw const result).cast::<u8>().add(size_of::<wasmote_val_t>() - 1).read(), 7);
        // The counter counts.
        drop(std::hint::black_box(Box::new(1)));
        assert!(ALLOCATIONS.get() > before);
    }
}

/// Runs `list` with room for no allocation, for one, and so on, until it returns a vector that is not empty. Then it has this
/// many elements. Returns how often it was empty.
fn lists<T: Element>(size: usize, list: impl Fn(*mut Vector<T>)) -> usize {
    for room in 0.. {
        let mut vector = Vector::default();
        LEFT.set(room);
        list(&raw mut vector);
        LEFT.set(usize::MAX);
        // SAFETY: the number of elements is the first field.
        let elements = unsafe { (&raw const vector).cast::<usize>().read() };
        if elements > 0 {
            assert_eq!(elements, size);
            return room;
        }
    }
    unreachable!("there is no end of room")
}

#[test]
fn lists_are_empty_where_memory_runs_out() {
    const TEXT: &str = r#"(module
        (import "first" "f" (func (param i32 i64) (result externref)))
        (import "second" "t" (tag (param f32)))
        (import "third" "m" (memory 1))
        (func (export "f") (param i32) (result i32 i32) unreachable)
        (func (export "g"))
        (global (export "global") (mut i32) (i32.const 1))
        (table (export "table") 2 funcref)
        (tag (export "tag") (param i32 i32)))"#;
    // SAFETY: all pointers are to objects of the types that the header says.
    unsafe {
        let engine = wasm_engine_new().expect("an engine");
        let store = wasm_store_new(&engine).expect("a store");
        let linker = wasmote_linker_new(&engine).expect("a linker");
        let load = |text: &str| {
            let bytes = wasmote::binary_of_text(text.as_bytes()).expect("a module");
            let mut module = None;
            assert!(wasmote_module_new(&engine, bytes.as_ptr(), bytes.len(), &raw mut module).is_none());
            wasm_module_obtain(&store, &module.expect("a module")).expect("a module of this store")
        };
        let module = load(TEXT);
        let rooms =
            [lists(3, |out| wasm_module_imports(&module, out)), lists(5, |out| wasm_module_exports(&module, out))];
        // A list, three names twice or five once, and the types with their own lists.
        assert!(rooms.iter().all(|&room| room > 20), "{rooms:?}");
        let mut imports = wasm_importtype_vec_t::default();
        wasm_module_imports(&module, &raw mut imports);
        assert!(lists(3, |out| importtype::copy(out, &imports)) > 20);
        let mut exports = wasm_exporttype_vec_t::default();
        wasm_module_exports(&module, &raw mut exports);
        assert!(lists(5, |out| exporttype::copy(out, &exports)) > 20);

        let defines =
            load(r#"(module (memory (export "m") 1) (func (export "f")) (global (export "g") i32 (i32.const 1)))"#);
        let shared = wasm_module_share(&defines).expect("a module");
        let (mut instance, mut trap) = (None, None);
        let made = wasmote_linker_instantiate(&linker, &store, &shared, &raw mut instance, &raw mut trap);
        assert!(made.is_none() && trap.is_none());
        let instance = instance.expect("an instance");
        assert!(lists(3, |out| wasm_instance_exports(&instance, out)) > 3);
        // Bytes are copied when a module is loaded.
        let bytes = wasmote::binary_of_text(TEXT.as_bytes()).expect("a module");
        let mut binary = wasm_byte_vec_t::default();
        byte::new(&raw mut binary, bytes.len(), bytes.as_ptr());
        LEFT.set(1);
        let (none, valid) = (wasm_module_new(&store, &binary), wasm_module_new(&store, &binary));
        LEFT.set(usize::MAX);
        assert!(none.is_none() && valid.is_none() && wasm_module_new(&store, &binary).is_some());
    }
}

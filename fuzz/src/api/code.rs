//! Engines, stores, modules, instances, functions, calls, linkers and WASI.

use std::ptr::null_mut;

use super::callbacks::{finalize, finalize_only, plain, token, with_caller, with_env, write};
use super::data::val_of;
use super::ffi::*;
use super::items::{functype, of_kind};
use super::world::World;

pub const STEPS: &[fn(&World)] = &[
    new_engine,
    |world| world.engines.delete(world),
    new_store,
    |world| world.stores.delete(world),
    new_module,
    new_module,
    new_module,
    damaged_module,
    serialize,
    deserialize,
    share,
    obtain,
    instance,
    instance,
    instance,
    exports,
    exports,
    exports,
    new_func,
    new_func,
    call,
    call,
    call,
    call,
    call,
    call,
    fuel,
    limit,
    interrupt,
    new_linker,
    define,
    define,
    define,
    instantiate,
    instantiate,
    linked,
    linked,
    wasi,
];

/// The modules: calls in both directions, traps, objects, exceptions, items of all kinds, and WASI.
pub const TEXTS: [&str; 6] = [
    r#"(module (import "e" "f" (func $f (param i32) (result i32))) (import "e" "r" (func $r (param externref) (result externref)))
      (memory (export "m") 1 3) (global $g (export "g") (mut externref) (ref.null extern)) (table (export "t") 2 9 externref)
      (func (export "call") (param i32) (result i32) (call $f (i32.add (call $f (local.get 0)) (i32.const 1))))
      (func (export "keep") (param externref) (result externref) (global.set $g (call $r (local.get 0)))
        (table.set (i32.const 1) (global.get $g)) (drop (call $r (global.get $g))) (table.get (i32.const 1)))
      (func (export "loop") (param i32) (loop $l (drop (call $r (ref.null extern)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#,
    r#"(module (memory (export "m") 1) (table (export "t") 3 5 funcref) (elem (i32.const 0) $f $g)
      (func $f (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func $g (export "load") (param i32) (result i64) (i64.load (local.get 0)))
      (func $deep (export "deep") (param i32) (result i32) (call $deep (i32.add (local.get 0) (i32.const 1))))
      (func (export "any") (param i32) (result i32) (call_indirect (param i32 i32) (result i32) (i32.const 7) (i32.const 2) (local.get 0)))
      (func (export "grow") (param funcref i32) (result i32) (table.grow (local.get 0) (local.get 1))))"#,
    r#"(module (type $s (struct (field (mut i32)) (field (mut anyref)))) (type $a (array (mut i64)))
      (global (export "g") (mut anyref) (ref.null any)) (tag $t (export "tag") (param i32))
      (func (export "new") (param i32) (result anyref) (global.set 0 (struct.new $s (local.get 0) (global.get 0))) (global.get 0))
      (func (export "array") (param i32) (result anyref) (array.new $a (i64.const 4) (i32.and (local.get 0) (i32.const 255))))
      (func (export "get") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))
      (func (export "convert") (param externref) (result anyref) (any.convert_extern (local.get 0)))
      (func (export "back") (param anyref) (result externref) (extern.convert_any (local.get 0)))
      (func (export "throw") (param i32) (throw $t (local.get 0)))
      (func (export "catch") (param i32) (result i32 exnref)
        (block $b (result i32 exnref) (try_table (result i32 exnref) (catch_ref $t $b) (throw $t (local.get 0))))))"#,
    r#"(module (import "e" "s" (func $s)) (func (export "again") (call $s)) (start $s))"#,
    r#"(module (import "e" "m" (memory 1)) (import "e" "t" (table 1 externref)) (import "e" "g" (global (mut i32)))
      (export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 0)) (func (export "f") (result i32) (global.get 0))
      (func (export "v") (param v128) (result v128) (local.get 0)) (memory (export "shared") 1 2 shared))"#,
    r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
      (data (i32.const 0) "\10\00\00\00\05\00\00\00") (data (i32.const 16) "hello")
      (func (export "write") (param i32) (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (func (export "exit") (param i32) (call $exit (local.get 0))))"#,
];

/// Names that the modules import and export.
const NAMES: [&str; 9] = ["e", "f", "r", "s", "m", "t", "g", "call", "\u{fc}"];

fn name(world: &World) -> &'static str {
    NAMES[world.below(NAMES.len())]
}

pub fn new_engine(world: &World) {
    let set = world.byte();
    // SAFETY: the configuration is valid, and given up.
    unsafe {
        let config = wasm_config_new();
        // Calls must end.
        wasmote_config_consume_fuel_set(config, true);
        wasmote_config_max_memory_set(config, 4 << 16);
        wasmote_config_max_stack_set(config, 1 << 16);
        wasmote_config_interruption_set(config, set & 1 > 0);
        wasmote_config_lazy_set(config, set & 2 > 0);
        wasmote_config_deterministic_set(config, set & 4 > 0);
        wasmote_config_backtrace_set(config, set & 8 == 0);
        wasmote_config_guard_pages_set(config, set & 16 > 0);
        if set > 250 {
            world.configs.add(wasm_config_new());
        }
        world.engines.add(wasm_engine_new_with_config(config));
    }
}

pub fn new_store(world: &World) {
    let Some(engine) = world.engines.pick(world) else { return };
    // SAFETY: the engine is alive, and the store is in no pool yet.
    unsafe {
        let store = wasm_store_new(engine);
        world.ignore(wasmote_store_set_fuel(store, 5000));
        world.stores.add(store);
    }
}

/// The binary of a text.
fn binary(world: &World) -> Vec<u8> {
    let text = TEXTS[world.below(TEXTS.len())];
    let mut binary = Bytes::EMPTY;
    // SAFETY: the text has so many bytes; the vector is owned.
    unsafe {
        assert!(world.ignore(wasmote_wat2wasm(text.as_ptr(), text.len(), &raw mut binary)));
        let bytes = binary.elements().to_vec();
        wasm_byte_vec_delete(&raw mut binary);
        bytes
    }
}

fn new_module(world: &World) {
    let Some(store) = world.stores.pick(world) else { return };
    let mut bytes = binary(world);
    let bytes = Vector::lent(&mut bytes);
    // SAFETY: the store is alive, and the bytes are lent.
    let module = unsafe { wasm_module_new(store, &raw const bytes) };
    assert!(!module.is_null());
    world.refs.add(module);
}

/// Changes a few bytes.
fn damage(world: &World, bytes: &mut Vec<u8>) {
    for _ in 0..1 + world.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = (world.u64() % bytes.len() as u64) as usize;
        match world.below(4) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << world.below(8),
            _ => bytes[at] = world.byte(),
        }
    }
}

fn damaged_module(world: &World) {
    let Some(store) = world.stores.pick(world) else { return };
    let mut bytes = binary(world);
    damage(world, &mut bytes);
    let mut owned = Bytes::EMPTY;
    // SAFETY: the store is alive; the bytes are copied, and the copy is owned.
    unsafe {
        wasm_byte_vec_new(&raw mut owned, bytes.len(), bytes.as_ptr());
        let valid = wasm_module_validate(store, &raw const owned);
        let module = wasm_module_new(store, &raw const owned);
        // With lazy validation, a module need not be valid.
        assert!(!valid || !module.is_null());
        wasm_byte_vec_delete(&raw mut owned);
        world.refs.add(module);
    }
}

fn serialize(world: &World) {
    let mut image = Bytes::EMPTY;
    // SAFETY: modules are alive; the vector is owned.
    unsafe {
        if world.bool() {
            let Some(module) = of_kind(world, wasm_ref_as_module) else { return };
            wasm_module_serialize(module, &raw mut image);
        } else {
            let Some(shared) = world.shared.pick(world) else { return };
            world.ignore(wasmote_module_serialize(shared, &raw mut image));
        }
        if image.size > 0 {
            let mut images = world.images.borrow_mut();
            images.truncate(5);
            images.insert(0, image.elements().to_vec());
        }
        wasm_byte_vec_delete(&raw mut image);
    }
}

fn deserialize(world: &World) {
    let images = world.images.borrow();
    if images.is_empty() {
        return;
    }
    let mut image = images[world.below(images.len())].clone();
    drop(images);
    if world.bool() {
        damage(world, &mut image);
        // Checksums would find the damage.
        if world.below(4) > 0 {
            wasmote_test_support::mutate::fix(&mut image);
        }
    }
    // SAFETY: stores and engines are alive; the bytes are lent.
    unsafe {
        if world.bool() {
            let Some(store) = world.stores.pick(world) else { return };
            let image = Vector::lent(&mut image);
            world.refs.add(wasm_module_deserialize(store, &raw const image));
        } else {
            let Some(engine) = world.engines.pick(world) else { return };
            let mut shared = null_mut();
            if world.ignore(wasmote_module_deserialize(engine, image.as_ptr(), image.len(), &raw mut shared)) {
                world.shared.add(shared);
            }
        }
    }
}

fn share(world: &World) {
    if world.below(4) == 0 {
        return world.shared.delete(world);
    }
    if let Some(module) = of_kind(world, wasm_ref_as_module) {
        // SAFETY: the module is alive.
        world.shared.add(unsafe { wasm_module_share(module) });
    }
}

fn obtain(world: &World) {
    if let (Some(store), Some(shared)) = (world.stores.pick(world), world.shared.pick(world)) {
        // SAFETY: both are alive.
        world.refs.add(unsafe { wasm_module_obtain(store, shared) });
    }
}

/// Makes a host function of a type.
fn func_of(world: &World, store: *mut Store, ty: *const ExternType) -> *mut Ref {
    // SAFETY: the store and the type are alive until the call.
    unsafe {
        match world.below(3) {
            0 => wasm_func_new(store, ty, plain),
            _ => wasm_func_new_with_env(store, ty, with_env, token(), Some(finalize)),
        }
    }
}

fn new_func(world: &World) {
    if let (Some(store), Some(ty)) = (world.stores.pick(world), functype(world)) {
        world.refs.add(func_of(world, store, ty));
    }
}

/// Instantiates a module. Its imports are new host functions, and items of the right kind, mostly.
fn instance(world: &World) {
    let Some(module) = of_kind(world, wasm_ref_as_module) else { return };
    let mut types: Vector<*mut ImportType> = Vector::EMPTY;
    let mut imports = Vec::new();
    // SAFETY: what is picked is alive until the next call that may run a finalizer: the module is copied, and owned, and so are
    // the imports.
    unsafe {
        let module = wasm_ref_copy(module);
        wasm_module_imports(module, &raw mut types);
        for &import in types.elements() {
            let ty = wasm_importtype_type(import);
            let picked = match wasm_externtype_kind(ty) {
                0 if world.below(8) > 0 => {
                    let Some(store) = world.stores.pick(world) else { break };
                    imports.push(func_of(world, store, ty));
                    continue;
                }
                0 => of_kind(world, wasm_ref_as_func),
                1 => of_kind(world, wasm_ref_as_global),
                2 => of_kind(world, wasm_ref_as_table),
                _ => of_kind(world, wasm_ref_as_memory),
            };
            imports.push(picked.map_or(null_mut(), |item| wasm_ref_copy(item)));
        }
        wasm_importtype_vec_delete(&raw mut types);
        if let Some(store) = world.stores.pick(world) {
            let given = Vector::lent(&mut imports);
            let mut trap = null_mut();
            let wants_trap = world.bool();
            let instance =
                wasm_instance_new(store, module, &raw const given, if wants_trap { &raw mut trap } else { null_mut() });
            assert!(!wants_trap || instance.is_null() != trap.is_null());
            world.refs.add(trap);
            world.refs.add(instance);
        }
        imports.into_iter().for_each(|import| wasm_ref_delete(import));
        wasm_ref_delete(module);
    }
}

fn exports(world: &World) {
    let Some(instance) = of_kind(world, wasm_ref_as_instance) else { return };
    // SAFETY: the instance is alive until the call; the vectors are owned.
    unsafe {
        if world.below(4) == 0 {
            let name = name(world);
            return world.refs.add(wasmote_instance_export(instance, name.as_ptr(), name.len()));
        }
        let (mut items, mut copy) = (Vector::EMPTY, Vector::EMPTY);
        wasm_instance_exports(instance, &raw mut items);
        wasm_extern_vec_copy(&raw mut copy, &raw const items);
        copy.elements().iter().for_each(|&item| world.refs.add(wasm_ref_copy(item)));
        wasm_extern_vec_delete(&raw mut items);
        wasm_extern_vec_delete(&raw mut copy);
        if let Some(module) = of_kind(world, wasm_ref_as_module) {
            let mut types: Vector<*mut ExportType> = Vector::EMPTY;
            wasm_module_exports(module, &raw mut types);
            if let Some(&first) = types.elements().first() {
                world.types.add(wasm_externtype_copy(wasm_exporttype_type(first)));
            }
            wasm_exporttype_vec_delete(&raw mut types);
        }
    }
}

fn call(world: &World) {
    let Some(func) = of_kind(world, wasm_ref_as_func) else { return };
    // SAFETY: the function is copied; the copy, the arguments and the results are owned.
    unsafe {
        let func = wasm_ref_copy(func);
        let ty = wasm_func_type(func);
        let kinds = |vector: *const Vector<*mut ValType>| -> Vec<u8> {
            vector
                .as_ref()
                .map_or(Vec::new(), |types| types.elements().iter().map(|&ty| wasm_valtype_kind(ty)).collect())
        };
        let (params, results) = match ty.is_null() {
            true => (Vec::new(), Vec::new()),
            false => (kinds(wasm_functype_params(ty)), kinds(wasm_functype_results(ty))),
        };
        wasm_externtype_delete(ty);
        let mut args: Vec<Val> = params.iter().map(|&kind| val_of(world, kind)).collect();
        if world.byte() > 250 {
            args.push(val_of(world, 0));
        }
        let mut returned = vec![Val { kind: 0, of: 0 }; if world.byte() > 240 { 1 } else { results.len() }];
        let (given, mut places) = (Vector::lent(&mut args), Vector::lent(&mut returned));
        if world.bool()
            && let Some(store) = world.stores.pick(world)
        {
            world.ignore(wasmote_store_set_fuel(store, 3000));
        }
        let trap = wasm_func_call(func, &raw const given, &raw mut places);
        if trap.is_null() {
            for val in returned {
                world.vals.add(Box::into_raw(Box::new(val)));
            }
        }
        world.refs.add(trap);
        args.iter_mut().for_each(|arg| wasm_val_delete(arg));
        // The function has no more parameters than before.
        assert_eq!(wasm_func_param_arity(func), params.len());
        wasm_ref_delete(func);
    }
}

fn fuel(world: &World) {
    let Some(store) = world.stores.pick(world) else { return };
    let mut left = 0;
    // SAFETY: the store is alive until the call.
    unsafe {
        if world.bool() {
            world.ignore(wasmote_store_set_fuel(store, u64::from(world.byte()) * 16));
        } else {
            world.ignore(wasmote_store_get_fuel(store, &raw mut left));
        }
    }
}

fn limit(world: &World) {
    let Some(store) = world.stores.pick(world) else { return };
    let numbers = [0; 6].map(|_| [-1, 0, 1, 65536, 1 << 20, i64::MAX][world.below(6)]);
    let limits = StoreLimits { numbers, trap_on_grow_failure: world.bool() };
    // SAFETY: the store is alive until the call.
    unsafe { world.ignore(wasmote_store_limit(store, &raw const limits)) };
}

fn interrupt(world: &World) {
    let mut handle = null_mut();
    // SAFETY: handles and stores are alive until the call.
    unsafe {
        match world.below(3) {
            0 => {
                if let Some(handle) = world.handles.pick(world) {
                    wasmote_interrupt_handle_interrupt(handle);
                }
            }
            1 => world.handles.delete(world),
            _ => {
                let Some(store) = world.stores.pick(world) else { return };
                if world.ignore(wasmote_interrupt_handle_new(store, &raw mut handle)) {
                    world.handles.add(handle);
                }
            }
        }
    }
}

fn new_linker(world: &World) {
    if world.below(3) == 0 {
        return world.linkers.delete(world);
    }
    let Some(engine) = world.engines.pick(world) else { return };
    // SAFETY: the engine is alive; the linker is in no pool yet.
    unsafe {
        let linker = wasmote_linker_new(engine);
        wasmote_linker_allow_shadowing(linker, world.bool());
        if world.bool() {
            assert!(world.ignore(wasmote_linker_define_wasi(linker)));
        }
        world.linkers.add(linker);
    }
}

fn define(world: &World) {
    let Some(linker) = world.linkers.pick(world) else { return };
    let (module, name) = (if world.below(4) > 0 { "e" } else { name(world) }, name(world));
    // SAFETY: what is picked is alive until the call; names are lent.
    unsafe {
        match world.below(5) {
            0 => {
                let Some(item) = of_kind(world, wasm_ref_as_extern) else { return };
                world.ignore(wasmote_linker_define(
                    linker,
                    module.as_ptr(),
                    module.len(),
                    name.as_ptr(),
                    name.len(),
                    item,
                ));
            }
            1 => {
                let Some(instance) = of_kind(world, wasm_ref_as_instance) else { return };
                world.ignore(wasmote_linker_define_instance(linker, module.as_ptr(), module.len(), instance));
            }
            2 => {
                let Some(shared) = world.shared.pick(world) else { return };
                world.ignore(wasmote_linker_define_unknown_imports_as_traps(linker, shared));
            }
            _ => {
                let Some(ty) = functype(world) else { return };
                world.ignore(wasmote_linker_define_func(
                    linker,
                    module.as_ptr(),
                    module.len(),
                    name.as_ptr(),
                    name.len(),
                    ty,
                    with_caller,
                    token(),
                    Some(finalize_only),
                ));
            }
        }
    }
}

/// Instantiates a shared module, after host functions for its imports were defined.
fn instantiate(world: &World) {
    let (Some(linker), Some(shared)) = (world.linkers.pick(world), world.shared.pick(world)) else { return };
    let (mut instance, mut trap) = (null_mut(), null_mut());
    // SAFETY: all are alive until the call; no finalizer of the first calls uses the library.
    unsafe {
        if world.below(4) > 0 {
            world.ignore(wasmote_linker_define_unknown_imports_as_traps(linker, shared));
        }
        let Some(store) = world.stores.pick(world) else { return };
        if world.ignore(wasmote_linker_instantiate(linker, store, shared, &raw mut instance, &raw mut trap)) {
            assert!(instance.is_null() != trap.is_null());
        } else {
            assert!(instance.is_null() && trap.is_null());
        }
    }
    world.refs.add(trap);
    world.refs.add(instance);
}

/// Makes all that an instance needs, for one engine: a store with a state of WASI, a module, and a linker with host functions.
fn linked(world: &World) {
    let Some(engine) = world.engines.pick(world) else { return };
    let mut bytes = binary(world);
    let (bytes, mut instance, mut trap) = (Vector::lent(&mut bytes), null_mut(), null_mut());
    // SAFETY: the engine is alive until the next call that may run a finalizer; all else is in no pool yet.
    unsafe {
        let (store, linker) = (wasm_store_new(engine), wasmote_linker_new(engine));
        world.ignore(wasmote_store_set_fuel(store, 5000));
        let config = wasmote_wasi_config_new();
        wasmote_wasi_config_stdout_callback(config, write, token(), Some(finalize_only));
        assert!(world.ignore(wasmote_store_set_wasi(store, config)));
        let module = wasm_module_new(store, &raw const bytes);
        let shared = wasm_module_share(module);
        wasm_ref_delete(module);
        assert!(world.ignore(wasmote_linker_define_wasi(linker)));
        for (name, kinds) in [("f", &[0][..]), ("r", &[EXTERNREF]), ("s", &[])] {
            let types = || {
                let types: Vec<_> = kinds.iter().map(|&kind| wasm_valtype_new(kind)).collect();
                let mut vector = Vector::EMPTY;
                wasm_valtype_vec_new(&raw mut vector, types.len(), types.as_ptr());
                vector
            };
            let (mut params, mut results) = (types(), types());
            let ty = wasm_functype_new(&raw mut params, &raw mut results);
            let (module, name) = (b"e".as_ptr(), name.as_bytes().as_ptr());
            let end: Finalizer = Some(finalize_only);
            assert!(world.ignore(wasmote_linker_define_func(
                linker,
                module,
                1,
                name,
                1,
                ty,
                with_caller,
                token(),
                end
            )));
            wasm_externtype_delete(ty);
        }
        world.ignore(wasmote_linker_instantiate(linker, store, shared, &raw mut instance, &raw mut trap));
        world.stores.add(store);
        world.linkers.add(linker);
        world.shared.add(shared);
    }
    world.refs.add(trap);
    world.refs.add(instance);
    exports(world);
}

fn wasi(world: &World) {
    // SAFETY: what is picked is alive until the call; configurations are given up.
    unsafe {
        match world.below(4) {
            0 => world.wasis.delete(world),
            1 => {
                let config = wasmote_wasi_config_new();
                wasmote_wasi_config_arg(config, c"program".as_ptr());
                if world.bool() {
                    wasmote_wasi_config_stdout_callback(config, write, token(), Some(finalize_only));
                }
                world.wasis.add(config);
            }
            _ => {
                let Some(store) = world.stores.pick(world) else { return };
                world.ignore(wasmote_store_set_wasi(store, world.wasis.take(world).unwrap_or(null_mut())));
            }
        }
    }
}

// Host functions and finalizers delete what the library is working on: stores, references, linkers.
#include "check.h"

// What the next callback or finalizer deletes.
static struct {
  wasm_store_t *store;
  wasm_module_t *module;
  wasm_shared_module_t *shared;
  wasm_ref_t *reference, *another;
  wasm_func_t *func;
  wasmote_linker_t *linker;
  wasm_val_t value;
  int calls;
} doomed;

static void delete_all(void) {
  wasm_store_t *store = doomed.store;
  wasm_module_t *module = doomed.module;
  wasm_shared_module_t *shared = doomed.shared;
  wasm_ref_t *reference = doomed.reference, *another = doomed.another;
  wasm_func_t *func = doomed.func;
  wasmote_linker_t *linker = doomed.linker;
  doomed.store = NULL;
  doomed.module = NULL;
  doomed.shared = NULL;
  doomed.reference = doomed.another = NULL;
  doomed.func = NULL;
  doomed.linker = NULL;
  doomed.calls++;
  wasm_val_delete(&doomed.value);
  wasm_module_delete(module);
  wasm_shared_module_delete(shared);
  wasm_ref_delete(reference);
  wasm_ref_delete(another);
  wasm_func_delete(func);
  wasmote_linker_delete(linker);
  wasm_store_delete(store);
}

static void finalize(void *env) {
  (void)env;
  delete_all();
}

static wasm_trap_t *callback(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  delete_all();
  return NULL;
}

static wasm_trap_t *callback_of_linker(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)env;
  (void)args;
  (void)results;
  delete_all();
  // The caller keeps its store until the function returns.
  wasm_store_t *store = wasmote_caller_store(caller);
  CHECK(store);
  wasm_store_delete(store);
  return NULL;
}

static wasm_trap_t *never(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)env;
  (void)args;
  (void)results;
  CHECK(!"nobody calls it");
  return NULL;
}

static wasm_trap_t *never_unboxed(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                                  wasmote_val_t *results, size_t results_size) {
  (void)env;
  (void)caller;
  (void)args;
  (void)args_size;
  (void)results;
  (void)results_size;
  CHECK(!"nobody calls it");
  return NULL;
}

static intptr_t no_stream(void *env, const char *bytes, size_t size) {
  (void)env;
  (void)bytes;
  (void)size;
  return -1;
}

static wasm_func_t *host(wasm_store_t *store) {
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *func = wasm_func_new(store, type, callback);
  CHECK(func);
  wasm_functype_delete(type);
  return func;
}

#define START(end) "(module (import \"\" \"f\" (func)) (start 0) (func (export \"g\") (result i32) (i32.const 7))" end ")"

// A start function deletes the store and the module that it is called for.
static void during_instantiation(wasm_engine_t *engine) {
  for (int stops = 0; stops < 2; stops++) {
    doomed.calls = 0;
    doomed.store = wasm_store_new(engine);
    doomed.module = module_of(doomed.store, stops
      ? "(module (import \"\" \"f\" (func)) (start 1) (func (call 0) unreachable))" : START(""));
    doomed.func = host(doomed.store);
    wasm_extern_t *imported[] = {wasm_func_as_extern(doomed.func)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
    wasm_trap_t *trap;
    wasm_instance_t *instance = wasm_instance_new(doomed.store, doomed.module, &imports, &trap);
    CHECK(doomed.calls == 1);
    if (stops) {
      CHECK(!instance && wasmote_trap_code(trap) == WASMOTE_TRAP_UNREACHABLE_CODE_REACHED);
      wasm_trap_delete(trap);
      continue;
    }
    CHECK(instance && !trap);
    wasm_func_t *func = func_of(instance, "g");
    wasm_instance_delete(instance);
    wasm_val_t rs[1];
    wasm_val_vec_t results = WASM_ARRAY_VEC(rs);
    CHECK(!wasm_func_call(func, NULL, &results) && rs[0].of.i32 == 7);
    wasm_func_delete(func);
  }
}

// As above, with a linker, which is deleted, too.
static void during_linking(wasm_engine_t *engine) {
  for (int stops = 0; stops < 2; stops++) {
    doomed.calls = 0;
    doomed.store = wasm_store_new(engine);
    doomed.linker = wasmote_linker_new(engine);
    wasm_functype_t *type = wasm_functype_new_0_0();
    CHECK(!wasmote_linker_define_func(doomed.linker, "", 0, "f", 1, type, callback_of_linker, NULL, NULL));
    wasm_functype_delete(type);
    doomed.shared = shared_of(engine, stops
      ? "(module (import \"\" \"f\" (func)) (start 1) (func (call 0) unreachable))" : START("(memory 1)"));
    wasm_instance_t *instance;
    wasm_trap_t *trap;
    CHECK(!wasmote_linker_instantiate(doomed.linker, doomed.store, doomed.shared, &instance, &trap));
    CHECK(doomed.calls == 1);
    CHECK(stops ? !instance && trap : instance && !trap);
    wasm_trap_delete(trap);
    wasm_instance_delete(instance);
  }
}

// A finalizer deletes the reference whose host information changes, with all that remains of the store.
static void by_changing_host_info(wasm_engine_t *engine) {
  for (int with_finalizer = 0; with_finalizer < 2; with_finalizer++) {
    doomed.calls = 0;
    doomed.store = wasm_store_new(engine);
    doomed.reference = wasm_func_as_ref(host(doomed.store));
    wasm_ref_set_host_info_with_finalizer(doomed.reference, NULL, finalize);
    if (with_finalizer) {
      wasm_ref_set_host_info_with_finalizer(doomed.reference, NULL, NULL);
    } else {
      wasm_ref_set_host_info(doomed.reference, NULL);
    }
    CHECK(doomed.calls == 1 && !doomed.store);
  }
}

// No function is made of a type with too many values, and the finalizer deletes the store.
static void by_failing(wasm_engine_t *engine) {
  for (int unboxed = 0; unboxed < 2; unboxed++) {
    doomed.calls = 0;
    doomed.store = wasm_store_new(engine);
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, 1001);
    for (int i = 0; i < 1001; i++) params.data[i] = wasm_valtype_new_i32();
    wasm_valtype_vec_new_empty(&results);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    CHECK(!(unboxed ? wasmote_func_new_unboxed(doomed.store, type, never_unboxed, NULL, finalize)
                    : wasm_func_new_with_env(doomed.store, type, never, NULL, finalize)));
    CHECK(doomed.calls == 1 && !doomed.store);
    wasm_functype_delete(type);
  }
}

// Makes a finalizer due that runs at the end of the next function that uses the store: it is that of an object which only a
// collection frees.
static void make_due(wasm_engine_t *engine) {
  doomed.calls = 0;
  doomed.store = wasm_store_new(engine);
  wasm_foreign_t *foreign = wasm_foreign_new(doomed.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, NULL, finalize);
  wasm_foreign_delete(foreign);
  CHECK(doomed.calls == 0);
}

// A collection frees an object, whose finalizer deletes the store and the references that are not needed. Then each function
// that makes an object has the last reference to the store, or one of two.
static void during_a_collection(wasm_engine_t *engine) {
  for (int kept = 0; kept < 2; kept++) {
    make_due(engine);
    wasm_store_t *store = doomed.store;
    wasm_foreign_t *other = kept ? wasm_foreign_new(store) : NULL, *last = NULL;
    for (int i = 0; doomed.calls == 0 && i < 1000000; i++) {
      wasm_foreign_delete(last);
      last = wasm_foreign_new(store);
    }
    CHECK(doomed.calls == 1 && last && !wasm_foreign_get_host_info(last));
    CHECK(!other || !wasm_foreign_same(last, other));
    wasm_foreign_delete(last);
    wasm_foreign_delete(other);
  }
}

// A stream of WASI ends with its store, and its finalizer deletes another store, whose finalizers delete more.
static void in_a_row(wasm_engine_t *engine) {
  doomed.calls = 0;
  wasm_store_t *first = wasm_store_new(engine);
  doomed.store = wasm_store_new(engine);
  doomed.func = host(doomed.store);
  doomed.reference = wasm_func_as_ref(host(doomed.store));
  wasm_func_set_host_info_with_finalizer(doomed.func, NULL, finalize);
  wasmote_wasi_config_t *config = wasmote_wasi_config_new();
  wasmote_wasi_config_stderr_callback(config, no_stream, NULL, finalize);
  CHECK(!wasmote_store_set_wasi(first, config) && doomed.calls == 0);
  wasm_store_delete(first);
  // Once for the stream, once for the function.
  CHECK(doomed.calls == 2 && !doomed.store);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  during_instantiation(engine);
  during_linking(engine);
  by_changing_host_info(engine);
  by_failing(engine);
  during_a_collection(engine);
  in_a_row(engine);
  wasm_engine_delete(engine);
  return 0;
}

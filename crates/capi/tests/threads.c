// Threads: shared modules, linkers without items of a store, interruption, and stores that move.
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <time.h>

enum { THREADS = 4, CALLS = 50 };

static const char MODULE[] =
  "(module (import \"host\" \"add\" (func $add (param i32) (result i32))) (memory (export \"memory\") 1)"
  "  (func (export \"f\") (param i32) (result i32)"
  "    (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (call $add (local.get 0))))"
  "    (i32.load (i32.const 8)))"
  "  (func (export \"spin\") (loop (br 0))))";

typedef struct {
  wasm_engine_t *engine;
  const wasm_shared_module_t *module;
  const wasmote_linker_t *linker;
  int by_linker;
} work_t;

static wasm_trap_t *add(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = args->data[0].of.i32 + *(int *)env;
  return NULL;
}

static wasm_trap_t *add_of_linker(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  wasm_extern_t *memory = wasmote_caller_export(caller, "memory", 6);
  CHECK(memory && wasm_extern_kind(memory) == WASM_EXTERN_MEMORY);
  wasm_extern_delete(memory);
  return add(env, args, results);
}

static int one = 1;

static wasm_functype_t *i_i(void) {
  return wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
}

// An instance of the shared module in a store.
static wasm_instance_t *instance_in(wasm_store_t *store, const work_t *work) {
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  if (work->by_linker) {
    CHECK(!wasmote_linker_instantiate(work->linker, store, work->module, &instance, &trap));
  } else {
    wasm_module_t *module = wasm_module_obtain(store, work->module);
    CHECK(module);
    wasm_functype_t *type = i_i();
    wasm_func_t *func = wasm_func_new_with_env(store, type, add, &one, NULL);
    wasm_functype_delete(type);
    wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
    instance = wasm_instance_new(store, module, &imports, &trap);
    wasm_func_delete(func);
    wasm_module_delete(module);
  }
  CHECK(instance && !trap);
  return instance;
}

static void *use(void *env) {
  const work_t *work = env;
  for (int i = 0; i < CALLS; i++) {
    wasm_store_t *store = wasm_store_new(work->engine);
    wasm_instance_t *instance = instance_in(store, work);
    wasm_func_t *func = func_of(instance, "f");
    int32_t result;
    CHECK(!call_i_i(func, 5, &result) && result == 6 && !call_i_i(func, 1, &result) && result == 8);
    wasm_func_delete(func);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
  }
  return NULL;
}

static void shared_module(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = module_of(store, MODULE);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = i_i();
  CHECK(!wasmote_linker_define_func(linker, "host", 4, "add", 3, type, add_of_linker, &one, NULL));
  wasm_functype_delete(type);
  wasm_shared_module_t *shared = wasm_module_share(module), *again = wasm_module_share(module);
  CHECK(shared && again && shared != again);
  wasm_shared_module_delete(again);
  // The shared module outlives the one that it is of, and its store.
  wasm_module_delete(module);
  wasm_store_delete(store);
  work_t works[2] = {{engine, shared, linker, 0}, {engine, shared, linker, 1}};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, use, &works[i % 2]) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  wasmote_linker_delete(linker);
  wasm_shared_module_delete(shared);
  wasm_shared_module_delete(NULL);
}

// A store with its references moves to another thread, which deletes them all.
typedef struct {
  wasm_store_t *store;
  wasm_func_t *func;
  int finalized;
} moved_t;

static void finalize(void *env) {
  ((moved_t *)env)->finalized++;
}

static void *take_over(void *env) {
  moved_t *moved = env;
  int32_t result;
  CHECK(!call_i_i(moved->func, 41, &result) && result == 42);
  wasm_func_delete(moved->func);
  wasm_store_delete(moved->store);
  return NULL;
}

static void moved_store(wasm_engine_t *engine) {
  moved_t moved = {wasm_store_new(engine), NULL, 0};
  wasm_functype_t *type = i_i();
  moved.func = wasm_func_new_with_env(moved.store, type, add, &one, NULL);
  wasm_functype_delete(type);
  wasm_func_set_host_info_with_finalizer(moved.func, &moved, finalize);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, take_over, &moved) == 0 && pthread_join(thread, NULL) == 0);
  CHECK(moved.finalized == 1);
}

static void *interrupt(void *handle) {
  struct timespec pause = {0, 20 * 1000 * 1000};
  nanosleep(&pause, NULL);
  wasmote_interrupt_handle_interrupt(handle);
  return NULL;
}

static void interruption(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_interruption_set(config, true);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, "(module (func (export \"spin\") (loop (br 0))))");
  wasm_func_t *spin = func_of(instance, "spin");
  wasmote_interrupt_handle_t *handle = NULL;
  CHECK(!wasmote_interrupt_handle_new(store, &handle) && handle);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, interrupt, handle) == 0);
  wasm_trap_t *trap = wasm_func_call(spin, NULL, NULL);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_INTERRUPT);
  wasm_trap_delete(trap);
  CHECK(pthread_join(thread, NULL) == 0);
  wasm_func_delete(spin);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  // The handle may be used after its store.
  wasmote_interrupt_handle_interrupt(handle);
  wasmote_interrupt_handle_delete(handle);
  wasm_engine_delete(engine);
}

// Memories that threads share: in two stores, and each reference has the host information of its store.
static void shared_memory(wasm_engine_t *engine) {
  static int info;
  wasm_store_t *store = wasm_store_new(engine), *second = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, "(module (memory (export \"memory\") 1 2 shared))");
  wasm_memory_t *memory = wasm_extern_as_memory(export_of(instance, "memory"));
  CHECK(wasm_memory_grow(memory, 1) && !wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 2);
  wasm_memory_data(memory)[3] = 33;
  wasm_module_t *module = module_of(second,
    "(module (import \"\" \"\" (memory 1 2 shared)) (func (export \"f\") (param i32) (result i32) (i32.load8_u (local.get 0))))");
  wasm_extern_t *imported[] = {wasm_memory_as_extern(memory)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_instance_t *user = wasm_instance_new(second, module, &imports, NULL);
  CHECK(user);
  wasm_func_t *func = func_of(user, "f");
  int32_t result;
  CHECK(!call_i_i(func, 3, &result) && result == 33);
  wasm_func_delete(func);
  wasm_instance_delete(user);
  wasm_module_delete(module);
  wasm_memory_set_host_info(memory, &info);

  // The memory has no other owner than this reference. Another memory does not inherit what C said of it.
  wasm_memorytype_t *type = wasm_memory_type(memory);
  for (int i = 0; i < 8; i++) {
    wasm_memory_t *fresh = wasm_memory_new(store, type);
    CHECK(fresh && !wasm_memory_get_host_info(fresh) && !wasm_memory_same(fresh, memory));
    wasm_memory_set_host_info(fresh, &info);
    wasm_memory_delete(fresh);
  }
  wasm_memorytype_delete(type);
  CHECK(wasm_memory_get_host_info(memory) == &info);
  wasm_memory_delete(memory);
  wasm_instance_delete(instance);
  wasm_store_delete(second);
  wasm_store_delete(store);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  shared_module(engine);
  moved_store(engine);
  shared_memory(engine);
  wasm_engine_delete(engine);
  interruption();
  return 0;
}

// What wasmote.h adds: errors, text, fuel, limits, interruption, linkers and WASI.
#include "check.h"

static const char SPIN[] = "(module (func (export \"spin\") (loop (br 0))) (func (export \"f\") (param i32) (result i32) (local.get 0)))";

static void texts(wasm_engine_t *engine) {
  wasm_byte_vec_t binary;
  const char *wrong = "(module\n  (func (i32.nonsense)))";
  CHECK(failed(wasmote_wat2wasm(wrong, strlen(wrong), &binary), "2:"));
  wasm_shared_module_t *module = NULL;
  CHECK(failed(wasmote_module_new(engine, (const uint8_t *)"abcdefgh", 8, &module), "magic"));
  CHECK(failed(wasmote_module_deserialize(engine, (const uint8_t *)"abcdefgh", 8, &module), "image"));
  module = shared_of(engine, SPIN);
  wasm_byte_vec_t image;
  CHECK(!wasmote_module_serialize(module, &image));
  wasm_shared_module_t *loaded = NULL;
  CHECK(!wasmote_module_deserialize(engine, (const uint8_t *)image.data, image.size, &loaded) && loaded);
  CHECK(failed(wasmote_module_serialize(loaded, &binary), "already an image"));
  wasm_shared_module_delete(loaded);
  wasm_byte_vec_delete(&image);
  wasm_shared_module_delete(module);
}

static void fuel_and_interruption(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_consume_fuel_set(config, true);
  wasmote_config_interruption_set(config, true);
  wasmote_config_lazy_set(config, true);
  wasmote_config_max_stack_set(config, 1 << 16);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  CHECK(!wasmote_store_set_fuel(store, 1000));
  wasm_instance_t *instance = instance_of(store, SPIN);
  wasm_func_t *spin = func_of(instance, "spin"), *f = func_of(instance, "f");
  int32_t result;
  uint64_t left = 0;
  CHECK(!call_i_i(f, 3, &result) && result == 3 && !wasmote_store_get_fuel(store, &left) && left > 900 && left < 1000);
  wasm_trap_t *trap = wasm_func_call(spin, NULL, NULL);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_OUT_OF_FUEL);
  wasm_trap_delete(trap);
  CHECK(!wasmote_store_set_fuel(store, UINT64_MAX / 2));
  wasmote_interrupt_handle_t *handle = NULL;
  CHECK(!wasmote_interrupt_handle_new(store, &handle));
  wasmote_interrupt_handle_interrupt(handle);
  trap = wasm_func_call(spin, NULL, NULL);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_INTERRUPT);
  wasm_trap_delete(trap);
  wasm_func_delete(spin);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasmote_interrupt_handle_interrupt(handle);
  wasmote_interrupt_handle_delete(handle);
  wasm_engine_delete(engine);

  engine = wasm_engine_new();
  store = wasm_store_new(engine);
  CHECK(failed(wasmote_store_set_fuel(store, 1), "") && failed(wasmote_store_get_fuel(store, &left), ""));
  CHECK(failed(wasmote_interrupt_handle_new(store, &handle), ""));
  wasmote_limits_t limits = {65536, 10, -1, -1, -1, 1, false};
  CHECK(!wasmote_store_limit(store, &limits));
  wasm_limits_t two = {1, 2};
  wasm_memorytype_t *type = wasm_memorytype_new(&two);
  wasm_memory_t *memory = wasm_memory_new(store, type);
  CHECK(memory && !wasm_memory_grow(memory, 1));
  wasm_memory_delete(memory);
  wasm_memorytype_delete(type);
  wasm_instance_delete(instance_of(store, "(module)"));
  wasm_module_t *module = module_of(store, "(module)");
  CHECK(!wasm_instance_new(store, module, NULL, NULL));
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static int finalized;

static void finalize(void *env) {
  (void)env;
  finalized++;
}

// Adds what the guest has in its memory at the argument.
static wasm_trap_t *load(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  wasm_extern_t *item = wasmote_caller_export(caller, "memory", 6);
  CHECK(item && !wasmote_caller_export(caller, "nothing", 7));
  wasm_memory_t *memory = wasm_extern_as_memory(item);
  CHECK(memory && (size_t)args->data[0].of.i32 < wasm_memory_data_size(memory));
  results->data[0].of.i32 = wasm_memory_data(memory)[args->data[0].of.i32] + *(int *)env;
  wasm_memory_delete(memory);
  wasm_store_t *store = wasmote_caller_store(caller);
  // Code runs in the store.
  wasmote_limits_t limits = {-1, -1, -1, -1, -1, -1, false};
  CHECK(failed(wasmote_store_limit(store, &limits), "in use"));
  wasm_store_delete(store);
  return NULL;
}

static void linkers(wasm_engine_t *engine) {
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  static const wasm_valkind_t I32[] = {WASM_I32};
  wasm_functype_t *type = functype(1, I32, 1, I32);
  int base = 1000;
  CHECK(!wasmote_linker_define_func(linker, "env", 3, "load", 4, type, load, &base, finalize));
  CHECK(failed(wasmote_linker_define_func(linker, "env", 3, "load", 4, type, load, &base, finalize), "load"));
  CHECK(finalized == 1);
  CHECK(failed(wasmote_linker_define_func(linker, "\xff", 1, "x", 1, type, load, &base, NULL), "utf-8"));
  wasm_functype_delete(type);
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"env\" \"load\" (func $load (param i32) (result i32))) (memory (export \"memory\") 1)"
    "  (data (i32.const 7) \"\\2a\") (func (export \"f\") (param i32) (result i32) (call $load (local.get 0))))");
  // Each store has the host function.
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  for (int i = 0; i < 2; i++) {
    wasm_store_t *store = wasm_store_new(engine);
    CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap) && instance && !trap);
    wasm_func_t *f = func_of(instance, "f");
    int32_t result;
    CHECK(!call_i_i(f, 7, &result) && result == 1042);
    CHECK(!wasmote_instance_export(instance, "nothing", 7));
    wasm_func_delete(f);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
  }

  // Imports that are missing are an error; code that stops is a trap.
  wasm_store_t *store = wasm_store_new(engine), *another = wasm_store_new(engine);
  wasm_shared_module_t *needs = shared_of(engine, "(module (import \"lib\" \"f\" (func (param i32) (result i32))) (import \"x\" \"y\" (func)))");
  CHECK(failed(wasmote_linker_instantiate(linker, store, needs, &instance, &trap), "lib") && !instance && !trap);
  CHECK(!wasmote_linker_define_unknown_imports_as_traps(linker, needs));
  CHECK(!wasmote_linker_instantiate(linker, store, needs, &instance, &trap) && instance);
  wasm_instance_delete(instance);
  wasm_shared_module_t *stops = shared_of(engine, "(module (func $f unreachable) (start $f))");
  CHECK(!wasmote_linker_instantiate(linker, store, stops, &instance, &trap) && !instance);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_UNREACHABLE_CODE_REACHED);
  wasm_trap_delete(trap);

  // Items tie a linker to their store.
  wasm_instance_t *lib = instance_of(store, "(module (func (export \"f\") (param i32) (result i32) (local.get 0)))");
  CHECK(failed(wasmote_linker_define_instance(linker, "lib", 3, lib), "lib"));
  wasmote_linker_allow_shadowing(linker, true);
  CHECK(!wasmote_linker_define_instance(linker, "lib", 3, lib));
  wasm_extern_t *item = export_of(lib, "f");
  CHECK(!wasmote_linker_define(linker, "lib", 3, "g", 1, item));
  CHECK(!wasmote_linker_instantiate(linker, store, needs, &instance, &trap) && instance);
  wasm_instance_delete(instance);
  CHECK(failed(wasmote_linker_instantiate(linker, another, needs, &instance, &trap), "another store") && !instance);
  wasm_extern_delete(item);
  wasm_instance_delete(lib);
  wasm_store_delete(another);
  wasm_store_delete(store);
  wasm_shared_module_delete(needs);
  wasm_shared_module_delete(stops);
  wasm_shared_module_delete(module);
  CHECK(finalized == 1);
  wasmote_linker_delete(linker);
  CHECK(finalized == 2);
}

typedef struct {
  char bytes[100];
  size_t size;
  wasm_func_t *func;
} sink_t;

static intptr_t collect(void *env, const char *bytes, size_t size) {
  sink_t *sink = env;
  CHECK(sink->size + size <= sizeof sink->bytes);
  memcpy(sink->bytes + sink->size, bytes, size);
  sink->size += size;
  // A stream must not use the store.
  CHECK(trapped(wasm_func_call(sink->func, NULL, NULL), "the store is in use"));
  return (intptr_t)size;
}

static void wasi(wasm_engine_t *engine) {
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  CHECK(!wasmote_linker_define_wasi(linker));
  // Copies standard input to standard output, then exits with the length of the arguments.
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"args_sizes_get\" (func $args (param i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    "  (memory (export \"memory\") 1) (data (i32.const 0) \"\\40\\00\\00\\00\\20\\00\\00\\00\")"
    "  (func (export \"_start\")"
    "    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))"
    "    (i32.store (i32.const 4) (i32.load (i32.const 16)))"
    "    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))"
    "    (drop (call $args (i32.const 20) (i32.const 24)))"
    "    (call $exit (i32.load (i32.const 24)))))");
  wasm_store_t *store = wasm_store_new(engine);
  sink_t sink = {{0}, 0, NULL};
  wasmote_wasi_config_t *config = wasmote_wasi_config_new();
  wasmote_wasi_config_arg(config, "program");
  wasmote_wasi_config_env(config, "A=B");
  wasmote_wasi_config_stdin_bytes(config, "hello", 5);
  finalized = 0;
  wasmote_wasi_config_stdout_callback(config, collect, &sink, finalize);
  wasmote_wasi_config_deterministic(config);
  CHECK(failed(wasmote_wasi_config_preopen_dir(config, "/nothing-is-here", "/", true), "directory"));
  CHECK(!wasmote_wasi_config_preopen_dir(config, "/", "/", true));
  CHECK(!wasmote_store_set_wasi(store, config));
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap) && instance);
  sink.func = func_of(instance, "_start");
  trap = wasm_func_call(sink.func, NULL, NULL);
  int32_t status = 0;
  CHECK(trap && wasmote_trap_exit_status(trap, &status) && status == 8 && wasmote_trap_code(trap) == 0);
  wasm_trap_delete(trap);
  CHECK(sink.size == 5 && memcmp(sink.bytes, "hello", 5) == 0);
  // A store without a state of WASI shows nothing.
  wasm_store_t *bare = wasm_store_new(engine);
  wasm_instance_t *blind = NULL;
  CHECK(!wasmote_linker_instantiate(linker, bare, module, &blind, &trap) && blind);
  wasm_func_t *start = func_of(blind, "_start");
  trap = wasm_func_call(start, NULL, NULL);
  CHECK(trap && wasmote_trap_exit_status(trap, &status) && status == 0);
  wasm_trap_delete(trap);
  wasm_func_delete(start);
  wasm_instance_delete(blind);
  wasm_store_delete(bare);
  CHECK(finalized == 0);
  wasm_func_delete(sink.func);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  CHECK(finalized == 1);
  wasmote_wasi_config_delete(wasmote_wasi_config_new());
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  texts(engine);
  fuel_and_interruption();
  linkers(engine);
  wasi(engine);
  wasm_engine_delete(engine);
  return 0;
}

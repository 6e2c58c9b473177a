// The settings of an engine, and sizes at the ends of their ranges.
#include "check.h"

static wasm_trap_t *again(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  wasm_func_t *func = *(wasm_func_t **)env;
  int32_t result = 0;
  wasm_trap_t *trap = call_i_i(func, args->data[0].of.i32 + 1, &result);
  if (!trap) {
    results->data[0].kind = WASM_I32;
    results->data[0].of.i32 = result;
  }
  return trap;
}

// How deep the host and wasm can call each other, with so many bytes of the native stack.
static int32_t depth(size_t native_stack) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_max_native_stack_set(config, native_stack);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t *func = NULL, *host = wasm_func_new_with_env(store, type, again, &func, NULL);
  wasm_functype_delete(type);
  wasm_module_t *module = module_of(store,
    "(module (import \"\" \"\" (func (param i32) (result i32))) (global (export \"depth\") (mut i32) (i32.const 0))"
    "  (func (export \"f\") (param i32) (result i32) (global.set 0 (local.get 0)) (call 0 (local.get 0))))");
  wasm_extern_t *imported[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
  func = func_of(instance, "f");
  int32_t result;
  wasm_trap_t *trap = call_i_i(func, 0, &result);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_STACK_OVERFLOW || wasmote_trap_code(trap) == 0);
  CHECK(trapped(trap, ""));
  wasm_global_t *global = wasm_extern_as_global(export_of(instance, "depth"));
  wasm_val_t value;
  wasm_global_get(global, &value);
  wasm_global_delete(global);
  wasm_func_delete(func);
  wasm_func_delete(host);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return value.of.i32;
}

static void native_stack(void) {
  int32_t little = depth(200 << 10), more = depth(500 << 10);
  CHECK(little > 0 && more > little + little / 2);
}

// A trap of a load beyond the memory, with and without frames, with guard pages and with bounds checks.
static void traps(void) {
  for (int set = 0; set < 4; set++) {
    wasm_config_t *config = wasm_config_new();
    wasmote_config_backtrace_set(config, set & 1);
    wasmote_config_guard_pages_set(config, (set & 2) != 0);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasm_store_t *store = wasm_store_new(engine);
    wasm_instance_t *instance = instance_of(store,
      "(module (memory 1) (func (export \"f\") (param i32) (result i32) (i32.load offset=4 (local.get 0))))");
    wasm_func_t *func = func_of(instance, "f");
    int32_t result;
    CHECK(!call_i_i(func, 65528, &result) && result == 0);
    for (int32_t at = 65529; at != 0; at = at == -1 ? 0 : -1) {
      wasm_trap_t *trap = call_i_i(func, at, &result);
      CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_MEMORY_OUT_OF_BOUNDS);
      wasm_frame_vec_t frames;
      wasm_trap_trace(trap, &frames);
      CHECK(frames.size == (set & 1));
      wasm_frame_vec_delete(&frames);
      wasm_frame_t *origin = wasm_trap_origin(trap);
      CHECK(!origin == !(set & 1));
      if (origin) wasm_frame_delete(origin);
      wasm_frame_delete(NULL);
      CHECK(trapped(trap, "out of bounds memory access"));
    }
    wasm_func_delete(func);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
  }
}

// The bits of NaNs are the same on all machines.
static void deterministic(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_deterministic_set(config, true);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store,
    "(module (func (export \"f\") (param i32) (result i32)"
    "  (i32.reinterpret_f32 (f32.add (f32.reinterpret_i32 (local.get 0)) (f32.const 1)))))");
  wasm_func_t *func = func_of(instance, "f");
  int32_t result;
  CHECK(!call_i_i(func, (int32_t)0xffa00001, &result) && result == 0x7fc00000);
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

// Makes a memory and a table with this minimum, and says whether both are there, none (0), or the table alone (2).
static int made(wasm_store_t *store, uint32_t minimum, uint32_t maximum) {
  wasm_limits_t limits = {minimum, maximum};
  wasm_memorytype_t *memorytype = wasm_memorytype_new(&limits);
  wasm_tabletype_t *tabletype = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  CHECK(wasm_memorytype_limits(memorytype)->min == minimum && wasm_tabletype_limits(tabletype)->max == maximum);
  wasm_memory_t *memory = wasm_memory_new(store, memorytype);
  wasm_table_t *table = wasm_table_new(store, tabletype, NULL);
  CHECK(!memory || wasm_memory_size(memory) == minimum);
  CHECK(!table || wasm_table_size(table) == minimum);
  if (memory) {
    CHECK(!wasm_memory_grow(memory, UINT32_MAX) && !wasm_memory_grow(memory, 65537) && wasm_memory_grow(memory, 0));
    CHECK(wasm_memory_size(memory) == minimum);
  }
  if (table) {
    CHECK(!wasm_table_grow(table, UINT32_MAX, NULL) && !wasm_table_set(table, minimum, NULL) && wasm_table_grow(table, 0, NULL));
    CHECK(!wasm_table_get(table, UINT32_MAX) && !wasm_table_set(table, UINT32_MAX, NULL) && wasm_table_size(table) == minimum);
  }
  int result = (memory != NULL) + 2 * (table != NULL);
  wasm_memory_delete(memory);
  wasm_table_delete(table);
  wasm_memorytype_delete(memorytype);
  wasm_tabletype_delete(tabletype);
  return result;
}

static void sizes(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  CHECK(made(store, 0, 0) == 3 && made(store, 0, wasm_limits_max_default) == 3 && made(store, 1, 1) == 3);
  CHECK(made(store, 2, 1) == 0 && made(store, 65537, wasm_limits_max_default) == 2);
  CHECK(made(store, UINT32_MAX, wasm_limits_max_default) == 0 && made(store, UINT32_MAX - 1, UINT32_MAX - 1) == 0);
  wasm_store_delete(store);
}

static void largest_memory(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_max_memory_set(config, 2 * MEMORY_PAGE_SIZE);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_limits_t limits = {2, 5};
  wasm_memorytype_t *type = wasm_memorytype_new(&limits);
  wasm_memory_t *memory = wasm_memory_new(store, type);
  CHECK(memory && !wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 2);
  wasm_memory_delete(memory);
  wasm_memorytype_delete(type);
  limits.min = 3;
  type = wasm_memorytype_new(&limits);
  CHECK(!wasm_memory_new(store, type));
  wasm_memorytype_delete(type);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

// The ends of the ranges of what an engine can be told.
static void extremes(wasm_engine_t *engine) {
  static const size_t bytes[] = {0, 1, (size_t)1 << (sizeof(size_t) * 8 - 2), SIZE_MAX};
  for (int i = 0; i < 4; i++) {
    wasm_config_t *config = wasm_config_new();
    wasmote_config_max_stack_set(config, bytes[i]);
    wasmote_config_max_native_stack_set(config, bytes[i]);
    wasmote_config_max_memory_set(config, bytes[i]);
    wasm_engine_t *extreme = wasm_engine_new_with_config(config);
    CHECK(extreme);
    wasm_store_t *store = wasm_store_new(extreme);
    if (store) {
      wasm_instance_t *instance = instance_of(store, "(module (func (export \"f\") (param i32) (result i32) (local.get 0)))");
      wasm_func_t *func = func_of(instance, "f");
      int32_t result;
      wasm_trap_t *trap = call_i_i(func, 3, &result);
      // There may be too little memory for the largest stack.
      CHECK(trap || result == 3);
      if (trap && wasmote_trap_code(trap) == 0) {
        CHECK(trapped(trap, "out of memory"));
      } else if (trap) {
        CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_STACK_OVERFLOW && trapped(trap, ""));
      }
      wasm_func_delete(func);
      wasm_instance_delete(instance);
    }
    wasm_store_delete(store);
    wasm_engine_delete(extreme);
  }
  wasm_store_t *store = wasm_store_new(engine);
  // Neither takes fuel nor can be interrupted.
  uint64_t fuel = 5;
  wasmote_interrupt_handle_t *handle = NULL;
  CHECK(failed(wasmote_store_set_fuel(store, 1), "fuel") && failed(wasmote_store_get_fuel(store, &fuel), "fuel") && fuel == 5);
  CHECK(failed(wasmote_interrupt_handle_new(store, &handle), "interrupt") && !handle);
  wasmote_interrupt_handle_delete(NULL);
  wasmote_error_delete(NULL);
  wasm_store_delete(store);
  wasm_store_delete(NULL);
}

int main(void) {
  native_stack();
  traps();
  deterministic();
  largest_memory();
  wasm_engine_t *engine = wasm_engine_new();
  sizes(engine);
  extremes(engine);
  wasm_engine_delete(engine);
  return 0;
}

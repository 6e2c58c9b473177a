// Values in arrays: calls in both directions, vectors, and globals.
#include "check.h"

static wasmote_val_t i32(int32_t value) {
  wasmote_val_t val;
  val.kind = WASM_I32;
  val.of.i32 = value;
  return val;
}

static wasmote_val_t v128(uint8_t first) {
  wasmote_val_t val;
  val.kind = WASMOTE_V128;
  for (int i = 0; i < 16; i++) val.of.v128[i] = (uint8_t)(first + i);
  return val;
}

static wasmote_val_t ref(wasm_ref_t *reference) {
  wasmote_val_t val;
  val.kind = WASM_EXTERNREF;
  val.of.ref = reference;
  return val;
}

static int finalized;

static void finalize(void *env) {
  ++*(int *)env;
}

// Returns (v, n) as (v with each byte + n, n + 1).
static wasm_trap_t *add(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                        wasmote_val_t *results, size_t results_size) {
  CHECK(env == &finalized && caller && args_size == 2 && results_size == 2);
  CHECK(args[0].kind == WASMOTE_V128 && args[1].kind == WASM_I32);
  CHECK(results[0].kind == WASMOTE_V128 && results[0].of.v128[7] == 0 && results[1].of.i32 == 0);
  if (args[1].of.i32 == 100) {
    wasm_store_t *store = wasmote_caller_store(caller);
    wasm_name_t message = {8, (char[]){'h', 'u', 'n', 'd', 'r', 'e', 'd', 0}};
    wasm_trap_t *trap = wasm_trap_new(store, &message);
    wasm_store_delete(store);
    return trap;
  }
  if (args[1].of.i32 == 101) {
    results[0] = i32(1);
    return NULL;
  }
  for (int i = 0; i < 16; i++) results[0].of.v128[i] = (uint8_t)(args[0].of.v128[i] + args[1].of.i32);
  results[1].of.i32 = args[1].of.i32 + 1;
  return NULL;
}

static const wasm_valkind_t V_I[] = {WASMOTE_V128, WASM_I32};

static void both_directions(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = functype(2, V_I, 2, V_I);
  finalized = 0;
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "add", 3, type, add, &finalized, finalize));
  CHECK(failed(wasmote_linker_define_func_unboxed(linker, "host", 4, "add", 3, type, add, &finalized, finalize), "add"));
  CHECK(finalized == 1);
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"host\" \"add\" (func $add (param v128 i32) (result v128 i32)))"
    "  (func (export \"twice\") (param v128 i32) (result v128 i32)"
    "    (call $add (call $add (local.get 0) (local.get 1))))"
    "  (func (export \"five\") (param i32 i64 f32 f64 externref) (result externref f64 f32 i64 i32)"
    "    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))");
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap) && instance);
  wasm_func_t *twice = func_of(instance, "twice");
  wasmote_val_t args[2] = {v128(200), i32(10)}, results[2];
  CHECK(!wasmote_func_call_unboxed(twice, args, 2, results, 2, &trap) && !trap);
  CHECK(results[0].kind == WASMOTE_V128 && results[1].of.i32 == 12);
  for (int i = 0; i < 16; i++) CHECK(results[0].of.v128[i] == (uint8_t)(200 + i + 21));

  // Arguments and results in one array.
  wasmote_val_t both[2] = {v128(0), i32(1)};
  CHECK(!wasmote_func_call_unboxed(twice, both, 2, both, 2, &trap) && !trap);
  CHECK(both[0].of.v128[0] == 3 && both[0].of.v128[15] == 18 && both[1].of.i32 == 3);

  // The function itself, as an item of a store.
  wasm_func_t *func = wasmote_func_new_unboxed(store, type, add, &finalized, finalize);
  CHECK(!wasmote_func_call_unboxed(func, args, 2, results, 2, &trap) && !trap && results[0].of.v128[15] == 225);
  args[1] = i32(100);
  CHECK(!wasmote_func_call_unboxed(func, args, 2, results, 2, &trap) && trapped(trap, "hundred"));
  args[1] = i32(101);
  CHECK(!wasmote_func_call_unboxed(func, args, 2, results, 2, &trap));
  CHECK(trapped(trap, "a host function returned values of other types"));
  args[1] = i32(99);
  CHECK(!wasmote_func_call_unboxed(twice, args, 2, results, 2, &trap));
  CHECK(wasmote_trap_code(trap) == 0 && trapped(trap, "hundred"));

  // What does not fit is an error, and leaves the results alone.
  results[1] = i32(77);
  CHECK(failed(wasmote_func_call_unboxed(func, args, 1, results, 2, &trap), "the number of arguments") && !trap);
  CHECK(failed(wasmote_func_call_unboxed(func, args, 2, results, 1, &trap), "the number of results"));
  CHECK(failed(wasmote_func_call_unboxed(func, args, 2, NULL, 2, &trap), "the number of results"));
  args[0] = i32(1);
  CHECK(failed(wasmote_func_call_unboxed(func, args, 2, results, 2, &trap), "another type") && results[1].of.i32 == 77);

  // The five kinds, and a reference, which the caller gets a share in.
  wasm_func_t *five = func_of(instance, "five");
  wasm_ref_t *foreign = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasmote_val_t all[5] = {i32(-1), i32(0), i32(0), i32(0), ref(foreign)}, back[5];
  all[1].kind = WASM_I64, all[1].of.i64 = INT64_MIN;
  all[2].kind = WASM_F32, all[2].of.f32 = 1.5f;
  all[3].kind = WASM_F64, all[3].of.f64 = -2.5;
  CHECK(!wasmote_func_call_unboxed(five, all, 5, back, 5, &trap) && !trap);
  CHECK(back[0].kind == WASM_EXTERNREF && wasm_ref_same(back[0].of.ref, foreign));
  CHECK(back[1].of.f64 == -2.5 && back[2].of.f32 == 1.5f && back[3].of.i64 == INT64_MIN && back[4].of.i32 == -1);
  wasmote_val_t copy;
  wasmote_val_copy(&copy, &back[0]);
  wasmote_val_delete(&back[0]);
  CHECK(!back[0].of.ref && wasm_ref_same(copy.of.ref, foreign));
  wasmote_val_delete(&copy);
  wasmote_val_delete(&back[1]);
  wasmote_val_delete(NULL);
  all[4] = ref(NULL);
  CHECK(!wasmote_func_call_unboxed(five, all, 5, back, 5, &trap) && !trap && !back[0].of.ref);
  // Of another store.
  wasm_store_t *another = wasm_store_new(engine);
  wasm_ref_t *stranger = wasm_foreign_as_ref(wasm_foreign_new(another));
  all[4] = ref(stranger);
  CHECK(failed(wasmote_func_call_unboxed(five, all, 5, back, 5, &trap), "another type or store"));
  wasm_ref_delete(stranger);
  wasm_store_delete(another);

  wasm_ref_delete(foreign);
  wasm_func_delete(five);
  wasm_func_delete(func);
  wasm_func_delete(twice);
  wasm_instance_delete(instance);
  wasmote_linker_delete(linker);
  wasm_shared_module_delete(module);
  CHECK(finalized == 1);
  wasm_store_delete(store);
  CHECK(finalized == 3);
  wasm_functype_delete(type);
}

// Returns how many arguments it got, in each of its results.
static wasm_trap_t *count(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                          wasmote_val_t *results, size_t results_size) {
  (void)env, (void)caller;
  for (size_t i = 0; i < args_size; i++) CHECK(args[i].of.i32 == (int32_t)i);
  for (size_t i = 0; i < results_size; i++) results[i].of.i32 = (int32_t)args_size;
  return NULL;
}

// More values than there is room for without an allocation; and types that no function can have.
static void many(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  static wasm_valkind_t kinds[1001];
  static wasmote_val_t args[1000], results[1000];
  for (int i = 0; i < 1000; i++) args[i] = i32(i);
  size_t sizes[] = {0, 8, 9, 16, 17, 1000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    wasm_functype_t *type = functype(sizes[i], kinds, sizes[i], kinds);
    wasm_func_t *func = wasmote_func_new_unboxed(store, type, count, NULL, NULL);
    wasm_trap_t *trap = NULL;
    CHECK(!wasmote_func_call_unboxed(func, sizes[i] ? args : NULL, sizes[i], results, sizes[i], &trap) && !trap);
    for (size_t k = 0; k < sizes[i]; k++) CHECK(results[k].of.i32 == (int32_t)sizes[i]);
    wasm_func_delete(func);
    wasm_functype_delete(type);
  }
  wasm_functype_t *type = functype(1001, kinds, 0, kinds);
  finalized = 0;
  CHECK(!wasmote_func_new_unboxed(store, type, count, &finalized, finalize) && finalized == 1);
  wasm_functype_delete(type);
  wasm_store_delete(store);
}

static wasm_globaltype_t *global_of(wasm_valkind_t kind, wasm_mutability_t mutability) {
  return wasm_globaltype_new(wasm_valtype_new(kind), mutability);
}

static void globals(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  wasm_globaltype_t *variable = global_of(WASMOTE_V128, WASM_VAR), *constant = global_of(WASM_I32, WASM_CONST);
  wasm_global_t *global = NULL, *fixed = NULL;
  wasmote_val_t value = v128(3), read, number = i32(4);
  CHECK(failed(wasmote_global_new(store, variable, &number, &global), "another type") && !global);
  CHECK(!wasmote_global_new(store, variable, &value, &global) && !wasmote_global_new(store, constant, &number, &fixed));
  CHECK(!wasmote_global_get(global, &read) && read.kind == WASMOTE_V128 && read.of.v128[15] == 18);
  value = v128(50);
  CHECK(!wasmote_global_set(global, &value) && !wasmote_global_get(global, &read) && read.of.v128[0] == 50);
  CHECK(failed(wasmote_global_set(global, &number), "another type"));
  CHECK(failed(wasmote_global_set(fixed, &number), "") && !wasmote_global_get(fixed, &read) && read.of.i32 == 4);
  wasm_global_delete(global);
  wasm_global_delete(fixed);
  wasm_globaltype_delete(variable);
  wasm_globaltype_delete(constant);
  wasm_store_delete(store);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  both_directions(engine);
  many(engine);
  globals(engine);
  wasm_engine_delete(engine);
  return 0;
}

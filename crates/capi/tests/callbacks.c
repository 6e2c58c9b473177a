// What host functions get and give: values of all kinds, traps, other kinds of references, and calls back into the library.
#include "check.h"

static wasm_store_t *store, *stranger;

// A host function that returns all kinds of values, after it used the store.
static wasm_trap_t *all_kinds(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  wasm_func_t *func = *(wasm_func_t **)env;
  CHECK(args->size == 6 && results->size == 6);
  static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF};
  for (int i = 0; i < 6; i++) {
    // Zeros and nulls, of the right kinds.
    CHECK(args->data[i].kind == kinds[i] && results->data[i].kind == kinds[i] && results->data[i].of.i64 == 0);
  }
  CHECK(args->data[0].of.i32 == -1 && args->data[1].of.i64 == INT64_MIN && args->data[2].of.f32 == 1.5f && args->data[3].of.f64 == -0.5);
  CHECK(wasm_ref_as_foreign(args->data[4].of.ref) && wasm_ref_same(args->data[5].of.ref, wasm_func_as_ref(func)));
  for (int i = 0; i < 6; i++) wasm_val_copy(&results->data[i], &args->data[i]);
  results->data[0].of.i32 = 77;
  // A reference that is not returned after all.
  wasm_val_delete(&results->data[5]);
  return NULL;
}

static void values(void) {
  wasm_valtype_vec_t params, results;
  wasm_valtype_t *types[6] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(), wasm_valtype_new_f64(),
    wasm_valtype_new_externref(), wasm_valtype_new_funcref()};
  wasm_valtype_vec_new(&params, 6, types);
  wasm_valtype_vec_copy(&results, &params);
  wasm_functype_t *type = wasm_functype_new(&params, &results);
  wasm_func_t *func = NULL;
  func = wasm_func_new_with_env(store, type, all_kinds, &func, NULL);
  CHECK(wasm_func_param_arity(func) == 6 && wasm_func_result_arity(func) == 6);
  wasm_functype_t *same = wasm_func_type(func);
  CHECK(same != type && wasm_functype_params(same)->size == 6);
  CHECK(wasm_valtype_kind(wasm_functype_results(same)->data[5]) == WASM_FUNCREF);
  wasm_functype_delete(same);
  wasm_functype_delete(type);
  wasm_foreign_t *foreign = wasm_foreign_new(store);
  wasm_val_t as[6] = {WASM_I32_VAL(-1), WASM_I64_VAL(INT64_MIN), WASM_F32_VAL(1.5f), WASM_F64_VAL(-0.5),
    WASM_REF_VAL(wasm_foreign_as_ref(foreign)), {.kind = WASM_FUNCREF, .of = {.ref = wasm_func_as_ref(func)}}};
  wasm_val_t rs[6];
  wasm_val_vec_t args = WASM_ARRAY_VEC(as), got = WASM_ARRAY_VEC(rs);
  CHECK(!wasm_func_call(func, &args, &got));
  CHECK(rs[0].of.i32 == 77 && rs[1].of.i64 == INT64_MIN && rs[2].of.f32 == 1.5f && rs[3].of.f64 == -0.5);
  CHECK(rs[4].of.ref != as[4].of.ref && wasm_ref_same(rs[4].of.ref, as[4].of.ref) && !rs[5].of.ref);
  wasm_val_delete(&rs[4]);
  wasm_foreign_delete(foreign);
  wasm_func_delete(func);
}

// Host functions that do what they must not, by number.
enum { OTHER_KIND, OTHER_STORE, NO_TRAP, TRAP_WITH_RESULTS, EMPTY_MESSAGE, NO_FUNCTION, WRONG_REFERENCE, WRONGS };

static const char *const MESSAGES[WRONGS] = {"a host function returned values of other types", "a host function returned values of other types",
  "a host function returned another reference than a trap", "trap", "", "a host function returned values of other types",
  "a host function returned values of other types"};

static int finalized;

static void finalize(void *env) {
  finalized += env != NULL;
}

static wasm_ref_t *counted(wasm_store_t *owner) {
  wasm_foreign_t *foreign = wasm_foreign_new(owner);
  wasm_foreign_set_host_info_with_finalizer(foreign, &finalized, finalize);
  return wasm_foreign_as_ref(foreign);
}

static wasm_trap_t *wrong(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)env;
  wasm_message_t message = {5, (char[]){'t', 'r', 'a', 'p', 0}}, empty = WASM_EMPTY_VEC;
  switch (args->data[0].of.i32) {
    case OTHER_KIND: results->data[0].kind = WASM_I64; return NULL;
    case OTHER_STORE: results->data[0].of.ref = counted(stranger); return NULL;
    // What is no trap is deleted all the same.
    case NO_TRAP: return (wasm_trap_t *)counted(store);
    case TRAP_WITH_RESULTS: results->data[0].of.ref = counted(store); return wasm_trap_new(store, &message);
    case EMPTY_MESSAGE: return wasm_trap_new(store, &empty);
    case NO_FUNCTION: results->data[0].kind = WASM_FUNCREF; results->data[0].of.ref = wasm_module_as_ref(module_of(store, "(module)")); return NULL;
    default: results->data[0].of.ref = wasm_instance_as_ref(instance_of(store, "(module)")); return NULL;
  }
}

static void wrongs(wasm_engine_t *engine) {
  for (int from_wasm = 0; from_wasm < 2; from_wasm++) {
    store = wasm_store_new(engine);
    stranger = wasm_store_new(engine);
    finalized = 0;
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_externref());
    wasm_func_t *func = wasm_func_new_with_env(store, type, wrong, NULL, finalize);
    wasm_functype_delete(type);
    if (from_wasm) {
      wasm_module_t *module = module_of(store,
        "(module (import \"\" \"\" (func (param i32) (result externref))) (func (export \"f\") (param i32) (result externref)"
        "  (call 0 (local.get 0))))");
      wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
      wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
      wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
      wasm_func_delete(func);
      func = func_of(instance, "f");
      wasm_instance_delete(instance);
      wasm_module_delete(module);
    }
    for (int how = 0; how < WRONGS; how++) {
      wasm_val_t as[1] = {WASM_I32_VAL(how)}, rs[1] = {WASM_F32_VAL(2)};
      wasm_val_vec_t args = WASM_ARRAY_VEC(as), results = WASM_ARRAY_VEC(rs);
      wasm_trap_t *trap = wasm_func_call(func, &args, &results);
      // The results are as before.
      CHECK(trap && rs[0].kind == WASM_F32 && rs[0].of.f32 == 2 && wasmote_trap_code(trap) == 0);
      wasm_frame_t *origin = wasm_trap_origin(trap);
      CHECK(!origin == !from_wasm);
      if (origin) wasm_frame_delete(origin);
      CHECK(trapped(trap, MESSAGES[how]));
    }
    wasm_func_delete(func);
    wasm_store_delete(store);
    CHECK(finalized == 2);
    wasm_store_delete(stranger);
    CHECK(finalized == 3);
  }
}

// Other functions than those for functions, memories and so on, on references that are something else.
static void wrong_kinds(void) {
  wasm_instance_t *instance = instance_of(store, "(module (func (export \"f\")) (memory (export \"m\") 1))");
  wasm_extern_t *func = export_of(instance, "f"), *memory = export_of(instance, "m");
  wasm_memory_t *no_memory = (wasm_memory_t *)func;
  wasm_func_t *no_func = (wasm_func_t *)memory;
  wasm_table_t *no_table = (wasm_table_t *)func;
  wasm_global_t *no_global = (wasm_global_t *)func;
  wasm_trap_t *no_trap = (wasm_trap_t *)func;
  CHECK(!wasm_memory_data(no_memory) && wasm_memory_data_size(no_memory) == 0 && wasm_memory_size(no_memory) == 0);
  CHECK(!wasm_memory_grow(no_memory, 0) && !wasm_memory_type(no_memory));
  CHECK(!wasm_func_type(no_func) && wasm_func_param_arity(no_func) == 0 && wasm_func_result_arity(no_func) == 0);
  CHECK(trapped(wasm_func_call(no_func, NULL, NULL), "this is no function"));
  CHECK(!wasm_table_get(no_table, 0) && !wasm_table_set(no_table, 0, NULL) && wasm_table_size(no_table) == 0);
  CHECK(!wasm_table_grow(no_table, 0, NULL) && !wasm_table_type(no_table));
  wasm_val_t value = WASM_F64_VAL(1);
  wasm_global_set(no_global, &value);
  wasm_global_get(no_global, &value);
  CHECK(value.kind == WASM_I32 && value.of.i32 == 0 && !wasm_global_type(no_global));
  wasm_message_t message;
  wasm_trap_message(no_trap, &message);
  wasm_frame_vec_t frames;
  wasm_trap_trace(no_trap, &frames);
  CHECK(message.size == 0 && frames.size == 0 && !wasm_trap_origin(no_trap) && wasmote_trap_code(no_trap) == 0);
  CHECK(!wasmote_trap_exit_status(no_trap, NULL));
  wasm_byte_vec_t image;
  wasm_module_serialize((wasm_module_t *)func, &image);
  wasm_importtype_vec_t imports;
  wasm_module_imports((wasm_module_t *)func, &imports);
  wasm_exporttype_vec_t exports;
  wasm_module_exports((wasm_module_t *)func, &exports);
  CHECK(image.size == 0 && imports.size == 0 && exports.size == 0 && !wasm_module_share((wasm_module_t *)func));
  wasm_extern_vec_t items;
  wasm_instance_exports((wasm_instance_t *)func, &items);
  CHECK(items.size == 0 && !wasmote_instance_export((wasm_instance_t *)func, "f", 1));
  wasm_trap_t *trap;
  CHECK(!wasm_instance_new(store, (wasm_module_t *)func, NULL, &trap) && trapped(trap, "this is no module"));
  CHECK(!wasm_extern_type((wasm_extern_t *)instance));
  // Types of other kinds.
  wasm_functype_t *type = wasm_functype_new_0_0();
  CHECK(!wasm_globaltype_content((wasm_globaltype_t *)type) && wasm_globaltype_mutability((wasm_globaltype_t *)type) == WASM_CONST);
  CHECK(!wasm_tabletype_element((wasm_tabletype_t *)type) && !wasm_tabletype_limits((wasm_tabletype_t *)type));
  CHECK(!wasm_memorytype_limits((wasm_memorytype_t *)type) && !wasm_tagtype_functype((wasm_tagtype_t *)type));
  CHECK(!wasm_memory_new(store, (wasm_memorytype_t *)type) && !wasm_table_new(store, (wasm_tabletype_t *)type, NULL));
  CHECK(!wasm_global_new(store, (wasm_globaltype_t *)type, &value));
  wasm_globaltype_t *global = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR);
  CHECK(!wasm_functype_params((wasm_functype_t *)global) && !wasm_functype_results((wasm_functype_t *)global));
  CHECK(!wasm_func_new_with_env(store, (wasm_functype_t *)global, wrong, NULL, NULL));
  CHECK(!wasm_tagtype_new((wasm_functype_t *)global));
  wasm_functype_delete(type);
  wasm_extern_delete(func);
  wasm_extern_delete(memory);
  wasm_instance_delete(instance);
}

// One trap that a host function returns again and again does not grow without end.
static wasm_trap_t *always;

static wasm_trap_t *same_trap(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  return wasm_trap_copy(always);
}

static void trap_that_is_kept(void) {
  wasm_message_t message = {4, (char[]){'k', 'e', 'p', 't'}};
  always = wasm_trap_new(store, &message);
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *host = wasm_func_new(store, type, same_trap);
  wasm_functype_delete(type);
  wasm_module_t *module = module_of(store,
    "(module (import \"\" \"\" (func)) (func $f (export \"f\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))"
    "    (else (call 0) (i32.const 0)))))");
  wasm_extern_t *imported[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
  wasm_func_t *func = func_of(instance, "f");
  size_t most = 0;
  for (int i = 0; i < 200; i++) {
    int32_t result;
    wasm_trap_t *trap = call_i_i(func, 100, &result);
    CHECK(wasm_trap_same(trap, always));
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    CHECK(i > 0 || frames.size == 64);
    most = frames.size > most ? frames.size : most;
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
  }
  CHECK(most <= 1024);
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_func_delete(host);
  CHECK(trapped(always, "kept"));
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  store = wasm_store_new(engine);
  values();
  wrong_kinds();
  trap_that_is_kept();
  wasm_store_delete(store);
  wrongs(engine);
  wasm_engine_delete(engine);
  return 0;
}

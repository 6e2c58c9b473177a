// Damaged images and binaries: they are refused, or what they do stays within their instance.
#include "check.h"

static const char TEXT[] =
  "(module (import \"\" \"h\" (func $h (param i32) (result i32))) (memory (export \"m\") 1) (table (export \"t\") 3 funcref)"
  "  (global (export \"g\") (mut i64) (i64.const 5)) (elem (i32.const 0) $h $f) (data (i32.const 3) \"data\")"
  "  (type $t (func (param i32) (result i32)))"
  "  (func $f (export \"f\") (param i32) (result i32)"
  "    (if (result i32) (local.get 0) (then (i32.add (i32.load8_u (local.get 0)) (call_indirect (type $t) (i32.const 7) (i32.const 0))))"
  "      (else (i32.div_u (i32.const 8) (i32.load (i32.const 0)))))))";

static wasm_trap_t *host(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

// Uses all that a module has.
static void use(wasm_store_t *store, const wasm_module_t *module) {
  wasm_importtype_vec_t imports;
  wasm_exporttype_vec_t exports;
  wasm_module_imports(module, &imports);
  wasm_module_exports(module, &exports);
  wasm_extern_t *items[4] = {NULL};
  wasm_extern_vec_t given = {0, items};
  for (size_t i = 0; i < imports.size && i < 4; i++) {
    const wasm_externtype_t *type = wasm_importtype_type(imports.data[i]);
    if (wasm_externtype_kind(type) != WASM_EXTERN_FUNC) break;
    wasm_func_t *func = wasm_func_new(store, wasm_externtype_as_functype_const(type), host);
    if (!func) break;
    items[given.size++] = wasm_func_as_extern(func);
  }
  wasm_trap_t *trap;
  wasm_instance_t *instance = wasm_instance_new(store, module, &given, &trap);
  CHECK(!instance == !!trap);
  wasm_trap_delete(trap);
  if (instance) {
    wasm_extern_vec_t items_of;
    wasm_instance_exports(instance, &items_of);
    CHECK(items_of.size == exports.size);
    for (size_t i = 0; i < items_of.size; i++) {
      const wasm_func_t *func = wasm_extern_as_func(items_of.data[i]);
      wasm_val_t as[1] = {WASM_I32_VAL(3)};
      wasm_val_vec_t args = WASM_ARRAY_VEC(as), results;
      if (!func || wasm_func_param_arity(func) != 1) continue;
      wasm_val_vec_new_uninitialized(&results, wasm_func_result_arity(func));
      wasm_trap_delete(wasm_func_call(func, &args, &results));
      wasm_val_vec_delete(&results);
    }
    wasm_extern_vec_delete(&items_of);
    wasm_instance_delete(instance);
  }
  for (size_t i = 0; i < given.size; i++) wasm_extern_delete(items[i]);
  wasm_importtype_vec_delete(&imports);
  wasm_exporttype_vec_delete(&exports);
}

// Bytes of an image or of a binary are others, or the last. Most damage of an image is found when it is loaded; that of its code
// when it is called.
static void damaged(wasm_engine_t *engine, int as_image) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_consume_fuel_set(config, true);
  wasm_engine_t *metered = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(metered);
  wasm_byte_vec_t bytes;
  if (as_image) {
    wasm_module_t *module = module_of(store, TEXT);
    wasm_module_serialize(module, &bytes);
    wasm_module_delete(module);
  } else {
    CHECK(!wasmote_wat2wasm(TEXT, strlen(TEXT), &bytes));
  }
  CHECK(bytes.size > 100);
  size_t accepted = 0, step = as_image ? 5 : 1;
  for (size_t i = 0; i < bytes.size; i += step) {
    for (int how = 0; how < 3; how++) {
      wasm_byte_vec_t copy;
      wasm_byte_vec_copy(&copy, &bytes);
      if (how < 2) {
        copy.data[i] ^= how ? 1 << i % 8 : 0x7f;
      }
      wasm_byte_vec_t given = {how == 2 ? i : copy.size, copy.data};
      wasm_module_t *module = as_image ? wasm_module_deserialize(store, &given) : wasm_module_new(store, &given);
      CHECK(as_image || (module != NULL) == wasm_module_validate(store, &given));
      CHECK(!wasmote_store_set_fuel(store, 1000));
      if (module) {
        accepted++;
        use(store, module);
      }
      wasm_module_delete(module);
      wasm_byte_vec_delete(&copy);
    }
    // Nothing of it may gather in the store.
    if (i % 50 == 0) {
      wasm_store_delete(store);
      store = wasm_store_new(metered);
    }
  }
  CHECK(accepted > 0 && accepted < (as_image ? bytes.size / 10 : bytes.size * 3));
  wasm_byte_vec_delete(&bytes);
  wasm_store_delete(store);
  // An image is no binary. One that takes no fuel is not for an engine whose code takes fuel.
  store = wasm_store_new(metered);
  wasm_store_t *plain = wasm_store_new(engine);
  wasm_module_t *module = module_of(store, TEXT), *other = module_of(plain, TEXT);
  wasm_module_serialize(other, &bytes);
  CHECK(bytes.size > 0 && !wasm_module_deserialize(store, &bytes));
  wasm_byte_vec_delete(&bytes);
  wasm_module_serialize(module, &bytes);
  CHECK(!wasm_module_validate(store, &bytes));
  CHECK(!wasm_module_new(store, &bytes));
  wasm_module_t *loaded = wasm_module_deserialize(store, &bytes);
  CHECK(loaded && !wasm_module_same(loaded, module));
  use(store, loaded);
  wasm_module_delete(loaded);
  wasm_byte_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_module_deserialize(store, &none) && !wasm_module_new(store, &none) && !wasm_module_validate(store, &none));
  wasm_byte_vec_delete(&bytes);
  wasm_module_delete(module);
  wasm_module_delete(other);
  wasm_store_delete(plain);
  wasm_store_delete(store);
  wasm_engine_delete(metered);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  damaged(engine, 0);
  damaged(engine, 1);
  wasm_engine_delete(engine);
  return 0;
}

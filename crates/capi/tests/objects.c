// Modules, instances, and items: their operations, and references to them.
#include "check.h"

static void modules(wasm_engine_t *engine, wasm_store_t *store) {
  wasm_byte_vec_t bytes = {3, (char[]){0, 'a', 's'}};
  CHECK(!wasm_module_validate(store, &bytes));
  CHECK(!wasm_module_new(store, &bytes) && !wasm_module_deserialize(store, &bytes));
  wasm_module_t *module = module_of(store,
    "(module $m (import \"a\" \"b\" (func (param i32 externref))) (import \"a\" \"t\" (tag (param i64)))"
    "  (memory (export \"mem\") 1 2) (table (export \"tab\") 3 funcref) (global (export \"g\") (mut i64) (i64.const 1))"
    "  (func (export \"f\") (result v128) (v128.const i64x2 1 2)))");
  wasm_importtype_vec_t imports;
  wasm_module_imports(module, &imports);
  CHECK(imports.size == 2 && name_is(wasm_importtype_module(imports.data[0]), "a"));
  CHECK(wasm_externtype_kind(wasm_importtype_type(imports.data[1])) == WASM_EXTERN_TAG);
  wasm_importtype_vec_delete(&imports);
  wasm_exporttype_vec_t exports;
  wasm_module_exports(module, &exports);
  CHECK(exports.size == 4 && name_is(wasm_exporttype_name(exports.data[0]), "mem"));
  const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[0]));
  CHECK(wasm_memorytype_limits(memory)->min == 1 && wasm_memorytype_limits(memory)->max == 2);
  const wasm_functype_t *func = wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[3]));
  CHECK(wasm_valtype_kind(wasm_functype_results(func)->data[0]) == WASMOTE_V128);
  wasm_exporttype_vec_delete(&exports);

  // A serialized module is verified when it is loaded.
  wasm_byte_vec_t image;
  wasm_module_serialize(module, &image);
  CHECK(image.size > 0);
  wasm_module_t *loaded = wasm_module_deserialize(store, &image);
  CHECK(loaded && !wasm_module_same(loaded, module));
  wasm_byte_vec_t again;
  wasm_module_serialize(loaded, &again);
  CHECK(again.size == image.size && memcmp(again.data, image.data, image.size) == 0);
  wasm_byte_vec_delete(&again);
  image.data[image.size / 2] ^= 1;
  CHECK(!wasm_module_deserialize(store, &image));
  wasm_byte_vec_delete(&image);
  wasm_module_delete(loaded);

  // Other engines cannot have a shared module.
  wasm_shared_module_t *shared = wasm_module_share(module);
  wasm_store_t *second = wasm_store_new(engine);
  wasm_module_t *obtained = wasm_module_obtain(second, shared);
  CHECK(obtained);
  wasm_module_delete(obtained);
  wasm_store_delete(second);
  wasm_engine_t *another = wasm_engine_new_with_config(NULL);
  second = wasm_store_new(another);
  CHECK(!wasm_module_obtain(second, shared));
  wasm_trap_t *trap;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_instance_new(second, module, &none, &trap));
  CHECK(trapped(trap, "the module belongs to another engine"));
  // The imports do not fit.
  CHECK(!wasm_instance_new(store, module, NULL, &trap) && trap);
  wasm_trap_delete(trap);
  CHECK(!wasm_instance_new(store, module, NULL, NULL));
  wasm_store_delete(second);
  wasm_engine_delete(another);
  wasm_shared_module_delete(shared);
  wasm_module_delete(module);
}

static void items(wasm_engine_t *engine, wasm_store_t *store) {
  wasm_instance_t *instance = instance_of(store,
    "(module (memory (export \"mem\") 1 3) (table (export \"tab\") 2 4 funcref)"
    "  (global (export \"var\") (mut i64) (i64.const 7)) (global (export \"const\") f64 (f64.const 0.5))"
    "  (tag (export \"tag\") (param i32)) (func (export \"f\")) (export \"again\" (func 0))"
    "  (func (export \"len\") (result i32) (i32.load8_u (i32.const 131072))))");
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 8);
  static const wasm_externkind_t kinds[] = {WASM_EXTERN_MEMORY, WASM_EXTERN_TABLE, WASM_EXTERN_GLOBAL, WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TAG, WASM_EXTERN_FUNC, WASM_EXTERN_FUNC, WASM_EXTERN_FUNC};
  for (size_t i = 0; i < 8; i++) {
    CHECK(wasm_extern_kind(exports.data[i]) == kinds[i]);
    wasm_externtype_t *type = wasm_extern_type(exports.data[i]);
    CHECK(wasm_externtype_kind(type) == kinds[i]);
    wasm_externtype_delete(type);
  }
  CHECK(!wasm_extern_as_func(exports.data[0]) && !wasm_ref_as_instance(wasm_extern_as_ref(exports.data[0])));
  CHECK(!wasm_extern_as_memory(exports.data[4]) && !wasm_extern_as_table_const(exports.data[4]));

  // Memories: the host grows them, and the guest sees it.
  wasm_memory_t *memory = wasm_extern_as_memory(exports.data[0]);
  CHECK(wasm_memory_size(memory) == 1 && wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_grow(memory, 2) && wasm_memory_size(memory) == 3 && !wasm_memory_grow(memory, 1));
  wasm_memory_data(memory)[131072] = 42;
  wasm_val_t rs[1];
  wasm_val_vec_t results = WASM_ARRAY_VEC(rs);
  CHECK(!wasm_func_call(wasm_extern_as_func(exports.data[7]), NULL, &results) && rs[0].of.i32 == 42);
  wasm_memorytype_t *memorytype = wasm_memory_type(memory);
  CHECK(wasm_memorytype_limits(memorytype)->max == 3);
  wasm_memory_t *another = wasm_memory_new(store, memorytype);
  CHECK(another && !wasm_memory_same(another, memory) && wasm_memory_data(another)[0] == 0);
  wasm_memory_delete(another);
  wasm_memorytype_delete(memorytype);
  wasm_limits_t wrong = {2, 1};
  memorytype = wasm_memorytype_new(&wrong);
  CHECK(!wasm_memory_new(store, memorytype));
  wasm_memorytype_delete(memorytype);

  // Tables.
  wasm_table_t *table = wasm_extern_as_table(exports.data[1]);
  wasm_func_t *func = wasm_extern_as_func(exports.data[5]);
  CHECK(wasm_table_size(table) == 2 && !wasm_table_get(table, 0) && !wasm_table_get(table, 2));
  CHECK(wasm_table_set(table, 1, wasm_func_as_ref(func)) && !wasm_table_set(table, 2, NULL));
  wasm_ref_t *element = wasm_table_get(table, 1);
  CHECK(wasm_ref_same(element, wasm_func_as_ref(func)) && wasm_ref_as_func(element) && !wasm_ref_as_table(element));
  wasm_ref_delete(element);
  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(func)) && !wasm_table_grow(table, 1, NULL) && wasm_table_size(table) == 4);
  wasm_foreign_t *foreign = wasm_foreign_new(store);
  CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign)));
  wasm_tabletype_t *tabletype = wasm_table_type(table);
  CHECK(!wasm_table_new(store, tabletype, wasm_foreign_as_ref(foreign)));
  wasm_table_t *filled = wasm_table_new(store, tabletype, wasm_func_as_ref(func));
  element = wasm_table_get(filled, 0);
  CHECK(wasm_ref_same(element, wasm_func_as_ref_const(func)));
  wasm_ref_delete(element);
  wasm_table_delete(filled);
  wasm_tabletype_delete(tabletype);

  // Globals.
  wasm_global_t *variable = wasm_extern_as_global(exports.data[2]), *constant = wasm_extern_as_global(exports.data[3]);
  wasm_val_t value;
  wasm_global_get(variable, &value);
  CHECK(value.kind == WASM_I64 && value.of.i64 == 7);
  value.of.i64 = -9;
  wasm_global_set(variable, &value);
  wasm_global_set(constant, &value);
  wasm_val_t real = WASM_F64_VAL(2);
  wasm_global_set(constant, &real);
  wasm_global_set(variable, &real);
  wasm_global_get(constant, &value);
  CHECK(value.kind == WASM_F64 && value.of.f64 == 0.5);
  wasm_global_get(variable, &value);
  CHECK(value.of.i64 == -9);
  wasm_globaltype_t *globaltype = wasm_global_type(variable);
  CHECK(wasm_globaltype_mutability(globaltype) == WASM_VAR);
  CHECK(!wasm_global_new(store, globaltype, &real));
  wasm_globaltype_delete(globaltype);
  globaltype = wasm_globaltype_new(wasm_valtype_new_externref(), WASM_VAR);
  wasm_val_t reference = WASM_REF_VAL(wasm_foreign_as_ref(foreign));
  wasm_global_t *global = wasm_global_new(store, globaltype, &reference);
  wasm_global_get(global, &value);
  CHECK(value.kind == WASM_EXTERNREF && wasm_ref_same(value.of.ref, wasm_foreign_as_ref(foreign)));
  wasm_val_t copied;
  wasm_val_copy(&copied, &value);
  wasm_val_delete(&value);
  CHECK(value.of.ref == NULL && wasm_ref_same(copied.of.ref, reference.of.ref));
  wasm_val_delete(&copied);
  wasm_global_delete(global);
  wasm_globaltype_delete(globaltype);

  // References: each has the host information of its object.
  wasm_func_t *same = wasm_extern_as_func(exports.data[6]);
  CHECK(wasm_func_same(func, same) && !wasm_func_same(func, wasm_extern_as_func(exports.data[7])));
  wasm_func_set_host_info(func, &wrong);
  CHECK(wasm_func_get_host_info(same) == &wrong && !wasm_memory_get_host_info(memory));
  wasm_extern_t *copy = wasm_extern_copy(exports.data[6]);
  CHECK(wasm_extern_get_host_info(copy) == &wrong && wasm_extern_same(copy, exports.data[5]));
  wasm_extern_delete(copy);

  // Nothing of another store is accepted.
  wasm_store_t *second = wasm_store_new(engine);
  globaltype = wasm_globaltype_new(wasm_valtype_new_externref(), WASM_VAR);
  CHECK(!wasm_global_new(second, globaltype, &reference));
  wasm_globaltype_delete(globaltype);
  wasm_foreign_t *of_second = wasm_foreign_new(second);
  CHECK(!wasm_foreign_same(foreign, of_second));
  wasm_module_t *module = module_of(second, "(module (import \"\" \"\" (func)))");
  wasm_extern_t *imported[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_trap_t *trap;
  CHECK(!wasm_instance_new(second, module, &imports, &trap));
  CHECK(trapped(trap, "an import belongs to another store"));
  // But a module may be of another store of the engine.
  wasm_instance_t *user = wasm_instance_new(store, module, &imports, &trap);
  CHECK(user && !trap);
  wasm_instance_delete(user);
  imported[0] = NULL;
  CHECK(!wasm_instance_new(store, module, &imports, &trap) && trapped(trap, "an import is null"));
  wasm_module_delete(module);
  wasm_store_delete(second);
  // The store lives as long as its references.
  CHECK(!wasm_foreign_get_host_info(of_second));
  wasm_foreign_delete(of_second);
  wasm_foreign_delete(foreign);
  wasm_extern_vec_delete(&exports);
  CHECK(wasm_instance_same(instance, instance));
  wasm_instance_delete(instance);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  modules(engine, store);
  items(engine, store);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

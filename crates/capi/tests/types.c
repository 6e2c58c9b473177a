// Vectors and types: data without a store.
#include "check.h"

static void vectors(void) {
  wasm_byte_vec_t bytes, copy;
  wasm_byte_vec_new(&bytes, 3, "abc");
  wasm_byte_vec_copy(&copy, &bytes);
  CHECK(copy.data != bytes.data && name_is(&copy, "abc"));
  wasm_byte_vec_delete(&bytes);
  CHECK(bytes.size == 0 && bytes.data == NULL);
  wasm_byte_vec_delete(&bytes);
  wasm_byte_vec_delete(&copy);
  wasm_byte_vec_delete(NULL);
  wasm_byte_vec_new_empty(&bytes);
  CHECK(bytes.size == 0);
  // More than there is: the vector is empty.
  wasm_byte_vec_new_uninitialized(&bytes, (size_t)-1);
  CHECK(bytes.size == 0 && bytes.data == NULL);

  wasm_valtype_vec_t types, others;
  wasm_valtype_vec_new_uninitialized(&types, 2);
  CHECK(types.data[0] == NULL);
  types.data[1] = wasm_valtype_new_f64();
  wasm_valtype_vec_copy(&others, &types);
  CHECK(others.data[0] == NULL && others.data[1] != types.data[1]);
  CHECK(wasm_valtype_kind(others.data[1]) == WASM_F64);
  wasm_valtype_vec_delete(&types);
  wasm_valtype_vec_delete(&others);

  wasm_val_vec_t values;
  wasm_val_vec_new_uninitialized(&values, 2);
  CHECK(values.size == 2);
  wasm_val_vec_delete(&values);
}

static void functions(void) {
  CHECK(wasm_valtype_new(77) == NULL);
  wasm_functype_t *type = wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_externref(), wasm_valtype_new_i64());
  CHECK(wasm_functype_params(type)->size == 2 && wasm_functype_results(type)->size == 1);
  CHECK(wasm_valtype_kind(wasm_functype_params(type)->data[1]) == WASM_EXTERNREF);
  wasm_externtype_t *external = wasm_functype_as_externtype(type);
  CHECK(wasm_externtype_kind(external) == WASM_EXTERN_FUNC);
  CHECK(wasm_externtype_as_functype(external) == type);
  CHECK(wasm_externtype_as_globaltype(external) == NULL && wasm_externtype_as_tagtype_const(external) == NULL);

  wasm_tagtype_t *tag = wasm_tagtype_new(wasm_functype_copy(type));
  CHECK(wasm_functype_params(wasm_tagtype_functype(tag))->size == 2);
  CHECK(wasm_externtype_kind(wasm_tagtype_as_externtype(tag)) == WASM_EXTERN_TAG);
  wasm_tagtype_t *copied = wasm_tagtype_copy(tag);
  wasm_tagtype_delete(tag);
  CHECK(wasm_functype_results(wasm_tagtype_functype(copied))->size == 1);
  wasm_tagtype_delete(copied);

  // A null among the parameters is refused, and what was passed is deleted.
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new_uninitialized(&params, 1);
  wasm_valtype_vec_new_empty(&results);
  CHECK(wasm_functype_new(&params, &results) == NULL);

  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "env");
  wasm_name_new_from_string(&name, "f");
  wasm_importtype_t *import = wasm_importtype_new(&module, &name, external);
  CHECK(module.data == NULL);
  CHECK(name_is(wasm_importtype_module(import), "env") && name_is(wasm_importtype_name(import), "f"));
  CHECK(wasm_importtype_type(import) == external);
  wasm_importtype_t *another = wasm_importtype_copy(import);
  wasm_importtype_delete(import);
  CHECK(name_is(wasm_importtype_name(another), "f"));
  wasm_importtype_delete(another);

  wasm_name_new_from_string(&name, "g");
  wasm_exporttype_t *export = wasm_exporttype_new(&name, wasm_functype_as_externtype(wasm_functype_new_0_0()));
  CHECK(name_is(wasm_exporttype_name(export), "g"));
  CHECK(wasm_externtype_kind(wasm_exporttype_type(export)) == WASM_EXTERN_FUNC);
  wasm_exporttype_delete(export);
}

static void others(void) {
  wasm_limits_t limits = {1, wasm_limits_max_default};
  wasm_memorytype_t *memory = wasm_memorytype_new(&limits);
  CHECK(wasm_memorytype_limits(memory)->min == 1);
  CHECK(wasm_memorytype_limits(memory)->max == wasm_limits_max_default);
  wasm_memorytype_delete(memory);
  CHECK(wasm_tabletype_new(wasm_valtype_new_i32(), &limits) == NULL);
  wasm_tabletype_t *table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  CHECK(wasm_valtype_kind(wasm_tabletype_element(table)) == WASM_FUNCREF);
  CHECK(wasm_tabletype_limits(table)->min == 1);
  wasm_tabletype_delete(table);
  wasm_globaltype_t *global = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR);
  CHECK(wasm_globaltype_mutability(global) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(global)) == WASM_F32);
  CHECK(wasm_externtype_as_tabletype(wasm_globaltype_as_externtype(global)) == NULL);
  wasm_globaltype_delete(global);
  wasm_globaltype_delete(NULL);
}

int main(void) {
  vectors();
  functions();
  others();
  return 0;
}

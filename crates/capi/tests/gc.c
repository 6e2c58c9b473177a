// Objects of wasm's: small integers, structures and arrays, made and used by both sides.
#include "check.h"

static wasmote_val_t i32(int32_t value) {
  wasmote_val_t val;
  val.kind = WASM_I32;
  val.of.i32 = value;
  return val;
}

static wasmote_val_t any(wasm_ref_t *ref) {
  wasmote_val_t val;
  val.kind = WASMOTE_ANYREF;
  val.of.ref = ref;
  return val;
}

// Calls a function with one argument and one result.
static wasmote_val_t call(const wasm_instance_t *instance, const char *name, wasmote_val_t arg) {
  wasm_func_t *func = func_of(instance, name);
  wasmote_val_t result;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_func_call_unboxed(func, &arg, 1, &result, 1, &trap) && !trap);
  wasm_func_delete(func);
  return result;
}

// The type of the only parameter of an exported function.
static wasm_valtype_t *param_of(const wasm_instance_t *instance, const char *name) {
  wasm_func_t *func = func_of(instance, name);
  wasm_functype_t *type = wasm_func_type(func);
  wasm_valtype_t *param = wasm_valtype_copy(wasm_functype_params(type)->data[0]);
  CHECK(wasm_valtype_kind(param) == WASMOTE_ANYREF || wasm_valtype_kind(param) == WASM_FUNCREF);
  wasm_functype_delete(type);
  wasm_func_delete(func);
  return param;
}

static const char TEXT[] =
  "(module (type $node (struct (field $value (mut i8)) (field $next (mut (ref null $node))) (field $fixed i64)))"
  "  (type $bytes (array (mut i8))) (type $longs (array i64)) (type $nodes (array (mut (ref null $node))))"
  "  (func (export \"sum\") (param $n (ref null $node)) (result i32) (local $sum i32)"
  "    (block $end (loop $more"
  "      (br_if $end (ref.is_null (local.get $n)))"
  "      (local.set $sum (i32.add (local.get $sum) (struct.get_s $node $value (local.get $n))))"
  "      (local.set $n (struct.get $node $next (local.get $n))) (br $more)))"
  "    (local.get $sum))"
  "  (func (export \"length\") (param (ref $bytes)) (result i32) (array.len (local.get 0)))"
  "  (func (export \"last\") (param (ref $longs)) (result i64)"
  "    (array.get $longs (local.get 0) (i32.sub (array.len (local.get 0)) (i32.const 1))))"
  "  (func (export \"first\") (param (ref $nodes)) (result anyref) (array.get $nodes (local.get 0) (i32.const 0)))"
  "  (func (export \"triple\") (param i31ref) (result anyref)"
  "    (ref.i31 (i32.mul (i31.get_s (local.get 0)) (i32.const 3))))"
  "  (func (export \"same\") (param anyref) (result anyref) (local.get 0))"
  "  (func (export \"out\") (param anyref) (result externref) (extern.convert_any (local.get 0)))"
  "  (func (export \"in\") (param externref) (result anyref) (any.convert_extern (local.get 0))))";

static void small_integers(wasm_store_t *store, const wasm_instance_t *instance) {
  wasm_ref_t *small = wasmote_i31_new(store, -7);
  CHECK(wasmote_ref_kind(small) == WASMOTE_REF_I31 && !wasmote_ref_type(small));
  wasmote_val_t result = call(instance, "triple", any(small));
  int32_t value = 0;
  CHECK(result.kind == WASMOTE_ANYREF && wasmote_i31_get(result.of.ref, &value) && value == -21);
  wasm_ref_t *wrapped = wasmote_i31_new(store, INT32_MIN + 5);
  CHECK(wasmote_i31_get(wrapped, &value) && value == 5);
  CHECK(wasmote_struct_size(small) == 0 && wasmote_array_size(small) == 0);
  CHECK(failed(wasmote_struct_get(small, 0, &result), "no structure"));
  CHECK(failed(wasmote_array_get(small, 0, &result), "no array"));
  wasmote_val_delete(&result);
  wasm_ref_delete(wrapped);
  wasm_ref_delete(small);
}

static void structures(wasm_store_t *store, const wasm_instance_t *instance) {
  wasm_valtype_t *type = param_of(instance, "sum"), *bytes = param_of(instance, "length");
  wasmote_val_t fields[3] = {i32(0x1ff), any(NULL), i32(0)}, out;
  fields[2].kind = WASM_I64, fields[2].of.i64 = 11;
  wasm_ref_t *last = NULL, *first = NULL;
  CHECK(failed(wasmote_struct_new(store, type, fields, 2, &last), "another number of fields") && !last);
  CHECK(failed(wasmote_struct_new(store, bytes, fields, 3, &last), "no type of structures"));
  CHECK(!wasmote_struct_new(store, type, fields, 3, &last) && wasmote_ref_kind(last) == WASMOTE_REF_STRUCT);
  fields[0] = i32(100), fields[1] = any(last);
  CHECK(!wasmote_struct_new(store, type, fields, 3, &first) && wasmote_struct_size(first) == 3);
  CHECK(call(instance, "sum", any(first)).of.i32 == 99);
  CHECK(call(instance, "sum", any(NULL)).of.i32 == 0);
  // Packed fields keep the low bits, and are zero-extended.
  CHECK(!wasmote_struct_get(last, 0, &out) && out.kind == WASM_I32 && out.of.i32 == 0xff);
  CHECK(!wasmote_struct_get(first, 1, &out) && wasm_ref_same(out.of.ref, last));
  wasmote_val_delete(&out);
  CHECK(!wasmote_struct_get(last, 1, &out) && !out.of.ref);
  CHECK(!wasmote_struct_get(last, 2, &out) && out.kind == WASM_I64 && out.of.i64 == 11);
  CHECK(failed(wasmote_struct_get(last, 3, &out), ""));
  out = i32(5);
  CHECK(!wasmote_struct_set(last, 0, &out) && call(instance, "sum", any(first)).of.i32 == 105);
  CHECK(failed(wasmote_struct_set(last, 1, &out), "another type") && failed(wasmote_struct_set(last, 9, &out), "no such"));
  CHECK(failed(wasmote_struct_set(last, 2, &fields[2]), "not mutable"));
  // What the guest returns is the same object, and has the type to make more.
  wasmote_val_t back = call(instance, "same", any(first));
  CHECK(wasm_ref_same(back.of.ref, first));
  wasm_valtype_t *same = wasmote_ref_type(back.of.ref);
  wasmote_val_delete(&back);
  wasm_ref_t *third = NULL;
  CHECK(!wasmote_struct_new(store, same, fields, 3, &third));
  // As a value of the host's and back.
  wasm_ref_t *converted = wasmote_extern_convert_any(third);
  CHECK(wasmote_ref_kind(converted) == WASMOTE_REF_EXTERN && !wasmote_extern_convert_any(converted));
  wasm_ref_t *again = wasmote_any_convert_extern(converted);
  CHECK(wasm_ref_same(again, third) && !wasmote_any_convert_extern(again));
  CHECK(wasmote_ref_kind(again) == WASMOTE_REF_STRUCT);
  wasm_ref_delete(again);
  wasm_ref_delete(converted);
  wasm_ref_delete(third);
  wasm_valtype_delete(same);
  wasm_valtype_delete(bytes);
  wasm_valtype_delete(type);
  wasm_ref_delete(first);
  wasm_ref_delete(last);
}

static void arrays(wasm_store_t *store, const wasm_instance_t *instance) {
  wasm_valtype_t *bytes = param_of(instance, "length"), *longs = param_of(instance, "last");
  wasm_valtype_t *nodes = param_of(instance, "first"), *node = param_of(instance, "sum");
  wasm_valtype_t *number = wasm_valtype_new(WASM_I32);
  wasmote_val_t element = i32('.'), out, fixed[3] = {i32(1), i32(2), i32(3)};
  wasm_ref_t *text = NULL, *three = NULL;
  CHECK(failed(wasmote_array_new(store, node, &element, 5, &text), "no type of arrays") && !text);
  CHECK(failed(wasmote_array_new(store, number, &element, 5, &text), "no type of arrays"));
  CHECK(failed(wasmote_array_new(store, longs, &element, 5, &text), "another type"));
  CHECK(failed(wasmote_array_new(store, bytes, &element, UINT32_MAX, &text), ""));
  CHECK(!wasmote_array_new(store, bytes, &element, 5, &text) && wasmote_ref_kind(text) == WASMOTE_REF_ARRAY);
  CHECK(call(instance, "length", any(text)).of.i32 == 5 && wasmote_array_size(text) == 5);
  element = i32('!');
  CHECK(!wasmote_array_set(text, 4, &element) && failed(wasmote_array_set(text, 5, &element), ""));
  uint8_t read[5] = {0};
  CHECK(!wasmote_array_write(text, 1, (const uint8_t *)"oh", 2) && !wasmote_array_read(text, 0, read, 5));
  CHECK(memcmp(read, ".oh.!", 5) == 0);
  CHECK(!wasmote_array_read(text, 5, NULL, 0) && failed(wasmote_array_read(text, 5, read, 1), "beyond the end"));
  CHECK(failed(wasmote_array_read(text, SIZE_MAX, read, 2), "beyond the end"));
  CHECK(failed(wasmote_array_write(text, 3, read, 3), "beyond the end") && !wasmote_array_write(text, 5, NULL, 0));
  CHECK(!wasmote_array_get(text, 1, &out) && out.of.i32 == 'o' && failed(wasmote_array_get(text, 5, &out), ""));
  for (int i = 0; i < 3; i++) fixed[i].kind = WASM_I64, fixed[i].of.i64 = 10 + i;
  CHECK(!wasmote_array_new_fixed(store, longs, fixed, 3, &three) && call(instance, "last", any(three)).of.i64 == 12);
  CHECK(failed(wasmote_array_set(three, 0, &fixed[0]), "not mutable"));
  CHECK(failed(wasmote_array_write(three, 0, read, 1), "not mutable"));
  wasm_ref_t *none = NULL, *refs = NULL;
  CHECK(!wasmote_array_new_fixed(store, bytes, NULL, 0, &none) && wasmote_array_size(none) == 0);
  // Elements that are references.
  wasmote_val_t null = any(NULL);
  CHECK(!wasmote_array_new(store, nodes, &null, 2, &refs));
  wasmote_val_t wrong = any(text);
  CHECK(failed(wasmote_array_set(refs, 0, &wrong), "another type") && failed(wasmote_array_read(refs, 0, read, 1), ""));
  CHECK(failed(wasmote_struct_get(text, 0, &out), "no structure"));
  CHECK(!wasmote_array_get(refs, 1, &out) && !out.of.ref && !call(instance, "first", any(refs)).of.ref);
  wasm_ref_t *all[] = {text, three, none, refs};
  for (int i = 0; i < 4; i++) wasm_ref_delete(all[i]);
  wasm_valtype_t *types[] = {bytes, longs, nodes, node, number};
  for (int i = 0; i < 5; i++) wasm_valtype_delete(types[i]);
}

static void conversions(wasm_store_t *store, const wasm_instance_t *instance) {
  wasm_ref_t *foreign = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_set_host_info(foreign, &store);
  wasm_ref_t *inner = wasmote_any_convert_extern(foreign);
  CHECK(wasmote_ref_kind(foreign) == WASMOTE_REF_EXTERN && wasmote_ref_kind(inner) == WASMOTE_REF_CONVERTED);
  wasmote_val_t out = call(instance, "out", any(inner));
  CHECK(out.kind == WASM_EXTERNREF && wasm_ref_same(out.of.ref, foreign));
  CHECK(wasm_ref_get_host_info(out.of.ref) == &store);
  wasmote_val_t in = call(instance, "in", out);
  CHECK(in.kind == WASMOTE_ANYREF && wasm_ref_same(in.of.ref, inner));
  wasm_ref_t *back = wasmote_extern_convert_any(in.of.ref);
  CHECK(wasm_ref_same(back, foreign) && wasm_ref_get_host_info(back) == &store);
  wasm_ref_delete(back);
  wasmote_val_delete(&in);
  wasmote_val_delete(&out);
  wasm_ref_delete(inner);
  wasm_ref_delete(foreign);
  wasm_func_t *func = func_of(instance, "in");
  CHECK(wasmote_ref_kind(wasm_func_as_ref(func)) == WASMOTE_REF_FUNC);
  CHECK(wasmote_ref_kind(wasm_instance_as_ref_const(instance)) == WASMOTE_REF_OTHER);
  wasm_func_delete(func);
}

// An object lives as long as a reference of C's, and its parts with it.
static void alive(wasm_store_t *store, const wasm_instance_t *instance) {
  wasm_valtype_t *type = param_of(instance, "sum");
  wasmote_val_t fields[3] = {i32(1), any(NULL), i32(0)};
  fields[2].kind = WASM_I64, fields[2].of.i64 = 0;
  wasm_ref_t *list = NULL;
  for (int i = 0; i < 1000; i++) {
    wasm_ref_t *longer = NULL, *garbage = NULL;
    CHECK(!wasmote_struct_new(store, type, fields, 3, &longer));
    if (list) wasm_ref_delete(list);
    list = longer;
    fields[1] = any(list);
    for (int k = 0; k < 50; k++) {
      CHECK(!wasmote_struct_new(store, type, fields, 3, &garbage));
      wasm_ref_delete(garbage);
    }
  }
  CHECK(call(instance, "sum", any(list)).of.i32 == 1000);
  wasm_ref_delete(list);
  wasm_valtype_delete(type);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine), *another = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, TEXT);
  small_integers(store, instance);
  structures(store, instance);
  arrays(store, instance);
  conversions(store, instance);
  alive(store, instance);
  // A reference of another store is no field.
  wasm_valtype_t *type = param_of(instance, "sum");
  wasmote_val_t fields[3] = {i32(1), any(NULL), i32(0)};
  fields[2].kind = WASM_I64, fields[2].of.i64 = 0;
  wasm_ref_t *stranger = NULL, *none = NULL;
  CHECK(!wasmote_struct_new(another, type, fields, 3, &stranger));
  fields[1] = any(stranger);
  CHECK(failed(wasmote_struct_new(store, type, fields, 3, &none), "another type or store") && !none);
  wasm_ref_delete(stranger);
  wasm_store_delete(another);
  // The type of a module that is gone.
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  store = wasm_store_new(engine);
  fields[1] = any(NULL);
  wasmote_error_t *error = wasmote_struct_new(store, type, fields, 3, &none);
  CHECK(error ? failed(error, "no type of structures") : wasmote_struct_size(none) == 3);
  if (none) wasm_ref_delete(none);
  wasm_valtype_delete(type);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

// What the test programs share: a check that says where it failed, and short ways to make things.
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasmote.h"

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) {                                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

// A name as a vector that is lent: it must not be deleted.
static inline wasm_name_t lent(const char *text) {
  wasm_name_t name = {strlen(text), (char *)(size_t)text};
  return name;
}

static inline int name_is(const wasm_name_t *name, const char *text) {
  return name->size == strlen(text) && (name->size == 0 || memcmp(name->data, text, name->size) == 0);
}

// Whether a trap has a message that begins so. Deletes the trap.
static inline int trapped(wasm_trap_t *trap, const char *text) {
  if (!trap) return 0;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  int is_so = message.size > strlen(text) && strncmp(message.data, text, strlen(text)) == 0 &&
              message.data[message.size - 1] == 0;
  if (!is_so) fprintf(stderr, "trap: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
  return is_so;
}

static inline wasm_functype_t *functype(size_t params, const wasm_valkind_t *param, size_t results,
                                        const wasm_valkind_t *result) {
  wasm_valtype_vec_t ps, rs;
  wasm_valtype_vec_new_uninitialized(&ps, params);
  wasm_valtype_vec_new_uninitialized(&rs, results);
  for (size_t i = 0; i < params; i++) ps.data[i] = wasm_valtype_new(param[i]);
  for (size_t i = 0; i < results; i++) rs.data[i] = wasm_valtype_new(result[i]);
  return wasm_functype_new(&ps, &rs);
}

// Whether there is an error with this in its message. Deletes the error.
static inline int failed(wasmote_error_t *error, const char *text) {
  if (!error) return 0;
  wasm_name_t message;
  wasmote_error_message(error, &message);
  char buffer[500] = {0};
  memcpy(buffer, message.data, message.size < 499 ? message.size : 499);
  int is_so = strstr(buffer, text) != NULL;
  if (!is_so) fprintf(stderr, "error: %s\n", buffer);
  wasm_byte_vec_delete(&message);
  wasmote_error_delete(error);
  return is_so;
}

// A module of a text.
static inline wasm_module_t *module_of(wasm_store_t *store, const char *text) {
  wasm_byte_vec_t binary;
  wasmote_error_t *error = wasmote_wat2wasm(text, strlen(text), &binary);
  CHECK(!error || failed(error, "no error"));
  CHECK(wasm_module_validate(store, &binary));
  wasm_module_t *module = wasm_module_new(store, &binary);
  CHECK(module);
  wasm_byte_vec_delete(&binary);
  return module;
}

static inline wasm_shared_module_t *shared_of(wasm_engine_t *engine, const char *text) {
  wasm_byte_vec_t binary;
  wasmote_error_t *error = wasmote_wat2wasm(text, strlen(text), &binary);
  CHECK(!error || failed(error, "no error"));
  wasm_shared_module_t *module = NULL;
  error = wasmote_module_new(engine, (const uint8_t *)binary.data, binary.size, &module);
  CHECK(!error || failed(error, "no error"));
  wasm_byte_vec_delete(&binary);
  return module;
}

// An instance of a text without imports.
static inline wasm_instance_t *instance_of(wasm_store_t *store, const char *text) {
  wasm_module_t *module = module_of(store, text);
  wasm_trap_t *trap = NULL;
  wasm_instance_t *instance = wasm_instance_new(store, module, NULL, &trap);
  CHECK(instance && !trap);
  wasm_module_delete(module);
  return instance;
}

static inline wasm_extern_t *export_of(const wasm_instance_t *instance, const char *name) {
  wasm_extern_t *item = wasmote_instance_export(instance, name, strlen(name));
  CHECK(item);
  return item;
}

static inline wasm_func_t *func_of(const wasm_instance_t *instance, const char *name) {
  wasm_func_t *func = wasm_extern_as_func(export_of(instance, name));
  CHECK(func);
  return func;
}

// Calls a function of type [i32] -> [i32].
static inline wasm_trap_t *call_i_i(const wasm_func_t *func, int32_t arg, int32_t *result) {
  wasm_val_t as[1] = {WASM_I32_VAL(arg)}, rs[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(as), results = WASM_ARRAY_VEC(rs);
  wasm_trap_t *trap = wasm_func_call(func, &args, &results);
  if (!trap) {
    CHECK(rs[0].kind == WASM_I32);
    *result = rs[0].of.i32;
  }
  return trap;
}

#endif

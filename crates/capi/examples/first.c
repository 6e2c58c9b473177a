#include <stdio.h>
#include <string.h>

#include "wasmote.h"

// The guest calls this with a number.
static wasm_trap_t *log_number(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args,
                               wasm_val_vec_t *results) {
  (void)caller, (void)results;
  printf("%s: %d\n", (const char *)env, args->data[0].of.i32);
  return NULL;
}

// Prints an error or a trap, and deletes it.
static int report(wasmote_error_t *error, wasm_trap_t *trap) {
  wasm_byte_vec_t message;
  if (error) {
    wasmote_error_message(error, &message);
    wasmote_error_delete(error);
  } else {
    wasm_trap_message(trap, &message);
    wasm_trap_delete(trap);
  }
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  wasm_byte_vec_delete(&message);
  return 1;
}

int main(void) {
  // A module in the text format. The bytes of a .wasm file need no conversion.
  const char *text =
      "(module (import \"host\" \"log\" (func $log (param i32)))"
      "  (func (export \"run\") (param i32) (result i32)"
      "    (call $log (local.get 0)) (i32.mul (local.get 0) (i32.const 2))))";
  wasm_byte_vec_t binary;
  wasmote_error_t *error = wasmote_wat2wasm(text, strlen(text), &binary);
  if (error) return report(error, NULL);

  wasm_engine_t *engine = wasm_engine_new();
  wasm_shared_module_t *module;
  error = wasmote_module_new(engine, (const uint8_t *)binary.data, binary.size, &module);
  wasm_byte_vec_delete(&binary);
  if (error) return report(error, NULL);

  // Defines what the module imports.
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  error = wasmote_linker_define_func(linker, "host", 4, "log", 3, type, log_number, (void *)"guest", NULL);
  wasm_functype_delete(type);
  if (error) return report(error, NULL);

  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance;
  wasm_trap_t *trap;
  error = wasmote_linker_instantiate(linker, store, module, &instance, &trap);
  if (error || trap) return report(error, trap);

  wasm_extern_t *run = wasmote_instance_export(instance, "run", 3);
  wasm_val_t arguments[] = {WASM_I32_VAL(21)}, values[] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(arguments), results = WASM_ARRAY_VEC(values);
  trap = wasm_func_call(wasm_extern_as_func(run), &args, &results);
  if (trap) return report(NULL, trap);
  printf("result: %d\n", values[0].of.i32);

  // A store lives until it and all its references are deleted.
  wasm_extern_delete(run);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasmote_linker_delete(linker);
  wasm_shared_module_delete(module);
  wasm_engine_delete(engine);
  return 0;
}

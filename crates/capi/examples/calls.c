// Measures calls in both directions, with values in vectors (wasm.h) and in arrays (wasmote.h):
//
//     cargo build --release --package wasmote-capi
//     cc -O2 -I crates/capi/include crates/capi/examples/calls.c -o calls -L target/release -lwasmote_c
//     LD_LIBRARY_PATH=target/release ./calls 1000000
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wasmote.h"

static const char TEXT[] =
    "(module (import \"host\" \"boxed\" (func $boxed (param i32) (result i32)))"
    "  (import \"host\" \"unboxed\" (func $unboxed (param i32) (result i32)))"
    "  (func (export \"same\") (param i32) (result i32) (local.get 0))"
    "  (func (export \"boxed\") (param i32) (result i32)"
    "    (loop $more (drop (call $boxed (local.get 0)))"
    "      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))"
    "  (func (export \"unboxed\") (param i32) (result i32)"
    "    (loop $more (drop (call $unboxed (local.get 0)))"
    "      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))";

static wasm_trap_t *boxed(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args,
                          wasm_val_vec_t *results) {
  (void)env, (void)caller;
  results->data[0] = args->data[0];
  return NULL;
}

static wasm_trap_t *unboxed(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                            wasmote_val_t *results, size_t results_size) {
  (void)env, (void)caller, (void)args_size, (void)results_size;
  results[0] = args[0];
  return NULL;
}

static void check(const wasmote_error_t *error, const wasm_trap_t *trap) {
  if (!error && !trap) return;
  fprintf(stderr, "a call failed\n");
  exit(1);
}

static int call_unboxed(const wasm_func_t *func, int n) {
  wasmote_val_t arg, result;
  arg.kind = WASM_I32;
  arg.of.i32 = n;
  wasm_trap_t *trap = NULL;
  wasmote_error_t *error = wasmote_func_call_unboxed(func, &arg, 1, &result, 1, &trap);
  check(error, trap);
  return result.of.i32;
}

static int call_boxed(const wasm_func_t *func, int n) {
  wasm_val_t as[1] = {WASM_I32_VAL(n)}, rs[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(as), results = WASM_ARRAY_VEC(rs);
  check(NULL, wasm_func_call(func, &args, &results));
  return rs[0].of.i32;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static wasm_func_t *func_of(const wasm_instance_t *instance, const char *name) {
  return wasm_extern_as_func(wasmote_instance_export(instance, name, strlen(name)));
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  if (count < 1) return 1;
  wasm_engine_t *engine = wasm_engine_new();
  wasm_byte_vec_t binary;
  wasm_shared_module_t *module = NULL;
  check(wasmote_wat2wasm(TEXT, strlen(TEXT), &binary), NULL);
  check(wasmote_module_new(engine, (const uint8_t *)binary.data, binary.size, &module), NULL);
  wasm_byte_vec_delete(&binary);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  check(wasmote_linker_define_func(linker, "host", 4, "boxed", 5, type, boxed, NULL, NULL), NULL);
  check(wasmote_linker_define_func_unboxed(linker, "host", 4, "unboxed", 7, type, unboxed, NULL, NULL), NULL);
  wasm_functype_delete(type);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  check(wasmote_linker_instantiate(linker, store, module, &instance, &trap), trap);

  wasm_func_t *same = func_of(instance, "same");
  wasm_func_t *hosts[] = {func_of(instance, "boxed"), func_of(instance, "unboxed")};
  const char *names[] = {"vectors", "arrays"};
  int (*calls[])(const wasm_func_t *, int) = {call_boxed, call_unboxed};
  for (int i = 0; i < 2; i++) {
    // The first calls translate.
    calls[i](same, 1);
    call_unboxed(hosts[i], 1);
    double start = now();
    for (int n = 0; n < count; n++) calls[i](same, n);
    double middle = now();
    call_unboxed(hosts[i], count);
    printf("%s: a call of wasm %.1f ns, of the host %.1f ns\n", names[i], (middle - start) / count,
           (now() - middle) / count);
    wasm_func_delete(hosts[i]);
  }
  wasm_func_delete(same);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasmote_linker_delete(linker);
  wasm_shared_module_delete(module);
  wasm_engine_delete(engine);
  return 0;
}

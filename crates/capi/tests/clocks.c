// Clocks of WASI by callback: time that passes when the guest waits, and time that passes by itself.
#include "check.h"

typedef struct {
  uint64_t now, slept;
  int reads, finalized;
  wasm_func_t *func;
} clocks_t;

static bool now(void *env, uint32_t clock, uint64_t *nanoseconds) {
  clocks_t *clocks = env;
  clocks->reads++;
  if (clock > 1) return false;
  if (clocks->func) {
    // A clock must not use the store.
    wasm_trap_t *trap = wasm_func_call(clocks->func, NULL, NULL);
    CHECK(trapped(trap, "the store is in use"));
  }
  *nanoseconds = clocks->now + (clock == 0 ? 1000000 : 0);
  return true;
}

static void pass(void *env, uint64_t nanoseconds) {
  clocks_t *clocks = env;
  clocks->now += nanoseconds;
  clocks->slept += nanoseconds;
}

static void finalize(void *env) {
  ((clocks_t *)env)->finalized++;
}

// Each function returns an error of WASI, or what it reads in 32 bits.
static const char TEXT[] =
  "(module"
  "  (import \"wasi_snapshot_preview1\" \"clock_time_get\" (func $time (param i32 i64 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"clock_res_get\" (func $resolution (param i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32) (result i32)))"
  "  (memory (export \"memory\") 1)"
  "  (func (export \"time\") (param i32) (result i32) (local $error i32)"
  "    (local.set $error (call $time (local.get 0) (i64.const 1) (i32.const 0)))"
  "    (if (result i32) (local.get $error)"
  "      (then (i32.sub (i32.const 0) (local.get $error))) (else (i32.load (i32.const 0)))))"
  "  (func (export \"resolution\") (param i32) (result i32) (local $error i32)"
  "    (local.set $error (call $resolution (local.get 0) (i32.const 0)))"
  "    (if (result i32) (local.get $error)"
  "      (then (i32.sub (i32.const 0) (local.get $error))) (else (i32.load (i32.const 0)))))"
  // Waits for so many nanoseconds of clock 1.
  "  (func (export \"wait\") (param i32) (result i32)"
  "    (i32.store8 (i32.const 72) (i32.const 0))"
  "    (i32.store (i32.const 80) (i32.const 1))"
  "    (i64.store (i32.const 88) (i64.extend_i32_u (local.get 0)))"
  "    (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 0))))";

static int32_t call(const wasm_instance_t *instance, const char *name, int32_t arg) {
  wasm_func_t *func = func_of(instance, name);
  int32_t result = 0;
  CHECK(!call_i_i(func, arg, &result));
  wasm_func_delete(func);
  return result;
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  CHECK(!wasmote_linker_define_wasi(linker));
  wasm_shared_module_t *module = shared_of(engine, TEXT);
  wasm_store_t *store = wasm_store_new(engine);
  clocks_t unused = {0, 0, 0, 0, NULL}, stands = {500, 0, 0, 0, NULL}, runs = {7, 0, 0, 0, NULL};
  wasmote_wasi_config_t *config = wasmote_wasi_config_new();
  wasmote_wasi_config_clocks_callback(config, now, 1, pass, &unused, finalize);
  wasmote_wasi_config_clocks_callback(config, now, 25, pass, &stands, finalize);
  CHECK(unused.finalized == 1 && unused.reads == 0);
  CHECK(!wasmote_store_set_wasi(store, config));
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap) && instance);
  CHECK(call(instance, "time", 1) == 500 && call(instance, "time", 0) == 1000500);
  // There is no clock 2: the error is EINVAL, 28.
  CHECK(call(instance, "time", 2) == -28 && call(instance, "resolution", 3) == -28);
  CHECK(call(instance, "resolution", 0) == 25 && stands.reads > 0);
  CHECK(call(instance, "wait", 2000) == 0 && stands.slept == 2000 && call(instance, "time", 1) == 2500);
  stands.func = func_of(instance, "time");
  CHECK(call(instance, "time", 1) == 2500);
  wasm_func_delete(stands.func);
  stands.func = NULL;

  // Without a function to sleep, the thread sleeps.
  config = wasmote_wasi_config_new();
  wasmote_wasi_config_clocks_callback(config, now, 1, NULL, &runs, finalize);
  CHECK(!wasmote_store_set_wasi(store, config) && stands.finalized == 1);
  CHECK(call(instance, "wait", 1000) == 0 && call(instance, "time", 1) == 7 && runs.slept == 0);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  CHECK(runs.finalized == 1);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
  wasm_engine_delete(engine);
  return 0;
}

// Exceptions: thrown by wasm and by host functions, caught by both, and as references.
#include "check.h"

static wasmote_val_t i32(int32_t value) {
  wasmote_val_t val;
  val.kind = WASM_I32;
  val.of.i32 = value;
  return val;
}

static wasm_tagtype_t *tagtype(size_t params, const wasm_valkind_t *param, size_t results) {
  return wasm_tagtype_new(functype(params, param, results, param));
}

static const wasm_valkind_t I32_REF_V128[] = {WASM_I32, WASM_EXTERNREF, WASMOTE_V128};

typedef struct {
  wasm_store_t *store;
  wasm_extern_t *tag;
  wasm_ref_t *foreign;
} state_t;

// Throws (n, foreign, n in each byte). Waits for 50.
static wasm_trap_t *throw_it(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                             wasmote_val_t *results, size_t results_size) {
  state_t *state = env;
  CHECK(caller && args_size == 1 && results_size == 0);
  (void)results;
  if (args[0].of.i32 == 50) return wasmote_caller_suspend(caller, state);
  wasmote_val_t values[3] = {args[0], {WASM_EXTERNREF, {0}}, {WASMOTE_V128, {0}}};
  values[1].of.ref = state->foreign;
  memset(values[2].of.v128, args[0].of.i32, 16);
  wasm_trap_t *exception = NULL;
  CHECK(!wasmote_exception_new(state->store, state->tag, values, 3, &exception));
  return exception;
}

// Whether a trap carries the exception that `throw_it` throws.
static int carries(const wasm_trap_t *trap, const state_t *state, int32_t n) {
  wasm_extern_t *tag = wasmote_trap_exception_tag(trap);
  if (!tag) return 0;
  int is_tag = wasm_extern_same(tag, state->tag) && wasm_extern_kind(tag) == WASM_EXTERN_TAG;
  wasm_extern_delete(tag);
  wasmote_val_t values[3], none = i32(5);
  for (size_t i = 0; i < 3; i++) CHECK(wasmote_trap_exception_value(trap, i, &values[i]));
  CHECK(!wasmote_trap_exception_value(trap, 3, &none) && none.of.i32 == 5);
  int is_same = values[0].of.i32 == n && wasm_ref_same(values[1].of.ref, state->foreign) &&
                values[2].kind == WASMOTE_V128 && values[2].of.v128[15] == n;
  wasmote_val_delete(&values[1]);
  return is_tag && is_same && wasmote_trap_exception_size(trap) == 3 && wasmote_trap_code(trap) == WASMOTE_TRAP_EXCEPTION;
}

static size_t frames_of(const wasm_trap_t *trap) {
  wasm_frame_vec_t frames;
  wasm_trap_trace(trap, &frames);
  size_t size = frames.size;
  wasm_frame_vec_delete(&frames);
  return size;
}

static const char TEXT[] =
  "(module (import \"host\" \"tag\" (tag $tag (param i32 externref v128)))"
  "  (import \"host\" \"throw\" (func $host (param i32)))"
  "  (func (export \"catch\") (param i32) (result i32)"
  "    (block $caught (result i32 externref v128)"
  "      (try_table (catch $tag $caught) (call $host (local.get 0)))"
  "      (return (i32.const 0)))"
  "    (drop) (drop) (i32.add (i32.const 100)))"
  "  (func (export \"pass\") (param i32) (call $host (local.get 0)))"
  "  (func $throw (param i32 externref) (throw $tag (local.get 0) (local.get 1) (i8x16.splat (local.get 0))))"
  "  (func (export \"raise\") (param i32 externref) (call $throw (local.get 0) (local.get 1)))"
  "  (func (export \"take\") (param i32 externref) (result exnref)"
  "    (block $caught (result exnref)"
  "      (try_table (catch_all_ref $caught) (call $throw (local.get 0) (local.get 1)))"
  "      (ref.null exn)))"
  "  (func (export \"again\") (param exnref) (throw_ref (local.get 0)))"
  "  (tag $own (export \"own\") (param i64)))";

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  state_t state = {wasm_store_new(engine), NULL, NULL};
  wasm_tagtype_t *type = tagtype(3, I32_REF_V128, 0), *wrong = tagtype(1, I32_REF_V128, 1);
  CHECK(!wasmote_tag_new(state.store, wrong));
  wasm_tagtype_delete(wrong);
  state.tag = wasmote_tag_new(state.store, type);
  wasm_tagtype_delete(type);
  CHECK(state.tag && wasm_extern_kind(state.tag) == WASM_EXTERN_TAG);
  wasm_externtype_t *of_tag = wasm_extern_type(state.tag);
  CHECK(wasm_functype_params(wasm_tagtype_functype(wasm_externtype_as_tagtype(of_tag)))->size == 3);
  wasm_externtype_delete(of_tag);
  state.foreign = wasm_foreign_as_ref(wasm_foreign_new(state.store));

  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *functype_i = functype(1, I32_REF_V128, 0, I32_REF_V128);
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "throw", 5, functype_i, throw_it, &state, NULL));
  wasm_functype_delete(functype_i);
  CHECK(!wasmote_linker_define(linker, "host", 4, "tag", 3, state.tag));
  wasm_shared_module_t *module = shared_of(engine, TEXT);
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, state.store, module, &instance, &trap) && instance);
  wasm_func_t *catch_it = func_of(instance, "catch"), *pass = func_of(instance, "pass"), *raise = func_of(instance, "raise");
  wasm_func_t *take = func_of(instance, "take"), *again = func_of(instance, "again");

  // The host throws, wasm catches, or the host itself.
  wasmote_val_t args[2] = {i32(7), {WASM_EXTERNREF, {0}}}, results[1];
  args[1].of.ref = state.foreign;
  CHECK(!wasmote_func_call_unboxed(catch_it, args, 1, results, 1, &trap) && !trap && results[0].of.i32 == 107);
  CHECK(!wasmote_func_call_unboxed(pass, args, 1, NULL, 0, &trap) && carries(trap, &state, 7) && frames_of(trap) == 1);
  CHECK(trapped(trap, "uncaught wasm exception (i32 7, externref, v128)"));
  // Wasm throws, the host catches, and throws it on.
  args[0] = i32(9);
  CHECK(!wasmote_func_call_unboxed(raise, args, 2, NULL, 0, &trap) && carries(trap, &state, 9) && frames_of(trap) == 2);
  wasm_trap_delete(trap);
  // The boxed call has it, too.
  wasm_val_t boxed[1] = {WASM_I32_VAL(8)};
  wasm_val_vec_t boxed_args = WASM_ARRAY_VEC(boxed);
  trap = wasm_func_call(pass, &boxed_args, NULL);
  CHECK(carries(trap, &state, 8));
  wasm_trap_t *copy = wasm_trap_copy(trap);
  wasm_trap_delete(trap);
  CHECK(carries(copy, &state, 8));
  wasm_trap_delete(copy);

  // As a reference.
  CHECK(!wasmote_func_call_unboxed(take, args, 2, results, 1, &trap) && !trap);
  CHECK(results[0].kind == WASMOTE_EXNREF && results[0].of.ref);
  wasm_trap_t *exception = wasmote_ref_exception(results[0].of.ref);
  CHECK(carries(exception, &state, 9) && frames_of(exception) == 0);
  wasm_trap_delete(exception);
  CHECK(!wasmote_ref_exception(state.foreign));
  wasmote_val_t thrown = results[0];
  CHECK(!wasmote_func_call_unboxed(again, &thrown, 1, NULL, 0, &trap) && carries(trap, &state, 9));
  wasm_trap_delete(trap);
  wasmote_val_delete(&results[0]);

  // An exception of the instance's own tag; and what is none.
  wasm_extern_t *own = export_of(instance, "own");
  wasmote_val_t values[1] = {i32(3)};
  exception = NULL;
  CHECK(failed(wasmote_exception_new(state.store, own, values, 1, &exception), "another type") && !exception);
  CHECK(failed(wasmote_exception_new(state.store, own, values, 0, &exception), "another type"));
  CHECK(failed(wasmote_exception_new(state.store, wasm_func_as_extern(pass), values, 1, &exception), "no tag"));
  values[0].kind = WASM_I64, values[0].of.i64 = -5;
  wasm_store_t *another = wasm_store_new(engine);
  CHECK(failed(wasmote_exception_new(another, own, values, 1, &exception), "another store"));
  wasm_store_delete(another);
  CHECK(!wasmote_exception_new(state.store, own, values, 1, &exception));
  CHECK(trapped(exception, "uncaught wasm exception (i64 -5)"));
  wasm_name_t message = {2, (char[]){'x', 0}};
  trap = wasm_trap_new(state.store, &message);
  CHECK(!wasmote_trap_exception_tag(trap) && wasmote_trap_exception_size(trap) == 0);
  CHECK(!wasmote_trap_exception_value(trap, 0, results));
  wasm_trap_delete(trap);

  // A resumable call goes on with an exception, which wasm catches.
  args[0] = i32(50);
  wasmote_val_t ten[3] = {i32(10), args[1], {WASMOTE_V128, {0}}};
  wasmote_call_t *call = NULL;
  CHECK(!wasmote_func_call_resumable(catch_it, args, 1, results, 1, &call, &trap) && wasmote_call_value(call) == &state);
  CHECK(!wasmote_exception_new(state.store, state.tag, ten, 3, &exception));
  CHECK(!wasmote_call_resume_trap(call, exception, results, 1, &trap) && !trap && results[0].of.i32 == 110);
  wasmote_call_delete(call);

  wasm_extern_delete(own);
  wasm_func_delete(catch_it);
  wasm_func_delete(pass);
  wasm_func_delete(raise);
  wasm_func_delete(take);
  wasm_func_delete(again);
  wasm_instance_delete(instance);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
  wasm_ref_delete(state.foreign);
  wasm_extern_delete(state.tag);
  wasm_store_delete(state.store);
  wasm_engine_delete(engine);
  return 0;
}

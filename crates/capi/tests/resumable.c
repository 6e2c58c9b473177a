// Calls that stop and go on: out of fuel, interrupted, and suspended by a host function.
#include "check.h"

static wasmote_val_t i32(int32_t value) {
  wasmote_val_t val;
  val.kind = WASM_I32;
  val.of.i32 = value;
  return val;
}

static const char SUM[] =
  "(module (func (export \"sum\") (param i32) (result i32) (local i32)"
  "  (loop $more"
  "    (local.set 1 (i32.add (local.get 1) (local.get 0)))"
  "    (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
  "  (local.get 1)))";

static void fuel(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_consume_fuel_set(config, true);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, SUM);
  wasm_func_t *sum = func_of(instance, "sum");
  wasmote_val_t args[1] = {i32(1000)}, results[1] = {i32(-7)};
  wasmote_call_t *call = NULL, *other = NULL;
  wasm_trap_t *trap = NULL;
  // Two calls of one store are stopped at once.
  CHECK(!wasmote_func_call_resumable(sum, args, 1, results, 1, &call, &trap) && call && !trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_OUT_OF_FUEL && results[0].of.i32 == -7);
  args[0] = i32(10);
  CHECK(!wasmote_func_call_resumable(sum, args, 1, results, 1, &other, &trap) && other && !trap);
  int stops = 0;
  while (wasmote_call_state(call) == WASMOTE_CALL_OUT_OF_FUEL) {
    CHECK(results[0].of.i32 == -7 && !wasmote_store_set_fuel(store, 500));
    CHECK(!wasmote_call_resume(call, NULL, 0, results, 1, &trap) && !trap);
    stops++;
  }
  CHECK(stops > 5 && wasmote_call_state(call) == WASMOTE_CALL_ENDED && results[0].of.i32 == 500500);
  CHECK(failed(wasmote_call_resume(call, NULL, 0, results, 1, &trap), "the call has ended") && !trap);
  wasmote_call_delete(call);
  // What does not fit leaves the call as it is.
  CHECK(failed(wasmote_call_resume(other, args, 1, results, 1, &trap), "waits for no host function"));
  CHECK(failed(wasmote_call_resume(other, NULL, 0, results, 0, &trap), "the number of results"));
  CHECK(failed(wasmote_call_resume_trap(other, NULL, results, 1, &trap), "there is no trap"));
  wasm_name_t message = {2, (char[]){'x', 0}};
  CHECK(failed(wasmote_call_resume_trap(other, wasm_trap_new(store, &message), results, 1, &trap), "waits for no"));
  CHECK(!wasmote_call_value(other) && wasmote_call_state(other) == WASMOTE_CALL_OUT_OF_FUEL);
  // The call keeps its store.
  wasm_store_t *last = store;
  CHECK(!wasmote_store_set_fuel(store, 5000));
  wasm_func_delete(sum);
  wasm_instance_delete(instance);
  wasm_store_delete(last);
  CHECK(!wasmote_call_resume(other, NULL, 0, results, 1, &trap) && results[0].of.i32 == 55);
  wasmote_call_delete(other);
  wasmote_call_delete(NULL);

  store = wasm_store_new(engine);
  instance = instance_of(store, SUM);
  sum = func_of(instance, "sum");
  call = (wasmote_call_t *)1;
  CHECK(failed(wasmote_func_call_resumable(sum, args, 0, results, 1, &call, &trap), "the number of arguments") && !call);
  CHECK(failed(wasmote_func_call_resumable(sum, args, 1, results, 2, &call, &trap), "the number of results") && !call);
  CHECK(!wasmote_func_call_resumable(sum, args, 1, results, 1, &call, &trap));
  wasm_func_delete(sum);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  wasmote_call_delete(call);
}

static void interruption(void) {
  wasm_config_t *config = wasm_config_new();
  wasmote_config_interruption_set(config, true);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, SUM);
  wasm_func_t *sum = func_of(instance, "sum");
  wasmote_interrupt_handle_t *handle = NULL;
  CHECK(!wasmote_interrupt_handle_new(store, &handle));
  wasmote_interrupt_handle_interrupt(handle);
  wasmote_val_t args[1] = {i32(100)}, results[1];
  wasmote_call_t *call = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_func_call_resumable(sum, args, 1, results, 1, &call, &trap) && !trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_INTERRUPTED);
  CHECK(!wasmote_call_resume(call, NULL, 0, results, 1, &trap) && !trap && results[0].of.i32 == 5050);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_ENDED);
  wasmote_call_delete(call);
  wasmote_interrupt_handle_delete(handle);
  wasm_func_delete(sum);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

typedef struct {
  int asked;
  // What the next call deletes, or tries to resume.
  wasmote_call_t *running;
  wasm_func_t *func;
  wasm_trap_t *kept;
} state_t;

// Suspends its caller for 0 and 4, traps for 1, deletes the running call for 2, and calls ordinarily for 3.
static wasm_trap_t *ask(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                        wasmote_val_t *results, size_t results_size) {
  state_t *state = env;
  CHECK(args_size == 1 && results_size == 1);
  state->asked = args[0].of.i32;
  wasm_trap_t *trap = NULL;
  switch (state->asked) {
    case 0:
      return wasmote_caller_suspend(caller, &state->asked);
    case 1: {
      wasm_store_t *store = wasmote_caller_store(caller);
      wasm_name_t message = {3, (char[]){'n', 'o', 0}};
      trap = wasm_trap_new(store, &message);
      wasm_store_delete(store);
      wasm_trap_set_host_info(trap, state);
      return trap;
    }
    case 2: {
      wasmote_val_t result;
      CHECK(wasmote_call_state(state->running) == WASMOTE_CALL_ENDED);
      CHECK(failed(wasmote_call_resume(state->running, NULL, 0, &result, 1, &trap), "is running"));
      wasmote_call_delete(state->running);
      results[0] = i32(20);
      return NULL;
    }
    case 3: {
      wasmote_val_t inner[1] = {i32(0)}, result;
      CHECK(!wasmote_func_call_unboxed(state->func, inner, 1, &result, 1, &trap) && trap);
      return trap;
    }
    default:
      state->kept = wasmote_caller_suspend(caller, NULL);
      return wasmote_caller_suspend(caller, state);
  }
}

static void suspension(wasm_engine_t *engine) {
  static const wasm_valkind_t kinds[] = {WASM_I32};
  state_t state = {0, NULL, NULL, NULL};
  wasm_store_t *store = wasm_store_new(engine);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = functype(1, kinds, 1, kinds);
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "ask", 3, type, ask, &state, NULL));
  wasm_functype_delete(type);
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"host\" \"ask\" (func $ask (param i32) (result i32)))"
    "  (func $run (export \"run\") (param i32) (result i32)"
    "    (i32.add (call $ask (local.get 0)) (call $ask (local.get 0))))"
    "  (func (export \"divide\") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))");
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap));
  wasm_func_t *run = state.func = func_of(instance, "run");
  wasmote_val_t args[1] = {i32(0)}, results[1], answer[1] = {i32(30)}, wrong[1];
  wrong[0].kind = WASM_I64, wrong[0].of.i64 = 1;
  wasmote_call_t *call = NULL;

  // The host function is called twice, and each time waits for its result.
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &call, &trap) && !trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_SUSPENDED && wasmote_call_value(call) == &state.asked);
  CHECK(failed(wasmote_call_resume(call, NULL, 0, results, 1, &trap), "do not fit the results of the host function"));
  CHECK(failed(wasmote_call_resume(call, wrong, 1, results, 1, &trap), "do not fit the results of the host function"));
  CHECK(!wasmote_call_resume(call, answer, 1, results, 1, &trap) && !trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_SUSPENDED);
  answer[0] = i32(12);
  CHECK(!wasmote_call_resume(call, answer, 1, results, 1, &trap) && !trap && results[0].of.i32 == 42);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_ENDED && !wasmote_call_value(call));
  wasmote_call_delete(call);

  // The host function fails later.
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &call, &trap));
  wasm_name_t message = {6, (char[]){'l', 'a', 't', 'e', 'r', 0}};
  CHECK(!wasmote_call_resume_trap(call, wasm_trap_new(store, &message), results, 1, &trap) && trap);
  wasm_frame_t *origin = wasm_trap_origin(trap);
  CHECK(origin && wasm_frame_func_index(origin) == 1 && wasmote_call_state(call) == WASMOTE_CALL_ENDED);
  wasm_frame_delete(origin);
  CHECK(trapped(trap, "later"));
  wasmote_call_delete(call);

  // Only a suspension stops a call: a trap of the host's ends it, with its frames, and is the same.
  args[0] = i32(1);
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &call, &trap) && trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_ENDED && wasm_trap_get_host_info(trap) == &state);
  origin = wasm_trap_origin(trap);
  CHECK(origin);
  wasm_frame_delete(origin);
  CHECK(trapped(trap, "no"));
  wasmote_call_delete(call);
  wasm_func_t *divide = func_of(instance, "divide");
  args[0] = i32(0);
  CHECK(!wasmote_func_call_resumable(divide, args, 1, results, 1, &call, &trap));
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_INTEGER_DIVISION_BY_ZERO && trapped(trap, "integer divide by zero"));
  wasmote_call_delete(call);
  wasm_func_delete(divide);

  // Ordinary calls cannot be suspended, also inside of one that could be.
  CHECK(!wasmote_func_call_unboxed(run, args, 1, results, 1, &trap));
  CHECK(trapped(trap, "a host function suspended a call that is not resumable"));
  args[0] = i32(3);
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &call, &trap));
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_ENDED);
  CHECK(trapped(trap, "a host function suspended a call that is not resumable"));
  wasmote_call_delete(call);

  // Calls that wait are deleted, also after what they wait for.
  args[0] = i32(0);
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &call, &trap));
  args[0] = i32(4);
  wasmote_call_t *second = NULL;
  CHECK(!wasmote_func_call_resumable(run, args, 1, results, 1, &second, &trap));
  CHECK(wasmote_call_value(second) == &state && wasmote_trap_code(state.kept) == WASMOTE_TRAP_SUSPENDED);
  // A suspension in place of a failure: the call waits on.
  CHECK(!wasmote_call_resume_trap(second, state.kept, results, 1, &trap));
  CHECK(!trap && wasmote_call_state(second) == WASMOTE_CALL_SUSPENDED && !wasmote_call_value(second));
  wasmote_call_delete(second);
  wasmote_call_delete(call);
  wasm_func_delete(run);
  wasm_instance_delete(instance);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
  wasm_store_delete(store);
}

// Deletes the call that runs, which is the last owner of the store besides the library.
static void deleted_while_running(wasm_engine_t *engine) {
  static const wasm_valkind_t kinds[] = {WASM_I32};
  state_t state = {0, NULL, NULL, NULL};
  wasm_store_t *store = wasm_store_new(engine);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = functype(1, kinds, 1, kinds);
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "ask", 3, type, ask, &state, NULL));
  wasm_functype_delete(type);
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"host\" \"ask\" (func $ask (param i32) (result i32)))"
    "  (func (export \"run\") (result i32) (drop (call $ask (i32.const 0))) (call $ask (i32.const 2))))");
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap));
  wasm_func_t *run = func_of(instance, "run");
  wasmote_val_t results[1], answer[1] = {i32(1)};
  wasmote_call_t *call = NULL;
  CHECK(!wasmote_func_call_resumable(run, NULL, 0, results, 1, &call, &trap) && !trap);
  state.running = call;
  wasm_func_delete(run);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  CHECK(!wasmote_call_resume(call, answer, 1, results, 1, &trap) && !trap && results[0].of.i32 == 20);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
}

typedef struct {
  wasm_func_t *inner;
  wasmote_call_t *kept;
  wasm_trap_t *last;
} keeper_t;

// Starts a resumable call and keeps it, then goes on with it; 30 and 12 are what it waits for.
static wasm_trap_t *keep(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                         wasmote_val_t *results, size_t results_size) {
  keeper_t *keeper = env;
  CHECK(caller && args_size == 1 && results_size == 1);
  wasmote_val_t arg = i32(0), result = i32(-1), answer = i32(args[0].of.i32);
  if (!keeper->kept) {
    CHECK(!wasmote_func_call_resumable(keeper->inner, &arg, 1, &result, 1, &keeper->kept, &keeper->last));
  } else {
    CHECK(!wasmote_call_resume(keeper->kept, &answer, 1, &result, 1, &keeper->last));
  }
  CHECK(!keeper->last);
  results[0] = result;
  return NULL;
}

// A resumable call that host functions of other calls start and go on with.
static void inside_of_other_calls(wasm_engine_t *engine) {
  static const wasm_valkind_t kinds[] = {WASM_I32};
  state_t state = {0, NULL, NULL, NULL};
  keeper_t keeper = {NULL, NULL, NULL};
  wasm_store_t *store = wasm_store_new(engine);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  wasm_functype_t *type = functype(1, kinds, 1, kinds);
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "ask", 3, type, ask, &state, NULL));
  CHECK(!wasmote_linker_define_func_unboxed(linker, "host", 4, "keep", 4, type, keep, &keeper, NULL));
  wasm_functype_delete(type);
  wasm_shared_module_t *module = shared_of(engine,
    "(module (import \"host\" \"ask\" (func $ask (param i32) (result i32)))"
    "  (import \"host\" \"keep\" (func $keep (param i32) (result i32)))"
    "  (func (export \"inner\") (param i32) (result i32) (i32.sub (call $ask (local.get 0)) (call $ask (local.get 0))))"
    "  (func (export \"outer\") (param i32) (result i32) (call $keep (local.get 0))))");
  wasm_instance_t *instance = NULL;
  wasm_trap_t *trap = NULL;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap));
  wasm_func_t *outer = func_of(instance, "outer");
  keeper.inner = func_of(instance, "inner");
  int32_t result = 0;
  CHECK(!call_i_i(outer, 1, &result) && result == -1 && wasmote_call_state(keeper.kept) == WASMOTE_CALL_SUSPENDED);
  CHECK(!call_i_i(outer, 30, &result) && result == -1 && wasmote_call_state(keeper.kept) == WASMOTE_CALL_SUSPENDED);
  CHECK(!call_i_i(outer, 12, &result) && result == 18 && wasmote_call_state(keeper.kept) == WASMOTE_CALL_ENDED);
  wasmote_call_delete(keeper.kept);
  wasm_func_delete(outer);
  wasm_func_delete(keeper.inner);
  wasm_instance_delete(instance);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
  wasm_store_delete(store);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  fuel();
  inside_of_other_calls(engine);
  interruption();
  suspension(engine);
  deleted_while_running(engine);
  wasm_engine_delete(engine);
  return 0;
}

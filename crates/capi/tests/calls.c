// Calls in both directions: they nest, trap, and delete what is running. Finalizers call back.
#include "check.h"

typedef struct {
  wasm_store_t *store;
  wasm_func_t *func;
  int finalized;
} state_t;

static const wasm_valkind_t I32[] = {WASM_I32}, REF[] = {WASM_EXTERNREF};

// Calls the guest again, which calls this: n becomes n - 1 each time.
static wasm_trap_t *nest(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  state_t *state = env;
  int32_t n = args->data[0].of.i32, result = 0;
  if (n == 100) {
    wasm_name_t message = {8, "enough!"};
    return wasm_trap_new(state->store, &message);
  }
  if (n > 0) {
    wasm_trap_t *trap = call_i_i(state->func, n - 1, &result);
    if (trap) return trap;
  }
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = result + 1;
  return NULL;
}

static void finalize(void *env) {
  ((state_t *)env)->finalized++;
}

static wasm_instance_t *instantiate(wasm_store_t *store, const char *text, wasm_func_t *import) {
  wasm_module_t *module = module_of(store, text);
  wasm_extern_t *imported[] = {wasm_func_as_extern(import)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_trap_t *trap;
  wasm_instance_t *instance = wasm_instance_new(store, module, &imports, &trap);
  CHECK(instance && !trap);
  wasm_module_delete(module);
  return instance;
}

static wasm_func_t *host(wasm_store_t *store, const wasm_valkind_t *param, const wasm_valkind_t *result,
                         wasm_func_callback_with_env_t callback, state_t *state) {
  wasm_functype_t *type = functype(1, param, 1, result);
  wasm_func_t *func = wasm_func_new_with_env(store, type, callback, state, finalize);
  CHECK(func);
  wasm_functype_delete(type);
  return func;
}

static void nested(wasm_engine_t *engine) {
  state_t state = {wasm_store_new(engine), NULL, 0};
  wasm_func_t *import = host(state.store, I32, I32, nest, &state);
  CHECK(wasm_func_param_arity(import) == 1 && wasm_func_result_arity(import) == 1);
  wasm_instance_t *instance = instantiate(state.store,
    "(module (import \"\" \"\" (func $host (param i32) (result i32)))"
    "  (func $call (export \"call\") (param i32) (result i32) (call $host (local.get 0))))", import);
  state.func = func_of(instance, "call");
  int32_t result = 0;
  CHECK(!call_i_i(state.func, 30, &result) && result == 31);
  CHECK(!call_i_i(import, 3, &result) && result == 4);

  // A trap of the innermost call passes all of them, and gets the frames of each.
  wasm_trap_t *trap = call_i_i(state.func, 103, &result);
  CHECK(trap);
  wasm_frame_vec_t frames;
  wasm_trap_trace(trap, &frames);
  CHECK(frames.size == 4);
  for (size_t i = 0; i < 4; i++) {
    CHECK(wasm_frame_func_index(frames.data[i]) == 1);
    CHECK(wasm_instance_same(wasm_frame_instance(frames.data[i]), instance));
    CHECK(wasm_frame_module_offset(frames.data[i]) > wasm_frame_func_offset(frames.data[i]));
  }
  wasm_name_t name;
  wasmote_frame_func_name(frames.data[0], &name);
  CHECK(name_is(&name, "call"));
  wasm_byte_vec_delete(&name);
  wasm_frame_t *copy = wasm_frame_copy(frames.data[3]), *origin = wasm_trap_origin(trap);
  wasm_frame_vec_delete(&frames);
  CHECK(wasm_frame_func_index(copy) == 1 && wasm_frame_func_offset(origin) == wasm_frame_func_offset(copy));
  wasm_frame_delete(copy);
  wasm_frame_delete(origin);
  CHECK(wasmote_trap_code(trap) == 0 && !wasmote_trap_exit_status(trap, NULL));
  CHECK(trapped(trap, "enough!"));

  wasm_func_delete(import);
  wasm_func_delete(state.func);
  wasm_instance_delete(instance);
  CHECK(state.finalized == 0);
  wasm_store_delete(state.store);
  CHECK(state.finalized == 1);
}

// Arguments that do not fit are traps; results need not have room.
static void wrong(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine), *another = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store,
    "(module (func (export \"f\") (param i32 externref) (result i32 externref) (local.get 0) (local.get 1))"
    "  (func (export \"divide\") (result i32) (i32.div_u (i32.const 1) (i32.const 0)))"
    "  (func (export \"v\") (param v128)) (func (export \"w\") (result v128) (v128.const i64x2 0 0)))");
  wasm_func_t *func = func_of(instance, "f");
  wasm_ref_t *foreign = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_t *stranger = wasm_foreign_as_ref(wasm_foreign_new(another));
  wasm_val_t as[2] = {WASM_I32_VAL(5), WASM_REF_VAL(foreign)}, rs[3] = {WASM_I32_VAL(1), WASM_I32_VAL(2), WASM_I32_VAL(3)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(as), results = WASM_ARRAY_VEC(rs);
  CHECK(!wasm_func_call(func, &args, &results));
  CHECK(rs[0].of.i32 == 5 && wasm_ref_same(rs[1].of.ref, foreign) && rs[2].of.i32 == 3);
  wasm_val_delete(&rs[1]);
  results.size = 1;
  CHECK(!wasm_func_call(func, &args, &results) && !wasm_func_call(func, &args, NULL));
  as[1].of.ref = stranger;
  CHECK(trapped(wasm_func_call(func, &args, NULL), "an argument is of another type or store"));
  as[1].of.ref = wasm_func_as_ref(func);
  CHECK(trapped(wasm_func_call(func, &args, NULL), "an argument is of another type or store"));
  as[1].of.ref = NULL;
  as[0].kind = WASM_I64;
  CHECK(trapped(wasm_func_call(func, &args, NULL), "an argument is of another type or store"));
  args.size = 1;
  CHECK(trapped(wasm_func_call(func, &args, NULL), "the number of arguments"));
  wasm_func_t *divide = func_of(instance, "divide");
  wasm_trap_t *trap = wasm_func_call(divide, NULL, &results);
  CHECK(wasmote_trap_code(trap) == WASMOTE_TRAP_INTEGER_DIVISION_BY_ZERO);
  wasm_trap_t *copy = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(copy, trap) && wasm_ref_as_trap(wasm_trap_as_ref(trap)) == trap);
  wasm_trap_delete(copy);
  CHECK(trapped(trap, "integer divide by zero"));
  wasm_func_t *vector = func_of(instance, "v"), *gives = func_of(instance, "w");
  args.size = 1;
  CHECK(trapped(wasm_func_call(vector, &args, NULL), "an argument is of another type"));
  CHECK(trapped(wasm_func_call(gives, NULL, NULL), "values of type v128"));
  wasm_func_delete(vector);
  wasm_func_delete(gives);
  wasm_func_delete(divide);
  wasm_func_delete(func);
  wasm_ref_delete(foreign);
  wasm_ref_delete(stranger);
  wasm_instance_delete(instance);
  wasm_store_delete(another);
  wasm_store_delete(store);
}

// Deletes everything that is running.
static wasm_trap_t *delete_all(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  state_t *state = env;
  wasm_func_delete(state->func);
  wasm_store_delete(state->store);
  state->func = NULL;
  CHECK(state->finalized == 0);
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

static void deleted_while_running(wasm_engine_t *engine) {
  state_t state = {wasm_store_new(engine), NULL, 0};
  wasm_func_t *import = host(state.store, I32, I32, delete_all, &state);
  wasm_instance_t *instance = instantiate(state.store,
    "(module (import \"\" \"\" (func $host (param i32) (result i32)))"
    "  (func (export \"call\") (param i32) (result i32) (i32.add (call $host (local.get 0)) (i32.const 1))))", import);
  state.func = func_of(instance, "call");
  wasm_func_delete(import);
  wasm_instance_delete(instance);
  int32_t result;
  CHECK(!call_i_i(state.func, 8, &result) && result == 9);
  CHECK(state.finalized == 1);
}

// Returns a trap of another store.
static wasm_trap_t *stranger(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  state_t *state = env;
  (void)args;
  (void)results;
  wasm_name_t message = {3, (char[]){'f', 'a', 'r'}};
  wasm_trap_t *trap = wasm_trap_new(state->store, &message);
  wasm_trap_set_host_info_with_finalizer(trap, state, finalize);
  return trap;
}

static void trap_of_another_store(wasm_engine_t *engine) {
  state_t state = {wasm_store_new(engine), NULL, 0};
  wasm_store_t *store = wasm_store_new(engine);
  wasm_func_t *func = host(store, I32, I32, stranger, &state);
  int32_t result;
  wasm_trap_t *trap = call_i_i(func, 1, &result);
  // The trap is a copy: that of the other store is deleted.
  CHECK(trap && state.finalized == 1 && !wasm_trap_get_host_info(trap));
  wasm_trap_set_host_info_with_finalizer(trap, &state, finalize);
  wasm_ref_t *copy = wasm_ref_copy(wasm_trap_as_ref(trap));
  CHECK(wasm_ref_get_host_info(copy) == &state);
  CHECK(trapped(trap, "far") && state.finalized == 1);
  wasm_ref_delete(copy);
  CHECK(state.finalized == 2);
  wasm_func_delete(func);
  wasm_store_delete(store);
  CHECK(state.finalized == 3);
  wasm_store_delete(state.store);
}

// Returns what is no result of its type.
static wasm_trap_t *wrong_result(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)env;
  (void)args;
  results->data[0].kind = WASM_F32;
  return NULL;
}

// Calls back from a finalizer: while wasm has called the host, and when the last owner of the object is deleted.
static void finalize_and_call(void *env) {
  state_t *state = env;
  int32_t result = 0;
  if (state->func) CHECK(!call_i_i(state->func, 40, &result) && result == 41);
  state->finalized++;
}

static wasm_trap_t *make_foreign(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  state_t *state = env;
  (void)args;
  wasm_foreign_t *foreign = wasm_foreign_new(state->store);
  wasm_foreign_set_host_info_with_finalizer(foreign, state, finalize_and_call);
  // The first finalizer runs, since another one takes its place.
  wasm_foreign_set_host_info_with_finalizer(foreign, state, finalize_and_call);
  CHECK(wasm_foreign_get_host_info(foreign) == state);
  results->data[0].kind = WASM_EXTERNREF;
  results->data[0].of.ref = wasm_foreign_as_ref(foreign);
  return NULL;
}

static void finalizers(wasm_engine_t *engine) {
  state_t state = {wasm_store_new(engine), NULL, 0}, maker = {state.store, NULL, 0}, unused = {0};
  wasm_func_t *bad = host(state.store, I32, I32, wrong_result, &unused);
  int32_t result;
  CHECK(trapped(call_i_i(bad, 0, &result), "a host function returned values of other types"));
  wasm_func_delete(bad);
  wasm_instance_t *adder = instance_of(state.store,
    "(module (func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))");
  wasm_func_t *func = func_of(adder, "f");
  state.func = maker.func = func;
  wasm_func_t *import = host(state.store, REF, REF, make_foreign, &state);
  // The guest drops 3000 objects, so that collections find some of them.
  wasm_instance_t *instance = instantiate(state.store,
    "(module (import \"\" \"\" (func $make (param externref) (result externref)))"
    "  (func (export \"call\") (param i32) (result i32)"
    "    (loop $more (drop (call $make (ref.null extern)))"
    "      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "    (i32.const 5)))", import);
  wasm_func_t *call = func_of(instance, "call");
  CHECK(!call_i_i(call, 3000, &result) && result == 5);
  CHECK(state.finalized >= 3000);
  wasm_instance_set_host_info_with_finalizer(instance, &maker, finalize_and_call);
  wasm_func_delete(call);
  wasm_func_delete(import);
  wasm_instance_delete(instance);
  wasm_instance_delete(adder);
  CHECK(maker.finalized == 0);
  // With the store, all are finalized; they have no reference to call with.
  wasm_func_delete(func);
  state.func = maker.func = NULL;
  wasm_store_delete(state.store);
  CHECK(maker.finalized == 1 && state.finalized == 6001 && unused.finalized == 1);
}

// A serialized module has names, and no offsets.
static void unknown_offsets(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  wasm_module_t *module = module_of(store, "(module $mod (func $stop (export \"stop\") unreachable))");
  wasm_byte_vec_t image;
  wasm_module_serialize(module, &image);
  wasm_module_delete(module);
  module = wasm_module_deserialize(store, &image);
  wasm_byte_vec_delete(&image);
  wasm_trap_t *trap;
  wasm_instance_t *instance = wasm_instance_new(store, module, NULL, &trap);
  wasm_func_t *stop = func_of(instance, "stop");
  trap = wasm_func_call(stop, NULL, NULL);
  wasm_frame_t *frame = wasm_trap_origin(trap);
  CHECK(wasm_frame_func_offset(frame) == SIZE_MAX && wasm_frame_module_offset(frame) == SIZE_MAX);
  wasm_name_t name;
  wasmote_frame_func_name(frame, &name);
  CHECK(name_is(&name, "stop"));
  wasm_byte_vec_delete(&name);
  wasmote_frame_module_name(frame, &name);
  CHECK(name_is(&name, "mod"));
  wasm_byte_vec_delete(&name);
  wasm_frame_delete(frame);
  wasm_trap_delete(trap);
  wasm_func_delete(stop);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  unknown_offsets(engine);
  nested(engine);
  wrong(engine);
  deleted_while_running(engine);
  trap_of_another_store(engine);
  finalizers(engine);
  wasm_engine_delete(engine);
  return 0;
}

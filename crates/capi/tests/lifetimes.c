// Finalizers run while linkers and configurations of WASI change; host functions delete the calls in which they run; and what
// fails half-way leaves nothing that could be used wrongly.
#include "check.h"

// What the next finalizer or host function deletes or changes.
static struct doomed {
  wasmote_linker_t *linker, *extended;
  wasmote_wasi_config_t *config, *changed;
  wasm_instance_t *instance;
  wasm_store_t *store;
  wasm_func_t *func;
  wasmote_call_t *call;
  int calls;
} doomed;

#define NAME "wasi_snapshot_preview1"

static wasm_trap_t *nothing(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                            wasmote_val_t *results, size_t results_size) {
  (void)env;
  (void)caller;
  (void)args;
  (void)args_size;
  (void)results;
  (void)results_size;
  return NULL;
}

static wasm_trap_t *nothing_of_vectors(void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args,
                                       wasm_val_vec_t *results) {
  (void)env;
  (void)caller;
  (void)args;
  (void)results;
  return NULL;
}

static wasmote_error_t *define(wasmote_linker_t *linker, const char *module, const char *name, void *env,
                               void (*finalizer)(void *)) {
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasmote_error_t *error = wasmote_linker_define_func_unboxed(
    linker, module, strlen(module), name, strlen(name), type, nothing, env, finalizer);
  wasm_functype_delete(type);
  return error;
}

static void finalize(void *env) {
  (void)env;
  struct doomed now = doomed;
  memset(&doomed, 0, sizeof doomed);
  doomed.calls = now.calls + 1;
  for (int i = 0; now.extended && i < 100; i++) {
    char name[12];
    snprintf(name, sizeof name, "more%d", i);
    CHECK(!define(now.extended, "m", name, NULL, NULL));
  }
  if (now.changed) wasmote_wasi_config_arg(now.changed, "argument");
  wasmote_linker_delete(now.linker);
  wasmote_wasi_config_delete(now.config);
  wasm_instance_delete(now.instance);
  wasmote_call_delete(now.call);
  wasm_func_delete(now.func);
  wasm_store_delete(now.store);
}

// Each definition that takes the place of a function runs its finalizer, which deletes the linker, or defines more in it.
static void replaced_in_linkers(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, "(module (func (export \"proc_exit\")))");
  wasm_extern_t *item = export_of(instance, "proc_exit");
  wasm_shared_module_t *user =
    shared_of(engine, "(module (import \"m\" \"more99\" (func)) (import \"" NAME "\" \"proc_exit\" (func)))");
  wasm_functype_t *type = wasm_functype_new_0_0();
  for (int way = 0; way < 5; way++) {
    for (int extends = 0; extends < 2; extends++) {
      wasmote_linker_t *linker = wasmote_linker_new(engine);
      wasmote_linker_allow_shadowing(linker, true);
      CHECK(!define(linker, NAME, "proc_exit", NULL, finalize));
      doomed.calls = 0;
      doomed.extended = extends ? linker : NULL;
      doomed.linker = extends ? NULL : linker;
      wasmote_error_t *error = NULL;
      switch (way) {
      case 0: error = define(linker, NAME, "proc_exit", NULL, NULL); break;
      case 1: error = wasmote_linker_define(linker, NAME, strlen(NAME), "proc_exit", 9, item); break;
      case 2: error = wasmote_linker_define_wasi(linker); break;
      case 3: error = wasmote_linker_define_instance(linker, NAME, strlen(NAME), instance); break;
      default:
        error = wasmote_linker_define_func(
          linker, NAME, strlen(NAME), "proc_exit", 9, type, nothing_of_vectors, NULL, NULL);
      }
      CHECK(!error && doomed.calls == 1);
      if (!extends) continue;
      wasm_instance_t *made;
      wasm_trap_t *trap;
      error = wasmote_linker_instantiate(linker, store, user, &made, &trap);
      // The function of WASI has a parameter.
      CHECK(way == 2 ? failed(error, "proc_exit") : !error && made && !trap);
      wasm_instance_delete(made);
      wasmote_linker_delete(linker);
    }
  }
  wasm_functype_delete(type);
  wasm_shared_module_delete(user);
  wasm_extern_delete(item);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
}

// A definition fails since its name is taken, and its finalizer deletes the linker.
static void refused_by_linkers(wasm_engine_t *engine) {
  doomed.calls = 0;
  doomed.linker = wasmote_linker_new(engine);
  CHECK(!define(doomed.linker, "m", "f", NULL, NULL));
  CHECK(failed(define(doomed.linker, "m", "f", NULL, finalize), "f"));
  CHECK(doomed.calls == 1 && !doomed.linker);
}

static void delete_trap(void *trap) {
  wasm_trap_delete(trap);
}

// The finalizer of a function that is replaced deletes a trap, whose finalizer deletes the linker, the instance and the store.
static void one_after_the_other(wasm_engine_t *engine) {
  doomed.calls = 0;
  doomed.store = wasm_store_new(engine);
  doomed.instance = instance_of(doomed.store, "(module (func (export \"f\")))");
  doomed.linker = wasmote_linker_new(engine);
  wasmote_linker_allow_shadowing(doomed.linker, true);
  wasm_message_t message = lent("no more");
  wasm_trap_t *trap = wasm_trap_new(doomed.store, &message);
  wasm_trap_set_host_info_with_finalizer(trap, NULL, finalize);
  CHECK(!define(doomed.linker, "m", "f", trap, delete_trap));
  CHECK(!wasmote_linker_define_instance(doomed.linker, "m", 1, doomed.instance));
  CHECK(doomed.calls == 1 && !doomed.linker);
}

// An instance is defined in part: then the linker serves its store alone, too.
static void defined_in_part(wasm_engine_t *engine) {
  wasm_store_t *store = wasm_store_new(engine), *other = wasm_store_new(engine);
  wasm_instance_t *instance = instance_of(store, "(module (func (export \"a\")) (func (export \"b\")))");
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  CHECK(!define(linker, "m", "b", NULL, NULL));
  CHECK(failed(wasmote_linker_define_instance(linker, "m", 1, instance), "b"));
  wasm_shared_module_t *user = shared_of(engine, "(module (import \"m\" \"a\" (func)))");
  wasm_instance_t *made;
  wasm_trap_t *trap;
  CHECK(failed(wasmote_linker_instantiate(linker, other, user, &made, &trap), "another store"));
  CHECK(!made && !trap);
  CHECK(!wasmote_linker_instantiate(linker, store, user, &made, &trap));
  wasm_instance_delete(made);
  wasm_shared_module_delete(user);
  wasmote_linker_delete(linker);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_store_delete(other);
}

static intptr_t no_input(void *env, char *bytes, size_t size) {
  (void)env;
  (void)bytes;
  (void)size;
  return 0;
}

static intptr_t no_output(void *env, const char *bytes, size_t size) {
  (void)env;
  (void)bytes;
  return (intptr_t)size;
}

static bool no_clock(void *env, uint32_t clock, uint64_t *nanoseconds) {
  (void)env;
  (void)clock;
  (void)nanoseconds;
  return false;
}

static void set_stream(wasmote_wasi_config_t *config, int which, void (*finalizer)(void *)) {
  switch (which) {
  case 0: wasmote_wasi_config_stdin_callback(config, no_input, NULL, finalizer); break;
  case 1: wasmote_wasi_config_stdout_callback(config, no_output, NULL, finalizer); break;
  case 2: wasmote_wasi_config_stderr_callback(config, no_output, NULL, finalizer); break;
  default: wasmote_wasi_config_clocks_callback(config, no_clock, 1, NULL, NULL, finalizer);
  }
}

// A guest that ends with the number of its arguments.
#define COUNTS_ARGUMENTS                                                                                                \
  "(module (import \"" NAME "\" \"args_sizes_get\" (func (param i32 i32) (result i32))) (memory (export \"memory\") 1)"  \
  "  (func (export \"count\") (param i32) (result i32) (drop (call 0 (i32.const 0) (i32.const 4))) (i32.load (i32.const 0))))"

// Streams and clocks are replaced, and their finalizers delete or change the configuration.
static void replaced_in_configurations(wasm_engine_t *engine) {
  wasm_shared_module_t *guest = shared_of(engine, COUNTS_ARGUMENTS);
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  CHECK(!wasmote_linker_define_wasi(linker));
  for (int which = 0; which < 4; which++) {
    doomed.calls = 0;
    wasmote_wasi_config_t *config = doomed.config = wasmote_wasi_config_new();
    set_stream(config, which, finalize);
    set_stream(config, which, NULL);
    CHECK(doomed.calls == 1 && !doomed.config);

    config = doomed.changed = wasmote_wasi_config_new();
    set_stream(config, which, finalize);
    set_stream(config, which, NULL);
    CHECK(doomed.calls == 2 && !doomed.changed);
    // What the finalizer added is there.
    wasm_store_t *store = wasm_store_new(engine);
    CHECK(!wasmote_store_set_wasi(store, config));
    wasm_instance_t *instance;
    wasm_trap_t *trap;
    CHECK(!wasmote_linker_instantiate(linker, store, guest, &instance, &trap) && instance);
    wasm_func_t *count = func_of(instance, "count");
    int32_t arguments;
    CHECK(!call_i_i(count, 0, &arguments) && arguments == 1);
    wasm_func_delete(count);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
  }
  wasmote_linker_delete(linker);
  wasm_shared_module_delete(guest);
}

// The first call waits. When it goes on, the second deletes the call with all that remains of its store, and waits, too: nobody
// can go on with it.
static wasm_trap_t *waits(void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size,
                          wasmote_val_t *results, size_t results_size) {
  (void)args;
  (void)args_size;
  (void)results;
  (void)results_size;
  if (doomed.call) {
    CHECK(wasmote_call_state(doomed.call) == WASMOTE_CALL_ENDED);
    wasm_trap_t *trap;
    CHECK(failed(wasmote_call_resume(doomed.call, NULL, 0, NULL, 0, &trap), "running") && !trap);
    finalize(NULL);
  }
  wasm_trap_t *trap = wasmote_caller_suspend(caller, env);
  CHECK(trap);
  return trap;
}

static void calls_deleted_by_themselves(wasm_engine_t *engine) {
  doomed.calls = 0;
  doomed.store = wasm_store_new(engine);
  wasm_functype_t *type = wasm_functype_new_0_0();
  wasm_func_t *host = wasmote_func_new_unboxed(doomed.store, type, waits, NULL, finalize);
  wasm_functype_delete(type);
  wasm_module_t *module =
    module_of(doomed.store, "(module (import \"\" \"f\" (func)) (func (export \"g\") (call 0) (call 0)))");
  wasm_extern_t *imported[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(imported);
  wasm_instance_t *instance = wasm_instance_new(doomed.store, module, &imports, NULL);
  CHECK(instance);
  doomed.func = func_of(instance, "g");
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_func_delete(host);
  wasmote_call_t *call;
  wasm_trap_t *trap;
  CHECK(!wasmote_func_call_resumable(doomed.func, NULL, 0, NULL, 0, &call, &trap) && !trap);
  CHECK(wasmote_call_state(call) == WASMOTE_CALL_SUSPENDED);
  doomed.call = call;
  CHECK(!wasmote_call_resume(call, NULL, 0, NULL, 0, &trap) && !trap);
  // Once for the host function, and once for the store, which is freed.
  CHECK(doomed.calls == 2 && !doomed.store && !doomed.call);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  replaced_in_linkers(engine);
  refused_by_linkers(engine);
  one_after_the_other(engine);
  defined_in_part(engine);
  replaced_in_configurations(engine);
  calls_deleted_by_themselves(engine);
  wasm_engine_delete(engine);
  return 0;
}

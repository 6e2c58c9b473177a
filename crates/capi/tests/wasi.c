// Streams and variables of WASI: those of this process, and callbacks.
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <unistd.h>

extern char **environ;

// Copies standard input, up to 64 bytes, to standard output and standard error. Exits with the number of variables, or 200 if a
// stream fails.
static const char COPY[] =
  "(module (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"environ_sizes_get\" (func $environ (param i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
  "  (memory (export \"memory\") 1) (data (i32.const 0) \"\\40\\00\\00\\00\\40\\00\\00\\00\")"
  "  (func $check (param i32) (if (local.get 0) (then (call $exit (i32.const 200)))))"
  "  (func (export \"_start\")"
  "    (call $check (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))"
  "    (i32.store (i32.const 4) (i32.load (i32.const 16)))"
  "    (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))"
  "    (call $check (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))"
  "    (drop (call $environ (i32.const 20) (i32.const 24)))"
  "    (call $exit (i32.load (i32.const 20)))))";

// Runs the guest, and returns its exit status.
static int32_t run(wasm_engine_t *engine, wasmote_wasi_config_t *config) {
  wasmote_linker_t *linker = wasmote_linker_new(engine);
  CHECK(!wasmote_linker_define_wasi(linker));
  CHECK(failed(wasmote_linker_define_wasi(linker), "wasi_snapshot_preview1"));
  wasm_shared_module_t *module = shared_of(engine, COPY);
  wasm_store_t *store = wasm_store_new(engine);
  CHECK(!wasmote_store_set_wasi(store, config));
  wasm_instance_t *instance;
  wasm_trap_t *trap;
  CHECK(!wasmote_linker_instantiate(linker, store, module, &instance, &trap) && instance);
  wasm_func_t *start = func_of(instance, "_start");
  trap = wasm_func_call(start, NULL, NULL);
  int32_t status = -1;
  CHECK(trap && wasmote_trap_exit_status(trap, &status));
  // An exit has no code and no frames.
  CHECK(wasmote_trap_code(trap) == 0 && !wasm_trap_origin(trap));
  wasm_trap_delete(trap);
  wasm_func_delete(start);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_shared_module_delete(module);
  wasmote_linker_delete(linker);
  return status;
}

typedef struct {
  char bytes[64];
  size_t size, calls;
  int finalized;
} stream_t;

static intptr_t give(void *env, char *bytes, size_t size) {
  stream_t *stream = env;
  stream->calls++;
  CHECK(size == 64);
  memcpy(bytes, stream->bytes, stream->size);
  return (intptr_t)stream->size;
}

static intptr_t take(void *env, const char *bytes, size_t size) {
  stream_t *stream = env;
  stream->calls++;
  CHECK(stream->size + size <= sizeof stream->bytes);
  memcpy(stream->bytes + stream->size, bytes, size);
  stream->size += size;
  return (intptr_t)size;
}

static intptr_t fail(void *env, const char *bytes, size_t size) {
  (void)bytes;
  (void)size;
  ((stream_t *)env)->calls++;
  return -1;
}

// Says that it wrote more than there was.
static intptr_t exaggerate(void *env, const char *bytes, size_t size) {
  (void)bytes;
  ((stream_t *)env)->calls++;
  return (intptr_t)size + 1000;
}

static intptr_t exaggerate_input(void *env, char *bytes, size_t size) {
  memset(bytes, 'x', size);
  ((stream_t *)env)->calls++;
  return (intptr_t)(SIZE_MAX / 2);
}

static void end(void *env) {
  ((stream_t *)env)->finalized++;
}

static void callbacks(wasm_engine_t *engine) {
  stream_t in = {"five!", 5, 0, 0}, out = {{0}, 0, 0, 0}, err = {{0}, 0, 0, 0};
  wasmote_wasi_config_t *config = wasmote_wasi_config_new();
  wasmote_wasi_config_stdin_callback(config, give, &in, end);
  wasmote_wasi_config_stdout_callback(config, take, &out, end);
  wasmote_wasi_config_stderr_callback(config, take, &err, end);
  wasmote_wasi_config_env(config, "A=1");
  wasmote_wasi_config_env(config, "B=2");
  CHECK(run(engine, config) == 2);
  CHECK(in.calls == 1 && in.finalized == 1 && out.finalized == 1 && err.finalized == 1);
  CHECK(out.size == 5 && memcmp(out.bytes, "five!", 5) == 0 && err.size == 5 && memcmp(err.bytes, "five!", 5) == 0);

  // A stream that takes the place of another ends it; and all end with a configuration that is not used.
  config = wasmote_wasi_config_new();
  wasmote_wasi_config_stdin_callback(config, give, &in, end);
  wasmote_wasi_config_stdin_bytes(config, "seven..", 7);
  CHECK(in.finalized == 2);
  wasmote_wasi_config_stderr_callback(config, take, &err, end);
  wasmote_wasi_config_delete(config);
  CHECK(err.finalized == 2);
  wasmote_wasi_config_delete(NULL);

  // A guest sees the failure of a stream.
  config = wasmote_wasi_config_new();
  wasmote_wasi_config_stdin_bytes(config, "seven..", 7);
  wasmote_wasi_config_stdout_callback(config, fail, &out, NULL);
  out.calls = 0;
  CHECK(run(engine, config) == 200 && out.calls == 1);

  // Streams that say more than is possible: it counts as all there is.
  config = wasmote_wasi_config_new();
  in.calls = out.calls = err.size = 0;
  wasmote_wasi_config_stdin_callback(config, exaggerate_input, &in, NULL);
  wasmote_wasi_config_stdout_callback(config, exaggerate, &out, NULL);
  wasmote_wasi_config_stderr_callback(config, take, &err, NULL);
  CHECK(run(engine, config) == 0 && in.calls == 1 && out.calls == 1 && err.size == 64);
}

static void of_this_process(wasm_engine_t *engine) {
  CHECK(setenv("WASMOTE_TEST", "1", 1) == 0);
  int32_t variables = 0;
  while (environ[variables]) variables++;
  int in[2], out[2], saved[3];
  CHECK(pipe(in) == 0 && pipe(out) == 0 && write(in[1], "piped", 5) == 5);
  for (int i = 0; i < 3; i++) CHECK((saved[i] = dup(i)) > 2);
  CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1 && dup2(out[1], 2) == 2);
  wasmote_wasi_config_t *config = wasmote_wasi_config_new();
  wasmote_wasi_config_inherit_stdin(config);
  wasmote_wasi_config_inherit_stdout(config);
  wasmote_wasi_config_inherit_stderr(config);
  wasmote_wasi_config_inherit_env(config);
  int32_t status = run(engine, config);
  for (int i = 0; i < 3; i++) CHECK(dup2(saved[i], i) == i && close(saved[i]) == 0);
  char bytes[32];
  CHECK(read(out[0], bytes, sizeof bytes) == 10 && memcmp(bytes, "pipedpiped", 10) == 0);
  CHECK(status == variables && variables > 0 && variables < 200);
  for (int i = 0; i < 2; i++) CHECK(close(in[i]) == 0 && close(out[i]) == 0);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  callbacks(engine);
  of_this_process(engine);
  wasm_engine_delete(engine);
  return 0;
}

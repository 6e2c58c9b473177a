#include "read.h"
#include "wasm_export.h"

int main(int argc, char **argv) {
  size_t size = read_file(argc, argv);
  if (!size) return 101;
  char error[128];
  if (!wasm_runtime_init()) return 102;
  wasm_module_t module = wasm_runtime_load(bytes, (uint32_t)size, error, sizeof error);
  if (!module) return 103;
  wasm_module_inst_t instance = wasm_runtime_instantiate(module, 1 << 16, 0, error, sizeof error);
  wasm_exec_env_t env = instance ? wasm_runtime_create_exec_env(instance, 1 << 16) : NULL;
  wasm_function_inst_t run = env ? wasm_runtime_lookup_function(instance, "run") : NULL;
  if (!run) return 104;
  uint32_t arguments[] = {(uint32_t)atoi(argv[2])};
  if (!wasm_runtime_call_wasm(env, run, 1, arguments)) return 105;
  return (int)arguments[0];
}

#include "read.h"
#include "wasm.h"

int main(int argc, char **argv) {
  size_t size = read_file(argc, argv);
  if (!size) return 101;
  wasm_engine_t *engine = wasm_engine_new();
  wasm_store_t *store = wasm_store_new(engine);
  wasm_byte_vec_t vec = {size, (char *)bytes};
#ifdef IMAGE
  wasm_module_t *module = wasm_module_deserialize(store, &vec);
#else
  wasm_module_t *module = wasm_module_new(store, &vec);
#endif
  if (!module) return 102;
  wasm_instance_t *instance = wasm_instance_new(store, module, NULL, NULL);
  if (!instance) return 103;
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  if (exports.size != 1) return 104;
  wasm_val_t arguments[] = {WASM_I32_VAL(atoi(argv[2]))}, values[] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(arguments), results = WASM_ARRAY_VEC(values);
  if (wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results)) return 105;
  return values[0].of.i32;
}

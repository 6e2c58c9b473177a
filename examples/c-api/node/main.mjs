// A program for Node calls wasm by koffi. It prints `run(21) = 42`. Its argument is the shared library.
import koffi from "koffi";

const library = koffi.load(process.argv[2]);
koffi.struct("wasm_byte_vec_t", { size: "size_t", data: "void *" });
koffi.struct("wasm_val_t", { kind: "uint8_t", of: "int64_t" });
koffi.struct("wasm_val_vec_t", { size: "size_t", data: "wasm_val_t *" });
const call = (declaration, ...args) => library.func(declaration)(...args);

function check(error) {
  if (!error) return;
  const message = {};
  call("void wasmote_error_message(void *, _Out_ wasm_byte_vec_t *)", error, message);
  throw new Error(koffi.decode(message.data, "char", message.size));
}

const text = '(module (func (export "run") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))';
const binary = {}, module = [null], instance = [null], trap = [null];
check(call("void *wasmote_wat2wasm(str, size_t, _Out_ wasm_byte_vec_t *)", text, text.length, binary));
const engine = call("void *wasm_engine_new()");
check(call("void *wasmote_module_new(void *, void *, size_t, _Out_ void **)", engine, binary.data, binary.size, module));
const store = call("void *wasm_store_new(void *)", engine);
const linker = call("void *wasmote_linker_new(void *)", engine);
check(
  call("void *wasmote_linker_instantiate(void *, void *, void *, _Out_ void **, _Out_ void **)", linker, store, module[0], instance, trap),
);
const run = call("void *wasmote_instance_export(void *, str, size_t)", instance[0], "run", 3);
const func = call("void *wasm_extern_as_func(void *)", run);

// Memory of its own for the values, since the results are written over what `results` has.
const values = koffi.alloc("wasm_val_t", 2);
koffi.encode(values, koffi.array("wasm_val_t", 2), [{ kind: 0, of: 21 }, { kind: 0, of: 0 }]);
const [args, results] = [0, 1].map((at) => ({ size: 1, data: koffi.as(koffi.address(values) + BigInt(16 * at), "wasm_val_t *") }));
if (call("void *wasm_func_call(void *, wasm_val_vec_t *, wasm_val_vec_t *)", func, args, results)) {
  throw new Error("the guest trapped");
}
console.log(`run(21) = ${koffi.decode(values, 16 + 8, "int32_t")}`);

call("void wasm_byte_vec_delete(wasm_byte_vec_t *)", binary);
for (const [kind, object] of [
  ["wasm_extern", run],
  ["wasm_instance", instance[0]],
  ["wasmote_linker", linker],
  ["wasm_store", store],
  ["wasm_shared_module", module[0]],
  ["wasm_engine", engine],
]) {
  call(`void ${kind}_delete(void *)`, object);
}

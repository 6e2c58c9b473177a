// A program in Go calls wasm by cgo. It prints `run(21) = 42`.
package main

/*
#include <wasmote.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	text := []byte(`(module (func (export "run") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))`)
	var binary C.wasm_byte_vec_t
	check(C.wasmote_wat2wasm((*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)), &binary))
	engine := C.wasm_engine_new()
	var module *C.wasm_shared_module_t
	check(C.wasmote_module_new(engine, (*C.uint8_t)(unsafe.Pointer(binary.data)), binary.size, &module))
	store := C.wasm_store_new(engine)
	linker := C.wasmote_linker_new(engine)
	var instance *C.wasm_instance_t
	var trap *C.wasm_trap_t
	check(C.wasmote_linker_instantiate(linker, store, module, &instance, &trap))
	name := []byte("run")
	run := C.wasmote_instance_export(instance, (*C.char)(unsafe.Pointer(&name[0])), C.size_t(len(name)))

	// Vectors that C functions make lie in C's memory, as Go asks of pointers within pointers.
	var args, results C.wasm_val_vec_t
	C.wasm_val_vec_new_uninitialized(&args, 1)
	C.wasm_val_vec_new_uninitialized(&results, 1)
	args.data.kind = C.WASM_I32
	*(*int32)(unsafe.Pointer(&args.data.of)) = 21
	results.data.kind = C.WASM_I32
	if trap = C.wasm_func_call(C.wasm_extern_as_func(run), &args, &results); trap != nil {
		panic("the guest trapped")
	}
	fmt.Printf("run(21) = %d\n", *(*int32)(unsafe.Pointer(&results.data.of)))

	C.wasm_val_vec_delete(&args)
	C.wasm_val_vec_delete(&results)
	C.wasm_byte_vec_delete(&binary)
	C.wasm_extern_delete(run)
	C.wasm_instance_delete(instance)
	C.wasmote_linker_delete(linker)
	C.wasm_store_delete(store)
	C.wasm_shared_module_delete(module)
	C.wasm_engine_delete(engine)
}

func check(err *C.wasmote_error_t) {
	if err != nil {
		var message C.wasm_byte_vec_t
		C.wasmote_error_message(err, &message)
		panic(C.GoStringN(message.data, C.int(message.size)))
	}
}

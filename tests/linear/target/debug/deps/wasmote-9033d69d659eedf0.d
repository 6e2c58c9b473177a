/work/w-act/tests/linear/target/debug/deps/wasmote-9033d69d659eedf0.d: /work/w-act/crates/wasmote/src/lib.rs /work/w-act/crates/wasmote/src/caller.rs /work/w-act/crates/wasmote/src/compile.rs /work/w-act/crates/wasmote/src/context.rs /work/w-act/crates/wasmote/src/engine.rs /work/w-act/crates/wasmote/src/error.rs /work/w-act/crates/wasmote/src/exception.rs /work/w-act/crates/wasmote/src/extern_type.rs /work/w-act/crates/wasmote/src/externref.rs /work/w-act/crates/wasmote/src/externs.rs /work/w-act/crates/wasmote/src/func.rs /work/w-act/crates/wasmote/src/gc/mod.rs /work/w-act/crates/wasmote/src/gc/anyref.rs /work/w-act/crates/wasmote/src/gc/arrayref.rs /work/w-act/crates/wasmote/src/gc/exceptions.rs /work/w-act/crates/wasmote/src/gc/exnref.rs /work/w-act/crates/wasmote/src/gc/fields.rs /work/w-act/crates/wasmote/src/gc/heap.rs /work/w-act/crates/wasmote/src/gc/i31.rs /work/w-act/crates/wasmote/src/gc/object_types.rs /work/w-act/crates/wasmote/src/gc/refs.rs /work/w-act/crates/wasmote/src/gc/scope.rs /work/w-act/crates/wasmote/src/gc/structref.rs /work/w-act/crates/wasmote/src/gc/typed.rs /work/w-act/crates/wasmote/src/global.rs /work/w-act/crates/wasmote/src/handles.rs /work/w-act/crates/wasmote/src/host.rs /work/w-act/crates/wasmote/src/image.rs /work/w-act/crates/wasmote/src/imports.rs /work/w-act/crates/wasmote/src/instance.rs /work/w-act/crates/wasmote/src/linker.rs /work/w-act/crates/wasmote/src/memory.rs /work/w-act/crates/wasmote/src/messages.rs /work/w-act/crates/wasmote/src/module.rs /work/w-act/crates/wasmote/src/name_map.rs /work/w-act/crates/wasmote/src/store.rs /work/w-act/crates/wasmote/src/table.rs /work/w-act/crates/wasmote/src/tag.rs /work/w-act/crates/wasmote/src/thrown.rs /work/w-act/crates/wasmote/src/typed.rs /work/w-act/crates/wasmote/src/validate.rs /work/w-act/crates/wasmote/src/value.rs /work/w-act/crates/wasmote/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote-9033d69d659eedf0.rmeta: /work/w-act/crates/wasmote/src/lib.rs /work/w-act/crates/wasmote/src/caller.rs /work/w-act/crates/wasmote/src/compile.rs /work/w-act/crates/wasmote/src/context.rs /work/w-act/crates/wasmote/src/engine.rs /work/w-act/crates/wasmote/src/error.rs /work/w-act/crates/wasmote/src/exception.rs /work/w-act/crates/wasmote/src/extern_type.rs /work/w-act/crates/wasmote/src/externref.rs /work/w-act/crates/wasmote/src/externs.rs /work/w-act/crates/wasmote/src/func.rs /work/w-act/crates/wasmote/src/gc/mod.rs /work/w-act/crates/wasmote/src/gc/anyref.rs /work/w-act/crates/wasmote/src/gc/arrayref.rs /work/w-act/crates/wasmote/src/gc/exceptions.rs /work/w-act/crates/wasmote/src/gc/exnref.rs /work/w-act/crates/wasmote/src/gc/fields.rs /work/w-act/crates/wasmote/src/gc/heap.rs /work/w-act/crates/wasmote/src/gc/i31.rs /work/w-act/crates/wasmote/src/gc/object_types.rs /work/w-act/crates/wasmote/src/gc/refs.rs /work/w-act/crates/wasmote/src/gc/scope.rs /work/w-act/crates/wasmote/src/gc/structref.rs /work/w-act/crates/wasmote/src/gc/typed.rs /work/w-act/crates/wasmote/src/global.rs /work/w-act/crates/wasmote/src/handles.rs /work/w-act/crates/wasmote/src/host.rs /work/w-act/crates/wasmote/src/image.rs /work/w-act/crates/wasmote/src/imports.rs /work/w-act/crates/wasmote/src/instance.rs /work/w-act/crates/wasmote/src/linker.rs /work/w-act/crates/wasmote/src/memory.rs /work/w-act/crates/wasmote/src/messages.rs /work/w-act/crates/wasmote/src/module.rs /work/w-act/crates/wasmote/src/name_map.rs /work/w-act/crates/wasmote/src/store.rs /work/w-act/crates/wasmote/src/table.rs /work/w-act/crates/wasmote/src/tag.rs /work/w-act/crates/wasmote/src/thrown.rs /work/w-act/crates/wasmote/src/typed.rs /work/w-act/crates/wasmote/src/validate.rs /work/w-act/crates/wasmote/src/value.rs /work/w-act/crates/wasmote/src/../FEATURES.md

/work/w-act/crates/wasmote/src/lib.rs:
/work/w-act/crates/wasmote/src/caller.rs:
/work/w-act/crates/wasmote/src/compile.rs:
/work/w-act/crates/wasmote/src/context.rs:
/work/w-act/crates/wasmote/src/engine.rs:
/work/w-act/crates/wasmote/src/error.rs:
/work/w-act/crates/wasmote/src/exception.rs:
/work/w-act/crates/wasmote/src/extern_type.rs:
/work/w-act/crates/wasmote/src/externref.rs:
/work/w-act/crates/wasmote/src/externs.rs:
/work/w-act/crates/wasmote/src/func.rs:
/work/w-act/crates/wasmote/src/gc/mod.rs:
/work/w-act/crates/wasmote/src/gc/anyref.rs:
/work/w-act/crates/wasmote/src/gc/arrayref.rs:
/work/w-act/crates/wasmote/src/gc/exceptions.rs:
/work/w-act/crates/wasmote/src/gc/exnref.rs:
/work/w-act/crates/wasmote/src/gc/fields.rs:
/work/w-act/crates/wasmote/src/gc/heap.rs:
/work/w-act/crates/wasmote/src/gc/i31.rs:
/work/w-act/crates/wasmote/src/gc/object_types.rs:
/work/w-act/crates/wasmote/src/gc/refs.rs:
/work/w-act/crates/wasmote/src/gc/scope.rs:
/work/w-act/crates/wasmote/src/gc/structref.rs:
/work/w-act/crates/wasmote/src/gc/typed.rs:
/work/w-act/crates/wasmote/src/global.rs:
/work/w-act/crates/wasmote/src/handles.rs:
/work/w-act/crates/wasmote/src/host.rs:
/work/w-act/crates/wasmote/src/image.rs:
/work/w-act/crates/wasmote/src/imports.rs:
/work/w-act/crates/wasmote/src/instance.rs:
/work/w-act/crates/wasmote/src/linker.rs:
/work/w-act/crates/wasmote/src/memory.rs:
/work/w-act/crates/wasmote/src/messages.rs:
/work/w-act/crates/wasmote/src/module.rs:
/work/w-act/crates/wasmote/src/name_map.rs:
/work/w-act/crates/wasmote/src/store.rs:
/work/w-act/crates/wasmote/src/table.rs:
/work/w-act/crates/wasmote/src/tag.rs:
/work/w-act/crates/wasmote/src/thrown.rs:
/work/w-act/crates/wasmote/src/typed.rs:
/work/w-act/crates/wasmote/src/validate.rs:
/work/w-act/crates/wasmote/src/value.rs:
/work/w-act/crates/wasmote/src/../FEATURES.md:

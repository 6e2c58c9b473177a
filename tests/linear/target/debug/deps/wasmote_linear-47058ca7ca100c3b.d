/work/w-act/tests/linear/target/debug/deps/wasmote_linear-47058ca7ca100c3b.d: src/main.rs src/count.rs src/families/mod.rs src/families/control.rs src/families/items.rs src/families/operands.rs src/phases.rs src/scenes.rs src/wasm.rs

/work/w-act/tests/linear/target/debug/deps/libwasmote_linear-47058ca7ca100c3b.rmeta: src/main.rs src/count.rs src/families/mod.rs src/families/control.rs src/families/items.rs src/families/operands.rs src/phases.rs src/scenes.rs src/wasm.rs

src/main.rs:
src/count.rs:
src/families/mod.rs:
src/families/control.rs:
src/families/items.rs:
src/families/operands.rs:
src/phases.rs:
src/scenes.rs:
src/wasm.rs:

/work/w-act/tests/linear/target/debug/deps/wasmote_compile-05f24d404d2cb8c3.d: /work/w-act/crates/compile/src/lib.rs

/work/w-act/tests/linear/target/debug/deps/libwasmote_compile-05f24d404d2cb8c3.rmeta: /work/w-act/crates/compile/src/lib.rs

/work/w-act/crates/compile/src/lib.rs:

/work/w-act/tests/linear/target/debug/deps/wasmote_gc-d86ba85cc14b4cf9.d: /work/w-act/crates/gc/src/lib.rs /work/w-act/crates/gc/src/casts.rs /work/w-act/crates/gc/src/handlers.rs /work/w-act/crates/gc/src/heap.rs /work/w-act/crates/gc/src/layout.rs /work/w-act/crates/gc/src/mark.rs /work/w-act/crates/gc/src/metered.rs

/work/w-act/tests/linear/target/debug/deps/libwasmote_gc-d86ba85cc14b4cf9.rmeta: /work/w-act/crates/gc/src/lib.rs /work/w-act/crates/gc/src/casts.rs /work/w-act/crates/gc/src/handlers.rs /work/w-act/crates/gc/src/heap.rs /work/w-act/crates/gc/src/layout.rs /work/w-act/crates/gc/src/mark.rs /work/w-act/crates/gc/src/metered.rs

/work/w-act/crates/gc/src/lib.rs:
/work/w-act/crates/gc/src/casts.rs:
/work/w-act/crates/gc/src/handlers.rs:
/work/w-act/crates/gc/src/heap.rs:
/work/w-act/crates/gc/src/layout.rs:
/work/w-act/crates/gc/src/mark.rs:
/work/w-act/crates/gc/src/metered.rs:

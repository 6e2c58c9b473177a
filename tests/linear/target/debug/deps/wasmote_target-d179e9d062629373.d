/work/w-act/tests/linear/target/debug/deps/wasmote_target-d179e9d062629373.d: /work/w-act/crates/target/src/lib.rs

/work/w-act/tests/linear/target/debug/deps/libwasmote_target-d179e9d062629373.rlib: /work/w-act/crates/target/src/lib.rs

/work/w-act/tests/linear/target/debug/deps/libwasmote_target-d179e9d062629373.rmeta: /work/w-act/crates/target/src/lib.rs

/work/w-act/crates/target/src/lib.rs:

/work/w-act/tests/linear/target/debug/deps/wasmote_decode-0a612d20d0b7f38a.d: /work/w-act/crates/decode/src/lib.rs /work/w-act/crates/decode/src/constant.rs /work/w-act/crates/decode/src/error.rs /work/w-act/crates/decode/src/header.rs /work/w-act/crates/decode/src/image.rs /work/w-act/crates/decode/src/initial.rs /work/w-act/crates/decode/src/module.rs /work/w-act/crates/decode/src/names.rs /work/w-act/crates/decode/src/operators.rs /work/w-act/crates/decode/src/proposals.rs /work/w-act/crates/decode/src/reader.rs /work/w-act/crates/decode/src/sections.rs /work/w-act/crates/decode/src/types.rs /work/w-act/crates/decode/src/unsupported.rs /work/w-act/crates/decode/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote_decode-0a612d20d0b7f38a.rmeta: /work/w-act/crates/decode/src/lib.rs /work/w-act/crates/decode/src/constant.rs /work/w-act/crates/decode/src/error.rs /work/w-act/crates/decode/src/header.rs /work/w-act/crates/decode/src/image.rs /work/w-act/crates/decode/src/initial.rs /work/w-act/crates/decode/src/module.rs /work/w-act/crates/decode/src/names.rs /work/w-act/crates/decode/src/operators.rs /work/w-act/crates/decode/src/proposals.rs /work/w-act/crates/decode/src/reader.rs /work/w-act/crates/decode/src/sections.rs /work/w-act/crates/decode/src/types.rs /work/w-act/crates/decode/src/unsupported.rs /work/w-act/crates/decode/src/../FEATURES.md

/work/w-act/crates/decode/src/lib.rs:
/work/w-act/crates/decode/src/constant.rs:
/work/w-act/crates/decode/src/error.rs:
/work/w-act/crates/decode/src/header.rs:
/work/w-act/crates/decode/src/image.rs:
/work/w-act/crates/decode/src/initial.rs:
/work/w-act/crates/decode/src/module.rs:
/work/w-act/crates/decode/src/names.rs:
/work/w-act/crates/decode/src/operators.rs:
/work/w-act/crates/decode/src/proposals.rs:
/work/w-act/crates/decode/src/reader.rs:
/work/w-act/crates/decode/src/sections.rs:
/work/w-act/crates/decode/src/types.rs:
/work/w-act/crates/decode/src/unsupported.rs:
/work/w-act/crates/decode/src/../FEATURES.md:

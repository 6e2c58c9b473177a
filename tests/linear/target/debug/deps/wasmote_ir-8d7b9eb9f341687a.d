/work/w-act/tests/linear/target/debug/deps/wasmote_ir-8d7b9eb9f341687a.d: /work/w-act/crates/ir/src/lib.rs /work/w-act/crates/ir/src/instructions_managed.rs /work/w-act/crates/ir/src/instructions_gc.rs /work/w-act/crates/ir/src/instructions.rs /work/w-act/crates/ir/src/write.rs /work/w-act/crates/ir/src/casts.rs /work/w-act/crates/ir/src/code.rs /work/w-act/crates/ir/src/disasm.rs /work/w-act/crates/ir/src/exception_table.rs /work/w-act/crates/ir/src/fallible.rs /work/w-act/crates/ir/src/frame.rs /work/w-act/crates/ir/src/fuel.rs /work/w-act/crates/ir/src/image/mod.rs /work/w-act/crates/ir/src/image/code.rs /work/w-act/crates/ir/src/image/error.rs /work/w-act/crates/ir/src/image/layout.rs /work/w-act/crates/ir/src/image/offsets.rs /work/w-act/crates/ir/src/image/read.rs /work/w-act/crates/ir/src/image/verify.rs /work/w-act/crates/ir/src/operators/mod.rs /work/w-act/crates/ir/src/operators/names.rs /work/w-act/crates/ir/src/operators/numbers.rs /work/w-act/crates/ir/src/operators/table.rs /work/w-act/crates/ir/src/ops/mod.rs /work/w-act/crates/ir/src/ops/columns.rs /work/w-act/crates/ir/src/ops/compact.rs /work/w-act/crates/ir/src/ops/numbered.rs /work/w-act/crates/ir/src/ops/opcode.rs /work/w-act/crates/ir/src/ops/variants.rs /work/w-act/crates/ir/src/string_map.rs /work/w-act/crates/ir/src/proposal.rs /work/w-act/crates/ir/src/shape.rs /work/w-act/crates/ir/src/trap.rs /work/w-act/crates/ir/src/types.rs /work/w-act/crates/ir/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote_ir-8d7b9eb9f341687a.rmeta: /work/w-act/crates/ir/src/lib.rs /work/w-act/crates/ir/src/instructions_managed.rs /work/w-act/crates/ir/src/instructions_gc.rs /work/w-act/crates/ir/src/instructions.rs /work/w-act/crates/ir/src/write.rs /work/w-act/crates/ir/src/casts.rs /work/w-act/crates/ir/src/code.rs /work/w-act/crates/ir/src/disasm.rs /work/w-act/crates/ir/src/exception_table.rs /work/w-act/crates/ir/src/fallible.rs /work/w-act/crates/ir/src/frame.rs /work/w-act/crates/ir/src/fuel.rs /work/w-act/crates/ir/src/image/mod.rs /work/w-act/crates/ir/src/image/code.rs /work/w-act/crates/ir/src/image/error.rs /work/w-act/crates/ir/src/image/layout.rs /work/w-act/crates/ir/src/image/offsets.rs /work/w-act/crates/ir/src/image/read.rs /work/w-act/crates/ir/src/image/verify.rs /work/w-act/crates/ir/src/operators/mod.rs /work/w-act/crates/ir/src/operators/names.rs /work/w-act/crates/ir/src/operators/numbers.rs /work/w-act/crates/ir/src/operators/table.rs /work/w-act/crates/ir/src/ops/mod.rs /work/w-act/crates/ir/src/ops/columns.rs /work/w-act/crates/ir/src/ops/compact.rs /work/w-act/crates/ir/src/ops/numbered.rs /work/w-act/crates/ir/src/ops/opcode.rs /work/w-act/crates/ir/src/ops/variants.rs /work/w-act/crates/ir/src/string_map.rs /work/w-act/crates/ir/src/proposal.rs /work/w-act/crates/ir/src/shape.rs /work/w-act/crates/ir/src/trap.rs /work/w-act/crates/ir/src/types.rs /work/w-act/crates/ir/src/../FEATURES.md

/work/w-act/crates/ir/src/lib.rs:
/work/w-act/crates/ir/src/instructions_managed.rs:
/work/w-act/crates/ir/src/instructions_gc.rs:
/work/w-act/crates/ir/src/instructions.rs:
/work/w-act/crates/ir/src/write.rs:
/work/w-act/crates/ir/src/casts.rs:
/work/w-act/crates/ir/src/code.rs:
/work/w-act/crates/ir/src/disasm.rs:
/work/w-act/crates/ir/src/exception_table.rs:
/work/w-act/crates/ir/src/fallible.rs:
/work/w-act/crates/ir/src/frame.rs:
/work/w-act/crates/ir/src/fuel.rs:
/work/w-act/crates/ir/src/image/mod.rs:
/work/w-act/crates/ir/src/image/code.rs:
/work/w-act/crates/ir/src/image/error.rs:
/work/w-act/crates/ir/src/image/layout.rs:
/work/w-act/crates/ir/src/image/offsets.rs:
/work/w-act/crates/ir/src/image/read.rs:
/work/w-act/crates/ir/src/image/verify.rs:
/work/w-act/crates/ir/src/operators/mod.rs:
/work/w-act/crates/ir/src/operators/names.rs:
/work/w-act/crates/ir/src/operators/numbers.rs:
/work/w-act/crates/ir/src/operators/table.rs:
/work/w-act/crates/ir/src/ops/mod.rs:
/work/w-act/crates/ir/src/ops/columns.rs:
/work/w-act/crates/ir/src/ops/compact.rs:
/work/w-act/crates/ir/src/ops/numbered.rs:
/work/w-act/crates/ir/src/ops/opcode.rs:
/work/w-act/crates/ir/src/ops/variants.rs:
/work/w-act/crates/ir/src/string_map.rs:
/work/w-act/crates/ir/src/proposal.rs:
/work/w-act/crates/ir/src/shape.rs:
/work/w-act/crates/ir/src/trap.rs:
/work/w-act/crates/ir/src/types.rs:
/work/w-act/crates/ir/src/../FEATURES.md:

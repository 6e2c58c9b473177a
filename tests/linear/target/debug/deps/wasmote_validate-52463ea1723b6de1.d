/work/w-act/tests/linear/target/debug/deps/wasmote_validate-52463ea1723b6de1.d: /work/w-act/crates/validate/src/lib.rs /work/w-act/crates/validate/src/body/mod.rs /work/w-act/crates/validate/src/body/constant.rs /work/w-act/crates/validate/src/body/control.rs /work/w-act/crates/validate/src/body/instructions.rs /work/w-act/crates/validate/src/body/memory.rs /work/w-act/crates/validate/src/body/objects.rs /work/w-act/crates/validate/src/body/references.rs /work/w-act/crates/validate/src/body/stack.rs /work/w-act/crates/validate/src/body/variables.rs /work/w-act/crates/validate/src/fault.rs /work/w-act/crates/validate/src/features.rs /work/w-act/crates/validate/src/groups.rs /work/w-act/crates/validate/src/items.rs /work/w-act/crates/validate/src/limits.rs /work/w-act/crates/validate/src/outline.rs /work/w-act/crates/validate/src/read.rs /work/w-act/crates/validate/src/required_features.rs /work/w-act/crates/validate/src/sections.rs /work/w-act/crates/validate/src/threads.rs /work/w-act/crates/validate/src/type_reader.rs /work/w-act/crates/validate/src/types.rs /work/w-act/crates/validate/src/validate.rs /work/w-act/crates/validate/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote_validate-52463ea1723b6de1.rmeta: /work/w-act/crates/validate/src/lib.rs /work/w-act/crates/validate/src/body/mod.rs /work/w-act/crates/validate/src/body/constant.rs /work/w-act/crates/validate/src/body/control.rs /work/w-act/crates/validate/src/body/instructions.rs /work/w-act/crates/validate/src/body/memory.rs /work/w-act/crates/validate/src/body/objects.rs /work/w-act/crates/validate/src/body/references.rs /work/w-act/crates/validate/src/body/stack.rs /work/w-act/crates/validate/src/body/variables.rs /work/w-act/crates/validate/src/fault.rs /work/w-act/crates/validate/src/features.rs /work/w-act/crates/validate/src/groups.rs /work/w-act/crates/validate/src/items.rs /work/w-act/crates/validate/src/limits.rs /work/w-act/crates/validate/src/outline.rs /work/w-act/crates/validate/src/read.rs /work/w-act/crates/validate/src/required_features.rs /work/w-act/crates/validate/src/sections.rs /work/w-act/crates/validate/src/threads.rs /work/w-act/crates/validate/src/type_reader.rs /work/w-act/crates/validate/src/types.rs /work/w-act/crates/validate/src/validate.rs /work/w-act/crates/validate/src/../FEATURES.md

/work/w-act/crates/validate/src/lib.rs:
/work/w-act/crates/validate/src/body/mod.rs:
/work/w-act/crates/validate/src/body/constant.rs:
/work/w-act/crates/validate/src/body/control.rs:
/work/w-act/crates/validate/src/body/instructions.rs:
/work/w-act/crates/validate/src/body/memory.rs:
/work/w-act/crates/validate/src/body/objects.rs:
/work/w-act/crates/validate/src/body/references.rs:
/work/w-act/crates/validate/src/body/stack.rs:
/work/w-act/crates/validate/src/body/variables.rs:
/work/w-act/crates/validate/src/fault.rs:
/work/w-act/crates/validate/src/features.rs:
/work/w-act/crates/validate/src/groups.rs:
/work/w-act/crates/validate/src/items.rs:
/work/w-act/crates/validate/src/limits.rs:
/work/w-act/crates/validate/src/outline.rs:
/work/w-act/crates/validate/src/read.rs:
/work/w-act/crates/validate/src/required_features.rs:
/work/w-act/crates/validate/src/sections.rs:
/work/w-act/crates/validate/src/threads.rs:
/work/w-act/crates/validate/src/type_reader.rs:
/work/w-act/crates/validate/src/types.rs:
/work/w-act/crates/validate/src/validate.rs:
/work/w-act/crates/validate/src/../FEATURES.md:

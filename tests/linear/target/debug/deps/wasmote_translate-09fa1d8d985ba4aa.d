/work/w-act/tests/linear/target/debug/deps/wasmote_translate-09fa1d8d985ba4aa.d: /work/w-act/crates/translate/src/lib.rs /work/w-act/crates/translate/src/body.rs /work/w-act/crates/translate/src/calls.rs /work/w-act/crates/translate/src/canonical.rs /work/w-act/crates/translate/src/code_writer.rs /work/w-act/crates/translate/src/control.rs /work/w-act/crates/translate/src/error.rs /work/w-act/crates/translate/src/exceptions.rs /work/w-act/crates/translate/src/fuse.rs /work/w-act/crates/translate/src/labels.rs /work/w-act/crates/translate/src/lines.rs /work/w-act/crates/translate/src/locals.rs /work/w-act/crates/translate/src/memory.rs /work/w-act/crates/translate/src/meter.rs /work/w-act/crates/translate/src/numeric.rs /work/w-act/crates/translate/src/objects.rs /work/w-act/crates/translate/src/operand_info.rs /work/w-act/crates/translate/src/operators.rs /work/w-act/crates/translate/src/peephole.rs /work/w-act/crates/translate/src/references.rs /work/w-act/crates/translate/src/stack.rs /work/w-act/crates/translate/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote_translate-09fa1d8d985ba4aa.rmeta: /work/w-act/crates/translate/src/lib.rs /work/w-act/crates/translate/src/body.rs /work/w-act/crates/translate/src/calls.rs /work/w-act/crates/translate/src/canonical.rs /work/w-act/crates/translate/src/code_writer.rs /work/w-act/crates/translate/src/control.rs /work/w-act/crates/translate/src/error.rs /work/w-act/crates/translate/src/exceptions.rs /work/w-act/crates/translate/src/fuse.rs /work/w-act/crates/translate/src/labels.rs /work/w-act/crates/translate/src/lines.rs /work/w-act/crates/translate/src/locals.rs /work/w-act/crates/translate/src/memory.rs /work/w-act/crates/translate/src/meter.rs /work/w-act/crates/translate/src/numeric.rs /work/w-act/crates/translate/src/objects.rs /work/w-act/crates/translate/src/operand_info.rs /work/w-act/crates/translate/src/operators.rs /work/w-act/crates/translate/src/peephole.rs /work/w-act/crates/translate/src/references.rs /work/w-act/crates/translate/src/stack.rs /work/w-act/crates/translate/src/../FEATURES.md

/work/w-act/crates/translate/src/lib.rs:
/work/w-act/crates/translate/src/body.rs:
/work/w-act/crates/translate/src/calls.rs:
/work/w-act/crates/translate/src/canonical.rs:
/work/w-act/crates/translate/src/code_writer.rs:
/work/w-act/crates/translate/src/control.rs:
/work/w-act/crates/translate/src/error.rs:
/work/w-act/crates/translate/src/exceptions.rs:
/work/w-act/crates/translate/src/fuse.rs:
/work/w-act/crates/translate/src/labels.rs:
/work/w-act/crates/translate/src/lines.rs:
/work/w-act/crates/translate/src/locals.rs:
/work/w-act/crates/translate/src/memory.rs:
/work/w-act/crates/translate/src/meter.rs:
/work/w-act/crates/translate/src/numeric.rs:
/work/w-act/crates/translate/src/objects.rs:
/work/w-act/crates/translate/src/operand_info.rs:
/work/w-act/crates/translate/src/operators.rs:
/work/w-act/crates/translate/src/peephole.rs:
/work/w-act/crates/translate/src/references.rs:
/work/w-act/crates/translate/src/stack.rs:
/work/w-act/crates/translate/src/../FEATURES.md:

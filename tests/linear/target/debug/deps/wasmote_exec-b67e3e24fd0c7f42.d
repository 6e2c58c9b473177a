/work/w-act/tests/linear/target/debug/deps/wasmote_exec-b67e3e24fd0c7f42.d: /work/w-act/crates/exec/src/lib.rs /work/w-act/crates/exec/src/activation.rs /work/w-act/crates/exec/src/dispatch/mod.rs /work/w-act/crates/exec/src/dispatch/loop_backend.rs /work/w-act/crates/exec/src/handlers/mod.rs /work/w-act/crates/exec/src/handlers/branch.rs /work/w-act/crates/exec/src/handlers/bulk.rs /work/w-act/crates/exec/src/handlers/calls/mod.rs /work/w-act/crates/exec/src/handlers/calls/linked.rs /work/w-act/crates/exec/src/handlers/control.rs /work/w-act/crates/exec/src/handlers/float/mod.rs /work/w-act/crates/exec/src/handlers/float/machine.rs /work/w-act/crates/exec/src/handlers/fused.rs /work/w-act/crates/exec/src/handlers/handler_macros.rs /work/w-act/crates/exec/src/handlers/integer.rs /work/w-act/crates/exec/src/handlers/linked.rs /work/w-act/crates/exec/src/handlers/memory.rs /work/w-act/crates/exec/src/handlers/metered.rs /work/w-act/crates/exec/src/handlers/moves.rs /work/w-act/crates/exec/src/handlers/numeric.rs /work/w-act/crates/exec/src/handlers/references.rs /work/w-act/crates/exec/src/handlers/rows.rs /work/w-act/crates/exec/src/handlers/table_instructions.rs /work/w-act/crates/exec/src/linked/mod.rs /work/w-act/crates/exec/src/linked/activation.rs /work/w-act/crates/exec/src/linked/cells.rs /work/w-act/crates/exec/src/linked/extend.rs /work/w-act/crates/exec/src/linked/link.rs /work/w-act/crates/exec/src/linked/link/listing.rs /work/w-act/crates/exec/src/linked/mode.rs /work/w-act/crates/exec/src/linked/native_stack.rs /work/w-act/crates/exec/src/linked/suspend.rs /work/w-act/crates/exec/src/linked/throw.rs /work/w-act/crates/exec/src/mode.rs /work/w-act/crates/exec/src/objects.rs /work/w-act/crates/exec/src/operand/mod.rs /work/w-act/crates/exec/src/operand/vector.rs /work/w-act/crates/exec/src/stack_limit.rs /work/w-act/crates/exec/src/state.rs /work/w-act/crates/exec/src/../FEATURES.md

/work/w-act/tests/linear/target/debug/deps/libwasmote_exec-b67e3e24fd0c7f42.rmeta: /work/w-act/crates/exec/src/lib.rs /work/w-act/crates/exec/src/activation.rs /work/w-act/crates/exec/src/dispatch/mod.rs /work/w-act/crates/exec/src/dispatch/loop_backend.rs /work/w-act/crates/exec/src/handlers/mod.rs /work/w-act/crates/exec/src/handlers/branch.rs /work/w-act/crates/exec/src/handlers/bulk.rs /work/w-act/crates/exec/src/handlers/calls/mod.rs /work/w-act/crates/exec/src/handlers/calls/linked.rs /work/w-act/crates/exec/src/handlers/control.rs /work/w-act/crates/exec/src/handlers/float/mod.rs /work/w-act/crates/exec/src/handlers/float/machine.rs /work/w-act/crates/exec/src/handlers/fused.rs /work/w-act/crates/exec/src/handlers/handler_macros.rs /work/w-act/crates/exec/src/handlers/integer.rs /work/w-act/crates/exec/src/handlers/linked.rs /work/w-act/crates/exec/src/handlers/memory.rs /work/w-act/crates/exec/src/handlers/metered.rs /work/w-act/crates/exec/src/handlers/moves.rs /work/w-act/crates/exec/src/handlers/numeric.rs /work/w-act/crates/exec/src/handlers/references.rs /work/w-act/crates/exec/src/handlers/rows.rs /work/w-act/crates/exec/src/handlers/table_instructions.rs /work/w-act/crates/exec/src/linked/mod.rs /work/w-act/crates/exec/src/linked/activation.rs /work/w-act/crates/exec/src/linked/cells.rs /work/w-act/crates/exec/src/linked/extend.rs /work/w-act/crates/exec/src/linked/link.rs /work/w-act/crates/exec/src/linked/link/listing.rs /work/w-act/crates/exec/src/linked/mode.rs /work/w-act/crates/exec/src/linked/native_stack.rs /work/w-act/crates/exec/src/linked/suspend.rs /work/w-act/crates/exec/src/linked/throw.rs /work/w-act/crates/exec/src/mode.rs /work/w-act/crates/exec/src/objects.rs /work/w-act/crates/exec/src/operand/mod.rs /work/w-act/crates/exec/src/operand/vector.rs /work/w-act/crates/exec/src/stack_limit.rs /work/w-act/crates/exec/src/state.rs /work/w-act/crates/exec/src/../FEATURES.md

/work/w-act/crates/exec/src/lib.rs:
/work/w-act/crates/exec/src/activation.rs:
/work/w-act/crates/exec/src/dispatch/mod.rs:
/work/w-act/crates/exec/src/dispatch/loop_backend.rs:
/work/w-act/crates/exec/src/handlers/mod.rs:
/work/w-act/crates/exec/src/handlers/branch.rs:
/work/w-act/crates/exec/src/handlers/bulk.rs:
/work/w-act/crates/exec/src/handlers/calls/mod.rs:
/work/w-act/crates/exec/src/handlers/calls/linked.rs:
/work/w-act/crates/exec/src/handlers/control.rs:
/work/w-act/crates/exec/src/handlers/float/mod.rs:
/work/w-act/crates/exec/src/handlers/float/machine.rs:
/work/w-act/crates/exec/src/handlers/fused.rs:
/work/w-act/crates/exec/src/handlers/handler_macros.rs:
/work/w-act/crates/exec/src/handlers/integer.rs:
/work/w-act/crates/exec/src/handlers/linked.rs:
/work/w-act/crates/exec/src/handlers/memory.rs:
/work/w-act/crates/exec/src/handlers/metered.rs:
/work/w-act/crates/exec/src/handlers/moves.rs:
/work/w-act/crates/exec/src/handlers/numeric.rs:
/work/w-act/crates/exec/src/handlers/references.rs:
/work/w-act/crates/exec/src/handlers/rows.rs:
/work/w-act/crates/exec/src/handlers/table_instructions.rs:
/work/w-act/crates/exec/src/linked/mod.rs:
/work/w-act/crates/exec/src/linked/activation.rs:
/work/w-act/crates/exec/src/linked/cells.rs:
/work/w-act/crates/exec/src/linked/extend.rs:
/work/w-act/crates/exec/src/linked/link.rs:
/work/w-act/crates/exec/src/linked/link/listing.rs:
/work/w-act/crates/exec/src/linked/mode.rs:
/work/w-act/crates/exec/src/linked/native_stack.rs:
/work/w-act/crates/exec/src/linked/suspend.rs:
/work/w-act/crates/exec/src/linked/throw.rs:
/work/w-act/crates/exec/src/mode.rs:
/work/w-act/crates/exec/src/objects.rs:
/work/w-act/crates/exec/src/operand/mod.rs:
/work/w-act/crates/exec/src/operand/vector.rs:
/work/w-act/crates/exec/src/stack_limit.rs:
/work/w-act/crates/exec/src/state.rs:
/work/w-act/crates/exec/src/../FEATURES.md:

//! Finds out two facts about the target: whether handlers can reach each other by tail calls (otherwise a loop runs them),
//! and whether inaccessible pages behind a memory can replace bounds checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::tail_dispatch();
    wasmote_target::guarded();
}

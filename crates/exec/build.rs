//! Sets `cfg(tail_dispatch)` where handlers tail-call each other (elsewhere they return to a loop), and `cfg(guarded)`
//! where inaccessible pages replace bounds checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::tail_dispatch();
    wasmote_target::guarded();
}

//! Sets `cfg(tail_dispatch)` where handlers tail-call each other (elsewhere they return to a loop), and `cfg(guarded)`
//! where inaccessible pages replace bounds checks. Writes the list of superinstructions.

#[path = "build/superinstructions.rs"]
mod superinstructions;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    wasmote_target::tail_dispatch();
    wasmote_target::guarded();
    if std::env::var_os("CARGO_FEATURE_SUPERINSTRUCTIONS").is_some() {
        superinstructions::write();
    }
}

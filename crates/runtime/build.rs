//! Sets `cfg(reserve)` where linear memories lie in reserved address space, and `cfg(guarded)` where inaccessible pages
//! replace bounds checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::reserve();
    wasmote_target::guarded();
}

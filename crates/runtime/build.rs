//! Sets `cfg(reserve)` where linear memories lie in reserved address space, `cfg(guarded)` where inaccessible pages
//! replace bounds checks, and `cfg(shared_memory)` where threads share memories.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::reserve();
    wasmote_target::guarded();
    wasmote_target::shared_memory();
}

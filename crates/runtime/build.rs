//! Says where linear memories lie in reserved address space, where there is plenty, and the way to it is switched on; and
//! where pages without access behind them stand in for checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::reserve();
    wasmote_target::guarded();
}

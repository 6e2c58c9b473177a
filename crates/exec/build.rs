//! Chooses how handlers reach each other, by tail calls where the compiler makes them, else by a loop; and where pages without
//! access behind a memory can stand in for checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    wasmote_target::tail_dispatch();
    wasmote_target::guarded();
}

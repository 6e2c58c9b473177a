//! Chooses how handlers reach each other: by tail calls where the compiler makes them, else by a loop.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(tail_dispatch)");
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
    // Instructions are counted in the loop.
    let looping = ["CARGO_FEATURE_LOOP_DISPATCH", "CARGO_FEATURE_COUNT"];
    let forced_loop = looping.into_iter().any(|feature| std::env::var_os(feature).is_some());
    // Debug assertions, which take addresses of locals in handlers, switch to the loop too; sources see them, this
    // script does not.
    let extended = std::env::var_os("CARGO_FEATURE_EXTENDED").is_some();
    // Targets whose calling convention passes all handler arguments in registers: six integers and two floats, or without
    // the extended op set four integers. On Arm of 32 bits the loop makes smaller firmware (docs/size.md).
    let in_registers = match arch.as_str() {
        "x86_64" | "aarch64" => true,
        "riscv32" | "riscv64" => !extended,
        _ => false,
    };
    if optimised && !forced_loop && in_registers {
        println!("cargo:rustc-cfg=tail_dispatch");
    }
}

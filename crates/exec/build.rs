//! Chooses how handlers reach each other, by tail calls where the compiler makes them, else by a loop; and where pages without
//! access behind a memory can stand in for checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(tail_dispatch)");
    println!("cargo:rustc-check-cfg=cfg(guarded)");
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
    // Instructions are counted in the loop.
    let looping = ["CARGO_FEATURE_LOOP_DISPATCH", "CARGO_FEATURE_COUNT"];
    // Miri makes no tail calls, and knows neither assembly nor signals.
    let miri = std::env::var_os("CARGO_CFG_MIRI").is_some();
    let forced_loop = miri || looping.into_iter().any(|feature| std::env::var_os(feature).is_some());
    // Debug assertions, which take addresses of locals in handlers, switch to the loop too; sources see them, this
    // script does not.
    let extended = std::env::var_os("CARGO_FEATURE_EXTENDED").is_some();
    // Targets whose calling convention passes all handler arguments in registers: six integers and two floats, or without
    // the extended op set four integers. On Arm of 32 bits the loop makes smaller firmware (docs/size-history.md).
    let in_registers = match arch.as_str() {
        "x86_64" | "aarch64" => true,
        "riscv32" | "riscv64" => !extended,
        _ => false,
    };
    if optimised && !forced_loop && in_registers {
        println!("cargo:rustc-cfg=tail_dispatch");
    }
    // A fault has to be turned into a trap by the registers that it leaves (`guard`).
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let wide = var("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    let known = matches!(arch.as_str(), "x86_64" | "aarch64") && wide && var("CARGO_CFG_TARGET_ENDIAN") == "little";
    let known = known && matches!(var("CARGO_CFG_TARGET_OS").as_str(), "linux" | "macos");
    if known && !miri && std::env::var_os("CARGO_FEATURE_GUARD_PAGES").is_some() {
        println!("cargo:rustc-cfg=guarded");
    }
}

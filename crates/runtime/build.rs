//! Says where linear memories lie in reserved address space, where there is plenty, and the way to it is switched on; and
//! where pages without access behind them stand in for checks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(reserve)");
    println!("cargo:rustc-check-cfg=cfg(guarded)");
    let var = |name| std::env::var(name).unwrap_or_default();
    let wide = var("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    // Miri maps no memory: its memories are allocations, as where there is no such system.
    let miri = std::env::var_os("CARGO_CFG_MIRI").is_some();
    if unix && !miri && wide && std::env::var_os("CARGO_FEATURE_MMAP").is_some() {
        println!("cargo:rustc-cfg=reserve");
    }
    // As wasmote-exec does.
    let arch = var("CARGO_CFG_TARGET_ARCH");
    let known = matches!(arch.as_str(), "x86_64" | "aarch64") && wide && var("CARGO_CFG_TARGET_ENDIAN") == "little";
    let known = known && matches!(var("CARGO_CFG_TARGET_OS").as_str(), "linux" | "macos");
    if known && !miri && std::env::var_os("CARGO_FEATURE_GUARD_PAGES").is_some() {
        println!("cargo:rustc-cfg=guarded");
    }
}

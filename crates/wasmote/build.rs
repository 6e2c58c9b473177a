//! Says where linear memories lie in reserved address space: where there is plenty, and the way to it is switched on.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(reserve)");
    let var = |name| std::env::var(name).unwrap_or_default();
    let wide = var("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    if unix && wide && std::env::var_os("CARGO_FEATURE_MMAP").is_some() {
        println!("cargo:rustc-cfg=reserve");
    }
}

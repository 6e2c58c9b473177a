//! Leaves tables for unwinding out of release binaries on Linux: a panic aborts, and nothing else reads them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=discard.ld");
    let env = |name: &str| std::env::var(name).unwrap_or_default();
    if env("PROFILE") == "release" && env("CARGO_CFG_TARGET_OS") == "linux" {
        let script = format!("{}/discard.ld", env("CARGO_MANIFEST_DIR"));
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{script}");
        println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

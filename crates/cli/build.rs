//! Passes linker options that make release binaries smaller. docs/journal/size.md has what each of them saves.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=layout.ld");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    // Only this target's default linker is known: LLVM's, which rustc ships and uses unless told otherwise.
    if var("PROFILE") != "release" || var("TARGET") != "x86_64-unknown-linux-gnu" || !var("RUSTC_LINKER").is_empty() {
        return;
    }
    let option = |option: &str| println!("cargo:rustc-link-arg-bins=-Wl,{option}");
    // Discards the unwind tables, and packs functions closely.
    // The script is copied because Cargo may reuse these options for a checkout at another path.
    let script = std::path::Path::new(&var("OUT_DIR")).join("layout.ld");
    std::fs::copy("layout.ld", &script).expect("layout.ld can be copied to OUT_DIR");
    option(&format!("-T,{}", script.display()));
    option("--no-eh-frame-hdr");
    // Merges functions with equal code. Many handlers are equal.
    option("--icf=all");
    if var("HOST") == var("TARGET") && glibc_packs_relocations() {
        option("-z,pack-relative-relocs");
    }
}

/// Returns whether the glibc of this machine, on which the binary will run, is 2.36 or newer. Older ones cannot read
/// packed relocations.
fn glibc_packs_relocations() -> bool {
    let Ok(output) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(36))
}

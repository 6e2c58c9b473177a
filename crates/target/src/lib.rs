//! Facts about the compilation target, for build scripts. Each fact is determined in one place, for all crates that
//! depend on it.
//!
//! Each public function declares one `cfg`, and sets it where it holds. A build script calls the functions whose `cfg`
//! its crate uses.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::env::{var, var_os};

/// Returns an environment variable that Cargo sets for build scripts; empty if it is not set.
fn told(name: &str) -> String {
    var(name).unwrap_or_default()
}

/// Miri has no tail calls, no mapped memory, no assembly and no signals.
fn is_miri() -> bool {
    var_os("CARGO_CFG_MIRI").is_some()
}

/// Whether the crate being built has this feature.
fn has_feature(name: &str) -> bool {
    var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

fn set(name: &str, holds: bool) {
    println!("cargo:rustc-check-cfg=cfg({name})");
    if holds {
        println!("cargo:rustc-cfg={name}");
    }
}

/// Sets `cfg(tail_dispatch)`: handlers reach each other by tail calls. Code must also ask for `not(debug_assertions)`:
/// debug assertions take addresses of locals, which prevents tail calls, and build scripts cannot see them.
///
/// The targets are those whose calling convention passes all arguments of a handler in registers: six integers and two
/// floats, or four integers without the extended op set. On 32-bit Arm the loop makes smaller firmware
/// (docs/journal/size.md).
pub fn tail_dispatch() {
    let optimised = var("OPT_LEVEL").is_ok_and(|level| level != "0");
    // The loop counts instructions, and shows them to an embedder.
    let looping = ["LOOP_DISPATCH", "COUNT", "TRACE"].into_iter().any(has_feature);
    let in_registers = match told("CARGO_CFG_TARGET_ARCH").as_str() {
        "x86_64" | "aarch64" => true,
        "riscv32" | "riscv64" => !has_feature("EXTENDED"),
        _ => false,
    };
    set("tail_dispatch", optimised && !looping && !is_miri() && in_registers);
}

fn is_wide() -> bool {
    told("CARGO_CFG_TARGET_POINTER_WIDTH") == "64"
}

/// Sets `cfg(reserve)`: linear memories lie in reserved address space.
pub fn reserve() {
    let unix = var_os("CARGO_CFG_UNIX").is_some();
    set("reserve", unix && is_wide() && !is_miri() && has_feature("MMAP"));
}

/// Sets `cfg(shared_memory)`: threads share memories. A thread that waits sleeps in the system's futexes on Linux, and
/// elsewhere by the standard library. Lengths are atomic numbers of 64 bits.
pub fn shared_memory() {
    let sleeps = has_feature("STD") || told("CARGO_CFG_TARGET_OS") == "linux" && !is_miri();
    let atomic = told("CARGO_CFG_TARGET_HAS_ATOMIC").split(',').any(|bits| bits == "64");
    set("shared_memory", has_feature("THREADS") && sleeps && atomic);
}

/// Sets `cfg(guarded)`: inaccessible pages behind a memory can replace bounds checks. A signal handler turns faults
/// into traps by reading registers: `wasmote-exec`'s `guard` has a file for each processor, `wasmote-runtime`'s `guard`
/// one for the systems.
pub fn guarded() {
    let processor = matches!(told("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let system = matches!(told("CARGO_CFG_TARGET_OS").as_str(), "linux" | "macos");
    let little = told("CARGO_CFG_TARGET_ENDIAN") == "little";
    set("guarded", processor && system && little && is_wide() && !is_miri() && has_feature("GUARD_PAGES"));
}

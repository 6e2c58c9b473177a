//! What build scripts find out about the target: each fact in one place, for all crates that depend on it.
//!
//! A build script calls the functions whose `cfg` its crate uses. Each declares the `cfg`, and sets it where it holds.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::env::{var, var_os};

/// A variable that Cargo sets for build scripts.
fn told(name: &str) -> String {
    var(name).unwrap_or_default()
}

/// Miri makes no tail calls, maps no memory, and knows neither assembly nor signals.
fn is_miri() -> bool {
    var_os("CARGO_CFG_MIRI").is_some()
}

/// Whether the crate has this feature.
fn has_feature(name: &str) -> bool {
    var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

fn set(name: &str, holds: bool) {
    println!("cargo:rustc-check-cfg=cfg({name})");
    if holds {
        println!("cargo:rustc-cfg={name}");
    }
}

/// `cfg(tail_dispatch)`: handlers reach each other by tail calls, unless debug assertions, which this does not see, take addresses of
/// locals in them.
///
/// The targets are those whose calling convention passes all arguments of a handler in registers: six integers and two floats, or
/// without the extended op set four integers. On Arm of 32 bits the loop makes smaller firmware (docs/journal/size.md).
pub fn tail_dispatch() {
    let optimised = var("OPT_LEVEL").is_ok_and(|level| level != "0");
    // Instructions are counted, and shown, in the loop.
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

/// `cfg(reserve)`: linear memories lie in reserved address space, of which there is plenty.
pub fn reserve() {
    let unix = var_os("CARGO_CFG_UNIX").is_some();
    set("reserve", unix && is_wide() && !is_miri() && has_feature("MMAP"));
}

/// `cfg(guarded)`: pages without access behind a memory can stand in for checks. A fault has to be turned into a trap, by the registers that
/// it leaves: the processor has a file in `wasmote-exec`'s `guard`, the system one in `wasmote-runtime`'s.
pub fn guarded() {
    let processor = matches!(told("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let system = matches!(told("CARGO_CFG_TARGET_OS").as_str(), "linux" | "macos");
    let little = told("CARGO_CFG_TARGET_ENDIAN") == "little";
    set("guarded", processor && system && little && is_wide() && !is_miri() && has_feature("GUARD_PAGES"));
}

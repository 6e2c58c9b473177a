//! Passes the linker scripts, and the path of the guests' images.

use std::path::Path;

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rerun-if-changed=device.x");
    println!("cargo:rustc-link-search={here}");
    // The memory layout depends on the board.
    let board = if std::env::var("TARGET").unwrap() == "thumbv6m-none-eabi" { "microbit" } else { "mps2-an386" };
    println!("cargo:rerun-if-changed=boards/{board}/memory.x");
    println!("cargo:rustc-link-search={here}/boards/{board}");
    // Merges functions with equal code: many handlers are equal. Without `--nmagic`, sections would be padded to pages
    // in the file.
    for argument in ["--icf=all", "--nmagic", "-Tlink.x"] {
        println!("cargo:rustc-link-arg={argument}");
    }
    println!("cargo:rerun-if-env-changed=FIRMWARE_IMAGES");
    let images = std::env::var("FIRMWARE_IMAGES").unwrap_or_else(|_| format!("{here}/../../target/firmware-images"));
    assert!(Path::new(&images).is_dir(), "no guests in {images}: `cargo xtask firmware` compiles them");
    println!("cargo:rustc-env=FIRMWARE_IMAGES={images}");
}

//! Passes the linker scripts, and the path of the guests' images.

use std::path::Path;

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rustc-link-search={here}");
    // The memory layout comes first: `link.x` uses its regions.
    for argument in ["--icf=all", "-Tmemory.x", "-Tlink.x"] {
        println!("cargo:rustc-link-arg={argument}");
    }
    println!("cargo:rerun-if-env-changed=FIRMWARE_IMAGES");
    let images = std::env::var("FIRMWARE_IMAGES").unwrap_or_else(|_| format!("{here}/../../target/firmware-images"));
    assert!(Path::new(&images).is_dir(), "no guests in {images}: `cargo xtask firmware` compiles them");
    println!("cargo:rustc-env=FIRMWARE_IMAGES={images}");
}

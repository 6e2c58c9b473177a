//! The linker's scripts, and where the guests' images are.

use std::path::Path;

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=device.x");
    println!("cargo:rustc-link-search={here}");
    // Functions that came out the same become one, handlers above all. Without `--nmagic` sections would be padded to pages in the file.
    for argument in ["--icf=all", "--nmagic", "-Tlink.x"] {
        println!("cargo:rustc-link-arg={argument}");
    }
    println!("cargo:rerun-if-env-changed=FIRMWARE_IMAGES");
    let images = std::env::var("FIRMWARE_IMAGES").unwrap_or_else(|_| format!("{here}/../../target/firmware-images"));
    assert!(Path::new(&images).is_dir(), "no guests in {images}: `cargo xtask firmware` compiles them");
    println!("cargo:rustc-env=FIRMWARE_IMAGES={images}");
}

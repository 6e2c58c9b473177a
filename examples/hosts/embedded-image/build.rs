//! Translates the module of this example into an image.

use std::path::Path;
use std::{env, fs};

use wasmote::{Engine, ImageOptions, Module};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=src/gcd.wat");
    let module = Module::new(&Engine::default(), fs::read("src/gcd.wat")?)?;
    let image = module.to_image(&ImageOptions::default())?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("gcd.wmi"), image)?;
    Ok(())
}

//! `cargo xtask dist`: builds what embedders in other languages install, and puts it together in a folder.
//!
//! - [`PRODUCTS`] is the table of what is built. A row more is a product more.
//! - [`libraries`] makes those for microcontrollers.
//! - [`c_library`] makes the C library with its headers and the files for pkg-config and CMake.
//! - [`check`] builds programs against the folder, as their authors would, and runs them.
//! - [`docs`] makes the reference of the headers by Doxygen.

mod c_library;
mod check;
mod docs;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::firmware::libraries;
use crate::project;

pub const OPTIONS: &str = "
  FOLDER       where everything is put, instead of target/dist; what is there already is replaced
  --only NAME  one product only: c, firmware. Without it, firmware is left out where `cargo xtask setup-embedded` has not
               made its compilers
  --check      builds programs with what is in the folder, by pkg-config and by CMake, and runs them
  --docs       instead, the reference of both C headers by Doxygen, in target/doc-c
";

/// What is built.
struct Product {
    name: &'static str,
    what: &'static str,
    /// Returns what this machine lacks to build it.
    lacks: fn() -> Option<String>,
    /// Builds it, and puts it into a folder.
    make: fn(&Path) -> Result<()>,
    /// Uses what is in the folder. Returns what this machine lacks for that. `None`: another check of CI uses it.
    check: Option<Check>,
}

type Check = fn(&Path) -> Result<Option<String>>;

const PRODUCTS: &[Product] = &[
    Product {
        name: "c",
        what: "wasm.h and wasmote.h, with the shared and the static library",
        lacks: || None,
        make: c_library::make,
        check: Some(check::check),
    },
    Product {
        name: "firmware",
        what: "wasmote-firmware.h, with the static libraries of six targets, in `firmware`",
        lacks: libraries::lacks,
        make: |folder| libraries::make_all(&folder.join("firmware"), &[]),
        // `cargo xtask firmware` builds a program in C with the library, and runs it.
        check: None,
    },
];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let (is_checked, is_docs) = (arguments.contains("--check"), arguments.contains("--docs"));
    let only: Option<String> = arguments.opt_value_from_str("--only")?;
    let folder: Option<PathBuf> = arguments.opt_free_from_str()?;
    crate::no_more_arguments(arguments)?;
    if is_docs {
        return required(docs::check()?);
    }
    let selected = |product: &&Product| only.as_ref().is_none_or(|name| name == product.name);
    ensure!(PRODUCTS.iter().any(|product| selected(&product)), "there is no such product");
    let folder = folder.unwrap_or_else(|| project::target_dir().join("dist"));
    for product in PRODUCTS.iter().filter(selected) {
        match (product.lacks)() {
            Some(reason) if only.is_none() => {
                println!("{}: left out: {reason}", product.name);
                continue;
            }
            lacking => required(lacking)?,
        }
        make(product, &folder)?;
        if let Some(check) = product.check.filter(|_| is_checked) {
            required(check(&folder)?)?;
        }
    }
    Ok(())
}

/// For CI: makes and checks the products that have a check. Returns what this machine lacks.
pub fn check_all() -> Result<Option<String>> {
    let folder = project::target_dir().join("dist");
    let mut lacking = Vec::new();
    for product in PRODUCTS {
        let Some(check) = product.check else { continue };
        make(product, &folder)?;
        lacking.extend(check(&folder)?);
    }
    Ok((!lacking.is_empty()).then(|| lacking.join("; ")))
}

/// For CI: makes the reference of the C headers. Returns what this machine lacks.
pub fn check_docs() -> Result<Option<String>> {
    docs::check()
}

/// What CI leaves out is an error where it was asked for.
fn required(lacking: Option<String>) -> Result<()> {
    lacking.map_or(Ok(()), |reason| bail!("{reason}"))
}

fn make(product: &Product, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    (product.make)(folder).with_context(|| format!("the product {}", product.name))?;
    println!("{}: {} in {}", product.name, product.what, folder.display());
    Ok(())
}

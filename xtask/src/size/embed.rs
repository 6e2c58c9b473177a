//! `cargo xtask size --embed`: what it costs a program to embed wasmote. The smallest program that runs an exported function is built with several
//! sets of features, beside the same program with wasmi and one that does nothing. Each is run, so that what is measured works.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use indicatif::HumanCount;

use crate::project;

/// The argument and the result of the function of the module.
const ARGUMENT: i32 = 5;
const RESULT: i32 = 120;
const MODULE: &str = r#"(module (func $fact (export "run") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
        (then (i32.const 1))
        (else (i32.mul (local.get 0) (call $fact (i32.sub (local.get 0) (i32.const 1))))))))"#;

struct Row {
    what: &'static str,
    folder: &'static str,
    features: &'static str,
    program: &'static str,
    is_image: bool,
}

const fn ours(what: &'static str, features: &'static str) -> Row {
    Row { what, folder: "examples/embed-small", features, program: "embed-small", is_image: false }
}

const ROWS: &[Row] = &[
    Row { what: "nothing", folder: "xtask/peers/empty", features: "", program: "peer-empty", is_image: false },
    Row { is_image: true, ..ours("wasmote: images", "image") },
    ours("wasmote: trusted binaries", "wasm"),
    ours("wasmote: validated binaries", "validate"),
    ours("the same with the extended op set", "validate,extended"),
    ours("the same with vectors", "validate,extended,simd"),
    ours("the same with garbage collection and exceptions", "validate,extended,simd,gc"),
    ours(
        "the same with superinstructions and messages in errors",
        "validate,extended,simd,gc,superinstructions,messages,mmap",
    ),
    Row {
        what: "wasmi 2.0.0",
        folder: "xtask/peers/embed-wasmi",
        features: "",
        program: "peer-embed-wasmi",
        is_image: false,
    },
    Row {
        what: "the same with vectors",
        folder: "xtask/peers/embed-wasmi",
        features: "simd",
        program: "peer-embed-wasmi",
        is_image: false,
    },
];

/// The module, as a binary and as an image.
pub struct Files {
    binary: PathBuf,
    image: PathBuf,
}

/// Writes both files.
pub fn files(folder: &Path) -> Result<Files> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let (binary, image) = (folder.join("run.wasm"), folder.join("run.wmi"));
    std::fs::write(&binary, wat::parse_str(MODULE)?)?;
    let mut compile = Command::new(project::build_release()?);
    project::run(compile.args(["compile", "--op-set", "core"]).arg(&binary).arg("-o").arg(&image))?;
    Ok(Files { binary, image })
}

impl Files {
    /// Runs a program, which must end with the result of the function.
    pub fn run(&self, program: &Path, is_image: bool) -> Result<()> {
        let file = if is_image { &self.image } else { &self.binary };
        let status = Command::new(program).arg(file).arg(ARGUMENT.to_string()).status()?;
        ensure!(status.code() == Some(RESULT), "it ended with {status}, and not with {RESULT}");
        Ok(())
    }
}

/// Builds, runs and prints all.
pub fn main() -> Result<()> {
    let folder = project::target_dir().join("embed");
    let files = files(&folder)?;
    println!("| program | bytes | above one that does nothing |\n| --- | ---: | ---: |");
    let mut nothing = 0;
    for row in ROWS {
        let program = build(row, &folder)?;
        let bytes = std::fs::metadata(&program).with_context(|| program.display().to_string())?.len();
        if row.what == "nothing" {
            nothing = bytes;
        } else {
            files.run(&program, row.is_image).context(row.what)?;
        }
        println!("| {} | {} | {} |", row.what, HumanCount(bytes), HumanCount(bytes - nothing));
    }
    Ok(())
}

fn build(row: &Row, folder: &Path) -> Result<PathBuf> {
    let mut cargo = project::cargo(["build", "--release", "--locked", "--quiet", "--no-default-features"]);
    cargo.args(["--features", row.features, "--target-dir"]).arg(folder);
    project::run(cargo.current_dir(project::root().join(row.folder))).context(row.what)?;
    Ok(folder.join("release").join(row.program))
}

//! `cargo xtask size --c`: what it costs a program in C to embed wasmote. The smallest program that runs an exported function is linked with the
//! static library, built with several sets of features, and beside it the same program with Wasm3 and with WAMR. All C is compiled with
//! `-Os`. Each program is run, so that what is measured works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use indicatif::HumanCount;
use pico_args::Arguments;

use super::embed::{self, Files};
use crate::project;

/// How all programs are compiled and linked: for size, without what they do not use, and stripped.
const FLAGS: [&str; 6] = ["-Os", "-fno-lto", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s"];

/// A row of ours: what is in the library, which it is, and its features.
struct Row {
    what: &'static str,
    library: Library,
    features: &'static str,
    input: Input,
}

/// One of our libraries, the program that uses it, and where its headers are.
#[derive(Clone, Copy)]
struct Library {
    package: &'static str,
    file: &'static str,
    program: &'static str,
    include: &'static str,
    /// What its compiler is told.
    cfg: &'static [&'static str],
}

const FIRMWARE: Library = Library {
    package: "wasmote-firmware",
    file: "libwasmote_firmware.a",
    program: "firmware",
    include: "crates/firmware/include",
    // Without the standard library, whose messages of panics are larger than all else.
    cfg: &["--", "--cfg", "freestanding"],
};
const CAPI: Library = Library {
    package: "wasmote-capi",
    file: "libwasmote_c.a",
    program: "wasmote",
    include: "crates/capi/include",
    cfg: &[],
};

const fn row(what: &'static str, library: Library, features: &'static str, input: Input) -> Row {
    Row { what, library, features, input }
}

const ROWS: &[Row] = &[
    row("wasmote-firmware.h: images, in place, without floats", FIRMWARE, "", Input::Image),
    row("the same with floats", FIRMWARE, "small-floats", Input::Image),
    row("wasm.h: images", CAPI, "", Input::Image),
    row("the same with the extended op set and superinstructions", CAPI, "superinstructions", Input::Image),
    row("wasm.h: binaries", CAPI, "validate", Input::Binary),
    row("the same with messages in errors", CAPI, "validate,messages", Input::Binary),
    row(
        "the same with the extended op set and superinstructions",
        CAPI,
        "validate,messages,superinstructions",
        Input::Binary,
    ),
    row("the whole library, of which the program uses binaries", CAPI, "default", Input::Binary),
];

/// What a program reads.
#[derive(Clone, Copy, PartialEq)]
enum Input {
    Image,
    Binary,
}

/// The variants of WAMR: what its build is told.
const WAMR: [(&str, &str); 2] =
    [("the classic interpreter", "-DWAMR_BUILD_FAST_INTERP=0"), ("the fast interpreter", "-DWAMR_BUILD_FAST_INTERP=1")];
/// What both variants lack: all that a program of this size does not use.
const WAMR_OPTIONS: [&str; 7] = [
    "-DCMAKE_BUILD_TYPE=MinSizeRel",
    "-DWAMR_BUILD_PLATFORM=linux",
    "-DWAMR_BUILD_INTERP=1",
    "-DWAMR_BUILD_AOT=0",
    "-DWAMR_BUILD_LIBC_BUILTIN=0",
    "-DWAMR_BUILD_LIBC_WASI=0",
    "-DWAMR_BUILD_SIMD=0",
];

/// Builds, runs and prints all.
pub fn main(mut arguments: Arguments) -> Result<()> {
    let wasm3: Option<PathBuf> = arguments.opt_value_from_str("--wasm3")?;
    let wamr: Option<PathBuf> = arguments.opt_value_from_str("--wamr")?;
    crate::no_more_arguments(arguments)?;
    let folder = project::target_dir().join("size-c");
    let files = embed::files(&folder)?;
    let table = Table { files, nothing: size(&compile(&folder, "nothing", |_| {})?)? };

    println!("| program | bytes | above one that does nothing |\n| --- | ---: | ---: |");
    table.print("nothing", table.nothing);
    for row in ROWS {
        table.row(row.what, &ours(&folder, row)?, row.input)?;
    }
    let wasm3 = wasm3.map_or_else(wasm3_of_registry, |checkout| Ok(checkout.join("source")))?;
    for level in ["-Os", "-O3"] {
        let what = format!("Wasm3 {}, {level}", version(&wasm3.join("wasm3.h"), &["M3_VERSION "])?);
        table.row(&what, &self::wasm3(&folder, &wasm3, level)?, Input::Binary)?;
    }
    let Some(checkout) = wamr else {
        eprintln!("WAMR is left out: no checkout was named");
        return Ok(());
    };
    let numbers = ["WAMR_VERSION_MAJOR ", "WAMR_VERSION_MINOR ", "WAMR_VERSION_PATCH "];
    let version = version(&checkout.join("core/version.h"), &numbers)?;
    for (what, option) in WAMR {
        let what = format!("WAMR {version}, {what}, -Os");
        table.row(&what, &self::wamr(&folder, &checkout.canonicalize()?, option)?, Input::Binary)?;
    }
    Ok(())
}

struct Table {
    files: Files,
    /// The bytes of a program that does nothing.
    nothing: u64,
}

impl Table {
    /// Runs a program, and prints its size.
    fn row(&self, what: &str, program: &Path, input: Input) -> Result<()> {
        self.files.run(program, input == Input::Image).with_context(|| what.to_owned())?;
        self.print(what, size(program)?);
        Ok(())
    }

    fn print(&self, what: &str, bytes: u64) {
        println!("| {what} | {} | {} |", HumanCount(bytes), HumanCount(bytes - self.nothing));
    }
}

fn size(program: &Path) -> Result<u64> {
    Ok(fs::metadata(program).with_context(|| program.display().to_string())?.len())
}

/// Compiles one of the programs beside the peers. `more` adds libraries.
fn compile(folder: &Path, name: &str, more: impl FnOnce(&mut Command)) -> Result<PathBuf> {
    let program = folder.join(name);
    let source = project::root().join("xtask/peers/c-size").join(name).with_extension("c");
    let mut compiler = Command::new("cc");
    compiler.args(FLAGS).arg("-o").arg(&program).arg(source);
    more(&mut compiler);
    // Peers warn; what fails says so.
    let output = compiler.args(["-lm", "-lpthread", "-ldl"]).output().context("cannot start the C compiler")?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(program)
}

fn ours(folder: &Path, row: &Row) -> Result<PathBuf> {
    let library = row.library;
    let mut cargo = project::cargo(["rustc", "--quiet", "--release", "--locked", "--package", library.package]);
    cargo.args(["--crate-type", "staticlib", "--no-default-features", "--features", row.features]);
    cargo.args(library.cfg);
    project::run(cargo.env("CARGO_TARGET_DIR", folder))?;
    compile(folder, library.program, |compiler| {
        if row.input == Input::Image {
            compiler.arg("-DIMAGE");
        }
        compiler.arg("-I").arg(project::root().join(library.include)).arg(folder.join("release").join(library.file));
    })
}

/// The sources of Wasm3 that the package wasm3-sys carries. Its build script is not run.
fn wasm3_of_registry() -> Result<PathBuf> {
    let manifest = project::root().join("xtask/peers/wasm3/Cargo.toml");
    let mut command = cargo_metadata::MetadataCommand::new();
    command.manifest_path(manifest).features(cargo_metadata::CargoOpt::AllFeatures);
    let metadata = command.other_options(["--locked".into()]).exec()?;
    let package = metadata.packages.iter().find(|package| package.name == "wasm3-sys").context("wasm3-sys")?;
    Ok(package.manifest_path.with_file_name("wasm3").join("source").into())
}

fn wasm3(folder: &Path, sources: &Path, level: &str) -> Result<PathBuf> {
    // What a guest may import from a host is not in this program.
    let is_engine = |name: &str| name.ends_with(".c") && !name.starts_with("m3_api_");
    let mut files = Vec::new();
    for entry in fs::read_dir(sources).with_context(|| sources.display().to_string())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| is_engine(&name.to_string_lossy())) {
            files.push(path);
        }
    }
    compile(folder, "wasm3", |compiler| {
        compiler.arg(level).arg("-I").arg(sources).args(files);
    })
}

fn wamr(folder: &Path, checkout: &Path, option: &str) -> Result<PathBuf> {
    let build = folder.join(option);
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(checkout).arg("-B").arg(&build).args(WAMR_OPTIONS).arg(option);
    // Otherwise it builds for x86-64 wherever it is not told.
    configure.arg(format!("-DWAMR_BUILD_TARGET={}", std::env::consts::ARCH.to_uppercase()));
    project::run(configure.arg("-DBUILD_SHARED_LIBS=OFF").stdout(Stdio::null()).stderr(Stdio::null()))?;
    let mut make = Command::new("cmake");
    make.arg("--build").arg(&build).args(["--target", "vmlib"]);
    project::run(make.stdout(Stdio::null()).stderr(Stdio::null()))?;
    compile(folder, "wamr", |compiler| {
        compiler.arg("-I").arg(checkout.join("core/iwasm/include")).arg(build.join("libiwasm.a"));
    })
}

/// The words behind these names in a header, with dots between them.
fn version(header: &Path, names: &[&str]) -> Result<String> {
    let text = fs::read_to_string(header).with_context(|| header.display().to_string())?;
    let word = |name: &&str| {
        let rest = text.split_once(*name)?.1.lines().next()?;
        Some(rest.trim().trim_matches('"').to_owned())
    };
    let words: Option<Vec<String>> = names.iter().map(word).collect();
    Ok(words.with_context(|| format!("{} has no version", header.display()))?.join("."))
}

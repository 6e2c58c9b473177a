//! The C library: both headers, `libwasmote` as a shared and a static library, and what pkg-config and CMake read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project;

/// The libraries of the system that the static library needs.
const SYSTEM_LIBRARIES: &str = "-lpthread -ldl -lm";

/// The files beside the libraries: where each is, and where it is put. Names between two `@` are
/// replaced.
const FILES: &[(&str, &str)] = &[
    ("crates/capi/include/wasm.h", "include/wasm.h"),
    ("crates/capi/include/wasmote.h", "include/wasmote.h"),
    ("crates/capi/packaging/wasmote.pc.in", "lib/pkgconfig/wasmote.pc"),
    ("crates/capi/packaging/wasmoteConfig.cmake.in", "lib/cmake/wasmote/wasmoteConfig.cmake"),
    ("crates/capi/packaging/wasmoteConfigVersion.cmake.in", "lib/cmake/wasmote/wasmoteConfigVersion.cmake"),
    ("crates/capi/packaging/README.md", "share/doc/wasmote/README.md"),
    ("crates/capi/examples/first.c", "share/doc/wasmote/examples/first.c"),
    ("crates/capi/examples/cmake/CMakeLists.txt", "share/doc/wasmote/examples/cmake/CMakeLists.txt"),
    ("LICENSE-APACHE", "share/doc/wasmote/LICENSE-APACHE"),
    ("LICENSE-MIT", "share/doc/wasmote/LICENSE-MIT"),
];

/// The version of the library, and the name under which programs find it when they start.
struct Names {
    version: String,
    major: String,
    soname: String,
}

impl Names {
    fn of_package() -> Result<Names> {
        let metadata = project::metadata()?;
        let package = metadata.packages.iter().find(|package| package.name == "wasmote-capi");
        let version = &package.context("the package wasmote-capi")?.version;
        let major = version.major.to_string();
        Ok(Names { version: version.to_string(), soname: format!("libwasmote.so.{major}"), major })
    }

    /// Replaces the names in a text.
    fn filled_in(&self, text: &str) -> String {
        let names = [
            ("@VERSION@", &*self.version),
            ("@MAJOR@", &self.major),
            ("@SONAME@", &self.soname),
            ("@SYSTEM_LIBRARIES@", SYSTEM_LIBRARIES),
        ];
        names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

pub fn make(folder: &Path) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the names of libraries are those of Linux");
    let names = Names::of_package()?;
    build(&names.soname, &[], &project::target_dir())?;

    for (from, to) in FILES {
        let (from, to) = (project::root().join(from), folder.join(to));
        let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::write(&to, names.filled_in(&text)).with_context(|| to.display().to_string())?;
    }
    let (built, lib) = (project::target_dir().join("release"), folder.join("lib"));
    let shared = format!("libwasmote.so.{}", names.version);
    install(&built.join("libwasmote_c.so"), &lib.join(&shared))?;
    install(&built.join("libwasmote_c.a"), &lib.join("libwasmote.a"))?;
    link(&shared, &lib.join(&names.soname))?;
    link(&names.soname, &lib.join("libwasmote.so"))?;
    exported(&lib.join(&shared), &folder.join("include"))
}

/// Builds both libraries with all optimisations. Cargo makes none across crates while a package is a Rust library, too. `CMakeLists.txt` of the
/// package has the same command.
pub fn build(soname: &str, arguments: &[&str], target: &Path) -> Result<()> {
    let mut cargo = project::cargo(["rustc", "--quiet", "--release", "--locked", "--package", "wasmote-capi"]);
    cargo.args(["--crate-type", "cdylib,staticlib"]).args(arguments);
    cargo.args(["--", "-C", &format!("link-arg=-Wl,-soname,{soname}")]);
    project::run(cargo.env("CARGO_TARGET_DIR", target))
}

/// Copies a file in place of another, which programs that are running may use.
fn install(from: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}

fn link(to: &str, at: &Path) -> Result<()> {
    remove(at)?;
    std::os::unix::fs::symlink(to, at).with_context(|| at.display().to_string())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context(path.display().to_string()),
        _ => Ok(()),
    }
}

/// Compares what the library exports with what the headers declare.
fn exported(library: &Path, include: &Path) -> Result<()> {
    use object::{Object, ObjectSymbol};
    let bytes = fs::read(library)?;
    let file = object::File::parse(&*bytes)?;
    let symbols = file.dynamic_symbols().filter(|symbol| symbol.is_definition());
    let exported: BTreeSet<String> = symbols.filter_map(|symbol| symbol.name().ok().map(Into::into)).collect();
    let declared: BTreeSet<String> = declared(include)?.into_iter().collect();
    let (more, less): (Vec<_>, Vec<_>) =
        (exported.difference(&declared).collect(), declared.difference(&exported).collect());
    ensure!(
        more.is_empty() && less.is_empty(),
        "the library exports {more:?}, which no header declares, and lacks {less:?}"
    );
    println!("the library exports the {} functions of its headers, and nothing else", exported.len());
    Ok(())
}

/// The names of all functions that the headers declare, in their order.
pub fn declared(include: &Path) -> Result<Vec<String>> {
    let mut compiler = Command::new("cc");
    // A mark that remains in what the macros of wasm.h make.
    compiler.args(["-E", "-P", "-DWASM_API_EXTERN=DECLARED", "-I"]).args([include, &include.join("wasmote.h")]);
    let output = compiler.output().context("cannot start the C compiler")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = names_of_declarations(&String::from_utf8(output.stdout)?);
    ensure!(!names.is_empty(), "the headers declare nothing");
    Ok(names)
}

/// The name is the last word before the parenthesis of its parameters.
fn names_of_declarations(preprocessed: &str) -> Vec<String> {
    let text = preprocessed.split_whitespace().collect::<Vec<_>>().join(" ");
    let declarations = text.split("DECLARED ").skip(1).filter_map(|rest| rest.split_once('('));
    let names = declarations.filter_map(|(head, _)| head.trim_end().rsplit([' ', '*']).next());
    names.filter(|name| name.starts_with("wasm")).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_declarations() {
        let text =
            "DECLARED void wasm_a_delete( wasm_a_t*);\nDECLARED\n const char *wasm_b(void (*)(void*)); int c(int);";
        assert_eq!(names_of_declarations(text), ["wasm_a_delete", "wasm_b"]);
    }

    /// CMake builds with the command of this file, so that cargo builds once for both.
    #[test]
    fn cmake_has_the_same_names() {
        let cmake = fs::read_to_string(project::root().join("crates/capi/CMakeLists.txt")).unwrap();
        let soname = Names::of_package().unwrap().soname;
        assert!(cmake.contains(&format!("set(_wasmote_soname {soname})")));
        assert!(cmake.contains(&format!("INTERFACE_LINK_LIBRARIES \"{SYSTEM_LIBRARIES}\"")));
    }
}

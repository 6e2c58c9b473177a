//! Compiles each C program beside this file with the C compiler of the system, `cc`, or `CC` if that is set, and runs it
//! against the shared library. A program checks itself: it prints nothing and returns 0.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns where cargo put the library: beside this program, or a folder above.
fn library() -> PathBuf {
    let program = env::current_exe().expect("the path of this program");
    let name = format!("{}wasmote_c{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let folders = program.ancestors().skip(1).take(2);
    let mut found = folders.map(|folder| folder.join(&name)).filter(|library| library.is_file());
    found.next().expect("cargo built the library with this test")
}

fn compiler() -> Option<String> {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let is_there = Command::new(&compiler).arg("--version").output().is_ok();
    is_there.then_some(compiler)
}

/// Compiles a program as this standard, and runs it.
fn check(compiler: &str, source: &Path, standard: &str) {
    let library = library();
    let folder = library.parent().expect("a library lies in a folder");
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = source.file_stem().expect("a file").to_string_lossy();
    let program = tests.join(format!("{name}-{standard}"));
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let mut compile = Command::new(compiler);
    compile.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", &format!("-std={standard}")]);
    compile.arg("-I").arg(include).arg("-o").arg(&program).arg(source);
    compile.arg(&library).arg(format!("-Wl,-rpath,{}", folder.display()));
    let compiled = compile.output().expect("the compiler runs");
    assert!(compiled.status.success(), "{name}: {}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().expect("the program runs");
    let printed = [ran.stdout, ran.stderr].concat();
    assert!(
        ran.status.success() && printed.is_empty(),
        "{name}: {}: {}",
        ran.status,
        String::from_utf8_lossy(&printed)
    );
}

fn check_all(standard: &str) {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = folder.read_dir().expect("the folder of this test").map(|file| file.expect("a file").path());
    let sources: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == "c")).collect();
    assert!(!sources.is_empty());
    sources.iter().for_each(|source| check(&compiler, source, standard));
}

#[test]
fn c_programs_pass() {
    check_all("c11");
}

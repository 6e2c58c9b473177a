//! Compiles each C program beside this file with the C compiler of the system, `cc`, or `CC` if that is set, and runs it
//! against the shared library. A program checks itself: it prints nothing and returns 0.

use std::collections::BTreeSet;
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

/// Compiles a program as this standard, runs it, and returns what it printed. It must return 0.
fn printed(compiler: &str, source: &Path, standard: &str) -> String {
    let library = library();
    let folder = library.parent().expect("a library lies in a folder");
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = source.file_stem().expect("a file").to_string_lossy();
    let program = tests.join(format!("{name}-{standard}"));
    let mut compile = Command::new(compiler);
    compile.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", &format!("-std={standard}")]);
    compile.arg("-I").arg(include()).arg("-o").arg(&program).arg(source);
    compile.arg(&library).arg("-lpthread").arg(format!("-Wl,-rpath,{}", folder.display()));
    let compiled = compile.output().expect("the compiler runs");
    assert!(compiled.status.success(), "{name}: {}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().expect("the program runs");
    let printed = String::from_utf8([ran.stdout, ran.stderr].concat()).expect("text");
    assert!(ran.status.success(), "{name}: {}: {printed}", ran.status);
    printed
}

/// Compiles and runs a program that prints nothing.
fn check(compiler: &str, source: &Path, standard: &str) {
    assert_eq!(printed(compiler, source, standard), "", "{}", source.display());
}

/// Returns the folder of the headers.
fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Returns the test programs.
fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = folder.read_dir().expect("the folder of this test").map(|file| file.expect("a file").path());
    let sources: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == "c")).collect();
    assert!(!sources.is_empty());
    sources
}

fn check_all(standard: &str) {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    sources().iter().for_each(|source| check(&compiler, source, standard));
}

#[test]
fn c_programs_pass() {
    check_all("c11");
}

/// Returns a header of this library.
fn header(name: &str) -> String {
    std::fs::read_to_string(include().join(name)).expect("a header")
}

/// Returns the names of functions in a source that stand directly behind `before`, up to the parenthesis.
fn names_behind<'a>(source: &'a str, before: &str) -> Vec<&'a str> {
    source.split(before).skip(1).filter_map(|rest| rest.split_once('(').map(|(name, _)| name)).collect()
}

/// Returns the functions that both headers declare.
fn declared(compiler: &str) -> Vec<String> {
    let include = include();
    let headers = Command::new(compiler)
        // A mark that remains in what the macros of the header make.
        .args(["-E", "-P", "-DWASM_API_EXTERN=DECLARED", "-I"])
        .args([&include, &include.join("wasmote.h")])
        .output()
        .expect("the compiler runs");
    let text = String::from_utf8(headers.stdout).expect("text").split_whitespace().collect::<Vec<_>>().join(" ");
    let declared: Vec<String> = names_behind(&text, "DECLARED ")
        .into_iter()
        .filter_map(|declaration| declaration.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("wasm"))
        .map(String::from)
        .collect();
    // wasm.h alone has 293.
    assert!(declared.len() > 293, "{}", declared.len());
    declared
}

#[test]
fn each_function_that_a_header_declares_exists() {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    let addresses: String = declared(&compiler).iter().map(|name| format!("  sum += (size_t)&{name};\n")).collect();
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every_function.c");
    let program = format!(
        "#include \"wasmote.h\"\nint main(void) {{\n  volatile size_t sum = 0;\n{addresses}  return sum == 0;\n}}\n"
    );
    std::fs::write(&source, program).expect("a place for tests");
    // Without each of them, it would not link. Function pointers as numbers are beyond ISO C, but not beyond POSIX.
    check(&compiler, &source, "gnu11");
}

#[test]
fn each_function_that_a_header_declares_is_called_by_a_test() {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    if Command::new("nm").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no nm, which lists what an object file needs");
        return;
    }
    let mut called = BTreeSet::new();
    for source in sources() {
        let name = source.file_stem().expect("a file").to_string_lossy();
        let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.o"));
        // Without optimisation, so that each call in the source is one in the object. Inline functions of the header that
        // are not used are not in it.
        let mut compile = Command::new(&compiler);
        compile.args(["-std=c11", "-O0", "-c", "-I"]).arg(include()).arg("-o").arg(&object).arg(&source);
        assert!(compile.status().expect("the compiler runs").success(), "{name}");
        let symbols = Command::new("nm").arg("-u").arg(&object).output().expect("nm runs");
        assert!(symbols.status.success(), "{name}");
        let symbols = String::from_utf8(symbols.stdout).expect("text");
        // In some formats, names begin with an underscore.
        let names = symbols.lines().filter_map(|line| line.split_whitespace().last());
        called.extend(names.map(|name| name.trim_start_matches('_').to_owned()));
    }
    let declared = declared(&compiler);
    let missing: Vec<&String> = declared.iter().filter(|name| !called.contains(*name)).collect();
    assert!(missing.is_empty(), "{} of {} functions: no test calls {missing:?}", missing.len(), declared.len());
}

#[test]
fn each_function_of_wasmote_h_is_declared() {
    let header = header("wasmote.h");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    for file in folder.read_dir().expect("the sources") {
        let source = std::fs::read_to_string(file.expect("a file").path()).expect("a source");
        for name in names_behind(&source, " fn wasmote_") {
            let declaration = format!("wasmote_{name}(");
            assert!(header.contains(&declaration), "{declaration}");
            count += 1;
        }
    }
    assert!(count > 30);
}

#[test]
fn trap_codes_of_the_header_are_those_of_the_library() {
    let header = header("wasmote.h");
    let mut codes = header.lines().filter_map(|line| line.trim().strip_prefix("WASMOTE_TRAP_"));
    for code in wasmote::TrapCode::ALL {
        let (name, number) = codes.next().and_then(|code| code.split_once(" = ")).expect("a line for each code");
        assert_eq!(name.replace('_', ""), format!("{code:?}").to_uppercase());
        assert_eq!(number, format!("{},", code as u8));
    }
    assert_eq!(codes.next(), None);
}

#[test]
fn the_program_in_the_documentation_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = folder.join("examples/first.c");
    let page = std::fs::read_to_string(folder.join("../../docs/c.md")).expect("the page for embedders in C");
    let block = page.split_once("```c\n").and_then(|(_, rest)| rest.split_once("```")).expect("a program").0;
    assert_eq!(block, std::fs::read_to_string(&source).expect("the program"));
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    assert_eq!(printed(&compiler, &source, "c11"), "guest: 21\nresult: 42\n");
}

#[test]
fn the_program_that_measures_calls_runs() {
    let Some(compiler) = compiler() else {
        eprintln!("SKIPPED: there is no C compiler");
        return;
    };
    // POSIX has the clock.
    let text = printed(&compiler, &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/calls.c"), "c11");
    let kinds: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(": a call of wasm ")?.0)).collect();
    assert_eq!(kinds, ["vectors", "arrays"], "{text}");
}

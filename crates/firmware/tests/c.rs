//! Compiles the header as C and C++, and the C program beside this file, with the compilers of the system, and runs the
//! program under AddressSanitizer against the static library of the host. It checks itself, and prints what it did.
#![cfg(target_os = "linux")] // Names of compilers and libraries are those of Linux.

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{GUEST, image};

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const STANDARDS: [(&str, &str, &[&str]); 4] = [
    ("gcc", "c", &["c99", "c11", "c17"]),
    ("clang", "c", &["c99", "c11", "c17"]),
    ("g++", "c++", &["c++11", "c++17"]),
    ("clang++", "c++", &["c++11", "c++17"]),
];

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_there(compiler: &str) -> bool {
    let there = Command::new(compiler).arg("--version").output().is_ok();
    if !there {
        eprintln!("SKIPPED: there is no {compiler}");
    }
    there
}

/// Runs a command, which must succeed, and returns what it printed.
fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {}: {printed}", output.status);
    printed
}

/// Returns where cargo put the static library: beside this program, or a folder above.
fn library() -> PathBuf {
    let program = env::current_exe().expect("the path of this program");
    let folders = program.ancestors().skip(1).take(2);
    let mut found = folders.map(|folder| folder.join("libwasmote_firmware.a")).filter(|library| library.is_file());
    found.next().expect("cargo built the library with this test")
}

#[test]
fn header_compiles_without_warnings() {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("header.c");
    fs::write(&source, "#include \"wasmote-firmware.h\"\n#include \"wasmote-firmware.h\"\n")
        .expect("a place for tests");
    for (compiler, language, standards) in STANDARDS {
        for standard in standards.iter().filter(|_| is_there(compiler)) {
            let mut command = Command::new(compiler);
            command.args(STRICT).args(["-fsyntax-only", &format!("-std={standard}"), "-x", language]);
            assert_eq!(output(command.arg("-I").arg(folder().join("include")).arg(&source)), "");
        }
    }
}

#[test]
fn c_program_passes_under_address_sanitizer() {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let images = [("plain.wmi", false), ("metered.wmi", true)].map(|(name, metered)| {
        let path = tests.join(name);
        fs::write(&path, image(GUEST, metered)).expect("a place for tests");
        path
    });
    let sources = [folder().join("tests/api.c"), library()];
    let mut runs = 0;
    for (compiler, language, standards) in STANDARDS {
        for standard in standards.iter().take(1).filter(|_| is_there(compiler)) {
            let program = tests.join(format!("api-{compiler}"));
            let mut command = Command::new(compiler);
            command.args(STRICT).args(["-g", &format!("-std={standard}"), "-fsanitize=address,undefined", "-I"]);
            command.arg(folder().join("include")).args(["-x", language]).arg(&sources[0]).args(["-x", "none"]);
            // Those of Rust's standard library, which only the library of a host has.
            command.arg(&sources[1]).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
            output(&mut command);
            let printed = output(Command::new(&program).args(&images));
            assert!(printed.starts_with("passed "), "{compiler}: {printed}");
            runs += 1;
        }
    }
    eprintln!("{runs} programs passed");
}

/// A function without a declaration would not be documented, and one without a definition would not link.
#[test]
fn header_declares_each_function_that_there_is() {
    let header = fs::read_to_string(folder().join("include/wasmote-firmware.h")).expect("the header");
    let declared = header.lines().filter(|line| !line.starts_with(" *") && line.contains("wm_") && line.contains('('));
    let declared = declared.filter(|line| !line.starts_with("typedef") && !line.starts_with(' '));
    let mut declared: Vec<&str> =
        declared.filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next()).collect();
    let mut defined = Vec::new();
    for file in folder().join("src").read_dir().expect("the sources") {
        let source = fs::read_to_string(file.expect("a file").path()).expect("a source");
        let names = source.split("extern \"C\" fn wm_").skip(1).filter_map(|rest| rest.split('(').next());
        defined.extend(names.map(|name| format!("wm_{name}")));
    }
    declared.sort_unstable();
    defined.sort_unstable();
    assert_eq!(declared, defined);
}

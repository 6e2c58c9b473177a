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

/// What Rust's standard library needs, which only the library of a host has.
const HOST: [&str; 3] = ["-lpthread", "-ldl", "-lm"];

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
            command.arg(&sources[1]).args(HOST).arg("-o").arg(&program);
            output(&mut command);
            let printed = output(Command::new(&program).args(&images));
            assert!(printed.starts_with("passed "), "{compiler}: {printed}");
            runs += 1;
        }
    }
    eprintln!("{runs} programs passed");
}

/// The guest of the program in docs/firmware.md, which runs out of fuel on its way.
const BLINK: &str = r#"(module (import "board" "led" (func $led (param i32)))
    (func (export "run") (param i32) (result i32) (local $n i32)
        (call $led (local.get 0))
        (loop $next (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000))))
        (local.get $n)))"#;

#[test]
fn program_of_the_documentation_runs() {
    let page = fs::read_to_string(folder().join("../../docs/firmware.md")).expect("the page for firmware in C");
    let program = page.split_once("```c\n").and_then(|(_, rest)| rest.split_once("```")).expect("a program").0;
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let [source, assembly, built] = ["blink.c", "blink.S", "blink"].map(|name| tests.join(name));
    fs::write(&source, program).expect("a place for tests");
    fs::write(tests.join("blink.wmi"), image(BLINK, true)).expect("a place for tests");
    let data = ".data\n.balign 8\n.global blink_wmi, blink_wmi_end\nblink_wmi:\n.incbin \"blink.wmi\"\nblink_wmi_end:\n\
        .section .note.GNU-stack\n";
    fs::write(&assembly, data).expect("a place for tests");
    for compiler in ["gcc", "clang"].into_iter().filter(|compiler| is_there(compiler)) {
        let mut command = Command::new(compiler);
        command.current_dir(tests).args(STRICT).args(["-std=c99", "-fsanitize=address,undefined", "-I"]);
        command.arg(folder().join("include")).args([&source, &assembly, &library()]).args(HOST).arg("-o").arg(&built);
        output(&mut command);
        // Nothing failed and nothing trapped, so nothing is printed.
        assert_eq!(output(&mut Command::new(&built)), "", "{compiler}");
    }
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

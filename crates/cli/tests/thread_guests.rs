//! Runs programs with POSIX threads (`tests/guests/src/threads`). The whole output is compared, and the status when a thread ends the
//! program.
#![cfg(all(unix, feature = "validate", feature = "wasi-threads"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The programs, with what the test gives them to do.
const PROGRAMS: &[&str] = &[
    "queue",
    "barrier",
    "conditions",
    "once-and-rwlock",
    "malloc",
    "own-variables",
    "counters",
    "generations",
    "scale",
];

/// What the main thread does while another ends the program.
const MAIN_THREAD: &[&str] = &["join", "loop", "wait", "sleep", "read", "lock"];

fn guests() -> PathBuf {
    wasmote_test_support::root().join("tests/guests/threads")
}

/// Runs a program. Its standard input stays open, so that reading it blocks.
fn run(options: &[&str], module: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    command.args(["run", "--threads"]).args(options).arg(module).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    output
}

#[track_caller]
fn check(output: &Output, program: &str, exit: i32) {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{program}: {said}{errors}");
    assert_eq!(said, std::fs::read_to_string(guests().join(program).with_extension("txt")).unwrap(), "{program}");
}

fn check_all(options: &[&str], module: &Path) {
    for program in PROGRAMS {
        let output = run(options, module, &[program]);
        check(&output, program, 0);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program}");
    }
    for how in MAIN_THREAD {
        check(&run(options, module, &["exit", how]), "exit", 42);
        let output = run(options, module, &["trap", how]);
        check(&output, "trap", 134);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("unreachable"), "{how}: {errors}");
    }
}

#[test]
fn programs_print_what_they_print_elsewhere() {
    check_all(&[], &guests().join("threads.wasm"));
}

#[cfg(feature = "superinstructions")]
#[test]
fn without_superinstructions() {
    check_all(&["--no-superinstructions"], &guests().join("threads.wasm"));
}

#[cfg(feature = "compile")]
#[test]
fn as_images() {
    for op_set in ["core", "extended"] {
        if op_set == "extended" && cfg!(not(feature = "extended")) {
            continue;
        }
        let image = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("threads-{op_set}.wmi"));
        let mut compile = Command::new(env!("CARGO_BIN_EXE_wasmote"));
        compile.args(["compile", "--op-set", op_set, "-o"]).arg(&image).arg(guests().join("threads.wasm"));
        assert!(compile.status().unwrap().success());
        check_all(&[], &image);
    }
}

#[test]
fn without_the_option_threads_are_refused_by_name() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    let output =
        command.arg("run").arg(guests().join("threads.wasm")).arg("queue").stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("memory"), "{errors}");
}

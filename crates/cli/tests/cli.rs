//! Runs the command as users do: its output, and its exit status.
#![cfg(all(unix, feature = "validate", feature = "wasi", feature = "inspect", feature = "dump"))]

#[path = "support/folder.rs"]
mod folder;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use folder::Folder;

/// The result of a run.
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    /// Asserts that it succeeded with exactly this standard output.
    #[track_caller]
    fn prints(&self, out: &str) {
        assert_eq!((self.status, &*self.out), (0, out), "{}", self.err);
    }

    /// Asserts that it failed with this status, and one line on standard error with all of these parts.
    #[track_caller]
    fn fails(&self, status: i32, parts: &[&str]) {
        assert_eq!((self.status, self.err.lines().count()), (status, 1), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in: {}", self.err);
        }
        assert!(self.err.starts_with("wasmote: "), "{}", self.err);
    }
}

fn wasmote(args: &[&str], stdin: &[u8]) -> Ran {
    wasmote_in(Path::new("."), args, stdin)
}

fn wasmote_in(folder: &Path, args: &[&str], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wasmote"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The guest may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code().expect("ended by a signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Folder {
    /// Writes a file. Returns its path.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// Writes a module as a binary. Returns its path.
    fn module(&self, text: &str) -> String {
        self.file("module.wasm", wat::parse_str(text).unwrap())
    }
}

const CALCULATOR: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "same") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        local.get 3 local.get 2 local.get 1 local.get 0)
    (func (export "nothing"))
    (func (export "sqrt") (param f64) (result f64) (f64.sqrt (local.get 0)))
    (func $inner unreachable)
    (func $outer (export "trap") call $inner)
    (func (export "forever") (result i32) (loop $again br $again) (i32.const 1)))"#;

/// A guest that writes its arguments to standard output, each with a NUL behind it, then copies standard input, and exits with the
/// number of arguments.
const ECHO: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func $print (param $at i32) (param $len i32)
        (i32.store (i32.const 16) (local.get $at))
        (i32.store (i32.const 20) (local.get $len))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
    (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 1024) (i32.const 2048)))
        (call $print (i32.const 2048) (i32.load (i32.const 4)))
        (drop (call $env_sizes (i32.const 8) (i32.const 4)))
        (drop (call $env (i32.const 1024) (i32.const 2048)))
        (call $print (i32.const 2048) (i32.load (i32.const 4)))
        (i32.store (i32.const 16) (i32.const 4096))
        (i32.store (i32.const 20) (i32.const 4096))
        (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
        (call $print (i32.const 4096) (i32.load (i32.const 24)))
        (call $exit (i32.load (i32.const 0)))))"#;

#[test]
fn results_are_printed_as_plain_numbers_one_a_line() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    let call = |args: &[&str]| wasmote(&[&["--invoke", args[0], &file], &args[1..]].concat(), b"");
    call(&["add", "3", "4"]).prints("7\n");
    call(&["add", "0xffffffff", "0"]).prints("-1\n");
    call(&["add", "4294967295", "-0x1"]).prints("-2\n");
    call(&["same", "-1", "-2", "3.5", "inf"]).prints("inf\n3.5\n-2\n-1\n");
    call(&["same", "1", "18446744073709551615", "nan", "-inf"]).prints("-inf\nnan\n-1\n1\n");
    call(&["sqrt", "-1"]).prints("nan\n");
    call(&["nothing"]).prints("");
}

#[test]
fn wrong_arguments_are_told_with_the_type() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    let call = |args: &[&str]| wasmote(&[&["--invoke", args[0], &file], &args[1..]].concat(), b"");
    call(&["add", "3"]).fails(2, &["expected 2 arguments, got 1", "func (i32, i32) -> i32"]);
    call(&["add", "3", "four"]).fails(2, &["`four`", "i32", "func (i32, i32) -> i32"]);
    call(&["add", "3", "4294967296"]).fails(2, &["`4294967296`"]);
    call(&["add", "3", "1.5"]).fails(2, &["`1.5`"]);
    call(&["none"]).fails(2, &["no exported function `none`", "`add`", "`trap`"]);
}

#[test]
fn a_trap_is_134_with_a_backtrace() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    let ran = wasmote(&["--invoke", "trap", &file], b"");
    assert_eq!((ran.status, &*ran.out), (134, ""));
    for part in ["wasm trap: unreachable", "<inner>", "<outer>", "0x"] {
        assert!(ran.err.contains(part), "no {part:?} in: {}", ran.err);
    }
    let start = folder.module("(module (func $f unreachable) (start $f) (func (export \"_start\")))");
    assert_eq!(wasmote(&[&start], b"").status, 134);
}

#[test]
fn a_program_gets_what_stands_behind_its_file() {
    let folder = Folder::empty();
    folder.module(ECHO);
    let run = |args: &[&str], input: &str| wasmote_in(&folder.0, args, input.as_bytes());
    let ran = run(&["module.wasm", "one", "--env", "-x"], "input");
    assert_eq!((ran.status, &*ran.out), (4, "module.wasm\0one\0--env\0-x\0input"), "{}", ran.err);
    let ran = run(&["run", "--env", "A=1", "--env=B=2=3", "--", "module.wasm"], "");
    assert_eq!((ran.status, &*ran.out), (1, "module.wasm\0A=1\0B=2=3\0"), "{}", ran.err);
    let ran = run(&["module.wasm", "--", "--help"], "");
    assert_eq!((ran.status, &*ran.out), (2, "module.wasm\0--help\0"), "{}", ran.err);
}

#[test]
fn modules_come_as_binary_or_text_from_files_or_standard_input() {
    let folder = Folder::empty();
    let binary = wat::parse_str(CALCULATOR).unwrap();
    wasmote(&["--invoke", "add", "-", "1", "2"], &binary).prints("3\n");
    if !cfg!(feature = "wat") {
        return;
    }
    wasmote(&["--invoke", "add", "-", "1", "2"], CALCULATOR.as_bytes()).prints("3\n");
    let text = folder.file("no.extension", format!("\n  ;; a comment\n{CALCULATOR}"));
    wasmote(&["--invoke", "add", &text, "1", "2"], b"").prints("3\n");
}

#[test]
fn directories_are_given_under_their_names() {
    const OPEN: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (local $fd i32)
            (local.set $fd (i32.const 3))
            (block $end (loop $next
                (br_if $end (call $get (local.get $fd) (i32.const 0)))
                (drop (call $name (local.get $fd) (i32.const 64) (i32.load (i32.const 4))))
                (i32.store8 (i32.add (i32.const 64) (i32.load (i32.const 4))) (i32.const 10))
                (i32.store (i32.const 16) (i32.const 64))
                (i32.store (i32.const 20) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
                (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
                (br $next)))))"#;
    let folder = Folder::empty();
    folder.module(OPEN);
    wasmote_in(&folder.0, &["--dir", ".", "--dir=.::/data", "module.wasm"], b"").prints(".\n/data\n");
    wasmote_in(&folder.0, &["--dir", "none", "module.wasm"], b"").fails(2, &["`--dir none`", "No such file"]);
    wasmote_in(&folder.0, &["--dir", "module.wasm", "module.wasm"], b"").fails(2, &["`--dir module.wasm`"]);
}

#[test]
fn a_module_that_is_not_a_program_is_refused_with_advice() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    wasmote(&[&file], b"").fails(1, &["no `_start`", "--invoke", "`add`, `same`"]);
    let file = folder.module("(module)");
    wasmote(&[&file], b"").fails(1, &["exports no functions"]);
    let file = folder.module(r#"(module (func (export "_start") (param i32)))"#);
    wasmote(&[&file], b"").fails(1, &["func (i32) -> ()", "--invoke _start"]);
}

#[test]
fn libraries_are_initialized_before_they_are_called() {
    let folder = Folder::empty();
    let file = folder.module(
        r#"(module (global $g (mut i32) (i32.const 1))
            (func (export "_initialize") (global.set $g (i32.const 2)))
            (func (export "get") (result i32) global.get $g))"#,
    );
    wasmote(&["--invoke", "get", &file], b"").prints("2\n");
}

#[test]
fn missing_imports_are_all_listed_with_their_types() {
    let folder = Folder::empty();
    let file = folder.module(
        r#"(module (import "env" "f" (func (param i32) (result i64))) (import "env" "m" (memory 2 3))
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (import "env" "g" (global (mut f32))) (func (export "_start")))"#,
    );
    let ran = wasmote(&[&file], b"");
    assert_eq!(ran.status, 1);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.err);
    assert!(lines[0].contains("imports") && lines[0].contains("WASI"));
    for (line, parts) in lines[1..].iter().zip([
        ["env::f", "func (i32) -> i64"],
        ["env::m", "memory 2..=3"],
        ["env::g", "global mut f32"],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
}

/// Returns a module with more than a mebibyte of code. Its last function may be invalid, and only runs if it is called.
fn large(start: &str, last: &str) -> Vec<u8> {
    let adds = "i32.const 123456789 i32.add ".repeat(200_000);
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
            (func (export "_start") {start})
            (func $print (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
            (func (export "sum") (result i32) i32.const 0 {adds})
            (func $last (export "last") (result i32) {last}))"#
    );
    let wasm = wat::parse_str(text).unwrap();
    assert!(wasm.len() > 1 << 20);
    wasm
}

#[test]
fn an_invalid_large_module_has_no_side_effects() {
    let folder = Folder::empty();
    let starts = [
        "call $print",
        "(call $exit (i32.const 3))",
        "unreachable",
        "(loop $again (drop (call $time (i32.const 0) (i64.const 0) (i32.const 32))) (br $again))",
        "(drop (call $last))",
        "",
    ];
    for start in starts {
        let file = folder.file("large.wasm", large(start, "i64.const 1"));
        let ran = wasmote(&[&file], b"");
        ran.fails(1, &["invalid module: type mismatch", "report this to the tool that made it"]);
        assert_eq!(ran.out, "", "{start}");
        wasmote(&["--invoke", "nothing", &file], b"").fails(1, &["invalid module: type mismatch"]);
        wasmote(&["--invoke", "sum", &file], b"").fails(1, &["invalid module: type mismatch"]);
        wasmote(&["--dir", "/not/there::x", &file], b"").fails(1, &["invalid module: type mismatch"]);
    }
    let file = folder.file("large.wasm", large("call $print", "i32.const 1"));
    wasmote(&[&file], b"").prints("hello\n");
    wasmote(&["--invoke", "last", &file], b"").prints("1\n");
    let file = folder.file("large.wasm", large("call $print (call $exit (i32.const 3))", "i32.const 1"));
    let ran = wasmote(&[&file], b"");
    assert_eq!((ran.status, &*ran.out, &*ran.err), (3, "hello\n", ""));
    let file = folder.file("large.wasm", large("call $print unreachable", "i32.const 1"));
    let ran = wasmote(&[&file], b"");
    assert_eq!((ran.status, &*ran.out), (134, "hello\n"), "{}", ran.err);
}

#[test]
fn broken_files_are_one_line_with_the_offset() {
    let folder = Folder::empty();
    let binary = wat::parse_str(CALCULATOR).unwrap();
    // Truncated anywhere, it is an error or a module with fewer parts, but never a crash.
    let mut modules = 0;
    for len in 0..binary.len() {
        let file = folder.file("cut.wasm", &binary[..len]);
        let ran = wasmote(&["validate", &file], b"");
        if ran.status == 0 {
            modules += 1;
            continue;
        }
        ran.fails(1, &["cut.wasm: "]);
        if len >= 8 {
            ran.fails(1, &["0x"]);
        }
    }
    assert_eq!(modules, 3, "the header alone, with types behind it, and all but the names");
    let file = folder.file("version.wasm", b"\0asm\x07\0\0\0");
    wasmote(&[&file], b"").fails(1, &["0x4", "version"]);
    let file = folder.file("picture.wasm", b"\x89PNG\r\n\x1a\n");
    wasmote(&[&file], b"").fails(1, &["neither", "\\0asm"]);
    let file = folder.file("bad.wat", "(module\n  (func (export \"f\") i32.bad))");
    let ran = wasmote(&[&file], b"");
    if cfg!(feature = "wat") {
        assert_eq!(ran.status, 1);
        let place =
            "line 2, column 22: unknown operator\n      (func (export \"f\") i32.bad))\n                         ^\n";
        assert!(ran.err.starts_with("wasmote: ") && ran.err.ends_with(place), "{}", ran.err);
    } else {
        ran.fails(1, &["text", "feature `wat`"]);
    }
    // Invalid code: the addition lacks its operands.
    let mut invalid = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
    invalid.extend(b"\x0a\x05\x01\x03\0\x6a\x0b");
    let file = folder.file("invalid.wasm", invalid);
    for command in ["validate", "run", "dump"] {
        wasmote(&[command, &file], b"").fails(1, &["invalid module", "type mismatch", "0x17"]);
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = Folder::empty();
    for command in ["run", "validate", "inspect", "dump"] {
        wasmote(&[command, "/none/such.wasm"], b"").fails(1, &["/none/such.wasm", "no such file"]);
        wasmote(&[command, folder.0.to_str().unwrap()], b"").fails(1, &["is a directory"]);
        wasmote(&[command, "-"], b"").fails(1, &["-: "]);
    }
}

#[test]
fn features_that_this_build_lacks_are_named() {
    let folder = Folder::empty();
    let lacking: [(&str, &str, bool); 2] = [
        ("(module (type $f (func)) (type (cont $f)))", "stack switching", cfg!(feature = "stack-switching")),
        ("(module (memory 1 1 shared))", "threads", cfg!(feature = "threads")),
    ];
    for (text, proposal, _) in lacking.into_iter().filter(|lacking| !lacking.2) {
        let file = folder.module(text);
        for command in ["run", "validate", "dump"] {
            wasmote(&[command, &file], b"").fails(1, &[proposal, "0x"]);
        }
    }
    let file = folder.module(lacking[0].0);
    let ran = wasmote(&["inspect", &file], b"");
    assert_eq!(ran.out.contains("stack switching (not in this build)"), !lacking[0].2, "{}", ran.out);
}

#[test]
fn wrong_command_lines_are_2() {
    for (args, part) in [
        (&["--eager"][..], "no file given"),
        (&["--frobnicate", "x.wasm"], "unknown option `--frobnicate`"),
        (&["--env", "=A", "x.wasm"], "NAME=VALUE"),
        (&["--invoke"], "needs a value"),
        (&["--eager=yes", "x.wasm"], "takes no value"),
        (&["validate", "--dir", ".", "x.wasm"], "`wasmote run` only"),
        (&["--linked", "x.wasm"], "`wasmote dump` only"),
        (&["inspect", "x.wasm", "y.wasm"], "`y.wasm`"),
        (&["--"], "no file"),
    ] {
        wasmote(args, b"").fails(2, &[part]);
    }
}

#[test]
fn help_and_version_are_on_standard_output() {
    let help = wasmote(&["--help"], b"");
    assert_eq!(help.status, 0);
    for word in ["run", "validate", "inspect", "dump", "--dir", "--invoke", "134"] {
        assert!(help.out.contains(word), "{word}");
    }
    // Only commands that the build has.
    assert_eq!(help.out.contains("\n  wast "), cfg!(feature = "script"), "{}", help.out);
    wasmote(&["help"], b"").prints(&help.out);
    let ran = wasmote(&[], b"");
    assert_eq!((ran.status, &*ran.out, ran.err), (2, "", help.out));
    wasmote(&["--version"], b"").prints(concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
#[cfg(feature = "stats")]
fn stats_are_on_standard_error() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    let ran = wasmote(&["--stats", "--invoke", "add", &file, "1", "2"], b"");
    ran.prints("3\n");
    for word in ["read", "decode, validate", "instantiate", "run", "peak memory", " 1 function,"] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
    let ran = wasmote(&["--eager", "--stats", "--invoke", "add", &file, "1", "2"], b"");
    assert!(ran.err.contains("7 functions"), "{}", ran.err);
}

#[test]
#[cfg(feature = "gc")]
fn an_exception_that_nothing_caught_is_printed_with_its_values_and_where_it_was_thrown() {
    let folder = Folder::empty();
    let file = folder.module(
        r#"(module (tag $t (param i32 i64 externref))
            (func $inner (throw $t (i32.const 7) (i64.const -1) (ref.null extern)))
            (func $outer (call $inner))
            (func (export "_start") (call $outer)))"#,
    );
    let ran = wasmote(&[&file], b"");
    assert_eq!((ran.status, &*ran.out), (134, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines[0], format!("wasmote: {file}: uncaught wasm exception (i32 7, i64 -1, externref)"));
    for (line, part) in lines[1..].iter().zip(["0: func 0 <inner> at wasm offset", "1: func 1 <outer>", "2: func 2"]) {
        assert!(line.trim_start().starts_with(part), "{}", ran.err);
    }
    assert_eq!(lines.len(), 4, "{}", ran.err);
}

#[test]
#[cfg(feature = "compile")]
fn an_image_with_offsets_prints_the_backtrace_of_its_module() {
    let folder = Folder::empty();
    let file = folder.module("(module (func $inner unreachable) (func $outer (export \"_start\") (call $inner)))");
    let backtrace = |file: &str| {
        let ran = wasmote(&[file], b"");
        assert_eq!(ran.status, 134);
        ran.err.lines().skip(1).map(String::from).collect::<Vec<_>>()
    };
    let image = format!("{file}.wmi");
    let expected = backtrace(&file);
    assert!(expected[1].starts_with("  1: func 1 <outer> at wasm offset 0x"), "{expected:?}");
    wasmote(&["compile", &file, "--names=offsets", "-o", &image], b"").prints("");
    assert_eq!(backtrace(&image), expected);
    wasmote(&["compile", &file, "--names", "-o", &image], b"").prints("");
    assert_eq!(backtrace(&image), ["  0: func 0 <inner>", "  1: func 1 <outer>"]);
    let ran = wasmote(&["compile", &file, "--names=lines", "-o", &image], b"");
    assert!(ran.status == 2 && ran.err.contains("`--names` takes"), "{}", ran.err);
}

#[test]
#[cfg(all(feature = "compile", feature = "inspect"))]
fn an_image_lists_the_custom_sections_that_it_keeps() {
    let folder = Folder::empty();
    let file = folder.module("(module (func (export \"_start\")) (@custom \"mine\" \"contents\"))");
    let image = format!("{file}.wmi");
    let listed = |options: &[&str]| {
        let compile = ["compile", &file, "-o", &image];
        wasmote(&[&compile[..], options].concat(), b"").prints("");
        let listing = wasmote(&["inspect", &image], b"").out;
        wasmote(&[&image], b"").prints("");
        listing.lines().filter(|line| line.contains("\"mine\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(listed(&[]).is_empty());
    let lines = listed(&["--custom-sections"]);
    assert!(lines.len() == 1 && lines[0].starts_with("  custom               8 bytes at 0x"), "{lines:?}");
}

/// Returns the numbers in a line of `--stats`.
#[cfg(all(feature = "gc", feature = "stats"))]
fn numbers(stats: &str, line: &str) -> Vec<f64> {
    let line = stats.lines().find(|it| it.starts_with(line)).unwrap_or_else(|| panic!("no {line} in: {stats}"));
    line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
}

#[test]
#[cfg(all(feature = "gc", feature = "stats"))]
fn stats_tell_what_became_of_objects() {
    let folder = Folder::empty();
    let file = folder.module(
        r#"(module
            (type $node (struct (field (ref null $node)) (field i64)))
            (global $kept (mut (ref null $node)) (ref.null $node))
            (func (export "run") (param $n i32) (local $list (ref null $node))
                (loop $again
                    (local.set $list (struct.new $node (local.get $list) (i64.const 1)))
                    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 1000))) (then
                        (global.set $kept (local.get $list)) (local.set $list (ref.null $node))))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#,
    );
    let ran = wasmote(&["--stats", "--invoke", "run", &file, "1000000"], b"");
    ran.prints("");
    let [count, all, longest, slices] = numbers(&ran.err, "collections")[..] else { panic!("{}", ran.err) };
    // So little is alive that each collection is one pause.
    assert_eq!(slices, 0.0, "{}", ran.err);
    assert!(count >= 4.0 && longest > 0.0 && longest <= all && all <= longest * count + 0.001 * count, "{}", ran.err);
    let [made, live, heap] = numbers(&ran.err, "objects")[..] else { panic!("{}", ran.err) };
    // A header and two fields.
    assert_eq!(made, 24.0 * 1_000_000.0, "{}", ran.err);
    assert!((24_000.0..100_000.0).contains(&live) && (live..made).contains(&heap), "{}", ran.err);
    let [share, rate] = numbers(&ran.err, "throughput")[..] else { panic!("{}", ran.err) };
    let [run] = numbers(&ran.err, "run")[..] else { panic!("{}", ran.err) };
    assert!((share - 100.0 * (run - all) / run).abs() < 0.2, "{}", ran.err);
    assert!((rate - made / run / 1000.0).abs() < 2.0, "{}", ran.err);
    // Without objects, the line is missing.
    let ran = wasmote(&["--stats", "--invoke", "add", &folder.module(CALCULATOR), "1", "2"], b"");
    assert!(!ran.err.contains("collections"), "{}", ran.err);
}

#[test]
fn validate_says_yes_or_no() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    wasmote(&["validate", &file], b"").prints(&format!("{file}: valid\n"));
}

#[test]
fn inspect_lists_what_a_module_is_made_of() {
    let folder = Folder::empty();
    let file = folder.module(
        r#"(module (import "env" "f" (func (param i32) (result i64)))
            (memory (export "memory") 1 4) (table (export "table") 2 funcref) (global (export "g") (mut i32) (i32.const 1))
            (func (export "two") (result i32 i32) i32.const 1 i32.const 2)
            (func (export "copy") (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))))"#,
    );
    let ran = wasmote(&["inspect", &file], b"");
    assert_eq!((ran.status, &*ran.err), (0, ""));
    for part in [
        "env::f: func (i32) -> i64",
        "memory: memory 1..=4",
        "table: table 2.. funcref",
        "g: global mut i32",
        "two: func () -> (i32, i32)",
        "multiple values\n",
        "bulk memory operations\n",
        "functions: 2 defined, 1 imported",
        "  code ",
        "  memory ",
    ] {
        assert!(ran.out.contains(part), "no {part:?} in: {}", ran.out);
    }
    assert!(!ran.out.contains("SIMD"), "{}", ran.out);
    let file = folder.module("(module)");
    assert!(wasmote(&["inspect", &file], b"").out.contains("features: none"));
}

#[test]
fn dump_shows_instructions() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    let all = wasmote(&["dump", &file], b"");
    assert_eq!(all.status, 0, "{}", all.err);
    assert_eq!(all.out.matches("function ").count(), 7);
    assert!(all.out.contains("function 0 <add>: func (i32, i32) -> i32"), "{}", all.out);
    assert!(all.out.contains("I32Add"), "{}", all.out);
    for name in ["4", "inner"] {
        let one = wasmote(&["dump", "--func", name, &file], b"");
        assert!(one.out.contains("function 4 <inner>") && one.out.contains("Unreachable"), "{}", one.out);
        assert_eq!(one.out.matches("function ").count(), 1);
    }
    wasmote(&["dump", "--func", "7", &file], b"").fails(2, &["no function `7`", "from 0 to 6"]);
    wasmote(&["dump", "--func", "nobody", &file], b"").fails(2, &["`nobody`"]);
}

#[cfg(feature = "script")]
#[test]
fn scripts_are_counted() {
    let folder = Folder::empty();
    let good = folder.file(
        "good.wast",
        r#"(module (func (export "f") (result i32) i32.const 1)) (assert_return (invoke "f") (i32.const 1))"#,
    );
    let bad = folder.file(
        "bad.wast",
        "(module (func (export \"f\") (result i32) i32.const 1))\n(assert_return (invoke \"f\") (i32.const 2))",
    );
    let ran = wasmote(&["wast", &good], b"");
    assert_eq!((ran.status, ran.out.lines().last()), (0, Some("2 passed, 0 failed")), "{}", ran.err);
    let ran = wasmote(&["wast", &good, &bad], b"");
    assert_eq!((ran.status, ran.out.lines().last()), (1, Some("3 passed, 1 failed")), "{}", ran.err);
    assert!(ran.out.contains("bad.wast:2: "), "{}", ran.out);
}

#[cfg(feature = "script")]
#[test]
fn scripts_show_what_was_returned_and_what_was_expected() {
    let folder = Folder::empty();
    let cases = [
        ("i32.const -1", "i32.const 2", "returned (i32 -1 = 0xffffffff) instead of (i32 2 = 0x2)"),
        ("f32.const 0.1", "f32.const 1", "returned (f32 0.1 = bits 0x3dcccccd) instead of (f32 bits 0x3f800000)"),
        (
            "f64.const -1.5",
            "f64.const nan:canonical",
            "returned (f64 -1.5 = bits 0xbff8000000000000) instead of (f64 nan:canonical)",
        ),
        (
            "i32.const 1",
            "either (i32.const 2) (i32.const 3)",
            "returned (i32 1 = 0x1) instead of (i32 2 = 0x2 or i32 3 = 0x3)",
        ),
        (
            "v128.const i64x2 1 0",
            "v128.const f32x4 0 1 nan:arithmetic 0",
            "returned (v128 0x00000000000000000000000000000001) instead of (v128 of f32 bits 0x00000000 f32 bits 0x3f800000 \
             f32 nan:arithmetic f32 bits 0x00000000)",
        ),
    ];
    for (returned, expected, said) in cases {
        let ty = &returned[..returned.find('.').unwrap()];
        let script = format!(
            "(module (func (export \"f\") (result {ty}) {returned}))\n(assert_return (invoke \"f\") ({expected}))"
        );
        let ran = wasmote(&["wast", &folder.file("returned.wast", &script)], b"");
        assert!(ran.out.contains(said), "{}", ran.out);
    }
}

#[test]
fn closed_pipes_are_no_crash() {
    let folder = Folder::empty();
    let file = folder.module(CALCULATOR);
    // Nobody reads the list; the shell's `true` may be gone before it is written.
    let status = Command::new("sh")
        .args(["-c", "\"$0\" dump \"$1\" | true", env!("CARGO_BIN_EXE_wasmote"), &file])
        .status()
        .unwrap();
    assert!(status.success());
    // A guest that writes to a closed pipe gets an errno, and continues.
    let guest = folder.module(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (local $errno i32)
                (i32.store (i32.const 4) (i32.const 100))
                (loop $again
                    (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (br_if $again (i32.eqz (local.get $errno))))
                (call $exit (local.get $errno))))"#,
    );
    let status = Command::new("bash")
        .args(["-c", "\"$0\" \"$1\" | true; exit ${PIPESTATUS[0]}", env!("CARGO_BIN_EXE_wasmote"), &guest])
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(64));
}

//! What people type who know other engines: each row works, or is answered in one line with what to type instead.
#![cfg(all(
    unix,
    feature = "compile",
    feature = "completion",
    feature = "dump",
    feature = "gc",
    feature = "hints",
    feature = "inspect",
    feature = "limits",
    feature = "linking",
    feature = "print",
    feature = "profile",
    feature = "script",
    feature = "stats",
    feature = "wasi",
))]

#[path = "support/folder.rs"]
mod folder;

use std::path::Path;
use std::process::{Command, Stdio};

use folder::Folder;

/// What a command line must do.
struct Row {
    /// The command line behind `wasmote`. Words do not have spaces.
    typed: &'static str,
    status: i32,
    /// What standard output or, if it begins with `!`, standard error has.
    parts: &'static [&'static str],
}

/// A row that succeeds and prints these.
const fn works(typed: &'static str, parts: &'static [&'static str]) -> Row {
    Row { typed, status: 0, parts }
}

/// A row that is refused with this line.
const fn refused(typed: &'static str, status: i32, line: &'static [&'static str]) -> Row {
    Row { typed, status, parts: line }
}

/// Guests, as text, with the names of their files.
const FILES: &[(&str, &str)] = &[
    // Writes its arguments and environment, each with a NUL behind it.
    (
        "echo.wasm",
        r#"(module
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func $print (param $len i32)
                (i32.store (i32.const 16) (i32.const 2048))
                (i32.store (i32.const 20) (local.get $len))
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
            (func $all (export "_start") (export "all")
                (drop (call $sizes (i32.const 0) (i32.const 4)))
                (drop (call $args (i32.const 1024) (i32.const 2048)))
                (call $print (i32.load (i32.const 4)))
                (drop (call $env_sizes (i32.const 0) (i32.const 4)))
                (drop (call $env (i32.const 1024) (i32.const 2048)))
                (call $print (i32.load (i32.const 4))))
            (func (export "one") (param i32) (result i32) (call $all) (local.get 0)))"#,
    ),
    (
        "lib.wasm",
        r#"(module $lib (memory (export "memory") 1)
            (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
            (func (export "answer") (result i32) (i32.const 42))
            (func $again (export "forever") (call $again)))"#,
    ),
    (
        "user.wasm",
        r#"(module (import "lib" "add" (func $add (param i32 i32) (result i32)))
            (func (export "three") (result i32) (call $add (i32.const 1) (i32.const 2))))"#,
    ),
    (
        "lacking.wasm",
        r#"(module (import "env" "log" (func $log (param i32))) (import "env" "log" (func (param i32)))
            (func (export "quiet")) (func (export "loud") (call $log (i32.const 1))))"#,
    ),
    ("start.wasm", r#"(module (func $start unreachable) (start $start) (func (export "answer")))"#),
    (
        "good-start.wasm",
        r#"(module (func $start) (start $start) (func (export "answer") (result i32) (i32.const 42)))"#,
    ),
    ("reactor.wasm", r#"(module (func (export "_initialize")) (func (export "answer") (result i32) (i32.const 42)))"#),
    ("broken-reactor.wasm", r#"(module (func $first (export "_initialize") unreachable))"#),
    (
        "types.wasm",
        r#"(module (type $point (struct (field i32)))
            (func (export "get") (param (ref null $point)) (result (ref $point)) unreachable)
            (@custom "notes" "some text"))"#,
    ),
    ("cont.wasm", r#"(module (type $f (func)) (type $c (cont $f)) (import "env" "f" (func)) (memory (export "m") 1))"#),
    (
        "bad-types.wat",
        "(module (type $a (struct)) (type $b (array i8)) (func $f (param (ref null $a)) (result (ref $b)) local.get 0))",
    ),
    ("wrong.wat", "(module\n  (func (i32.bad)))"),
    (
        "good.wast",
        r#"(module (func (export "f") (result i32) i32.const 1)) (assert_return (invoke "f") (i32.const 1))"#,
    ),
];

/// The table, by subject.
const ROWS: &[Row] = &[
    works("echo.wasm a b", &["echo.wasm\0a\0b\0"]),
    works("run echo.wasm a b", &["echo.wasm\0a\0b\0"]),
    works("-- echo.wasm --env", &["echo.wasm\0--env\0"]),
    works("run -W max-memory-size=65536 echo.wasm", &["echo.wasm\0"]),
    // Directories.
    works("--dir . echo.wasm", &["echo.wasm\0"]),
    works("--dir=.::/ echo.wasm", &["echo.wasm\0"]),
    refused("--mapdir /::. echo.wasm", 2, &["!unknown option `--mapdir`: use `--dir HOST::GUEST`"]),
    refused("--volume .:/ echo.wasm", 2, &["!unknown option `--volume`: use `--dir HOST::GUEST`"]),
    // The environment.
    works("--env A=B echo.wasm", &["\0A=B\0"]),
    works("--env=A=B=C echo.wasm", &["\0A=B=C\0"]),
    works("-e A=B echo.wasm", &["\0A=B\0"]),
    works("--env HABIT echo.wasm", &["\0HABIT=old\0"]),
    works("--env NONE_OF_THAT_NAME echo.wasm", &["echo.wasm\0"]),
    works("-S inherit-env echo.wasm", &["\0HABIT=old\0"]),
    works("--env-inherit --env HABIT=new echo.wasm", &["\0HABIT=new\0"]),
    refused("--env =B echo.wasm", 2, &["!`--env =B` should be NAME=VALUE"]),
    // Functions.
    works("--invoke add lib.wasm 1 2", &["3\n"]),
    works("-i add lib.wasm 1 2", &["3\n"]),
    refused("--func add lib.wasm 1 2", 2, &["!unknown option `--func`: use `--invoke NAME`"]),
    refused("lib.wasm add 1 2", 1, &["!no `_start` to run: call a function with `--invoke add`"]),
    refused("--invoke ad lib.wasm 1 2", 2, &["!no exported function `ad`: did you mean `add`?"]),
    refused("--invoke frobnicate lib.wasm", 2, &["!no exported function `frobnicate`: the module exports `add`"]),
    refused("--invoke add lib.wasm 1", 2, &["!expected 2 arguments, got 1: `add` is func (i32, i32) -> i32"]),
    refused("--invoke one echo.wasm", 2, &["!expected 1 argument, got 0"]),
    // Arguments of WASI beside those of the function.
    works("--invoke one echo.wasm 7 -- a b", &["echo.wasm\0a\0b\0", "7\n"]),
    works("--invoke all echo.wasm -- a b", &["echo.wasm\0a\0b\0"]),
    works("--invoke all echo.wasm --", &["echo.wasm\0"]),
    refused("--invoke one echo.wasm -- 7", 2, &["!expected 1 argument in front of `--`, got 0"]),
    // Modules without `_start`.
    works("good-start.wasm", &[""]),
    refused("start.wasm", 134, &["!wasm trap: unreachable", "!func 0 <start>"]),
    works("--invoke answer good-start.wasm", &["42\n"]),
    works("reactor.wasm", &[""]),
    works("--invoke answer reactor.wasm", &["42\n"]),
    refused("broken-reactor.wasm", 134, &["!func 0 <first>"]),
    refused("lib.wasm", 1, &["!no `_start` to run: call a function with `--invoke NAME`, the module exports `add`"]),
    // Limits.
    works(
        "--timeout 500s --max-memory 64MiB --max-stack 1MiB --max-table 10 --fuel 100000 echo.wasm",
        &["echo.wasm\0"],
    ),
    refused("--max-memory 1KiB echo.wasm", 1, &["!memory"]),
    refused("--fuel 10 --invoke forever lib.wasm", 134, &["!out of fuel"]),
    refused("-W fuel=10 --invoke forever lib.wasm", 134, &["!out of fuel"]),
    refused("--gas-limit 10 lib.wasm", 2, &["!use `--fuel N`"]),
    refused("--stack-size 10 lib.wasm", 2, &["!use `--max-stack SIZE`"]),
    works("-W timeout=500s,fuel=100000,gc,exceptions=y echo.wasm", &["echo.wasm\0"]),
    refused("-W gc=n echo.wasm", 2, &["!unknown option `-W gc=n`"]),
    // Linking.
    works("--preload lib=lib.wasm --invoke three user.wasm", &["3\n"]),
    refused("--preload lib.wasm user.wasm", 2, &["!`--preload lib.wasm` should be NAME=FILE"]),
    refused("--preload lib=none.wasm --invoke three user.wasm", 1, &["!none.wasm: no such file"]),
    refused("--preload lib=user.wasm --invoke answer lib.wasm", 1, &["!user.wasm: 1 import cannot be satisfied"]),
    refused("--invoke three user.wasm", 1, &["!`--preload NAME=FILE`, `--stub-missing`", "!lib::add"]),
    works("--stub-missing --invoke quiet lacking.wasm", &[""]),
    refused(
        "--stub-missing --invoke loud lacking.wasm",
        134,
        &["!an import that is not defined: env::log", "!func 3 at"],
    ),
    works("--argv0 prog echo.wasm a", &["prog\0a\0"]),
    // What runs, and what it takes.
    works("--profile=p.folded --invoke answer lib.wasm", &["42\n"]),
    works("-v --invoke answer lib.wasm", &["42\n", "!peak memory", "!1 function,"]),
    works("--stats --invoke answer lib.wasm", &["!instructions"]),
    // Commands under both of their names.
    works("compile lib.wasm -o lib.wmi", &[""]),
    works("compile lib.wasm --output lib2.wmi", &[""]),
    works(
        "validate lib.wasm user.wasm lib.wmi",
        &["lib.wasm: valid\n", "user.wasm: valid\n", "all 3 functions verified"],
    ),
    refused(
        "validate lib.wasm bad.wasm user.wasm",
        1,
        &["lib.wasm: valid\nuser.wasm: valid\n", "!bad.wasm: invalid module"],
    ),
    works("inspect lib.wasm", &["  add: func (i32, i32) -> i32"]),
    works("inspect lib.wmi", &["an image", "  add: func (i32, i32) -> i32"]),
    works("inspect --json lib.wmi", &["\"kind\":\"image\"", "\"type\":\"func (i32, i32) -> i32\""]),
    works("dump lib.wmi add", &["function 0 <add>"]),
    works("dump lib.wasm add", &["function 0 <add>: func (i32, i32) -> i32"]),
    works("objdump lib.wasm add", &["function 0 <add>: func (i32, i32) -> i32"]),
    works("print lib.wasm", &["(module"]),
    works("wasm2wat lib.wasm", &["(module $lib"]),
    works("parse lib.wat -o lib3.wasm", &[""]),
    works("wat2wasm lib.wat -o lib3.wasm", &[""]),
    works("wast good.wast good.wast", &["4 passed, 0 failed"]),
    // Help.
    works("help", &["Usage: wasmote [run] [OPTIONS] FILE [ARGS]", "\n  --dir HOST[::GUEST]", "134 after a trap"]),
    works("-h", &["Commands:\n"]),
    works("--help", &["Commands:\n"]),
    works("help compile", &["Usage: wasmote compile", "(default: extended)", "Examples:\n  wasmote compile app.wasm"]),
    works("compile --help", &["Usage: wasmote compile", "-o, --output OUT"]),
    works("run -h", &["Usage: wasmote [run]", "--env, -e NAME[=VALUE]", "Examples:\n"]),
    works("wasm2wat -h", &["Usage: wasmote print", "The same: wasmote wasm2wat"]),
    works("-V", &[concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n")]),
    works("version", &[concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n")]),
    refused("", 2, &["!Usage: wasmote [run] [OPTIONS] FILE [ARGS]"]),
    // For scripts.
    works(
        "inspect --json types.wasm",
        &[
            "{\"file\":\"types.wasm\",\"size\":",
            "\"valid\":true",
            "{\"name\":\"notes\",\"custom\":true,\"size\":",
            "{\"name\":\"get\",\"type\":\"func ((ref null $point)) -> (ref $point)\"}",
            "\"functions\":{\"defined\":1,\"imported\":0}",
        ],
    ),
    works(
        "inspect types.wasm",
        &["func ((ref null $point)) -> (ref $point)\n", "\n  custom", " \"notes\"\n", " \"name\"\n"],
    ),
    refused("--invoke get types.wasm 1", 2, &["!`1` is not a value of type (ref null $point)"]),
    works("dump types.wasm", &["<get>: func ((ref null $point)) -> (ref $point)"]),
    // What a shell needs.
    works("completion bash", &["complete -o filenames -F _wasmote wasmote", "--max-memory"]),
    works("completion zsh", &["#compdef wasmote", "'--max-table:the most elements of each table'"]),
    works("completion fish", &["-l max-table -r -d 'the most elements of each table'"]),
    refused("completion tcsh", 2, &["!name bash, zsh or fish"]),
    refused("completion", 2, &["!name bash, zsh or fish"]),
    refused("validate --fuel 1 lib.wasm", 2, &["!`--fuel` is an option of `wasmote run` and `compile` only"]),
    works("man", &[".TH WASMOTE 1", "\\-\\-max\\-table N\n"]),
    // Misspelled.
    refused("--dri . echo.wasm", 2, &["!unknown option `--dri`: did you mean `--dir`?"]),
    refused("--frobnicate echo.wasm", 2, &["!unknown option `--frobnicate`: see `wasmote --help`"]),
    refused("compile --op-sets core lib.wasm", 2, &["!unknown option `--op-sets`: did you mean `--op-set`?"]),
    refused("compile --frobnicate lib.wasm", 2, &["!unknown option `--frobnicate`: see `wasmote compile --help`"]),
    refused("validat lib.wasm", 2, &["!no such file or command: did you mean `validate`?"]),
    refused("help complie", 2, &["!unknown command `complie`: did you mean `compile`?"]),
    // Messages.
    refused("validate bad.wasm", 1, &["!type mismatch", "!(at offset 0x", "!, in function 1 <second>"]),
    refused(
        "validate bad-types.wat",
        1,
        &["!type mismatch: expected (ref $b), found (ref null $a) (at offset 0x", "!, in function 0 <f>"],
    ),
    refused("validate wrong.wat", 1, &["!line 2, column 10: ", "!\n      (func (i32.bad)))\n             ^\n"]),
    refused(
        "--invoke forever lib.wasm",
        134,
        &["!  0: func 2 <again> at wasm offset 0x", "!\n     the same 63 more times\n", "!and 1000 or more"],
    ),
];

/// Runs the command. Returns the status, output and errors.
fn wasmote(folder: &Path, typed: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    command.args(typed.split_whitespace()).current_dir(folder);
    let output = command.env("HABIT", "old").stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("ended by a signal"), text(output.stdout), text(output.stderr))
}

/// Makes a folder with the guests.
fn guests() -> Folder {
    let folder = Folder::empty();
    for (name, text) in FILES {
        let bytes = if name.ends_with(".wasm") { wat::parse_str(text).unwrap() } else { text.as_bytes().to_vec() };
        std::fs::write(folder.0.join(name), bytes).unwrap();
    }
    // The second function returns an `i64` where an `i32` is due.
    let bad = "(module (func $first) (func $second (result i32) (i64.const 1)))";
    std::fs::write(folder.0.join("bad.wasm"), wat::parse_str(bad).unwrap()).unwrap();
    let lib = FILES.iter().find(|(name, _)| *name == "lib.wasm").unwrap().1;
    std::fs::write(folder.0.join("lib.wat"), lib).unwrap();
    folder
}

#[test]
fn what_people_type_works_or_is_answered() {
    let folder = guests();
    let mut wrong = Vec::new();
    for row in ROWS {
        let (status, out, err) = wasmote(&folder.0, row.typed);
        let missing = row.parts.iter().find(|part| match part.strip_prefix('!') {
            Some(part) => !err.contains(part),
            None => !out.contains(*part),
        });
        // A wrong command line is answered in one line.
        let is_line = row.status != 2 || row.typed.is_empty() || (err.lines().count() == 1 && out.is_empty());
        if status != row.status || missing.is_some() || !is_line {
            wrong.push(format!("wasmote {}: status {status}, lacks {missing:?}:\n{out}{err}", row.typed));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[cfg(not(feature = "stack-switching"))]
fn what_a_build_can_read_of_a_module_that_it_cannot_run_is_listed() {
    let folder = guests();
    let (status, out, err) = wasmote(&folder.0, "inspect cont.wasm");
    assert_eq!((status, &*err), (0, ""));
    for part in ["stack switching (not in this build)", "incomplete: ", "  env::f: func () -> ()", "  m: memory 1.."] {
        assert!(out.contains(part), "no {part:?} in: {out}");
    }
    let (status, _, err) = wasmote(&folder.0, "validate cont.wasm");
    assert!(status == 1 && err.contains("stack switching"), "{err}");
}

#[test]
fn every_command_and_option_is_in_help_completions_and_the_manual() {
    let folder = guests();
    let run = |typed: &str| wasmote(&folder.0, typed).1;
    let (man, shells) =
        (run("man").replace('\\', ""), ["bash", "zsh", "fish"].map(|shell| run(&format!("completion {shell}"))));
    let help = run("help");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<_> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let mut count = 0;
    for command in commands.iter().filter(|command| !command.is_empty()) {
        assert!(man.contains(&format!("\n.B wasmote {command}")) && shells.iter().all(|text| text.contains(command)));
        let help = run(&format!("help {command}"));
        assert_eq!(help, run(&format!("{command} --help")));
        for option in help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with('-')) {
            let names: Vec<_> = option.split([',', ' ', '[']).filter(|word| word.starts_with('-')).collect();
            let name = names.iter().max_by_key(|name| name.len()).unwrap();
            assert!(man.contains(name), "{name} is not in the manual");
            for text in &shells {
                assert!(text.contains(name.trim_start_matches('-')), "{name} is not completed");
            }
            count += 1;
        }
    }
    assert!(commands.len() >= 12 && count > 30, "{commands:?}, {count} options");
}

/// Asks bash what follows the last of these words.
fn completed(words: &[&str]) -> Vec<String> {
    const SCRIPT: &str = r#"eval "$("$0" completion bash)"
        COMP_WORDS=(wasmote "$@"); COMP_CWORD=$#; _wasmote wasmote "${@: -1}"; printf '%s\n' "${COMPREPLY[@]}""#;
    let folder = guests();
    let mut bash = Command::new("bash");
    bash.args(["-c", SCRIPT, env!("CARGO_BIN_EXE_wasmote")]).args(words).current_dir(&folder.0);
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect()
}

#[test]
fn bash_completes_commands_options_and_files() {
    assert_eq!(completed(&["comp"]), ["compile", "completion"]);
    assert_eq!(completed(&["--max-t"]), ["--max-table", "--max-total"]);
    assert_eq!(completed(&["run", "--dir-"]), ["--dir-ro"]);
    assert_eq!(completed(&["compile", "--op"]), ["--op-set"]);
    assert_eq!(completed(&["objdump", "--l"]), ["--linked"]);
    assert_eq!(completed(&["validate", "user"]), ["user.wasm"]);
    assert_eq!(completed(&["--env", "A=B", "echo"]), ["echo.wasm"]);
}

/// Runs the command with a terminal for its output. Returns what the terminal got.
#[cfg(target_os = "linux")]
fn on_terminal(folder: &Path, typed: &str, no_color: &str) -> String {
    let line = format!("{} {typed}", env!("CARGO_BIN_EXE_wasmote"));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder).env("NO_COLOR", no_color).stdin(Stdio::null());
    String::from_utf8(script.output().unwrap().stdout).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn only_a_terminal_gets_colors_and_progress() {
    const RED: &str = "\x1b[1;31mwasmote:\x1b[0m none.wasm: no such file";
    let folder = guests();
    assert!(on_terminal(&folder.0, "none.wasm", "").contains(RED));
    assert!(on_terminal(&folder.0, "none.wasm", "1").starts_with("wasmote: none.wasm: no such file"));
    assert_eq!(wasmote(&folder.0, "none.wasm").2, "wasmote: none.wasm: no such file\n");
    let scripts = on_terminal(&folder.0, "wast good.wast good.wast", "");
    assert!(scripts.contains("\r\x1b[K1 of 2: good.wast\r\x1b[K\r\x1b[K2 of 2: good.wast\r\x1b[K"), "{scripts:?}");
    assert_eq!(on_terminal(&folder.0, "wast good.wast", ""), "2 passed, 0 failed\r\n");
    assert_eq!(wasmote(&folder.0, "wast good.wast good.wast").2, "");
    // A large module: progress is shown, and removed.
    let func = format!("(func (result i32) i32.const 0 {})", "i32.const 123456789 i32.add ".repeat(200_000));
    std::fs::write(folder.0.join("large.wasm"), wat::parse_str(format!("(module {func})")).unwrap()).unwrap();
    let compiled = on_terminal(&folder.0, "compile large.wasm -o large.wmi", "");
    assert!(
        compiled.contains("\r\x1b[Ktranslating 1 function\r\x1b[K") && compiled.ends_with("\x1b[K"),
        "{compiled:?}"
    );
}

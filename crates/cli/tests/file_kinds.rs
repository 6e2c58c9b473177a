//! Runs every command on every kind of file, and compares its whole output and its exit status.
#![cfg(all(unix, feature = "validate", feature = "wasi", feature = "inspect", feature = "dump", feature = "extended"))]

#[path = "support/folder.rs"]
mod folder;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use folder::Folder;

/// The commands that take a module, and the one that takes scripts. Those that write binaries write to /dev/null.
const COMMANDS: [&[&str]; 8] = [
    &["run"],
    &["validate"],
    &["inspect"],
    &["dump"],
    &["compile", "-o", "/dev/null"],
    &["wast"],
    &["print"],
    &["parse", "-o", "/dev/null"],
];
const COMPILE: usize = 4;
const WAST: usize = 5;
const PRINT: usize = 6;
const PARSE: usize = 7;

/// A module that every command but `wast` accepts, and a script of one module.
const TEXT: &str =
    "(module (memory 1) (func (export \"_start\")) (func $add (export \"add\") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))";

/// What a command does with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Does {
    /// It succeeds: standard error is empty, and standard output has lines with these beginnings.
    Prints(Vec<&'static str>),
    /// It exits with status 1 and one line on standard error: the file's name and this.
    Refuses(&'static str),
}

use Does::{Prints, Refuses};

/// Runs a command on a file of the folder. Returns the status, output and errors.
fn wasmote(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    let output = command.args(words).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("ended by a signal"), text(output.stdout), text(output.stderr))
}

/// Checks what a command does with a file.
fn check(folder: &Path, command: &[&str], file: &str, does: &Does) {
    let (status, out, err) = wasmote(folder, &[command, &[file]].concat());
    let context = format!("{command:?} {file}: {status}\n{out}{err}");
    match does {
        Prints(beginnings) => {
            assert_eq!((status, &*err), (0, ""), "{context}");
            for beginning in beginnings {
                assert!(out.lines().any(|line| line.starts_with(beginning)), "no {beginning:?}: {context}");
            }
            assert_eq!(out.is_empty(), beginnings.is_empty(), "{context}");
        }
        Refuses(line) => {
            // Behind it, an error in text has the line that it is in.
            let said: Vec<_> = err.lines().filter(|line| !line.starts_with("    ")).collect();
            assert_eq!((status, said), (1, vec![&*format!("wasmote: {file}: {line}")]), "{context}");
            assert_eq!(out, if command == ["wast"] { "0 passed, 1 failed\n" } else { "" }, "{context}");
        }
    }
}

/// What all commands do with a module, in the order of [`COMMANDS`].
fn modules(inspect: &[&'static str], dump: &[&'static str], validate: &'static str, wast: Does) -> [Does; 8] {
    let prints = |lines: &[&'static str]| Prints(lines.to_vec());
    let text = prints(&["(module", "  (memory (;0;) 1)", "  (func $add (;1;) (type 1) (param i32 i32) (result i32)"]);
    [prints(&[]), prints(&[validate]), prints(inspect), prints(dump), prints(&[]), wast, text, prints(&[])]
}

/// What they do with a binary.
fn binaries(mut modules: [Does; 8]) -> [Does; 8] {
    modules[PARSE] = Refuses(NO_TEXT);
    modules
}

/// All refuse a damaged binary: loading and printing have different errors.
fn refused_binary(module: &'static str, print: &'static str) -> [Does; 8] {
    let mut all = binaries(refused_as(module, NO_SCRIPT));
    all[PRINT] = Refuses(print);
    all
}

/// What they do with an image.
#[cfg(feature = "compile")]
fn images(mut modules: [Does; 8]) -> [Does; 8] {
    modules[COMPILE] = Refuses("this is already an image: compile the module that it was made from");
    modules[WAST] = Refuses("this is an image, not a script (.wast): run it with `wasmote run`");
    modules[PRINT] = Refuses("this is an image: print the module that it was made from");
    modules[PARSE] = Refuses("this is an image, not text: name a .wat file");
    modules
}

/// All refuse the file with this line.
fn refused(line: &'static str) -> [Does; 8] {
    [(); 8].map(|()| Refuses(line))
}

/// The commands for modules refuse the file with one line, the command for scripts with another.
fn refused_as(module: &'static str, script: &'static str) -> [Does; 8] {
    let mut all = refused(module);
    all[WAST] = Refuses(script);
    all
}

const NO_SCRIPT: &str = "this is a binary module, not a script (.wast): run it with `wasmote run`";
const NO_TEXT: &str = "this is already a binary, not text: name a .wat file";
const COMPONENT: &str = "this is a component; wasmote runs core modules: build it as one, such as for wasm32-wasip1";
const EMPTY: &str = "the file is empty: build or copy it again";
const UNKNOWN: &str =
    "neither a binary module, which begins with `\\0asm`, nor text, which begins with `(`: name a .wasm or .wat file";
const UNKNOWN_SCRIPT: &str = "this is not a script, which begins with `(`: name a .wast file";
const WITHOUT: &str =
    "this is text, and this wasmote was built without the feature `wat`: convert it to a binary first";
/// Whether the build tells modules, scripts and components in text apart.
const TELLS_TEXTS: bool = cfg!(any(feature = "wat", feature = "hints"));

/// Returns the files with their contents, and what the commands do with them.
fn files() -> BTreeMap<&'static str, (Vec<u8>, [Does; 8])> {
    let binary = wat::parse_str(TEXT).unwrap();
    let module = binaries(modules(
        &["functions: 2 defined, 0 imported", "  add: func (i32, i32) -> i32", "  code "],
        &["function 1 <add>: func (i32, i32) -> i32", "      0  I32Add."],
        "binary.wasm: valid",
        Refuses(NO_SCRIPT),
    ));
    let mut elf = b"\x7fELF\x02\x01\x01\0".to_vec();
    elf.resize(64, 0);
    let foreign = |line| if cfg!(feature = "hints") { refused(line) } else { refused_as(UNKNOWN, UNKNOWN_SCRIPT) };
    let of_text = |line| if TELLS_TEXTS { refused(line) } else { refused(WITHOUT) };
    let mut files = BTreeMap::from([
        ("binary.wasm", (binary.clone(), module)),
        ("component.wasm", (b"\0asm\x0d\0\x01\0".to_vec(), refused(COMPONENT))),
        ("component.wat", (b";; as text\n(component $c)".to_vec(), of_text(COMPONENT))),
        ("empty.wasm", (vec![], refused(EMPTY))),
        ("blank.wat", (b" \n\n".to_vec(), refused(EMPTY))),
        (
            "program",
            (elf, foreign("this is machine code (ELF): compile the program for WebAssembly, such as wasm32-wasip1")),
        ),
        ("module.wasm.gz", (b"\x1f\x8b\x08\0\0".to_vec(), foreign("this is compressed (gzip): unpack it first"))),
        ("module.zst", (b"\x28\xb5\x2f\xfd\0".to_vec(), foreign("this is compressed (zstd): unpack it first"))),
        ("app.jar", (b"PK\x03\x04".to_vec(), foreign("this is an archive (zip): unpack it first"))),
        ("lib.a", (b"!<arch>\n".to_vec(), foreign("this is an archive (ar): link it into a module first"))),
        ("header.wasm", (b"\0asm\x01".to_vec(), refused("the file ends inside its header: build or copy it again"))),
        (
            "truncated.wasm",
            (
                binary[..binary.len() / 2].to_vec(),
                refused_binary(
                    "malformed module: unexpected end-of-file (at offset 0x20): the file is damaged or cut off, build it again",
                    "malformed module: unexpected end of section or function (at offset 0x26): the file is damaged or cut off, build it again",
                ),
            ),
        ),
        (
            "version.wasm",
            (
                b"\0asm\x02\0\0\0".to_vec(),
                refused_binary(
                    "malformed module: unknown binary version (at offset 0x4): the file is damaged or cut off, build it again",
                    "malformed module: magic header or version not detected: this is not a module (at offset 0x0): the file is damaged or cut off, build it again",
                ),
            ),
        ),
        ("picture.png", (b"\x89PNG\r\n\x1a\n".to_vec(), refused_as(UNKNOWN, UNKNOWN_SCRIPT))),
    ]);
    if !cfg!(feature = "hints") {
        // It begins with a parenthesis, and so counts as text.
        files.remove("module.zst");
    }
    let text = |mut does: [Does; 8], without: &'static str| match cfg!(feature = "wat") {
        true => does,
        false => {
            does[..WAST].fill(Refuses(without));
            does[PRINT] = Refuses(without);
            does
        }
    };
    let module = modules(
        &["functions: 2 defined, 0 imported", "  add: func (i32, i32) -> i32", "  code "],
        &["function 1 <add>: func (i32, i32) -> i32", "      0  I32Add."],
        "module.wat: valid",
        Prints(vec!["1 passed, 0 failed"]),
    );
    files.insert("module.wat", (TEXT.into(), text(module, WITHOUT)));
    let malformed = refused("line 2, column 9: malformed UTF-8 encoding");
    files.insert("latin1.wat", (b"(module\n  ;; caf\xe9\n)".to_vec(), text(malformed, WITHOUT)));
    if !cfg!(feature = "image") {
        let module = "this is an image, and this wasmote was built without the feature `image`: use the module that it was made from";
        let script = "this is an image, not a script (.wast): run it with `wasmote run`";
        files.insert("image.wmi", (b"\0wmi\x02\0\x01\0".to_vec(), refused_as(module, script)));
    }
    let script = "(module (func (export \"f\")))\n(assert_return (invoke \"f\"))";
    let mut does = of_text("this is a script (.wast), not a module: run it with `wasmote wast`");
    does[WAST] = Prints(vec!["2 passed, 0 failed"]);
    files.insert("script.wast", (script.into(), does));
    files
}

/// Whether this build has the command.
fn has(command: &[&str]) -> bool {
    match command[0] {
        "compile" => cfg!(feature = "compile"),
        "print" => cfg!(feature = "print"),
        "parse" => cfg!(feature = "wat"),
        "wast" => cfg!(feature = "script"),
        _ => true,
    }
}

#[test]
fn every_command_says_one_clear_line_about_every_kind_of_file() {
    let folder = Folder::empty();
    for (name, (bytes, does)) in &files() {
        std::fs::write(folder.0.join(name), bytes).unwrap();
        for (command, does) in COMMANDS.iter().zip(does).filter(|(command, _)| has(command)) {
            check(&folder.0, command, name, does);
        }
    }
}

#[test]
fn unreadable_files_are_reported_by_every_command() {
    let folder = Folder::empty();
    let path = |name: &str| folder.0.join(name);
    std::fs::create_dir(path("directory")).unwrap();
    std::os::unix::fs::symlink("loop", path("loop")).unwrap();
    let fifo = Command::new("mkfifo").arg(path("fifo")).status().unwrap();
    assert!(fifo.success());
    let cases = [
        ("missing.wasm", "no such file"),
        // A misspelt command is taken for a file.
        ("frobnicate", "no such file, and no command of that name"),
        ("directory", "is a directory: name a file in it"),
        ("loop", "cannot be read: Too many levels of symbolic links (os error 40)"),
        ("fifo", "is a fifo that nobody writes to: start the writer first, or use a pipe and `-`"),
    ];
    // All at once, since each waits a moment for a writer of the fifo.
    thread::scope(|scope| {
        for command in COMMANDS.into_iter().filter(|command| has(command)) {
            let folder = &folder.0;
            let all = move || cases.map(|(file, line)| check(folder, command, file, &Refuses(line)));
            scope.spawn(all);
        }
    });
}

#[test]
fn a_fifo_is_read_when_somebody_writes_to_it() {
    let folder = Folder::empty();
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let writer = thread::spawn({
        let fifo = fifo.clone();
        // Waits until the command has opened the other end.
        move || std::fs::write(fifo, wat::parse_str(TEXT).unwrap()).unwrap()
    });
    check(&folder.0, &["validate"], "fifo", &Prints(vec!["fifo: valid"]));
    writer.join().unwrap();
}

#[test]
fn a_file_without_permission_is_named() {
    let folder = Folder::empty();
    let file = folder.0.join("secret.wasm");
    std::fs::write(&file, wat::parse_str(TEXT).unwrap()).unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(&file, permissions).unwrap();
    // The superuser may read everything.
    let does = match std::fs::read(&file) {
        Ok(_) => Prints(vec!["secret.wasm: valid"]),
        Err(_) => Refuses("cannot be read: Permission denied (os error 13)"),
    };
    check(&folder.0, &["validate"], "secret.wasm", &does);
}

/// Makes an image of the module with these options.
#[cfg(feature = "compile")]
fn image(folder: &Path, name: &str, options: &[&str]) -> Vec<u8> {
    std::fs::write(folder.join("module.wasm"), wat::parse_str(TEXT).unwrap()).unwrap();
    let (status, _, err) = wasmote(folder, &[&["compile", "module.wasm", "-o", name], options].concat());
    assert_eq!((status, &*err), (0, ""));
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
#[cfg(feature = "compile")]
fn images_of_all_kinds_are_decoded() {
    let folder = Folder::empty();
    for (name, options, lines, code, function) in [
        ("core.wmi", &["--op-set", "core"][..], ["op set: core", "metered: no"], "I32Add.ss s0, s1, -> s4", "add"),
        ("extended.wmi", &[], ["op set: extended", "metered: no"], "I32Add.", "add"),
        ("metered.wmi", &["--fuel"], ["op set: extended", "metered: yes, schedule 1"], "Fuel ", "add"),
        ("names.wmi", &["--names"], ["op set: extended", "metered: no"], "I32Add.", "add"),
    ] {
        image(&folder.0, name, options);
        let size = std::fs::metadata(folder.0.join(name)).unwrap().len();
        let first = format!("{name}: {size} bytes, an image").leak();
        let inspect = [
            &*first,
            lines[0],
            lines[1],
            "features: none",
            "imports: 0",
            "exports: 2",
            "  add: func (i32, i32) -> i32",
            "functions: 2 defined, 0 imported",
            "  exports             32 bytes at 0x",
            "  code ",
        ];
        let code: &str = format!("      0  {code}").leak();
        let validate: &str = format!("{name}: valid image, all 2 functions verified").leak();
        let does =
            images(modules(&inspect, &["function 1 <add>: func (i32, i32) -> i32", code], validate, Prints(vec![])));
        for (command, does) in COMMANDS.iter().zip(&does).filter(|(command, _)| has(command)) {
            check(&folder.0, command, name, does);
        }
        for wanted in ["1", function] {
            let (status, out, _) = wasmote(&folder.0, &["dump", "--func", wanted, name]);
            assert_eq!((status, out.matches("function ").count()), (0, 1), "{out}");
            assert!(out.contains("\n\nfunction 1 <add>: "), "{out}");
        }
        let (status, _, err) = wasmote(&folder.0, &["dump", "--func", "2", name]);
        assert_eq!((status, &*err), (2, "wasmote: no function `2`: give a name or an index from 0 to 1\n"));
    }
}

#[test]
#[cfg(feature = "compile")]
fn an_image_that_is_cut_off_or_damaged_is_said_so_by_every_command() {
    let folder = Folder::empty();
    let whole = image(&folder.0, "whole.wmi", &[]);
    let (cut, mut version, mut records, mut code) = (&whole[..300], whole.clone(), whole.clone(), whole.clone());
    version[4] ^= 0x80;
    records[250] ^= 1;
    // The last bytes are code: the module has no data.
    let last = code.len() - 1;
    code[last] ^= 1;
    for (name, bytes, line) in [
        ("cut.wmi", cut, "the image is cut off: copy it again (at offset 0x12c)"),
        (
            "version.wmi",
            &*version,
            "the image has another format: compile the module again with this version (at offset 0x4)",
        ),
        ("records.wmi", &*records, "the image is damaged (wrong checksum): copy it again (at offset 0x18)"),
    ] {
        std::fs::write(folder.0.join(name), bytes).unwrap();
        let does = images(refused(line));
        for (command, does) in COMMANDS.iter().zip(&does).filter(|(command, _)| has(command)) {
            check(&folder.0, command, name, does);
        }
    }
    // A function is verified when it is first called. Commands that read all functions find the damage.
    std::fs::write(folder.0.join("code.wmi"), &*code).unwrap();
    check(&folder.0, &["run"], "code.wmi", &Prints(vec![]));
    for command in ["validate", "dump"] {
        let (status, out, err) = wasmote(&folder.0, &[command, "code.wmi"]);
        assert_eq!((status, &*out), (1, ""), "{command}");
        let line = "wasmote: code.wmi: the image is damaged (wrong checksum): copy it again (at offset 0x";
        assert!(err.starts_with(line) && err.lines().count() == 1, "{command}: {err}");
    }
}

#[test]
#[cfg(feature = "compile")]
fn inspect_names_what_an_image_needs() {
    let folder = Folder::empty();
    for (text, built, feature) in [
        ("(module (func (param i32) (result v128) (i32x4.splat (local.get 0))))", cfg!(feature = "simd"), "  SIMD"),
        ("(module (tag) (func throw 0))", cfg!(feature = "gc"), "  exception handling"),
        ("(module (type $s (struct)) (func (drop (struct.new $s))))", cfg!(feature = "gc"), "  garbage collection"),
    ] {
        if !built {
            continue;
        }
        std::fs::write(folder.0.join("module.wasm"), wat::parse_str(text).unwrap()).unwrap();
        let (status, _, err) = wasmote(&folder.0, &["compile", "module.wasm", "-o", "needs.wmi"]);
        assert_eq!((status, &*err), (0, ""), "{text}");
        check(&folder.0, &["inspect"], "needs.wmi", &Prints(vec!["features:", feature]));
    }
}

#[test]
fn a_file_is_known_by_its_bytes_whatever_its_name() {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("component.wasm"), wat::parse_str(TEXT).unwrap()).unwrap();
    check(&folder.0, &["validate"], "component.wasm", &Prints(vec!["component.wasm: valid"]));
}

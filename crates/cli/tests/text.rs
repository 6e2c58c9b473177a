//! Tests `wasmote print` and `wasmote parse`.
#![cfg(all(unix, feature = "print", feature = "wat"))]

#[path = "support/folder.rs"]
mod folder;

use std::path::Path;
use std::process::{Command, Stdio};

use folder::Folder;

const TEXT: &str = "(module $m\n  (type (;0;) (func (param i32) (result i32)))\n  (export \"f\" (func $f))\n  \
    (func $f (;0;) (type 0) (param $x i32) (result i32)\n    local.get $x\n  )\n)\n";

/// Runs the command in a folder. Returns the status, output and errors.
fn wasmote(folder: &Path, words: &[&str]) -> (i32, Vec<u8>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    let output = command.args(words).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let status = output.status.code().expect("ended by a signal");
    (status, output.stdout, String::from_utf8(output.stderr).unwrap())
}

/// Runs a command that must succeed with an empty standard error. Returns the output.
fn works(folder: &Path, words: &[&str]) -> Vec<u8> {
    let (status, out, err) = wasmote(folder, words);
    assert_eq!((status, &*err), (0, ""), "{words:?}");
    out
}

#[test]
fn text_is_printed_and_parsed_to_standard_output_and_to_files() {
    let folder = Folder::empty();
    let binary = wat::parse_str(TEXT).unwrap();
    std::fs::write(folder.0.join("m.wat"), TEXT).unwrap();
    std::fs::write(folder.0.join("m.wasm"), &binary).unwrap();
    let read = |name: &str| std::fs::read(folder.0.join(name)).unwrap();
    // The option may be in front of the file or behind it.
    assert_eq!(works(&folder.0, &["parse", "m.wat"]), binary);
    assert_eq!(works(&folder.0, &["parse", "m.wat", "-o", "-"]), binary);
    assert!(works(&folder.0, &["parse", "m.wat", "-o", "out.wasm"]).is_empty());
    assert_eq!(read("out.wasm"), binary);
    assert!(works(&folder.0, &["print", "-o", "out.wat", "out.wasm"]).is_empty());
    assert_eq!(String::from_utf8(read("out.wat")).unwrap(), TEXT);
    assert_eq!(works(&folder.0, &["print", "m.wasm"]), TEXT.as_bytes());
    // A text is parsed and printed again.
    assert_eq!(works(&folder.0, &["print", "m.wat"]), TEXT.as_bytes());
}

#[test]
fn files_that_are_neither_text_nor_binary_are_reported() {
    let folder = Folder::empty();
    let binary = wat::parse_str(TEXT).unwrap();
    std::fs::write(folder.0.join("m.wasm"), &binary).unwrap();
    std::fs::write(folder.0.join("cut.wasm"), &binary[..binary.len() / 2]).unwrap();
    std::fs::write(folder.0.join("wrong.wat"), "(module (fnc))").unwrap();
    for (words, status, line) in [
        (&["parse", "m.wasm"][..], 1, "m.wasm: this is already a binary, not text: name a .wat file"),
        (&["parse", "wrong.wat"], 1, "wrong.wat: line 1, column 10: "),
        (&["print", "none.wasm"], 1, "none.wasm: no such file"),
        (&["print", "cut.wasm"], 1, "cut.wasm: malformed module: unexpected end of section or function (at offset 0x"),
        (&["print", "m.wasm", "-o", "none/out.wat"], 1, "none/out.wat: cannot be written: "),
        (&["print", "m.wasm", "other.wasm"], 2, "`other.wasm` is unexpected"),
        (&["print", "m.wasm", "--names"], 2, "`--names` is an option of `wasmote compile` only"),
        (&["inspect", "-o", "x", "m.wasm"], 2, "`-o` is an option of `wasmote compile`, `print` and `parse` only"),
    ] {
        let (found, out, err) = wasmote(&folder.0, words);
        assert_eq!((found, out.len()), (status, 0), "{words:?}: {err}");
        // Behind it, an error in text has the line that it is in.
        let lines = err.lines().filter(|line| !line.starts_with("    ")).count();
        assert!(err.starts_with(&format!("wasmote: {line}")) && lines == 1, "{words:?}: {err}");
    }
}

#[test]
#[cfg(feature = "compile")]
fn images_are_named() {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("m.wat"), TEXT).unwrap();
    works(&folder.0, &["compile", "m.wat", "-o", "m.wmi"]);
    for (command, line) in [
        ("print", "wasmote: m.wmi: this is an image: print the module that it was made from\n"),
        ("parse", "wasmote: m.wmi: this is an image, not text: name a .wat file\n"),
    ] {
        let (status, _, err) = wasmote(&folder.0, &[command, "m.wmi"]);
        assert_eq!((status, &*err), (1, line));
    }
}

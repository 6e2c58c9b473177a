//! Tests `wasmote run --fuel` with modules and images in each mode.
#![cfg(all(unix, feature = "validate", feature = "wasi", feature = "compile", feature = "extended"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Stdio};

use folder::Folder;

const TEXT: &str = r#"(module
    (func (export "forever") (loop (br 0)))
    (func (export "sum") (param i32) (result i32) (local i32)
        (loop
            (local.set 1 (i32.add (local.get 1) (local.get 0)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

/// Runs the command in this folder. Returns the status, output and errors.
fn wasmote(folder: &Folder, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    let output = command.args(words).current_dir(&folder.0).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("ended by a signal"), text(output.stdout), text(output.stderr))
}

/// Makes a folder with the module as a binary, as text and as images.
fn folder() -> Folder {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("m.wasm"), wat::parse_str(TEXT).unwrap()).unwrap();
    std::fs::write(folder.0.join("m.wat"), TEXT).unwrap();
    for (image, options) in [
        ("plain.wmi", &[][..]),
        ("core.wmi", &["--op-set", "core"]),
        ("metered.wmi", &["--fuel"]),
        ("metered-core.wmi", &["--fuel", "--op-set", "core"]),
    ] {
        let (status, _, err) = wasmote(&folder, &[&["compile", "m.wasm", "-o", image], options].concat());
        assert_eq!((status, &*err), (0, ""));
    }
    folder
}

/// The options that change how code runs.
const MODES: [&[&str]; 3] = [&[], &["--eager"], &["--no-superinstructions"]];
const FILES: [&str; 4] =
    ["m.wasm", "metered.wmi", "metered-core.wmi", if cfg!(feature = "wat") { "m.wat" } else { "m.wasm" }];

#[test]
fn a_guest_ends_when_its_fuel_is_used_up() {
    let folder = folder();
    for file in FILES {
        for mode in MODES {
            let options = [&["--fuel", "10000"][..], &["--fuel=10000"], &["-W", "fuel=10000"]];
            for fuel in options.into_iter().filter(|option| cfg!(feature = "hints") || option[0] != "-W") {
                let words = [fuel, mode, &["--invoke", "forever", file]].concat();
                let (status, out, err) = wasmote(&folder, &words);
                assert_eq!((status, &*out), (134, ""), "{words:?}: {err}");
                assert!(err.contains("out of fuel"), "{words:?}: {err}");
            }
            let words = [mode, &["--fuel", "10000", "--invoke", "sum", file, "100"]].concat();
            assert_eq!(wasmote(&folder, &words), (0, "5050\n".into(), String::new()), "{words:?}");
        }
    }
}

#[test]
fn an_image_that_is_not_metered_is_refused_under_fuel_in_one_line() {
    let folder = folder();
    for image in ["plain.wmi", "core.wmi"] {
        for mode in MODES {
            let words = [mode, &["--fuel", "10000", "--invoke", "forever", image]].concat();
            let (status, out, err) = wasmote(&folder, &words);
            assert_eq!((status, &*out, err.lines().count()), (1, "", 1), "{words:?}: {err}");
            assert!(err.contains(image) && err.contains("compile the module with `--fuel`"), "{words:?}: {err}");
        }
        let (status, out, _) = wasmote(&folder, &["--invoke", "sum", image, "100"]);
        assert_eq!((status, &*out), (0, "5050\n"));
    }
}

#[test]
fn wrong_amounts_of_fuel_are_refused() {
    let folder = folder();
    for (words, part) in [
        (&["-W", "fuel=many", "m.wasm"][..], "`--fuel many` should be a number"),
        (&["-W", "fuel", "m.wasm"], "`--fuel` needs a value"),
        (&["-W", "epoch=3", "m.wasm"], "unknown option `-W epoch=3`"),
        (&["--fuel", "-1", "m.wasm"], "`--fuel -1` should be a number"),
        (&["compile", "-W", "fuel=3", "m.wasm", "-o", "x"], "`--fuel` takes no value"),
    ] {
        let part = match words.contains(&"-W") && !cfg!(feature = "hints") {
            true if words[0] == "compile" => "`-W` is an option of `wasmote run` only",
            true => "`-W` needs the feature `hints`",
            false => part,
        };
        let (status, _, err) = wasmote(&folder, words);
        assert!(status == 2 && err.contains(part), "{words:?}: {status} {err}");
    }
}

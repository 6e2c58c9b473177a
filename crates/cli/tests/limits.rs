//! The options that limit what a guest may have.
#![cfg(all(unix, feature = "hints", feature = "validate", feature = "wat", feature = "limits", feature = "compile"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::Command;

use folder::Folder;

/// What grows returns the old size; `deep` nests as deep as its argument.
const GUEST: &str = r#"(module
    (type $bytes (array (mut i8)))
    (memory 1) (table 1 funcref) (global $kept (mut (ref null $bytes)) (ref.null $bytes))
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func (export "object") (param i32) (result i32)
        (global.set $kept (array.new_default $bytes (local.get 0))) (array.len (global.get $kept)))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#;

/// Runs the command. Returns its status, its output, and the first line of its messages.
fn wasmote(folder: &Folder, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wasmote")).args(args).current_dir(&folder.0).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let err = text(output.stderr).lines().next().unwrap_or_default().to_string();
    (output.status.code().expect("ended by a signal"), text(output.stdout), err)
}

fn guest() -> Folder {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("m.wat"), GUEST).unwrap();
    for op_set in ["core", "extended"] {
        let image = format!("{op_set}.wmi");
        let args = ["compile", "m.wat", "--op-set", op_set, "-o", &image];
        assert_eq!(wasmote(&folder, &args), (0, String::new(), String::new()));
    }
    folder
}

#[test]
fn options_limit_what_a_guest_has() {
    let folder = guest();
    // Each row: options, function, argument, and the result without and with `--trap-on-grow-failure`.
    let (minus_one, trap) = ("-1\n", "growth operation limited");
    let rows = [
        (&[][..], "memory", "100", "1\n", "1\n"),
        (&["--max-memory", "655360"], "memory", "9", "1\n", "1\n"),
        (&["--max-memory", "655359"], "memory", "9", minus_one, trap),
        (&["--max-memory=640KiB"], "memory", "9", "1\n", "1\n"),
        (&["--max-memory=639KiB"], "memory", "9", minus_one, trap),
        (&["--max-memory", "1MiB"], "memory", "15", "1\n", "1\n"),
        (&["--max-memory", "1MiB"], "memory", "16", minus_one, trap),
        (&["--max-memory", "1GiB"], "memory", "16384", minus_one, trap),
        (&["-W", "max-memory-size=1MiB"], "memory", "16", minus_one, trap),
        (&["-Wmax-memory-size=1MiB"], "memory", "15", "1\n", "1\n"),
        (&["--max-table", "100"], "table", "99", "1\n", "1\n"),
        (&["--max-table", "100"], "table", "100", minus_one, trap),
        (&["-W", "max-memory-size=64KiB,max-table-elements=100"], "table", "100", minus_one, trap),
        (&["-W", "max-memory-size=64KiB,max-table-elements=100"], "memory", "1", minus_one, trap),
        (&["--max-total", "1MiB"], "memory", "15", minus_one, trap),
        (&["--max-total", "1MiB"], "memory", "14", "1\n", "1\n"),
        (&["--max-total", "1MiB"], "table", "250000", minus_one, trap),
        (&["--max-total", "1MiB"], "object", "900000", "900000\n", "900000\n"),
        (&["--max-total", "1MiB"], "object", "1000000", "out of memory for objects", trap),
        (&["--max-memory", "64KiB"], "object", "1000000", "1000000\n", "1000000\n"),
        (&["--max-stack", "1MiB"], "deep", "10000", "10000\n", "10000\n"),
        (&["--max-stack", "100KiB"], "deep", "10000", "call stack exhausted", "call stack exhausted"),
        (&["-W", "max-wasm-stack=102400"], "deep", "10000", "call stack exhausted", "call stack exhausted"),
        (&["--max-total", "64KiB"], "memory", "0", "the store's limiter refuses a table", trap),
        (&["--max-memory", "1"], "memory", "0", "the store's limiter refuses a memory", trap),
    ];
    for (file, eager) in [("m.wat", false), ("m.wat", true), ("core.wmi", false), ("extended.wmi", false)] {
        for (options, name, argument, refused, trapped) in rows {
            for (trap, expected) in [(&[][..], refused), (&["--trap-on-grow-failure"][..], trapped)] {
                let mut args = vec!["run", "--invoke", name];
                args.extend(if eager { &["--eager"][..] } else { &[] });
                args.extend(trap.iter().chain(options).chain(&[file, argument]));
                let (status, out, err) = wasmote(&folder, &args);
                if expected.ends_with('\n') {
                    assert_eq!((status, &*out, &*err), (0, expected, ""), "{args:?}");
                } else {
                    let expected_status = if expected.contains("limiter") { 1 } else { 134 };
                    assert_eq!((status, &*out), (expected_status, ""), "{args:?}: {err}");
                    assert!(err.starts_with("wasmote: ") && err.contains(expected), "{args:?}: {err}");
                }
            }
        }
    }
}

#[test]
fn wrong_limits_are_refused_with_one_line() {
    let folder = guest();
    let no_size = ["", "x", "-1", "1.5MiB", "64MB", "64 MiB", "MiB", "64Mib", "0x10", "17179869184GiB"];
    for option in ["--max-memory", "--max-total", "--max-stack", "-W max-memory-size", "-W max-wasm-stack"] {
        for value in no_size {
            let given = format!("{option}={value}");
            let mut args: Vec<&str> = given.splitn(if option.starts_with("-W") { 2 } else { 1 }, ' ').collect();
            args.push("m.wat");
            let (status, out, err) = wasmote(&folder, &args);
            assert_eq!((status, &*out), (2, ""), "{given}: {err}");
            let expected = format!(" {value}` should be a size, such as 65536, 64KiB or 1GiB");
            assert!(err.starts_with("wasmote: `--max-") && err.ends_with(&expected), "{given}: {err}");
        }
    }
    for (args, message) in [
        (&["--max-table", "1KiB", "m.wat"][..], "`--max-table 1KiB` should be a number"),
        (&["--max-table"], "`--max-table` needs a value: see `wasmote --help`"),
        (&["-W"], "`-W` needs a value: see `wasmote --help`"),
        (&["-W", "max-memory-size", "m.wat"], "`--max-memory` needs a value: see `wasmote --help`"),
        (&["-W", "epochs=1", "m.wat"], "unknown option `-W epochs=1`: see `wasmote --help`"),
        (
            &["-W", "trap-on-grow-failure=n", "m.wat"],
            "unknown option `-W trap-on-grow-failure=n`: see `wasmote --help`",
        ),
        (
            &["--trap-on-grow-failure=y", "m.wat"],
            "`--trap-on-grow-failure` takes no value: leave out `=` and what follows",
        ),
        (&["validate", "--max-memory", "1", "m.wat"], "`--max-memory` is an option of `wasmote run` only"),
    ] {
        let (status, out, err) = wasmote(&folder, args);
        assert_eq!((status, &*out, &*err), (2, "", &*format!("wasmote: {message}")));
    }
}

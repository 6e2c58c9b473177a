//! `--profile`.
#![cfg(all(feature = "validate", feature = "wat", feature = "wasi", feature = "profile"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WASMOTE: &str = env!("CARGO_BIN_EXE_wasmote");

/// It takes 50 milliseconds of processor time, and then ends as the global says: it returns, traps, exits, or goes on for ever.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func $now (result i64)
        (drop (call $clock (i32.const 2) (i64.const 0) (i32.const 0)))
        (i64.load (i32.const 0)))
    (func $"spin<&;>" (local i64)
        (local.set 0 (i64.add (call $now) (i64.const 50000000)))
        (loop (br_if 0 (i64.lt_u (call $now) (local.get 0)))))
    (func $main (export "main") (call $"spin<&;>"))
    (func $trap (export "trap") (call $"spin<&;>") (unreachable))
    (func $leave (export "leave") (call $"spin<&;>") (call $exit (i32.const 7)) (unreachable))
    (func $endless (export "endless") (loop (br 0))))"#;

/// Runs an export in a new directory with this name. Returns the directory, too.
fn run(name: &str, export: &str, options: &[&str]) -> (PathBuf, Output) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("guest.wat"), GUEST).unwrap();
    let mut command = Command::new(WASMOTE);
    command.current_dir(&folder).args(options).args(["--invoke", export, "guest.wat"]);
    (folder, command.output().unwrap())
}

/// Checks that all stacks begin with this function, and that there is one.
fn check_folded(file: &Path, outermost: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.is_empty() && text.ends_with('\n'), "{text:?}");
    for line in text.lines() {
        let (stack, count) = line.rsplit_once(' ').expect("a count");
        assert!(count.parse::<u64>().unwrap() > 0, "{line}");
        let mut functions = stack.split(';');
        assert_eq!(functions.next(), Some(outermost), "{line}");
        let known = ["spin<&:>", "now", "wasi_snapshot_preview1.clock_time_get", "wasi_snapshot_preview1.proc_exit"];
        assert!(functions.all(|function| known.contains(&function)), "{line}");
    }
}

fn check_flame_graph(file: &Path, outermost: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && text.ends_with("</svg>\n"), "{text}");
    assert!(text.contains(&format!("<title>{outermost} (")), "{text}");
    assert_eq!(text.matches("<g>").count(), text.matches("</g>").count());
    assert!(!text.contains("spin<"), "{text}");
}

#[test]
fn a_profile_is_written_however_the_run_ends() {
    for (export, status, options) in [
        ("main", 0, &["--profile"][..]),
        ("trap", 134, &["--profile"]),
        ("leave", 7, &["--profile", "--eager"]),
        ("endless", 124, &["--profile", "--timeout", "300ms"]),
    ] {
        let (folder, output) = run(export, export, options);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{message}");
        check_folded(&folder.join("profile.folded"), export);
        check_flame_graph(&folder.join("profile.svg"), export);
    }
}

#[test]
fn the_ending_of_the_file_decides_what_is_in_it() {
    for (file, is_image) in [("a.svg", true), ("b.folded", false), ("c", false)] {
        let (folder, output) = run(file, "main", &[&format!("--profile={file}")]);
        assert_eq!(output.status.code(), Some(0));
        match is_image {
            true => check_flame_graph(&folder.join(file), "main"),
            false => check_folded(&folder.join(file), "main"),
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "the guest, and the profile");
    }
    let (_, output) = run("output", "main", &["--profile=-"]);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("main;"));
}

#[test]
fn a_profile_that_cannot_be_written_is_reported_behind_the_trap() {
    let (_, output) = run("missing", "trap", &["--profile=missing/x.svg"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    let (trap, file) = (message.find("unreachable"), message.find("missing/x.svg: cannot be written"));
    assert!(trap.is_some() && trap < file, "{message}");
}

#[test]
fn without_the_option_nothing_is_written() {
    let (folder, output) = run("none", "main", &[]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b""[..]));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

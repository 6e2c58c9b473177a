//! A guest overwrites the file it was loaded from while it runs. The code that runs is still the code that was
//! validated.
#![cfg(all(target_os = "linux", feature = "validate", feature = "wasi"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Output};

use folder::Folder;
#[cfg(feature = "compile")]
use wasmote_ir::image::layout;

/// A guest that overwrites bytes of `program` with ones, then calls a function that has not run yet.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
    (memory (export "memory") 4)
    (data (i32.const 64) "program")
    ;; Large enough to be worth mapping.
    (data $large "LARGE")
    (func (export "spoil") (param $at i64) (param $len i32) (result i32)
        (memory.fill (i32.const 1024) (i32.const 255) (local.get $len))
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 7) (i32.const 0)
                (i64.const 68) (i64.const 0) (i32.const 0) (i32.const 0)) (then unreachable))
        (i32.store (i32.const 8) (i32.const 1024))
        (i32.store (i32.const 12) (local.get $len))
        (if (call $pwrite (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (local.get $at) (i32.const 16))
            (then unreachable))
        (if (i32.ne (i32.load (i32.const 16)) (local.get $len)) (then unreachable))
        (call $later (i32.const 6)))
    (func $later (param i32) (result i32)
        (memory.init $large (i32.const 0) (i32.const 0) (i32.const 1))
        (i32.mul (local.get 0) (i32.const 7))))"#;

impl Folder {
    /// The binary in the file `program`.
    fn binary(&self) -> Vec<u8> {
        let wasm = wat::parse_str(PROGRAM.replace("LARGE", &"x".repeat(150_000))).unwrap();
        std::fs::write(self.0.join("program"), &wasm).unwrap();
        wasm
    }

    fn wasmote(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wasmote")).current_dir(&self.0).args(args).output().unwrap()
    }

    fn spoil(&self, range: std::ops::Range<usize>) -> Output {
        let [at, len] = [range.start.to_string(), range.len().to_string()];
        self.wasmote(&["--dir", ".", "--invoke", "spoil", "program", &at, &len])
    }
}

#[track_caller]
fn prints_42(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"42\n");
}

#[test]
fn a_binary_runs_as_it_was_when_it_was_loaded() {
    let folder = Folder::empty();
    let len = folder.binary().len();
    prints_42(&folder.spoil(0..len));
    let spoiled = std::fs::read(folder.0.join("program")).unwrap();
    assert_eq!(spoiled, vec![255; len], "the guest did write");
}

#[cfg(feature = "compile")]
#[test]
fn an_image_runs_as_it_was_or_its_function_is_refused() {
    let folder = Folder::empty();
    folder.binary();
    std::fs::rename(folder.0.join("program"), folder.0.join("program.wasm")).unwrap();
    let compiled = folder.wasmote(&["compile", "program.wasm", "-o", "program"]);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let image = std::fs::read(folder.0.join("program")).unwrap();
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
    let [meta_end, code_end] = [layout::AT_META_END, layout::AT_CODE_END].map(word);
    assert!(image.len() - code_end > 128 * 1024, "large enough to be mapped");

    prints_42(&folder.spoil(0..meta_end));
    std::fs::write(folder.0.join("program"), &image).unwrap();
    prints_42(&folder.spoil(code_end..image.len()));
    std::fs::write(folder.0.join("program"), &image).unwrap();
    let output = folder.spoil(meta_end..code_end);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("offset 0x"), "{said}");
    assert!(!said.contains("panic"), "{said}");
}

//! Runs the command with little address space. Each run ends normally, with a trap, or with one line that says that
//! there is no memory. It never aborts, panics or is killed.
#![cfg(all(
    target_os = "linux",
    feature = "wat",
    feature = "compile",
    feature = "validate",
    feature = "gc",
    feature = "script"
))]

#[path = "support/folder.rs"]
mod folder;

use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use folder::Folder;

const COMMAND: &str = env!("CARGO_BIN_EXE_wasmote");

/// Runs the command with `kib` KiB of address space.
fn limited(kib: u64, args: &[&str]) -> Output {
    let script = format!("ulimit -v {kib}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, COMMAND]).args(args).env_remove("RUST_BACKTRACE");
    command.output().expect("there is a shell")
}

/// Returns the KiB of address space that the command needs to start.
fn least() -> u64 {
    let starts = |kib: &u64| limited(*kib, &["--version"]).status.success();
    (1..).map(|mib| mib << 10).find(starts).expect("it starts with enough")
}

/// The allowed ends of a run.
#[derive(PartialEq, Eq, Debug)]
enum Ended {
    Well,
    InATrap,
    /// With one line that says that there is no memory.
    WithoutMemory,
}

fn ended(output: &Output, what: &str) -> Ended {
    let said = String::from_utf8_lossy(&output.stderr);
    let all = || format!("{what}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.signal(), None, "{}", all());
    assert!(!said.contains("panicked") && !said.contains("memory allocation of"), "{}", all());
    match output.status.code() {
        Some(0) => Ended::Well,
        Some(134) => {
            assert!(said.contains("wasm trap: ") || said.contains("uncaught wasm exception"), "{}", all());
            Ended::InATrap
        }
        Some(1) => {
            assert!(said.starts_with("wasmote: ") && said.lines().count() == 1, "{}", all());
            let reasons = ["out of memory", "Out of memory", "Cannot allocate", "cannot instantiate: "];
            assert!(reasons.iter().any(|reason| said.contains(reason)), "{}", all());
            Ended::WithoutMemory
        }
        _ => panic!("{}", all()),
    }
}

/// Runs the command with growing address space: first in many small steps from what it needs to start, so that memory
/// ends in many places, and then in large steps. With `plenty`, it must end as stated.
fn with_more_and_more(args: &[&str], plenty: Ended) {
    let least = least();
    let little = (0..24).map(|step| step * 400);
    let more = [20_000, 40_000, 60_000, 80_000, 100_000, 140_000, 200_000];
    let mut failed = 0;
    for kib in little.chain(more) {
        let outcome = ended(&limited(least + kib, args), &format!("{args:?} with {kib} KiB"));
        failed += u32::from(outcome == Ended::WithoutMemory);
    }
    assert!(failed > 5, "{args:?}: memory ended {failed} times only");
    assert_eq!(ended(&limited(16_000_000, args), &format!("{args:?}")), plenty);
}

impl Folder {
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("the folder can be written to");
        path.into_os_string().into_string().expect("folders of tests have plain names")
    }

    fn module(&self, text: &str) -> String {
        self.file("module.wasm", wat::parse_str(text).expect("the module is text"))
    }
}

/// Returns a module with many of everything.
fn large() -> String {
    let mut text = String::from("(module (memory 1) (table 1 funcref)");
    for i in 0..6000 {
        let params = "i32 ".repeat(i % 30);
        let _ = write!(
            text,
            r#"(type $t{i} (func (param {params}) (result i64 {params})))
            (func $function_number_{i} (export "export number {i}") (param i32) (result i32)
                (local i64 f32) (if (local.get 0) (then (local.set 1 (i64.const {i}))))
                (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))
            (global i32 (i32.const {i}))
            (data (i32.const {i}) "data {i}")
            (elem func $function_number_{i})"#
        );
        let _ = write!(text, "(type $s{i} (struct (field i32) (field (ref null $t{i}))))");
    }
    text + r#"(func (export "_start") (drop (call 1 (i32.const 1)))))"#
}

#[test]
fn a_large_module_runs_or_there_is_no_memory() {
    let folder = Folder::empty();
    let file = folder.module(&large());
    with_more_and_more(&["run", &file], Ended::Well);
    with_more_and_more(&["run", "--eager", &file], Ended::Well);
}

#[test]
fn a_large_module_is_validated_and_compiled_or_there_is_no_memory() {
    let folder = Folder::empty();
    let file = folder.module(&large());
    with_more_and_more(&["validate", &file], Ended::Well);
    let image = folder.0.join("image.wmi").into_os_string().into_string().expect("a plain name");
    with_more_and_more(&["compile", &file, "-o", &image], Ended::Well);
    with_more_and_more(&["run", &image], Ended::Well);
    with_more_and_more(&["run", "--eager", &image], Ended::Well);
}

#[test]
fn a_large_text_runs_or_there_is_no_memory() {
    let folder = Folder::empty();
    let file = folder.file("module.wat", large());
    with_more_and_more(&["run", &file], Ended::Well);
}

#[test]
fn imports_without_end_are_refused_or_there_is_no_memory() {
    let folder = Folder::empty();
    let mut text = String::from("(module ");
    for i in 0..30_000 {
        let _ = write!(text, r#"(import "module number {i}" "name" (func (param i32 i64 f32) (result i32)))"#);
    }
    let file = folder.module(&(text + ")"));
    let least = least();
    for kib in (0..12).map(|step| least + step * 3000) {
        let output = limited(kib, &["run", "--invoke", "f", &file]);
        assert!(output.status.signal().is_none(), "with {kib} KiB: {}", output.status);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn deep_nesting_runs_or_there_is_no_memory() {
    let folder = Folder::empty();
    // Encoded directly: the text parser has a limit of its own.
    let depth = 150_000;
    let mut body = vec![0];
    body.extend([0x02, 0x40, 0x03, 0x40].repeat(depth));
    body.extend([0x0b, 0x0b].repeat(depth));
    body.push(0x0b);
    let file = folder.file("module.wasm", one_function(&body));
    with_more_and_more(&["run", &file], Ended::Well);
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Returns a module whose `_start` has this body.
fn one_function(body: &[u8]) -> Vec<u8> {
    let section = |id: u8, contents: &[u8]| [&[id], &*leb(contents.len()), contents].concat();
    let code = [&[1], &*leb(body.len()), body].concat();
    let parts = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[1, 0]),
        section(7, b"\x01\x06_start\0\0"),
        section(10, &code),
    ];
    parts.concat()
}

#[test]
fn a_table_of_branches_runs_or_there_is_no_memory() {
    let folder = Folder::empty();
    let tables = format!("(br_table {} (i32.const 7))", "0 1 ".repeat(30_000));
    let func = format!("(func (block (block {tables})))");
    let text = format!(r#"(module {} (func (export "_start") (call 1)))"#, func.repeat(10));
    let file = folder.module(&text);
    with_more_and_more(&["run", "--eager", &file], Ended::Well);
}

#[test]
fn memories_and_tables_grow_until_there_is_no_memory() {
    let folder = Folder::empty();
    let memory = r#"(module (memory 1) (func (export "_start") (local i32)
        (loop $again
            (if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then
                (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 1))
                (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 200))))))))"#;
    let file = folder.module(memory);
    let least = least();
    for kib in (0..20).map(|step| least + step * 1000) {
        ended(&limited(kib, &["run", &file]), &format!("with {kib} KiB"));
    }
    let table = r#"(module (table 1 funcref) (table 1 externref) (func (export "_start") (local i32)
        (loop $again
            (drop (table.grow 0 (ref.null func) (i32.const 1000)))
            (drop (table.grow 1 (ref.null extern) (i32.const 3000)))
            (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 2000))))))"#;
    let file = folder.module(table);
    for kib in (0..20).map(|step| least + step * 1000) {
        ended(&limited(kib, &["run", &file]), &format!("with {kib} KiB"));
    }
}

#[test]
fn objects_and_exceptions_are_made_until_there_is_no_memory() {
    let folder = Folder::empty();
    let objects = r#"(module
        (type $list (struct (field i64) (field v128) (field v128) (field (ref null $list))))
        (type $bytes (array (mut i8)))
        (tag $tag (param i64))
        (func (export "_start") (local $i i32) (local $list (ref null $list)) (local $bytes (ref null $bytes))
            (loop $again
                (local.set $list (struct.new $list (i64.const 1) (v128.const i64x2 1 2) (v128.const i64x2 1 2) (local.get $list)))
                (local.set $bytes (array.new_default $bytes (i32.const 3000)))
                (drop (block $caught (result i64)
                    (try_table (catch $tag $caught) (throw $tag (i64.const 1)))
                    (unreachable)))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8000))))))"#;
    let file = folder.module(objects);
    let least = least();
    for kib in (0..20).map(|step| least + step * 1500) {
        ended(&limited(kib, &["run", &file]), &format!("with {kib} KiB"));
    }
}

#[test]
fn recursion_ends_in_a_trap_or_there_is_no_memory() {
    let folder = Folder::empty();
    let file = folder.module(r#"(module (func $deep (export "_start") (local i64 i64 i64 i64) (call $deep)))"#);
    with_more_and_more(&["run", &file], Ended::InATrap);
    let file = folder.module(
        r#"(module (tag $tag) (func $deep (param i32)
                (if (i32.eqz (local.get 0)) (then (throw $tag)))
                (call $deep (i32.sub (local.get 0) (i32.const 1))))
            (func (export "_start") (call $deep (i32.const 10000))))"#,
    );
    with_more_and_more(&["run", &file], Ended::InATrap);
}

#[test]
fn many_instances_are_made_or_there_is_no_memory() {
    let folder = Folder::empty();
    let mut script = String::new();
    for i in 0..300 {
        let _ = writeln!(
            script,
            r#"(module (memory 3) (table 1000 funcref) (func (export "f") (result i32) (i32.const {i})))
            (assert_return (invoke "f") (i32.const {i}))"#
        );
    }
    let file = folder.file("script.wast", script);
    let least = least();
    for kib in (0..20).map(|step| least + step * 1500) {
        let output = limited(kib, &["wast", &file]);
        // A directive without memory fails, and the script continues.
        assert!(output.status.signal().is_none(), "with {kib} KiB: {}", output.status);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
    assert!(limited(16_000_000, &["wast", &file]).status.success());
}

//! Tests `wasmote dump` with linked code, and `wasmote run --trace`.
#![cfg(all(unix, feature = "validate", feature = "wasi", feature = "dump", feature = "extended"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Stdio};

use folder::Folder;

/// Sums up numbers in memory, and recurses.
const TEXT: &str = r#"(module
  (memory (export "memory") 1)
  (data (i32.const 8) "\01\00\00\00\02\00\00\00\03\00\00\00")
  (func $sum (export "sum") (param $at i32) (param $n i32) (result i32) (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s) (i32.load offset=8 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "traps") (param i32) (i32.store (local.get 0) (i32.const 1))))"#;

/// Runs the command in this folder. Returns the status, output and errors.
fn wasmote(folder: &Folder, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    let output = command.args(words).current_dir(&folder.0).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("ended by a signal"), text(output.stdout), text(output.stderr))
}

/// Runs the command, which must succeed. Returns the output.
#[track_caller]
fn prints(folder: &Folder, words: &[&str]) -> String {
    let (status, out, err) = wasmote(folder, words);
    assert_eq!((status, &*err), (0, ""), "{words:?}: {out}");
    out
}

fn module() -> Folder {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("m.wasm"), wat::parse_str(TEXT).unwrap()).unwrap();
    folder
}

/// Counts the superinstructions in a listing of linked code.
fn superinstructions(listing: &str) -> usize {
    let seconds = listing.lines().filter(|line| line.starts_with("         + ")).count();
    let first = |line: &&str| line.split_whitespace().nth(1).is_some_and(|name| name.contains('+'));
    assert_eq!(listing.lines().filter(first).filter(|line| !line.starts_with("         + ")).count(), seconds);
    seconds
}

/// Whether this build guards memories on this machine.
fn guards(listing: &str) -> bool {
    listing.contains("guarded memory: yes")
}

#[test]
fn linked_code_is_shown_with_the_operators_that_it_comes_from() {
    let folder = module();
    let listing = prints(&folder, &["dump", "--linked", "m.wasm", "sum"]);
    assert!(listing.starts_with("op set: extended\nmetered: no\ncanonical NaNs: no\nguarded memory: "), "{listing}");
    assert!(listing.contains("\n\nfunction 0 <sum>: func (i32, i32) -> i32\n"), "{listing}");
    let line = |part: &str| listing.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{listing}"));
    for operator in ["i32.load", "i32.add", "br_if", "end"] {
        // The offset leads to the operator.
        let line = line(&format!(" {operator}"));
        assert!(line.contains("  ; 0x"), "{line}");
    }
    assert_eq!(line(" i32.load").contains(" guarded "), guards(&listing), "{listing}");
    assert!(line("Load32.").contains("Load32."), "{listing}");
    assert!(!listing.contains("HANDLER"), "{listing}");
    assert_eq!(superinstructions(&listing) > 0, cfg!(feature = "superinstructions"), "{listing}");
}

#[test]
fn no_superinstruction_is_left_where_none_are_wanted() {
    let folder = module();
    let all = prints(&folder, &["dump", "--linked", "m.wasm"]);
    let without = prints(&folder, &["dump", "--linked", "--no-superinstructions", "m.wasm"]);
    let says = |listing: &str| listing.contains("superinstructions: yes\n");
    assert_eq!((says(&all), says(&without)), (cfg!(feature = "superinstructions"), false));
    assert_eq!(
        (superinstructions(&all) > 0, superinstructions(&without)),
        (cfg!(feature = "superinstructions"), 0),
        "{without}"
    );
    for args in [["sum", "0", "3", "6"], ["fib", "15", "", "610"]] {
        let [name, a, b, expected] = args;
        let mut words = vec!["run", "--no-superinstructions", "--invoke", name, "m.wasm", a];
        words.extend((!b.is_empty()).then_some(b));
        assert_eq!(prints(&folder, &words), format!("{expected}\n"));
    }
}

/// Equal handlers may be merged into one function, and an instruction's handler is not always the one in the table.
/// Real programs have all these cases.
#[test]
fn every_handler_of_guests_is_known() {
    let folder = module();
    for guest in ["fib", "lz4", "json", "kotlin", "simd-vectors"] {
        let missing = ["kotlin", "simd-vectors"].into_iter().zip([cfg!(feature = "gc"), cfg!(feature = "simd")]);
        if missing.into_iter().any(|(name, built)| name == guest && !built) {
            continue;
        }
        let path = wasmote_test_support::root().join(format!("tests/guests/{guest}.wasm"));
        let path = path.to_str().expect("the checkout has a plain name");
        for options in [&[][..], &["--no-superinstructions"]] {
            let listing = prints(&folder, &[&["dump", "--linked"], options, &[path]].concat());
            assert!(listing.lines().count() > 50 && !listing.contains("HANDLER"), "{guest}");
            assert_eq!(
                superinstructions(&listing) > 0,
                cfg!(feature = "superinstructions") && options.is_empty(),
                "{guest}"
            );
        }
    }
}

#[test]
fn the_option_is_one_of_run_and_dump() {
    let folder = module();
    let (status, _, err) = wasmote(&folder, &["validate", "--no-superinstructions", "m.wasm"]);
    assert_eq!((status, err.lines().count()), (2, 1), "{err}");
    let (status, _, err) = wasmote(&folder, &["run", "--linked", "m.wasm"]);
    assert_eq!((status, &*err), (2, "wasmote: `--linked` is an option of `wasmote dump` only\n"));
}

#[test]
#[cfg(feature = "wat")]
fn text_is_shown_as_the_binary_that_it_becomes() {
    let folder = module();
    std::fs::write(folder.0.join("m.wat"), TEXT).unwrap();
    let listing = |file| prints(&folder, &["dump", "--linked", file]);
    assert_eq!(listing("m.wat"), listing("m.wasm"));
}

/// Images have no offsets, which the listing says.
#[test]
#[cfg(feature = "compile")]
fn images_are_shown_without_operators() {
    let folder = module();
    prints(&folder, &["compile", "m.wasm", "-o", "m.wmi", "--fuel"]);
    let image = prints(&folder, &["dump", "--linked", "m.wmi", "0"]);
    assert!(image.starts_with("op set: extended\nmetered: yes\ncanonical NaNs: no\n"), "{image}");
    assert!(image.contains("\noffsets: none, an image has no operators\n"), "{image}");
    assert!(image.contains("Fuel") && !image.contains(" ; 0x") && !image.contains("HANDLER"), "{image}");
    prints(&folder, &["compile", "m.wasm", "-o", "m.wmi", "--op-set", "core"]);
    let image = prints(&folder, &["dump", "--linked", "m.wmi", "0"]);
    assert!(image.starts_with("op set: core\nmetered: no\n"), "{image}");
    assert!(image.contains("I32Add.ss"), "{image}");
}

#[test]
#[cfg(not(feature = "trace"))]
fn a_build_that_cannot_trace_says_so() {
    let folder = module();
    for option in ["--trace", "--trace=sum"] {
        let (status, _, err) = wasmote(&folder, &["run", option, "m.wasm"]);
        assert_eq!((status, err.lines().count()), (2, 1), "{err}");
        assert!(err.contains("needs the feature `trace`"), "{err}");
    }
}

/// Returns the lines of a trace, and the program's output.
#[cfg(feature = "trace")]
fn trace(folder: &Folder, words: &[&str]) -> (i32, Vec<String>, String) {
    let (status, out, err) = wasmote(folder, words);
    (status, err.lines().map(String::from).collect(), out)
}

#[test]
#[cfg(feature = "trace")]
fn each_instruction_is_printed_with_its_values() {
    let folder = module();
    let run = |name: &'static str, args: &[&'static str], options: &[&'static str]| {
        let words = [&["run"], options, &["--invoke", name, "m.wasm"], args].concat();
        trace(&folder, &words)
    };
    // Three rounds of the loop: each loads a number and adds it.
    let (status, lines, out) = run("sum", &["0", "3"], &["--trace", "--no-superinstructions"]);
    assert_eq!((status, &*out), (0, "6\n"));
    let adds: Vec<_> = lines.iter().filter(|line| line.contains(" i32.add: I32Add.")).collect();
    assert_eq!(adds.len(), 3, "{lines:#?}");
    for (line, values) in adds.iter().zip(["r=1 s4=0  => s4=1", "r=2 s4=1  => s4=3", "r=3 s4=3  => s4=6"]) {
        assert!(line.starts_with("0 <sum> 0x") && line.ends_with(values), "{line}");
    }
    // With superinstructions there are fewer lines, with the same values.
    let (_, fewer, out) = run("sum", &["0", "3"], &["--trace"]);
    assert_eq!(out, "6\n");
    assert_eq!(fewer.len() < lines.len(), cfg!(feature = "superinstructions"), "{fewer:#?}");
    assert!(fewer.iter().any(|line| line.contains("s4=3  => s4=6")), "{fewer:#?}");
    // With a time limit, loops look for interruptions. That is no instruction.
    if cfg!(feature = "interrupt") {
        assert_eq!(run("sum", &["0", "3"], &["--trace", "--timeout=1h"]).1.len(), fewer.len());
    }
    // Each instruction of the listing that runs is in the trace with the same operands.
    let listing =
        prints(&folder, &["dump", "--linked", "--no-superinstructions", "m.wasm", "sum"]).replace(" guarded", "");
    let operand_list = |line: &&String| {
        let shown = line.split_once(": ").map_or("", |(_, shown)| shown.split("  |").next().unwrap());
        listing.contains(shown.split("  =>").next().unwrap())
    };
    assert!(lines.iter().all(|line| operand_list(&line)), "{lines:#?}{listing}");
}

#[test]
#[cfg(feature = "trace")]
fn one_function_is_printed_by_index_or_name() {
    let folder = module();
    let run = |option: &'static str| trace(&folder, &["run", option, "--invoke", "fib", "m.wasm", "4"]);
    let (_, all, _) = run("--trace");
    for option in ["--trace=fib", "--trace=1"] {
        assert_eq!(run(option), (0, all.clone(), "3\n".into()));
    }
    assert_eq!(run("--trace=sum"), (0, vec![], "3\n".into()));
    let (status, lines, _) = run("--trace=nobody");
    assert_eq!((status, &*lines.join("\n")), (2, "wasmote: no function `nobody`: give a name or an index from 0 to 3"));
}

#[test]
#[cfg(feature = "trace")]
fn floats_are_printed_as_bits_and_as_numbers() {
    let folder = module();
    let (status, lines, out) = trace(&folder, &["run", "--trace", "--invoke", "half", "m.wasm", "5"]);
    assert_eq!((status, &*out), (0, "2.5\n"));
    let line = lines.iter().find(|line| line.contains("f64.mul")).unwrap();
    assert!(line.contains("s0=0x4014000000000000 (5)"), "{line}");
    let text = lines.join("\n");
    assert!(text.contains("0x4004000000000000 (2.5)"), "{text}");
}

/// The trapping instruction is the last one, whether its memory is guarded or not.
#[test]
#[cfg(feature = "trace")]
fn the_instruction_that_traps_is_printed_last() {
    let folder = module();
    let (status, lines, _) = trace(&folder, &["run", "--trace", "--invoke", "traps", "m.wasm", "-1"]);
    assert_eq!(status, 134, "{lines:#?}");
    let trap = lines.iter().position(|line| line.contains("wasm trap: ")).unwrap();
    assert!(lines[trap - 1].contains(" i32.store: ") && lines[trap - 1].ends_with("s0=-1"), "{lines:#?}");
}

#[test]
#[cfg(all(feature = "trace", feature = "compile"))]
fn images_are_traced_without_operators() {
    let folder = module();
    for op_set in ["core", "extended"] {
        prints(&folder, &["compile", "m.wasm", "-o", "m.wmi", "--op-set", op_set, "--names"]);
        let (status, lines, out) = trace(&folder, &["run", "--trace=sum", "--invoke", "sum", "m.wmi", "0", "3"]);
        assert_eq!((status, &*out), (0, "6\n"));
        assert!(lines.len() >= 8 && lines.iter().all(|line| line.starts_with("0 <sum>: ")), "{lines:#?}");
    }
}

//! Texts and scripts are parsed and binaries are printed while each allocation fails in turn. Each time, the error says
//! that there is no memory, and the process continues.
//!
//! `wasmote_test_support::no_memory` explains how each allocation is tried.

use std::process::ExitCode;

use wasmote_ir::fallible::OutOfMemory;
use wasmote_test_support::no_memory::{Failing, disarm, try_each_allocation};
use wasmote_wat::print::{PrintErrorKind, print};
use wasmote_wat::script::{DirectiveKind, ScriptModule, parse};
use wasmote_wat::{TextError, parse_text};

#[global_allocator]
static ALLOCATOR: Failing = Failing;

const MODULE: &str = include_str!("module.wat");
const SCRIPT: &str = include_str!("script.wast");

fn main() -> ExitCode {
    let bad: u32 = [true, false].into_iter().map(all).sum();
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether an outcome is allowed, of work that succeeds with enough memory.
fn is_memory<T, E>(result: &Result<T, E>, failed: bool, says_so: impl Fn(&E) -> bool) -> bool {
    match (result, failed) {
        (Ok(_), false) => true,
        (Ok(_), true) => {
            eprintln!("there was no memory for something, and yet no error");
            false
        }
        (Err(error), _) => failed && says_so(error),
    }
}

fn says_so(error: &TextError) -> bool {
    if !error.is_out_of_memory() {
        eprintln!("an error that is another:\n{error}");
    }
    error.is_out_of_memory()
}

fn all(once: bool) -> u32 {
    let binary = parse_text(MODULE.as_bytes(), "").unwrap_or_else(|error| panic!("{error}"));
    let directives = parse(SCRIPT, "").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(directives.len(), SCRIPT.lines().filter(|line| line.starts_with('(')).count());
    let mut bad = 0;
    bad += try_each_allocation("a text", once, &mut || parse_text(MODULE.as_bytes(), "m.wat"), &|result, failed| {
        is_memory(&result, failed, says_so)
    });
    bad += try_each_allocation("a script", once, &mut || parse(SCRIPT, "s.wast"), &|result, failed| {
        // The error of a malformed module must be reported, or that there was no memory for it.
        let malformed = result.iter().flatten().filter(|directive| is_malformed(&directive.kind)).count();
        match result {
            // The message has no excerpt in that case.
            Ok(_) => malformed == 3,
            Err(error) => failed && says_so(&error),
        }
    });
    bad += try_each_allocation("a printed binary", once, &mut || print(&binary, &mut |_| true), &|result, failed| {
        is_memory(&result, failed, |error| error.kind == PrintErrorKind::OutOfMemory)
    });
    bad += wrong_texts(once);
    bad
}

fn is_malformed(kind: &DirectiveKind) -> bool {
    let DirectiveKind::AssertMalformed { module: ScriptModule::Malformed(error), .. } = kind else { return false };
    // The directives have the errors of their modules.
    ["unknown operator", "malformed UTF-8 encoding"].contains(&error.message)
}

/// The error in a text is reported, or that there was no memory to find it.
fn wrong_texts(once: bool) -> u32 {
    let mut bad = 0;
    for (text, message) in [
        (&b"(module (func $a (call $b (i32.const 1))) (func $c))"[..], "unknown function"),
        (b"(module (type $t (func)) (func $a (type $t) (block $l (br $m))))", "unknown label"),
        (b"(module (func $a) (memory $m 1) (data \"\xff\")", "malformed UTF-8 encoding"),
        (b"(module (func $a) (memory $m 1) (func $a))", "duplicate identifier"),
        (b"(module (func $a (param i32)) (memory $m 1", "unexpected token, expected `)`"),
    ] {
        bad +=
            try_each_allocation(message, once, &mut || parse_text(text, "the name of the file"), &|result, failed| {
                disarm();
                let Err(error) = result else { return false };
                error.message == message || failed && error.message == OutOfMemory::MESSAGE
            });
    }
    bad
}

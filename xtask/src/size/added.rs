//! `cargo xtask size --features`: the size that each feature adds to the command. It is the difference between the command with all default features and the
//! command without that feature and those that need it.

use std::path::Path;

use anyhow::{Context, Result};
use indicatif::HumanCount;

use crate::forbidden_symbols::{features, without};
use crate::project::{self, BINARY, CLI};

/// Builds the command without each feature in turn, and prints the table.
pub fn main() -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    let package = packages.iter().find(|package| package.name == CLI).context("the command is not in the workspace")?;
    let usual: Vec<&str> = package.features.get("default").into_iter().flatten().map(String::as_str).collect();
    let folder = project::target_dir().join("features");
    let whole = built(&usual, &folder)?;
    println!("| without | bytes less | gone with it |\n| --- | ---: | --- |");
    let mut rows = Vec::new();
    for feature in features(package).into_iter().filter(|feature| usual.contains(feature)) {
        let rest = without(&packages, package, feature);
        let (rest, gone): (Vec<_>, Vec<_>) = usual.iter().partition(|usual| rest.contains(usual));
        let gone: Vec<_> = gone.into_iter().filter(|gone| *gone != feature).map(|gone| format!("`{gone}`")).collect();
        eprintln!("  measuring all but {feature}");
        rows.push((whole.saturating_sub(built(&rest, &folder)?), feature, gone.join(", ")));
    }
    rows.sort_by(|a, b| b.cmp(a));
    for (bytes, feature, gone) in rows {
        println!("| `{feature}` | {} | {gone} |", HumanCount(bytes));
    }
    println!("| nothing: the whole command | {} | |", HumanCount(whole));
    Ok(())
}

/// The size of the command with these features.
fn built(features: &[&str], folder: &Path) -> Result<u64> {
    let mut cargo = project::cargo(["build", "--release", "--locked", "--quiet", "--package", CLI, "--bin", BINARY]);
    cargo.args(["--no-default-features", "--features", &features.join(","), "--target-dir"]).arg(folder);
    project::run(&mut cargo)?;
    let program = folder.join("release").join(BINARY);
    Ok(std::fs::metadata(&program).with_context(|| program.display().to_string())?.len())
}

//! `cargo xtask packages`: the published packages are complete, and their documentation lists their features.
//!
//! The comment above a feature in `Cargo.toml` is the one place that says what the feature adds. `FEATURES.md` beside it is written from
//! these comments (`--write`), and the crate's front page includes it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, Package};
use pico_args::Arguments;

use crate::project;

pub const OPTIONS: &str = "
  --write    write FEATURES.md of each package from the comments of its Cargo.toml
";

/// Files that each published package contains.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let write = arguments.contains("--write");
    crate::no_more_arguments(arguments)?;
    if write {
        for package in published(&project::metadata()?) {
            if let Some(table) = feature_table(package)? {
                fs::write(folder(package)?.join("FEATURES.md"), table)?;
            }
        }
    }
    check()
}

/// Checks all published packages.
pub fn check() -> Result<()> {
    let metadata = project::metadata()?;
    let mut faults = Vec::new();
    let packages = published(&metadata);
    for package in &packages {
        let complaints = faults_of(package)?;
        faults.extend(complaints.into_iter().map(|fault| format!("{}: {fault}", package.name)));
    }
    if !faults.is_empty() {
        bail!("{} faults\n  {}", faults.len(), faults.join("\n  "));
    }
    println!("{} packages are complete, and their features are documented", packages.len());
    Ok(())
}

/// The packages of the workspace that are published.
fn published(metadata: &cargo_metadata::Metadata) -> Vec<&Package> {
    project::product(metadata).into_iter().filter(|package| package.publish.is_none()).collect()
}

fn folder(package: &Package) -> Result<&cargo_metadata::camino::Utf8Path> {
    package.manifest_path.parent().context("a manifest lies in a folder")
}

fn faults_of(package: &Package) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut require = |holds: bool, fault: &str| {
        if !holds {
            faults.push(fault.to_owned());
        }
    };
    require(package.description.is_some(), "there is no description");
    require(package.license.is_some() && package.readme.is_some(), "there is no licence or no readme");
    require(!package.keywords.is_empty() && !package.categories.is_empty(), "there are no keywords or no categories");
    require(package.repository.is_none(), "the project has no public repository, and names one");
    let folder = folder(package)?;
    for file in LICENCES {
        require(folder.join(file).is_file(), &format!("{file} is missing"));
    }
    for dependency in &package.dependencies {
        let is_ours = dependency.path.is_some() && dependency.kind == DependencyKind::Development;
        // A version would make a cycle: neither package could be published before the other.
        let has_version = dependency.req != cargo_metadata::semver::VersionReq::STAR;
        require(!(is_ours && has_version), &format!("the dev-dependency {} has a version", dependency.name));
    }
    if let Some(table) = feature_table(package)? {
        let file = fs::read_to_string(folder.join("FEATURES.md")).unwrap_or_default();
        require(file == table, "FEATURES.md differs from Cargo.toml; `cargo xtask packages --write` writes it");
        let library = package.targets.iter().find(|target| target.is_lib()).context("a library")?;
        let source = fs::read_to_string(&library.src_path)?;
        let includes = source.contains("#![doc = include_str!(\"../FEATURES.md\")]");
        require(includes, "the front page does not include FEATURES.md");
    }
    Ok(faults)
}

/// The package's features as a Markdown table, if it has any.
fn feature_table(package: &Package) -> Result<Option<String>> {
    let manifest = fs::read_to_string(&package.manifest_path)?;
    let features = described_features(&manifest)?;
    if features.is_empty() {
        return Ok(None);
    }
    let mut default = BTreeSet::new();
    enabled_by(package, "default", &mut default);
    let mut table = String::from("# Features\n\n| feature | default | what it adds |\n| --- | --- | --- |\n");
    for (name, text) in features {
        let is_default = if default.contains(name) { "yes" } else { "no" };
        table += &format!("| `{name}` | {is_default} | {text} |\n");
    }
    Ok(Some(table))
}

/// Adds a feature and the package's own features that it enables.
fn enabled_by<'a>(package: &'a Package, feature: &'a str, enabled: &mut BTreeSet<&'a str>) {
    if let Some((name, entries)) = package.features.get_key_value(feature)
        && enabled.insert(name)
    {
        entries.iter().for_each(|entry| enabled_by(package, entry, enabled));
    }
}

/// The features of a manifest, each with the comment above it.
fn described_features(manifest: &str) -> Result<Vec<(&str, String)>> {
    let section =
        manifest.split_once("\n[features]\n").map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
    let (mut features, mut comment) = (Vec::new(), Vec::new());
    for line in section.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
            continue;
        }
        let text = std::mem::take(&mut comment).join(" ");
        let Some((name, _)) = line.split_once(" = [") else { continue };
        if name != "default" {
            if text.is_empty() {
                bail!("the feature `{name}` has no comment");
            }
            features.push((name, text));
        }
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_complete() {
        check().unwrap();
    }

    #[test]
    fn pinned_toolchain_is_the_oldest_that_is_supported() {
        let toolchain = fs::read_to_string(project::root().join("rust-toolchain.toml")).unwrap();
        for package in published(&project::metadata().unwrap()) {
            let oldest = package.rust_version.as_ref().unwrap();
            assert!(toolchain.contains(&format!("channel = \"{oldest}\"")), "{}: {oldest}", package.name);
        }
    }

    #[test]
    fn comment_above_a_feature_describes_it() {
        let manifest = "[package]\n\n[features]\n# About all.\ndefault = []\n# One\n# line.\na = []\nb = [\n]\n\n[x]\n";
        assert!(described_features(manifest).is_err());
        let manifest = manifest.replace("b = [\n]\n", "");
        assert_eq!(described_features(&manifest).unwrap(), [("a", "One line.".to_owned())]);
    }
}

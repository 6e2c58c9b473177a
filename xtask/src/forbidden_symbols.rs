//! `cargo xtask forbidden-symbols`: builds do not contain what they must not contain.
//!
//! `forbid` in `size-budget.toml` names what is too large for a configuration, or has no place in it: the formatting of floats, unwinding, parts
//! of the engine. `package.metadata.symbols` in the `Cargo.toml` of a crate names what each feature adds; a build with all other features must not contain
//! it. The check reads the symbols of what was built, not the manifests that should have kept them out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Package;
use pico_args::Arguments;

use crate::project;
use crate::size::budget::{Budget, Configuration};
use crate::size::build::Builder;
use crate::size::{elf, names};

pub const OPTIONS: &str = "
  NAME...        only these configurations
  --require-all  fail if a configuration cannot be built on this machine
  --features     instead, what each feature adds must be absent without it; NAME is then a package
";

/// What was found, and the symbols in which.
pub type Found = BTreeMap<String, String>;

/// Symbols named of each thing that was found.
const SHOWN: usize = 5;
/// The profile that builds fastest. It drops nothing that a release contains.
const PROFILE: &str = "dev";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let (features, require_all) = (arguments.contains("--features"), arguments.contains("--require-all"));
    let mut names = Vec::new();
    while let Some(name) = arguments.opt_free_from_str()? {
        names.push(name);
    }
    crate::no_more_arguments(arguments)?;
    if features { check_features(&names) } else { check(&names, require_all).map(|_| ()) }
}

/// Checks the configurations of these names, or all that forbid something. Returns the configurations that could not be built, with reasons.
pub fn check(names: &[String], require_all: bool) -> Result<Option<String>> {
    let mut budget = Budget::read(&project::root().join("size-budget.toml"))?;
    budget.select(names)?;
    budget.configurations.retain(|configuration| !configuration.forbid.is_empty());
    let (mut left_out, mut faults) = (Vec::new(), Vec::new());
    for configuration in &budget.configurations {
        let name = &configuration.name;
        match Builder::find(configuration, &budget.folder)? {
            Ok(builder) => {
                println!("  {name}: none of {}", configuration.forbid.join(", "));
                let found = find(&read(&builder.build()?)?, &configuration.forbid)?;
                faults
                    .extend(found.into_iter().map(|(forbidden, symbols)| format!("{name} has {forbidden}: {symbols}")));
            }
            Err(reason) => left_out.push(format!("{name} is left out: {reason}")),
        }
    }
    left_out.iter().for_each(|line| println!("  {line}"));
    if require_all {
        faults.append(&mut left_out);
    }
    report(faults)?;
    Ok((!left_out.is_empty()).then(|| left_out.join("; ")))
}

fn report(faults: Vec<String>) -> Result<()> {
    if !faults.is_empty() {
        bail!("forbidden symbols:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Checks that a build without a feature has nothing of what `package.metadata.symbols` says that the feature adds; of these packages, or all.
pub fn check_features(names: &[String]) -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    let mut faults = Vec::new();
    let is_named = |package: &&&Package| names.is_empty() || names.iter().any(|name| package.name == *name);
    for package in packages.iter().filter(is_named).filter(|package| !package.metadata["symbols"].is_null()) {
        let added: BTreeMap<String, Vec<String>> = serde_json::from_value(package.metadata["symbols"].clone())?;
        let name = &package.name;
        for feature in features(package) {
            if !added.contains_key(feature) {
                faults.push(format!("{name}: package.metadata.symbols does not say what `{feature}` adds"));
            }
        }
        // A build with all of them contains everything. Otherwise a renamed module would pass as an absent one.
        let with_symbols = |feature: &&str| added.get(*feature).is_some_and(|items| !items.is_empty());
        let all: Vec<_> = features(package).into_iter().filter(with_symbols).collect();
        let items: Vec<String> = added.values().flatten().cloned().collect();
        let found = symbols(package, &all, &items)?;
        let missing = items.iter().filter(|item| !found.contains_key(*item));
        faults.extend(missing.map(|item| format!("{name}: {item} is in no symbol of the build with all features")));
        for (feature, items) in added.iter().filter(|(_, items)| !items.is_empty()) {
            ensure!(package.features.contains_key(feature), "{name}: there is no feature `{feature}`");
            println!("  {name} without {feature}: none of {}", items.join(", "));
            let rest: Vec<_> =
                without(&packages, package, feature).into_iter().filter(|feature| all.contains(feature)).collect();
            let found = symbols(package, &rest, items)?;
            faults.extend(found.into_iter().map(|(item, at)| format!("{name} without {feature} has {item}: {at}")));
        }
    }
    report(faults)
}

/// Builds a package and looks for these items in it.
fn symbols(package: &Package, features: &[&str], items: &[String]) -> Result<Found> {
    let features = features.iter().map(|feature| (*feature).into()).collect();
    let configuration = Configuration::new(&package.name, features, PROFILE);
    match Builder::find(&configuration, project::root())? {
        Ok(builder) => find(&read(&builder.build()?)?, items),
        Err(reason) => bail!("{reason}"),
    }
}

fn read(program: &Path) -> Result<Vec<u8>> {
    std::fs::read(program).with_context(|| program.display().to_string())
}

/// The things that a program or library contains: for each, the symbols of it, or the bytes of the section.
pub fn find(file: &[u8], things: &[String]) -> Result<Found> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut symbols = 0;
    elf::each_symbol(file, &mut |symbol| {
        symbols += 1;
        for thing in things.iter().filter(|thing| names::is_below(symbol, thing)) {
            let name = format!("{:#}", rustc_demangle::demangle(symbol));
            found.entry(thing.clone()).or_default().push(name);
        }
    })?;
    ensure!(symbols > 0, "there are no symbols");
    for section in elf::sections(file)? {
        for thing in things.iter().filter(|thing| **thing == section.name) {
            found.entry(thing.clone()).or_default().push(format!("{} bytes", section.bytes));
        }
    }
    let shown = |names: Vec<String>| match names.len() {
        ..=SHOWN => names.join(", "),
        all => format!("{}, and {} more", names[..SHOWN].join(", "), all - SHOWN),
    };
    Ok(found.into_iter().map(|(thing, names)| (thing, shown(names))).collect())
}

/// The names of a package's features, without `default`.
pub fn features(package: &Package) -> Vec<&str> {
    package.features.keys().map(String::as_str).filter(|feature| *feature != "default").collect()
}

/// All features of a package except one and those that need it.
pub fn without<'a>(all: &[&Package], package: &'a Package, feature: &str) -> Vec<&'a str> {
    features(package).into_iter().filter(|candidate| !needs(all, package, candidate, feature)).collect()
}

/// Whether a feature is, or enables, another of its package, or enables in another package what that enables there.
fn needs(all: &[&Package], package: &Package, feature: &str, other: &str) -> bool {
    let mut enabled = BTreeSet::new();
    enable(all, package, feature, &mut enabled);
    let mut elsewhere = package.features.get(other).into_iter().flatten().filter_map(|entry| entry.split_once('/'));
    enabled.contains(&(package.name.as_str(), other)) || elsewhere.any(|entry| enabled.contains(&entry))
}

/// Adds a feature of a package and all features of the workspace that it enables.
fn enable<'a>(all: &[&'a Package], package: &'a Package, feature: &'a str, enabled: &mut BTreeSet<(&'a str, &'a str)>) {
    if !enabled.insert((&package.name, feature)) {
        return;
    }
    for entry in package.features.get(feature).into_iter().flatten() {
        match entry.split_once('/') {
            None => enable(all, package, entry, enabled),
            Some((name, entry)) => {
                let name = name.trim_end_matches('?');
                if let Some(package) = all.iter().find(|package| package.name == name) {
                    enable(all, package, entry, enabled);
                }
            }
        }
    }
}

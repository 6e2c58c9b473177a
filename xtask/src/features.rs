//! `cargo xtask features`: each crate compiles with any choice of its features that matters, and what a feature adds
//! is gone without it.
//!
//! Crates are checked one by one, because in a build of the whole workspace the features that one crate asks for
//! are there for all the others too, and hide what is missing. Whether code is gone is not asked of manifests but looked
//! up in the symbols of what was built; [`ADDED`] says what to look for.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Package;
use pico_args::Arguments;

use crate::diet;
use crate::project::{self, CLI};
use crate::size::budget::Configuration;
use crate::size::build::Builder;

/// Lines shown of what the compiler says about one combination.
const SHOWN: usize = 30;
/// The profile of what is looked through: the one that is soonest built, and that drops nothing a release would keep.
const PROFILE: &str = "dev";
/// The instruction set.
const TABLE: &str = "wasmote-ir";
/// What the crate to embed is made over: the code of most of its features is here.
const RUNTIME: &str = "wasmote-runtime";
/// The crate to embed.
const LIBRARY: &str = "wasmote";

/// What a feature adds to a package: items that are in the build with all features, and in none without this one.
struct Added {
    package: &'static str,
    feature: &'static str,
    items: &'static [&'static str],
}

const fn added(package: &'static str, feature: &'static str, items: &'static [&'static str]) -> Added {
    Added { package, feature, items }
}

/// Each feature of the command, of the library, and of the instruction set.
const ADDED: &[Added] = &[
    added(CLI, "wasm", &["wasmote_decode::sections", "wasmote_translate::"]),
    added(CLI, "image", &["wasmote_ir::image::", "wasmote_decode::image"]),
    added(CLI, "compile", &["wasmote_compile::"]),
    added(CLI, "inspect", &["wasmote_cli::inspect"]),
    added(CLI, "dump", &["wasmote_cli::dump", "wasmote_ir::disasm", "wasmote_runtime::listing"]),
    added(CLI, "validate", &["wasmote_validate::"]),
    // Its handlers are instances of functions that every build has; the budget of `cli-run-only` is without them.
    added(CLI, "extended", &[]),
    added(CLI, "simd", &["wasmote_simd::", "wasmote_translate::simd"]),
    // It replaces instead of adding.
    added(CLI, "relaxed-native", &[]),
    added(CLI, "gc", &["wasmote_gc::"]),
    added(CLI, "wat", &["wasmote_wat::fields"]),
    added(CLI, "print", &["wasmote_wat::print"]),
    added(CLI, "wasi", &["wasmote_wasi::"]),
    added(CLI, "sockets", &["wasmote_wasi::socket::streams", "rustix::net::"]),
    added(CLI, "script", &["wasmote::script", "wasmote_wat::script"]),
    added(CLI, "threads", &["wasmote_cli::ahead::refuse"]),
    added(CLI, "pairs", &["wasmote_exec::handlers::pairs::list"]),
    added(CLI, "guard-pages", &["wasmote_runtime::guard::", "wasmote_exec::guard::"]),
    added(CLI, "count", &["wasmote_cli::count"]),
    added(CLI, "trace", &["wasmote_cli::trace", "wasmote_exec::trace"]),
    // It adds texts and the places that they name, which have no symbols.
    added(CLI, "panic-messages", &[]),
    added(LIBRARY, "std", &["std::"]),
    // Nothing of it is used.
    added(LIBRARY, "rt", &[]),
    added(LIBRARY, "threads", &[]),
    added(LIBRARY, "wasm", &["wasmote_translate::"]),
    added(LIBRARY, "image", &[]),
    added(LIBRARY, "compile", &["wasmote_compile::"]),
    added(LIBRARY, "validate", &["wasmote_validate::"]),
    added(LIBRARY, "extended", &[]),
    added(LIBRARY, "simd", &[]),
    added(LIBRARY, "gc", &["wasmote_runtime::gc"]),
    added(LIBRARY, "mmap", &["rustix::"]),
    added(LIBRARY, "guard-pages", &[]),
    added(LIBRARY, "messages", &["wasmote::messages::words"]),
    added(LIBRARY, "script", &["wasmote::script", "wasmote_wat::script"]),
    // These replace instead of adding.
    added(LIBRARY, "loop-dispatch", &[]),
    added(LIBRARY, "count", &[]),
    // The command's rows say that these go: nothing else uses the one, and the other adds to wasmote-exec what this library does not name.
    added(LIBRARY, "listing", &[]),
    added(LIBRARY, "trace", &[]),
    added(LIBRARY, "pairs", &[]),
    added(LIBRARY, "relaxed-native", &[]),
    added(RUNTIME, "std", &[]),
    added(RUNTIME, "threads", &["wasmote_validate::threads"]),
    added(RUNTIME, "wasm", &["wasmote_decode::sections", "wasmote_translate::"]),
    added(RUNTIME, "image", &["wasmote_decode::image"]),
    added(RUNTIME, "validate", &["wasmote_validate::"]),
    added(RUNTIME, "extended", &[]),
    added(RUNTIME, "gc", &["wasmote_gc::", "wasmote_runtime::gc"]),
    added(RUNTIME, "simd", &["wasmote_simd::"]),
    added(RUNTIME, "relaxed-native", &[]),
    added(RUNTIME, "mmap", &["rustix::"]),
    added(RUNTIME, "guard-pages", &["wasmote_runtime::guard::"]),
    added(RUNTIME, "pairs", &[]),
    added(RUNTIME, "listing", &["wasmote_runtime::listing"]),
    added(RUNTIME, "loop-dispatch", &[]),
    added(RUNTIME, "count", &[]),
    added(RUNTIME, "trace", &["wasmote_runtime::trace", "wasmote_runtime::watch"]),
    added(TABLE, "verify", &["wasmote_ir::image::verify::", "wasmote_ir::image::code::"]),
    added(TABLE, "operators", &["wasmote_ir::operators::"]),
    added(TABLE, "alloc", &["wasmote_ir::keys::"]),
    // These add rows to tables; firmware without floats has nothing of them (size-budget.toml).
    added(TABLE, "extended", &[]),
    added(TABLE, "managed", &[]),
    added(TABLE, "simd", &[]),
    added(TABLE, "float", &[]),
];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let two = arguments.contains("--two");
    let mut only = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        only.push(name);
    }
    crate::no_more_arguments(arguments)?;
    check(&only, two)
}

/// Checks the packages named, or all, with any `two` features alone, too; returns an error that names each combination that failed.
pub fn check(only: &[String], two: bool) -> Result<()> {
    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    for name in only {
        ensure!(packages.iter().any(|package| package.name == *name), "there is no package `{name}`");
    }
    let (mut checked, mut failed) = (0, Vec::new());
    for package in &packages {
        if !only.is_empty() && !only.iter().any(|name| package.name == *name) {
            continue;
        }
        for combination in combinations(&packages, package, two) {
            let what = format!("{} {}", package.name, combination.join(" "));
            println!("  {}", what.trim_end());
            checked += 1;
            if !compiles_silently(package, &combination)? {
                failed.push(format!("errors or warnings with {what}"));
            }
        }
        if ADDED.iter().any(|added| package.name == added.package) {
            failed.extend(removal_faults(&packages, package)?);
        }
    }
    println!("{checked} combinations checked, {} faults", failed.len());
    if !failed.is_empty() {
        bail!("features:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

/// Names of a package's features, but for the one that stands for the usual choice.
pub fn features(package: &Package) -> Vec<&str> {
    package.features.keys().map(String::as_str).filter(|feature| *feature != "default").collect()
}

/// What to pass to cargo for each combination of features to be checked: none, each one alone, all but one, and all. Of any three
/// features each choice is among them, as far as they do not bring each other along, and that is what faults are made of: code for some,
/// without others. `two` adds any two alone.
fn combinations(all: &[&Package], package: &Package, two: bool) -> Vec<Vec<String>> {
    let features = features(package);
    let mut chosen = BTreeSet::from([Vec::new(), features.clone()]);
    for (number, feature) in features.iter().enumerate() {
        chosen.insert(vec![feature]);
        chosen.insert(without(all, package, feature));
        for other in features[number + 1..].iter().filter(|_| two) {
            if !needs(all, package, feature, other) && !needs(all, package, other, feature) {
                chosen.insert(vec![feature, other]);
            }
        }
    }
    let words = |features: Vec<&str>| match features.is_empty() {
        true => vec!["--no-default-features".into()],
        false => vec!["--no-default-features".into(), "--features".into(), features.join(",")],
    };
    chosen.into_iter().map(words).collect()
}

/// All features of a package but one and those that need it.
pub fn without<'a>(all: &[&Package], package: &'a Package, feature: &str) -> Vec<&'a str> {
    features(package).into_iter().filter(|candidate| !needs(all, package, candidate, feature)).collect()
}

/// Whether a feature switches on another of its package, or is it, or switches on in another package what that does.
fn needs(all: &[&Package], package: &Package, feature: &str, other: &str) -> bool {
    let mut on = BTreeSet::new();
    switch_on(all, package, feature, &mut on);
    let elsewhere = package.features.get(other).into_iter().flatten().filter_map(|entry| entry.split_once('/'));
    on.contains(&(package.name.as_str(), other)) || elsewhere.into_iter().any(|entry| on.contains(&entry))
}

/// Adds a feature of a package and all that it switches on, in the workspace's packages.
fn switch_on<'a>(all: &[&'a Package], package: &'a Package, feature: &'a str, on: &mut BTreeSet<(&'a str, &'a str)>) {
    if on.insert((&package.name, feature)) {
        for entry in package.features.get(feature).into_iter().flatten() {
            match entry.split_once('/') {
                None => switch_on(all, package, entry, on),
                Some((name, entry)) => {
                    let name = name.trim_end_matches('?');
                    if let Some(package) = all.iter().find(|package| package.name == name) {
                        switch_on(all, package, entry, on);
                    }
                }
            }
        }
    }
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

/// Features of the package that leave something behind, or whose row in [`ADDED`] is missing or stale.
fn removal_faults(packages: &[&Package], package: &Package) -> Result<Vec<String>> {
    let rows = || ADDED.iter().filter(|added| package.name == added.package);
    let name = &package.name;
    let mut faults = Vec::new();
    for feature in features(package).into_iter().filter(|feature| rows().all(|row| row.feature != *feature)) {
        faults.push(format!("{name}: xtask/src/features.rs does not say what `{feature}` adds"));
    }
    // With all features, all must be found: else a renamed module would pass as one that is gone.
    let items: Vec<String> = rows().flat_map(|row| row.items).map(|item| (*item).into()).collect();
    let all: Vec<_> = features(package)
        .into_iter()
        .filter(|feature| rows().any(|r| r.feature == *feature && !r.items.is_empty()))
        .collect();
    let Some(found) = symbols(package, &all, &items)? else {
        println!("  {name}: symbols are left out, since only ELF files are understood");
        return Ok(faults);
    };
    let missing = items.iter().filter(|item| !found.contains_key(*item));
    faults.extend(missing.map(|item| format!("{name}: {item} is in no symbol of the build with all features")));

    for Added { feature, items, .. } in rows().filter(|row| !row.items.is_empty()) {
        if !package.features.contains_key(*feature) {
            faults.push(format!("{name}: there is no feature `{feature}`"));
            continue;
        }
        println!("  {name} without {feature}: none of {}", items.join(", "));
        let items: Vec<String> = items.iter().map(|item| (*item).into()).collect();
        let rest: Vec<_> =
            without(packages, package, feature).into_iter().filter(|feature| all.contains(feature)).collect();
        let found = symbols(package, &rest, &items)?.unwrap_or_default();
        faults.extend(found.into_iter().map(|(item, what)| format!("{name} without {feature} has {item}: {what}")));
    }
    Ok(faults)
}

/// Builds a package and looks for these items in it, or returns nothing if this machine's files can't be read.
fn symbols(package: &Package, features: &[&str], items: &[String]) -> Result<Option<diet::Found>> {
    let features = features.iter().map(|feature| (*feature).into()).collect();
    let configuration = Configuration::new(&package.name, features, PROFILE);
    let Ok(builder) = Builder::find(&configuration, project::root())? else { return Ok(None) };
    diet::find(&builder.build()?, items).map(Some)
}

//! `cargo xtask semver`: what of the API is bound to stay. Embedders see two crates, [`API`]. Their public signatures may
//! name types of our other crates only where they export them again, and cargo-semver-checks tells how they differ from
//! an earlier revision.
//!
//! Both read what rustdoc writes as JSON, which the stable compiler does when it is told to allow unstable options.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;
use serde_json::Value;

use crate::project::{self, cargo, run};
use crate::tools;

pub const OPTIONS: &str = "
  REV    the revision to compare with. By default the last tag; if there is none, the last commit, or the one before
         it if nothing has changed since the last
  --list  instead, the whole API, an item a line, by cargo-public-api. It needs a nightly toolchain
";

/// The crates that embedders name.
const API: [&str; 2] = ["wasmote", "wasmote-wasi"];

/// The status with which cargo-semver-checks ends if it could not compare.
const NOT_COMPARED: i32 = 101;

pub fn main(mut arguments: Arguments) -> Result<()> {
    let is_list = arguments.contains("--list");
    let revision = arguments.opt_free_from_str()?;
    crate::no_more_arguments(arguments)?;
    if is_list { list() } else { check(revision) }
}

fn list() -> Result<()> {
    let program = tools::PUBLIC_API.find()?;
    let program = program.to_str().context("the path of cargo-public-api is no UTF-8")?;
    for package in API {
        println!("{package}:");
        let mut command = project::with_nightly(program);
        command.args(["public-api", "-sss", "--all-features", "--package", package]);
        run(command.env("CARGO_TARGET_DIR", project::target_dir().join("semver")))?;
    }
    Ok(())
}

/// Fails if a signature names what nobody else can name. Prints the differences to a revision.
pub fn check(revision: Option<String>) -> Result<()> {
    for package in API {
        let leaks = leaks(&documentation(package)?)?;
        ensure!(
            leaks.is_empty(),
            "{package} has these in its API, but does not export them:\n  {}",
            leaks.join("\n  ")
        );
        println!("{package}: its API names only what it exports");
    }
    let revision = match revision {
        Some(revision) => revision,
        None => last_revision()?,
    };
    let program = tools::SEMVER_CHECKS.find()?;
    for package in API {
        println!("{package}, compared with {revision}:");
        let mut command = Command::new(&program);
        command.current_dir(project::root()).args(["semver-checks", "--all-features", "--package", package]);
        command.args(["--baseline-rev", &revision]).env("CARGO_TARGET_DIR", project::target_dir().join("semver"));
        let status = command.status().context("cannot start cargo-semver-checks")?;
        ensure!(status.code().is_some_and(|code| code != NOT_COMPARED), "cargo-semver-checks failed ({status})");
    }
    Ok(())
}

fn git(arguments: &[&str]) -> Result<Option<String>> {
    let output =
        Command::new("git").current_dir(project::root()).args(arguments).output().context("cannot start git")?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()))
}

fn last_revision() -> Result<String> {
    if let Some(tag) = git(&["describe", "--tags", "--abbrev=0"])? {
        return Ok(tag);
    }
    let is_changed = git(&["status", "--porcelain"])?.is_none_or(|changes| !changes.is_empty());
    Ok(if is_changed { "HEAD" } else { "HEAD^" }.into())
}

/// Returns the documentation of a package as JSON, with all features.
fn documentation(package: &str) -> Result<Value> {
    let target = project::target_dir().join("semver");
    run(cargo(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "--package", package])
        .arg("--target-dir")
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTC_BOOTSTRAP", "1"))?;
    let file = target.join("doc").join(package.replace('-', "_")).with_extension("json");
    let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("{} is no JSON", file.display()))
}

/// Returns the types and traits of our other crates that signatures name, and that the crate does not export.
fn leaks(documentation: &Value) -> Result<Vec<String>> {
    let member = |name: &str| documentation.get(name).and_then(Value::as_object).context("rustdoc's JSON has changed");
    let (items, paths, crates) = (member("index")?, member("paths")?, member("external_crates")?);
    let (mut named, mut exported) = (BTreeSet::new(), BTreeSet::new());
    for item in items.values() {
        let inner = item.get("inner").context("rustdoc's JSON has changed")?;
        match inner.get("use") {
            Some(export) => exported.extend(export.get("id").map(Value::to_string)),
            // Those of automatic traits and of all types are not written by us.
            None if inner.pointer("/impl/is_synthetic").is_some_and(|it| it == true) => {}
            None if inner.pointer("/impl/blanket_impl").is_some_and(|it| !it.is_null()) => {}
            None => find_paths(inner, &mut named),
        }
    }
    ensure!(!named.is_empty() && !exported.is_empty(), "rustdoc's JSON has changed");
    let leaks = named.difference(&exported).filter_map(|id| {
        let path = paths.get(id)?;
        let krate = crates.get(&path.get("crate_id")?.to_string())?.get("name")?.as_str()?;
        let path: Vec<&str> = path.get("path")?.as_array()?.iter().filter_map(Value::as_str).collect();
        (krate.starts_with("wasmote_") && !API.contains(&&*krate.replace('_', "-"))).then(|| path.join("::"))
    });
    Ok(leaks.collect())
}

/// Collects the numbers of all items that a signature names: the objects with `path` and `id`.
fn find_paths(signature: &Value, named: &mut BTreeSet<String>) {
    match signature {
        Value::Object(members) => {
            if let (Some(Value::String(_)), Some(id)) = (members.get("path"), members.get("id")) {
                named.insert(id.to_string());
            }
            members.values().for_each(|member| find_paths(member, named));
        }
        Value::Array(members) => members.iter().for_each(|member| find_paths(member, named)),
        _ => {}
    }
}

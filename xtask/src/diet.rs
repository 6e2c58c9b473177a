//! `cargo xtask diet`: what must not be in a configuration of `size-budget.toml` is not in it.
//!
//! Its rows name in `forbid` what is too large for what it does, or has no place there: the formatting of floats,
//! unwinding, the engine's own parts in a build that was to do without. Symbols are looked through, not
//! the features that should have kept them out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::project;
use crate::size::budget::Budget;
use crate::size::build::Builder;
use crate::size::{elf, names};

/// What was found, and where.
pub type Found = BTreeMap<String, String>;

/// Symbols named of each thing that was found.
const SHOWN: usize = 5;

pub fn main(mut arguments: Arguments) -> Result<()> {
    let require_all = arguments.contains("--require-all");
    let mut names = Vec::new();
    while let Some(name) = arguments.opt_free_from_str()? {
        names.push(name);
    }
    crate::no_more_arguments(arguments)?;
    check(&names, require_all).map(|_| ())
}

/// Checks the configurations of these names, or all that forbid something; returns which could not be built, and why.
pub fn check(names: &[String], require_all: bool) -> Result<Option<String>> {
    let mut budget = Budget::read(&project::root().join("size-budget.toml"))?;
    budget.select(names)?;
    budget.configurations.retain(|configuration| !configuration.forbid.is_empty());
    let (mut checked, mut left_out, mut faults) = (0, Vec::new(), Vec::new());
    for configuration in &budget.configurations {
        let name = &configuration.name;
        let builder = match Builder::find(configuration, &budget.folder)? {
            Ok(builder) => builder,
            Err(reason) => {
                println!("  {name} is left out: {reason}");
                left_out.push(format!("{name} is left out: {reason}"));
                continue;
            }
        };
        println!("  {name}: none of {}", configuration.forbid.join(", "));
        let found = find(&builder.build()?, &configuration.forbid)?;
        faults.extend(found.into_iter().map(|(forbidden, what)| format!("{name} has {forbidden}: {what}")));
        checked += 1;
    }
    println!("{checked} configurations checked, {} faults", faults.len());
    if require_all {
        faults.append(&mut left_out);
    }
    if !faults.is_empty() {
        bail!("diet:\n  {}", faults.join("\n  "));
    }
    Ok((!left_out.is_empty()).then(|| left_out.join("; ")))
}

/// What a program has of things: for each that it has, the symbols of it, or the bytes of the section.
pub fn find(program: &Path, things: &[String]) -> Result<Found> {
    let file = std::fs::read(program).with_context(|| program.display().to_string())?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut symbols = 0;
    elf::each_symbol(&file, &mut |symbol| {
        symbols += 1;
        for thing in things.iter().filter(|thing| names::is_below(symbol, thing)) {
            let name = format!("{:#}", rustc_demangle::demangle(symbol));
            found.entry(thing.clone()).or_default().push(name);
        }
    })?;
    ensure!(symbols > 0, "{} has no symbols to look through", program.display());
    for section in elf::sections(&file)? {
        for thing in things.iter().filter(|thing| **thing == section.name) {
            found.entry(thing.clone()).or_default().push(format!("{} bytes", section.bytes));
        }
    }
    Ok(found.into_iter().map(|(thing, names)| (thing, shortened(&names))).collect())
}

fn shortened(names: &[String]) -> String {
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(", and {} more", names.len() - SHOWN));
    }
    text
}

//! The output of cargo-bloat and twiggy.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::budget::Configuration;
use super::build::Builder;
use super::measure::Function;
use super::names;
use crate::project;
use crate::tools::{BLOAT, TWIGGY};

/// The output of cargo-bloat about the code of a program.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bloat {
    /// Bytes of the code.
    pub text_section_size: u64,
    #[serde(default)]
    pub crates: Vec<BloatCrate>,
    #[serde(default)]
    functions: Vec<BloatFunction>,
}

#[derive(Deserialize)]
pub struct BloatCrate {
    pub name: String,
    pub size: u64,
}

#[derive(Deserialize)]
struct BloatFunction {
    #[serde(rename = "crate")]
    of: Option<String>,
    name: String,
    size: u64,
}

/// Measures the code of a configuration that is built: by crate, and each function.
pub fn bloat(builder: &Builder, configuration: &Configuration) -> Result<(Bloat, Vec<Function>)> {
    let program = BLOAT.find()?;
    let ask = |more: &[&str]| -> Result<Bloat> {
        let mut command = builder.tool(&program);
        command.arg("bloat").args(configuration.selection()).args(["-n", "0", "--message-format", "json"]).args(more);
        serde_json::from_slice(&output(&mut command)?).context("output of cargo-bloat")
    };
    let mut by_crate = ask(&["--crates"])?;
    for of in by_crate.crates.iter_mut().filter(|of| of.name == "[Unknown]") {
        of.name = names::NO_CRATE.into();
    }
    let functions = ask(&[])?.functions.into_iter();
    let functions = functions.map(|function| Function {
        of: function.of.unwrap_or_else(|| names::NO_CRATE.into()),
        name: function.name,
        bytes: function.size,
    });
    Ok((by_crate, functions.collect()))
}

/// What twiggy finds in a WebAssembly module: functions, data, and the rest.
pub fn twiggy(module: &Path) -> Result<Vec<Function>> {
    #[derive(Deserialize)]
    struct Item {
        name: String,
        shallow_size: u64,
    }
    let mut command = Command::new(TWIGGY.find()?);
    command.args(["top", "-n", "1000000", "-f", "json"]).arg(module);
    let items: Vec<Item> = serde_json::from_slice(&output(&mut command)?).context("output of twiggy")?;
    // The last rows are sums. Names and other data for tools do not count.
    let counts = |item: &Item| {
        !item.name.starts_with('Σ') && !item.name.ends_with("subsection") && !item.name.starts_with("custom")
    };
    let items = items.into_iter().filter(counts).map(|item| {
        let name = names::without_hashes(&item.name);
        Function { of: names::crate_of_name(&name), name, bytes: item.shallow_size }
    });
    Ok(items.collect())
}

/// The output of a tool. The error contains the messages of the tool.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot start {}", project::command_line(command)))?;
    if !output.status.success() || output.stdout.is_empty() {
        bail!("{} failed: {}", project::command_line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

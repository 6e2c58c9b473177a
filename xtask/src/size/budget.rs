//! `size-budget.toml`: the configurations that are built and measured, and how large they may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One row of the file: a build and its budget. All figures are bytes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Its name on the command line, and the name of its flame graph.
    pub name: String,
    /// The package to build.
    pub package: String,
    /// The one binary to build, if the package has several.
    pub bin: Option<String>,
    /// Manifest of the package, from the folder of the budget; for packages outside of its workspace.
    pub manifest: Option<PathBuf>,
    /// Features instead of the default ones.
    pub features: Option<Vec<String>>,
    /// Only what these features add counts, with everything that they need.
    #[serde(default)]
    pub only: Vec<String>,
    /// A profile that keeps the symbols.
    #[serde(default = "inspect")]
    pub profile: String,
    /// Target, if not the one of this machine.
    pub target: Option<String>,
    /// More arguments for cargo.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Symbols, or sections if they begin with a dot, that do not count: a guest and its memory.
    #[serde(default)]
    pub less_symbols: Vec<String>,
    /// The largest size: of a program, the stripped file; of firmware, the flash; of a library, the sections.
    pub budget: u64,
    /// The most static RAM of a firmware.
    pub budget_ram: Option<u64>,
    /// The size that it should have, if that is less than the budget.
    pub goal: Option<u64>,
    /// The largest sizes of crates in it.
    #[serde(default)]
    pub crates: BTreeMap<String, u64>,
    /// The largest size of all other crates together.
    pub others: Option<u64>,
    /// What must not be in it: paths of items, names of symbols, sections (with a dot). `cargo xtask forbidden-symbols` checks that.
    #[serde(default)]
    pub forbid: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    configuration: Vec<Configuration>,
}

/// A budget and the folder it lies in.
pub struct Budget {
    /// Packages are those of this folder's workspace.
    pub folder: PathBuf,
    pub configurations: Vec<Configuration>,
}

fn inspect() -> String {
    "inspect".into()
}

impl Budget {
    pub fn read(path: &Path) -> Result<Budget> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let configurations = parse(&text).with_context(|| path.display().to_string())?;
        let path = path.canonicalize()?;
        Ok(Budget { folder: path.parent().context("a file without a folder")?.into(), configurations })
    }

    /// Keeps the configurations that are builds by themselves, or those that are what a feature adds to one.
    pub fn retain_added(&mut self, added: bool) {
        self.configurations.retain(|configuration| configuration.only.is_empty() != added);
    }

    /// Keeps only the configurations of these names; keeps all if there are none.
    pub fn select(&mut self, names: &[String]) -> Result<()> {
        for name in names {
            ensure!(
                self.configurations.iter().any(|configuration| configuration.name == *name),
                "there is no configuration `{name}`; there are {}",
                self.configurations.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
            );
        }
        self.configurations.retain(|configuration| names.is_empty() || names.contains(&configuration.name));
        Ok(())
    }
}

impl Configuration {
    /// A configuration without a budget, of the workspace, for this machine.
    pub fn new(package: &str, features: Vec<String>, profile: &str) -> Configuration {
        Configuration {
            name: package.into(),
            package: package.into(),
            bin: None,
            manifest: None,
            features: Some(features),
            only: Vec::new(),
            profile: profile.into(),
            target: None,
            arguments: Vec::new(),
            less_symbols: Vec::new(),
            budget: u64::MAX,
            budget_ram: None,
            goal: None,
            crates: BTreeMap::new(),
            others: None,
            forbid: Vec::new(),
        }
    }

    /// The same configuration without the features of `only`, if there are some.
    pub fn without(&self) -> Option<Configuration> {
        let mut without = self.clone();
        if let Some(features) = &mut without.features {
            features.retain(|feature| !self.only.contains(feature));
        }
        without.only.clear();
        (!self.only.is_empty()).then_some(without)
    }

    /// Whether it is built for a machine without an operating system, whose flash and RAM count.
    pub fn is_firmware(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.contains("-none"))
    }

    /// The arguments that select the build, for cargo and the tools that call it.
    pub fn selection(&self) -> Vec<String> {
        let mut words: Vec<String> =
            ["--locked", "--package", &self.package, "--profile", &self.profile].map(String::from).into();
        if let Some(bin) = &self.bin {
            words.extend(["--bin".into(), bin.clone()]);
        }
        if let Some(features) = &self.features {
            words.push("--no-default-features".into());
            if !features.is_empty() {
                words.extend(["--features".into(), features.join(",")]);
            }
        }
        if let Some(target) = &self.target {
            words.extend(["--target".into(), target.clone()]);
        }
        words.extend(self.arguments.iter().cloned());
        words
    }
}

fn parse(text: &str) -> Result<Vec<Configuration>> {
    let file: File = basic_toml::from_str(text)?;
    let mut names = BTreeSet::new();
    for configuration in &file.configuration {
        let name = &configuration.name;
        ensure!(names.insert(name), "there are two configurations `{name}`");
        let has = |feature| configuration.features.iter().flatten().any(|of| of == feature);
        ensure!(configuration.only.iter().all(has), "{name}: `only` must name some of its features");
        ensure!(
            configuration.goal.is_none_or(|goal| goal < configuration.budget),
            "{name}: the goal is reached; drop it"
        );
    }
    Ok(file.configuration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;

    #[test]
    fn budget_of_the_project_is_read() {
        let budget = Budget::read(&project::root().join("size-budget.toml")).expect("well formed");
        assert!(budget.configurations.iter().any(|configuration| configuration.name == "cli-full"));
    }

    #[test]
    fn features_that_count_alone_are_left_out_to_compare() {
        let row = "[[configuration]]\nname = 'a'\npackage = 'p'\nbudget = 1_000\nfeatures = ['b', 'c', 'd']\n";
        let with = parse(&format!("{row}only = ['b', 'd']\n")).expect("well formed").remove(0);
        let without = with.without().expect("something to compare");
        assert_eq!(without.features, Some(vec!["c".to_owned()]));
        assert!(without.without().is_none());
        assert!(parse(&format!("{row}only = ['e']\n")).is_err());
    }

    #[test]
    fn misspelt_keys_and_doubled_names_are_refused() {
        let row = "[[configuration]]\nname = 'a'\npackage = 'p'\nbudget = 1_000\n";
        assert_eq!(parse(row).expect("well formed").len(), 1);
        assert!(parse(&format!("{row}butget_ram = 1\n")).is_err());
        assert!(parse(&format!("{row}{row}")).is_err());
    }
}

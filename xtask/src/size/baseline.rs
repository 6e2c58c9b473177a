//! `size-baseline.toml`, in the folder of the budget: the figures at the time when the file was last written. They show what changed since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::measure::{Group, Measured};

/// Functions that the file contains of each configuration.
const FUNCTIONS: usize = 100;

/// By configuration.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Baseline {
    pub configurations: BTreeMap<String, Known>,
}

/// The figures of a configuration, in bytes.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ram: Option<u64>,
    pub crates: BTreeMap<String, u64>,
    /// The largest functions, all instances of one together.
    pub functions: BTreeMap<String, u64>,
}

impl Baseline {
    /// The file that belongs to a budget.
    pub fn path(budget: &Path) -> PathBuf {
        budget.with_file_name("size-baseline.toml")
    }

    /// Reads the file. Without one, the baseline is empty.
    pub fn read(path: &Path) -> Result<Baseline> {
        match std::fs::read_to_string(path) {
            Ok(text) => basic_toml::from_str(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Baseline::default()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Replaces the figures of the configuration.
    pub fn set(&mut self, measured: &Measured) {
        let functions = measured.groups().into_iter().take(FUNCTIONS).map(|group| (group.name, group.bytes)).collect();
        let (total, ram, crates) = (measured.total, measured.ram, measured.crates.clone());
        self.configurations.insert(measured.name.clone(), Known { total, ram, crates, functions });
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let text = basic_toml::to_string(self)?;
        let text =
            format!("# Written by `cargo xtask size --bless`: bytes when the budget was last looked at.\n\n{text}");
        std::fs::write(path, text).with_context(|| path.display().to_string())
    }
}

/// A crate or function whose size changed since the baseline.
pub struct Change<T> {
    pub of: T,
    /// Bytes then. For a function that the file does not contain, an upper bound.
    pub before: Before,
    pub now: u64,
}

#[derive(Clone, Copy)]
pub enum Before {
    Exactly(u64),
    AtMost(u64),
}

impl Known {
    /// Crates that grew, the most first.
    pub fn grown_crates(&self, measured: &Measured) -> Vec<Change<String>> {
        let before = |name: &String| Before::Exactly(self.crates.get(name).copied().unwrap_or(0));
        let crates = measured.crates.iter();
        grown(crates.map(|(name, now)| Change { of: name.clone(), before: before(name), now: *now }).collect())
    }

    /// Functions that are new or grew, the most first.
    pub fn grown_functions(&self, measured: &Measured) -> Vec<Change<Group>> {
        // A function that the file does not contain was smaller than the smallest there. If the file is not full, it did not exist.
        let least =
            if self.functions.len() < FUNCTIONS { 0 } else { self.functions.values().copied().min().unwrap_or(0) };
        let before =
            |name: &str| self.functions.get(name).map_or(Before::AtMost(least), |bytes| Before::Exactly(*bytes));
        let groups = measured.groups().into_iter();
        grown(groups.map(|group| Change { before: before(&group.name), now: group.bytes, of: group }).collect())
    }
}

impl<T> Change<T> {
    /// The growth, at least.
    pub fn by(&self) -> i64 {
        let (Before::Exactly(before) | Before::AtMost(before)) = self.before;
        self.now as i64 - before as i64
    }
}

fn grown<T>(mut changes: Vec<Change<T>>) -> Vec<Change<T>> {
    changes.retain(|change| change.by() > 0);
    changes.sort_by_key(|change| std::cmp::Reverse(change.by()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::measure::Function;

    fn measured(functions: &[(&str, u64)]) -> Measured {
        let functions =
            functions.iter().map(|(name, bytes)| Function { of: "a".into(), name: (*name).into(), bytes: *bytes });
        Measured::of_functions(10_000, functions.collect(), "rest")
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut baseline = Baseline::default();
        baseline.set(&measured(&[("<a::B as c::D>::e", 7), ("a::f::{closure#0}", 5), ("a::f::{closure#1}", 4)]));
        let text = basic_toml::to_string(&baseline).expect("can be written");
        let read: Baseline = basic_toml::from_str(&text).expect("can be read");
        let known = &read.configurations[""];
        assert_eq!((known.total, known.crates["a"], known.functions["a::f::{closure}"]), (10_000, 16, 9));
    }

    #[test]
    fn growth_is_against_what_is_known() {
        let mut baseline = Baseline::default();
        baseline.set(&measured(&[("a::stays", 10), ("a::grows", 10), ("a::shrinks", 10)]));
        let known = &baseline.configurations[""];
        let now = measured(&[("a::stays", 10), ("a::grows", 15), ("a::shrinks", 5), ("a::new", 9)]);
        let names: Vec<_> = known.grown_functions(&now).iter().map(|c| (c.of.name.clone(), c.by())).collect();
        assert_eq!(names, [("a::new".into(), 9), ("a::grows".into(), 5)]);
        assert_eq!(known.grown_crates(&now)[0].by(), 9);
    }
}

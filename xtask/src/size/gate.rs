//! Compares figures with budgets, and finds what made them larger.

use std::fmt::Write;

use indicatif::HumanCount;

use super::baseline::{Before, Change, Known};
use super::budget::Configuration;
use super::measure::Measured;

/// How many crates and functions are named when something is over its budget.
const NAMED: usize = 8;

/// A figure that has a budget.
pub struct Line {
    /// The configuration itself, its RAM, or a crate.
    pub what: String,
    pub part: Part,
    pub budget: u64,
    pub measured: u64,
    /// The figure in the baseline.
    pub before: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Total,
    Ram,
    Crate,
}

impl Line {
    pub fn head_room(&self) -> i64 {
        self.budget as i64 - self.measured as i64
    }

    pub fn change(&self) -> Option<i64> {
        self.before.map(|before| self.measured as i64 - before as i64)
    }
}

/// The figures of a configuration that have a budget: the total first, crates by size.
pub fn lines(configuration: &Configuration, measured: &Measured, known: Option<&Known>) -> Vec<Line> {
    let line = |what: &str, part, budget, measured, before| Line { what: what.into(), part, budget, measured, before };
    let mut lines =
        vec![line(&measured.name, Part::Total, configuration.budget, measured.total, known.map(|known| known.total))];
    if let (Some(budget), Some(ram)) = (configuration.budget_ram, measured.ram) {
        lines.push(line("RAM", Part::Ram, budget, ram, known.and_then(|known| known.ram)));
    }
    let mut crates = Vec::new();
    for (name, &budget) in &configuration.crates {
        let bytes = measured.crates.get(name).copied().unwrap_or(0);
        let before = known.map(|known| known.crates.get(name).copied().unwrap_or(0));
        crates.push(line(name, Part::Crate, budget, bytes, before));
    }
    crates.sort_by_key(|line| std::cmp::Reverse(line.measured));
    lines.append(&mut crates);
    if let Some(budget) = configuration.others {
        let others = |crates: &std::collections::BTreeMap<String, u64>| {
            crates.iter().filter(|(name, _)| !configuration.crates.contains_key(*name)).map(|(_, bytes)| bytes).sum()
        };
        let before = known.map(|known| others(&known.crates));
        lines.push(line("other crates", Part::Crate, budget, others(&measured.crates), before));
    }
    lines
}

/// The faults of a configuration, or nothing if all its figures are within their budgets.
pub fn verdict(lines: &[Line], measured: &Measured, known: Option<&Known>) -> Option<String> {
    let over: Vec<_> = lines.iter().filter(|line| line.head_room() < 0).collect();
    if over.is_empty() {
        return None;
    }
    let mut text = String::new();
    for line in &over {
        let what = match line.part {
            Part::Total => line.what.clone(),
            Part::Ram | Part::Crate => format!("{}: {}", measured.name, line.what),
        };
        let [bytes, by, budget] = [line.measured, line.head_room().unsigned_abs(), line.budget].map(HumanCount);
        writeln!(text, "{what}: {bytes} bytes, {by} over the budget of {budget}").expect("a string");
    }
    match known {
        Some(known) => grown(&mut text, measured, known),
        None => largest(&mut text, measured, &over),
    }
    Some(text)
}

/// What grew since the baseline.
fn grown(text: &mut String, measured: &Measured, known: &Known) {
    let (crates, functions) = (known.grown_crates(measured), known.grown_functions(measured));
    if crates.is_empty() && functions.is_empty() {
        text.push_str("  no code grew since the baseline\n");
    }
    for change in crates.iter().take(NAMED) {
        writeln!(text, "  crate {} grew by {}: {}", change.of, HumanCount(change.by() as u64), was(change))
            .expect("a string");
    }
    for change in functions.iter().take(NAMED) {
        let (group, by) = (&change.of, HumanCount(change.by() as u64));
        writeln!(text, "  function {} (crate {}) grew by {by}: {}", group.name, group.of, was(change))
            .expect("a string");
    }
}

fn was<T>(change: &Change<T>) -> String {
    let now = HumanCount(change.now);
    match change.before {
        Before::Exactly(0) | Before::AtMost(0) => format!("{now}, new"),
        Before::Exactly(before) => format!("{now}, from {}", HumanCount(before)),
        Before::AtMost(before) => format!("{now}, new or from less than {}", HumanCount(before)),
    }
}

/// The largest functions, for a configuration without baseline: of the crates that are over their budgets, if some are.
fn largest(text: &mut String, measured: &Measured, over: &[&Line]) {
    text.push_str("  the baseline does not contain it; its largest functions are\n");
    let mut groups = measured.groups();
    let is_over = |name: &str| over.iter().any(|line| line.part == Part::Crate && line.what == name);
    if groups.iter().any(|group| is_over(&group.of)) {
        groups.retain(|group| is_over(&group.of));
    }
    for group in groups.iter().take(NAMED) {
        writeln!(text, "  function {} (crate {}): {}", group.name, group.of, HumanCount(group.bytes))
            .expect("a string");
    }
}

//! Results as a table: medians, spreads, ratios and their geometric mean.

use std::fmt::{self, Write};
use std::time::Duration;

use super::folder::Group;
use super::measure::Run;

/// All results. The first engine is wasmote; the others are compared with it.
pub struct Table {
    /// Their names.
    pub engines: Vec<String>,
    /// A row a guest, in CPU time.
    pub rows: Vec<Row>,
    /// Whether the rows are programs of a corpus, which are known or strangers.
    pub has_groups: bool,
    /// The smallest module, in wall time.
    pub startup: Option<Row>,
    /// A program that does nothing, in the same rounds.
    pub nothing: Option<Cell>,
}

/// One guest.
pub struct Row {
    /// The guest.
    pub name: String,
    /// What it exercises.
    pub kind: String,
    /// Whether choices are based on it, if it is of a corpus.
    pub group: Group,
    /// Results by engine, or why there are none.
    pub cells: Vec<Result<Cell, Failure>>,
}

/// One engine on one guest.
#[derive(Clone, Copy)]
pub struct Cell {
    /// Of the time, over the rounds.
    pub median: Duration,
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// The most memory of any round, in KiB.
    pub peak_kib: u64,
    /// Of the wall time, over the rounds: with several threads it is less than the CPU time.
    pub wall: Duration,
}

/// Why an engine has no result for a guest.
#[derive(Clone, PartialEq, Eq)]
pub enum Failure {
    /// It ended with another status: the status, and the first line of its errors.
    Ended(String),
    /// Its output differs from what is expected.
    Printed,
}

impl Failure {
    /// For a column of a table.
    pub fn word(&self) -> &'static str {
        match self {
            Failure::Ended(_) => "failed",
            Failure::Printed => "differs",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Ended(how) => f.write_str(how),
            Failure::Printed => f.write_str("printed something else"),
        }
    }
}

impl Cell {
    /// From the CPU times of at least one run.
    pub fn of_cpu(runs: &[Run]) -> Cell {
        Cell::of(runs, |run| run.cpu)
    }

    /// From the wall times of at least one run.
    pub fn of_wall(runs: &[Run]) -> Cell {
        Cell::of(runs, |run| run.wall)
    }

    fn of(runs: &[Run], time: fn(&Run) -> Duration) -> Cell {
        let sorted = |time: fn(&Run) -> Duration| {
            let mut times: Vec<_> = runs.iter().map(time).collect();
            times.sort();
            times
        };
        let times = sorted(time);
        Cell {
            median: median(&times),
            min: times[0],
            max: times[times.len() - 1],
            peak_kib: runs.iter().map(|run| run.peak_kib).max().unwrap_or(0),
            wall: median(&sorted(|run| run.wall)),
        }
    }
}

/// The median of sorted times.
pub fn median(times: &[Duration]) -> Duration {
    let middle = times.len() / 2;
    if times.len().is_multiple_of(2) { (times[middle - 1] + times[middle]) / 2 } else { times[middle] }
}

impl Row {
    /// A line with the wall time of each engine that has a result.
    fn wall_markdown(&self, engines: &[String]) -> String {
        let ours = self.cells[0].as_ref().ok().map(|cell| cell.wall.as_secs_f64());
        let mut line = format!("Wall time of {}:", self.name);
        for (engine, cell) in engines.iter().zip(&self.cells) {
            if let (Ok(cell), Some(ours)) = (cell, ours) {
                let ratio = ours / cell.wall.as_secs_f64().max(1e-9);
                line.push_str(&format!(" {engine} {:.1} ms ({ratio:.2}),", milliseconds(cell.wall)));
            }
        }
        line.pop();
        line + "; in parentheses, the time of wasmote by it"
    }

    /// How much faster wasmote is than the engine with this index; `None` when either has no result.
    pub fn ratio(&self, peer: usize) -> Option<f64> {
        match (&self.cells[0], &self.cells[peer]) {
            (Ok(ours), Ok(theirs)) => Some(theirs.median.as_secs_f64() / ours.median.as_secs_f64().max(1e-9)),
            _ => None,
        }
    }

    /// A line for the terminal.
    pub fn summary(&self) -> String {
        let mut line = format!("{:<22}", self.name);
        for (index, cell) in self.cells.iter().enumerate() {
            match cell {
                Ok(cell) => write!(line, " {:>9.1} ms", milliseconds(cell.median)),
                Err(why) => write!(line, " {:>12}", why.word()),
            }
            .expect("a string takes all");
            if index > 0 {
                let ratio = self.ratio(index).map_or("-".into(), |ratio| format!("{ratio:.2}"));
                write!(line, " ({ratio})").expect("a string takes all");
            }
        }
        line
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Table {
    /// An empty table.
    pub fn new(engines: Vec<String>) -> Table {
        Table { engines, rows: Vec::new(), has_groups: false, startup: None, nothing: None }
    }

    /// What failed, as lines.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for row in self.rows.iter().chain(&self.startup) {
            for (engine, cell) in self.engines.iter().zip(&row.cells) {
                if let Err(why) = cell {
                    failures.push(format!("{} under {engine}: {why}", row.name));
                }
            }
        }
        failures
    }

    /// Whether wasmote has failed, or differs from all peers: some peer printed something else, and none the same. A peer that cannot
    /// run a guest does not count.
    pub fn is_wrong(&self) -> bool {
        let mut rows = self.rows.iter().chain(&self.startup);
        rows.any(|row| {
            let differs = |cell: &Result<Cell, Failure>| matches!(cell, Err(Failure::Printed));
            row.cells[0].is_err() || row.cells.iter().any(differs) && row.cells[1..].iter().all(Result::is_err)
        })
    }

    /// Geometric mean of the ratios to the engine with this index over some of the guests, and over how many;
    /// `None` without any.
    pub fn mean(&self, peer: usize, of: impl Fn(&Row) -> bool) -> Option<(f64, usize)> {
        let rows = self.rows.iter().filter(|row| of(row));
        let ratios: Vec<f64> = rows.filter_map(|row| row.ratio(peer)).collect();
        let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
        (!ratios.is_empty()).then(|| ((sum / ratios.len() as f64).exp(), ratios.len()))
    }

    /// A line with the means of some of the guests.
    fn means_markdown(&self, name: &str, of: impl Fn(&Row) -> bool) -> String {
        let mut line = format!("| {name} |");
        for peer in 0..self.engines.len() {
            line.push_str(" | |");
            if peer > 0 {
                match self.mean(peer, &of) {
                    Some((mean, over)) => line.push_str(&format!(" **{mean:.3}** ({over}) |")),
                    None => line.push_str(" - |"),
                }
            }
        }
        line
    }

    /// The whole as Markdown.
    pub fn markdown(&self, rounds: usize) -> String {
        let mut text = format!(
            "CPU time (user + system) of whole runs in ms: median (min-max) of {rounds} interleaved rounds; peak resident memory in MiB.\n"
        );
        text.push_str("A ratio is the other engine's time by wasmote's: above 1 wasmote is faster.\n\n");
        let mut header = String::from("| guest |");
        let mut rule = String::from("| --- |");
        for (index, engine) in self.engines.iter().enumerate() {
            header.push_str(&format!(" {engine} | MiB |"));
            rule.push_str(" ---: | ---: |");
            if index > 0 {
                header.push_str(&format!(" {engine}/wasmote |"));
                rule.push_str(" ---: |");
            }
        }
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line(header);
        line(rule);
        for row in &self.rows {
            line(row_markdown(&row.name, row));
        }
        let mut kinds: Vec<&str> = self.rows.iter().map(|row| row.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() > 1 {
            for kind in kinds {
                line(self.means_markdown(&format!("geometric mean, {kind}"), |row| row.kind == kind));
            }
        }
        if self.has_groups {
            for group in [Group::Known, Group::Strangers] {
                line(self.means_markdown(&format!("**geometric mean, {}**", group.name()), |row| row.group == group));
            }
        }
        if !self.rows.is_empty() {
            line(self.means_markdown("**geometric mean**", |_| true));
        }
        if let Some(startup) = &self.startup {
            line(row_markdown(&format!("{} (wall time, module of 128 bytes)", startup.name), startup));
            if let (Some(nothing), Ok(wasmote)) = (self.nothing, &startup.cells[0]) {
                let above = milliseconds(wasmote.median) - milliseconds(nothing.median);
                let nothing = milliseconds(nothing.median);
                line(format!(
                    "\nAn empty Rust program takes {nothing:.2} ms of wall time: start-up is {above:.2} ms above it."
                ));
            }
        }
        line(String::new());
        for row in self.rows.iter().filter(|row| row.kind == "startup") {
            line(format!("- {}", row.wall_markdown(&self.engines)));
        }
        let failures = self.failures();
        if !failures.is_empty() {
            line("\nWithout a result, and left out of the means:\n".into());
            failures.iter().for_each(|failure| line(format!("- {failure}")));
        }
        text
    }
}

fn row_markdown(name: &str, row: &Row) -> String {
    let mut line = format!("| {name} |");
    for (index, cell) in row.cells.iter().enumerate() {
        match cell {
            Ok(cell) => {
                let [median, min, max] = [cell.median, cell.min, cell.max].map(milliseconds);
                let digits = if median < 100.0 { 2 } else { 0 };
                line.push_str(&format!(" {median:.digits$} ({min:.digits$}-{max:.digits$}) |"));
                line.push_str(&format!(" {:.1} |", cell.peak_kib as f64 / 1024.0));
            }
            Err(why) => line.push_str(&format!(" {} | - |", why.word())),
        }
        if index > 0 {
            line.push_str(&row.ratio(index).map_or(" - |".into(), |ratio| format!(" {ratio:.2} |")));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(milliseconds: &[u64]) -> Vec<Run> {
        let run = |&ms: &u64| Run { cpu: Duration::from_millis(ms), wall: Duration::from_millis(2 * ms), peak_kib: ms };
        milliseconds.iter().map(run).collect()
    }

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(Cell::of_cpu(&runs(&[9, 1, 5])).median, Duration::from_millis(5));
        let cell = Cell::of_wall(&runs(&[1, 4, 2, 9]));
        assert_eq!(cell.median, Duration::from_millis(6));
        assert_eq!((cell.min, cell.max, cell.peak_kib), (Duration::from_millis(2), Duration::from_millis(18), 9));
    }

    #[test]
    fn mean_is_geometric_and_leaves_failures_out() {
        let mut table = Table::new(vec!["wasmote".into(), "peer".into()]);
        for (ours, theirs) in [(1, Some(4)), (1, Some(1)), (5, None)] {
            let theirs = theirs.map_or(Err(Failure::Ended("trap".into())), |ms| Ok(Cell::of_cpu(&runs(&[ms]))));
            table.rows.push(Row {
                name: "guest".into(),
                kind: "integer".into(),
                group: [Group::Known, Group::Strangers][usize::from(ours == 1 && theirs.is_ok())],
                cells: vec![Ok(Cell::of_cpu(&runs(&[ours]))), theirs],
            });
        }
        let (mean, over) = table.mean(1, |_| true).unwrap();
        assert!((mean - 2.0).abs() < 1e-9);
        assert_eq!(over, 2);
        assert_eq!(table.failures(), ["guest under peer: trap"]);
        assert!(!table.is_wrong());
        let markdown = table.markdown(1);
        assert!(markdown.contains("| guest | 1.00 (1.00-1.00) | 0.0 | 4.00 (4.00-4.00) | 0.0 | 4.00 |"), "{markdown}");
        assert!(markdown.contains("**2.000** (2)"), "{markdown}");
        assert!(!markdown.contains("strangers"), "{markdown}");
        table.has_groups = true;
        let markdown = table.markdown(1);
        assert!(markdown.contains("| **geometric mean, known** | | | | | - |"), "{markdown}");
        assert!(markdown.contains("| **geometric mean, strangers** | | | | | **2.000** (2) |"), "{markdown}");
    }

    #[test]
    fn failure_of_wasmote_and_different_output_are_wrong() {
        let ended = || Err(Failure::Ended("trap".into()));
        let passed = || Ok(Cell::of_cpu(&runs(&[1])));
        for (cells, wrong) in [
            (vec![passed(), passed()], false),
            (vec![passed(), ended()], false),
            (vec![ended(), passed()], true),
            (vec![passed(), Err(Failure::Printed)], true),
            (vec![passed(), Err(Failure::Printed), ended()], true),
            (vec![passed(), Err(Failure::Printed), passed()], false),
        ] {
            let mut table = Table::new(vec!["wasmote".into(), "peer".into()]);
            table.rows.push(Row { name: "guest".into(), kind: "integer".into(), group: Group::Known, cells });
            assert_eq!(table.is_wrong(), wrong);
        }
    }
}

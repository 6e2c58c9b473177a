//! `cargo xtask bench --count`: how often the guests run each instruction and each pair of adjacent instructions. Changes of the instruction set are based on
//! these figures. The command is built with its feature `count`, and prints them when it ends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::choose::Program;
use super::engine::Engine;
use super::folder::Group;
use super::measure;
use crate::fused_operations;
use crate::guests::Workload;
use crate::project::{self, BINARY, CLI};

/// Lines of each list.
const SHOWN: usize = 25;
/// Stands for an instruction where the host calls WebAssembly or is called.
const HOST: &str = "host";

/// How often each pair of neighbours ran.
#[derive(Default)]
pub struct Counts(HashMap<[String; 2], u64>);

/// What to do with the counts.
#[derive(Clone, PartialEq)]
pub enum Count {
    /// Print those of all guests together.
    Together,
    /// Print those of each guest, too.
    Each,
    /// Choose lists of pairs of these lengths.
    Choose(Vec<usize>),
    /// Print the variants that no guest runs, or hardly ever.
    Unused,
}

impl Count {
    /// Whether a superinstruction counts as its two instructions.
    fn apart(&self) -> bool {
        matches!(self, Count::Choose(_) | Count::Unused)
    }
}

/// Runs each guest once and prints what was counted. Of the programs of a corpus, pairs are chosen by the known ones.
pub fn main(workloads: &[Workload], wanted: &Count, corpus: Option<&Path>, scratch: &Path) -> Result<()> {
    let each = *wanted == Count::Each;
    let engine = Engine::wasmote(build()?)?;
    let file = scratch.join("counts");
    let engine = if wanted.apart() { engine.with(&format!("--counts-out={}", file.display())) } else { engine };
    let mut guests = Vec::new();
    let (mut ran, mut names) = (Vec::new(), super::choose::Names::default());
    // Start-up and host functions have no loops worth a superinstruction, and vectors have a list of their own.
    let passing = |workload: &&Workload| matches!(&*workload.kind, "startup" | "host" | "vectors");
    for workload in workloads.iter().filter(|workload| !(matches!(wanted, Count::Choose(_)) && passing(workload))) {
        let run = measure::run(&mut engine.command(workload), workload.stdin.as_deref(), scratch)?;
        ensure!(run.exit_code == Some(workload.exit), "{}: {}", workload.name, run.status);
        let counted = if wanted.apart() { std::fs::read(&file).context("the counts")? } else { run.stderr };
        let text = String::from_utf8_lossy(&counted);
        let counts = Counts::parse(&text).context(workload.name.clone())?;
        if matches!(wanted, Count::Choose(_)) {
            let program = program(workload, corpus);
            ran.push(super::choose::Ran::parse(program, &text, &mut names).context(workload.name.clone())?);
        }
        ensure!(counts.total() > 0, "{}: nothing was counted", workload.name);
        // Between the lines of a list, it is a comment.
        let mark = if matches!(wanted, Count::Choose(_)) { "# " } else { "" };
        println!("{mark}{:<22} {:>16} dispatches", workload.name, counts.total());
        if each {
            print!("{}", lists(&[(workload.name.as_str(), &counts)]));
        }
        guests.push((workload.name.as_str(), counts));
    }
    if let Count::Choose(sizes) = wanted {
        print!("{}", super::choose::lines(&ran, &names, sizes));
        return Ok(());
    }
    if *wanted == Count::Unused {
        let counts: Vec<_> = guests.iter().map(|(_, counts)| counts.shares()).collect();
        print!("{}", super::unused::lists(&counts));
        return Ok(());
    }
    if guests.len() > 1 || !each {
        let guests: Vec<_> = guests.iter().map(|(name, counts)| (*name, counts)).collect();
        print!("{:<22} {:>16}\n{}", "all", guests.iter().map(|guest| guest.1.total()).sum::<u64>(), lists(&guests));
    }
    Ok(())
}

/// What pairs are chosen for.
fn program(workload: &Workload, corpus: Option<&Path>) -> Program {
    let is_of_corpus = corpus.is_some_and(|corpus| workload.module.starts_with(corpus));
    // Guests of the repository that are no interpreters and have no objects are small loops of all languages.
    let kind = match &*workload.kind {
        "calls" | "integer" | "float" | "memory" => "loops",
        kind => kind,
    };
    Program {
        kind: kind.into(),
        module: workload.module.clone(),
        is_stranger: is_of_corpus && Group::of(&workload.module) == Group::Strangers,
    }
}

/// Builds the command that counts. The build is optimised little, to be fast.
fn build() -> Result<PathBuf> {
    let folder = project::target_dir().join("count");
    let mut cargo = project::cargo(["build", "--release", "--locked", "--package", CLI, "--bin", BINARY]);
    cargo.args(["--features", "count", "--config", "profile.release.lto=false"]);
    project::run(cargo.args(["--config", "profile.release.codegen-units=16", "--target-dir"]).arg(&folder))?;
    Ok(folder.join("release").join(BINARY))
}

impl Counts {
    /// From lines `dispatched FIRST SECOND COUNT`; others are the guest's.
    pub fn parse(text: &str) -> Result<Counts> {
        let mut counts = Counts::default();
        for line in text.lines() {
            if let ["dispatched", first, second, count] = line.split(' ').collect::<Vec<_>>()[..] {
                *counts.0.entry([first.into(), second.into()]).or_default() +=
                    count.parse::<u64>().context("a count")?;
            }
        }
        Ok(counts)
    }

    /// Instructions that ran.
    pub fn total(&self) -> u64 {
        self.singles().values().sum()
    }

    /// By instruction.
    fn singles(&self) -> HashMap<String, u64> {
        let mut singles = HashMap::new();
        for ([_, second], count) in self.0.iter().filter(|(pair, _)| pair[1] != HOST) {
            *singles.entry(second.clone()).or_default() += count;
        }
        singles
    }

    /// By instruction, as a share of all that ran.
    fn shares(&self) -> HashMap<String, f64> {
        let total = self.total().max(1) as f64;
        self.singles().into_iter().map(|(name, count)| (name, count as f64 / total)).collect()
    }

    /// By pair.
    fn pairs(&self) -> HashMap<String, u64> {
        let within = self.0.iter().filter(|(pair, _)| pair.iter().all(|name| name != HOST));
        within.map(|([first, second], count)| (format!("{first} {second}"), *count)).collect()
    }
}

/// The most frequent instructions and pairs. With several guests, each line names the guest with the largest share.
fn lists(guests: &[(&str, &Counts)]) -> String {
    let totals: Vec<u64> = guests.iter().map(|guest| guest.1.total()).collect();
    let mut text = String::new();
    for kind in ["instructions", "adjacent pairs"] {
        let mut sums: HashMap<String, u64> = HashMap::new();
        let mut peaks: HashMap<String, (f64, &str)> = HashMap::new();
        for ((guest, counts), total) in guests.iter().zip(&totals) {
            let counted = if kind == "instructions" { counts.singles() } else { counts.pairs() };
            for (name, count) in counted {
                let share = percent(count, *total);
                let peak = peaks.entry(name.clone()).or_insert((share, guest));
                if share > peak.0 {
                    *peak = (share, guest);
                }
                *sums.entry(name).or_default() += count;
            }
        }
        let all = totals.iter().sum();
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.cmp(b)));
        text += &format!("\n  {kind}: {} different\n", sums.len());
        for (name, count) in sums.iter().take(SHOWN) {
            text += &format!("  {:>6.2}% {count:>15}  {name}", percent(*count, all));
            if guests.len() > 1 {
                let (share, guest) = peaks[name];
                text += &format!("  ({share:.1}% of {guest})");
            }
            text.push('\n');
        }
    }
    text += &families(guests);
    text.push('\n');
    text
}

/// The share of dispatches that each family of fused operations saves, in percent of the dispatches without fused operations and superinstructions. Each guest
/// has the same weight.
fn families(guests: &[(&str, &Counts)]) -> String {
    let mut text = String::from("\n  saved by instructions that do two operations:\n");
    let superinstructions = "superinstructions";
    for family in fused_operations::FAMILIES {
        let mut shares = Vec::new();
        for (guest, counts) in guests {
            let (mut saved, mut of_family, mut done) = (0, 0, 0);
            for (name, count) in counts.singles() {
                let parts: Vec<&str> = name.split('+').collect();
                let twice = |part: &&&str| fused_operations::of_instruction(part).is_some();
                let halves = parts.iter().filter(twice).count() as u64 * count;
                of_family += match family.name == superinstructions {
                    true => (parts.len() as u64 - 1) * count,
                    false => {
                        let in_it = |part: &&&str| {
                            fused_operations::of_instruction(part).is_some_and(|of| of.name == family.name)
                        };
                        parts.iter().filter(in_it).count() as u64 * count
                    }
                };
                saved += halves;
                done += parts.len() as u64 * count;
            }
            shares.push((percent(of_family, done + saved), *guest));
        }
        let mean = shares.iter().map(|(share, _)| share).sum::<f64>() / shares.len() as f64;
        let most = shares.iter().max_by(|a, b| a.0.total_cmp(&b.0));
        let (share, guest) = most.copied().unwrap_or_default();
        text += &format!("  {mean:>6.2}%  {}  ({share:.1}% of {guest})\n", family.name);
    }
    text
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_leave_the_host_and_other_lines_out() {
        let text = "a guest's own line\ndispatched host A 1\ndispatched A B.s_r 7\ndispatched B.s_r host 1\n";
        let counts = Counts::parse(text).unwrap();
        assert_eq!(counts.total(), 8);
        assert_eq!(counts.singles()["B.s_r"], 7);
        assert_eq!(counts.pairs(), HashMap::from([("A B.s_r".into(), 7)]));
        assert!(Counts::parse("dispatched A B many\n").is_err());
    }

    #[test]
    fn lists_name_the_guest_that_something_matters_most_to() {
        let guests =
            ["dispatched A A 1\ndispatched A B 3\n", "dispatched A A 6\n"].map(|text| Counts::parse(text).unwrap());
        let text = lists(&[("one", &guests[0]), ("two", &guests[1])]);
        assert!(text.contains("   70.00%               7  A  (100.0% of two)\n"), "{text}");
        assert!(text.contains("   30.00%               3  A B  (75.0% of one)\n"), "{text}");
    }

    #[test]
    fn families_save_what_their_instructions_would_be_otherwise() {
        let text = "dispatched A CopyTwo.s 1\ndispatched A StepI32Ne.s+CopyTwo.s 1\ndispatched A Copy.s 1\n";
        let counts = Counts::parse(text).unwrap();
        // Without fused operations and superinstructions there are seven: two for each of three, and a copy.
        let text = families(&[("one", &counts)]);
        assert!(text.contains("  28.57%  two copies  (28.6% of one)\n"), "{text}");
        assert!(text.contains("  14.29%  loop steps  "), "{text}");
        assert!(text.contains("  14.29%  superinstructions  "), "{text}");
        assert!(text.contains("   0.00%  two additions  "), "{text}");
    }
}

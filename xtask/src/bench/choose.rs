//! `cargo xtask bench --choose-superinstructions NUMBERS`: which superinstructions save most, as the lines of their list
//! (`superinstructions.list` in `wasmote-exec`). `cargo xtask superinstructions FILE...`: the same for programs of one's own.
//!
//! A pair is judged by the share of dispatches that it saves, however long a program runs. Each kind of programs has the same weight, in a kind each program, and of
//! a program each run. A straight sequence of instructions is split as the linker splits it, two at a time from the left, so that only one of two overlapping pairs
//! counts.
//!
//! A list has a section for each size, and a longer list contains the shorter ones: the section of a feature is what it adds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;
use wasmote_ir::ops::OPCODES;
use wasmote_ir::{Op, Opcode};

/// Families that are in no pair, because their handlers are large or have a frame, or run rarely.
const NEVER: &[&str] = &[
    "Unreachable",
    "Fuel",
    "Mem",
    "Tab",
    "Drop",
    "FuncReference",
    "ReturnCall",
    "CallImport",
    "CopySpan",
    "ZeroSlots",
];
/// Families that end a straight sequence.
const LAST: &[&str] = &["Goto", "BrTable", "Return", "Call"];

/// The number of steps in which pairs are chosen. After each step, the remaining savings are counted again.
const STEPS: usize = 20;
/// The number of parts for cross-validation of programs of one kind. Of several kinds, each is a part.
const PARTS: usize = 4;

/// The features whose sections a list may have, each with the sections before it.
const FEATURES: [&str; 3] = ["superinstructions", "more-superinstructions", "most-superinstructions"];

pub const OPTIONS: &str = "
  FILE...       what `run --counts-out` wrote, each of one run; all weigh the same
  --number N    how many superinstructions (default: 500)

Prints a list for WASMOTE_SUPERINSTRUCTIONS (CONTRIBUTING.md), and how many dispatches it leaves.
";

/// Prints the list for the runs whose counts lie in files.
pub fn main(mut arguments: Arguments) -> Result<()> {
    let number: usize = arguments.opt_value_from_str("--number")?.unwrap_or(500);
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(file) = arguments.opt_free_from_str()? {
        files.push(file);
    }
    crate::no_more_arguments(arguments)?;
    ensure!(!files.is_empty(), "name the files that `run --counts-out` wrote");
    let (mut ran, mut names) = (Vec::new(), Names::default());
    for file in &files {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let one = Ran::parse(Program::of_file(file), &text, &mut names).with_context(|| file.display().to_string())?;
        ensure!(!one.straights.is_empty(), "{}: no counts of straight code", file.display());
        ran.push(one);
    }
    print!("{}", lines(&ran, &names, &[number]));
    Ok(())
}

/// The numbers of pairs of an option, such as `150,500`: one for each feature.
pub fn sizes(text: &str) -> Result<Vec<usize>> {
    let sizes: Vec<usize> =
        text.split(',').map(|size| size.parse().context("a number of pairs")).collect::<Result<_>>()?;
    ensure!(
        sizes.len() <= FEATURES.len() && sizes.is_sorted(),
        "at most {} numbers, the smallest first",
        FEATURES.len()
    );
    Ok(sizes)
}

/// Whose run it was.
#[derive(Clone)]
pub struct Program {
    /// The kind of programs.
    pub kind: String,
    /// The program: several runs may be of one.
    pub module: PathBuf,
    /// Whether pairs are judged by it, and not chosen.
    pub is_stranger: bool,
}

impl Program {
    fn of_file(file: &Path) -> Program {
        Program { kind: String::new(), module: file.to_owned(), is_stranger: false }
    }
}

/// What ran in one run of a program.
pub struct Ran {
    program: Program,
    /// Sequences of instructions without a jump target inside, each instruction with its share of all dispatches.
    straights: Vec<Vec<(Name, f64)>>,
}

/// An instruction, by its place in [`Names`].
type Name = usize;
/// Two of them.
type Pair = (Name, Name);

/// The instructions that ran.
#[derive(Default)]
pub struct Names {
    all: Vec<String>,
    numbers: HashMap<String, Name>,
}

impl Names {
    fn number(&mut self, name: &str) -> Name {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.all.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// Some pairs.
#[derive(Clone)]
struct Pairs {
    /// For each pair of names whether it is among them.
    among: Vec<bool>,
    names: usize,
}

impl Pairs {
    fn none(names: &Names) -> Pairs {
        let names = names.all.len();
        Pairs { among: vec![false; names * names], names }
    }

    fn has(&self, (first, second): Pair) -> bool {
        self.among[first * self.names + second]
    }

    fn insert(&mut self, (first, second): Pair) {
        self.among[first * self.names + second] = true;
    }

    fn all(&self) -> impl Iterator<Item = Pair> {
        self.among.iter().enumerate().filter(|(_, among)| **among).map(|(at, _)| (at / self.names, at % self.names))
    }
}

impl Ran {
    /// From lines `straight FIRST COUNT SECOND COUNT ...`; others are the guest's.
    pub fn parse(program: Program, text: &str, names: &mut Names) -> Result<Ran> {
        let mut straights = Vec::new();
        for line in text.lines() {
            let mut words = line.split(' ');
            if words.next() != Some("straight") {
                continue;
            }
            let mut straight = Vec::new();
            while let (Some(name), Some(count)) = (words.next(), words.next()) {
                straight.push((names.number(name), count.parse::<f64>().context("a count")?));
            }
            straights.push(straight);
        }
        let total: f64 = straights.iter().flatten().map(|(_, count)| count).sum();
        straights.iter_mut().flatten().for_each(|(_, count)| *count /= total);
        Ok(Ran { program, straights })
    }
}

/// The lines of the list: the pairs that save most dispatches, of each size. Behind each section is the share of dispatches that is left with it and those before it: of
/// the programs that pairs are chosen by, of each of their parts by the others, and of the strangers.
pub fn lines(runs: &[Ran], names: &Names, sizes: &[usize]) -> String {
    let (strangers, known): (Vec<&Ran>, Vec<&Ran>) = runs.iter().partition(|run| run.program.is_stranger);
    let parts: Vec<(Vec<&Ran>, Vec<&Ran>)> = parts(&known);
    let mut chosen = Pairs::none(names);
    let mut chosen_by_others: Vec<Pairs> = parts.iter().map(|_| Pairs::none(names)).collect();
    let mut text = String::new();
    for (&size, feature) in sizes.iter().zip(FEATURES) {
        let shorter = chosen.clone();
        chosen = choose(&known, names, size, &shorter);
        if sizes.len() > 1 {
            text += &format!("[{feature}]\n");
        }
        let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (first, second) in chosen.all().filter(|&pair| !shorter.has(pair)) {
            lines.entry(&names.all[first]).or_default().push(&names.all[second]);
        }
        for (first, mut seconds) in lines {
            seconds.sort_unstable();
            text += &format!("{first}: {};\n", seconds.join(", "));
        }
        let all = chosen.all().count();
        text += &format!("# {all} pairs; dispatches left: {:.3} of these programs", left_of(&known, &chosen));
        // Of one program, there is no other to choose by.
        if parts.len() > 1 {
            let mut left = 0.0;
            for ((part, others), chosen) in parts.iter().zip(&mut chosen_by_others) {
                *chosen = choose(others, names, size, chosen);
                left += left_of(part, chosen) / parts.len() as f64;
            }
            text += &format!(", {left:.3} of programs that they are not chosen by");
        }
        text.push('\n');
        if !strangers.is_empty() {
            text += &format!("# of {} strangers: {:.3}\n", strangers.len(), left_of(&strangers, &chosen));
        }
    }
    text
}

/// Each part of the programs, with the others: the kinds, or if there is only one, a quarter of the programs.
fn parts<'a>(runs: &[&'a Ran]) -> Vec<(Vec<&'a Ran>, Vec<&'a Ran>)> {
    let kinds: BTreeSet<&str> = runs.iter().map(|run| &*run.program.kind).collect();
    let programs: BTreeSet<&Path> = runs.iter().map(|run| &*run.program.module).collect();
    let part_of = |run: &Ran| match kinds.len() {
        1 => programs.iter().position(|module| *module == run.program.module).unwrap_or(0) % PARTS,
        _ => kinds.iter().position(|kind| *kind == run.program.kind).unwrap_or(0),
    };
    let count = if kinds.len() == 1 { PARTS.min(programs.len()) } else { kinds.len() };
    (0..count).map(|part| runs.iter().partition(|run| part_of(run) == part)).collect()
}

/// The weight of each run: kinds weigh the same, the programs of a kind, and the runs of a program. All together weigh 1.
fn weights(runs: &[&Ran]) -> Vec<f64> {
    let mut kinds: BTreeMap<&str, BTreeMap<&Path, usize>> = BTreeMap::new();
    for run in runs {
        *kinds.entry(&run.program.kind).or_default().entry(&run.program.module).or_default() += 1;
    }
    let weight = |run: &&Ran| {
        let programs = &kinds[&*run.program.kind];
        1.0 / (kinds.len() * programs.len() * programs[&*run.program.module]) as f64
    };
    runs.iter().map(weight).collect()
}

/// The share of their dispatches that is left.
fn left_of(runs: &[&Ran], pairs: &Pairs) -> f64 {
    runs.iter().zip(weights(runs)).map(|(run, weight)| left(run, pairs) * weight).sum()
}

/// The pairs that save most, among them `shorter`.
fn choose(runs: &[&Ran], names: &Names, number: usize, shorter: &Pairs) -> Pairs {
    let may: Vec<_> = names.all.iter().map(|name| (may_begin(name), may_end(name))).collect();
    let weights = weights(runs);
    let mut chosen = shorter.clone();
    let mut count = chosen.all().count();
    let more = number.saturating_sub(count);
    let start = count;
    for step in 1..=STEPS {
        let mut gains: HashMap<Pair, f64> = HashMap::new();
        for (run, weight) in runs.iter().zip(&weights) {
            for straight in &run.straights {
                // The instruction before, if it is dispatched alone.
                let mut before = None;
                for unit in units(straight, &chosen) {
                    let (name, share) = unit[0];
                    if let (Some(first), [_]) = (before, unit)
                        && may[name].1
                    {
                        *gains.entry((first, name)).or_default() += share * weight;
                    }
                    before = Some(name).filter(|_| unit.len() == 1 && may[name].0);
                }
            }
        }
        let mut gains: Vec<_> = gains.into_iter().collect();
        gains.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let room = (start + more * step / STEPS).saturating_sub(count);
        gains.into_iter().take(room).for_each(|(pair, _)| chosen.insert(pair));
        // Drops pairs that others have replaced.
        let mut used = shorter.clone();
        for straight in runs.iter().flat_map(|run| &run.straights) {
            units(straight, &chosen).filter_map(pair_of).for_each(|pair| used.insert(pair));
        }
        chosen = used;
        count = chosen.all().count();
    }
    chosen
}

fn pair_of(unit: &[(Name, f64)]) -> Option<Pair> {
    if let [first, second] = unit { Some((first.0, second.0)) } else { None }
}

/// The instructions as they are dispatched: one or two at a time.
fn units<'a>(straight: &'a [(Name, f64)], pairs: &Pairs) -> impl Iterator<Item = &'a [(Name, f64)]> {
    let mut rest = straight;
    std::iter::from_fn(move || {
        let is_pair = rest.get(..2).and_then(pair_of).is_some_and(|pair| pairs.has(pair));
        let (unit, others) = rest.split_at_checked(1 + usize::from(is_pair))?;
        rest = others;
        Some(unit)
    })
}

/// The share of a run's dispatches that is left.
fn left(run: &Ran, pairs: &Pairs) -> f64 {
    run.straights.iter().flat_map(|straight| units(straight, pairs).map(|unit| unit[0].1)).sum()
}

fn is_of(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| name.starts_with(family))
}

/// Whether the instruction can be the first of a pair: it has operands, so that a trap's address differs from that of the second.
fn may_begin(name: &str) -> bool {
    operand_units(name) > 0 && may_end(name) && !is_of(name, LAST)
}

/// Whether it can be the second. Handlers of garbage collection and vectors are in other crates.
fn may_end(name: &str) -> bool {
    let is_there = op(name).is_some_and(|op| usize::from(Opcode::new(op, 0).0) < OPCODES);
    is_there
        && !is_of(name, NEVER)
        && !["Any.", "Near.", "V128.", "128.", "Wide"].iter().any(|part| name.contains(part))
}

fn op(name: &str) -> Option<Op> {
    let (family, _) = name.split_once('.')?;
    Op::ALL.iter().copied().find(|op| op.name() == family)
}

fn operand_units(name: &str) -> usize {
    let suffix = name.split_once('.').map_or("", |(_, suffix)| suffix);
    let variants = op(name).map_or(&[][..], |op| op.variants());
    variants.iter().find(|variant| variant.suffix == suffix).map_or(0, |variant| variant.units())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of a program that has a kind of its own.
    fn ran(at: usize, text: &str, names: &mut Names) -> Ran {
        let program = Program { kind: at.to_string(), ..Program::of_file(Path::new(&at.to_string())) };
        Ran::parse(program, text, names).unwrap()
    }

    /// The lines for programs that ran so, each of its own kind.
    fn chosen(programs: &[&str], sizes: &[usize]) -> String {
        let mut names = Names::default();
        let runs: Vec<Ran> = programs.iter().enumerate().map(|(at, text)| ran(at, text, &mut names)).collect();
        lines(&runs, &names, sizes)
    }

    #[test]
    fn each_program_counts_alike_and_only_pairs_that_can_be_are_chosen() {
        let long = "straight Copy.s 600 Goto.x 600\nstraight Goto.x 400 Copy.s 400\n";
        let short = "a line of its own\nstraight I32Clz.r_r 1 Copy.s 1\nstraight Load32.s_r 3 I32Add.ri 3\n";
        let text = chosen(&[long, short], &[2]);
        assert!(text.starts_with("Copy.s: Goto.x;\nLoad32.s_r: I32Add.ri;\n# 2 pairs"), "{text}");
        // 1400 of 2000 are left, and 5 of 8; without its own pairs nothing is saved.
        assert!(text.contains("left: 0.662 of these programs, 1.000 of programs"), "{text}");
        let one = chosen(&[long, short], &[1]);
        assert!(one.starts_with("Load32.s_r: I32Add.ri;\n# 1 pairs"), "{one}");
    }

    #[test]
    fn each_kind_weighs_alike_and_strangers_only_judge() {
        let mut names = Names::default();
        let texts =
            ["straight Copy.s 2 Goto.x 1\n", "straight I32Add.ri 4 Goto.x 1\n", "straight I32Add.ri 4 Goto.x 1\n"];
        let mut runs: Vec<Ran> = texts.iter().enumerate().map(|(at, text)| ran(at, text, &mut names)).collect();
        // Two programs of one kind save a fifth each, one of another kind a third.
        runs[2].program.kind = runs[1].program.kind.clone();
        assert!(lines(&runs, &names, &[1]).starts_with("Copy.s: Goto.x;\n# 1 pairs; dispatches left: 0.833 of"));
        runs[0].program.is_stranger = true;
        let text = lines(&runs, &names, &[1]);
        assert!(text.starts_with("I32Add.ri: Goto.x;\n# 1 pairs; dispatches left: 0.800 of"), "{text}");
        assert!(text.ends_with("# of 1 strangers: 1.000\n"), "{text}");
    }

    #[test]
    fn a_longer_list_contains_the_shorter_one() {
        let text =
            "straight Copy.s 10 Load32.s_r 10\nstraight I32Add.ri 6 I32Xor.ri 6\nstraight I32Xor.ri 4 Goto.x 4\n";
        let text = chosen(&[text], &[1, 3]);
        let sections = "[superinstructions]\nCopy.s: Load32.s_r;\n# 1 pairs; dispatches left: 0.750 of these programs\n\
            [more-superinstructions]\nI32Add.ri: I32Xor.ri;\nI32Xor.ri: Goto.x;\n# 3 pairs; dispatches left: 0.500 of these programs\n";
        assert_eq!(text, sections);
        assert!(sizes("3,1").is_err() && sizes("a").is_err() && sizes("1,2,3,4").is_err());
        assert_eq!(sizes("1,20").unwrap(), [1, 20]);
    }

    #[test]
    fn of_pairs_that_overlap_those_count_that_are_dispatched() {
        // The middle two run most often, but with the first two together are never dispatched.
        let text = "straight Copy.s 10 Load32.s_r 10 I32Add.ri 10 I32Xor.ri 10\nstraight Load32.s_r 1 I32Add.ri 1\n";
        let text = chosen(&[text], &[40]);
        assert!(text.ends_with("3 pairs; dispatches left: 0.500 of these programs\n"), "{text}");
    }

    #[test]
    fn what_runs_less_often_than_what_is_before_it_saves_less() {
        let text = chosen(&["straight BrI32Ne.ri 90 Copy.s 10\n"], &[1]);
        assert!(text.contains("left: 0.900 of these"), "{text}");
    }
}

//! `cargo xtask bench --choose-superinstructions NUMBER`: which superinstructions save most, as the lines of their list
//! (`superinstructions.list` in `wasmote-exec`). `cargo xtask superinstructions FILE...`: the same for programs of one's own.
//!
//! Each guest has the same weight, however long it runs: a pair is judged by the share of dispatches that it saves. A straight sequence of instructions is split as
//! the linker splits it, two at a time from the left, so that only one of two overlapping pairs counts.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;
use wasmote_ir::ops::OPCODES;
use wasmote_ir::{Op, Opcode};

use super::folder::Group;

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
/// The number of parts of the programs for cross-validation.
const PARTS: usize = 4;

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
        let one = Ran::parse(file, &text, &mut names).with_context(|| file.display().to_string())?;
        ensure!(!one.straights.is_empty(), "{}: no counts of straight code", file.display());
        ran.push(one);
    }
    print!("{}", lines(&ran, &names, number, false));
    Ok(())
}

/// What ran of a guest.
pub struct Ran {
    /// The program: several guests may be of one.
    module: PathBuf,
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
    pub fn parse(module: &Path, text: &str, names: &mut Names) -> Result<Ran> {
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
        Ok(Ran { module: module.to_owned(), straights })
    }
}

/// The lines of the list: the `number` pairs that save most dispatches. After it, the share of dispatches that is left: of the guests, and of guests that the pairs were not
/// chosen by. The strangers of a corpus have a line of their own.
pub fn lines(guests: &[Ran], names: &Names, number: usize, has_groups: bool) -> String {
    let is_stranger = |guest: &&Ran| has_groups && Group::of(&guest.module) == Group::Strangers;
    let (strangers, guests): (Vec<&Ran>, Vec<&Ran>) = guests.iter().partition(is_stranger);
    let chosen = choose(&guests, names, number);
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (first, second) in chosen.all() {
        lines.entry(&names.all[first]).or_default().push(&names.all[second]);
    }
    let mut text = String::new();
    for (first, mut seconds) in lines {
        seconds.sort_unstable();
        text += &format!("{first}: {};\n", seconds.join(", "));
    }
    let mut programs: Vec<&Path> = guests.iter().map(|guest| &*guest.module).collect();
    programs.sort_unstable();
    programs.dedup();
    let part_of = |guest: &Ran| programs.iter().position(|module| *module == guest.module).map(|at| at % PARTS);
    let mut strange = Vec::new();
    for part in 0..PARTS {
        let (out, others): (Vec<&Ran>, Vec<&Ran>) = guests.iter().partition(|guest| part_of(guest) == Some(part));
        let chosen = choose(&others, names, number);
        strange.extend(out.iter().map(|guest| left(guest, &chosen)));
    }
    let known: Vec<f64> = guests.iter().map(|guest| left(guest, &chosen)).collect();
    text += &format!("# {} pairs; dispatches left: {:.3} of these guests", chosen.all().count(), mean(&known));
    // Of one program, there is no other to choose by.
    if programs.len() > 1 {
        text += &format!(", {:.3} of guests that they are not chosen by", mean(&strange));
    }
    text.push('\n');
    if has_groups {
        let left: Vec<f64> = strangers.iter().map(|guest| left(guest, &chosen)).collect();
        text += &format!("# of {} strangers: {:.3}\n", left.len(), mean(&left));
    }
    text
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The pairs that save most.
fn choose(guests: &[&Ran], names: &Names, number: usize) -> Pairs {
    let may: Vec<_> = names.all.iter().map(|name| (may_begin(name), may_end(name))).collect();
    let mut chosen = Pairs::none(names);
    let mut count = 0;
    for step in 1..=STEPS {
        let mut gains: HashMap<Pair, f64> = HashMap::new();
        for straight in guests.iter().flat_map(|guest| &guest.straights) {
            // The instruction before, if it is dispatched alone.
            let mut before = None;
            for unit in units(straight, &chosen) {
                let (name, share) = unit[0];
                if let (Some(first), [_]) = (before, unit)
                    && may[name].1
                {
                    *gains.entry((first, name)).or_default() += share;
                }
                before = Some(name).filter(|_| unit.len() == 1 && may[name].0);
            }
        }
        let mut gains: Vec<_> = gains.into_iter().collect();
        gains.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let more = (number * step / STEPS).saturating_sub(count);
        gains.into_iter().take(more).for_each(|(pair, _)| chosen.insert(pair));
        // Drops pairs that others have replaced.
        let mut used = Pairs::none(names);
        for straight in guests.iter().flat_map(|guest| &guest.straights) {
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

/// The share of a guest's dispatches that are left.
fn left(guest: &Ran, pairs: &Pairs) -> f64 {
    guest.straights.iter().flat_map(|straight| units(straight, pairs).map(|unit| unit[0].1)).sum()
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

    /// The lines for programs that ran so, each a guest.
    fn chosen(guests: &[&str], number: usize) -> String {
        let mut names = Names::default();
        let ran = |(at, text): (usize, &&str)| Ran::parse(Path::new(&at.to_string()), text, &mut names).unwrap();
        let guests: Vec<Ran> = guests.iter().enumerate().map(ran).collect();
        lines(&guests, &names, number, false)
    }

    #[test]
    fn each_guest_counts_alike_and_only_pairs_that_can_be_are_chosen() {
        let long = "straight Copy.s 600 Goto.x 600\nstraight Goto.x 400 Copy.s 400\n";
        let short = "a line of its own\nstraight I32Clz.r_r 1 Copy.s 1\nstraight Load32.s_r 3 I32Add.ri 3\n";
        let text = chosen(&[long, short], 2);
        assert!(text.starts_with("Copy.s: Goto.x;\nLoad32.s_r: I32Add.ri;\n# 2 pairs"), "{text}");
        // 1400 of 2000 are left, and 5 of 8; without its own pairs nothing is saved.
        assert!(text.contains("left: 0.662 of these guests, 1.000 of guests"), "{text}");
        let one = chosen(&[long, short], 1);
        assert!(one.starts_with("Load32.s_r: I32Add.ri;\n# 1 pairs"), "{one}");
    }

    #[test]
    fn of_pairs_that_overlap_those_count_that_are_dispatched() {
        // The middle two run most often, but with the first two together are never dispatched.
        let text = "straight Copy.s 10 Load32.s_r 10 I32Add.ri 10 I32Xor.ri 10\nstraight Load32.s_r 1 I32Add.ri 1\n";
        let text = chosen(&[text], 40);
        assert!(text.ends_with("3 pairs; dispatches left: 0.500 of these guests\n"), "{text}");
    }

    #[test]
    fn what_runs_less_often_than_what_is_before_it_saves_less() {
        let text = chosen(&["straight BrI32Ne.ri 90 Copy.s 10\n"], 1);
        assert!(text.contains("left: 0.900 of these"), "{text}");
    }
}

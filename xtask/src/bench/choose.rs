//! `cargo xtask bench --choose-pairs SHARE`: which two instructions in a row are worth a handler of their own
//! (`wasmote_exec`'s `handlers::pairs`), as the lines of its list.
//!
//! Each guest counts alike, however long it runs: what matters is the share of its dispatches that a pair would save.

use std::collections::BTreeMap;

use anyhow::Result;
use wasmote_ir::Op;

use super::count::Counts;

/// Families that are in no pair: their handlers are large or have a frame, or they hardly matter.
const NEVER: &[&str] = &[
    "Unreachable",
    "Fuel",
    "Mem",
    "Tab",
    "Select",
    "Drop",
    "FuncReference",
    "ReturnCall",
    "CallImport",
    "CopySpan",
    "ZeroSlots",
];
/// Families behind which nothing is reached.
const LAST: &[&str] = &["Goto", "BrTable", "Return", "Call"];

/// The lines of the list: pairs that make up at least `share` percent of the neighbours.
pub fn lines(guests: &[(&str, Counts)], share: f64) -> Result<String> {
    let mut shares: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for (_, counts) in guests {
        let total = counts.total() as f64;
        for ([first, second], count) in counts.neighbours() {
            if may_begin(first) && may_end(second) {
                *shares.entry((first, second)).or_default() += 100.0 * count as f64 / total / guests.len() as f64;
            }
        }
    }
    shares.retain(|_, pair| *pair >= share);
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (first, second) in shares.keys() {
        lines.entry(first).or_default().push(second);
    }
    let mut text = String::new();
    for (first, seconds) in lines {
        text += &format!("    {first}: {};\n", seconds.join(", "));
    }
    text += &format!("{} pairs, {:.1}% of the neighbours\n", shares.len(), shares.values().sum::<f64>());
    Ok(text)
}

fn is_of(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| name.starts_with(family))
}

/// Whether the instruction can be the first of a pair: it has operands, by which a trap tells it from the second.
fn may_begin(name: &str) -> bool {
    let units = name.split_once('.').and_then(|(family, suffix)| {
        let op = Op::ALL.iter().find(|op| op.name() == family)?;
        op.variants().iter().find(|variant| variant.suffix == suffix).map(|variant| variant.units())
    });
    units.is_some_and(|units| units > 0) && may_end(name) && !is_of(name, LAST)
}

/// Whether it can be the second.
fn may_end(name: &str) -> bool {
    !is_of(name, NEVER) && !["Any.", "Near.", "V128.", "128.", "Wide"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guest_counts_alike_and_only_pairs_that_can_be_are_listed() {
        let long = "dispatched Copy.s Goto.x 600\ndispatched Goto.x Copy.s 400\n";
        let short = "dispatched I32Clz.r_r Copy.s 1\ndispatched Load32.s_r I32Add.ri 3\n";
        let guests = [("long", Counts::parse(long).unwrap()), ("short", Counts::parse(short).unwrap())];
        assert_eq!(
            lines(&guests, 30.0).unwrap(),
            "    Copy.s: Goto.x;\n    Load32.s_r: I32Add.ri;\n2 pairs, 67.5% of the neighbours\n"
        );
        assert_eq!(lines(&guests, 37.0).unwrap(), "    Load32.s_r: I32Add.ri;\n1 pairs, 37.5% of the neighbours\n");
    }
}

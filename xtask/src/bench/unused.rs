//! `--unused`: which variants of instructions the programs do not need. To remove one, give its family a smaller shape, or write `only` in its row. Comparisons
//! before branches and first halves of fused operations are not dispatched; they must stay as long as the branch or the fused operation does.

use std::collections::{BTreeMap, HashMap};

use wasmote_ir::Op;

/// A variant is rare if its share of the dispatches of each program is smaller.
const RARE: f64 = 0.001;

/// The variants that no program dispatched, and those that are rare in each, by family. The maps are instructions' shares of a program.
pub fn lists(programs: &[HashMap<String, f64>]) -> String {
    let mut never: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut rare: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut all, mut share_of_rare) = (0, 0.0);
    for &op in Op::ALL {
        let variants = op.variants();
        for (number, variant) in variants.iter().enumerate().filter(|&(number, _)| op.has(number)) {
            all += 1;
            // A family needs one variant.
            if (0..variants.len()).filter(|&number| op.has(number)).count() == 1 {
                continue;
            }
            let name = full_name(op, number);
            let shares = programs.iter().map(|program| program.get(&name).copied().unwrap_or(0.0));
            let most = shares.clone().fold(0.0, f64::max);
            if most == 0.0 {
                never.entry(op.name()).or_default().push(variant.suffix);
            } else if most < RARE {
                share_of_rare += shares.sum::<f64>();
                rare.entry(op.name()).or_default().push(variant.suffix);
            }
        }
    }
    let count = |list: &BTreeMap<&str, Vec<&str>>| list.values().map(Vec::len).sum::<usize>();
    format!(
        "never dispatched: {} of {all} variants\n{}\nless than {} of each program's dispatches: {}, together {:.2}% of the mean program's\n{}",
        count(&never),
        lines(&never),
        RARE,
        count(&rare),
        100.0 * share_of_rare / programs.len().max(1) as f64,
        lines(&rare),
    )
}

fn lines(list: &BTreeMap<&str, Vec<&str>>) -> String {
    list.iter().map(|(family, variants)| format!("  {family}: {}\n", variants.join(" "))).collect()
}

fn full_name(op: Op, number: usize) -> String {
    match op.variants()[number].suffix {
        "" => op.name().to_owned(),
        suffix => format!("{}.{suffix}", op.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_listed_by_what_the_program_that_has_most_of_them_ran() {
        let program = |runs: &[(&str, f64)]| runs.iter().map(|&(name, share)| (name.to_owned(), share)).collect();
        let text = lists(&[
            program(&[("I32Clz.s", 0.5), ("I32Clz.s_r", 0.0004)]),
            program(&[("I32Clz.s", 0.5), ("I32Clz.r", 0.2)]),
        ]);
        assert!(text.contains("  I32Clz: r_r\n"), "{text}");
        assert!(
            text.contains("program's dispatches: 1, together 0.02% of the mean program's\n  I32Clz: s_r\n"),
            "{text}"
        );
    }
}

//! The table of figures, and lists of functions.

use indicatif::HumanCount;

use super::budget::Configuration;
use super::gate::{Line, Part};
use super::measure::Measured;

/// Functions are cut to this many characters.
const WIDTH: usize = 90;

/// The figures of all configurations, in one table.
pub fn print(rows: &[(&Configuration, Vec<Line>, Measured)]) {
    println!("{:<26} {:>11} {:>11} {:>11} {:>10}", "bytes", "budget", "measured", "head room", "change");
    for (configuration, lines, measured) in rows {
        for line in lines {
            let what = if line.part == Part::Total { line.what.clone() } else { format!("  {}", line.what) };
            let change = line.change().map_or("new".into(), |change| signed(change, true));
            let over = if line.head_room() < 0 { "  OVER" } else { "" };
            println!(
                "{what:<26} {:>11} {:>11} {:>11} {change:>10}{over}",
                HumanCount(line.budget).to_string(),
                HumanCount(line.measured).to_string(),
                signed(line.head_room(), false),
            );
        }
        if let Some(gzipped) = measured.gzipped {
            println!("  gzipped: {}", HumanCount(gzipped));
        }
        if let (Some(goal), Some(total)) = (configuration.goal, lines.first()) {
            let (goal, ratio) = (HumanCount(goal), total.measured as f64 / goal as f64);
            println!("  goal: {goal}; measured: {ratio:.2} times that");
        }
    }
}

/// The largest functions, and those with the most instances.
pub fn print_functions(measured: &Measured, count: usize) {
    println!("\n{}: largest functions", measured.name);
    for function in measured.functions.iter().take(count) {
        println!("  {:>9}  {:<18} {}", HumanCount(function.bytes).to_string(), function.of, cut(&function.name));
    }
    println!("{}: functions instantiated most often", measured.name);
    let mut groups = measured.groups();
    groups.sort_by_key(|group| std::cmp::Reverse(group.instances));
    for group in groups.iter().take(count) {
        let (bytes, instances) = (HumanCount(group.bytes).to_string(), format!("{} times", group.instances));
        println!("  {bytes:>9}  {instances:<18} {}", cut(&group.name));
    }
}

fn signed(number: i64, plus: bool) -> String {
    let sign = match number.signum() {
        -1 => "-",
        1 if plus => "+",
        _ => "",
    };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}

fn cut(name: &str) -> String {
    if name.chars().count() <= WIDTH {
        return name.into();
    }
    name.chars().take(WIDTH - 3).chain("...".chars()).collect()
}

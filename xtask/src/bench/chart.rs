//! The table as a picture: for each guest a bar for each peer, as long as the peer's time by wasmote's. One SVG file that needs
//! nothing else.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::table::{Row, Table};

/// Units of the picture: its width, what guests' names take of it, and what stays free on the right, for numbers.
const WIDTH: f64 = 900.0;
const NAMES: f64 = 130.0;
const MARGIN: f64 = 50.0;
/// Heights of a bar and of the space between guests.
const BAR: f64 = 9.0;
const GAP: f64 = 6.0;
/// A line of the legend.
const LINE: f64 = 16.0;
/// A peer's colour, by its place.
const COLOURS: [&str; 6] = ["#4269d0", "#d98a00", "#c8352b", "#3ca951", "#8a5bc7", "#6b7280"];

/// Writes the picture to a file, in a folder that is made if need be.
pub fn write(table: &Table, path: &Path) -> Result<()> {
    ensure!(table.engines.len() > 1 && !table.rows.is_empty(), "a chart needs a guest and an engine to compare with");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(path, svg(table)).with_context(|| path.display().to_string())
}

fn svg(table: &Table) -> String {
    let peers = 1..table.engines.len();
    let ratios = table.rows.iter().flat_map(|row| peers.clone().filter_map(|peer| row.ratio(peer)));
    let longest = ratios.fold(1.0, f64::max).ceil();
    let scale = (WIDTH - NAMES - MARGIN) / longest;
    let at = |ratio: f64| NAMES + ratio * scale;

    let row_height = peers.len() as f64 * BAR + GAP;
    let top = (peers.len() + 2) as f64 * LINE;
    let bottom = top + table.rows.len() as f64 * row_height;
    let height = bottom + 1.5 * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"10\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(&mut svg, NAMES, 12.0, "start", "CPU time by wasmote's: beyond 1 wasmote is faster. Dashed: geometric mean.");

    // The axis, behind the bars; its steps leave room for their numbers.
    let step = (longest / 8.0).ceil();
    let mut value = 0.0;
    while value <= longest {
        line(&mut svg, at(value), [top, bottom], "#ccc", "");
        text(&mut svg, at(value), bottom + LINE, "middle", &value.to_string());
        value += step;
    }
    line(&mut svg, at(1.0), [top, bottom], "#000", "");
    for (number, row) in table.rows.iter().enumerate() {
        let y = top + number as f64 * row_height + GAP / 2.0;
        text(&mut svg, NAMES - 6.0, y + (row_height - GAP) / 2.0 + 3.0, "end", &row.name);
        for peer in peers.clone() {
            bar(&mut svg, row, peer, y + (peer - 1) as f64 * BAR, &at);
        }
    }
    for peer in peers {
        let y = (peer as f64 + 1.0) * LINE;
        let colour = colour(peer);
        let mean = match table.mean(peer, |_| true) {
            Some((mean, over)) => {
                line(&mut svg, at(mean), [top, bottom], colour, " stroke-dasharray=\"4 3\"");
                format!("{mean:.3} over {over}")
            }
            None => "no result".into(),
        };
        rectangle(&mut svg, [NAMES, y - 8.0, 10.0, 8.0], colour);
        text(&mut svg, NAMES + 16.0, y, "start", &format!("{}: {mean}", table.engines[peer]));
    }
    svg.push_str("</svg>\n");
    svg
}

/// A peer's bar with its number, or why there is none.
fn bar(svg: &mut String, row: &Row, peer: usize, y: f64, at: &impl Fn(f64) -> f64) {
    let (x, label) = match (row.ratio(peer), &row.cells[peer]) {
        (Some(ratio), _) => {
            rectangle(svg, [at(0.0), y, at(ratio) - at(0.0), BAR - 1.0], colour(peer));
            (at(ratio), format!("{ratio:.2}"))
        }
        (None, Err(why)) => (at(0.0), why.word().into()),
        (None, Ok(_)) => (at(0.0), "-".into()),
    };
    text(svg, x + 3.0, y + BAR - 1.5, "start", &label);
}

fn colour(peer: usize) -> &'static str {
    COLOURS[(peer - 1) % COLOURS.len()]
}

fn rectangle(svg: &mut String, [x, y, width, height]: [f64; 4], colour: &str) {
    let (x, width) = (format!("{x:.1}"), format!("{width:.1}"));
    writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>")
        .expect("a string takes all");
}

fn line(svg: &mut String, x: f64, [from, to]: [f64; 2], colour: &str, more: &str) {
    writeln!(svg, "<path d=\"M{x:.1} {from}V{to}\" stroke=\"{colour}\" fill=\"none\"{more}/>")
        .expect("a string takes all");
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>").expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::folder::Group;
    use super::super::table::{Cell, Failure};
    use super::*;

    #[test]
    fn bars_are_ratios_and_failures_have_none() {
        let cell = |ms| {
            let time = Duration::from_millis(ms);
            Ok(Cell { median: time, min: time, max: time, peak_kib: 0, wall: time })
        };
        let mut table = Table::new(["wasmote", "one", "a&b"].map(String::from).into());
        let row = |name: &str, cells| Row { name: name.into(), kind: "integer".into(), group: Group::Known, cells };
        table.rows.push(row("first", vec![cell(10), cell(20), Err(Failure::Printed)]));
        table.rows.push(row("second", vec![cell(10), cell(5), cell(40)]));
        let svg = svg(&table);
        let unit = (WIDTH - NAMES - MARGIN) / 4.0;
        for ratio in [2.0, 0.5, 4.0] {
            assert!(svg.contains(&format!("width=\"{:.1}\"", ratio * unit)), "{svg}");
        }
        for part in [">differs</text>", ">one: 1.000 over 2</text>", ">a&amp;b: 4.000 over 1</text>"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }
}

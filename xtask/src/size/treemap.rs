//! A page for each configuration: a map in which area is bytes, and tables. One file each, that needs nothing else.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use indicatif::HumanCount;

use super::measure::{Group, Measured};
use super::table;

/// Units of the picture.
const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 960.0;
/// The line with a crate's name above its functions.
const CAPTION: f64 = 14.0;
/// A function of less than this share of all bytes is drawn together with the others of its crate.
const TOO_SMALL: f64 = 1.0 / 8000.0;
/// Rows of each table of functions.
const ROWS: usize = 60;

const STYLE: &str = "body{font:14px sans-serif;margin:1em}svg{width:100%;height:auto;background:#fff}\
    rect{stroke:#fff;stroke-width:.7}text{font:10px sans-serif;pointer-events:none}\
    td,th{padding:1px 8px;text-align:left;font-size:12px}td:first-child,th:first-child{text-align:right}\
    td:last-child{font-family:monospace}";

/// A rectangle of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// Writes the pages and one that leads to them.
pub fn write<'a>(dir: &Path, all: impl Iterator<Item = &'a Measured>) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    let mut rows = String::new();
    for measured in all {
        let (name, bytes) = (escape(&measured.name), HumanCount(measured.total));
        let file = dir.join(format!("{}.html", measured.name));
        std::fs::write(&file, page(&measured.name, &body(measured))).with_context(|| file.display().to_string())?;
        write!(rows, "<tr><td>{bytes}<td><a href=\"{name}.html\">{name}</a>").expect("a string");
    }
    let index = page("Size", &format!("<table><tr><th>bytes<th>configuration{rows}</table>"));
    std::fs::write(dir.join("index.html"), index).with_context(|| dir.display().to_string())
}

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1>{body}</html>\n"
    )
}

fn body(measured: &Measured) -> String {
    let mut text = format!(
        "<p>{} bytes. Point at a rectangle to see what it is.</p>{}",
        HumanCount(measured.total),
        map(measured)
    );
    let mut crates: Vec<_> = measured.crates.iter().collect();
    crates.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    text.push_str("<h2>Crates</h2><table><tr><th>bytes<th>crate");
    for (name, bytes) in crates {
        write!(text, "<tr><td>{}<td>{}", HumanCount(*bytes), escape(name)).expect("a string");
    }
    for (name, bytes) in &measured.rest {
        write!(text, "<tr><td>{}<td>({})", HumanCount(*bytes), escape(name)).expect("a string");
    }
    text.push_str("</table>");
    groups(&mut text, "Largest functions, all instances together", &measured.groups());
    groups(&mut text, "Functions instantiated most often", &table::most_instances(measured));
    text
}

fn groups(text: &mut String, title: &str, groups: &[Group]) {
    write!(text, "<h2>{title}</h2><table><tr><th>bytes<th>instances<th>crate<th>function").expect("a string");
    for Group { of, name, bytes, instances } in groups.iter().take(ROWS) {
        let (bytes, of, name) = (HumanCount(*bytes), escape(of), escape(name));
        write!(text, "<tr><td>{bytes}<td>{instances}<td>{of}<td>{name}").expect("a string");
    }
    text.push_str("</table>");
}

/// The picture: crates and sections, and in the crates their functions.
fn map(measured: &Measured) -> String {
    let mut parts: Vec<(String, u64, bool)> = Vec::new();
    parts.extend(measured.crates.iter().map(|(name, bytes)| (name.clone(), *bytes, true)));
    parts.extend(measured.rest.iter().map(|(name, bytes)| (format!("({name})"), *bytes, false)));
    parts.retain(|(_, bytes, _)| *bytes > 0);
    parts.sort_by_key(|(_, bytes, _)| std::cmp::Reverse(*bytes));
    let sizes: Vec<_> = parts.iter().map(|part| part.1).collect();
    let all: u64 = sizes.iter().sum();

    let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">");
    let areas = squarify(&sizes, Area { x: 0.0, y: 0.0, w: WIDTH, h: HEIGHT });
    for (number, ((name, bytes, is_crate), area)) in parts.iter().zip(areas).enumerate() {
        // Neighbours in size are often neighbours on the map; the golden angle keeps their colours apart.
        let colour = match is_crate {
            true => format!("hsl({:.0} 55% 72%)", number as f64 * 137.5 % 360.0),
            false => "hsl(0 0% 80%)".into(),
        };
        rectangle(&mut svg, area, &colour, name, *bytes);
        if !is_crate || area.h < 2.0 * CAPTION || area.w < 30.0 {
            continue;
        }
        let inner = Area { y: area.y + CAPTION, h: area.h - CAPTION, ..area };
        let functions = functions(measured, name, *bytes, all);
        let sizes: Vec<_> = functions.iter().map(|function| function.1).collect();
        for ((function, bytes), area) in functions.iter().zip(squarify(&sizes, inner)) {
            rectangle(&mut svg, area, &colour, function, *bytes);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// What is drawn of a crate: functions with their bytes, largest first, the smallest taken together.
fn functions(measured: &Measured, of: &str, bytes: u64, all: u64) -> Vec<(String, u64)> {
    let least = (all as f64 * TOO_SMALL) as u64;
    let of_crate = measured.functions.iter().filter(|function| function.of == of && function.bytes >= least);
    let mut drawn: Vec<_> = of_crate.map(|function| (function.name.clone(), function.bytes)).collect();
    let left = bytes.saturating_sub(drawn.iter().map(|(_, bytes)| bytes).sum());
    if left > 0 {
        drawn.push(("smaller functions".into(), left));
        drawn.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    }
    drawn
}

fn rectangle(svg: &mut String, Area { x, y, w, h }: Area, colour: &str, name: &str, bytes: u64) {
    write!(
        svg,
        "<g><title>{}: {}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{colour}\"/>",
        escape(name),
        HumanCount(bytes)
    )
    .expect("a string");
    // As many characters as fit, if that is enough to be read.
    let fit = ((w - 4.0) / 5.6) as usize;
    if h >= 11.0 && fit >= 4 {
        let short = name.rsplit("::").next().filter(|short| short.len() > 2 && !short.ends_with('>')).unwrap_or(name);
        let label: String = if name.len() <= fit { name } else { short }.chars().take(fit).collect();
        write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 2.0, y + 10.0, escape(&label)).expect("a string");
    }
    svg.push_str("</g>");
}

/// Divides an area among sizes, given largest first, into rectangles close to squares (Bruls, Huizing, van Wijk: Squarified Treemaps).
fn squarify(sizes: &[u64], area: Area) -> Vec<Area> {
    let total: u64 = sizes.iter().sum();
    let scale = area.w * area.h / total.max(1) as f64;
    let (mut areas, mut left, mut rest) = (Vec::new(), area, sizes);
    while !rest.is_empty() {
        let side = left.w.min(left.h);
        // A row along the shorter side takes rectangles as long as that makes the worst of them less oblong.
        let mut count = 1;
        while count < rest.len() && worst(&rest[..=count], side, scale) <= worst(&rest[..count], side, scale) {
            count += 1;
        }
        let (row, others) = rest.split_at(count);
        let bytes: u64 = row.iter().sum();
        let thickness = if side > 0.0 { bytes as f64 * scale / side } else { 0.0 };
        let mut at = 0.0;
        for &size in row {
            let length = side * size as f64 / bytes.max(1) as f64;
            areas.push(if left.w >= left.h {
                Area { x: left.x, y: left.y + at, w: thickness, h: length }
            } else {
                Area { x: left.x + at, y: left.y, w: length, h: thickness }
            });
            at += length;
        }
        left = if left.w >= left.h {
            Area { x: left.x + thickness, w: (left.w - thickness).max(0.0), ..left }
        } else {
            Area { y: left.y + thickness, h: (left.h - thickness).max(0.0), ..left }
        };
        rest = others;
    }
    areas
}

/// The largest ratio of sides among the rectangles of a row.
fn worst(row: &[u64], side: f64, scale: f64) -> f64 {
    let thickness = row.iter().sum::<u64>() as f64 * scale / side;
    let ratio = |size: &u64| {
        let length = *size as f64 * scale / thickness;
        (length / thickness).max(thickness / length)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_as_the_sizes_and_stay_inside() {
        let sizes = [600, 600, 400, 300, 200, 200, 100];
        let areas = squarify(&sizes, Area { x: 0.0, y: 0.0, w: 60.0, h: 40.0 });
        assert_eq!(areas.len(), sizes.len());
        for (area, size) in areas.iter().zip(sizes) {
            assert!((area.w * area.h - size as f64).abs() < 1e-6, "{area:?} for {size}");
            assert!(area.x >= 0.0 && area.y >= 0.0 && area.x + area.w < 60.001 && area.y + area.h < 40.001);
        }
        let apart = |a: &Area, b: &Area| {
            a.x + a.w <= b.x + 1e-9 || b.x + b.w <= a.x + 1e-9 || a.y + a.h <= b.y + 1e-9 || b.y + b.h <= a.y + 1e-9
        };
        for (number, a) in areas.iter().enumerate() {
            assert!(areas[number + 1..].iter().all(|b| apart(a, b)));
        }
    }

    #[test]
    fn names_do_not_become_markup() {
        assert_eq!(escape("<A & B>::c"), "&lt;A &amp; B&gt;::c");
    }
}

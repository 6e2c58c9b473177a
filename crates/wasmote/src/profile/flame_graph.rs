//! Stacks as an image in SVG. All numbers are integers, in pixels. The image has no script.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use wasmote_ir::fallible::TryVec;
use wasmote_runtime::ProfiledFunction as Kind;

use super::names::{Within, write_name};
use super::{Profile, ProfiledFunction};

/// The width of all samples together.
const WIDTH: u64 = 1200;
/// The height of a row.
const ROW: usize = 16;
/// The width that a character of a name takes.
const CHAR: u64 = 7;

/// A box of the image: its row from below, where it begins and how wide it is, in samples.
struct Span {
    row: usize,
    start: u64,
    samples: u64,
}

impl Span {
    /// Returns the first pixel, and the number of pixels.
    fn pixels(&self, total: u64) -> (u64, u64) {
        let pixel = |sample: u64| sample.saturating_mul(WIDTH) / total.max(1);
        let x = pixel(self.start);
        (x, pixel(self.start + self.samples).saturating_sub(x))
    }
}

pub(super) fn write(profile: &Profile<'_>, out: &mut dyn Write) -> fmt::Result {
    let nodes = profile.0.nodes();
    let total = profile.samples();
    let totals = profile.totals().ok_or(fmt::Error)?;
    // Where the next child of each node begins.
    let mut next: Vec<u64> = Vec::new();
    next.try_resize(nodes.len(), 0).map_err(|_| fmt::Error)?;
    let mut next_root = 0;
    // The root is in row 0. Rows with nothing wide enough are left out.
    let mut rows = 1;
    for (at, node) in nodes.iter().enumerate() {
        let outer = node.parent().map_or(&mut next_root, |parent| &mut next[parent]);
        let start = *outer;
        *outer += totals[at];
        next[at] = start;
        let span = Span { row: node.depth() + 1, start, samples: totals[at] };
        if span.pixels(total).1 > 0 {
            rows = rows.max(span.row + 1);
        }
    }
    let height = (rows + 2) * ROW;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" \
         font-size=\"11\">\n<text x=\"3\" y=\"12\">{total} samples, {} lost</text>",
        profile.lost_samples()
    )?;
    // What follows moved the start of each node behind its last child, by the samples of its children.
    let all = Span { row: 0, start: 0, samples: total };
    draw(out, &all, rows, total, None)?;
    for (at, node) in nodes.iter().enumerate() {
        let inside = totals[at] - node.samples();
        let span = Span { row: node.depth() + 1, start: next[at] - inside, samples: totals[at] };
        draw(out, &span, rows, total, Some(&profile.function(node)))?;
    }
    out.write_str("</svg>\n")
}

/// Draws a box, if it is wide enough. Without a function, it is that of all samples.
fn draw(
    out: &mut dyn Write,
    span: &Span,
    rows: usize,
    total: u64,
    function: Option<&ProfiledFunction<'_>>,
) -> fmt::Result {
    let (x, width) = span.pixels(total);
    if width == 0 {
        return Ok(());
    }
    let y = (rows - span.row) * ROW;
    let samples = span.samples;
    let permille = samples.saturating_mul(1000) / total.max(1);
    let name = |out: &mut dyn Write, chars: usize| match function {
        Some(function) => write_name(out, function, Within::Xml, chars),
        None => out.write_str("all"),
    };
    out.write_str("<g><title>")?;
    name(out, usize::MAX)?;
    write!(out, " ({samples} samples, {}.{}%)</title>", permille / 10, permille % 10)?;
    let (red, green, blue) = colour(function);
    write!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"rgb({red},{green},{blue})\" \
         stroke=\"white\"/>",
        ROW - 1
    )?;
    let chars = (width.saturating_sub(6) / CHAR) as usize;
    if chars >= 3 {
        write!(out, "<text x=\"{}\" y=\"{}\">", x + 3, y + 11)?;
        name(out, chars)?;
        out.write_str("</text>")?;
    }
    out.write_str("</g>\n")
}

/// Returns the colour of a box: warm for wasm, each function another; blue for the host; grey otherwise.
fn colour(function: Option<&ProfiledFunction<'_>>) -> (u32, u32, u32) {
    match function.map(|function| function.0) {
        Some(Kind::Wasm(_, func)) => {
            let mixed = func.wrapping_mul(0x9e37_79b1);
            (210 + (mixed >> 27), 110 + (mixed >> 20 & 0x7f), 60 + (mixed >> 14 & 0x3f))
        }
        Some(Kind::Host(_)) => (140, 180, 250),
        _ => (200, 200, 200),
    }
}

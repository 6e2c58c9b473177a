//! The table as a picture: a bar for each guest and peer shows how many times as long as wasmote the peer takes. One SVG file.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use plotters::prelude::*;

use super::table::Table;

/// The size of the picture, and of a bar.
const WIDTH: u32 = 900;
const BAR: u32 = 11;

/// Writes the picture to a file, and creates its folder if necessary.
pub fn write(table: &Table, path: &Path) -> Result<()> {
    ensure!(table.engines.len() > 1 && !table.rows.is_empty(), "a chart needs a guest and an engine to compare with");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(path, svg(table)?).with_context(|| path.display().to_string())
}

fn svg(table: &Table) -> Result<String> {
    let peers = table.engines.len() - 1;
    let ratios = table.rows.iter().flat_map(|row| (1..=peers).filter_map(|peer| row.ratio(peer)));
    let longest = ratios.fold(1.0, f64::max) * 1.1;
    // A guest takes one unit of the vertical axis, from the top: a bar for each peer, and a space.
    let guests = table.rows.len();
    let bar_height = 1.0 / (peers + 1) as f64;
    let font = |size: u32| ("sans-serif", size).into_font();
    let mut picture = String::new();
    let height = (guests * (peers + 1)) as u32 * BAR + 100;
    let area = SVGBackend::with_string(&mut picture, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("CPU time by that of wasmote: beyond 1 wasmote is faster", font(12))
        .margin(10)
        .x_label_area_size(20)
        .y_label_area_size(130)
        .build_cartesian_2d(0.0..longest, guests as f64..0.0)?;
    chart.configure_mesh().disable_y_mesh().disable_y_axis().x_labels(12).label_style(font(10)).draw()?;
    chart.draw_series([PathElement::new([(1.0, 0.0), (1.0, guests as f64)], BLACK)])?;
    let white = RGBColor(255, 255, 255).mix(0.0);
    for peer in 1..=peers {
        let colour = Palette99::pick(peer).to_rgba();
        let mean =
            table.mean(peer, |_| true).map_or("no result".into(), |(mean, over)| format!("{mean:.3} over {over}"));
        let top = |row: usize| row as f64 + (peer as f64 - 0.5) * bar_height;
        let bars = table.rows.iter().enumerate().map(|(at, row)| {
            let end = (row.ratio(peer).unwrap_or(0.0), top(at) + 0.9 * bar_height);
            Rectangle::new([(0.0, top(at)), end], colour.filled())
        });
        chart
            .draw_series(bars)?
            .label(format!("{}: geometric mean {mean}", table.engines[peer]))
            .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 8, y + 4)], colour.filled()));
        chart.draw_series(table.rows.iter().enumerate().map(|(at, row)| {
            let label = match (row.ratio(peer), &row.cells[peer]) {
                (Some(ratio), _) => format!(" {ratio:.2}"),
                (None, Err(why)) => format!(" {}", why.word()),
                (None, Ok(_)) => " -".into(),
            };
            Text::new(label, (row.ratio(peer).unwrap_or(0.0), top(at)), font(9))
        }))?;
    }
    chart.draw_series(table.rows.iter().enumerate().map(|(at, row)| {
        let place = (0.0, at as f64 + 0.4);
        EmptyElement::at(place) + Text::new(row.name.clone(), (-120, 0), font(10))
    }))?;
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).background_style(white).draw()?;
    area.present()?;
    drop((chart, area));
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::folder::Group;
    use super::super::table::{Cell, Failure, Row};
    use super::*;

    #[test]
    fn picture_has_ratios_failures_and_means() {
        let cell = |ms| {
            let time = Duration::from_millis(ms);
            Ok(Cell { median: time, min: time, max: time, peak_kib: 0, wall: time })
        };
        let mut table = Table::new(["wasmote", "one", "a&b"].map(String::from).into());
        let row = |name: &str, cells| Row { name: name.into(), kind: "integer".into(), group: Group::Known, cells };
        table.rows.push(row("first", vec![cell(10), cell(20), Err(Failure::Printed)]));
        table.rows.push(row("second", vec![cell(10), cell(5), cell(40)]));
        let svg = svg(&table).unwrap();
        for part in
            ["2.00", "0.50", "4.00", "differs", "one: geometric mean 1.000 over 2", "a&amp;b: geometric mean 4.000"]
        {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }
}

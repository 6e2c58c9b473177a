//! `cargo xtask size`: builds and measures each configuration of `size-budget.toml`, and compares it with its budget.
//!
//! A build contains the code of the release, and symbols. cargo-bloat (for WebAssembly: twiggy) splits the code into functions. The total is
//! the size of the file without symbols. In reading order:
//!
//! - [`budget`] has the configurations; [`build`] builds one, or says why it can't.
//! - [`measure`] measures what was built, with [`tools`] and [`elf`]; [`names`] reads the names of symbols.
//! - [`baseline`] has earlier figures; [`gate`] finds what is over its budget, and what grew.
//! - [`table`] and [`flame_graph`] show the figures.
//! - `embed` measures programs that embed the library, and `c_programs` those in C; `added` measures the features of the command.

mod added;
pub mod baseline;
pub mod budget;
pub mod build;
mod c_programs;
pub mod elf;
mod embed;
mod flame_graph;
pub mod gate;
pub mod measure;
pub mod names;
mod table;
mod tools;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use baseline::Baseline;
use budget::{Budget, Configuration};
use build::Builder;
use measure::Measured;
use pico_args::Arguments;

use crate::project;

pub const OPTIONS: &str = "
  NAME...        only these configurations
  --bless        write what is measured to size-baseline.toml; an exceeded budget fails all the same
  --top N        functions listed of each configuration, default 5
  --json         everything measured, as JSON, instead of the table
  --budget FILE  another file than size-budget.toml; packages are those of its workspace
  --embed        instead, the size of a program that embeds wasmote, by features, or wasmi
  --c            instead, the size of a program in C that embeds wasmote, by features, Wasm3 or WAMR
    --wasm3 PATH   a checkout of Wasm3, instead of the sources in the package wasm3-sys
    --wamr PATH    a checkout of WAMR; without it, WAMR is left out
  --features     instead, the size that each feature adds to the command
  --require-all  fail if a configuration cannot be built on this machine

  Flame graphs, one of each configuration, go to target/size.
";

/// The options of the command line.
struct Options {
    budget: PathBuf,
    names: Vec<String>,
    bless: bool,
    json: bool,
    require_all: bool,
    top: usize,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    if arguments.contains("--embed") {
        crate::no_more_arguments(arguments)?;
        return embed::main();
    }
    if arguments.contains("--c") {
        return c_programs::main(arguments);
    }
    if arguments.contains("--features") {
        crate::no_more_arguments(arguments)?;
        return added::main();
    }
    let mut options = Options {
        budget: arguments.opt_value_from_str("--budget")?.unwrap_or_else(|| project::root().join("size-budget.toml")),
        bless: arguments.contains("--bless"),
        json: arguments.contains("--json"),
        require_all: arguments.contains("--require-all"),
        top: arguments.opt_value_from_str("--top")?.unwrap_or(5),
        names: Vec::new(),
    };
    while let Some(name) = arguments.opt_free_from_str()? {
        options.names.push(name);
    }
    crate::no_more_arguments(arguments)?;
    run(&options, Rows::All).map(|_| ())
}

/// Which configurations of a budget count.
#[derive(Clone, Copy)]
pub enum Rows {
    All,
    /// Those that are builds by themselves.
    Builds,
    /// What features add to a build: each is the difference of two builds.
    Added,
}

/// Checks configurations, for CI. Returns the configurations that could not be built, with reasons.
pub fn check(require_all: bool, rows: Rows) -> Result<Option<String>> {
    let budget = project::root().join("size-budget.toml");
    run(&Options { budget, names: Vec::new(), bless: false, json: false, require_all, top: 5 }, rows)
}

/// Measures and shows configurations. Returns those that were left out; the error names all faults.
fn run(options: &Options, rows: Rows) -> Result<Option<String>> {
    let mut budget = Budget::read(&options.budget)?;
    budget.select(&options.names)?;
    match rows {
        Rows::All => {}
        Rows::Builds => budget.retain_added(false),
        Rows::Added => budget.retain_added(true),
    }
    let baseline_path = Baseline::path(&options.budget);
    let mut baseline = Baseline::read(&baseline_path)?;

    let (mut rows, mut left_out, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for configuration in &budget.configurations {
        let name = &configuration.name;
        let builder = match Builder::find(configuration, &budget.folder)? {
            Ok(builder) => builder,
            Err(reason) => {
                left_out.push(format!("{name} is left out: {reason}"));
                continue;
            }
        };
        eprintln!("  measuring {name}");
        let measured = match measured(&builder, configuration, &budget.folder) {
            Ok(measured) => measured,
            Err(error) => {
                faults.push(format!("{name} cannot be measured: {error:#}"));
                continue;
            }
        };
        let known = baseline.configurations.get(name);
        let lines = gate::lines(configuration, &measured, known);
        faults.extend(gate::verdict(&lines, &measured, known).map(|text| text.trim_end().to_owned()));
        rows.push((configuration, lines, measured));
    }

    let pages = pages(&options.budget);
    flame_graph::write(&pages, rows.iter().map(|(_, _, measured)| measured))?;
    if options.json {
        let measured: Vec<_> = rows.iter().map(|(_, _, measured)| measured).collect();
        println!("{}", serde_json::to_string_pretty(&measured)?);
    } else {
        table::print(&rows);
        for (_, _, measured) in rows.iter().filter(|_| options.top > 0) {
            table::print_functions(measured, options.top);
        }
        println!("\nflame graphs: {}", pages.display());
    }
    if options.bless {
        for (_, _, measured) in &rows {
            baseline.set(measured);
        }
        baseline.write(&baseline_path)?;
    }
    // The standard output may be JSON.
    for line in &left_out {
        eprintln!("{line}");
    }
    if options.require_all {
        faults.append(&mut left_out);
    }
    if !faults.is_empty() {
        bail!("size:\n{}", faults.join("\n"));
    }
    Ok((!left_out.is_empty()).then(|| left_out.join("; ")))
}

/// Measures a configuration. If only some of its features count, subtracts the configuration without them.
fn measured(builder: &Builder<'_>, configuration: &Configuration, folder: &Path) -> Result<Measured> {
    let measured = measure::measure(builder, configuration)?;
    let Some(without) = configuration.without() else { return Ok(measured) };
    let builder = Builder::find(&without, folder)?.map_err(|reason| anyhow!(reason))?;
    Ok(measured.less(&measure::measure(&builder, &without)?))
}

/// The folder of the flame graphs. Another budget than that of the project has a folder of its own.
fn pages(budget: &Path) -> PathBuf {
    let pages = project::target_dir().join("size");
    match budget.parent().and_then(Path::file_name) {
        Some(folder) if budget.parent() != Some(project::root()) => pages.join(folder),
        _ => pages,
    }
}

//! `cargo xtask bench`: the guest programs under wasmote and under its peers.
//!
//! Compares the CPU time (user and system) of whole runs, with start-up, because it varies least from minute to minute. Only the start-up row has wall
//! time. The engines take turns within each round, so that changes of the machine's speed affect all of them, and medians are compared. The output of
//! each run is checked: a wrong answer is no result.

mod chart;
pub mod choose;
mod count;
mod embedding;
mod engine;
mod folder;
mod footprint;
mod measure;
mod objects;
mod peers;
mod table;
mod threads;
mod translation;
mod unused;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use pico_args::Arguments;

use crate::guests::{self, Workload};
use crate::project;
use count::Count;
use engine::Engine;
use folder::Group;
use measure::Run;
use table::{Cell, Failure, Row, Table};

pub const OPTIONS: &str = "
FILTER runs only the guests whose names contain it.

  --corpus PATH        the programs of this folder instead of the guests; xtask/src/bench/folder.rs has the format.
                       A third of them are strangers: choices are based on the others, and judged on the strangers
  --known, --strangers only these programs of a corpus. Counting and choosing uses the known ones by default

  --rounds N           runs of each guest by each engine (default 5)
  --startup-rounds N   runs for the row of the smallest module (default 200; 0 leaves it out)
  --engine PATH        this wasmote instead of building one
  --wasmi PATH         this wasmi instead of installing 2.0.0 into target/peers; the variable WASMI does the same
  --peers              all other peers, too: sf-nano, wasm3, stitch, tinywasm, built from xtask/peers
  --peer NAME          one of them, or wasmtime
  --peer 'NAME=PROGRAM ARGUMENT...'
                       one more engine; in its arguments stand {wasm}, {args}, {dir}, {env} (see bench/engine.rs)
  --no-wasmi           without wasmi
  --markdown FILE      also write the table to a file
  --chart FILE         write a bar chart of the ratios, as SVG
  --count              instead, count the instructions that run: of each guest, and the most frequent instructions and
                       adjacent pairs of all together
  --count-each         the same, with the most frequent of each guest
  --choose-superinstructions N,N,N instead, the pairs of instructions that save most dispatches, as
                       crates/exec/superinstructions.list, and the share of dispatches that is left; N pairs for each
                       of its sections. With --corpus, by the guests and the known programs of the corpus
  --unused             instead, the variants of instructions that no program dispatches, or none for more than a thousandth
  --translation        instead, the speed of translating code that does not run
  --threads            instead, what two threads do in the time of one, and the cost of a shared memory
  --footprint          instead, the CPU time of an operation by the number of operations in a loop, of each engine
  --objects            instead, garbage collection: guests against Wasmtime with Cranelift, with and without compilation;
                       allocation against a native bump allocator; memory of binary trees
  --embed              instead, what hosts do: calls in both directions, stores, instances, modules, linkers, threads, and
                       what 10,000 live stores take; beside wasmi in one process. --rounds is 15 by default,
                       and FILTER selects rows
";

struct Options {
    filter: Option<String>,
    rounds: usize,
    startup_rounds: usize,
    markdown: Option<PathBuf>,
    chart: Option<PathBuf>,
    engines: Vec<Engine>,
    count: Option<Count>,
    corpus: Option<PathBuf>,
    /// The group of the corpus, if not all programs.
    group: Option<Group>,
    translation: bool,
    threads: bool,
    footprint: bool,
    /// The program to measure with `--objects`.
    objects: Option<PathBuf>,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    if arguments.contains("--embed") {
        return embedding::main(arguments);
    }
    let options = Options::parse(arguments)?;
    let scratch = project::target_dir().join("bench");
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let mut workloads = match &options.corpus {
        Some(folder) if matches!(options.count, Some(Count::Choose(_))) => with_guests(folder::workloads(folder)?)?,
        Some(folder) => folder::workloads(folder)?,
        None => guests::workloads()?,
    };
    workloads.retain(|workload| options.selects(&workload.name));
    if options.corpus.is_some() {
        workloads.retain(|workload| options.group.is_none_or(|group| group == Group::of(&workload.module)));
    }
    if let Some(count) = &options.count {
        ensure!(!workloads.is_empty(), "no guest matches");
        return count::main(&workloads, count, options.corpus.as_deref(), &scratch);
    }
    if options.translation {
        ensure!(!workloads.is_empty(), "no guest matches");
        return translation::main(&workloads, &options.engines, options.rounds, &scratch);
    }
    if options.threads || options.footprint {
        let markdown = match options.footprint {
            true => footprint::main(&options.engines, options.rounds, &scratch)?,
            false => threads::main(&workloads, &options.engines[0], options.rounds, &scratch)?,
        };
        if let Some(path) = &options.markdown {
            std::fs::write(path, &markdown).with_context(|| path.display().to_string())?;
        }
        return Ok(());
    }
    if let Some(wasmote) = options.objects {
        workloads.retain(|workload| workload.kind == objects::KIND);
        workloads.extend(objects::beside().into_iter().filter(|workload| selects(&options.filter, &workload.name)));
        let markdown = objects::main(&workloads, wasmote, options.rounds, &scratch)?;
        if let Some(path) = &options.markdown {
            std::fs::write(path, &markdown).with_context(|| path.display().to_string())?;
        }
        return Ok(());
    }
    measure::warn_when_busy();

    let mut table = Table::new(options.engines.iter().map(|engine| engine.name.clone()).collect());
    table.has_groups = options.corpus.is_some();
    for workload in &workloads {
        let engines: Vec<&Engine> = options.engines.iter().collect();
        let row = row(&engines, workload, options.rounds, &scratch, Cell::of_cpu)?;
        println!("{}", row.summary());
        table.rows.push(row);
    }
    if options.startup_rounds > 0 && options.selects(STARTUP) {
        let (row, nothing) = startup(&options.engines, options.startup_rounds, &scratch)?;
        (table.startup, table.nothing) = (Some(row), nothing);
    }
    ensure!(!table.rows.is_empty() || table.startup.is_some(), "no guest matches");

    let markdown = table.markdown(options.rounds);
    println!("\n{markdown}");
    if let Some(path) = &options.markdown {
        std::fs::write(path, &markdown).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &options.chart {
        chart::write(&table, path)?;
    }
    if table.is_wrong() {
        bail!("wasmote failed, or no peer printed what it did");
    }
    Ok(())
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Options> {
        let rounds: usize = arguments.opt_value_from_str("--rounds")?.unwrap_or(5);
        ensure!(rounds > 0, "--rounds must be at least 1");
        let startup_rounds = arguments.opt_value_from_str("--startup-rounds")?.unwrap_or(200);
        let ours: Option<PathBuf> = arguments.opt_value_from_str("--engine")?;
        let wasmi: Option<PathBuf> = arguments.opt_value_from_str("--wasmi")?;
        let no_wasmi = arguments.contains("--no-wasmi");
        let named_peers: Vec<String> = arguments.values_from_str("--peer")?;
        let all_peers = arguments.contains("--peers");
        let corpus: Option<PathBuf> = arguments.opt_value_from_str("--corpus")?;
        let corpus = corpus.map(std::path::absolute).transpose()?;
        let mut group = match (arguments.contains("--known"), arguments.contains("--strangers")) {
            (true, true) => bail!("--known and --strangers: name one, or none for all"),
            (true, false) => Some(Group::Known),
            (false, true) => Some(Group::Strangers),
            (false, false) => None,
        };
        ensure!(corpus.is_some() || group.is_none(), "--known and --strangers need --corpus");
        let count = match (arguments.contains("--count"), arguments.contains("--count-each")) {
            (_, true) => Some(Count::Each),
            (true, false) => Some(Count::Together),
            (false, false) if arguments.contains("--unused") => Some(Count::Unused),
            (false, false) => {
                arguments.opt_value_from_fn("--choose-superinstructions", choose::sizes)?.map(Count::Choose)
            }
        };
        // Choices are based on the known programs. Pairs are judged on the strangers in the same run.
        if corpus.is_some() && count.as_ref().is_some_and(|count| !matches!(count, Count::Choose(_))) {
            group = group.or(Some(Group::Known));
        }
        let translation = arguments.contains("--translation");
        let threads = arguments.contains("--threads");
        let footprint = arguments.contains("--footprint");
        let of_objects = arguments.contains("--objects");
        let markdown = arguments.opt_value_from_str("--markdown")?;
        let chart = arguments.opt_value_from_str("--chart")?;
        let filter = arguments.opt_free_from_str()?;
        crate::no_more_arguments(arguments)?;

        let (engines, objects) = (Vec::new(), None);
        let mut options = Options {
            filter,
            rounds,
            startup_rounds,
            markdown,
            chart,
            engines,
            count,
            corpus,
            group,
            translation,
            threads,
            footprint,
            objects,
        };
        if options.count.is_some() {
            return Ok(options);
        }
        let program = match ours {
            Some(path) => path,
            None => project::build_release()?,
        };
        if of_objects {
            options.objects = Some(program);
            return Ok(options);
        }
        let engines = &mut options.engines;
        engines.push(Engine::wasmote(program)?);
        if threads {
            return Ok(options);
        }
        if !no_wasmi {
            engines.push(peers::wasmi(wasmi)?);
        }
        if all_peers {
            engines.extend(peers::others());
        }
        for peer in named_peers {
            engines.push(peers::named(&peer)?);
        }
        Ok(options)
    }

    fn selects(&self, name: &str) -> bool {
        selects(&self.filter, name)
    }
}

/// The guests and the programs of a corpus. A module that is in both is one of the guests.
fn with_guests(programs: Vec<Workload>) -> Result<Vec<Workload>> {
    let mut workloads = guests::workloads()?;
    let is_guest =
        |program: &Workload| workloads.iter().any(|guest| guest.module.file_name() == program.module.file_name());
    let others: Vec<Workload> = programs.into_iter().filter(|program| !is_guest(program)).collect();
    workloads.extend(others);
    Ok(workloads)
}

fn selects(filter: &Option<String>, name: &str) -> bool {
    filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
}

/// Runs all engines on one guest, in turn; `cell` summarizes the runs of one engine.
fn row(
    engines: &[&Engine],
    workload: &Workload,
    rounds: usize,
    scratch: &Path,
    cell: fn(&[Run]) -> Cell,
) -> Result<Row> {
    let bar = ProgressBar::new((rounds * engines.len()) as u64);
    bar.set_style(ProgressStyle::with_template("{msg:24} {pos}/{len} {elapsed}")?);
    bar.set_message(workload.name.clone());
    let mut runs: Vec<Result<Vec<Run>, Failure>> = engines.iter().map(|_| Ok(Vec::new())).collect();
    let mut reference = workload.expected_output()?;
    for _ in 0..rounds {
        for (engine, runs) in engines.iter().zip(&mut runs) {
            // An engine that failed is not run again.
            if let Ok(done) = runs {
                match one_run(engine, workload, scratch, &mut reference)? {
                    Ok(run) => done.push(run),
                    Err(why) => *runs = Err(why),
                }
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let cells = runs.into_iter().map(|runs| runs.map(|runs| cell(&runs))).collect();
    Ok(Row { name: workload.name.clone(), kind: workload.kind.clone(), group: Group::of(&workload.module), cells })
}

/// Runs one engine on one guest, once. If the manifest does not say what the right output is, the first output is.
fn one_run(
    engine: &Engine,
    workload: &Workload,
    scratch: &Path,
    reference: &mut Option<Vec<u8>>,
) -> Result<Result<Run, Failure>> {
    let finished = measure::run(&mut engine.command(workload), workload.stdin.as_deref(), scratch)?;
    if finished.exit_code != Some(workload.exit) {
        let says = String::from_utf8_lossy(&finished.stderr);
        let first = says.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message");
        return Ok(Err(Failure::Ended(format!("{}: {first}", finished.status))));
    }
    match reference {
        Some(expected) if *expected != finished.stdout => {
            return Ok(Err(Failure::Printed));
        }
        Some(_) => {}
        None => *reference = Some(finished.stdout),
    }
    Ok(Ok(finished.run))
}

/// The row of the smallest module.
const STARTUP: &str = "start-up";

/// A module of 128 bytes whose `_start` does next to nothing.
const SMALLEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 4)) (i32.const 1))))
    (data (i32.const 16) "PADDING"))"#;

/// Measures the smallest module, and a program that does nothing.
fn startup(engines: &[Engine], rounds: usize, scratch: &Path) -> Result<(Row, Option<Cell>)> {
    let module = |padding: usize| wat::parse_str(SMALLEST.replace("PADDING", &"\\00".repeat(padding)));
    let module = module(128 - module(0)?.len())?;
    ensure!(module.len() == 128, "the smallest module has {} bytes", module.len());
    let path = scratch.join("smallest.wasm");
    std::fs::write(&path, module)?;
    let empty = peers::empty()?;
    let engines: Vec<&Engine> = engines.iter().chain([&empty]).collect();
    let mut row = row(&engines, &Workload::of_module(STARTUP, path), rounds, scratch, Cell::of_wall)?;
    let nothing = row.cells.pop().and_then(Result::ok);
    Ok((row, nothing))
}

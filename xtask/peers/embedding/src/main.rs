//! What hosts do all the time, with wasmote and with wasmi in one process, in turn: calls in both directions, stores,
//! instances, modules, linkers, threads. Then, each in a process of its own, many instances and many stores that live
//! at the same time, with the memory and the mappings that they take.
//!
//! `peer-embedding [ROUNDS [FILTER]]` prints tables in Markdown, with the rows whose names contain the filter. Times are
//! medians of the rounds: CPU time, user and system, which varies least on a machine that does other things; and wall time
//! where several threads run.

mod live;
mod measure;
mod ours;
mod theirs;

use std::env;
use std::process::ExitCode;

use measure::Row;

const ENGINES: [&str; 2] = ["wasmote", "wasmi"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["live", scene, engine] = words[..] {
        return live::child(scene, engine);
    }
    let rounds = words.first().map_or(Ok(15), |rounds| rounds.parse());
    let Ok(rounds) = rounds else { return ExitCode::from(2) };
    println!("| | wasmote | wasmi 2.0.0 | wasmi / wasmote |\n| --- | ---: | ---: | ---: |");
    let filter = words.get(1).unwrap_or(&"");
    for (ours, theirs) in ours::programs::all().into_iter().zip(theirs::programs::all()) {
        if ours.name.contains(filter) {
            println!("{}", Row::measure(ours, theirs, rounds));
        }
    }
    match live::table(rounds.min(5), filter) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

//! wasmote-differential [--objects] [MODULES [FIRST]]: makes MODULES modules (1000 by default), numbered from FIRST on.
//! Runs their exports in each mode of wasmote and in another engine, and compares results, traps, exceptions, memories,
//! globals and tables.
//!
//! By default, modules have vectors and the other engine is wasmi. With `--objects` they have objects and exceptions,
//! and the engine is Wasmtime; with `--wasmtime` it is Wasmtime for vectors, too. Wasmtime needs the feature
//! `wasmtime`. Each module must be translated to both op sets, with fuel and without, whether the other engine accepts
//! it or not. Modules that differ are named, written to files, and cause an error. `--show N` prints what module N does
//! in each engine.
//!
//! Other builds of wasmote are compared by building this with other features: the other engine stays the same.

mod modules;
mod own;
mod play;
#[cfg_attr(not(feature = "wasmtime"), path = "no_reference.rs")]
mod reference;
mod wasmi;

use std::process::ExitCode;

use modules::{Kind, may_trap};
use own::{MODES, Mode, Own};
use play::{Play, World, play, traps};

/// Modules with vectors that wasmi runs wrongly: Wasmtime or V8 agree with wasmote. If Wasmtime is available it is
/// asked, and more are found. wasmi moves a vector by one cell at a `br_table` in the second, and overwrites half of
/// it.
const WASMI_WRONG: &[u64] = &[6664, 20260468];

/// The number of differing modules at which the run stops.
const ENOUGH: usize = 20;

fn main() -> ExitCode {
    // Wasmtime runs wasm on the native stack.
    let thread = std::thread::Builder::new().stack_size(reference::THREAD).spawn(run);
    thread.expect("a thread").join().unwrap_or(ExitCode::FAILURE)
}

fn run() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map(|at| arguments.remove(at)).is_some()
    };
    let kind = if flag("--objects") { Kind::Objects } else { Kind::Vectors };
    let wasmtime = flag("--wasmtime") || kind == Kind::Objects;
    let show = flag("--show");
    let mut numbers = arguments.iter().map(|argument| argument.parse::<u64>().expect("a number"));
    if show {
        return show_one(kind, wasmtime, numbers.next().expect("the module's number"));
    }
    let (count, first) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(0));
    let engine = wasmtime.then(reference::engine);
    let mut sums = Sums::default();
    for number in first..first + count {
        let Some(wasm) = modules::module(kind, number) else { continue };
        // Modules that the other engine refuses are translated, too.
        if let Err(what) = own::translated(&wasm) {
            println!("module {number} is valid, but is not translated: {}: {what}", written(number, &wasm).display());
            sums.differ += 1;
            if sums.differ == ENOUGH {
                break;
            }
            continue;
        }
        let Some(theirs) = theirs(engine.as_ref(), &wasm) else {
            sums.refused += 1;
            continue;
        };
        // wasmi traps in some modules that are generated not to trap.
        if !wasmtime && (WASMI_WRONG.contains(&number) || !may_trap(number) && has_trapped(&theirs)) {
            sums.wrong += 1;
            continue;
        }
        sums.count(&theirs);
        for &mode in MODES {
            let Some(mut world) = Own::new(&wasm, mode) else {
                sums.not_core += 1;
                continue;
            };
            if let Some((ours, theirs)) = play(&mut world, Some(&theirs.calls)).difference(&theirs) {
                if !wasmtime && reference::THERE && is_as_wasmtime(&wasm, mode) {
                    println!("module {number}: wasmi is wrong: {}", written(number, &wasm).display());
                    sums.wrong += 1;
                    break;
                }
                println!(
                    "module {number} differs in mode {mode:?}: {}\n  wasmote: {ours}\n  other:   {theirs}",
                    written(number, &wasm).display()
                );
                sums.differ += 1;
                break;
            }
        }
        if sums.differ == ENOUGH {
            break;
        }
    }
    println!("{sums}");
    let enough = sums.modules * 2 > count && sums.vectors > 0 && (kind == Kind::Vectors || sums.objects > 0);
    if sums.differ == 0 && enough { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether Wasmtime accepts a module and agrees with wasmote.
fn is_as_wasmtime(wasm: &[u8], mode: Mode) -> bool {
    let Some(theirs) = theirs(Some(&reference::engine()), wasm) else { return false };
    let Some(mut world) = Own::new(wasm, mode) else { return false };
    play(&mut world, Some(&theirs.calls)).difference(&theirs).is_none()
}

/// Writes a faulty module to a file. Returns its path.
fn written(number: u64, wasm: &[u8]) -> std::path::PathBuf {
    let file = std::env::temp_dir().join(format!("differs-{number}.wasm"));
    std::fs::write(&file, wasm).expect("a file");
    file
}

/// Runs a module in the other engine: Wasmtime if there is one. Returns `None` if the engine refuses it.
fn theirs(engine: Option<&reference::Engine>, wasm: &[u8]) -> Option<Play> {
    let world: Result<Box<dyn World>, String> = match engine {
        None => wasmi::Wasmi::new(wasm).map(|world| Box::new(world) as _).map_err(|error| error.to_string()),
        Some(engine) => reference::Reference::new(engine, wasm)
            .map(|world| Box::new(world) as _)
            .map_err(|error| format!("{error:#}")),
    };
    match world {
        Ok(mut world) => Some(play(&mut *world, None)),
        Err(error) => {
            println!("refused: {error}");
            None
        }
    }
}

/// Whether there was a trap other than that of the time limit.
fn has_trapped(play: &Play) -> bool {
    play.outcomes.iter().any(|outcome| traps::OTHERS.contains(&result(outcome)))
}

/// Returns the result in an outcome, which is between the function and the state.
fn result(outcome: &str) -> &str {
    let (_, result) = outcome.split_once(": ").unwrap_or_default();
    result.split(';').next().unwrap_or_default()
}

fn show_one(kind: Kind, wasmtime: bool, number: u64) -> ExitCode {
    let Some(wasm) = modules::module(kind, number) else {
        println!("there is no module {number}");
        return ExitCode::FAILURE;
    };
    let file = std::env::temp_dir().join(format!("module-{number}.wasm"));
    std::fs::write(&file, &wasm).expect("a file");
    println!("{}", file.display());
    let engine = wasmtime.then(reference::engine);
    let Some(theirs) = theirs(engine.as_ref(), &wasm) else { return ExitCode::FAILURE };
    println!("the other engine:{}", if theirs.cut { " (up to a limit)" } else { "" });
    for (at, outcome) in theirs.outcomes.iter().enumerate() {
        println!("{at:4} {outcome}");
    }
    for call in &theirs.calls {
        println!("     {call:?}");
    }
    for &mode in MODES {
        let Some(mut world) = Own::new(&wasm, mode) else { continue };
        let ours = play(&mut world, Some(&theirs.calls));
        println!("wasmote, {mode:?}:{}", if ours.cut { " (up to a limit)" } else { "" });
        for (at, outcome) in ours.outcomes.iter().enumerate() {
            if mode == Mode::Binary || theirs.outcomes.get(at) != Some(outcome) {
                println!("{at:4} {outcome}");
            }
        }
    }
    ExitCode::SUCCESS
}

/// Counts of what the modules did, since modules that do nothing test nothing.
#[derive(Default)]
struct Sums {
    modules: u64,
    outcomes: usize,
    spent: usize,
    traps: usize,
    exceptions: usize,
    vectors: usize,
    objects: usize,
    cut: usize,
    wrong: usize,
    refused: usize,
    not_core: usize,
    differ: usize,
}

impl Sums {
    fn count(&mut self, play: &Play) {
        self.modules += 1;
        self.outcomes += play.outcomes.len();
        self.cut += usize::from(play.cut);
        for outcome in &play.outcomes {
            let has = |words: &[&str]| words.iter().any(|word| outcome.contains(word));
            self.exceptions += usize::from(result(outcome).starts_with("exception"));
            self.spent += usize::from(result(outcome) == traps::UNREACHABLE);
            self.traps += usize::from(traps::OTHERS.contains(&result(outcome)));
            self.vectors += usize::from(has(&["v128"]));
            self.objects += usize::from(has(&["struct", "array", "i31"]));
        }
    }
}

impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} modules left out: the other engine is wrong about them; {} it refuses",
            self.wrong, self.refused
        )?;
        writeln!(f, "{} modules have no image of the core op set, as they have vectors", self.not_core)?;
        writeln!(
            f,
            "{} outcomes: {} with vectors, {} with objects; {} exceptions, {} traps, {} unreachable or out of what limits their time",
            self.outcomes, self.vectors, self.objects, self.exceptions, self.traps, self.spent
        )?;
        write!(f, "{} modules, {} of them up to a limit: ", self.modules, self.cut)?;
        match self.differ {
            0 => f.write_str("the same"),
            differ => write!(f, "{differ} modules differ"),
        }
    }
}

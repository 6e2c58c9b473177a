//! `wasmote run`: runs a program from its `_start`, or calls one function.

#[cfg(feature = "limits")]
mod limits;
#[cfg(feature = "wasi-threads")]
mod threads;
#[cfg(feature = "wasi")]
mod wasi;
/// Without limits, the options that set them are refused.
#[cfg(not(feature = "limits"))]
mod limits {
    use wasmote::{Error, Store};

    use super::State;
    use crate::options::Options;

    #[derive(Clone)]
    pub struct Limits;

    pub fn limits(_: &Options) -> Limits {
        Limits
    }

    pub fn limit(_: &mut Store<State>, _: bool) -> Result<(), Error> {
        Ok(())
    }
}
/// Without WASI, a store has no state and no import is defined.
#[cfg(not(feature = "wasi"))]
mod wasi {
    use wasmote::{Error, Linker, Module};

    use super::State;
    use crate::failure::CliError;
    use crate::options::Options;

    pub struct Wasi;

    pub fn wasi(_: &Options, _: Option<&Module>) -> Result<Wasi, CliError> {
        Ok(Wasi)
    }

    pub fn provide(_: &mut Linker<State>, _: &Module) -> Result<(), Error> {
        Ok(())
    }
}

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use wasmote::{Config, Engine, Error, ExternType, FuncType, Linker, Module, Store, Val, ValType, Validation};
use wasmote_decode::ExportKind;
use wasmote_rt::with_allocation_errors;

use crate::escaped::Escaped;
use crate::failure::{CliError, shown};
use crate::features::built;
use crate::load::BACKGROUND_VALIDATION;
use crate::options::{Options, in_memory};
use crate::stats::PhaseTimes;
use crate::{input, load, print, stats, value};

use limits::{Limits, limit, limits};
use wasi::{Wasi, provide, wasi};

/// The state in the store.
pub struct State {
    #[cfg_attr(not(feature = "wasi"), allow(dead_code, reason = "WASI's functions alone use it"))]
    wasi: Wasi,
    #[cfg_attr(not(feature = "limits"), allow(dead_code, reason = "the limiter alone uses it"))]
    limits: Limits,
}

/// Prints the instructions of a run.
pub trait Trace {
    /// Chooses the function with this index or name, or all functions if `wanted` is empty. Printing begins here.
    fn choose(&self, wanted: &str, module: &Module) -> Result<(), CliError>;

    /// Prints the instruction that ended the run.
    fn end(&self);
}

/// Stops a guest that takes too long, or at Ctrl-C.
pub struct Interruption {
    pub configure: fn(&mut Config, &Options),
    pub begin: fn(&mut Store<State>, &Options) -> Result<(), Error>,
    /// Returns why a call was interrupted, and the exit status.
    pub reason: fn(&Error) -> Option<(&'static str, i32)>,
}

const INTERRUPTION: Option<Interruption> = built!("interrupt", crate::interrupt::INTERRUPTION);
/// Instantiates a module with what a linker has, and calls the guest.
type Body<'a> = &'a mut dyn FnMut(&mut Store<State>, &Linker<State>) -> Result<(), Error>;

/// Runs a body on the main thread of a guest that may start threads, and returns when all of them have ended.
type RunThreads = fn(&mut Store<State>, Linker<State>, &Module, &Options, Body<'_>) -> Result<(), Error>;

const THREADS: Option<RunThreads> = built!("wasi-threads", threads::run);
/// Ends recording or replaying, after a run that may have ended with an error.
type EndReplay = fn(&mut Store<State>, &Options, Option<&Error>) -> Result<(), CliError>;

/// What a run does for `--record` and `--replay`.
#[derive(Clone, Copy)]
pub struct Replay {
    /// Begins to record or to replay, if the options ask for one of them.
    pub begin: fn(&mut Store<State>, &Module, &Options) -> Result<(), CliError>,
    /// Defines what the module imports, for a replay.
    pub provide: fn(&mut Linker<State>, &Module) -> Result<(), Error>,
    /// Ends both.
    pub end: EndReplay,
}

type StartTrace = fn(&mut Config) -> Box<dyn Trace>;

/// Makes engines with this configuration report each instruction.
const TRACE: Option<StartTrace> = built!("trace", crate::trace::trace);
/// Records and replays host calls.
const REPLAY: Option<Replay> = built!("replay", crate::replay::REPLAY);
/// What a run does for `--profile`.
pub struct Profiling {
    /// Begins to sample the store, if the options ask for it.
    pub begin: fn(&mut Store<State>, &Options) -> Result<(), Error>,
    /// Writes the profile, also after a run that ended with an error.
    pub write: fn(&Store<State>, &Options) -> Result<(), CliError>,
}

/// Finds out where the time goes.
const PROFILING: Option<Profiling> = built!("profile", crate::profile::PROFILING);
/// Prints how often each instruction ran.
const PRINT_COUNTS: Option<fn()> = built!("count", crate::count::print);

/// Helps to validate a module that runs while it is still being validated, until all of it is valid.
fn wait_validated(module: &Module, file: &[u8]) {
    if let Some(background) = BACKGROUND_VALIDATION {
        (background.wait_validated)(module, file);
    }
}

/// Parses the arguments of a function from the command line.
#[inline(never)]
fn arguments(options: &Options, name: &str, ty: &FuncType) -> Result<Vec<Val>, CliError> {
    let wrong = |what: String| {
        let ty = ExternType::Func(ty.clone());
        CliError::usage(format!("{what}: `{}` is {ty}", Escaped(name)))
    };
    let (given, needed) = (options.args.len(), ty.params.len());
    if given != needed {
        let s = if needed == 1 { "" } else { "s" };
        return Err(wrong(format!("expected {needed} argument{s}, got {given}")));
    }
    let one = |(&arg, &ty): (&&[u8], &ValType)| {
        let parsed = core::str::from_utf8(arg).ok().and_then(|text| value::parse(text, ty));
        parsed.ok_or_else(|| wrong(format!("`{}` is not a value of type {}", shown(arg), ty.name())))
    };
    options.args.iter().zip(&ty.params).map(one).collect()
}

/// Returns the name of the function to call, and its arguments. Errors: there is no such function; the message lists
/// those that exist.
#[inline(never)]
fn entry<'a>(options: &'a Options, module: &Module) -> Result<(&'a str, Vec<Val>), CliError> {
    let name = options.invoke.unwrap_or("_start");
    if let Some(ExternType::Func(ty)) = module.get_export(name) {
        return match options.invoke {
            Some(_) => Ok((name, arguments(options, name, &ty)?)),
            None if ty.params.is_empty() && ty.results.is_empty() => Ok((name, Vec::new())),
            None => {
                let ty = ExternType::Func(ty);
                Err(CliError::load(options.file, format_args!("`_start` is {ty}: call it with `--invoke _start`")))
            }
        };
    }
    let functions = module.info().exports.iter().filter(|export| export.kind == ExportKind::Func);
    let mut names: Vec<String> = functions.map(|export| format!("`{}`", Escaped(&export.name))).collect();
    let more = names.len().saturating_sub(20);
    names.truncate(20);
    let names = match (names.is_empty(), more) {
        (true, _) => "no functions".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    };
    let name = Escaped(name);
    Err(match &options.invoke {
        Some(_) => CliError::usage(format!("no exported function `{name}`: the module exports {names}")),
        None => CliError::load(
            options.file,
            format_args!("no `_start` to run: call a function with `--invoke NAME`, the module exports {names}"),
        ),
    })
}

/// Instantiates the module and calls the function. Returns its results, one per line.
#[inline(never)]
fn call(
    store: &mut Store<State>,
    module: &Module,
    options: &Options,
    name: &str,
    args: &[Val],
    stats: &mut PhaseTimes,
) -> Result<String, Error> {
    let mut linker = Linker::new(module.engine());
    match REPLAY.filter(|_| options.replay.is_some()) {
        Some(replay) => (replay.provide)(&mut linker, module)?,
        None => provide(&mut linker, module)?,
    }
    let mut text = String::new();
    let mut body = |store: &mut Store<State>, linker: &Linker<State>| {
        text = call_linked(store, linker, module, name, args, stats)?;
        Ok(())
    };
    match THREADS.filter(|_| options.threads) {
        Some(run) => run(store, linker, module, options, &mut body)?,
        None => body(store, &linker)?,
    }
    Ok(text)
}

fn call_linked(
    store: &mut Store<State>,
    linker: &Linker<State>,
    module: &Module,
    name: &str,
    args: &[Val],
    stats: &mut PhaseTimes,
) -> Result<String, Error> {
    let instance = linker.instantiate(&mut *store, module)?;
    stats.phase("instantiate");
    // A library (a WASI reactor) exports a function that must be called before all others.
    if name != "_start"
        && name != "_initialize"
        && let Some(initialize) = instance.get_func(&mut *store, "_initialize")
        && initialize.ty(&*store).params.is_empty()
        && initialize.ty(&*store).results.is_empty()
    {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    let Some(func) = instance.get_func(&mut *store, name) else {
        return Err(Error::new("the instance lacks an export of its module"));
    };
    let mut results = vec![Val::I32(0); func.ty(&*store).results.len()];
    func.call(&mut *store, args, &mut results)?;
    let mut text = String::new();
    for result in &results {
        text += &value::print(result);
        text.push('\n');
    }
    Ok(text)
}

#[inline(never)]
pub fn run(options: &Options) -> Result<i32, CliError> {
    let file = options.file;
    let mut stats = PhaseTimes::new();
    let input = input::module(file)?;
    stats.phase("read");

    let mut config = load::config(&input);
    config.eager_translation(options.eager).consume_fuel(options.fuel.is_some());
    config.superinstructions(!options.no_superinstructions).deterministic(options.deterministic);
    if let Some(interruption) = INTERRUPTION {
        (interruption.configure)(&mut config, options);
    }
    if let Some(bytes) = options.max_stack {
        config.max_stack(in_memory(bytes));
    }
    let trace = match (TRACE, options.trace) {
        (Some(trace), Some(wanted)) => Some((trace(&mut config), wanted)),
        _ => None,
    };
    if options.stats {
        stats::watch(&mut config);
    }
    // A listening socket is visible outside before the guest begins, and so is a recording. The module must be valid
    // by then.
    let listens = !options.tcp_listen.is_empty();
    let in_background = !options.eager && !listens && options.record.or(options.replay).is_none();
    let background = BACKGROUND_VALIDATION.filter(|_| in_background && file != b"-");
    let threads = background.map_or(0, |background| (background.threads)(&input.bytes));
    if threads > 0 {
        config.validation(Validation::Lazy);
    }
    let engine = Engine::new(&config);
    let module = load::load(&engine, file, input)?;
    if let Some((trace, wanted)) = &trace {
        trace.choose(wanted, &module)?;
    }
    let unvalidated = (threads > 0).then_some(&module);
    if let (Some(module), Some(background)) = (unvalidated, BACKGROUND_VALIDATION) {
        (background.start)(module, file, threads).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    }
    // An invalid module is reported before any other error.
    let wait_validated = || unvalidated.map_or((), |module| wait_validated(module, file));
    let (name, args) = entry(options, &module).inspect_err(|_| wait_validated())?;
    stats.phase(if unvalidated.is_some() { "decode" } else { "decode, validate" });

    let wasi = wasi(options, unvalidated).inspect_err(|_| wait_validated())?;
    let store = with_allocation_errors(|| {
        let mut store = Store::try_new(&engine, State { wasi, limits: limits(options) })?;
        limit(&mut store, options.are_limited())?;
        Ok(store)
    });
    let mut store =
        store.inspect_err(|_| wait_validated()).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    }
    if let Some(replay) = REPLAY {
        (replay.begin)(&mut store, &module, options)?;
    }
    let result = with_allocation_errors(|| {
        if let Some(interruption) = INTERRUPTION {
            (interruption.begin)(&mut store, options)?;
        }
        if let Some(profiling) = PROFILING {
            (profiling.begin)(&mut store, options)?;
        }
        call(&mut store, &module, options, name, &args, &mut stats)
    });
    if let Some((trace, _)) = &trace {
        trace.end();
    }
    wait_validated();
    stats.phase("run");
    if options.stats {
        stats.print(module.stats(), &store);
    }
    if let Some(print_counts) = PRINT_COUNTS {
        print_counts();
    }
    let ended = REPLAY.map_or(Ok(()), |replay| (replay.end)(&mut store, options, result.as_ref().err()));
    let profiled = PROFILING.map_or(Ok(()), |profiling| (profiling.write)(&store, options));
    let outcome = match result {
        Ok(results) => print(&results),
        Err(error) => {
            let error_message = CliError::of(file, module.bytes(), &error);
            match INTERRUPTION.and_then(|interruption| (interruption.reason)(&error)) {
                Some((reason, status)) => Err(error_message.interrupted(reason, status)),
                None => Err(error_message),
            }
        }
    };
    let outcome = match ended.and(profiled) {
        Ok(()) => outcome,
        Err(error) => Err(error.after(outcome)),
    };
    // The end of the process frees everything at once. Dropping piece by piece takes longer.
    core::mem::forget((store, module));
    outcome
}

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

    pub fn provide(_: &mut Linker<State>, _: &[&Module]) -> Result<(), Error> {
        Ok(())
    }
}

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::mem::ManuallyDrop;

use wasmote::{
    Config, Engine, Error, ErrorKind, ExternType, FuncType, Instance, Linker, Module, Store, Val, ValType, Validation,
};
use wasmote_decode::ExportKind;
use wasmote_rt::with_allocation_errors;

use crate::escaped::Escaped;
use crate::failure::{CliError, EXIT_TRAP, shown};
use crate::features::{self, built};
use crate::load::BACKGROUND_VALIDATION;
use crate::nearest::nearest;
use crate::options::{Options, in_memory};
use crate::plural::Plural;
use crate::stats::PhaseTimes;
use crate::type_text::{TypeNames, TypeText, ValTypeText};
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
type WriteCounts = fn(&Options) -> Result<(), CliError>;

/// Writes how often each instruction ran.
const WRITE_COUNTS: Option<WriteCounts> = built!("count", crate::count::write);

/// Helps to validate a module that runs while it is still being validated, until all of it is valid.
fn wait_validated(module: &Module, file: &[u8]) {
    if let Some(background) = BACKGROUND_VALIDATION {
        (background.wait_validated)(module, file);
    }
}

/// Parses the arguments of a function from the command line.
#[inline(never)]
fn arguments(options: &Options, module: &Module, name: &str, ty: &FuncType) -> Result<Vec<Val>, CliError> {
    let names = || TypeNames::of(module.info(), module.bytes());
    let wrong = |what: String| {
        let (names, ty) = (names(), ExternType::Func(ty.clone()));
        CliError::usage(format!("{what}: `{}` is {}", Escaped(name), TypeText(&names, &ty)))
    };
    let (given, needed) = (options.args.len(), ty.params().len());
    if given != needed {
        let hint = if given == 0 && options.wasi_args.is_some() { " in front of `--`" } else { "" };
        return Err(wrong(format!("expected {}{hint}, got {given}", Plural(needed, "argument"))));
    }
    let one = |(&arg, &ty): (&&[u8], &ValType)| {
        let parsed = core::str::from_utf8(arg).ok().and_then(|text| value::parse(text, ty));
        parsed.ok_or_else(|| wrong(format!("`{}` is not a value of type {}", shown(arg), ValTypeText(&names(), ty))))
    };
    // `collect` has more code.
    let mut values = Vec::with_capacity(needed);
    for pair in options.args.iter().zip(ty.params()) {
        values.push(one(pair)?);
    }
    Ok(values)
}

/// The most functions that a message names.
const MOST_NAMES: usize = 20;

/// The function to call, and its arguments. `None` if only the start function and `_initialize` are to run.
type Entry<'a> = Option<(&'a str, Vec<Val>)>;

/// Returns what to run. Errors: there is no such function; the message lists those that exist.
#[inline(never)]
fn entry<'a>(options: &'a Options, module: &Module) -> Result<Entry<'a>, CliError> {
    let name = options.invoke.unwrap_or("_start");
    let functions = || module.info().exports.iter().filter(|export| export.kind == ExportKind::Func);
    let found = functions().find(|export| *export.name == *name);
    if let Some(ty) = found.and_then(|export| module.info().func_type(export.index)) {
        return match options.invoke {
            Some(_) => Ok(Some((name, arguments(options, module, name, ty)?))),
            None if ty.params().is_empty() && ty.results().is_empty() => Ok(Some((name, Vec::new()))),
            None => {
                let (names, ty) = (TypeNames::of(module.info(), module.bytes()), ExternType::Func(ty.clone()));
                let ty = TypeText(&names, &ty);
                Err(CliError::load(options.file, format_args!("`_start` is {ty}: call it with `--invoke _start`")))
            }
        };
    }
    let is_exported = |name: &[u8]| functions().any(|export| export.name.as_bytes() == name);
    // With `wasmote FILE NAME`, as other engines have it, a library does not do what was meant.
    let named = options.args.first().filter(|word| is_exported(word));
    if options.invoke.is_none() && named.is_none() && (module.info().start.is_some() || is_exported(b"_initialize")) {
        return Ok(None);
    }
    let mut names = String::new();
    for export in functions().take(MOST_NAMES) {
        let separator = if names.is_empty() { "" } else { ", " };
        names += &format!("{separator}`{}`", Escaped(&export.name));
    }
    match functions().count() {
        0 => names += "no functions",
        count if count > MOST_NAMES => names += &format!(", and {} more", count - MOST_NAMES),
        _ => {}
    }
    Err(match options.invoke {
        Some(name) => {
            let near = || nearest(name, &mut functions().map(|export| &*export.name));
            let near = features::HINTS.is_built.then(near).flatten();
            let meant = near.map_or(String::new(), |near| format!(": did you mean `{}`?", Escaped(near)));
            let end = if near.is_some() { String::new() } else { format!(": the module exports {names}") };
            CliError::usage(format!("no exported function `{}`{meant}{end}", Escaped(name)))
        }
        None => {
            let name = named.map_or(Cow::Borrowed("NAME"), |name| shown(name));
            CliError::load(
                options.file,
                format_args!(
                    "no `_start` to run: call a function with `--invoke {}`, the module exports {names}",
                    Escaped(&name)
                ),
            )
        }
    })
}

/// A module to link first: its name for imports, its file, and the module.
type Library<'a> = (&'a str, &'a [u8], Module);

/// Loads the modules to link first.
#[inline(never)]
fn libraries<'a>(options: &'a Options, engine: &Engine) -> Result<Vec<Library<'a>>, CliError> {
    let load = |&(name, file): &(&'a str, &'a [u8])| Ok((name, file, load::load(engine, file, input::module(file)?)?));
    options.preloads.iter().map(load).collect()
}

/// What a run instantiates and calls.
struct Run<'a> {
    module: &'a Module,
    libraries: &'a [Library<'a>],
    /// How many of the libraries are instantiated.
    instantiated: Cell<usize>,
    entry: &'a Entry<'a>,
}

/// Instantiates the modules and calls the function. Returns its results, one per line.
#[inline(never)]
fn call(store: &mut Store<State>, options: &Options, run: &Run<'_>, stats: &mut PhaseTimes) -> Result<String, Error> {
    let module = run.module;
    let mut linker = ManuallyDrop::new(Linker::new(module.engine()));
    match REPLAY.filter(|_| options.replay.is_some()) {
        Some(replay) => (replay.provide)(&mut linker, module)?,
        None => {
            if features::LINKING.is_built {
                let libraries = run.libraries.iter().map(|(_, _, library)| library);
                provide(&mut linker, &libraries.chain([module]).collect::<Vec<_>>())?;
            } else {
                provide(&mut linker, &[module])?;
            }
        }
    }
    let stub_missing = features::LINKING.is_built && options.stub_missing;
    // The exports of a library take the place of what stood for them while the libraries before it were linked.
    linker.allow_shadowing(stub_missing);
    for (name, _, library) in if features::LINKING.is_built { run.libraries } else { &[] } {
        if stub_missing {
            linker.define_unknown_imports_as_traps(library)?;
        }
        let instance = linker.instantiate(&mut *store, library)?;
        initialize(store, &instance)?;
        linker.instance(&mut *store, name, instance)?;
        run.instantiated.set(run.instantiated.get() + 1);
    }
    if stub_missing {
        linker.define_unknown_imports_as_traps(module)?;
    }
    let mut text = String::new();
    let mut body = |store: &mut Store<State>, linker: &Linker<State>| {
        text = call_linked(store, linker, run, stats)?;
        Ok(())
    };
    match THREADS.filter(|_| options.threads) {
        Some(run) => run(store, ManuallyDrop::into_inner(linker), module, options, &mut body)?,
        None => body(store, &linker)?,
    }
    Ok(text)
}

/// Calls the function that a library (a WASI reactor) exports to be called before all others.
fn initialize(store: &mut Store<State>, instance: &Instance) -> Result<(), Error> {
    if let Some(initialize) = instance.get_func(&mut *store, "_initialize")
        && initialize.ty(&*store).params().is_empty()
        && initialize.ty(&*store).results().is_empty()
    {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    Ok(())
}

// Not inlined: it would be there twice, for a guest with threads and for one without.
#[inline(never)]
fn call_linked(
    store: &mut Store<State>,
    linker: &Linker<State>,
    run: &Run<'_>,
    stats: &mut PhaseTimes,
) -> Result<String, Error> {
    let instance = linker.instantiate(&mut *store, run.module)?;
    stats.phase("instantiate");
    let name = run.entry.as_ref().map(|(name, _)| *name);
    if !matches!(name, Some("_start" | "_initialize")) {
        initialize(store, &instance)?;
    }
    let Some((name, args)) = run.entry else { return Ok(String::new()) };
    let Some(func) = instance.get_func(&mut *store, name) else {
        return Err(Error::new("the instance lacks an export of its module"));
    };
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
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
    // What runs is counted for a choice of superinstructions, so there are none.
    let superinstructions = !options.no_superinstructions && options.counts_out.is_none();
    config.superinstructions(superinstructions).deterministic(options.deterministic);
    if let Some(interruption) = INTERRUPTION {
        (interruption.configure)(&mut config, options);
    }
    if let Some(bytes) = options.max_stack.filter(|_| features::LIMITS.is_built) {
        config.max_stack(in_memory(bytes));
    }
    let trace = match (TRACE, options.trace) {
        (Some(trace), Some(wanted)) => Some((trace(&mut config), wanted)),
        _ => None,
    };
    if features::STATS.is_built && options.stats {
        stats::watch(&mut config);
    }
    // A listening socket is visible outside before the guest begins, and so is a recording. The module must be valid
    // by then.
    let listens = !options.tcp_listen.is_empty();
    let in_background =
        !options.eager && !listens && options.record.or(options.replay).is_none() && options.preloads.is_empty();
    let background = BACKGROUND_VALIDATION.filter(|_| in_background && file != b"-");
    let threads = background.map_or(0, |background| (background.threads)(&input.bytes));
    if threads > 0 {
        config.validation(Validation::Lazy);
    }
    let engine = Engine::new(&config);
    // The end of the process frees everything at once. Dropping piece by piece takes longer, and code.
    let module = ManuallyDrop::new(load::load(&engine, file, input)?);
    let module = &*module;
    if let Some((trace, wanted)) = &trace {
        trace.choose(wanted, module)?;
    }
    let unvalidated = (threads > 0).then_some(module);
    if let (Some(module), Some(background)) = (unvalidated, BACKGROUND_VALIDATION) {
        (background.start)(module, file, threads).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    }
    // An invalid module is reported before any other error.
    let wait_validated = || unvalidated.map_or((), |module| wait_validated(module, file));
    let entry = entry(options, module).inspect_err(|_| wait_validated())?;
    let libraries =
        ManuallyDrop::new(if features::LINKING.is_built { libraries(options, &engine)? } else { Vec::new() });
    stats.phase(if unvalidated.is_some() { "decode" } else { "decode, validate" });

    let wasi = wasi(options, unvalidated).inspect_err(|_| wait_validated())?;
    let store = with_allocation_errors(|| {
        let mut store = Store::try_new(&engine, State { wasi, limits: limits(options) })?;
        limit(&mut store, options.are_limited())?;
        Ok(store)
    });
    let store = store.inspect_err(|_| wait_validated()).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    let mut store = ManuallyDrop::new(store);
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel).map_err(|error| CliError::of(file, module.bytes(), &error))?;
    }
    if let Some(replay) = REPLAY {
        (replay.begin)(&mut store, module, options)?;
    }
    let guest = Run { module, libraries: &libraries, instantiated: Cell::new(0), entry: &entry };
    let result = with_allocation_errors(|| {
        if let Some(interruption) = INTERRUPTION {
            (interruption.begin)(&mut store, options)?;
        }
        if let Some(profiling) = PROFILING {
            (profiling.begin)(&mut store, options)?;
        }
        call(&mut store, options, &guest, &mut stats)
    });
    if let Some((trace, _)) = &trace {
        trace.end();
    }
    wait_validated();
    stats.phase("run");
    if features::STATS.is_built && options.stats {
        stats.print(module.stats(), &store);
    }
    let ended = REPLAY.map_or(Ok(()), |replay| (replay.end)(&mut store, options, result.as_ref().err()));
    let profiled = PROFILING.map_or(Ok(()), |profiling| (profiling.write)(&store, options));
    let counted = WRITE_COUNTS.map_or(Ok(()), |write| write(options));
    let outcome = match result {
        Ok(results) => print(&results),
        Err(error) => {
            // An error before all libraries are instantiated is one of theirs.
            let library = libraries.get(guest.instantiated.get()).filter(|_| features::LINKING.is_built);
            let (file, module) = library.map_or((file, module), |(_, file, library)| (*file, library));
            let mut error_message = CliError::of(file, module.bytes(), &error);
            // A call of a function that is missing counts as a trap.
            let stub_missing = features::LINKING.is_built && options.stub_missing;
            if stub_missing && matches!(error.kind(), ErrorKind::Usage(_)) && error.backtrace().is_some() {
                error_message.status = EXIT_TRAP;
            }
            match INTERRUPTION.and_then(|interruption| (interruption.reason)(&error)) {
                Some((reason, status)) => Err(error_message.interrupted(reason, status)),
                None => Err(error_message),
            }
        }
    };
    match ended.and(profiled).and(counted) {
        Ok(()) => outcome,
        Err(error) => Err(error.after(outcome)),
    }
}

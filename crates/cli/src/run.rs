//! `wasmote run`: a program from its `_start`, or one function.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use wasmote::{Engine, Error, ExternType, FuncType, Linker, Module, Store, Val, ValType, Validation};
use wasmote_decode::ExportKind;
use wasmote_rt::told_of_no_memory;

use crate::escaped::Escaped;
use crate::failure::{Failure, shown};
use crate::options::Options;
use crate::stats::Stats;
use crate::{ahead, input, load, print, value};

/// What the store carries.
#[cfg(feature = "wasi")]
type State = wasmote_wasi::WasiCtx;
#[cfg(not(feature = "wasi"))]
struct State;

/// The guest's arguments, environment and directories. What it does has to wait for the proof of a module that is not proven yet.
#[cfg(feature = "wasi")]
#[inline(never)]
fn state(options: &Options, unproven: Option<&Module>) -> Result<State, Failure> {
    use alloc::boxed::Box;
    use alloc::string::ToString;
    use wasmote_wasi::{DirAccess, FixedClocks, Input, Output, SetupError, WasiCtx, random};

    let [stdin, stdout, stderr] = wasmote_rt::streams();
    // In the system's own words.
    let words = |error| match error {
        SetupError::Directory(number) | SetupError::Listen(number) => wasmote_rt::Error(number).to_string(),
        error => error.to_string(),
    };
    let output = |file: Option<_>| file.map_or(Output::Null, Output::File);
    let mut builder = WasiCtx::builder().stdin(stdin.map_or(Input::Null, Input::File));
    builder = builder.stdout(output(stdout)).stderr(output(stderr)).arg(options.file);
    for &arg in &options.args {
        builder = builder.arg(arg);
    }
    if options.env_inherit {
        // What is given by name replaces what is inherited.
        let name = |variable: &'static [u8]| variable.split(|&byte| byte == b'=').next().unwrap_or_default();
        let given = |variable| options.env.iter().any(|(given, _)| given.as_bytes() == name(variable));
        for variable in wasmote_rt::environment().filter(|variable| !given(variable)) {
            builder = builder.env_bytes(variable);
        }
    }
    for (name, value) in &options.env {
        builder = builder.env(name, value);
    }
    for dir in &options.dirs {
        let (option, access) = match dir.read_only {
            true => ("--dir-ro", DirAccess::ReadOnly),
            false => ("--dir", DirAccess::ReadWrite),
        };
        builder = builder
            .preopened_dir_bytes(dir.host.as_bytes(), dir.guest, access)
            .map_err(|error| Failure::usage(format!("`{option} {}`: {}", dir.host, words(error))))?;
    }
    #[cfg(feature = "sockets")]
    for &(text, address) in &options.tcp_listen {
        builder = builder
            .tcp_listener(address)
            .map_err(|error| Failure::usage(format!("`--tcplisten {text}`: {}", words(error))))?;
    }
    if let Some(nanoseconds) = options.clock {
        builder = builder.clocks(Box::new(FixedClocks::new(nanoseconds)));
    }
    if let Some(seed) = options.random_seed {
        builder = builder.random(random::seeded(seed));
    }
    if let Some(module) = unproven.cloned() {
        let file = options.file;
        builder = builder.permission(Box::new(move || {
            ahead::settled(&module, file);
            Ok(())
        }));
    }
    builder.build().map_err(|error| Failure::usage(error.to_string()))
}

#[cfg(not(feature = "wasi"))]
fn state(_: &Options, _: Option<&Module>) -> Result<State, Failure> {
    Ok(State)
}

/// Defines what the module can import. Nothing is set up for one that imports nothing.
#[cfg(feature = "wasi")]
fn provide(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    if module.info().imports.is_empty() {
        return Ok(());
    }
    wasmote_wasi::add_to_linker(linker, |state| state)
}

#[cfg(not(feature = "wasi"))]
fn provide(_: &mut Linker<State>, _: &Module) -> Result<(), Error> {
    Ok(())
}

/// The arguments of a function, from the command line.
#[inline(never)]
fn arguments(options: &Options, name: &str, ty: &FuncType) -> Result<Vec<Val>, Failure> {
    let wrong = |what: String| {
        let ty = ExternType::Func(ty.clone());
        Failure::usage(format!("{what}: `{}` is {ty}", Escaped(name)))
    };
    let (given, needed) = (options.args.len(), ty.params.len());
    if given != needed {
        return Err(wrong(format!("{given} arguments given, {needed} needed")));
    }
    let one = |(&arg, &ty): (&&[u8], &ValType)| {
        let parsed = core::str::from_utf8(arg).ok().and_then(|text| value::parse(text, ty));
        parsed.ok_or_else(|| wrong(format!("`{}` is no value of type {}", shown(arg), ty.name())))
    };
    options.args.iter().zip(&ty.params).map(one).collect()
}

/// The name of the function to call, and its arguments. If there is no such function, those that there are.
#[inline(never)]
fn entry<'a>(options: &'a Options, module: &Module) -> Result<(&'a str, Vec<Val>), Failure> {
    let name = options.invoke.unwrap_or("_start");
    if let Some(ExternType::Func(ty)) = module.get_export(name) {
        return match options.invoke {
            Some(_) => Ok((name, arguments(options, name, &ty)?)),
            None if ty.params.is_empty() && ty.results.is_empty() => Ok((name, Vec::new())),
            None => {
                let ty = ExternType::Func(ty);
                Err(Failure::load(options.file, format_args!("`_start` is {ty}, call it with `--invoke _start`")))
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
        Some(_) => Failure::usage(format!("no exported function `{name}`: the module exports {names}")),
        None => Failure::load(
            options.file,
            format_args!("no `_start` to run: call a function with `--invoke NAME`; the module exports {names}"),
        ),
    })
}

/// Instantiates the module and calls the function; returns its results, each on a line.
#[inline(never)]
fn call(
    store: &mut Store<State>,
    module: &Module,
    name: &str,
    args: &[Val],
    stats: &mut Stats,
) -> Result<String, Error> {
    let mut linker = Linker::new(module.engine());
    provide(&mut linker, module)?;
    let instance = linker.instantiate(&mut *store, module)?;
    stats.phase("instantiate");
    // Libraries have a function that wants to be called before all others.
    if name != "_start"
        && name != "_initialize"
        && let Some(initialize) = instance.get_func(&mut *store, "_initialize")
        && initialize.ty(&*store).params.is_empty()
        && initialize.ty(&*store).results.is_empty()
    {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    let Some(func) = instance.get_func(&mut *store, name) else {
        return Err(Error::new("the function is gone"));
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
pub fn run(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let mut stats = Stats::new();
    let input = input::module(file)?;
    stats.phase("read");

    let mut config = load::config(&input);
    config.eager_translation(options.eager).fuel(options.fuel.is_some());
    #[cfg(feature = "gc")]
    if options.stats {
        config.gc_clock(wasmote_rt::now);
    }
    // Sockets are seen from outside as soon as they listen, before the guest begins.
    #[cfg(feature = "sockets")]
    let seen = !options.tcp_listen.is_empty();
    #[cfg(not(feature = "sockets"))]
    let seen = false;
    let threads = if options.eager || seen || file == b"-" { 0 } else { ahead::threads(&input.bytes) };
    if threads > 0 {
        config.validation(Validation::Lazy);
    }
    let engine = Engine::new(&config);
    let module = load::load(&engine, file, input)?;
    let unproven = (threads > 0).then_some(&module);
    if let Some(module) = unproven {
        ahead::start(module, file, threads).map_err(|error| Failure::of(file, module.bytes(), &error))?;
    }
    // Whatever else is wrong, it is said first that a module is not valid.
    let settled = || unproven.map_or((), |module| ahead::settled(module, file));
    let (name, args) = entry(options, &module).inspect_err(|_| settled())?;
    stats.phase(if unproven.is_some() { "decode" } else { "decode, validate" });

    let state = state(options, unproven).inspect_err(|_| settled())?;
    let store = told_of_no_memory(|| Store::try_new(&engine, state)).inspect_err(|_| settled());
    let mut store = store.map_err(|error| Failure::of(file, module.bytes(), &error))?;
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel);
    }
    let result = told_of_no_memory(|| call(&mut store, &module, name, &args, &mut stats));
    settled();
    stats.phase("run");
    if options.stats {
        stats.print(
            module.stats(),
            #[cfg(feature = "gc")]
            store.heap_stats(),
        );
    }
    #[cfg(feature = "count")]
    crate::count::print();
    let outcome = match result {
        Ok(results) => print(&results),
        Err(error) => Err(Failure::of(file, module.bytes(), &error)),
    };
    // The end of the program takes them at once; piece by piece takes longer.
    core::mem::forget((store, module));
    outcome
}

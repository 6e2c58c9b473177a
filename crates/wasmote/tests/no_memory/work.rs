//! The work that is done while allocations fail.

use std::sync::{Arc, Mutex};

use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, ErrorKind, ExternRef, Func, ImageOptions, Instance, Linker, Memory,
    MemoryType, Module, OpSet, ReplayError, Store, StoreLimits, StoreLimitsBuilder, Val, Validation,
};

/// A piece of work. `begin` runs with enough memory and returns the rest, which may fail. The rest returns what is
/// left.
pub struct Work {
    pub name: &'static str,
    pub begin: fn() -> Rest,
    /// Whether an outcome is allowed, when one allocation failed or all from one on.
    pub outcome: fn(&Result<Left, Error>, bool) -> bool,
}

/// The error says that there is no memory.
fn out_of_memory(result: &Result<Left, Error>, _once: bool) -> bool {
    result.as_ref().is_err_and(|error| matches!(error.kind(), ErrorKind::OutOfMemory))
}

/// There is an error. Errors of memories, tables and objects say that these could not be allocated. The heap tries
/// twice.
fn an_error(result: &Result<Left, Error>, once: bool) -> bool {
    match result {
        Err(error) => {
            matches!(error.kind(), ErrorKind::OutOfMemory | ErrorKind::Instantiate(_) | ErrorKind::TrapCode(_))
        }
        Ok(Left::Store(_)) => once,
        Ok(left) => matches!(left, Left::Error(_)),
    }
}

/// Requests of guests may fail without an error of the host: the guest is told.
fn anything(_: &Result<Left, Error>, _once: bool) -> bool {
    true
}

/// A call that is not recorded ends the run.
fn no_memory_to_record(result: &Result<Left, Error>, _once: bool) -> bool {
    result.as_ref().is_err_and(|error| match error.kind() {
        ErrorKind::OutOfMemory => true,
        _ => matches!(error.downcast_ref(), Some(ReplayError::Unsupported { what, .. }) if what.contains("memory")),
    })
}

pub type Rest = Box<dyn FnOnce() -> Result<Left, Error>>;

/// What is left of some work, to be dropped.
#[allow(dead_code, clippy::large_enum_variant)]
pub enum Left {
    Module(Module),
    Image(Vec<u8>),
    Store(Store<()>),
    Limited(Store<StoreLimits>),
    Error(Error),
}

pub fn all() -> [Work; 19] {
    [
        Work { name: "load", begin: || load(Config::new(), wasm()), outcome: out_of_memory },
        Work { name: "load a module whose bodies are validated later", begin: load_lazily, outcome: out_of_memory },
        Work { name: "load and translate", begin: load_eagerly, outcome: out_of_memory },
        Work { name: "load an invalid module", begin: load_invalid, outcome: an_error },
        Work { name: "load a damaged module", begin: load_damaged, outcome: an_error },
        Work { name: "write an image", begin: || write_image(OpSet::Extended), outcome: out_of_memory },
        Work { name: "write an image of the core op set", begin: || write_image(OpSet::Core), outcome: out_of_memory },
        Work { name: "load an image", begin: load_image, outcome: out_of_memory },
        Work { name: "make a store", begin: make_store, outcome: out_of_memory },
        Work { name: "set a limiter", begin: set_limiter, outcome: out_of_memory },
        Work { name: "refuse growth", begin: refuse_growth, outcome: an_error },
        Work { name: "instantiate", begin: instantiate, outcome: an_error },
        Work { name: "instantiate without imports", begin: instantiate_wrongly, outcome: an_error },
        Work { name: "instantiate an image", begin: instantiate_image, outcome: an_error },
        Work { name: "run", begin: run, outcome: anything },
        Work { name: "run an image", begin: run_image, outcome: anything },
        Work { name: "record", begin: record, outcome: no_memory_to_record },
        Work { name: "replay", begin: replay, outcome: an_error },
        Work { name: "wait at an address of a shared memory", begin: wait, outcome: out_of_memory },
    ]
}

fn wasm() -> Vec<u8> {
    wat::parse_str(include_str!("module.wat")).expect("the module is text")
}

fn load(config: Config, wasm: Vec<u8>) -> Rest {
    let engine = Engine::new(&config);
    Box::new(move || Ok(Left::Module(Module::new(&engine, wasm)?)))
}

fn load_lazily() -> Rest {
    let mut config = Config::new();
    config.validation(Validation::Lazy);
    let engine = Engine::new(&config);
    let wasm = wasm();
    Box::new(move || {
        let module = Module::new(&engine, wasm)?;
        module.validate_functions()?;
        Ok(Left::Module(module))
    })
}

fn load_eagerly() -> Rest {
    let mut config = Config::new();
    config.eager_translation(true).consume_fuel(true).canonical_nans(true);
    load(config, wasm())
}

/// The error of a wrong module stays an error when there is no memory for it.
fn failing(config: Config, wasm: Vec<u8>) -> Rest {
    let rest = load(config, wasm);
    Box::new(move || match rest() {
        Ok(_) => Err(Error::new("a wrong module was loaded")),
        Err(error) => Ok(Left::Error(error)),
    })
}

fn load_invalid() -> Rest {
    let text = r#"(module (type (func)) (import "m" "f" (func)) (export "f" (func 0))
        (func (result i32) (block (result i32) (i64.const 1))))"#;
    failing(Config::new(), wat::parse_str(text).expect("text"))
}

fn load_damaged() -> Rest {
    let mut wasm = wasm();
    // No section has this number.
    wasm.extend([100, 4, 0, 0, 0, 0]);
    failing(Config::new(), wasm)
}

fn module(engine: &Engine) -> Module {
    Module::new(engine, wasm()).expect("the module is valid")
}

fn image(engine: &Engine) -> Vec<u8> {
    module(engine).to_image(&ImageOptions::default().with_names(true)).expect("an image")
}

fn write_image(op_set: OpSet) -> Rest {
    let text = match op_set {
        OpSet::Extended => include_str!("module.wat"),
        // It has no vectors.
        OpSet::Core => {
            r#"(module (memory 1) (data (i32.const 0) "a") (func $f (export "f") (param i32) (result i32)
                (i32.add (call $f (local.get 0)) (i32.load (local.get 0)))))"#
        }
    };
    let module = Module::new(&Engine::default(), wat::parse_str(text).expect("text")).expect("the module is valid");
    let code = CodeOptions::default().with_op_set(op_set).with_metered(true).with_canonical_nans(true);
    Box::new(move || Ok(Left::Image(module.to_image(&ImageOptions::default().with_code(code).with_names(true))?)))
}

fn load_image() -> Rest {
    let mut config = Config::new();
    config.eager_translation(true);
    let engine = Engine::new(&config);
    let image = image(&engine);
    Box::new(move || Ok(Left::Module(Module::from_image(&engine, image)?)))
}

/// Limits that are below what the module has.
fn limited() -> Store<StoreLimits> {
    Store::new(&Engine::default(), StoreLimitsBuilder::new().memory_size(1).trap_on_grow_failure(true).build())
}

fn set_limiter() -> Rest {
    let mut store = limited();
    Box::new(move || store.try_limiter(|limits| limits).map(|()| Left::Limited(store)))
}

/// The limiter's error must survive where there is no memory for it.
fn refuse_growth() -> Rest {
    let mut store = limited();
    store.limiter(|limits| limits);
    let ty = MemoryType::new(1, None);
    Box::new(move || match Memory::new(&mut store, ty) {
        Ok(_) => Ok(Left::Limited(store)),
        Err(error) => Ok(Left::Error(error)),
    })
}

fn make_store() -> Rest {
    let engine = Engine::default();
    Box::new(move || Ok(Left::Store(Store::try_new(&engine, ())?)))
}

fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "pass", |value: Option<ExternRef>| value).expect("a new name");
    linker.func_wrap("host", "fail", || Err::<(), _>(Error::new("as asked"))).expect("a new name");
    let ty = wasmote::FuncType::new(
        [wasmote::ValType::I32, wasmote::ValType::EXTERNREF],
        [wasmote::ValType::EXTERNREF, wasmote::ValType::I32],
    );
    let swap = |_: wasmote::Caller<'_, ()>, args: &[Val], results: &mut [Val]| {
        results.copy_from_slice(&[args[1], args[0]]);
        Ok(())
    };
    linker.func_new("host", "swap", ty, swap).expect("a new name");
    linker
}

fn of_module(module: Module) -> Rest {
    let linker = linker(module.engine());
    let mut store = Store::new(module.engine(), ());
    Box::new(move || {
        let instance = linker.instantiate(&mut store, &module);
        instance.map(|_| Left::Store(store))
    })
}

fn instantiate() -> Rest {
    of_module(module(&Engine::default()))
}

fn instantiate_image() -> Rest {
    let engine = Engine::default();
    of_module(Module::from_image(&engine, image(&engine)).expect("an image"))
}

fn instantiate_wrongly() -> Rest {
    let engine = Engine::default();
    let module = module(&engine);
    let mut store = Store::new(&engine, ());
    Box::new(move || match Linker::new(&engine).instantiate(&mut store, &module) {
        Ok(_) => Err(Error::new("there is nothing to import")),
        Err(error) => Ok(Left::Error(error)),
    })
}

/// Calls all exported functions without parameters in order; then, with enough memory, those that failed.
fn run_module(module: Module) -> Rest {
    let mut store = Store::new(module.engine(), ());
    let instance = linker(module.engine()).instantiate(&mut store, &module).expect("an instance");
    let functions: Vec<(String, Func)> = instance
        .exports(&store)
        .filter_map(|(name, item)| Some((name.to_string(), item.into_func()?)))
        .filter(|(_, func)| func.ty(&store).params().is_empty())
        .collect();
    assert!(functions.len() > 8, "there is something to run");
    Box::new(move || {
        for (name, func) in &functions {
            let mut results = [Val::I32(0); 8];
            // The embedder provides the memory for results.
            let outcome = func.call(&mut store, &[], &mut results[..result_count(name)]);
            match outcome {
                Ok(()) if name.starts_with("traps") => return Err(Error::new("there was no trap")),
                Err(error) if !name.starts_with("traps") => return Err(error),
                _ => {}
            }
        }
        Ok(Left::Store(store))
    })
}

/// A function's name ends in the number of its results, unless that is one.
fn result_count(name: &str) -> usize {
    name.rsplit_once(' ').and_then(|(_, count)| count.parse().ok()).unwrap_or(1)
}

fn run() -> Rest {
    run_module(module(&Engine::default()))
}

fn run_image() -> Rest {
    let engine = Engine::default();
    run_module(Module::from_image(&engine, image(&engine)).expect("an image"))
}

/// A module whose host function changes a memory in two ways, a table and a global.
const RECORDED: &str = r#"(module
    (import "host" "change" (func $change (param i32 i64) (result i32)))
    (memory (export "memory") 1)
    (memory (export "other") 1)
    (table (export "table") 10 funcref)
    (global (export "global") (mut i32) (i32.const 0))
    (func $f (export "run") (drop (call $change (i32.const 1) (i64.const 2)))))"#;

/// Records a run into a buffer that has room already. Returns what is to be run.
fn recorded(recording: Arc<Mutex<Vec<u8>>>) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(RECORDED).expect("text")).expect("the module is valid");
    let change = |mut caller: Caller<'_, ()>, x: i32, _: i64| -> Result<i32, Error> {
        let export = |caller: &Caller<'_, ()>, name| caller.get_export(name).expect("it is exported");
        let (memory, other) = (export(&caller, "memory").into_memory(), export(&caller, "other").into_memory());
        memory.expect("a memory").data_mut(&mut caller)[100] += 1;
        other.expect("a memory").write(&mut caller, 5, b"some bytes")?;
        let (table, run) = (export(&caller, "table").into_table(), export(&caller, "run").into_func());
        table.expect("a table").set(&mut caller, 3, wasmote::Ref::Func(run))?;
        export(&caller, "global").into_global().expect("a global").set(&mut caller, Val::I32(x))?;
        Ok(7)
    };
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "change", change).expect("a new name");
    let mut store = Store::new(&engine, ());
    let write = move |bytes: &[u8]| {
        recording.lock().expect("no panic").extend_from_slice(bytes);
        Ok(())
    };
    store.record(&module, write).expect("it is written");
    let instance = linker.instantiate(&mut store, &module).expect("an instance");
    let run = instance.get_func(&store, "run").expect("it is exported");
    // The first call translates the function and makes the stack.
    run.call(&mut store, &[], &mut []).expect("it is recorded");
    (store, instance)
}

fn record() -> Rest {
    let (mut store, instance) = recorded(Arc::new(Mutex::new(Vec::with_capacity(10_000))));
    let run = instance.get_func(&store, "run").expect("it is exported");
    Box::new(move || {
        for _ in 0..3 {
            run.call(&mut store, &[], &mut [])?;
        }
        store.end_recording()?;
        Ok(Left::Store(store))
    })
}

fn replay() -> Rest {
    let recording = Arc::new(Mutex::new(Vec::new()));
    let (mut store, instance) = recorded(recording.clone());
    let run = instance.get_func(&store, "run").expect("it is exported");
    run.call(&mut store, &[], &mut []).expect("it is recorded");
    store.end_recording().expect("it is written");
    let module = instance.module(&store).clone();
    let mut store = Store::new(module.engine(), ());
    let recording = recording.lock().expect("no panic").clone();
    let mut linker = Linker::new(module.engine());
    linker.define_unknown_imports_as_traps(&module).expect("functions");
    Box::new(move || {
        store.replay(&module, recording, |_| Ok(()))?;
        let instance = linker.instantiate(&mut store, &module)?;
        let run = instance.get_func(&store, "run").expect("it is exported");
        run.call(&mut store, &[], &mut [])?;
        run.call(&mut store, &[], &mut [])?;
        store.end_recording()?;
        Ok(Left::Store(store))
    })
}

/// A wait of a nanosecond, in a store that can be interrupted.
fn wait() -> Rest {
    let text = r#"(module (memory 1 1 shared) (func (export "wait") (param i32) (result i32)
        (memory.atomic.wait32 (i32.const 0) (local.get 0) (i64.const 1))))"#;
    let engine = Engine::new(Config::new().interruption(true));
    let module = Module::new(&engine, wat::parse_str(text).expect("text")).expect("the module is valid");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    store.interrupt_handle().expect("a handle");
    let wait = instance.get_typed_func::<i32, i32>(&store, "wait").expect("a function");
    // The first call translates the function. It does not wait, since another value is expected.
    assert_eq!(wait.call(&mut store, 1).expect("a mismatch"), 1);
    Box::new(move || {
        wait.call(&mut store, 0)?;
        Ok(Left::Store(store))
    })
}

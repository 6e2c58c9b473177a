//! Runs the project's regression scripts (`tests/regress`), all of whose directives must pass. Also runs generated
//! modules that are too large to write down, every atomic operator, random programs, shortened jumps, and the check that valid modules are translated.

mod atomics;
#[cfg(feature = "interrupt")]
mod interruptions;
mod jumps;
mod large;
mod legacy;
mod operators;
mod random;
mod script_threads;
#[cfg(feature = "threads")]
mod shared;
mod translates;

use wasmote::script::{Options, run};
use wasmote::{Features, Instance, Linker, Module, Store, Val, Validation};

/// Runs a script twice: with validation and translation at load, and as late as possible. Returns the failures, one a
/// line.
fn failures(name: &str, text: &str) -> Vec<String> {
    let mut failures = Vec::new();
    for validation in [Validation::Eager, Validation::Lazy] {
        let mut options = Options::default();
        options.config.validation(validation).eager_translation(validation == Validation::Eager);
        let summary = run(name, text, &options);
        assert!(summary.passed + summary.failed.len() > 0, "{name}: no directives");
        for failure in summary.failed {
            // With lazy validation, a module with an invalid body loads.
            let loads = validation == Validation::Lazy && failure.what.starts_with("loaded instead of being refused");
            if !loads {
                failures.push(format!("{name}:{}: {}", failure.line, failure.what));
            }
        }
    }
    failures
}

#[test]
fn every_script_of_the_folder_passes() {
    let folder = wasmote_test_support::root().join("tests/regress");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of the folder").path())
        .collect();
    files.sort();
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}");
        failed.extend(failures(&name, &text));
    }
    assert!(files.len() > 1, "no scripts in {}", folder.display());
    assert!(failed.is_empty(), "{} directives failed:\n{}", failed.len(), failed.join("\n"));
}

/// An instance of a text without imports.
struct Program {
    store: Store<()>,
    instance: Instance,
}

impl Program {
    fn new(text: &str) -> Program {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        let mut config = wasmote::Config::new();
        // Translates eagerly, so that a panic of the translator can be told from a wrong result.
        config.features(Features::default()).eager_translation(true);
        let engine = wasmote::Engine::new(&config);
        let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap_or_else(|error| panic!("{error}"));
        Program { store, instance }
    }

    /// Calls an export. Returns its results as bits, or the message of its trap.
    fn call(&mut self, name: &str, args: &[Val]) -> Result<Vec<u64>, String> {
        let func = self.instance.get_func(&self.store, name).unwrap_or_else(|| panic!("no function {name}"));
        let ty = func.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_of(ty)).collect();
        match func.call(&mut self.store, args, &mut results) {
            Ok(()) => Ok(results.iter().map(bits).collect()),
            Err(error) => match error.as_trap_code() {
                Some(code) => Err(code.message().into()),
                None => Err(error.to_string()),
            },
        }
    }
}

fn bits(value: &Val) -> u64 {
    match *value {
        Val::I32(value) => u64::from(value as u32),
        Val::I64(value) => value as u64,
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        _ => panic!("no number: {value:?}"),
    }
}

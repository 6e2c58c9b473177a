//! The costs of metered code (docs/fuel.md). For each schedule, the costs of fixed programs are recorded. They run
//! every instruction, and long instructions at many sizes.
#![cfg(all(feature = "gc", feature = "simd", feature = "compile"))]

mod pieces;
mod programs;
mod schedule;
mod stores;

use wasmote::{Config, Engine, Instance, Linker, Module, Store, TrapCode, Val};

/// More than anything here costs.
const PLENTY: u64 = 1 << 40;

/// An instance of metered code.
pub struct Program {
    pub store: Store<()>,
    pub instance: Instance,
}

impl Program {
    pub fn new(text: &str) -> Program {
        Program::of_engine(&Engine::new(Config::new().consume_fuel(true)), text)
    }

    pub fn of_engine(engine: &Engine, text: &str) -> Program {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Program::of_module(&Module::new(engine, wasm).unwrap_or_else(|error| panic!("{error}")))
    }

    pub fn of_module(module: &Module) -> Program {
        let engine = module.engine();
        let mut store = Store::new(engine, ());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(PLENTY);
        let mut linker = Linker::new(engine);
        for name in ["mark", "tail"] {
            linker.func_wrap("m", name, || ()).unwrap();
        }
        let instance = linker.instantiate(&mut store, module).unwrap_or_else(|error| panic!("{error}"));
        Program { store, instance }
    }

    /// Calls a function with this much fuel, if its code takes fuel. Returns the fuel used, and the first result or the trap.
    pub fn call(&mut self, name: &str, args: &[Val], fuel: u64) -> (u64, Result<Option<Val>, TrapCode>) {
        let func = self.instance.get_func(&self.store, name).unwrap_or_else(|| panic!("{name}"));
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        let is_metered = self.store.set_fuel(fuel).is_ok();
        let outcome = func.call(&mut self.store, args, &mut results);
        let outcome = outcome.map(|()| results.first().copied());
        let trapped = |error: wasmote::Error| error.as_trap_code().unwrap_or_else(|| panic!("{error}"));
        let used = if is_metered { fuel - self.store.get_fuel().unwrap() } else { 0 };
        (used, outcome.map_err(trapped))
    }

    /// Returns the cost of a call that must not fail.
    pub fn cost(&mut self, name: &str, args: &[Val]) -> u64 {
        let (cost, outcome) = self.call(name, args, PLENTY);
        outcome.unwrap_or_else(|code| panic!("{name} {args:?}: {code:?}"));
        cost
    }
}

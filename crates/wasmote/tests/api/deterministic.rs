//! `Config::deterministic` and `Config::canonical_nans`: what they set, and which images they refuse.

use wasmote::{
    CodeOptions, Config, Engine, ErrorKind, ImageErrorKind, ImageOptions, Instance, Memory, MemoryType, Module, OpSet,
    Store,
};

/// A NaN with a payload, which only canonical NaNs lose.
const NAN: u64 = 0xfff4_0000_0000_0001;

fn wasm(body: &str) -> Vec<u8> {
    wat::parse_str(format!(r#"(module (func (export "f") (param i64) (result i64) {body}))"#)).unwrap()
}

fn run(module: &Module) -> u64 {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    instance.get_typed_func::<u64, u64>(&store, "f").unwrap().call(&mut store, NAN).unwrap()
}

fn deterministic() -> Engine {
    // The order of settings makes no difference.
    Engine::new(Config::new().deterministic(true).canonical_nans(false))
}

/// A deterministic engine of such a build loads no module.
const REFUSES: bool = cfg!(all(feature = "relaxed-native", target_arch = "x86_64"));

#[test]
fn a_build_whose_relaxed_instructions_differ_refuses_all_modules() {
    let module = Module::new(&deterministic(), wasm("(local.get 0)"));
    assert_eq!(module.is_err(), REFUSES);
    if let Err(error) = module {
        assert!(error.to_string().contains("without the feature `relaxed-native`"), "{error}");
    }
}

#[test]
#[cfg(not(all(feature = "relaxed-native", target_arch = "x86_64")))]
fn a_deterministic_engine_returns_canonical_nans() {
    let sum = wasm("(i64.reinterpret_f64 (f64.add (f64.reinterpret_i64 (local.get 0)) (f64.const 1)))");
    assert_eq!(run(&Module::new(&deterministic(), &sum).unwrap()), 0x7ff8_0000_0000_0000);
}

#[test]
fn images_with_other_nans_are_refused_at_loading() {
    let sum = wasm("(i64.reinterpret_f64 (f64.add (f64.reinterpret_i64 (local.get 0)) (f64.const 1)))");
    let product = wasm("(i64.mul (local.get 0) (local.get 0))");
    let plain = Engine::default();
    let mut canonical = Config::new();
    canonical.canonical_nans(true);
    let engines = [Engine::new(&canonical), deterministic()];
    for engine in engines.into_iter().take(if REFUSES { 1 } else { 2 }) {
        for op_set in [OpSet::Core, OpSet::Extended] {
            let image = |wasm: &[u8], canonical_nans| {
                let code = CodeOptions::default().with_op_set(op_set).with_canonical_nans(canonical_nans);
                let module = Module::new(&plain, wasm).unwrap();
                module.to_image(&ImageOptions::default().with_code(code)).unwrap()
            };
            let error = Module::from_image(&engine, image(&sum, false)).unwrap_err();
            let ErrorKind::Image(refused) = error.kind() else { panic!("{error}") };
            assert_eq!(refused.kind, ImageErrorKind::CanonicalNans);
            assert!(error.to_string().contains("`--deterministic`"), "{error}");
            let module = Module::from_image(&engine, image(&sum, true)).unwrap();
            assert_eq!(run(&module), 0x7ff8_0000_0000_0000);
            // Every engine runs an image with canonical NaNs.
            assert_eq!(run(&Module::from_image(&plain, image(&sum, true)).unwrap()), 0x7ff8_0000_0000_0000);
            // Code of the core op set says that it computes with no floats.
            let without_floats = Module::from_image(&engine, image(&product, false));
            assert_eq!(without_floats.is_ok(), op_set == OpSet::Core);
        }
    }
}

#[test]
fn a_deterministic_engine_limits_memories() {
    let ty = |min| MemoryType::new64(min, None);
    let mut store = Store::new(&deterministic(), ());
    assert!(Memory::new(&mut store, ty(65_537)).is_err());
    let memory = Memory::new(&mut store, ty(1)).unwrap();
    assert!(memory.grow(&mut store, 65_536).is_err());
    // A smaller limit holds.
    let mut store = Store::new(&Engine::new(Config::new().max_memory(1 << 17).deterministic(true)), ());
    assert!(Memory::new(&mut store, ty(3)).is_err());
}

//! The fuel of stores: how hosts read, set and take it, and which images run under fuel.

use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, ErrorKind, ImageErrorKind, ImageOptions, Linker, Module, OpSet, Store,
    TrapCode,
};

const TEXT: &str = r#"(module
    (import "host" "work" (func $work (param i64) (result i64)))
    (func (export "work") (param i64) (result i64) (call $work (local.get 0)))
    (func (export "forever") (loop (br 0))))"#;

/// A host function that costs its argument. Returns the fuel that is left.
fn work(mut caller: Caller<'_, ()>, cost: i64) -> Result<i64, Error> {
    let before = caller.get_fuel()?;
    let left = caller.consume_fuel(cost as u64)?;
    assert_eq!((left, caller.get_fuel()?), (before - cost as u64, left));
    Ok(left as i64)
}

fn metering() -> Engine {
    Engine::new(Config::new().consume_fuel(true))
}

fn store(module: &Module) -> (Store<()>, wasmote::Instance) {
    let mut linker = Linker::new(module.engine());
    linker.func_wrap("host", "work", work).unwrap();
    let mut store = Store::new(module.engine(), ());
    let instance = linker.instantiate(&mut store, module).unwrap();
    (store, instance)
}

fn module(engine: &Engine) -> Module {
    Module::new(engine, wat::parse_str(TEXT).unwrap()).unwrap()
}

fn images(metered: bool) -> [Vec<u8>; 2] {
    [OpSet::Core, OpSet::Extended].map(|op_set| {
        let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
        module(&Engine::default()).to_image(&ImageOptions::default().with_code(code)).unwrap()
    })
}

fn code(error: &Error) -> Option<TrapCode> {
    error.as_trap_code()
}

/// Loads an image with each function that does so.
fn load(engine: &Engine, image: &[u8]) -> [Result<Module, Error>; 2] {
    // SAFETY: nobody changed the image.
    [Module::from_image(engine, image), unsafe { Module::from_image_unchecked(engine, image) }]
}

#[test]
fn hosts_take_fuel_for_their_work() {
    let (mut store, instance) = store(&module(&metering()));
    assert_eq!(store.get_fuel().unwrap(), 0);
    let work = instance.get_typed_func::<i64, i64>(&store, "work").unwrap();
    store.set_fuel(1000).unwrap();
    let left = work.call(&mut store, 0).unwrap() as u64;
    assert!(left < 1000 && store.get_fuel().unwrap() == left);
    let own = 1000 - left;
    assert_eq!(work.call(&mut store, 100).unwrap() as u64, left - own - 100);
    // Too little is left: nothing is taken for the work, and the guest traps.
    store.set_fuel(own + 99).unwrap();
    assert_eq!(code(&work.call(&mut store, 100).unwrap_err()), Some(TrapCode::OutOfFuel));
    assert_eq!(store.get_fuel().unwrap(), 99);
    // Outside of calls, too.
    assert_eq!(store.consume_fuel(90).unwrap(), 9);
    assert_eq!(code(&store.consume_fuel(10).unwrap_err()), Some(TrapCode::OutOfFuel));
    assert_eq!(store.consume_fuel(9).unwrap(), 0);
    assert_eq!(store.consume_fuel(0).unwrap(), 0);
}

#[test]
fn a_store_of_an_engine_that_does_not_meter_has_no_fuel() {
    let (mut store, instance) = store(&module(&Engine::default()));
    let work = instance.get_typed_func::<i64, i64>(&store, "work").unwrap();
    let errors =
        [store.get_fuel().err(), store.set_fuel(5).err(), store.consume_fuel(0).err(), work.call(&mut store, 1).err()];
    for error in errors {
        let error = error.expect("there is no fuel");
        assert!(matches!(error.kind(), ErrorKind::Usage(_)) && error.to_string().contains("Config::consume_fuel"));
    }
}

#[test]
fn an_image_that_is_not_metered_is_refused_under_fuel() {
    for image in images(false) {
        for loaded in load(&metering(), &image) {
            let error = loaded.map(|_| ()).unwrap_err();
            let ErrorKind::Image(why) = error.kind() else { panic!("{error}") };
            assert_eq!(why.kind, ImageErrorKind::NotMetered);
            assert!(error.to_string().contains("compile the module with `--fuel`"), "{error}");
        }
        assert!(load(&Engine::default(), &image).iter().all(Result::is_ok));
    }
}

#[test]
fn a_metered_image_takes_fuel_under_fuel_and_runs_without() {
    for image in images(true) {
        for module in load(&metering(), &image) {
            let (mut store, instance) = store(&module.unwrap());
            store.set_fuel(10_000).unwrap();
            let forever = instance.get_typed_func::<(), ()>(&store, "forever").unwrap();
            assert_eq!(code(&forever.call(&mut store, ()).unwrap_err()), Some(TrapCode::OutOfFuel));
            assert!(store.get_fuel().unwrap() < 10);
        }
        // Here its fuel is practically endless, and the host cannot change it.
        for module in load(&Engine::default(), &image) {
            let mut linker = Linker::new(module.as_ref().unwrap().engine());
            linker.func_wrap("host", "work", |n: i64| n + 1).unwrap();
            let mut store = Store::new(linker.engine(), ());
            let instance = linker.instantiate(&mut store, &module.unwrap()).unwrap();
            let work = instance.get_typed_func::<i64, i64>(&store, "work").unwrap();
            assert_eq!(work.call(&mut store, 5).unwrap(), 6);
            assert!(store.get_fuel().is_err() && store.set_fuel(0).is_err());
        }
    }
}

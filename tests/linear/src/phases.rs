//! What is done with every module, from its bytes to its end.

use wasmote::{Config, Engine, Extern, ExternType, Linker, Module, ModuleInfo, Store, Validation};
use wasmote_compile::{ImageOptions, write_image};
use wasmote_translate::{CodeOptions, OpSet, Translator};
use wasmote_validate::{Features, required_features, validate, validate_outline};

use crate::Record;

/// Ways to translate: what names phases, the instructions, and whether fuel is taken.
const CODE: [(&str, OpSet, bool); 3] =
    [("extended: ", OpSet::Extended, false), ("core: ", OpSet::Core, false), ("metered: ", OpSet::Extended, true)];

/// All phases, each measured.
pub fn all(wasm: &[u8], record: &mut Record) {
    let features = Features::default();
    let info = record.linear("decode", || wasmote_decode::decode(wasm)).expect("a module");
    record.linear("validate", || validate(wasm, &features)).expect("a valid module");
    record.linear("required features", || required_features(wasm));
    let bodies = record.linear("validate but for bodies", || validate_outline(wasm, &features)).expect("valid");
    let funcs = info.imported_funcs..info.funcs.len() as u32;
    record.linear("validate bodies by themselves", || {
        funcs.clone().for_each(|func| bodies.validate_body(wasm, func).expect("a valid body"));
    });
    for (name, op_set, metered) in CODE {
        record.set_context(name);
        let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
        for (phase, offsets) in [("translate", false), ("translate with offsets", true)] {
            let mut translator = Translator::with_options(code);
            record.linear(phase, || {
                for func in funcs.clone() {
                    if let Err(error) = translator.translate(&info, wasm, func, offsets) {
                        panic!("function {func} is not translated: {error:?}");
                    }
                }
            });
        }
        image(wasm, &info, ImageOptions::default().with_code(code).with_names(true), record);
    }
    record.set_context("lazy: ");
    lazily(wasm, record);
    record.set_context("eager: ");
    let module = record.linear("load", || {
        let mut config = single();
        config.eager_translation(true);
        Module::new(&Engine::new(&config), wasm)
    });
    run(&module.expect("a module"), record);
    record.set_context("");
    let module = record.linear("load", || Module::new(&Engine::new(&single()), wasm)).expect("a module");
    run(&module, record);
    record.linear("drop a module", || drop(module));
}

/// One thread: others have no counters of their own.
pub fn single() -> Config {
    let mut config = Config::new();
    config.validation_threads(1);
    config
}

fn image(wasm: &[u8], info: &ModuleInfo, options: ImageOptions, record: &mut Record) {
    let image = record.linear("write an image", || write_image(info, wasm, &options));
    let image = match image {
        Ok(image) => image,
        Err(error) => panic!("there is no image: {error:?}"),
    };
    let module = record.linear("load an image", || Module::from_image(&Engine::new(&single()), image));
    let module = module.expect("an image");
    record.linear("verify an image", || module.verify()).expect("a good image");
    run(&module, record);
}

fn lazily(wasm: &[u8], record: &mut Record) {
    let mut config = single();
    config.validation(Validation::Lazy);
    let engine = Engine::new(&config);
    let module = record.linear("load", || Module::new(&engine, wasm)).expect("a module");
    run(&module, record);
    record.linear("validate the rest", || module.validate_functions()).expect("valid");
}

/// Instantiates a module, calls it, and asks for all that it has.
fn run(module: &Module, record: &mut Record) {
    let engine = module.engine();
    let mut store = Store::new(engine, ());
    let mut linker = Linker::<()>::new(engine);
    record.linear("missing imports", || linker.missing(module));
    record.linear("link", || {
        for import in module.imports() {
            let item: Extern = match import.ty().clone() {
                ExternType::Func(_) => wasmote::Func::wrap(&mut store, || {}).into(),
                ExternType::Global(ty) => {
                    wasmote::Global::new(&mut store, ty, wasmote::Val::I32(0)).expect("a global").into()
                }
                ExternType::Memory(ty) => wasmote::Memory::new(&mut store, ty).expect("a memory").into(),
                ExternType::Table(ty) => {
                    wasmote::Table::new(&mut store, ty, wasmote::Ref::Func(None)).expect("a table").into()
                }
                ExternType::Tag(ty) => wasmote::Tag::new(&mut store, &ty).into(),
                other => unreachable!("{other:?}"),
            };
            linker.define(import.module(), import.name(), item).expect("a name of its own");
        }
    });
    let instance = record.linear("instantiate", || linker.instantiate(&mut store, module)).expect("an instance");
    let names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    record
        .linear("look up exports", || names.iter().filter(|name| instance.get_export(&store, name).is_some()).count());
    record.linear("all exports", || instance.exports(&store).count());
    if let Some(func) = instance.get_func(&store, "f") {
        // Some trap.
        record.linear("call", || func.call(&mut store, &[], &mut []).is_ok());
        record.linear("call again", || func.call(&mut store, &[], &mut []).is_ok());
    }
    record.linear("look up names", || {
        (0..module.info().funcs.len() as u32).filter(|&func| module.function_name(func).is_some()).count()
    });
    record.linear("instantiate ten times", || {
        (0..10).for_each(|_| {
            linker.instantiate(&mut store, module).expect("an instance");
        });
    });
    record.linear("drop a store", || drop(store));
}

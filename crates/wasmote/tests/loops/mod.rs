//! Runs random loops that copy or fill memory ([`generate`]), with each optional pass of the translator and without.
//! Results, traps with their offsets, fuel and memory must be the same, in each mode.
//!
//! `WASMOTE_RANDOM_SEEDS=from..to` runs other seeds.

mod generate;

use std::hash::{DefaultHasher, Hash, Hasher};

use wasmote::{CodeOptions, Config, Engine, Func, ImageOptions, Instance, Module, OpSet, Store, Val};
use wasmote_test_support::Random;
use wasmote_translate::{Pass, Translator, turn_off};

use crate::random::seeds;

/// What a call did: the results, or the trap with the offset of the operator; the fuel that is left; a hash of the
/// memory.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    result: Result<Vec<u64>, (&'static str, Option<usize>)>,
    fuel: Option<u64>,
    memory: u64,
}

/// How a module is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Binary,
    Metered,
    Image(OpSet),
    #[cfg(feature = "guard-pages")]
    Unguarded,
    #[cfg(feature = "interrupt")]
    Interrupted,
}

/// Calls the function `run` of a module, whose memory is filled anew for each call.
fn run(wasm: &[u8], mode: Mode, calls: &[Vec<Val>], start: &[u8]) -> Vec<Outcome> {
    let mut config = Config::new();
    config.consume_fuel(mode == Mode::Metered);
    #[cfg(feature = "guard-pages")]
    config.guard_pages(mode != Mode::Unguarded);
    #[cfg(feature = "interrupt")]
    config.interruption(mode == Mode::Interrupted);
    let engine = Engine::new(&config);
    let mut module = Module::new(&engine, wasm).unwrap();
    if let Mode::Image(op_set) = mode {
        let code = CodeOptions { op_set, ..CodeOptions::default() };
        let image = module.to_image(&ImageOptions { code, offsets: true, ..ImageOptions::default() }).unwrap();
        module = Module::from_image(&engine, image).unwrap();
        module.verify().unwrap();
    }
    let mut store = Store::new(&engine, ());
    #[cfg(feature = "interrupt")]
    if mode == Mode::Interrupted {
        crate::interruptions::interrupt_often(&mut store);
    }
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func: Func = instance.get_func(&store, "run").unwrap();
    let memory = instance.get_memory(&store, "memory");
    let call = |args: &Vec<Val>| {
        if let Some(memory) = memory {
            memory.data_mut(&mut store).copy_from_slice(start);
        }
        if mode == Mode::Metered {
            store.set_fuel(1 << 20).unwrap();
        }
        let mut values = [Val::I32(0); 5];
        let result = match func.call(&mut store, args, &mut values) {
            Ok(()) => Ok(values.iter().map(crate::bits).collect()),
            Err(error) => {
                let code = error.as_trap_code().unwrap_or_else(|| panic!("{error}"));
                let offset = error.backtrace().and_then(|backtrace| backtrace.frames()[0].module_offset());
                Err((code.message(), offset))
            }
        };
        let fuel = (mode == Mode::Metered).then(|| store.get_fuel().unwrap());
        let mut hash = DefaultHasher::new();
        memory.map_or(&[][..], |memory| memory.data(&store)).hash(&mut hash);
        Outcome { result, fuel, memory: hash.finish() }
    };
    calls.iter().map(call).collect()
}

/// Whether the code of the first function has an instruction in front of a loop.
fn is_fast(wasm: &[u8]) -> bool {
    let module = wasmote_decode::decode(wasm).unwrap();
    let mut translator = Translator::new();
    let translated = translator.translate(&module, wasm, module.imported_funcs, false).unwrap();
    wasmote_ir::code::instructions(translated.code)
        .any(|(_, instr)| matches!(instr.op(), wasmote_ir::Op::LoopCopy | wasmote_ir::Op::LoopFill))
}

#[test]
fn loops_at_the_speed_of_memory_do_what_loops_do() {
    let mut modes = vec![Mode::Binary, Mode::Metered, Mode::Image(OpSet::Extended), Mode::Image(OpSet::Core)];
    #[cfg(feature = "guard-pages")]
    modes.push(Mode::Unguarded);
    #[cfg(feature = "interrupt")]
    modes.push(Mode::Interrupted);
    let mut random = Random::new(7);
    let start: Vec<u8> = (0..1 << 16).map(|_| random.next_u64() as u8).collect();
    let (mut fast, mut trapped, mut returned) = (0, 0, 0);
    let seeds = seeds(if cfg!(miri) { 3 } else { 400 });
    let count = seeds.end.saturating_sub(seeds.start);
    for seed in seeds {
        let random = &mut Random::new(seed);
        let text = generate::module(random);
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let calls: Vec<_> = (0..4).map(|_| generate::arguments(random).map(Val::I32).to_vec()).collect();
        fast += u64::from(is_fast(&wasm));
        for &mode in &modes {
            turn_off(&[Pass::Loops]);
            let expected = run(&wasm, mode, &calls, &start);
            turn_off(&[]);
            let found = run(&wasm, mode, &calls, &start);
            assert_eq!(found, expected, "seed {seed}, {mode:?}: with {calls:?} of\n{text}");
            trapped += found.iter().filter(|outcome| outcome.result.is_err()).count();
            returned += found.iter().filter(|outcome| outcome.result.is_ok()).count();
        }
    }
    println!("{fast} of {count} are fast, {returned} calls returned, {trapped} trapped");
    assert!(fast > count / 3, "{fast} of {count} are fast");
    assert!(returned > trapped / 8 && trapped > returned / 8, "{returned} calls returned, {trapped} trapped");
}

//! Runs random functions full of jumps that lead to jumps ([`generate`]), each in two forms. In one of them the
//! translator may shorten the way; in the other it cannot. Both must have the same results, traps, backtraces and fuel,
//! in each mode.
//!
//! `WASMOTE_RANDOM_SEEDS=from..to` runs other seeds.

mod generate;

use std::panic::catch_unwind;

use generate::{CONSTANTS, Generator};
use wasmote::{CodeOptions, Config, Engine, ImageOptions, Instance, Module, OpSet, Store, Val};
use wasmote_translate::{Pass, turn_off};

use crate::random::seeds;

/// A way to run a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// From the binary. `metered` says whether it takes fuel.
    Binary { metered: bool },
    /// From an image.
    Image { op_set: OpSet, metered: bool },
    /// From the binary, interrupted again and again.
    #[cfg(feature = "interrupt")]
    Interrupted,
}

const MODES: &[Mode] = &[
    Mode::Binary { metered: false },
    Mode::Binary { metered: true },
    Mode::Image { op_set: OpSet::Extended, metered: false },
    Mode::Image { op_set: OpSet::Core, metered: false },
    Mode::Image { op_set: OpSet::Extended, metered: true },
    Mode::Image { op_set: OpSet::Core, metered: true },
    #[cfg(feature = "interrupt")]
    Mode::Interrupted,
];

/// More than a call takes.
const FUEL: u64 = 1 << 40;

/// What a call did: its result or its trap with the offset of the operator, and the fuel that is left.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    result: Result<i32, (&'static str, Option<usize>)>,
    fuel: Option<u64>,
}

/// Calls the function of a module with each of these numbers.
fn run(wasm: &[u8], mode: Mode, numbers: &[i32]) -> Vec<Outcome> {
    let metered = matches!(mode, Mode::Binary { metered: true } | Mode::Image { metered: true, .. });
    let mut config = Config::new();
    config.consume_fuel(metered);
    #[cfg(feature = "interrupt")]
    config.interruption(mode == Mode::Interrupted);
    let engine = Engine::new(&config);
    let mut module = Module::new(&engine, wasm).unwrap();
    if let Mode::Image { op_set, metered } = mode {
        let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
        let image = module.to_image(&ImageOptions::default().with_code(code).with_offsets(true)).unwrap();
        module = Module::from_image(&engine, image).unwrap();
        module.verify().unwrap();
    }
    let mut store = Store::new(&engine, ());
    #[cfg(feature = "interrupt")]
    if mode == Mode::Interrupted {
        crate::interruptions::interrupt_often(&mut store);
    }
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func = instance.get_func(&store, "run").unwrap();
    let call = |&number| {
        if metered {
            store.set_fuel(FUEL).unwrap();
        }
        let args: Vec<Val> = [number].into_iter().chain(0..CONSTANTS as i32).map(Val::I32).collect();
        let mut results = [Val::I32(0)];
        let result = match func.call(&mut store, &args, &mut results) {
            Ok(()) => match results {
                [Val::I32(result)] => Ok(result),
                [other] => panic!("{other:?}"),
            },
            Err(error) => {
                let code = error.as_trap_code().unwrap_or_else(|| panic!("{error}"));
                let offset = error.backtrace().and_then(|backtrace| backtrace.frames()[0].module_offset());
                Err((code.message(), offset))
            }
        };
        Outcome { result, fuel: metered.then(|| store.get_fuel().unwrap()) }
    };
    numbers.iter().map(call).collect()
}

/// Runs the module of a seed in both forms and in each mode. Returns how many calls trapped, and how many did not.
fn agree(seed: u64) -> [u64; 2] {
    let [plain, opaque] = Generator::new(seed).module();
    let parse = |text: &str| wat::parse_str(text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let (plain_wasm, opaque_wasm) = (parse(&plain), parse(&opaque));
    assert_eq!(plain_wasm.len(), opaque_wasm.len(), "seed {seed}");
    let numbers = [0, 1, 2, 77, -1, 0x1234_5678 ^ seed as i32];
    let mut first: Option<Vec<_>> = None;
    let mut counts = [0; 2];
    for &mode in MODES {
        let both = catch_unwind(|| [&opaque_wasm, &plain_wasm].map(|wasm| run(wasm, mode, &numbers)));
        let [expected, found] = both.unwrap_or_else(|_| panic!("seed {seed}, {mode:?}: panicked in\n{plain}"));
        assert_eq!(found, expected, "seed {seed}, {mode:?}: with {numbers:?} of\n{plain}");
        let results: Vec<_> = found.into_iter().map(|outcome| outcome.result).collect();
        assert_eq!(
            results,
            *first.get_or_insert(results.clone()),
            "seed {seed}, {mode:?}: with {numbers:?} of\n{plain}"
        );
        for result in &results {
            counts[usize::from(result.is_ok())] += 1;
        }
    }
    let pass = Pass::ALL[seed as usize % Pass::ALL.len()];
    turn_off(&[pass]);
    let found: Vec<_> = run(&plain_wasm, MODES[0], &numbers).into_iter().map(|outcome| outcome.result).collect();
    assert_eq!(Some(found), first, "seed {seed}, without {pass:?}: with {numbers:?} of\n{plain}");
    turn_off(&[]);
    counts
}

#[test]
fn jumps_that_are_shortened_lead_to_the_same() {
    let mut sums = [0; 2];
    #[cfg(feature = "interrupt")]
    let interrupted = crate::interruptions::seen();
    for seed in seeds(300) {
        for (sum, count) in sums.iter_mut().zip(agree(seed)) {
            *sum += count;
        }
    }
    #[cfg(feature = "interrupt")]
    assert!(crate::interruptions::seen() > interrupted, "nothing was interrupted");
    let [trapped, returned] = sums;
    println!("{returned} calls returned, {trapped} trapped");
    assert!(trapped > returned / 50 && returned > trapped, "{returned} calls returned, {trapped} trapped");
}

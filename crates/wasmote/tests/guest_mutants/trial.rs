//! Makes a valid mutant, and runs it twice.

use wasmote::{
    Config, Engine, Error, ErrorKind, Exception, Extern, ExternType, Func, Instance, Memory, Module, Store, TrapCode,
    Val, ValType, Validation,
};
use wasmote_test_support::Random;
use wasmote_test_support::counts::Counts;
use wasmote_test_support::supervise::{self, ACCEPTED, CALLS, REFUSED, RETURNED, TRAPPED};

use crate::originals::{Original, export};

/// The fuel of a call.
const FUEL: u64 = 30_000;
/// How often bytes are changed until they are valid.
const ATTEMPTS: usize = 12;

/// The originals, and the engines.
pub struct Trials<'a> {
    originals: &'a [Original],
    small: usize,
}

impl<'a> Trials<'a> {
    pub fn new(originals: &'a [Original], small: usize) -> Trials<'a> {
        Trials { originals, small }
    }
}

impl supervise::Trials for Trials<'_> {
    const MUTANTS: u64 = 1000;
    /// Fuel does not bound the time of a large copy.
    const TIME: i64 = 3_000_000;

    fn reasons(&self) -> Vec<&'static str> {
        vec!["nothing valid was found", "no instance"]
    }

    fn one(&mut self, seed: u64, counts: &Counts, say: bool) {
        let mut random = Random::new(seed);
        let some = if random.chance(85) { &self.originals[..self.small] } else { self.originals };
        let original = random.of(some);
        let Some((wasm, bodies)) = mutant(original, &mut random) else { return counts.add(REFUSED) };
        if say {
            let file = std::env::temp_dir().join(format!("guest-mutant-{seed}.wasm"));
            std::fs::write(&file, &wasm).expect("a file");
            println!("mutant {seed} of {}, bodies {bodies:?}: {}", original.name, file.display());
        }
        let seed = random.next_u64();
        let (Some(mut guarded), Some(mut checked)) = (World::new(&wasm, true), World::new(&wasm, false)) else {
            return counts.add(REFUSED + 1);
        };
        counts.add(ACCEPTED);
        let changed = (0..bodies.len()).map(export);
        let others = ["_start", "_initialize"].map(String::from);
        for name in changed.clone().chain(others).chain(changed) {
            let [a, b] = [&mut guarded, &mut checked].map(|world| world.call(&name, seed));
            let Some(outcome) = &a else { continue };
            counts.add(CALLS);
            counts.add(if outcome.returned { RETURNED } else { TRAPPED });
            if say {
                println!("{name}: {outcome:?}");
            }
            assert_eq!(a, b, "{}: `{name}` with and without pages that guard", original.name);
            assert!(guarded.memory() == checked.memory(), "{}: memory after `{name}`", original.name);
        }
    }
}

/// Returns a guest with changed bodies, and the numbers of these.
fn mutant(original: &Original, random: &mut Random) -> Option<(Vec<u8>, Vec<usize>)> {
    let mut wasm = original.wasm.clone();
    let mut changed = Vec::new();
    for _ in 0..ATTEMPTS {
        let body = random.below(original.bodies.len());
        let range = original.bodies[body].clone();
        let before = wasm[range.clone()].to_vec();
        for _ in 0..1 + random.below(3) {
            damage(&mut wasm[range.clone()], random);
        }
        if wasm[range.clone()] != before[..] && original.is_valid(&wasm, body) {
            changed.push(body);
            if changed.len() == 3 || random.chance(30) {
                break;
            }
        } else {
            wasm[range].copy_from_slice(&before);
        }
    }
    changed.sort_unstable();
    changed.dedup();
    if changed.is_empty() { None } else { Some((original.with_exports(&wasm, &changed), changed)) }
}

/// Ranges of instructions with the same type.
const ALIKE: &[(u8, u8)] = &[
    (0x28, 0x28),
    (0x2c, 0x2f),
    (0x30, 0x35),
    (0x36, 0x36),
    (0x3a, 0x3b),
    (0x3c, 0x3e),
    (0x46, 0x4f),
    (0x51, 0x5a),
    (0x5b, 0x60),
    (0x61, 0x66),
    (0x67, 0x69),
    (0x6a, 0x78),
    (0x79, 0x7b),
    (0x7c, 0x8a),
    (0x8b, 0x91),
    (0x92, 0x98),
    (0x99, 0x9f),
    (0xa0, 0xa6),
];

/// Changes one or two bytes.
fn damage(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(8) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next_u64() as u8,
        2 => bytes[at] = bytes[at].wrapping_add(1),
        3 => bytes[at] = bytes[at].wrapping_sub(1),
        4 => {
            let len = (1 + random.below(6)).min(bytes.len() - at);
            let from = random.below(bytes.len() - len + 1);
            bytes.copy_within(from..from + len, at);
        }
        // The immediate of a constant, perhaps, or an offset.
        5 => {
            if let Some(low) = bytes.get_mut(at).filter(|byte| **byte >= 0x80) {
                *low = random.next_u64() as u8 | 0x80;
            }
        }
        // The next byte that may be an instruction becomes another one of the same type.
        _ => {
            let known = |byte: u8| ALIKE.iter().find(|(first, last)| (*first..=*last).contains(&byte));
            let Some((at, &(first, last))) = (at..bytes.len()).find_map(|at| Some((at, known(bytes[at])?))) else {
                return;
            };
            bytes[at] = first + random.below(usize::from(last - first) + 1) as u8;
        }
    }
}

/// The outcome of a call, formatted where that suffices for comparison.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    returned: bool,
    what: String,
    fuel: u64,
}

/// A store with an instance.
struct World {
    store: Store<Host>,
    instance: Instance,
}

/// The state of host functions.
struct Host {
    calls: u32,
}

impl World {
    fn new(wasm: &[u8], guarded: bool) -> Option<World> {
        let mut config = Config::new();
        config.guard_pages(guarded).consume_fuel(true).validation(Validation::Lazy).validation_threads(1);
        config
            .max_stack(64 << 10)
            .max_native_stack(64 << 10)
            .max_memory(4 << 20)
            .max_table(1 << 16)
            .max_gc_heap(16 << 20);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm).expect("only bodies are changed");
        let mut store = Store::new(&engine, Host { calls: 0 });
        store.set_fuel(FUEL).unwrap();
        let mut imports = Vec::new();
        for import in module.imports() {
            let ExternType::Func(ty) = import.ty() else { return None };
            let results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_of(ty)).collect();
            let ends = import.name().contains("exit");
            let func = Func::new(&mut store, ty.clone(), move |mut caller, args, places| {
                if ends {
                    return Err(TrapCode::UnreachableCodeReached.into());
                }
                // Writes small numbers where the arguments point to, and mostly returns success.
                let host = caller.data_mut();
                host.calls = host.calls.wrapping_add(1);
                let calls = host.calls;
                if let Some(memory) = caller.memory() {
                    for arg in args {
                        if let Val::I32(at) = *arg
                            && let at = at as u32 as usize
                            && at > 4096
                            && let Some(place) = memory.data_mut(&mut caller).get_mut(at..at + 4)
                        {
                            place.copy_from_slice(&(calls % 7).to_le_bytes());
                        }
                    }
                }
                places.copy_from_slice(&results);
                if calls.is_multiple_of(11)
                    && let Some(Val::I32(result)) = places.first_mut()
                {
                    *result = 8;
                }
                Ok(())
            });
            imports.push(Extern::from(func));
        }
        let instance = Instance::new(&mut store, &module, &imports).ok()?;
        Some(World { store, instance })
    }

    fn memory(&self) -> &[u8] {
        let memory: Option<Memory> = self.instance.get_export(&self.store, "memory").and_then(Extern::into_memory);
        memory.map_or(&[], |memory| memory.data(&self.store))
    }

    /// Calls an export with arguments that the seed determines. Returns `None` if there is no such export, or no value
    /// for a parameter.
    fn call(&mut self, name: &str, seed: u64) -> Option<Outcome> {
        let func = self.instance.get_func(&self.store, name)?;
        let ty = func.ty(&self.store);
        let mut random = Random::new(seed);
        let args: Option<Vec<Val>> = ty.params().iter().map(|&ty| argument(ty, &mut random)).collect();
        let place = |&ty: &ValType| match ty {
            ValType::Ref(_) => Val::FuncRef(None),
            ty => Val::default_of(ty),
        };
        let mut results: Vec<Val> = ty.results().iter().map(place).collect();
        self.store.set_fuel(FUEL).unwrap();
        let outcome = func.call(&mut self.store, &args?, &mut results);
        let what = match &outcome {
            Ok(()) => shown(&results),
            Err(error) => self.shown_error(error),
        };
        Some(Outcome { returned: outcome.is_ok(), what, fuel: self.store.get_fuel().unwrap() })
    }

    fn shown_error(&self, error: &Error) -> String {
        match error.kind() {
            ErrorKind::TrapCode(code) => format!("{}: {:?}", code.message(), error.backtrace()),
            ErrorKind::Exception(exception) => {
                format!("threw {} at {:?}", self.shown_exception(exception), exception.frames())
            }
            _ => error.to_string(),
        }
    }

    fn shown_exception(&self, exception: &Exception) -> String {
        shown(exception.values())
    }
}

fn argument(ty: ValType, random: &mut Random) -> Option<Val> {
    Some(match ty {
        // Half of them are addresses.
        ValType::I32 if random.chance(50) => Val::I32(random.below(1 << 20) as i32),
        ValType::I32 => Val::I32(random.value() as i32),
        ValType::I64 => Val::I64(random.value() as i64),
        ValType::F32 => Val::F32(f32::from_bits(random.value() as u32)),
        ValType::F64 => Val::F64(f64::from_bits(random.value())),
        ValType::V128 => Val::V128(u128::from(random.value()) << 64 | u128::from(random.value())),
        ValType::Ref(reference) if reference.is_nullable() => Val::default_of(ty),
        ValType::Ref(_) => return None,
    })
}

/// Formats values: numbers as bits, references by whether they are null.
fn shown(values: &[Val]) -> String {
    let one = |value: &Val| match value {
        Val::I32(value) => format!("{value:x}"),
        Val::I64(value) => format!("{value:x}"),
        Val::F32(value) => format!("{:x}", value.to_bits()),
        Val::F64(value) => format!("{:x}", value.to_bits()),
        Val::V128(value) => format!("{value:x}"),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None) => "null".into(),
        _ => "a reference".into(),
    };
    values.iter().map(one).collect::<Vec<_>>().join(" ")
}

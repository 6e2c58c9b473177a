//! Makes a mutant, loads it, and runs it if it is accepted.

use wasmote::{
    AsContextMut, CodeOptions, Config, Engine, Error, ErrorKind, Extern, ImageOptions, Instance, Memory, Module, OpSet,
    Store, Val, scope,
};

use wasmote_decode::{Export, ExportKind};
use wasmote_test_support::Random;
use wasmote_test_support::counts::Counts;
use wasmote_test_support::mutate::{Mutant, mutate};
use wasmote_test_support::supervise::{self, ACCEPTED, CALLS, REFUSED, RETURNED, TRAPPED};

use crate::confuse::confuse;
use crate::fence::fenced;
use crate::host::{Dice, litter, look, provide, strew, value};
use crate::originals::{CHOICES, Original};

/// The fuel of a call.
const FUEL: u64 = 2000;
/// The most functions that are called.
const CALLED: usize = 14;

/// Returns the reasons for refusals.
fn reasons() -> Vec<&'static str> {
    vec!["image", "decode", "link", "instantiate", "trap", "exception", "an import that cannot be made", "other"]
}

fn reason(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Image(_) => "image",
        ErrorKind::Decode(_) => "decode",
        ErrorKind::Link(_) => "link",
        ErrorKind::Instantiate(_) => "instantiate",
        ErrorKind::TrapCode(_) => "trap",
        ErrorKind::Exception(_) => "exception",
        _ => "other",
    }
}

/// The originals, and the witness.
pub struct Trials<'a> {
    originals: &'a [Original],
    /// The image of an unchanged module.
    witness: Vec<u8>,
    litter: Vec<u8>,
}

/// An instance that must stay unchanged: a memory, a table, a global, and code that uses them.
const WITNESS: &str = r#"(module
    (memory (export "memory") 1) (data (i32.const 0) "witness") (global $g (mut i64) (i64.const 42))
    (table $t 4 4 funcref) (elem (table $t) (i32.const 1) func $seven)
    (func $seven (result i32) (i32.const 7))
    (func (export "ask") (result i64)
        (i64.add
            (i64.extend_i32_u (i32.add (call_indirect (result i32) (i32.const 1)) (i32.load8_u (i32.const 6))))
            (i64.add (global.get $g) (i64.extend_i32_u (i32.add (table.size $t) (memory.size)))))))"#;

/// The witness's answer.
const ANSWER: i64 = 7 + b's' as i64 + 42 + 4 + 1;

impl<'a> Trials<'a> {
    pub fn new(originals: &'a [Original]) -> Trials<'a> {
        let code = CodeOptions::default().with_op_set(OpSet::Extended).with_metered(true);
        let module = Module::new(&Engine::default(), wat::parse_str(WITNESS).unwrap()).unwrap();
        let witness = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
        Trials { originals, witness, litter: litter() }
    }

    fn run(
        &self,
        bytes: &[u8],
        funcs: &[u32],
        dice: &'static Dice,
        counts: &Counts,
        say: bool,
    ) -> Result<(), &'static str> {
        let mut config = Config::new();
        config.consume_fuel(true).max_stack(64 << 10).max_native_stack(64 << 10).max_memory(4 << 20).max_table(1 << 16);
        // Reserves the heap, so that no memory behind it is used. Fuel keeps it small.
        config.max_gc_heap(64 << 20).gc_stress(dice.below(3) == 0);
        let engine = Engine::new(&config);
        let say_why = |error: Error| {
            if say {
                println!("{error}");
            }
            reason(&error)
        };
        let module = Module::from_image(&engine, bytes).map_err(say_why)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL).unwrap();
        let witness = Module::from_image(&engine, &self.witness).expect("it is as it was");
        let witness = Instance::new(&mut store, &witness, &[]).expect("it is as it was");
        strew(store.as_context_mut(), &self.litter).expect("there is room");
        let mut imports = Vec::new();
        for import in module.imports() {
            let made = provide(store.as_context_mut(), import.ty(), dice);
            imports.push(made.ok_or("an import that cannot be made")?);
        }
        let instance = Instance::new(&mut store, &module, &imports);
        ask(&mut store, witness);
        let instance = instance.map_err(say_why)?;
        counts.add(ACCEPTED);
        // Changed functions first, then some of the others.
        let exports = &module.info().exports;
        let is_changed = |export: &&Export| export.kind == ExportKind::Func && funcs.contains(&export.index);
        let first = dice.below(exports.len());
        let others = exports.iter().cycle().skip(first).take(exports.len());
        for Export { name, .. } in exports.iter().filter(is_changed).chain(others).take(CALLED) {
            let Some(export) = instance.get_export(&store, name) else { continue };
            if say {
                println!("looks at `{}`", name.escape_debug());
            }
            scope(&mut store, |store| look_at(store, export, dice, counts, say));
        }
        store.collect();
        ask(&mut store, witness);
        Ok(())
    }
}

impl supervise::Trials for Trials<'_> {
    const MUTANTS: u64 = 8_000;
    /// Without fuel it would not end, and each allocation takes time here.
    const TIME: i64 = 900_000;

    fn reasons(&self) -> Vec<&'static str> {
        reasons()
    }

    fn one(&mut self, seed: u64, counts: &Counts, say: bool) {
        let mut random = Random::new(seed);
        let original = &self.originals[random.below(self.originals.len())];
        let mut image = original.image.clone();
        let mut confused = Vec::new();
        if random.chance(60) {
            confused = confuse(&mut image, &mut random);
        }
        let Mutant { bytes, fixed, mut funcs } = match confused.is_empty() || random.chance(20) {
            true => mutate(&image, &CHOICES, &mut random),
            false => Mutant { bytes: image, fixed: true, funcs: Vec::new() },
        };
        funcs.extend(confused);
        if say {
            let changed = bytes.iter().zip(&original.image).filter(|(a, b)| a != b).count();
            println!("mutant {seed} of {}: {changed} bytes changed, checksums put right: {fixed}", original.name);
        }
        // It outlives the host functions.
        let dice: *mut Dice = Box::into_raw(Box::new(Dice::new(random.next_u64())));
        let run = || {
            // SAFETY: the box is freed only after the store, whose host functions use it.
            let dice: &'static Dice = unsafe { &*dice };
            if let Err(reason) = self.run(&bytes, &funcs, dice, counts, say) {
                let reason_index = reasons().iter().position(|it| *it == reason).expect("a reason");
                counts.add(REFUSED + reason_index);
                if say {
                    println!("refused: {reason}");
                }
            }
        };
        fenced(run);
        // SAFETY: the store is dropped, so nothing refers to the box, which was leaked above.
        drop(unsafe { Box::from_raw(dice) });
    }
}

/// Asserts the witness's answer.
fn ask(store: &mut Store<()>, witness: Instance) {
    store.set_fuel(FUEL).unwrap();
    let ask = witness.get_typed_func::<(), i64>(&*store, "ask").expect("it is as it was");
    assert_eq!(ask.call(&mut *store, ()).expect("it is as it was"), ANSWER);
    let memory: Memory = witness.get_export(&*store, "memory").and_then(Extern::into_memory).expect("it is as it was");
    let data = memory.data(&*store);
    assert!(data.starts_with(b"witness") && data[7..].iter().all(|&byte| byte == 0));
}

/// Calls an exported function, or reads an exported value.
fn look_at(store: &mut Store<()>, export: Extern, dice: &'static Dice, counts: &Counts, say: bool) {
    match export {
        Extern::Func(func) => {
            let ty = func.ty(&*store);
            let args: Option<Vec<Val>> =
                ty.params().iter().map(|&ty| value(store.as_context_mut(), ty, dice, 0)).collect();
            let Some(args) = args else { return };
            let mut results = vec![Val::I32(0); ty.results().len()];
            store.set_fuel(FUEL).unwrap();
            let outcome = func.call(&mut *store, &args, &mut results);
            counts.add(CALLS);
            counts.add(if outcome.is_ok() { RETURNED } else { TRAPPED });
            if say {
                println!("  {args:?}: {outcome:?} {results:?}");
            }
            if let Err(error) = &outcome
                && let Some(exception) = error.as_exception()
            {
                results = exception.values().to_vec();
            }
            args.into_iter().chain(results).for_each(|it| look(store.as_context_mut(), it, dice, 0));
        }
        Extern::Global(global) => {
            let it = global.get(&*store);
            look(store.as_context_mut(), it, dice, 0);
            let ty = global.ty(&*store).content();
            if let Some(new) = value(store.as_context_mut(), ty, dice, 0) {
                let _ = global.set(&mut *store, new);
            }
        }
        Extern::Table(table) => {
            for index in 0..4 {
                let Some(it) = table.get(&*store, index) else { break };
                look(store.as_context_mut(), it.into(), dice, 0);
            }
            let ty = table.ty(&*store).element().into();
            if let Some(new) = value(store.as_context_mut(), ty, dice, 0) {
                let new = new.ref_().expect("elements are references");
                let _ = table.grow(&mut *store, 3, new);
                let _ = table.set(&mut *store, 1, new);
            }
        }
        Extern::Memory(memory) => {
            memory.data_mut(&mut *store).iter_mut().take(16).for_each(|byte| *byte ^= 1);
        }
        Extern::SharedMemory(memory) => {
            let mut bytes = [0; 16];
            if memory.read(0, &mut bytes).is_ok() {
                memory.write(0, &bytes.map(|byte| byte ^ 1)).expect("as many bytes were read");
            }
        }
        Extern::Tag(tag) => {
            tag.ty(&*store);
        }
        _ => {}
    }
}

//! Recordings of host calls: what a replay repeats, what a recording refuses to hold, and what becomes of damaged and
//! hostile recordings.

mod damaged;
mod refused;

use std::sync::{Arc, Mutex};

use wasmote::{
    Caller, CodeOptions, Engine, Error, FuncType, Global, ImageOptions, Instance, Linker, Memory, Module, OpSet, Ref,
    Store, Table, TrapCode, Val, ValType,
};

/// A guest that calls every kind of host function, and exports what they change.
pub const GUEST: &str = r#"(module
    (import "host" "numbers" (func $numbers (param i32 i64 f32 f64) (result i64 f64 i32 f32)))
    (import "host" "vector" (func $vector (param v128) (result v128)))
    (import "host" "function" (func $function (param funcref externref) (result funcref)))
    (import "host" "borrow" (func $borrow (param i32)))
    (import "host" "write" (func $write (param i32)))
    (import "host" "grow" (func $grow (param i32)))
    (import "host" "table" (func $table (param i32)))
    (import "host" "global" (func $global))
    (import "host" "nothing" (func $nothing))
    (import "host" "end" (func $end (param i32)))
    (memory (export "memory") 1 8)
    (memory (export "other") 1)
    (table (export "table") 4 16 funcref)
    (global $g (export "global") (mut i64) (i64.const 1))
    (global $sum (export "sum") (mut i64) (i64.const 0))
    (elem declare func $seven)
    (func $seven (export "seven") (result i32) (i32.const 7))
    (func $add (param i64) (global.set $sum (i64.add (i64.mul (global.get $sum) (i64.const 31)) (local.get 0))))
    (func (export "run") (param $end i32) (result i64) (local $i i32)
        (loop $next
            (call $numbers (local.get $i) (i64.const -3) (f32.const 1.5) (f64.const -2.25))
            (call $add (i64.extend_i32_u (i32.reinterpret_f32)))
            (call $add (i64.extend_i32_u))
            (call $add (i64.reinterpret_f64))
            (call $add)
            (call $add (i64x2.extract_lane 1 (call $vector (i64x2.splat (i64.extend_i32_u (local.get $i))))))
            (table.set (i32.const 2) (call $function (ref.func $seven) (ref.null extern)))
            (call $add (i64.extend_i32_u (call_indirect (result i32) (i32.const 2))))
            (call $borrow (i32.mul (local.get $i) (i32.const 5000)))
            (call $add (i64.load (i32.mul (local.get $i) (i32.const 5000))))
            (call $write (local.get $i))
            (call $add (i64.load 1 (local.get $i)))
            (call $grow (local.get $i))
            (call $add (i64.extend_i32_u (memory.size)))
            (call $table (local.get $i))
            (call $add (i64.extend_i32_u (table.size)))
            (call $global)
            (call $add (global.get $g))
            (call $nothing)
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
        (call $end (local.get $end))
        (global.get $sum)))"#;

/// Host functions whose results differ in each run: the store's data counts all calls.
pub fn host(engine: &Engine) -> Linker<u64> {
    fn exported(caller: &Caller<'_, u64>, name: &str) -> Memory {
        caller.get_export(name).unwrap().into_memory().unwrap()
    }
    let next = |caller: &mut Caller<'_, u64>| {
        *caller.data_mut() += 1;
        *caller.data()
    };
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "numbers", move |mut caller: Caller<'_, u64>, a: i32, b: i64, c: f32, d: f64| {
            let n = next(&mut caller) as i64;
            (b * n, d + n as f64, a.wrapping_add(n as i32), c * n as f32)
        })
        .unwrap();
    linker
        .func_wrap("host", "vector", move |mut caller: Caller<'_, u64>, v: u128| {
            v.wrapping_mul(0x1_0000_0000_0000_0003).wrapping_add(u128::from(next(&mut caller)) << 64)
        })
        .unwrap();
    let ty = FuncType::new([ValType::FUNCREF, ValType::EXTERNREF], [ValType::FUNCREF]);
    linker
        .func_new("host", "function", ty, move |mut caller, args, results| {
            next(&mut caller);
            results[0] = args[0];
            Ok(())
        })
        .unwrap();
    linker
        .func_wrap("host", "narrow", move |mut caller: Caller<'_, u64>, x: u64| x.wrapping_mul(3) + next(&mut caller))
        .unwrap();
    linker
        .func_wrap("host", "borrow", move |mut caller: Caller<'_, u64>, at: u32| {
            let n = next(&mut caller);
            let memory = exported(&caller, "memory");
            let data = memory.data_mut(&mut caller);
            data[at as usize..at as usize + 8].copy_from_slice(&n.to_le_bytes());
            // The last byte, and one in the middle.
            *data.last_mut().unwrap() = n as u8;
            data[40_000] ^= 1;
        })
        .unwrap();
    linker
        .func_wrap("host", "write", move |mut caller: Caller<'_, u64>, at: u32| -> Result<(), Error> {
            let n = next(&mut caller);
            let memory = exported(&caller, "other");
            memory.write(&mut caller, at as usize, &n.wrapping_mul(0x0101_0101_0107).to_le_bytes())?;
            // In the last call, it also borrows the memory that it has written to, and writes again after that.
            if at == 2 {
                memory.data_mut(&mut caller)[200] = n as u8;
                memory.write(&mut caller, 300, &n.to_le_bytes())?;
            }
            Ok(())
        })
        .unwrap();
    linker
        .func_wrap("host", "grow", move |mut caller: Caller<'_, u64>, i: u32| -> Result<(), Error> {
            let n = next(&mut caller);
            let memory = exported(&caller, "memory");
            let old = memory.grow(&mut caller, u64::from(i != 1))?;
            let data = memory.data_mut(&mut caller);
            if i == 2 {
                data[old as usize * 65536 + 100] = n as u8;
            }
            Ok(())
        })
        .unwrap();
    linker
        .func_wrap("host", "table", move |mut caller: Caller<'_, u64>, i: u32| -> Result<(), Error> {
            next(&mut caller);
            let table = caller.get_export("table").unwrap().into_table().unwrap();
            let seven = caller.get_export("seven").unwrap().into_func();
            table.grow(&mut caller, 2, Ref::Func(seven))?;
            table.set(&mut caller, 3, Ref::Func(if i == 1 { None } else { seven }))
        })
        .unwrap();
    linker
        .func_wrap("host", "global", move |mut caller: Caller<'_, u64>| -> Result<(), Error> {
            let n = next(&mut caller);
            let global = caller.get_export("global").unwrap().into_global().unwrap();
            global.set(&mut caller, Val::I64(-(n as i64)))
        })
        .unwrap();
    linker
        .func_wrap("host", "nothing", move |mut caller: Caller<'_, u64>| {
            next(&mut caller);
        })
        .unwrap();
    linker
        .func_wrap("host", "end", move |mut caller: Caller<'_, u64>, how: u32| -> Result<(), Error> {
            let n = next(&mut caller);
            match how {
                0 => Ok(()),
                1 => Err(Error::i32_exit(-(n as i32))),
                2 => Err(TrapCode::IntegerOverflow.into()),
                _ => Err(Error::new(format!("the host gives up after {n} calls"))),
            }
        })
        .unwrap();
    linker
}

/// All that a run leaves behind.
#[derive(PartialEq, Debug)]
pub struct Outcome {
    result: Result<i64, String>,
    exit: Option<i32>,
    trap: Option<TrapCode>,
    memories: [Vec<u8>; 2],
    /// Which elements are null.
    table: Vec<bool>,
    globals: [Val; 2],
}

fn outcome(store: &mut Store<u64>, instance: Instance, end: i32) -> (Outcome, Option<Error>) {
    let run = instance.get_typed_func::<i32, i64>(&*store, "run").unwrap();
    let result = run.call(&mut *store, end);
    let memory = |name| instance.get_memory(&*store, name).unwrap().data(&*store).to_vec();
    let table: Table = instance.get_table(&*store, "table").unwrap();
    let global = |name| -> Val {
        let global: Global = instance.get_global(&*store, name).unwrap();
        global.get(&*store)
    };
    let outcome = Outcome {
        exit: result.as_ref().err().and_then(Error::i32_exit_status),
        trap: result.as_ref().err().and_then(Error::as_trap_code),
        result: result.as_ref().copied().map_err(Error::to_string),
        memories: [memory("memory"), memory("other")],
        table: (0..table.size(&*store)).map(|i| table.get(&*store, i) == Some(Ref::Func(None))).collect(),
        globals: [global("global"), global("sum")],
    };
    (outcome, result.err())
}

/// Records a run. Returns the recording, whole, and what the run left behind.
pub fn recorded(module: &Module, end: i32, before: u64) -> (Vec<u8>, Outcome) {
    let recording = Arc::new(Mutex::new(Vec::new()));
    let file = recording.clone();
    let mut store = Store::new(module.engine(), before);
    store
        .record(module, move |bytes| {
            file.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
    let instance = host(module.engine()).instantiate(&mut store, module).unwrap();
    let (outcome, _) = outcome(&mut store, instance, end);
    assert_eq!(store.end_recording().unwrap(), 28);
    let recording = recording.lock().unwrap().clone();
    (recording, outcome)
}

/// Replays a recording without the host's functions. An error of the recording ends the run, or comes at its end.
pub fn replayed(module: &Module, recording: &[u8], end: i32) -> Result<Outcome, Error> {
    let mut store = Store::new(module.engine(), 0);
    store.replay(module, recording, |_| Ok(()))?;
    let mut linker = Linker::new(module.engine());
    linker.define_unknown_imports_as_traps(module)?;
    let instance = linker.instantiate(&mut store, module)?;
    let (outcome, error) = outcome(&mut store, instance, end);
    match store.end_recording() {
        Ok(_) => Ok(outcome),
        Err(ended) => {
            Err(error.filter(|error| error.downcast_ref::<wasmote::ReplayError>().is_some()).unwrap_or(ended))
        }
    }
}

pub fn guest(engine: &Engine) -> Module {
    Module::new(engine, wat::parse_str(GUEST).unwrap()).unwrap()
}

/// The module itself, and as an image of each op set. The core op set has no vectors, so its guest does without.
fn forms(engine: &Engine) -> Vec<Module> {
    let module = guest(engine);
    let narrow = GUEST
        .replace(
            "(i64x2.extract_lane 1 (call $vector (i64x2.splat (i64.extend_i32_u (local.get $i)))))",
            "(call $vector (i64.const 5))",
        )
        .replace(
            r#""vector" (func $vector (param v128) (result v128))"#,
            r#""narrow" (func $vector (param i64) (result i64))"#,
        );
    let narrow = Module::new(engine, wat::parse_str(narrow).unwrap()).unwrap();
    let code = CodeOptions::default().with_op_set(OpSet::Core);
    let core = narrow.to_image(&ImageOptions::default().with_code(code)).unwrap();
    let extended = module.to_image(&ImageOptions::default()).unwrap();
    let image = |image| Module::from_image(engine, image).unwrap();
    vec![module, image(extended), image(core)]
}

#[test]
fn a_replay_leaves_behind_what_the_recorded_run_did() {
    let engine = Engine::default();
    for module in forms(&engine) {
        for end in 0..4 {
            let (recording, first) = recorded(&module, end, 0);
            let (_, second) = recorded(&module, end, 1000);
            assert_ne!(first, second, "the host makes a difference");
            assert_eq!(first.exit, (end == 1).then_some(-28));
            assert_eq!(first.trap, (end == 2).then_some(TrapCode::IntegerOverflow));
            assert_eq!(replayed(&module, &recording, end).unwrap(), first);
        }
    }
}

#[test]
fn a_replay_of_another_module_is_refused() {
    let engine = Engine::default();
    let forms = forms(&engine);
    let (recording, _) = recorded(&forms[0], 0, 0);
    let error = replayed(&forms[1], &recording, 0).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&wasmote::ReplayError::OtherModule));
    assert!(error.to_string().contains("another module"), "{error}");
}

#[test]
fn a_run_that_differs_is_told_with_the_number_of_the_call() {
    let engine = Engine::default();
    let module = guest(&engine);
    let (recording, _) = recorded(&module, 0, 0);
    let error = replayed(&module, &recording, 1).unwrap_err().to_string();
    assert_eq!(error, "the replay diverges at host call 28: argument 1 of `host::end` is 1, and 0 in the recording");
}

#[test]
fn observers_see_calls_with_names_arguments_and_results() {
    let engine = Engine::default();
    let module = guest(&engine);
    let (recording, _) = recorded(&module, 1, 0);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    let mut store = Store::new(&engine, ());
    store
        .replay(&module, recording, move |call| {
            let (name, args) = (call.name().to_string(), call.args().to_vec());
            list.lock().unwrap().push((
                call.module().to_string(),
                name,
                args,
                call.results().map(<[u64]>::to_vec),
                call.memory().len(),
            ));
            Ok(())
        })
        .unwrap();
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i64>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 1).unwrap_err().i32_exit_status(), Some(-28));
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 28);
    let (module, name, args, results, memory) = &seen[0];
    assert_eq!((&**module, &**name, args[0], args[1] as i64, args.len()), ("host", "numbers", 0, -3, 4));
    assert_eq!(results.as_ref().unwrap()[..], [-3i64 as u64, (-1.25f64).to_bits(), 1, u64::from(1.5f32.to_bits())]);
    assert_eq!(*memory, 65536);
    let (_, name, args, results, memory) = &seen[27];
    assert_eq!((&**name, &args[..], results, *memory), ("end", &[1][..], &None, 3 * 65536));
}

#[test]
fn a_store_that_records_nothing_has_nothing_to_end() {
    let mut store = Store::new(&Engine::default(), ());
    assert!(store.end_recording().unwrap_err().to_string().contains("neither records nor replays"));
}

//! What a host does, with the engine whose names the parent module has.

use std::hint::black_box;
use std::thread;

use super::{Caller, Engine, Instance, Linker, Module, Store, Val, i32_to_i32, instantiate};
use crate::measure::{Program, cpu_time, wall_time};

/// A plug-in with two pages of memory, a data segment, a table and a global.
const TWO_PAGES: &str = r#"(module
    (memory (export "memory") 2)
    (table 2 funcref)
    (global $calls (mut i32) (i32.const 0))
    (elem (i32.const 0) $add $count)
    (data (i32.const 1024) "a message that the plug-in has")
    (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func $count (export "count") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store (i32.const 1024) (global.get $calls))
        (i32.load (i32.const 1024))))"#;

/// Calls two functions of the host in loops.
const CALLS_HOST: &str = r#"(module
    (import "host" "typed" (func $typed (param i32) (result i32)))
    (import "host" "untyped" (func $untyped (param i32) (result i32)))
    (func (export "typed") (param $n i32) (result i32) (local $x i32)
        (loop $again
            (local.set $x (call $typed (local.get $x)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x))
    (func (export "untyped") (param $n i32) (result i32) (local $x i32)
        (loop $again
            (local.set $x (call $untyped (local.get $x)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x)))"#;

/// The functions of a linker: as many as WASI has.
const FUNCTIONS: usize = 46;
const THREADS: u64 = 4;

pub fn all() -> Vec<Program> {
    vec![
        host_to_guest_typed(),
        host_to_guest_untyped(),
        guest_to_host("guest to host, typed", "typed"),
        guest_to_host("guest to host, untyped", "untyped"),
        store(),
        store_and_instance(),
        store_instance_and_call(),
        module(),
        linker(),
        linker_and_instance(),
        threads(),
    ]
}

fn program(name: &'static str, run: impl FnMut(u64) + 'static) -> Program {
    Program { name, clock: cpu_time, run: Box::new(run) }
}

/// The plug-in, compiled.
pub fn two_pages(engine: &Engine) -> Module {
    Module::new(engine, &wat::parse_str(TWO_PAGES).unwrap()[..]).unwrap()
}

fn plug_in() -> (Store<u64>, Instance) {
    let engine = Engine::default();
    let module = two_pages(&engine);
    let mut store = Store::new(&engine, 0);
    let instance = instantiate(&Linker::new(&engine), &mut store, &module);
    (store, instance)
}

fn host_to_guest_typed() -> Program {
    let (mut store, instance) = plug_in();
    let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add").unwrap();
    program("host to guest, typed", move |count| {
        for i in 0..count as i32 {
            assert_eq!(add.call(&mut store, (i, 1)).unwrap(), i.wrapping_add(1));
        }
    })
}

fn host_to_guest_untyped() -> Program {
    let (mut store, instance) = plug_in();
    let add = instance.get_func(&store, "add").unwrap();
    program("host to guest, untyped", move |count| {
        let mut results = [Val::I32(0)];
        for i in 0..count as i32 {
            add.call(&mut store, &[Val::I32(i), Val::I32(1)], &mut results).unwrap();
            assert!(matches!(results[0], Val::I32(sum) if sum == i.wrapping_add(1)));
        }
    })
}

fn guest_to_host(name: &'static str, export: &'static str) -> Program {
    let engine = Engine::default();
    let module = Module::new(&engine, &wat::parse_str(CALLS_HOST).unwrap()[..]).unwrap();
    let mut linker = Linker::<u64>::new(&engine);
    let typed = |mut caller: Caller<'_, u64>, x: i32| {
        *caller.data_mut() += 1;
        x.wrapping_add(1)
    };
    linker.func_wrap("host", "typed", typed).unwrap();
    let untyped = |mut caller: Caller<'_, u64>, args: &[Val], results: &mut [Val]| {
        *caller.data_mut() += 1;
        if let Val::I32(x) = args[0] {
            results[0] = Val::I32(x.wrapping_add(1));
        }
        Ok(())
    };
    linker.func_new("host", "untyped", i32_to_i32(), untyped).unwrap();
    let mut store = Store::new(&engine, 0);
    let instance = instantiate(&linker, &mut store, &module);
    let run = instance.get_typed_func::<i32, i32>(&store, export).unwrap();
    program(name, move |count| {
        let count = i32::try_from(count).unwrap();
        assert_eq!(run.call(&mut store, count).unwrap(), count);
    })
}

fn store() -> Program {
    let engine = Engine::default();
    program("a store", move |count| {
        for i in 0..count {
            black_box(Store::new(&engine, i));
        }
    })
}

fn store_and_instance() -> Program {
    let engine = Engine::default();
    let (module, linker) = (two_pages(&engine), Linker::<u64>::new(&engine));
    program("a store with an instance of two pages", move |count| {
        for i in 0..count {
            let mut store = Store::new(&engine, i);
            black_box(instantiate(&linker, &mut store, &module));
        }
    })
}

/// Makes a store with the plug-in, and calls it once.
pub fn request(engine: &Engine, linker: &Linker<u64>, module: &Module) -> Store<u64> {
    let mut store = Store::new(engine, 0);
    let instance = instantiate(linker, &mut store, module);
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 1);
    store
}

fn store_instance_and_call() -> Program {
    let engine = Engine::default();
    let (module, linker) = (two_pages(&engine), Linker::<u64>::new(&engine));
    program("the same and a call", move |count| {
        for _ in 0..count {
            drop(request(&engine, &linker, &module));
        }
    })
}

fn module() -> Program {
    let engine = Engine::default();
    let wasm = wat::parse_str(TWO_PAGES).unwrap();
    program("a module", move |count| {
        for _ in 0..count {
            black_box(Module::new(&engine, &wasm[..]).unwrap());
        }
    })
}

fn linker_of(engine: &Engine, names: &[String]) -> Linker<u64> {
    let mut linker = Linker::<u64>::new(engine);
    for name in names {
        linker.func_wrap("wasi", name, |_: Caller<'_, u64>, x: i32, _: i32, _: i32, _: i32| x).unwrap();
    }
    linker
}

fn names() -> Vec<String> {
    (0..FUNCTIONS).map(|i| format!("function_{i}")).collect()
}

fn linker() -> Program {
    let (engine, names) = (Engine::default(), names());
    program("a linker of 46 functions", move |count| {
        for _ in 0..count {
            black_box(linker_of(&engine, &names));
        }
    })
}

fn linker_and_instance() -> Program {
    let (engine, names) = (Engine::default(), names());
    let import = |name: &String| format!(r#"(import "wasi" "{name}" (func (param i32 i32 i32 i32) (result i32)))"#);
    let text = format!("(module {} (memory 2))", names.iter().map(import).collect::<String>());
    let module = Module::new(&engine, &wat::parse_str(text).unwrap()[..]).unwrap();
    let linker = linker_of(&engine, &names);
    program("a store with an instance of 46 imports", move |count| {
        for i in 0..count {
            let mut store = Store::new(&engine, i);
            black_box(instantiate(&linker, &mut store, &module));
        }
    })
}

fn threads() -> Program {
    let engine = Engine::default();
    let (module, linker) = (two_pages(&engine), Linker::<u64>::new(&engine));
    let threads = program("store, instance and call on four threads", move |count| {
        thread::scope(|scope| {
            for number in 0..THREADS {
                let share = count / THREADS + u64::from(number < count % THREADS);
                let (engine, linker, module) = (&engine, &linker, &module);
                scope.spawn(move || (0..share).for_each(|_| drop(request(engine, linker, module))));
            }
        });
    });
    Program { clock: wall_time, ..threads }
}

/// Makes many instances in one store, and returns it.
pub fn many_instances(count: usize) -> Store<u64> {
    let engine = Engine::default();
    let (module, linker) = (two_pages(&engine), Linker::<u64>::new(&engine));
    let mut store = Store::new(&engine, 0);
    for _ in 0..count {
        let instance = instantiate(&linker, &mut store, &module);
        let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add").unwrap();
        assert_eq!(add.call(&mut store, (1, 2)).unwrap(), 3);
    }
    store
}

/// Makes many stores with an instance each, which is called once if `called`.
pub fn many_stores(count: usize, called: bool) -> Vec<Store<u64>> {
    let engine = Engine::default();
    let (module, linker) = (two_pages(&engine), Linker::<u64>::new(&engine));
    let one = |_| {
        if called {
            return request(&engine, &linker, &module);
        }
        let mut store = Store::new(&engine, 0);
        instantiate(&linker, &mut store, &module);
        store
    };
    (0..count).map(one).collect()
}

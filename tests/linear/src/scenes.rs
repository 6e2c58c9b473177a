//! What happens as modules run: traps, exceptions, instances.

use wasmote::{Engine, Instance, Linker, Module, Store};

use crate::Record;
use crate::phases::single;
use crate::wasm::{FUNCREF, I32, Module as Builder, Write, section};

/// A scene.
pub struct Scene {
    pub name: &'static str,
    /// The smaller of the two numbers that are compared.
    pub n: usize,
    pub play: fn(usize, &mut Record),
}

const fn scene(name: &'static str, n: usize, play: fn(usize, &mut Record)) -> Scene {
    Scene { name, n, play }
}

const END: u8 = 0x0b;

pub const SCENES: &[Scene] = &[
    scene("a trap among functions that ran", 20_000, |n, record| {
        let mut run = Run::new(&among(n, &[0x00]));
        record.linear("first calls", || run.call("all"));
        run.call("f");
        record.constant("trap", || run.call("f"));
    }),
    scene("a trap among functions that did not run", 20_000, |n, record| {
        let mut run = Run::new(&among(n, &[0x00]));
        record.constant("first trap", || run.call("f"));
        record.constant("trap", || run.call("f"));
    }),
    scene("a trap among functions with names", 20_000, |n, record| {
        let mut module = among_builder(n, &[0x00]);
        let mut names = Vec::new();
        names.num(n + 1);
        (0..=n).for_each(|func| {
            names.num(func).sized(format!("function {func}").as_bytes());
        });
        let mut custom = vec![1];
        module.custom("name", custom.sized(&names));
        let mut run = Run::new(&module.finish());
        record.linear("first trap", || run.call("f"));
        record.constant("trap", || run.call("f"));
    }),
    scene("a trap in an instance that did not translate it", 20_000, |n, record| {
        let engine = Engine::new(&single());
        let module = Module::new(&engine, among(n, &[0x00])).expect("a module");
        let mut first = Run::of(&module);
        first.call("all");
        first.call("f");
        let mut run = Run::of(&module);
        record.constant("first trap", || run.call("g"));
        record.constant("trap", || run.call("g"));
    }),
    scene("a trap in frames of many functions", 5_000, |n, record| {
        let mut module = start();
        for func in 0..n {
            let mut code = Vec::new();
            if func + 1 < n {
                code.op(0x10, func + 1)
            } else {
                code.put(&[0x00])
            };
            module.func(0, &[], &code);
        }
        module.export("f", 0, 0);
        let mut run = Run::new(&module.finish());
        record.linear("first trap", || run.call("f"));
        record.linear("trap", || run.call("f"));
    }),
    scene("a trap at depth", 20_000, |n, record| {
        let mut run = Run::new(&recursion(n, &[0x00]));
        record.linear("trap", || run.call("f"));
    }),
    scene("exceptions thrown through many frames", 20_000, |n, record| {
        let mut run = Run::new(&recursion(n, &[0x08, 0]));
        record.linear("throw", || run.call("f"));
        record.linear("throw", || run.call("f"));
    }),
    scene("an exception that nothing catches", 20_000, |n, record| {
        let mut run = Run::new(&among(n, &[0x08, 0]));
        run.call("all");
        run.call("f");
        record.constant("throw", || run.call("f"));
    }),
    scene("an exception caught among functions with handlers", 10_000, |n, record| {
        let mut run = Run::new(&handlers(n));
        record.linear("first calls", || run.call("all"));
        record.linear("calls", || run.call("all"));
        record.constant("throw", || run.call("f"));
        record.constant("throw", || run.call("f"));
    }),
    scene("handlers of another instance", 10_000, |n, record| {
        let engine = Engine::new(&single());
        let module = Module::new(&engine, handlers(n)).expect("a module");
        Run::of(&module).call("all");
        let mut run = Run::of(&module);
        record.constant("throw", || run.call("g"));
        record.constant("throw", || run.call("g"));
        record.linear("calls", || run.call("all"));
    }),
    scene("instances of one module", 1_000, |n, record| {
        let engine = Engine::new(&single());
        let module = Module::new(&engine, handlers(4)).expect("a module");
        let mut store = Store::new(&engine, ());
        record.linear("instantiate", || instances(&mut store, &module, n));
        record.constant("one more", || instances(&mut store, &module, 1));
        record.linear("statistics", || store.stats());
        record.linear("drop", || drop(store));
    }),
    scene("modules of one engine", 1_000, |n, record| {
        let engine = Engine::new(&single());
        let mut store = Store::new(&engine, ());
        let modules: Vec<_> = (0..n).map(different).collect();
        let modules: Vec<_> = record
            .linear("load", || modules.into_iter().map(|wasm| Module::new(&engine, wasm).expect("a module")).collect());
        record.linear("instantiate", || modules.iter().for_each(|module| instances(&mut store, module, 1)));
        record.linear("statistics", || store.stats());
        record.constant("one more", || Module::new(&engine, different(n)).is_ok());
        record.linear("drop modules", || drop(modules));
        record.linear("drop the store", || drop(store));
    }),
    scene("a linker's definitions", 10_000, |n, record| {
        let engine = Engine::new(&single());
        let mut linker = Linker::<()>::new(&engine);
        let names: Vec<_> = (0..n).rev().map(|name| format!("{name:08}")).collect();
        record.linear("define", || {
            names.iter().for_each(|name| {
                linker.func_wrap("host", name, || {}).expect("a name of its own");
            });
        });
        record.linear("drop", || drop(linker));
    }),
    scene("a linker with an instance's exports", 10_000, |n, record| {
        let mut module = start();
        module.func(0, &[], &[]);
        (0..n).rev().for_each(|i| module.export(&format!("{i:08}"), 0, 0));
        let mut run = Run::new(&module.finish());
        let mut linker = Linker::new(run.store.engine());
        record.linear("define", || linker.instance(&mut run.store, "m", run.instance).map(drop)).expect("names");
    }),
    scene("growth of a table by one", 5_000, |n, record| {
        let mut module = start();
        module.item(section::TABLE, &[FUNCREF, 0, 0]);
        module.func(0, &[], &[0xd0, FUNCREF, 0x41, 1, 0xfc, 0x0f, 0, 0x1a]);
        module.export("f", 0, 0);
        let mut run = Run::new(&module.finish());
        record.linear("grow", || (0..n).for_each(|_| run.call("f")));
    }),
    scene("growth of a memory by one", 500, |n, record| {
        let mut module = start();
        module.memory();
        module.func(0, &[], &[0x41, 1, 0x40, 0, 0x1a]);
        module.export("f", 0, 0);
        let mut run = Run::new(&module.finish());
        record.linear("grow", || (0..n).for_each(|_| run.call("f")));
    }),
    scene("a list of objects", 20_000, |n, record| {
        let mut module = start();
        module.item(section::TYPE, &[0x5f, 1, 0x63, 2, 1]);
        module.item(section::GLOBAL, &[0x63, 2, 1, 0xd0, 2, END]);
        module.func(0, &[], &[0x23, 0, 0xfb, 0, 2, 0x24, 0]);
        module.export("f", 0, 0);
        let mut run = Run::new(&module.finish());
        record.linear("allocate", || (0..n).for_each(|_| run.call("f")));
        record.linear("collect", || run.store.collect());
        record.linear("drop", || drop(run));
    }),
    scene("functions of the host", 10_000, |n, record| {
        let engine = Engine::new(&single());
        let mut store = Store::new(&engine, ());
        record.linear("make", || {
            (0..n).for_each(|_| {
                wasmote::Func::wrap(&mut store, || {});
            })
        });
        record.linear("drop", || drop(store));
    }),
];

/// A store with an instance.
struct Run {
    store: Store<()>,
    instance: Instance,
}

impl Run {
    fn new(wasm: &[u8]) -> Run {
        Run::of(&Module::new(&Engine::new(&single()), wasm).expect("a module"))
    }

    fn of(module: &Module) -> Run {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[]).expect("an instance");
        Run { store, instance }
    }

    /// Calls an export, which may trap.
    fn call(&mut self, name: &str) {
        let func = self.instance.get_func(&self.store, name).expect("an exported function");
        let _ = func.call(&mut self.store, &[], &mut []);
    }
}

fn instances(store: &mut Store<()>, module: &Module, n: usize) {
    (0..n).for_each(|_| {
        Instance::new(&mut *store, module, &[]).expect("an instance");
    });
}

/// Types 0, of nothing, and 1, from and to an i32, and a tag.
fn start() -> Builder {
    let mut module = Builder::default();
    module.func_type(&[], &[]);
    module.func_type(&[I32], &[I32]);
    module.item(section::TAG, &[0, 0]);
    module
}

/// So many functions, `all` that calls all but the last, the last, `f`, which has this code, and `g` that calls it.
fn among_builder(n: usize, code: &[u8]) -> Builder {
    let mut module = start();
    (0..n).for_each(|_| {
        module.func(0, &[], &[]);
    });
    let f = module.func(0, &[], code);
    finish_among(module, n, f)
}

fn finish_among(mut module: Builder, n: usize, f: usize) -> Builder {
    let mut calls = Vec::new();
    (0..n).for_each(|func| {
        calls.op(0x10, func);
    });
    let all = module.func(0, &[], &calls);
    let g = module.func(0, &[], Vec::new().op(0x10, f));
    module.export("all", 0, all);
    module.export("f", 0, f);
    module.export("g", 0, g);
    module
}

fn among(n: usize, code: &[u8]) -> Vec<u8> {
    among_builder(n, code).finish()
}

/// The same, where each throws and catches.
fn handlers(n: usize) -> Vec<u8> {
    let mut module = start();
    let code = [0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x08, 0, END, END];
    // From the last to the first, so that they are translated in the other order.
    (0..n).for_each(|_| {
        module.func(0, &[], &code);
    });
    let f = module.func(0, &[], &code);
    finish_among(module, n, f).finish()
}

/// A function that calls itself so often, and then does this; `f` catches what it throws.
fn recursion(n: usize, code: &[u8]) -> Vec<u8> {
    let mut module = start();
    let mut body = Vec::new();
    body.put(&[0x20, 0, 0x45, 0x04, 0x40]).put(code).put(&[END, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0]);
    module.func(1, &[], &body);
    let mut call = vec![0x02, 0x40, 0x1f, 0x40, 1, 2, 0];
    call.i32(n).put(&[0x10, 0, 0x1a, END, END]);
    module.func(0, &[], &call);
    module.export("f", 0, 1);
    module.finish()
}

/// A module with a type of its own.
fn different(number: usize) -> Vec<u8> {
    let mut module = start();
    let params: Vec<u8> = (0..20).map(|bit| [I32, 0x7e][number >> bit & 1]).collect();
    let ty = module.func_type(&params, &[]);
    module.func(ty, &[], &[]);
    module.finish()
}

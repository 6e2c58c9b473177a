//! Limits of a store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, ExternRef, ImageOptions, Instance, Linker, Memory, MemoryType, Module,
    OpSet, Ref, RefType, ResourceLimiter, Store, StoreLimits, StoreLimitsBuilder, Table, TableType, TrapCode,
};

use crate::module;

const PAGE: usize = 65536;

/// A guest that grows in every way. A kept object of `n` bytes has a header of 8.
const GROWS: &str = r#"(module
    (type $bytes (array (mut i8)))
    (memory $m (export "m") 1 50) (memory $wide i64 1) (memory $small 0 4096 (pagesize 1))
    (table $t (export "t") 1 5000 funcref) (table $u i64 0 externref)
    (global $kept (mut (ref null $bytes)) (ref.null $bytes))
    (func (export "memory") (param i32) (result i32) (memory.grow $m (local.get 0)))
    (func (export "wide") (param i32) (result i32)
        (i32.wrap_i64 (memory.grow $wide (i64.extend_i32_s (local.get 0)))))
    (func (export "small") (param i32) (result i32) (memory.grow $small (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "table i64") (param i32) (result i32)
        (i32.wrap_i64 (table.grow $u (ref.null extern) (i64.extend_i32_s (local.get 0)))))
    (func (export "sizes") (result i64 i64)
        (i64.add (i64.add (i64.mul (i64.const 65536) (i64.extend_i32_u (memory.size $m)))
                          (i64.mul (i64.const 65536) (memory.size $wide)))
                 (i64.extend_i32_u (memory.size $small)))
        (i64.add (i64.extend_i32_u (table.size $t)) (table.size $u)))
    (func (export "object") (param i32) (result i32)
        (global.set $kept (array.new_default $bytes (local.get 0)))
        (array.len (global.get $kept))))"#;

/// A way to run a module.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Mode {
    Lazy,
    Eager,
    Metered,
    Guarded(bool),
    Image(OpSet, bool),
}

const MODES: &[Mode] = &[
    Mode::Lazy,
    Mode::Eager,
    Mode::Metered,
    Mode::Guarded(true),
    Mode::Guarded(false),
    Mode::Image(OpSet::Core, false),
    Mode::Image(OpSet::Extended, false),
    Mode::Image(OpSet::Core, true),
    Mode::Image(OpSet::Extended, true),
];

fn load(mode: Mode, text: &str) -> Module {
    let mut config = Config::new();
    config.eager_translation(mode == Mode::Eager).consume_fuel(matches!(mode, Mode::Metered | Mode::Image(_, true)));
    if let Mode::Guarded(guard) = mode {
        config.guard_pages(guard);
    }
    let engine = Engine::new(&config);
    let module = module(&engine, text);
    let Mode::Image(op_set, metered) = mode else { return module };
    let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
    let image = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
    Module::from_image(&engine, image).unwrap()
}

/// Returns a store whose data is its limiter.
fn limited<L: ResourceLimiter + 'static>(module: &Module, limits: L) -> Store<L> {
    let mut store = Store::new(module.engine(), limits);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    store.limiter(|limits| limits);
    store
}

fn start<L: ResourceLimiter + 'static>(module: &Module, limits: L) -> (Store<L>, Instance) {
    let mut store = limited(module, limits);
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    (store, instance)
}

fn call<T>(store: &mut Store<T>, instance: Instance, name: &str, argument: i32) -> Result<i32, Error> {
    instance.get_typed_func::<i32, i32>(&*store, name).unwrap().call(store, argument)
}

fn code(error: &Error) -> Option<TrapCode> {
    error.as_trap_code()
}

/// Checks that growth beyond a limit is refused: it returns -1 if `Ok`, and traps with a backtrace if not.
fn refused(mode: Mode, trap: bool, outcome: Result<i32, Error>) {
    match outcome {
        Ok(value) => assert!(value == -1 && !trap, "{mode:?}: {value}"),
        Err(error) => {
            assert_eq!(code(&error), Some(TrapCode::GrowthOperationLimited), "{mode:?}: {error}");
            assert!(trap && error.backtrace().unwrap().frames().len() == 1, "{mode:?}: {error}");
        }
    }
}

#[test]
fn growth_beyond_a_limit_returns_minus_one_or_traps() {
    for (&mode, trap) in MODES.iter().flat_map(|mode| [(mode, false), (mode, true)]) {
        let module = load(mode, GROWS);
        let limits = StoreLimitsBuilder::new().memory_size(20 * PAGE).table_elements(1000).trap_on_grow_failure(trap);
        let (mut store, instance) = start(&module, limits.build());
        // The last growth exceeds the type's maximum, not the limit.
        for (name, steps, too_far) in [
            ("memory", [19, 0], &[1, 31, 1000, -1][..]),
            ("wide", [10, 9], &[1, i32::MAX, -1]),
            ("small", [4095, 1], &[1, -1]),
            ("table", [999, 0], &[1, 4500, -1]),
            ("table i64", [1, 999], &[1, i32::MAX, -1]),
        ] {
            let mut size = i32::from(!matches!(name, "small" | "table i64"));
            for delta in steps {
                for &delta in too_far.iter().filter(|more| !(0..=5000).contains(*more)) {
                    refused(mode, trap, call(&mut store, instance, name, delta));
                }
                assert_eq!(call(&mut store, instance, name, delta).unwrap(), size, "{mode:?} {name}");
                size += delta;
            }
            for &delta in too_far {
                refused(mode, trap, call(&mut store, instance, name, delta));
            }
            assert_eq!(call(&mut store, instance, name, 0).unwrap(), size, "{mode:?} {name}");
        }
        let sizes = instance.get_typed_func::<(), (i64, i64)>(&store, "sizes").unwrap();
        assert_eq!(sizes.call(&mut store, ()).unwrap(), (40 * PAGE as i64 + 4096, 2000), "{mode:?}");
        // The host is refused, too, and learns it by an error.
        let (memory, table) = (instance.get_memory(&store, "m").unwrap(), instance.get_table(&store, "t").unwrap());
        let error = memory.grow(&mut store, 1).unwrap_err();
        assert_eq!(code(&error), trap.then_some(TrapCode::GrowthOperationLimited), "{error}");
        let error = table.grow(&mut store, 1, Ref::Func(None)).unwrap_err();
        assert_eq!(code(&error), trap.then_some(TrapCode::GrowthOperationLimited), "{error}");
        assert_eq!((memory.size(&store), table.size(&store)), (20, 1000));
    }
}

#[test]
fn one_budget_holds_for_everything_and_for_each_store() {
    for (&mode, trap) in MODES.iter().flat_map(|mode| [(mode, false), (mode, true)]) {
        let module = load(mode, GROWS);
        let limits = StoreLimitsBuilder::new().max_total_bytes(1 << 20).trap_on_grow_failure(trap).build();
        // Code that one store had translated does not count in the next.
        let mut stores: Vec<_> = (0..3).map(|_| start(&module, limits.clone())).collect();
        for (store, instance) in &mut stores {
            // Two pages and an element are there already, and code takes some KiB.
            assert_eq!(call(store, *instance, "memory", 3).unwrap(), 1, "{mode:?}");
            assert_eq!(call(store, *instance, "wide", 3).unwrap(), 1, "{mode:?}");
            assert_eq!(call(store, *instance, "table", 4999).unwrap(), 1, "{mode:?}");
            assert_eq!(call(store, *instance, "object", 450_000).unwrap(), 450_000, "{mode:?}");
            assert!(store.heap_stats().bytes < 460_000, "{:?}", store.heap_stats());
            refused(mode, trap, call(store, *instance, "memory", 1));
            refused(mode, trap, call(store, *instance, "wide", 1));
            refused(mode, trap, call(store, *instance, "table i64", 15_000));
            // The object that was kept is garbage only once the next exists.
            let error = call(store, *instance, "object", 100_000).unwrap_err();
            let expected = if trap { TrapCode::GrowthOperationLimited } else { TrapCode::HeapExhausted };
            assert_eq!(code(&error), Some(expected), "{mode:?}");
            assert_eq!(error.backtrace().unwrap().frames().len(), 1, "{mode:?}");
            assert_eq!(call(store, *instance, "small", 4000).unwrap(), 0, "{mode:?}");
        }
    }
}

#[test]
fn a_guest_that_keeps_objects_stops_at_the_limit() {
    let text = r#"(module
        (type $node (struct (field (ref null $node)) (field i64)))
        (global $list (mut (ref null $node)) (ref.null $node))
        (func $push (global.set $list (struct.new $node (global.get $list) (i64.const 1))))
        (func (export "fill") (param i32) (result i32)
            (loop $l (call $push) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))
            (i32.const 0))
        (func (export "garbage") (param i32) (result i32)
            (loop $l
                (drop (struct.new $node (ref.null $node) (i64.const 1)))
                (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))
            (i32.const 0))
        (func (export "drop") (param i32) (result i32) (global.set $list (ref.null $node)) (i32.const 0)))"#;
    for (&mode, trap) in MODES.iter().flat_map(|mode| [(mode, false), (mode, true)]) {
        let module = load(mode, text);
        let limits = StoreLimitsBuilder::new().gc_heap_size(1_000_000).trap_on_grow_failure(trap).build();
        let (mut store, instance) = start(&module, limits);
        // The heap finds room by collections. Refusals on the way are no errors.
        call(&mut store, instance, "garbage", 1_000_000).unwrap();
        for _ in 0..2 {
            let error = call(&mut store, instance, "fill", 1_000_000).unwrap_err();
            let expected = if trap { TrapCode::GrowthOperationLimited } else { TrapCode::HeapExhausted };
            assert_eq!(code(&error), Some(expected), "{mode:?}");
            assert!(error.backtrace().unwrap().frames().len() == 2, "{mode:?}: {error}");
            let bytes = store.heap_stats().bytes;
            assert!((900_000..=1_000_000).contains(&bytes), "{mode:?}: {bytes}");
            // The same holds for what the host makes.
            let error = (0..100_000).find_map(|n| ExternRef::try_new(&mut store, n).err()).unwrap();
            assert_eq!(code(&error), Some(expected), "{mode:?}");
            call(&mut store, instance, "drop", 0).unwrap();
            store.collect();
            call(&mut store, instance, "garbage", 100_000).unwrap();
        }
    }
}

#[test]
fn code_is_paid_by_the_store_that_calls() {
    let functions: String =
        (0..50).map(|n| format!("(func (export \"f{n}\") (param i32) (result i32) {CODE})")).collect();
    let module = load(Mode::Lazy, &format!("(module {functions})"));
    let calls_of = |limits: StoreLimits| {
        let (mut store, instance) = start(&module, limits);
        (0..50)
            .take_while(|n| {
                let outcome = call(&mut store, instance, &format!("f{n}"), 1);
                let Err(error) = outcome else { return true };
                assert_eq!(code(&error), Some(TrapCode::GrowthOperationLimited), "{error}");
                assert!(error.backtrace().is_none_or(|it| it.frames().len() <= 1), "{error}");
                false
            })
            .count()
    };
    let code_size = |bytes| StoreLimitsBuilder::new().code_size(bytes).build();
    assert_eq!(calls_of(code_size(0)), 0);
    let first = calls_of(code_size(10_000));
    assert!((5..40).contains(&first), "{first}");
    // The next store finds that code, and pays for what follows.
    let second = calls_of(StoreLimitsBuilder::new().max_total_bytes(5_000).build());
    assert!((first + 2..50).contains(&second), "{first} {second}");
    assert_eq!(calls_of(StoreLimits::default()), 50);
    assert_eq!(calls_of(code_size(0)), 50);
}

/// Some operators with a value that the translator does not know.
const CODE: &str = "(local.get 0) (i32.mul (local.get 0)) (i32.add (i32.const 77)) (i32.div_s (local.get 0))
    (i32.xor (i32.const 5)) (i32.mul (local.get 0)) (i32.rem_u (i32.const 9)) (i32.shl (local.get 0))
    (i32.mul (local.get 0)) (i32.add (i32.const 77)) (i32.div_s (local.get 0)) (i32.xor (i32.const 5))
    (i32.mul (local.get 0)) (i32.rem_u (i32.const 9)) (i32.shl (local.get 0)) (i32.mul (local.get 0))
    (i32.add (i32.const 77)) (i32.div_s (local.get 0)) (i32.xor (i32.const 5)) (i32.mul (local.get 0))
    (i32.rem_u (i32.const 9)) (i32.shl (local.get 0)) (i32.mul (local.get 0)) (i32.add (i32.const 77))
    (i32.div_s (local.get 0)) (i32.xor (i32.const 5)) (i32.mul (local.get 0)) (i32.rem_u (i32.const 9))";

#[test]
fn initial_sizes_are_limited() {
    let engine = Engine::default();
    let limits = || StoreLimitsBuilder::new().memory_size(2 * PAGE).table_elements(10).gc_heap_size(100_000);
    for (text, fits) in [
        ("(module (memory 2) (table 10 funcref))", true),
        ("(module (memory 3))", false),
        ("(module (memory 1) (memory 3))", false),
        ("(module (table 11 funcref))", false),
        ("(module (memory i64 0x1_0000_0000_0000))", false),
        ("(module (type $a (array i8)) (global (ref $a) (array.new_default $a (i32.const 90000))))", true),
        ("(module (type $a (array i8)) (global (ref $a) (array.new_default $a (i32.const 110000))))", false),
    ] {
        for trap in [false, true] {
            let module = module(&engine, text);
            let mut store = limited(&module, limits().trap_on_grow_failure(trap).build());
            match Instance::new(&mut store, &module, &[]) {
                Ok(_) => assert!(fits, "{text}"),
                Err(error) => {
                    assert!(!fits, "{text}: {error}");
                    assert_eq!(code(&error) == Some(TrapCode::GrowthOperationLimited), trap, "{text}: {error}");
                }
            }
        }
    }
    let total = StoreLimitsBuilder::new().max_total_bytes(PAGE + 400).build();
    let module = module(&engine, "(module (memory 1) (table 100 funcref))");
    let mut store = limited(&module, total);
    Instance::new(&mut store, &module, &[]).unwrap();
    let error = Instance::new(&mut store, &module, &[]).unwrap_err().to_string();
    assert_eq!(error, "cannot instantiate: the store's limiter refuses a memory");
}

const MEMORY: MemoryType = MemoryType::new(1, None);
const TABLE: TableType = TableType::new(RefType::FUNC, 8, None);

#[test]
fn what_the_host_makes_is_limited() {
    let limits = StoreLimitsBuilder::new().memory_size(2 * PAGE).table_elements(16).memories(2).tables(3).build();
    let mut store = Store::new(&Engine::default(), limits);
    let before = Memory::new(&mut store, MEMORY).unwrap();
    store.limiter(|limits| limits);
    assert_eq!(before.grow(&mut store, 1).unwrap(), 1);
    assert!(before.grow(&mut store, 1).is_err());
    assert!(Memory::new(&mut store, MemoryType::new(3, None)).is_err());
    assert!(Memory::new(&mut store, MemoryType::new64(u64::MAX, None)).is_err());
    Memory::new(&mut store, MEMORY).unwrap();
    let error = Memory::new(&mut store, MEMORY).unwrap_err().to_string();
    assert_eq!(error, "cannot instantiate: the store's limiter permits no more memories");
    assert!(Table::new(&mut store, TableType::new(RefType::FUNC, 17, None), Ref::Func(None)).is_err());
    for _ in 0..3 {
        let table = Table::new(&mut store, TABLE, Ref::Func(None)).unwrap();
        assert_eq!(table.grow(&mut store, 8, Ref::Func(None)).unwrap(), 8);
        assert!(table.grow(&mut store, 1, Ref::Func(None)).is_err());
    }
    let error = Table::new(&mut store, TABLE, Ref::Func(None)).unwrap_err().to_string();
    assert_eq!(error, "cannot instantiate: the store's limiter permits no more tables");
}

#[test]
fn a_guest_that_instantiates_stops_at_the_limit() {
    let engine = Engine::default();
    let small = module(&engine, "(module (memory 1) (memory 1) (table 1 funcref))");
    let mut linker = Linker::<StoreLimits>::new(&engine);
    linker
        .func_wrap("host", "instantiate", move |mut caller: Caller<'_, StoreLimits>| -> Result<(), Error> {
            Instance::new(&mut caller, &small, &[]).map(drop)
        })
        .unwrap();
    let guest = module(
        &engine,
        r#"(module
            (import "host" "instantiate" (func $instantiate))
            (func (export "run") (loop $l (call $instantiate) (br $l))))"#,
    );
    let builder = StoreLimitsBuilder::new;
    for (limits, what) in [
        (builder().instances(100), "permits no more instances"),
        (builder().memories(101), "permits no more memories"),
        (builder().tables(100), "permits no more tables"),
        (builder().max_total_bytes(100 * PAGE), "refuses a memory"),
    ] {
        let mut store = limited(&guest, limits.build());
        let instance = linker.instantiate(&mut store, &guest).unwrap();
        let error = instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap_err();
        assert_eq!(crate::first_line(&error), format!("cannot instantiate: the store's limiter {what}"));
    }
    let mut store = limited(&guest, builder().instances(0).build());
    assert!(linker.instantiate(&mut store, &guest).is_err());
    // The default is a limit, too.
    let empty = module(&engine, "(module)");
    let mut store = limited(&empty, StoreLimits::default());
    let made = (0..20_000).take_while(|_| Instance::new(&mut store, &empty, &[]).is_ok()).count();
    assert_eq!(made, wasmote::DEFAULT_INSTANCE_LIMIT);
}

/// What a limiter is asked, in words.
#[derive(Default)]
struct Log {
    calls: Vec<String>,
    fail: bool,
}

impl ResourceLimiter for Log {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.calls.push(format!("memory {current} {desired} {maximum:?}"));
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.calls.push(format!("failed: {error}"));
        if self.fail { Err(Error::host("no")) } else { Ok(()) }
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.calls.push(format!("table {current} {desired} {maximum:?}"));
        if desired == 777 { Err(Error::i32_exit(3)) } else { Ok(true) }
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.calls.push(format!("failed: {error}"));
        Ok(())
    }

    fn total_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        self.calls.push(format!("total {current} {desired}"));
        assert_ne!(desired - current, 500 * 4, "this much is a panic");
        Ok(true)
    }
}

#[test]
fn a_limiter_is_asked_before_growth_and_told_of_failures() {
    let text = r#"(module (memory 1 3) (table 2 100000 funcref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let module = load(Mode::Eager, text);
    let (mut store, instance) = start(&module, Log::default());
    let asked = |store: &mut Store<Log>, expected: &[&str]| {
        assert_eq!(std::mem::take(&mut store.data_mut().calls), expected);
    };
    asked(&mut store, &["total 0 65536", "memory 0 65536 Some(196608)", "total 65536 65544", "table 0 2 Some(100000)"]);
    assert_eq!(call(&mut store, instance, "memory", 0).unwrap(), 1);
    asked(&mut store, &[]);
    assert_eq!(call(&mut store, instance, "memory", 2).unwrap(), 1);
    asked(&mut store, &["total 65544 196616", "memory 65536 196608 Some(196608)"]);
    assert_eq!(call(&mut store, instance, "memory", 1).unwrap(), -1);
    asked(
        &mut store,
        &["total 196616 262152", "memory 196608 262144 Some(196608)", "failed: the memory cannot grow that much"],
    );
    store.data_mut().fail = true;
    assert_eq!(call(&mut store, instance, "memory", 1).unwrap_err().to_string(), "no");
    store.data_mut().calls.clear();
    assert_eq!(call(&mut store, instance, "table", 100_000).unwrap(), -1);
    asked(
        &mut store,
        &["total 196616 596616", "table 2 100002 Some(100000)", "failed: the table cannot grow that much"],
    );
    // An error of the limiter arrives unchanged.
    assert_eq!(call(&mut store, instance, "table", 775).unwrap_err().i32_exit_status(), Some(3));
    // A panic passes through the guest, and the store stays usable.
    let panic = catch_unwind(AssertUnwindSafe(|| call(&mut store, instance, "table", 500))).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("this much is a panic"));
    assert_eq!(call(&mut store, instance, "table", 5).unwrap(), 2);
}

#[test]
fn a_panic_in_each_method_reaches_the_host() {
    /// Panics at the call with this number.
    struct Panics(usize);
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    impl Panics {
        fn count(&self) -> usize {
            assert_ne!(CALLS.fetch_add(1, Ordering::Relaxed), self.0, "it is time");
            10_000
        }
    }
    impl ResourceLimiter for Panics {
        fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
            Ok(self.count() > 0)
        }
        fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
            self.count();
            Ok(())
        }
        fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
            Ok(self.count() > 0)
        }
        fn gc_heap_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
            Ok(self.count() > 0)
        }
        fn code_growing(&mut self, _: usize, _: usize) -> Result<bool, Error> {
            Ok(self.count() > 0)
        }
        fn instances(&self) -> usize {
            self.count()
        }
        fn memories(&self) -> usize {
            self.count()
        }
        fn tables(&self) -> usize {
            self.count()
        }
    }
    let work = |panics: usize| {
        CALLS.store(0, Ordering::Relaxed);
        let module = load(Mode::Lazy, GROWS);
        let (mut store, instance) = start(&module, Panics(panics));
        for (name, size) in [("memory", 1), ("memory", 1000), ("table", 1), ("object", 8)] {
            let _ = call(&mut store, instance, name, size);
        }
        Memory::new(&mut store, MEMORY).unwrap();
        Table::new(&mut store, TABLE, Ref::Func(None)).unwrap();
    };
    work(usize::MAX);
    let calls = CALLS.load(Ordering::Relaxed);
    assert!(calls >= 20, "{calls}");
    for at in 0..calls {
        let panic = catch_unwind(|| work(at)).unwrap_err();
        assert!(panic.downcast_ref::<String>().is_some_and(|text| text.contains("it is time")), "{at}");
    }
}

#[test]
fn a_later_limiter_replaces_an_earlier_one_and_knows_what_is_there() {
    let module = load(Mode::Lazy, GROWS);
    let mut store = Store::new(module.engine(), [StoreLimits::default(), StoreLimits::default()]);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    call(&mut store, instance, "memory", 9).unwrap();
    call(&mut store, instance, "object", 200_000).unwrap();
    store.data_mut()[0] = StoreLimitsBuilder::new().max_total_bytes(12 * PAGE + 250_000).build();
    store.limiter(|limits| &mut limits[0]);
    assert_eq!(call(&mut store, instance, "memory", 3).unwrap(), -1);
    store.limiter(|limits| &mut limits[1]);
    assert_eq!(call(&mut store, instance, "memory", 3).unwrap(), 10);
}

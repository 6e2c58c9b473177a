//! Small modules that use everything that reaches records and code by raw pointers. `cargo xtask miri` runs them in
//! Miri, which is a thousand times slower. So loops are short, and stacks and memories small.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmote::{
    AnyRef, AsContextMut, Caller, CodeOptions, Config, Engine, Error, Exception, Extern, Func, FuncType, Global,
    GlobalType, HeapType, ImageOptions, Instance, Linker, Memory, MemoryType, Module, Mutability, OpSet, RefType,
    Store, Table, TableType, Tag, TagType, TrapCode, TypedResumableCall, Val, ValType,
};

/// A configuration with small allocations and frequent collections.
fn config() -> Config {
    let mut config = Config::new();
    // Miri places local variables anywhere, as if each call were on a stack of its own.
    config.max_stack(32 << 10).max_native_stack(usize::MAX).gc_stress(true).validation_threads(1);
    config
}

fn module(config: &Config, text: &str) -> Module {
    Module::new(&Engine::new(config), wat::parse_str(text).unwrap()).unwrap()
}

/// Returns an instance of a module that imports what `define` defines.
fn linked(module: &Module, define: impl FnOnce(&mut Linker<u32>)) -> (Store<u32>, Instance) {
    let mut linker = Linker::new(module.engine());
    define(&mut linker);
    let mut store = Store::new(module.engine(), 0);
    let instance = linker.instantiate(&mut store, module).unwrap();
    (store, instance)
}

fn instance(text: &str) -> (Store<u32>, Instance) {
    linked(&module(&config(), text), |_| {})
}

/// Calls an export from one i32 to another.
fn call(store: &mut Store<u32>, instance: Instance, export: &str, argument: i32) -> Result<i32, Error> {
    instance.get_typed_func::<i32, i32>(&*store, export).unwrap().call(store, argument)
}

fn code(result: Result<i32, Error>) -> TrapCode {
    result.unwrap_err().as_trap_code().unwrap()
}

const CALLS: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (table $table funcref (elem $double $fac $nothing))
    (elem declare func $double)
    (func $nothing)
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $fac (export "fac") (type $unary)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 1))
            (else (i32.mul (local.get 0) (call $fac (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "indirect") (type $unary) (call_indirect (type $unary) (i32.const 5) (local.get 0)))
    (func (export "by reference") (type $unary) (call_ref $unary (local.get 0) (ref.func $double)))
    (func $sum (param i32 i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $sum (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 0) (local.get 1))))
    (func (export "tail") (type $unary) (return_call $sum (local.get 0) (i32.const 0)))
    (func (export "tail indirect") (type $unary)
        (return_call_indirect (type $unary) (i32.const 6) (local.get 0)))
    (func (export "many") (type $unary)
        (local $a i64) (local $b f64)
        (call $swap (local.get 0) (i64.const 7) (f64.const 0.5)) (i32.trunc_f64_s) (local.set 0)
        (i32.wrap_i64) (i32.add (local.get 0)))
    (func $swap (param i32 i64 f64) (result i64 f64) (local.get 1) (f64.convert_i32_s (local.get 0)))
    (func $deep (export "deep") (type $unary) (i32.add (i32.const 1) (call $deep (local.get 0)))))"#;

#[test]
fn calls_of_every_kind() {
    let (mut store, instance) = instance(CALLS);
    let mut call = |export, argument| call(&mut store, instance, export, argument);
    // Twice: at the first call, the caller does not know the code yet.
    for _ in 0..2 {
        assert_eq!(call("fac", 5).unwrap(), 120);
        assert_eq!(call("indirect", 0).unwrap(), 10);
        assert_eq!(call("indirect", 1).unwrap(), 120);
        assert_eq!(code(call("indirect", 2)), TrapCode::BadSignature);
        assert_eq!(code(call("indirect", 3)), TrapCode::UndefinedElement);
        assert_eq!(call("by reference", 21).unwrap(), 42);
        assert_eq!(call("tail", 9).unwrap(), 45);
        assert_eq!(call("tail indirect", 0).unwrap(), 12);
        assert_eq!(call("many", 8).unwrap(), 15);
    }
    assert_eq!(code(call("deep", 0)), TrapCode::StackOverflow);
    assert_eq!(call("fac", 3).unwrap(), 6);
}

#[test]
fn calls_between_instances() {
    let config = config();
    let callee = module(
        &config,
        r#"(module
            (memory (export "memory") 1) (data (i32.const 8) "\2a")
            (global (export "global") (mut i32) (i32.const 5))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "trap") (param i32) (result i32) (unreachable)))"#,
    );
    let engine = callee.engine();
    let caller = r#"(module
        (import "a" "load" (func $load (param i32) (result i32)))
        (import "a" "trap" (func $trap (param i32) (result i32)))
        (import "a" "global" (global $global (mut i32)))
        (memory 1)
        (func (export "call") (param i32) (result i32)
            (global.set $global (i32.add (global.get $global) (i32.const 1)))
            (i32.store8 (i32.const 0) (call $load (local.get 0)))
            (i32.load8_u (i32.const 0)))
        (func (export "tail") (param i32) (result i32) (return_call $load (local.get 0)))
        (func $between (param i32) (result i32) (i32.add (i32.const 1) (call $trap (local.get 0))))
        (func (export "trap") (param i32) (result i32) (call $between (local.get 0))))"#;
    let caller = Module::new(engine, wat::parse_str(caller).unwrap()).unwrap();
    let mut store = Store::new(engine, 0);
    let first = Instance::new(&mut store, &callee, &[]).unwrap();
    let imports = ["load", "trap", "global"].map(|name| first.get_export(&store, name).unwrap());
    let second = Instance::new(&mut store, &caller, &imports).unwrap();
    for _ in 0..2 {
        assert_eq!(call(&mut store, second, "call", 8).unwrap(), 42);
        assert_eq!(call(&mut store, second, "tail", 8).unwrap(), 42);
    }
    assert_eq!(code(call(&mut store, second, "tail", -1)), TrapCode::MemoryOutOfBounds);
    assert_eq!(first.get_global(&store, "global").unwrap().get(&store), Val::I32(7));
    let error = call(&mut store, second, "trap", 0).unwrap_err();
    assert_eq!(error.backtrace().unwrap().frames().len(), 3);
}

#[test]
fn branches_and_tables_of_branches() {
    let (mut store, instance) = instance(
        r#"(module
            (func (export "table") (param i32) (result i32)
                (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (return (i32.const 10)))
                    (return (i32.const 20)))
                (i32.const 30))
            (func (export "loop") (param i32) (result i32) (local $sum i32)
                (loop $again
                    (local.set $sum (i32.add (local.get $sum) (i32.and (local.get 0) (i32.const 3))))
                    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (select (local.get $sum) (i32.const 0) (i32.gt_s (local.get $sum) (i32.const 2)))))"#,
    );
    assert_eq!([0, 1, 2, 9].map(|i| call(&mut store, instance, "table", i).unwrap()), [10, 20, 30, 30]);
    assert_eq!(call(&mut store, instance, "loop", 6).unwrap(), 9);
}

const MEMORIES: &str = r#"(module
    (memory (export "memory") 1 3) (memory $other 1)
    (data $data "\01\02\03\04")
    (func (export "access") (param i32) (result i32)
        (i64.store (local.get 0) (i64.const 0x8877665544332211))
        (i32.store16 offset=8 (local.get 0) (i32.const 0xfffe))
        (f64.store offset=16 (local.get 0) (f64.add (f64.const 0.5) (f64.const 1)))
        (i32.add (i32.load8_s offset=9 (local.get 0)) (i32.add (i32.load16_u offset=1 (local.get 0))
            (i32.trunc_f64_s (f64.load offset=16 (local.get 0))))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "bulk") (param i32) (result i32)
        (memory.init $data (local.get 0) (i32.const 1) (i32.const 3))
        (memory.fill (i32.add (local.get 0) (i32.const 3)) (i32.const 9) (i32.const 2))
        (memory.copy (i32.add (local.get 0) (i32.const 1)) (local.get 0) (i32.const 5))
        (memory.copy $other 0 (i32.const 4) (local.get 0) (i32.const 8))
        (i32.load $other (i32.const 5)))
    (func (export "drop") (param i32) (result i32)
        (data.drop $data) (memory.init $data (i32.const 0) (i32.const 0) (local.get 0)) (memory.size)))"#;

#[test]
fn memories_grow_and_are_accessed() {
    let (mut store, instance) = instance(MEMORIES);
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(call(&mut store, instance, "access", 16).unwrap(), 0x3322);
    assert_eq!(code(call(&mut store, instance, "access", 65530)), TrapCode::MemoryOutOfBounds);
    assert_eq!(call(&mut store, instance, "bulk", 100).unwrap(), 0x0904_0302);
    assert_eq!(call(&mut store, instance, "grow", 1).unwrap(), 1);
    assert_eq!(call(&mut store, instance, "access", 65530).unwrap(), 0x3322);
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 2);
    assert_eq!(call(&mut store, instance, "grow", 1).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "access", 3 * 65536 - 24).unwrap(), 0x3322);
    memory.data_mut(&mut store)[17] = 7;
    memory.write(&mut store, 18, &[8]).unwrap();
    assert_eq!(memory.data(&store)[16..19], [0x11, 7, 8]);
    assert_eq!(call(&mut store, instance, "drop", 0).unwrap(), 3);
    assert_eq!(code(call(&mut store, instance, "drop", 1)), TrapCode::MemoryOutOfBounds);
}

#[test]
fn tables_and_globals_of_guest_and_host() {
    let engine = Engine::new(&config());
    let mut store = Store::new(&engine, 0);
    let ty = TableType::new(RefType::FUNC, 4, None);
    let seven = Func::wrap(&mut store, |x: i32| x + 7);
    let table = Table::new(&mut store, ty, seven.into()).unwrap();
    let ty = GlobalType::new(ValType::I64, Mutability::Var);
    let global = Global::new(&mut store, ty, Val::I64(-1)).unwrap();
    let ty = MemoryType::new(0, None);
    let memory = Memory::new(&mut store, ty).unwrap();
    let text = r#"(module
        (type $unary (func (param i32) (result i32)))
        (import "" "table" (table $table 4 funcref)) (import "" "global" (global $global (mut i64)))
        (import "" "memory" (memory 0))
        (elem $elem func $double $double)
        (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "call") (type $unary) (call_indirect $table (type $unary) (i32.const 5) (local.get 0)))
        (func (export "init") (type $unary)
            (table.init $table $elem (local.get 0) (i32.const 0) (i32.const 2)) (elem.drop $elem)
            (table.copy $table $table (i32.const 1) (i32.const 0) (i32.const 3))
            (table.fill $table (i32.const 0) (table.get $table (i32.const 2)) (i32.const 1))
            (global.set $global (i64.add (global.get $global) (i64.const 3)))
            (table.grow $table (ref.func $double) (i32.const 2)))
        (func (export "touch") (type $unary) (i32.load8_u (local.get 0))))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let imports: [Extern; 3] = [table.into(), global.into(), memory.into()];
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    assert_eq!(call(&mut store, instance, "call", 3).unwrap(), 12);
    assert_eq!(call(&mut store, instance, "init", 0).unwrap(), 4);
    assert_eq!([0, 1, 2, 3, 5].map(|i| call(&mut store, instance, "call", i).unwrap()), [10, 10, 10, 12, 10]);
    assert_eq!(code(call(&mut store, instance, "touch", 0)), TrapCode::MemoryOutOfBounds);
    assert_eq!(global.get(&store), Val::I64(2));
    table.set(&mut store, 5, seven.into()).unwrap();
    assert_eq!(table.grow(&mut store, 1, seven.into()).unwrap(), 6);
    // Overlapping ranges.
    Table::copy(&mut store, table, 1, table, 3, 4).unwrap();
    Table::copy(&mut store, table, 3, table, 2, 2).unwrap();
    assert_eq!([1, 2, 3, 4, 6].map(|i| call(&mut store, instance, "call", i).unwrap()), [12, 10, 10, 12, 12]);
}

#[test]
fn traps_say_where_they_were() {
    let (mut store, instance) = instance(
        r#"(module
            (func $inner (param i32) (result i32) (i32.div_s (i32.const 10) (local.get 0)))
            (func $outer (export "divide") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))"#,
    );
    assert_eq!(call(&mut store, instance, "divide", 5).unwrap(), 3);
    let error = call(&mut store, instance, "divide", 0).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::IntegerDivisionByZero);
    let names: Vec<_> = backtrace.frames().iter().map(|frame| frame.func_name()).collect();
    assert_eq!(names, [Some("inner"), Some("outer")]);
    assert!(backtrace.frames().iter().all(|frame| frame.module_offset().is_some()));
}

#[test]
fn fuel_runs_out() {
    let mut config = config();
    config.consume_fuel(true);
    let text = r#"(module (func (export "loop") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))"#;
    let (mut store, instance) = linked(&module(&config, text), |_| {});
    store.set_fuel(100).unwrap();
    assert_eq!(call(&mut store, instance, "loop", 5).unwrap(), 0);
    assert_eq!(code(call(&mut store, instance, "loop", 50)), TrapCode::OutOfFuel);
}

/// Waits in another frame than the one that holds an object, directly and by a tail call, and catches exceptions.
const WAITS: &str = r#"(module
    (type $box (struct (field i32)))
    (import "host" "tag" (tag $tag (param i32)))
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func $tail (param i32) (result i32) (return_call $wait (local.get 0)))
    (func (export "run") (param i32) (result i32) (local (ref null $box))
        (local.set 1 (struct.new $box (i32.const 1000)))
        (drop (struct.new $box (call $wait (local.get 0))))
        (i32.add (struct.get $box 0 (local.get 1)) (block $caught (result i32)
            (try_table (catch $tag $caught) (return (call $tail (local.get 0))))
            (unreachable)))))"#;

#[test]
fn calls_wait_and_go_on() {
    let module = module(&config(), WAITS);
    let mut linker = Linker::new(module.engine());
    let mut store = Store::new(module.engine(), 0);
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
    linker.define("host", "tag", tag).unwrap();
    let wait = |caller: Caller<'_, u32>, x: i32| -> Result<i32, Error> { Err(caller.suspend_with(x)) };
    linker.func_wrap("host", "wait", wait).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let waiting = |call: Result<TypedResumableCall<i32>, Error>| match call.unwrap() {
        TypedResumableCall::HostTrap(call) => call,
        other => panic!("{other:?}"),
    };
    let calls: Vec<_> = (0..3).map(|x| waiting(run.call_resumable(&mut store, x))).collect();
    let calls: Vec<_> = calls.into_iter().rev().map(|it| waiting(it.resume(&mut store, &[Val::I32(5)]))).collect();
    let mut results = Vec::new();
    for call in calls {
        let call = match *call.value::<i32>().unwrap() {
            0 => continue,
            1 => call.resume_throw(&mut store, Exception::new(tag, [Val::I32(7)])),
            x => call.resume(&mut store, &[Val::I32(x)]),
        };
        let TypedResumableCall::Finished(result) = call.unwrap() else { panic!("it waits again") };
        results.push(result);
    }
    assert_eq!(results, [2, 1007]);
    let call = waiting(run.call_resumable(&mut store, 1));
    drop(store);
    drop(call);
}

/// Wasm and the host call each other until the argument is zero. The last call then does something else.
const BACK_AND_FORTH: &str = r#"(module
    (type $box (struct (field (mut i32))))
    (import "host" "typed" (func $typed (param i32 anyref) (result i32)))
    (import "host" "values" (func $values (param i32 anyref) (result i32)))
    (import "host" "raw" (func $raw (param i32 anyref) (result i32)))
    (func $make (export "make") (param i32) (result anyref) (struct.new $box (local.get 0)))
    (func (export "again") (param i32) (result i32)
        (local $object (ref $box))
        (local.set $object (struct.new $box (local.get 0)))
        (if (i32.eqz (local.get 0)) (then (return (i32.const 100))))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (if (result i32) (i32.rem_u (local.get 0) (i32.const 3))
            (then (if (result i32) (i32.eq (i32.rem_u (local.get 0) (i32.const 3)) (i32.const 1))
                (then (call $typed (local.get 0) (local.get $object)))
                (else (call $values (local.get 0) (local.get $object)))))
            (else (call $raw (local.get 0) (local.get $object))))
        (drop (call $make (i32.const 0)))
        (i32.add (struct.get $box 0 (local.get $object))))
    (func (export "fail") (param i32) (result i32)
        (i32.add (i32.const 1) (call $typed (local.get 0) (ref.null none)))))"#;

fn again(caller: &mut Caller<'_, u32>, n: i32) -> Result<i32, Error> {
    *caller.data_mut() += 1;
    let func = |caller: &Caller<'_, u32>, name| caller.get_export(name).and_then(|it| it.into_func()).unwrap();
    // A collection, which finds references in the slots of running functions.
    let made = func(caller, "make").typed::<i32, Option<AnyRef>>(&*caller)?.call(&mut *caller, n)?.unwrap();
    assert_eq!(made.as_struct(&*caller).unwrap().field(&*caller, 0)?, Val::I32(n));
    func(caller, "again").typed::<i32, i32>(&*caller)?.call(caller.as_context_mut(), n)
}

fn define_again(linker: &mut Linker<u32>) {
    let typed = |mut caller: Caller<'_, u32>, n: i32, object: Option<AnyRef>| match object {
        Some(object) => {
            assert!(object.is_struct(&caller));
            again(&mut caller, n)
        }
        None if n == 0 => Err(Error::i32_exit(3)),
        None => std::panic::panic_any(n),
    };
    linker.func_wrap("host", "typed", typed).unwrap();
    let any = ValType::Ref(RefType::new(true, HeapType::Any));
    let ty = FuncType::new([ValType::I32, any], [ValType::I32]);
    let values = |mut caller: Caller<'_, u32>, args: &[Val], results: &mut [Val]| {
        results[0] = Val::I32(again(&mut caller, args[0].i32().unwrap())?);
        Ok(())
    };
    linker.func_new("host", "values", ty.clone(), values).unwrap();
    fn raw(mut caller: Caller<'_, u32>, slots: &mut [u64]) -> Result<(), Error> {
        let n = slots[0] as i32;
        slots[0] = u64::MAX;
        slots[0] = again(&mut caller, n)? as u64;
        Ok(())
    }
    linker.func_raw("host", "raw", ty, raw).unwrap();
}

#[test]
fn host_functions_call_back_in_while_the_heap_is_collected() {
    // The value stack ends first: the native one has no limit here.
    let mut config = config();
    config.max_stack(4 << 10);
    let (mut store, instance) = linked(&module(&config, BACK_AND_FORTH), define_again);
    // Each level adds the number that it was called with.
    assert_eq!(call(&mut store, instance, "again", 6).unwrap(), 100 + 6 * 7 / 2);
    assert_eq!(*store.data(), 6);
    assert_eq!(call(&mut store, instance, "fail", 0).unwrap_err().i32_exit_status(), Some(3));
    let panic = catch_unwind(AssertUnwindSafe(|| call(&mut store, instance, "fail", 42))).unwrap_err();
    assert_eq!(panic.downcast_ref::<i32>(), Some(&42));
    assert_eq!(code(call(&mut store, instance, "again", 100)), TrapCode::StackOverflow);
    assert_eq!(call(&mut store, instance, "again", 3).unwrap(), 106);
}

#[test]
fn exceptions_are_caught_wherever_they_come_from() {
    let text = r#"(module
        (import "host" "tag" (tag $tag (param i32 i64)))
        (import "host" "throw" (func $host (param i32) (result i32)))
        (func $throw (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (throw $tag (i32.const 5) (i64.const 6)))) (local.get 0))
        (func $between (param i32) (result i32) (i32.add (i32.const 1) (call $throw (local.get 0))))
        (func (export "catch") (param i32) (result i32)
            (block $caught (result i32 i64)
                (try_table (catch $tag $caught) (return (call $between (local.get 0)))) (unreachable))
            (i32.wrap_i64) (i32.add))
        (func (export "again") (param i32) (result i32)
            (block $all (result exnref)
                (try_table (catch_all_ref $all) (return (call $between (local.get 0)))) (unreachable))
            (throw_ref))
        (func (export "older") (param i32) (result i32)
            try (result i32) (call $between (local.get 0)) catch $tag drop end)
        (func (export "of host") (param i32) (result i32)
            (block $caught (result i32 i64)
                (try_table (catch $tag $caught) (return (call $host (local.get 0)))) (unreachable))
            (drop)))"#;
    let module = module(&config(), text);
    let mut store = Store::new(module.engine(), 0);
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32, ValType::I64], [])));
    let throw = Func::wrap(&mut store, move |n: i32| -> Result<i32, Error> {
        Err(Exception::new(tag, [Val::I32(n), Val::I64(0)]).into())
    });
    let instance = Instance::new(&mut store, &module, &[tag.into(), throw.into()]).unwrap();
    for _ in 0..2 {
        assert_eq!(call(&mut store, instance, "catch", 1).unwrap(), 2);
        assert_eq!(call(&mut store, instance, "catch", 0).unwrap(), 11);
        assert_eq!(call(&mut store, instance, "older", 0).unwrap(), 5);
        assert_eq!(call(&mut store, instance, "of host", 9).unwrap(), 9);
        let error = call(&mut store, instance, "again", 0).unwrap_err();
        assert_eq!(error.as_exception().unwrap().values(), [Val::I32(5), Val::I64(6)]);
    }
}

const OBJECTS: &str = r#"(module
    (type $list (sub (struct (field i32) (field (mut (ref null $list))))))
    (type $longer (sub $list (struct (field i32) (field (mut (ref null $list))) (field i64))))
    (type $bytes (array (mut i8)))
    (type $lists (array (mut (ref null $list))))
    (global $kept (mut anyref) (ref.null none))
    (table $table 2 anyref)
    (data $data "abcdef")
    (func $list (param i32) (result (ref null $list)) (local $list (ref null $list))
        (loop $more
            (local.set $list (struct.new $longer (local.get 0) (local.get $list) (i64.const 1)))
            (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $list))
    (func $sum (param $list (ref null $list)) (result i32) (local $sum i32)
        (block $end
            (loop $more
                (br_if $end (ref.is_null (local.get $list)))
                (local.set $sum (i32.add (local.get $sum) (struct.get $list 0 (local.get $list))))
                (local.set $list (struct.get $list 1 (local.get $list)))
                (br $more)))
        (local.get $sum))
    (func (export "lists") (param i32) (result i32) (local $lists (ref $lists))
        (local.set $lists (array.new_default $lists (i32.const 3)))
        (array.set $lists (local.get $lists) (i32.const 1) (call $list (local.get 0)))
        (table.set $table (i32.const 1) (local.get $lists))
        (global.set $kept (call $list (i32.const 4)))
        (drop (call $list (i32.const 3)))
        (i32.add
            (call $sum (array.get $lists (local.get $lists) (i32.const 1)))
            (call $sum (ref.cast (ref $list) (global.get $kept)))))
    (func (export "bytes") (param i32) (result i32) (local $bytes (ref $bytes))
        (local.set $bytes (array.new_data $bytes $data (i32.const 1) (i32.const 4)))
        (array.fill $bytes (local.get $bytes) (i32.const 0) (i32.const 7) (i32.const 1))
        (array.copy $bytes $bytes (local.get $bytes) (i32.const 1) (local.get $bytes) (i32.const 0) (i32.const 2))
        (array.get_u $bytes (local.get $bytes) (local.get 0)))
    (func (export "kinds") (param i32) (result i32)
        (i32.add (i31.get_s (ref.i31 (local.get 0))) (i32.add
            (ref.test (ref $longer) (call $list (i32.const 1)))
            (ref.test (ref $bytes) (ref.i31 (i32.const 1)))))))"#;

#[test]
fn objects_survive_collections_at_each_chance() {
    let (mut store, instance) = instance(OBJECTS);
    for n in [5, 7] {
        assert_eq!(call(&mut store, instance, "lists", n).unwrap(), n * (n + 1) / 2 + 10);
    }
    assert_eq!([0, 1, 2, 3].map(|i| call(&mut store, instance, "bytes", i).unwrap()), [7, 7, 99, 101].map(i32::from));
    assert_eq!(code(call(&mut store, instance, "bytes", 4)), TrapCode::ArrayOutOfBounds);
    assert_eq!(call(&mut store, instance, "kinds", -5).unwrap(), -4);
    assert!(store.heap_stats().collections > 20);
    store.collect();
    assert_eq!(call(&mut store, instance, "lists", 2).unwrap(), 13);
}

#[test]
fn images_are_verified_and_linked() {
    for op_set in [OpSet::Core, OpSet::Extended] {
        let module = module(&config(), CALLS);
        let options = ImageOptions::default().with_code(CodeOptions::default().with_op_set(op_set)).with_names(true);
        let image = module.to_image(&options).unwrap();
        let module = Module::from_image(module.engine(), image).unwrap();
        let (mut store, instance) = linked(&module, |_| {});
        assert_eq!(call(&mut store, instance, "fac", 5).unwrap(), 120);
        assert_eq!(call(&mut store, instance, "indirect", 1).unwrap(), 120);
        assert_eq!(call(&mut store, instance, "tail", 9).unwrap(), 45);
        assert_eq!(code(call(&mut store, instance, "deep", 0)), TrapCode::StackOverflow);
    }
}

#[cfg(feature = "limits")]
#[test]
fn a_limiter_uses_the_data_while_the_store_grows() {
    #[derive(Default)]
    struct Limits {
        limits: wasmote::StoreLimits,
        asked: u32,
    }
    impl wasmote::ResourceLimiter for Limits {
        fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
            self.asked += 1;
            self.limits.memory_growing(current, desired, maximum)
        }
        fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
            self.asked += 1;
            self.limits.table_growing(current, desired, maximum)
        }
        fn gc_heap_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
            self.asked += 1;
            self.limits.gc_heap_growing(current, desired, maximum)
        }
    }
    let module = module(
        &config(),
        r#"(module
            (import "host" "grow" (func $grow (param i32) (result i32)))
            (type $bytes (array i8))
            (memory (export "memory") 0 100 (pagesize 1)) (table 0 funcref)
            (func (export "memory by guest") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "memory by host") (param i32) (result i32) (call $grow (local.get 0)))
            (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
            (func (export "object") (param i32) (result i32) (array.len (array.new_default $bytes (local.get 0)))))"#,
    );
    for trap in [false, true] {
        let limits = wasmote::StoreLimitsBuilder::new().memory_size(10).table_elements(10).gc_heap_size(2000);
        let mut linker = Linker::new(module.engine());
        let grow = |mut caller: Caller<'_, Limits>, delta: u32| -> Result<i32, Error> {
            caller.data_mut().asked += 100;
            let memory = caller.memory().unwrap();
            match memory.grow(&mut caller, delta.into()) {
                Err(error) if error.as_trap_code().is_some() => Err(error),
                grown => Ok(grown.map_or(-1, |size| size as i32)),
            }
        };
        linker.func_wrap("host", "grow", grow).unwrap();
        let data = Limits { limits: limits.trap_on_grow_failure(trap).build(), asked: 0 };
        let mut store = Store::new(module.engine(), data);
        store.limiter(|data| data);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for (name, fits, too_much, first) in [
            ("memory by guest", 4, 7, 0),
            ("memory by host", 4, 7, 4),
            ("table", 8, 3, 0),
            ("object", 1500, 3000, 1500),
        ] {
            let call = instance.get_typed_func::<i32, i32>(&store, name).unwrap();
            let asked = store.data().asked;
            assert_eq!(call.call(&mut store, fits).unwrap(), first, "{name}");
            match call.call(&mut store, too_much) {
                Ok(refused) => assert_eq!((refused, trap), (-1, false), "{name}"),
                Err(error) => {
                    let expected = if trap { TrapCode::GrowthOperationLimited } else { TrapCode::HeapExhausted };
                    assert_eq!(error.as_trap_code().unwrap(), expected, "{name}");
                    assert!(trap || name == "object");
                }
            }
            assert!(store.data().asked > asked + 1, "{name}");
        }
    }
}

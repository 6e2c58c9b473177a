//! Objects and exceptions in the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use wasmote::{
    Caller, Config, Engine, Error, Exception, ExternRef, ExternType, FuncType, HeapType, Instance, Linker, Module,
    RefType, Store, Tag, TagType, TrapCode, Val, ValType, scope,
};

use crate::managed::{SNIPPETS, module};

fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let module = Module::new(engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

const LIST: &str = r#"(module
    (type $node (struct (field $next (ref null $node)) (field $value i64)))
    (global $list (mut (ref null $node)) (ref.null $node))
    (func (export "push") (param $n i64)
        (loop $again
            (if (i64.ne (local.get $n) (i64.const 0)) (then
                (global.set $list (struct.new $node (global.get $list) (local.get $n)))
                (local.set $n (i64.sub (local.get $n) (i64.const 1)))
                (br $again)))))
    (func (export "garbage") (param $n i64)
        (loop $again
            (if (i64.ne (local.get $n) (i64.const 0)) (then
                (drop (struct.new $node (ref.null $node) (local.get $n)))
                (local.set $n (i64.sub (local.get $n) (i64.const 1)))
                (br $again)))))
    (func (export "sum") (result i64)
        (local $at (ref null $node)) (local $sum i64)
        (local.set $at (global.get $list))
        (block $end (loop $next
            (br_if $end (ref.is_null (local.get $at)))
            (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $at))))
            (local.set $at (struct.get $node $next (local.get $at)))
            (br $next)))
        (local.get $sum)))"#;

#[test]
fn a_list_of_ten_million_nodes_is_collected_without_overflowing_anything() {
    let (mut store, instance) = instance(&Engine::default(), LIST);
    let push = instance.get_typed_func::<i64, ()>(&store, "push").unwrap();
    push.call(&mut store, 10_000_000).unwrap();
    store.collect();
    let sum = instance.get_typed_func::<(), i64>(&store, "sum").unwrap();
    assert_eq!(sum.call(&mut store, ()).unwrap(), 10_000_000 * 10_000_001 / 2);
    assert!(store.heap_stats().collections > 1);
}

#[test]
fn what_is_not_in_use_takes_no_room() {
    let (mut store, instance) = instance(&Engine::default(), LIST);
    let [push, garbage] = ["push", "garbage"].map(|f| instance.get_typed_func::<i64, ()>(&store, f).unwrap());
    push.call(&mut store, 10_000).unwrap();
    garbage.call(&mut store, 5_000_000).unwrap();
    let stats = store.heap_stats();
    assert!(stats.collections > 10 && stats.bytes < 8 << 20, "{stats:?}");
    let sum = instance.get_typed_func::<(), i64>(&store, "sum").unwrap();
    assert_eq!(sum.call(&mut store, ()).unwrap(), 10_000 * 10_001 / 2);
}

#[test]
fn a_full_heap_is_a_trap() {
    let mut config = Config::new();
    config.max_gc_heap(1 << 20);
    let (mut store, instance) = instance(&Engine::new(&config), LIST);
    let [push, garbage] = ["push", "garbage"].map(|f| instance.get_typed_func::<i64, ()>(&store, f).unwrap());
    garbage.call(&mut store, 1_000_000).unwrap();
    let error = push.call(&mut store, 1_000_000).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::HeapExhausted);
}

#[test]
fn the_first_object_of_a_store_may_be_as_large_as_the_heap() {
    let text = r#"(module
        (type $bytes (array (mut i8)))
        (type $fields (struct (field i64)))
        (func (export "make") (param i32) (result i32)
            (array.len (array.new_default $bytes (local.get 0))))
        (func (export "after") (param i32) (result i32)
            (drop (struct.new_default $fields))
            (array.len (array.new_default $bytes (local.get 0)))))"#;
    // The line of null, and the header.
    const TAKEN: i32 = 256 + 8;
    for stress in [false, true] {
        for most in [1 << 20, 4 << 20, (4 << 20) + 256, 5 << 20, 40 << 20] {
            let engine = Engine::new(Config::new().max_gc_heap(most).gc_stress(stress));
            let make = |name: &str, len: i32| {
                let (mut store, instance) = instance(&engine, text);
                let make = instance.get_typed_func::<i32, i32>(&store, name).unwrap();
                make.call(&mut store, len).map_err(|error| error.as_trap_code().unwrap())
            };
            let most = most as i32;
            let lens = [0, 1, 256 - 8, 4096, 256 << 10, (4 << 20) - TAKEN, (4 << 20) - 8, 4 << 20, 5_000_000, most];
            for len in lens.into_iter().flat_map(|len| [len - 9, len, len + 9]).filter(|&len| len >= 0) {
                for (name, taken) in [("make", TAKEN), ("after", TAKEN + 256)] {
                    // The structure may be garbage by then, and be collected.
                    let expected = if len <= most - taken { Ok(len) } else { Err(TrapCode::HeapExhausted) };
                    let made = make(name, len);
                    assert!(made == expected || name == "after" && made == Ok(len), "{name} {len} of {most}: {made:?}");
                }
            }
            for (name, len) in [("make", most - TAKEN), ("after", most - TAKEN - 256)] {
                assert_eq!(make(name, len), Ok(len), "all of {most}");
            }
            // Lengths beyond any heap: as unsigned numbers, negative ones are the largest.
            for len in [i32::MIN, i32::MAX, -1, -8, -256] {
                assert_eq!(make("make", len), Err(TrapCode::HeapExhausted), "{len}");
            }
        }
    }
}

#[test]
fn a_global_may_be_the_first_object_and_a_large_one() {
    for (len, room) in [(5_000_000, true), ((8 << 20) - 264, true), ((8 << 20) - 255, false), (-1, false)] {
        let text = format!(
            r#"(module
                (type $bytes (array i8))
                (global $array (ref $bytes) (array.new_default $bytes (i32.const {len})))
                (func (export "len") (result i32) (array.len (global.get $array))))"#
        );
        let engine = Engine::new(Config::new().max_gc_heap(8 << 20));
        let module = Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        match Instance::new(&mut store, &module, &[]) {
            Ok(instance) => {
                let get = instance.get_typed_func::<(), i32>(&store, "len").unwrap();
                assert!(room && get.call(&mut store, ()).unwrap() == len, "{len}");
            }
            Err(error) => {
                assert!(!room, "{len}: {error}");
                assert_eq!(error.as_trap_code(), Some(TrapCode::HeapExhausted));
            }
        }
    }
}

#[test]
fn pauses_are_measured_by_the_clock_that_is_given_and_bytes_are_counted_exactly() {
    // Each reading of the clock is one nanosecond later.
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    fn clock() -> u64 {
        let looks = LOOKS.fetch_add(1, Relaxed) as u64;
        looks * (looks + 1) / 2
    }
    let (mut store, instance) = instance(&Engine::new(Config::new().gc_clock(clock)), LIST);
    let garbage = instance.get_typed_func::<i64, ()>(&store, "garbage").unwrap();
    garbage.call(&mut store, 1000).unwrap();
    let stats = store.heap_stats();
    assert_eq!((stats.allocated, stats.collections, stats.pauses), (24_000, 0, 0));
    for round in 1..=10 {
        store.collect();
        let stats = store.heap_stats();
        // The clock is read twice a collection, at 2n and 2n + 1.
        assert_eq!((stats.collections, stats.longest_pause), (round, 2 * round - 1));
        assert_eq!(stats.pauses, round * round);
        assert_eq!(stats.allocated, 24_000);
    }
    garbage.call(&mut store, 1_000_000).unwrap();
    let stats = store.heap_stats();
    assert_eq!((stats.allocated, LOOKS.load(Relaxed) as u64), (24_024_000, 2 * stats.collections));
    assert_eq!(stats.pauses, stats.collections * stats.collections);

    let mut store = Store::new(&Engine::default(), ());
    store.collect();
    assert_eq!((store.heap_stats().collections, store.heap_stats().pauses), (1, 0), "nobody asked");
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn values_of_the_host_are_dropped_when_nothing_reaches_them() {
    let (mut store, instance) = instance(
        &Engine::default(),
        r#"(module
            (global $kept (mut anyref) (ref.null any))
            (func (export "keep") (param externref) (global.set $kept (any.convert_extern (local.get 0))))
            (func (export "kept") (result externref) (extern.convert_any (global.get $kept))))"#,
    );
    let dropped = Arc::new(AtomicUsize::new(0));
    let keep = instance.get_typed_func::<Option<ExternRef>, ()>(&store, "keep").unwrap();
    scope(&mut store, |store| {
        for _ in 0..100 {
            let value = ExternRef::new(&mut *store, Counted(dropped.clone()));
            keep.call(&mut *store, Some(value)).unwrap();
        }
        store.collect();
        assert_eq!(dropped.load(Relaxed), 0, "handles keep them");
    });
    store.collect();
    assert_eq!(dropped.load(Relaxed), 99, "a global keeps the last one");
    let kept = instance.get_typed_func::<(), Option<ExternRef>>(&store, "kept").unwrap();
    let value = kept.call(&mut store, ()).unwrap().unwrap();
    assert!(value.data(&store).downcast_ref::<Counted>().is_some());
    drop(store);
    assert_eq!(dropped.load(Relaxed), 100);
}

#[test]
fn values_of_the_host_take_eight_bytes_each() {
    let mut store = Store::new(&Engine::default(), ());
    scope(&mut store, |store| {
        for number in 0..10_000 {
            ExternRef::new(&mut *store, number);
        }
    });
    let stats = store.heap_stats();
    assert_eq!((stats.allocated, stats.collections), (80_000, 0));
    assert!(stats.bytes <= 256 << 10, "{stats:?}");
}

#[test]
fn a_full_heap_has_no_room_for_values_of_the_host() {
    let mut store = Store::new(&Engine::new(Config::new().max_gc_heap(1 << 20)), ());
    scope(&mut store, |store| {
        let error = loop {
            if let Err(error) = ExternRef::try_new(&mut *store, ()) {
                break error;
            }
        };
        assert_eq!(error.as_trap_code(), Some(TrapCode::HeapExhausted));
    });
    assert!(ExternRef::try_new(&mut store, ()).is_ok(), "the handles are gone");
}

#[test]
fn an_exception_keeps_its_values_whoever_made_its_tag() {
    let text = r#"(module
        (type $s (struct (field i64)))
        (import "host" "tag" (tag $tag (param (ref null $s))))
        (func (export "run") (result i64) (local $e exnref)
            (local.set $e (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (throw $tag (struct.new $s (i64.const 42))))
                unreachable))
            (drop (struct.new $s (i64.const 7)))
            (drop (struct.new $s (i64.const 7)))
            (struct.get $s 0 (block $caught (result (ref null $s))
                (try_table (catch $tag $caught) (throw_ref (local.get $e)))
                unreachable))))"#;
    let engine = Engine::new(Config::new().gc_stress(true));
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let Some(ExternType::Tag(ty)) = module.imports().next().map(|import| import.ty().clone()) else { panic!("a tag") };
    // Before the store knows the structure.
    let tag = Tag::new(&mut store, &ty);
    let instance = Instance::new(&mut store, &module, &[tag.into()]).unwrap();
    assert_eq!(instance.get_typed_func::<(), i64>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 42);
}

#[test]
#[should_panic = "used after the end of the scope"]
fn a_handle_is_not_used_after_its_scope() {
    let mut store = Store::new(&Engine::default(), ());
    let value = scope(&mut store, |store| ExternRef::new(&mut *store, 1));
    value.data(&store);
}

#[test]
fn exceptions_pass_through_host_functions_and_across_calls_of_the_host() {
    let engine = Engine::default();
    let module = wat::parse_str(
        r#"(module
            (import "host" "tag" (tag $tag (param i64)))
            (import "host" "again" (func $again (param i32)))
            (func $run (export "run") (param i32)
                (if (i32.eqz (local.get 0)) (then (throw $tag (i64.const 99))))
                (call $again (i32.sub (local.get 0) (i32.const 1))))
            (func (export "catch") (param i32) (result i64)
                (block $caught (result i64)
                    (try_table (catch $tag $caught) (call $run (local.get 0)))
                    (i64.const 0))))"#,
    );
    let module = Module::new(&engine, module.unwrap()).unwrap();
    let mut store = Store::new(&engine, None::<Instance>);
    let ty = TagType::new(FuncType::new([ValType::I64], []));
    let tag = Tag::new(&mut store, &ty);
    let mut linker = Linker::new(&engine);
    linker.define("host", "tag", tag).unwrap();
    let again = |mut caller: Caller<'_, Option<Instance>>, depth: u32| -> Result<(), Error> {
        let instance = caller.data().unwrap();
        instance.get_typed_func::<u32, ()>(&caller, "run")?.call(&mut caller, depth)
    };
    linker.func_wrap("host", "again", again).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    *store.data_mut() = Some(instance);
    let catch = instance.get_typed_func::<u32, i64>(&store, "catch").unwrap();
    assert_eq!(catch.call(&mut store, 50).unwrap(), 99);
    let run = instance.get_typed_func::<u32, ()>(&store, "run").unwrap();
    let error = run.call(&mut store, 3).unwrap_err();
    let exception = error.as_exception().unwrap();
    assert_eq!((exception.tag(), exception.values()), (tag, &[Val::I64(99)][..]));
    assert!(!exception.frames().is_empty());
    assert!(error.to_string().starts_with("uncaught wasm exception (i64 99)\n"), "{error}");
}

#[test]
fn a_host_function_catches_by_tag_and_throws_what_it_likes_instead() {
    for stress in [false, true] {
        let engine = Engine::new(Config::new().gc_stress(stress));
        let text = r#"(module
            (type $s (struct (field i64)))
            (import "host" "guard" (func $guard (param i32) (result i32)))
            (tag $mine (export "mine") (param i32 (ref $s))) (tag $other (export "other") (param i32))
            (func (export "throw") (param i32)
                (if (i32.eqz (local.get 0)) (then (throw $mine (i32.const 40) (struct.new $s (i64.const 2)))))
                (throw $other (local.get 0)))
            (func (export "run") (param i32) (result i32)
                (block $caught (result i32)
                    (try_table (catch $other $caught) (return (call $guard (local.get 0))))
                    unreachable)))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut linker = Linker::<()>::new(&engine);
        let guard = |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
            let export = |name| caller.get_export(name).unwrap();
            let (throw, [mine, other]) =
                (export("throw"), ["mine", "other"].map(|name| export(name).into_tag().unwrap()));
            let throw = throw.into_func().unwrap().typed::<i32, ()>(&caller)?;
            let error = throw.call(&mut caller, n).unwrap_err();
            let exception = error.as_exception().unwrap();
            if exception.tag() != mine {
                assert_eq!(exception.tag(), other);
                return Err(Exception::new(other, [Val::I32(1000 + n)]).into());
            }
            let [Val::I32(number), Val::AnyRef(Some(it))] = exception.values() else { panic!("{exception}") };
            let Val::I64(more) = it.as_struct(&caller).unwrap().field(&caller, 0)? else { panic!("a number") };
            Ok(number + more as i32)
        };
        linker.func_wrap("host", "guard", guard).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, 0).unwrap(), 42, "caught by the host");
        assert_eq!(run.call(&mut store, 5).unwrap(), 1005, "thrown on by the host, caught by the guest");
    }
}

#[test]
fn an_exception_with_values_of_other_types_than_its_tag_is_an_error() {
    let mut store = Store::new(&Engine::default(), ());
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("", "", move || -> Result<(), Error> { Err(Exception::new(tag, [Val::I64(1)]).into()) }).unwrap();
    let text = r#"(module (import "" "" (func $f)) (func (export "run") (call $f)))"#;
    let module = Module::new(store.engine(), wat::parse_str(text).unwrap()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap_err();
    assert!(error.as_exception().is_none() && error.to_string().contains("its tag's types"), "{error}");
}

#[test]
fn types_of_functions_name_the_engines_types() {
    let engine = Engine::default();
    let text = r#"(module (type $f (sub (func))) (func (export "a") (param (ref $f)) unreachable))"#;
    let other = format!("(module (type (func)) {}", text.strip_prefix("(module").unwrap());
    let [(store, one), (other_store, two)] = [text, &other].map(|text| instance(&engine, text));
    let ty = |store: &Store<()>, instance: Instance| instance.get_func(store, "a").unwrap().ty(store);
    assert_eq!(ty(&store, one), ty(&other_store, two));
    let param = ty(&store, one).params()[0];
    assert!(matches!(param, ValType::Ref(ty) if !ty.is_nullable() && matches!(ty.heap(), HeapType::Index(_))));
    assert_ne!(param, ValType::Ref(RefType::new(false, HeapType::Func)));
}

#[test]
fn no_instruction_on_references_uses_up_the_native_stack() {
    let text = module(30_000, "");
    let run = move || {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
        let mut linker = Linker::new(&engine);
        linker.define("host", "tag", tag).unwrap();
        linker
            .func_wrap("host", "throws", move || -> Result<(), Error> {
                Err(Exception::new(tag, [Val::I32(1)]).into())
            })
            .unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for (i, snippet) in SNIPPETS.iter().enumerate() {
            let func = instance.get_typed_func::<(), ()>(&store, &i.to_string()).unwrap();
            func.call(&mut store, ()).unwrap_or_else(|error| panic!("{snippet}: {error}"));
        }
    };
    // If an instruction left 16 bytes on the native stack, that would exceed this stack in all.
    std::thread::Builder::new().stack_size(400 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn default_of_a_type_with_an_index_is_a_null_of_that_type() {
    let (mut store, instance) = instance(
        &Engine::default(),
        r#"(module
            (type $s (struct)) (type $f (func))
            (func (export "object") (param (ref null $s)) (result i32) (ref.is_null (local.get 0)))
            (func (export "function") (param (ref null $f)) (result i32) (ref.is_null (local.get 0)))
            (func (export "neither") (param (ref $s)) (result i32) (ref.is_null (local.get 0))))"#,
    );
    for (name, is_null) in [("object", true), ("function", true), ("neither", false)] {
        let func = instance.get_func(&store, name).unwrap();
        let null = Val::default_of(func.ty(&store).params()[0]);
        let mut results = [Val::I32(0)];
        assert_eq!(func.call(&mut store, &[null], &mut results).is_ok(), is_null, "{name}");
        assert_eq!(results[0], Val::I32(is_null.into()));
    }
}

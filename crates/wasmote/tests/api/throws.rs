//! What a throw costs: frames searched, and bytes, without looking at a clock.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wasmote::{Engine, FuncType, Instance, Linker, Module, RefType, Store, Tag, TagType, ValType};

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: the system's own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller guarantees the contract of `alloc`, which is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees the contract of `dealloc`. The place came from the system's allocator.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Ways for a function with the number `$n` of frames below it to call the next one, or throw. `$down` has one parameter.
const WAYS: &[(&str, &str)] = &[
    ("nothing in between", "(call $down (local.get $n))"),
    (
        "handlers of other tags",
        "(block $no (result i32) (try_table (catch $other $no) (call $down (local.get $n))) (return)) (drop)",
    ),
    (
        "many handlers of other tags",
        "(block $no (result i32)
            (try_table (catch $other $no) (catch $other $no) (catch $other $no)
                (try_table (catch $other $no) (try_table (catch $other $no) (call $down (local.get $n)))))
            (return)) (drop)",
    ),
    ("an indirect call", "(call_indirect (param i32) (local.get $n) (i32.const 0))"),
    ("a call by reference", "(call_ref $f (local.get $n) (ref.func $down))"),
    ("another instance", "(call $across (local.get $n))"),
    (
        "many values",
        "(local.set $a (call $many)) (call $down (local.get $n)) (drop (i64.add (local.get $a) (call $many)))",
    ),
];

/// The same with the older instructions.
const OLDER: &[(&str, &str)] = &[
    ("older handlers of other tags", "try (call $down (local.get $n)) catch $other drop end"),
    ("older handlers, delegated", "try (call $down (local.get $n)) delegate 0"),
];

/// What throws, and what it comes to: frames searched, bytes of objects, and allocations.
fn costs(text: &str, depths: &[u32]) -> Vec<(u64, u64, usize)> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for name in ["tag", "other"] {
        let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
        linker.define("host", name, tag).unwrap();
    }
    let between = r#"(module
        (import "host" "table" (table 1 funcref))
        (func (export "across") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 0))))"#;
    let table = wasmote::TableType::new(RefType::FUNC, 1, None);
    let table = wasmote::Table::new(&mut store, table, wasmote::Ref::Func(None)).unwrap();
    linker.define("host", "table", table).unwrap();
    let between = Module::new(&engine, wat::parse_str(between).unwrap()).unwrap();
    let between = linker.instantiate(&mut store, &between).unwrap();
    linker.define("host", "across", between.get_func(&store, "across").unwrap()).unwrap();
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<u32, i32>(&store, "run").unwrap();
    // Functions are translated, and the heap is made.
    assert_eq!(run.call(&mut store, 10).unwrap(), 42);
    let mut costs = Vec::new();
    for &depth in depths {
        let before = (store.frames_searched(), store.heap_stats().allocated, ALLOCATIONS.get());
        assert_eq!(run.call(&mut store, depth).unwrap(), 42);
        let after = (store.frames_searched(), store.heap_stats().allocated, ALLOCATIONS.get());
        costs.push((after.0 - before.0, after.1 - before.1, after.2 - before.2));
    }
    costs
}

fn module(way: &str) -> String {
    format!(
        r#"(module
        (type $f (func (param i32)))
        (import "host" "tag" (tag $tag (param i32))) (import "host" "other" (tag $other (param i32)))
        (import "host" "table" (table 1 funcref))
        (import "host" "across" (func $across (param i32)))
        (func $many (result i64) (i64.const 7))
        (func $down (type $f) (local $n i32) (local $a i64)
            (if (i32.eqz (local.get 0)) (then (throw $tag (i32.const 42))))
            (local.set $n (i32.sub (local.get 0) (i32.const 1)))
            {way})
        (elem (i32.const 0) $down)
        (func (export "run") (param i32) (result i32)
            CATCH))"#
    )
}

#[test]
fn a_throw_across_frames_searches_each_once_and_makes_only_the_exception() {
    let catch =
        "(block $caught (result i32) (try_table (catch $tag $caught) (call $down (local.get 0))) (i32.const 0))";
    let older = "try (result i32) (call $down (local.get 0)) i32.const 0 catch $tag end";
    let ways = WAYS.iter().map(|way| (way, catch)).chain(OLDER.iter().map(|way| (way, older)));
    for ((what, way), catch) in ways {
        let costs = costs(&module(way).replace("CATCH", catch), &[1000, 2000, 4000]);
        // Calls between instances put the other one's function between.
        let frames = if *what == "another instance" { 2 } else { 1 };
        for (depth, (searched, bytes, allocations)) in [1000, 2000, 4000].into_iter().zip(costs) {
            assert_eq!(searched, frames * depth + 2, "{what}, {depth} frames");
            // A header, and a slot for the value.
            assert_eq!((bytes, allocations), (16, 0), "{what}, {depth} frames");
        }
    }
}

#[test]
fn rethrowing_from_each_frame_is_linear() {
    let catch =
        "(block $caught (result i32) (try_table (catch $tag $caught) (call $down (local.get 0))) (i32.const 0))";
    let older = "try (result i32) (call $down (local.get 0)) i32.const 0 catch $tag end";
    let on =
        "(block $e (result exnref) (try_table (catch_all_ref $e) (call $down (local.get $n))) (return)) (throw_ref)";
    let on_older = "try (call $down (local.get $n)) catch_all rethrow 0 end";
    for (on, catch) in [(on, catch), (on_older, older)] {
        let costs = costs(&module(on).replace("CATCH", catch), &[1000, 2000, 4000]);
        for (depth, (searched, bytes, allocations)) in [1000, 2000, 4000].into_iter().zip(costs) {
            // Each frame but the first and the last is where it is caught, and then where it is thrown.
            assert_eq!(searched, 2 * depth + 2, "{depth} frames");
            assert_eq!((bytes, allocations), (16, 0), "{depth} frames");
        }
    }
}

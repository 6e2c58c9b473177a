//! The write barrier. A cycle of the collector begins. Then the last reference to an object that the heap or a root
//! has is read into a local, and overwritten. The object must survive the end of the cycle.
//!
//! `gc_stress` ends a cycle and begins another one at each allocation.

use wasmote::{AnyRef, Config, Engine, Instance, Module, Store, Val};

/// Each function prepares objects and begins a cycle. Then it reads the reference to the node of the value 42,
/// overwrites it, ends the cycle, and lets other objects take the room of whatever is gone. It returns the node's
/// value.
const STORES: &str = r#"(module
    (type $node (struct (field (mut i64))))
    (type $box (struct (field (mut (ref null $node))) (field (mut i32))))
    (type $array (array (mut (ref null $node))))
    (global $box (export "box") (mut (ref null $box)) (ref.null $box))
    (global $array (export "array") (mut (ref null $array)) (ref.null $array))
    (global $nulls (mut (ref null $array)) (ref.null $array))
    (global $node (mut (ref null $node)) (ref.null $node))
    (table $table 2 (ref null $node))
    (elem $nulls (ref null $node) (ref.null $node))
    (func $node (result (ref $node)) (struct.new $node (i64.const 42)))
    (func $prepare (export "prepare")
        (global.set $box (struct.new $box (call $node) (i32.const 0)))
        (global.set $array (array.new $array (call $node) (i32.const 1)))
        (global.set $nulls (array.new_default $array (i32.const 1)))
        (global.set $node (call $node))
        (table.set $table (i32.const 0) (call $node)))
    (func $begin (export "begin") (drop (struct.new $node (i64.const 1))))
    (func $garbage (export "garbage") (local $n i32)
        (loop $again
            (drop (struct.new $node (i64.const 7)))
            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 50)))))

    (func (export "struct.set") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (struct.get $box 0 (global.get $box)))
        (struct.set $box 0 (global.get $box) (ref.null $node))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func $element (result (ref null $node)) (array.get $array (global.get $array) (i32.const 0)))
    (func (export "array.set") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (call $element))
        (array.set $array (global.get $array) (i32.const 0) (ref.null $node))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "array.fill") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (call $element))
        (array.fill $array (global.get $array) (i32.const 0) (ref.null $node) (i32.const 1))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "array.copy") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (call $element))
        (array.copy $array $array (global.get $array) (i32.const 0) (global.get $nulls) (i32.const 0) (i32.const 1))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "array.init_elem") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (call $element))
        (array.init_elem $array $nulls (global.get $array) (i32.const 0) (i32.const 0) (i32.const 1))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "global.set") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (global.get $node))
        (global.set $node (ref.null $node))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "table.set") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (table.get $table (i32.const 0)))
        (table.set $table (i32.const 0) (ref.null $node))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "table.fill") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (table.get $table (i32.const 0)))
        (table.fill $table (i32.const 0) (ref.null $node) (i32.const 2))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "table.copy") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (table.get $table (i32.const 0)))
        (table.copy $table $table (i32.const 0) (i32.const 1) (i32.const 1))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "table.init") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (local.set $r (table.get $table (i32.const 0)))
        (table.init $table $nulls (i32.const 0) (i32.const 0) (i32.const 1))
        (call $garbage)
        (struct.get $node 0 (local.get $r)))
    (func (export "elem.drop") (result i64) (local $r (ref null $node))
        (call $prepare) (call $begin)
        (elem.drop $nulls)
        (local.set $r (global.get $node))
        (global.set $node (ref.null $node))
        (call $garbage)
        (struct.get $node 0 (local.get $r))))"#;

fn instance(metered: bool) -> (Store<()>, Instance) {
    let engine = Engine::new(Config::new().gc_stress(true).consume_fuel(metered));
    let module = Module::new(&engine, wat::parse_str(STORES).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    if metered {
        store.set_fuel(1 << 40).unwrap();
    }
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

#[test]
fn what_a_guest_overwrites_while_a_cycle_runs_survives_it() {
    let mut lost = Vec::new();
    for metered in [false, true] {
        for name in [
            "struct.set",
            "array.set",
            "array.fill",
            "array.copy",
            "array.init_elem",
            "global.set",
            "table.set",
            "table.fill",
            "table.copy",
            "table.init",
            "elem.drop",
        ] {
            let (mut store, instance) = instance(metered);
            let f = instance.get_typed_func::<(), i64>(&store, name).unwrap();
            if f.call(&mut store, ()).unwrap() != 42 {
                lost.push((name, metered));
            }
            let stats = store.heap_stats();
            assert!(stats.slices > stats.collections && stats.collections > 50, "{stats:?}");
        }
    }
    assert!(lost.is_empty(), "lost after {lost:?}");
}

#[test]
fn what_the_host_overwrites_while_a_cycle_runs_survives_it() {
    for is_array in [false, true] {
        let (mut store, instance) = instance(false);
        let [prepare, begin, garbage] =
            ["prepare", "begin", "garbage"].map(|f| instance.get_typed_func::<(), ()>(&store, f).unwrap());
        prepare.call(&mut store, ()).unwrap();
        begin.call(&mut store, ()).unwrap();
        let name = if is_array { "array" } else { "box" };
        let holder = instance.get_global(&store, name).unwrap().get(&store).anyref().unwrap().unwrap();
        let null = Val::AnyRef(None);
        let node: AnyRef = if is_array {
            let array = holder.as_array(&store).unwrap();
            let node = array.get(&store, 0).unwrap().anyref().unwrap().unwrap();
            array.set(&mut store, 0, null).unwrap();
            node
        } else {
            let holder = holder.as_struct(&store).unwrap();
            let node = holder.field(&store, 0).unwrap().anyref().unwrap().unwrap();
            holder.set_field(&mut store, 0, null).unwrap();
            node
        };
        garbage.call(&mut store, ()).unwrap();
        assert_eq!(node.as_struct(&store).unwrap().field(&store, 0).unwrap(), Val::I64(42), "{name}");
    }
}

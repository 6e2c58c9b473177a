//! What continuations take, and when it is given back.

use wasmote::{Config, StoreLimits, StoreLimitsBuilder, TrapCode};

use super::instantiate;

const MAKERS: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (type $fi (func (param i32))) (type $ki (cont $fi))
    (tag $yield)
    (table $kept 0 (ref null $k))
    (func $suspends (suspend $yield))
    (func $deep (param i32)
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (suspend $yield))))
    (func $traps (suspend $yield) unreachable)
    (func $nest (param i32)
        (if (local.get 0)
            (then (resume $ki (i32.sub (local.get 0) (i32.const 1)) (cont.new $ki (ref.func $nest))))
            (else unreachable)))
    (func $ends)
    (elem declare func $suspends $deep $traps $nest $ends)
    (func $once (param $k (ref $k)) (result (ref null $k))
        (block $on (result (ref $k))
            (resume $k (on $yield $on) (local.get $k))
            (return (ref.null $k))))
    (func (export "fresh") (param i32)
        (loop (drop (cont.new $k (ref.func $suspends)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "ended") (param i32)
        (loop (drop (call $once (cont.new $k (ref.func $ends))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "suspended") (param i32)
        (loop (drop (call $once (cont.new $k (ref.func $suspends))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "deep") (param i32 i32)
        (loop (drop (call $once (cont.bind $ki $k (local.get 1) (cont.new $ki (ref.func $deep)))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "traps") (local $k (ref null $k))
        (local.set $k (call $once (cont.new $k (ref.func $traps))))
        (resume $k (local.get $k)))
    (func (export "nest") (param i32) (resume $ki (local.get 0) (cont.new $ki (ref.func $nest))))
    (func (export "keep") (param i32)
        (loop
            (drop (table.grow $kept (call $once (cont.new $k (ref.func $suspends))) (i32.const 1)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "resume all") (result i32) (local i32 i32)
        (loop
            (if (i32.eq (local.get 0) (table.size $kept)) (then (return (local.get 1))))
            (if (i32.eqz (ref.is_null (table.get $kept (local.get 0)))) (then
                (resume $k (table.get $kept (local.get 0)))
                (table.set $kept (local.get 0) (ref.null $k))
                (local.set 1 (i32.add (local.get 1) (i32.const 1)))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br 0))
        (unreachable))
    (func (export "forget") (table.fill $kept (i32.const 0) (ref.null $k) (table.size $kept))))"#;

#[test]
fn what_nothing_can_resume_is_dropped() {
    for stress in [false, true] {
        let (mut store, instance) = instantiate(Config::new().gc_stress(stress), (), MAKERS, |_| ());
        let count = if stress { 300 } else { 60_000 };
        for name in ["fresh", "ended", "suspended"] {
            instance.get_typed_func::<i32, ()>(&store, name).unwrap().call(&mut store, count).unwrap();
            // A record takes more than half a kilobyte, and a collection comes after some megabytes.
            assert!(store.continuations() < 20_000, "{name}: {}", store.continuations());
            store.collect();
            assert_eq!(store.continuations(), 0, "{name}");
        }
        instance.get_typed_func::<(i32, i32), ()>(&store, "deep").unwrap().call(&mut store, (100, 2000)).unwrap();
        assert!(store.continuations() < 101);
        store.collect();
        assert_eq!(store.continuations(), 0);
    }
}

#[test]
fn what_a_trap_leaves_is_dropped() {
    let (mut store, instance) = instantiate(&Config::new(), (), MAKERS, |_| ());
    for _ in 0..100 {
        let error = instance.get_typed_func::<(), ()>(&store, "traps").unwrap().call(&mut store, ()).unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::UnreachableCodeReached);
    }
    for _ in 0..10 {
        let nest = instance.get_typed_func::<i32, ()>(&store, "nest").unwrap();
        assert_eq!(nest.call(&mut store, 500).unwrap_err().as_trap_code().unwrap(), TrapCode::UnreachableCodeReached);
    }
    assert_eq!(store.continuations(), 100 + 10 * 501);
    store.collect();
    assert_eq!(store.continuations(), 0);
}

#[test]
fn what_can_be_resumed_stays() {
    for stress in [false, true] {
        let (mut store, instance) = instantiate(Config::new().gc_stress(stress), (), MAKERS, |_| ());
        let keep = instance.get_typed_func::<i32, ()>(&store, "keep").unwrap();
        let resume = instance.get_typed_func::<(), i32>(&store, "resume all").unwrap();
        let count = if stress { 200 } else { 30_000 };
        keep.call(&mut store, count).unwrap();
        store.collect();
        assert_eq!(store.continuations(), count as usize);
        assert_eq!(resume.call(&mut store, ()).unwrap(), count);
        assert_eq!(store.continuations(), 0);
    }
}

/// They count as bytes of the heap.
#[test]
fn a_guest_that_keeps_all_of_them_has_an_end() {
    let (mut store, instance) = instantiate(Config::new().max_gc_heap(4 << 20), (), MAKERS, |_| ());
    let keep = instance.get_typed_func::<i32, ()>(&store, "keep").unwrap();
    let error = keep.call(&mut store, i32::MAX).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::HeapExhausted);
    let kept = store.continuations();
    assert!((4000..8000).contains(&kept), "{kept}");
    // Those that it has can still be resumed, and then there is room again.
    let resumed = instance.get_typed_func::<(), i32>(&store, "resume all").unwrap().call(&mut store, ()).unwrap();
    assert!(resumed as usize >= kept - 2, "{resumed} of {kept}");
    keep.call(&mut store, 3000).unwrap();
    instance.get_typed_func::<(), ()>(&store, "forget").unwrap().call(&mut store, ()).unwrap();
    instance.get_typed_func::<i32, ()>(&store, "suspended").unwrap().call(&mut store, 20_000).unwrap();
    // So has one whose continuations resume each other.
    let nest = instance.get_typed_func::<i32, ()>(&store, "nest").unwrap();
    assert_eq!(nest.call(&mut store, i32::MAX).unwrap_err().as_trap_code().unwrap(), TrapCode::HeapExhausted);
    // A stack that is too large for the heap is too large, even if a stack may be larger.
    let deep = instance.get_typed_func::<(i32, i32), ()>(&store, "deep").unwrap();
    deep.call(&mut store, (1, 100)).unwrap();
    let error = deep.call(&mut store, (1, 2_000_000)).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
    deep.call(&mut store, (10, 1000)).unwrap();
}

#[test]
fn a_stack_is_at_most_as_large_as_that_of_a_call() {
    let (mut store, instance) = instantiate(Config::new().max_stack(64 << 10), (), MAKERS, |_| ());
    let deep = instance.get_typed_func::<(i32, i32), ()>(&store, "deep").unwrap();
    deep.call(&mut store, (3, 1000)).unwrap();
    let error = deep.call(&mut store, (1, 10_000)).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
    deep.call(&mut store, (3, 1000)).unwrap();
}

#[test]
fn a_limiter_is_asked() {
    let limits = StoreLimitsBuilder::new().gc_heap_size(2_000_000).build();
    let (mut store, instance) = instantiate(&Config::new(), limits, MAKERS, |_| ());
    store.limiter(|limits: &mut StoreLimits| limits);
    let keep = instance.get_typed_func::<i32, ()>(&store, "keep").unwrap();
    assert_eq!(keep.call(&mut store, i32::MAX).unwrap_err().as_trap_code().unwrap(), TrapCode::HeapExhausted);
    assert!((1000..4000).contains(&store.continuations()), "{}", store.continuations());
}

//! What is shown of instructions that leave their stack.

use std::sync::{Arc, Mutex};

use wasmote::{Config, When};

use super::instantiate;

/// The value of the first slot in each frame of the continuation.
const MARK: i64 = 0x5eed_5eed_5eed;

#[test]
fn a_frame_that_is_gone_shows_nothing() {
    const TEXT: &str = r#"(module
        (type $f (func (param i64))) (type $k (cont $f)) (type $g (func)) (type $l (cont $g))
        (tag $yield)
        (func $body (param i64) (suspend $yield) (call $deep (local.get 0) (i32.const 50)))
        (func $deep (param i64 i32)
            (if (local.get 1) (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1))))))
        (elem declare func $body)
        (func (export "run") (param i64)
            (block $on (result (ref $l))
                (resume $k (on $yield $on) (local.get 0) (cont.new $k (ref.func $body)))
                (unreachable))
            (resume $l)))"#;
    let steps = Arc::new(Mutex::new(Vec::new()));
    let noted = steps.clone();
    let mut config = Config::new();
    config.trace(move |step| {
        // Every slot that might be shown is read.
        let slots: Vec<u64> = (0..64).map(|slot| step.slot(slot)).collect();
        noted.lock().unwrap().push((step.when(), step.func_index(), slots));
    });
    let (mut store, instance) = instantiate(&config, (), TEXT, |_| ());
    instance.get_typed_func::<i64, ()>(&store, "run").unwrap().call(&mut store, MARK).unwrap();
    let steps = steps.lock().unwrap();
    for (at, (when, func, slots)) in steps.iter().enumerate() {
        if *when == When::Before && *func != 2 {
            assert_eq!(slots[0], MARK as u64, "{at}");
        }
    }
    // The suspension is the last instruction of the body before another function runs.
    let begun = steps.iter().position(|step| step.1 == 0).unwrap();
    let left = begun + steps[begun..].iter().position(|step| step.1 != 0).unwrap();
    let (when, _, slots) = &steps[left - 1];
    assert_eq!((*when, steps[left].1, &slots[..]), (When::After, 2, &[0; 64][..]));
    // Some calls move the frames to a larger stack. What they had is not shown, and nothing else in its place.
    let moved = steps.iter().filter(|(when, func, slots)| (*when, *func) == (When::After, 1) && slots[0] == 0).count();
    assert!((1..10).contains(&moved), "{moved}");
}

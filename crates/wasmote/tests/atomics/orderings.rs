//! Memory orderings of atomic operators (feature `acquire-release-atomics`). With one thread, they change no result. Which
//! of them are valid follows from the proposal.

use wasmote::script::{Options, run};
use wasmote::{CodeOptions, Config, Engine, Features, Module, OpSet};

use super::{Script, passes};

#[test]
fn results_are_the_same_with_each_ordering() {
    passes(&Script::of("i32", "", "acqrel", "(memory 1)"));
    passes(&Script::of("i64", "$other", "seqcst", "(memory 0) (memory $other i64 1)"));
}

#[test]
fn shared_memories_are_accessed_with_orderings() {
    let script = r#"(module (memory 1 1 shared)
        (func (export "count") (param i32) (result i32)
          (i32.atomic.store acqrel (i32.const 8) (i32.const 0))
          (loop
            (atomic.fence acqrel)
            (pause)
            (drop (i32.atomic.rmw.add offset=4 acqrel (i32.const 4) (i32.const 3)))
            (drop (i32.atomic.rmw.cmpxchg seqcst (i32.const 8) (i32.const 9) (i32.const 10)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (i32.atomic.load acqrel (i32.const 8))))
      (assert_return (invoke "count" (i32.const 1)) (i32.const 3))
      (assert_return (invoke "count" (i32.const 5)) (i32.const 16))"#;
    for op_set in [None, Some(OpSet::Core), Some(OpSet::Extended)] {
        let images = op_set.map(|op_set| CodeOptions::default().with_op_set(op_set));
        let summary = run("orderings", script, &Options::default().with_images(images));
        let failed: Vec<_> = summary.failed.iter().map(|failed| &failed.what).collect();
        assert_eq!((summary.passed, failed.len()), (3, 0), "{op_set:?}: {failed:?}");
    }
}

/// A body with one operator, the bytes of that operator, and bytes that are invalid in their place.
type Case = (&'static str, &'static [u8], &'static [&'static [u8]]);

const CASES: [Case; 9] = [
    (
        "(drop (i32.atomic.load acqrel (i32.const 0)))",
        &[0xfe, 0x10, 0x12, 0x01, 0x00],
        // An unknown ordering, that of a read and a write, an alignment that is too small, a reserved flag.
        &[
            &[0xfe, 0x10, 0x12, 0x02, 0x00],
            &[0xfe, 0x10, 0x12, 0x11, 0x00],
            &[0xfe, 0x10, 0x11, 0x01, 0x00],
            &[0xfe, 0x10, 0x32, 0x01, 0x00],
        ],
    ),
    (
        "(drop (i32.atomic.load seqcst (i32.const 0)))",
        &[0xfe, 0x10, 0x12, 0x00, 0x00],
        &[&[0xfe, 0x10, 0x12, 0x10, 0x00]],
    ),
    (
        "(i64.atomic.store16 acqrel (i32.const 0) (i64.const 0))",
        &[0xfe, 0x1c, 0x11, 0x01, 0x00],
        &[&[0xfe, 0x1c, 0x11, 0xff, 0x00]],
    ),
    (
        "(drop (i32.atomic.rmw.add acqrel (i32.const 0) (i32.const 1)))",
        &[0xfe, 0x1e, 0x12, 0x11, 0x00],
        // The two orderings differ.
        &[&[0xfe, 0x1e, 0x12, 0x01, 0x00], &[0xfe, 0x1e, 0x12, 0x10, 0x00]],
    ),
    (
        "(drop (i64.atomic.rmw8.cmpxchg_u acqrel (i32.const 0) (i64.const 1) (i64.const 2)))",
        &[0xfe, 0x4c, 0x10, 0x11, 0x00],
        &[&[0xfe, 0x4c, 0x10, 0x12, 0x00]],
    ),
    ("(atomic.fence acqrel)", &[0xfe, 0x03, 0x01], &[&[0xfe, 0x03, 0x02], &[0xfe, 0x03, 0x11]]),
    ("(pause)", &[0xfe, 0x04], &[&[0xfe, 0x05]]),
    (
        "(drop (memory.atomic.notify (i32.const 0) (i32.const 1))) (nop)",
        &[0xfe, 0x00, 0x02, 0x00, 0x1a, 0x01],
        // This operator has no ordering.
        &[&[0xfe, 0x00, 0x12, 0x01, 0x00, 0x1a], &[0xfe, 0x00, 0x12, 0x00, 0x00, 0x1a]],
    ),
    (
        "(drop (i32.load (i32.const 0))) (nop)",
        &[0x28, 0x02, 0x00, 0x1a, 0x01],
        // It is not atomic.
        &[&[0x28, 0x12, 0x01, 0x00, 0x1a], &[0x28, 0x12, 0x00, 0x00, 0x1a]],
    ),
];

/// Returns a binary with this body.
fn binary(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module (memory 1) (func {body}))")).unwrap_or_else(|error| panic!("{body}: {error}"))
}

#[test]
fn invalid_orderings_are_refused() {
    let engine = Engine::default();
    for (body, bytes, invalid) in CASES {
        let wasm = binary(body);
        assert!(Module::new(&engine, &wasm[..]).is_ok(), "{body}");
        let places: Vec<_> = wasm.windows(bytes.len()).enumerate().filter(|(_, window)| window == &bytes).collect();
        let &[(at, _)] = &places[..] else { panic!("{body}: {} times in {wasm:x?}", places.len()) };
        for other in invalid {
            let mut wasm = wasm.clone();
            wasm[at..at + other.len()].copy_from_slice(other);
            assert!(Module::new(&engine, &wasm[..]).is_err(), "{body}: {other:x?}");
        }
    }
}

#[test]
fn orderings_that_are_switched_off_are_refused_by_name() {
    let mut features = Features::default();
    features.acquire_release_atomics = false;
    let engine = Engine::new(Config::new().features(features));
    let mut refused = 0;
    for (body, ..) in CASES {
        match Module::new(&engine, &binary(body)[..]) {
            Ok(_) => assert!(body.contains("nop"), "{body}"),
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains("acquire-release atomics support is not enabled"), "{body}: {message}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 7);
}

//! Recordings that are cut off, damaged, or made by an attacker.

use std::sync::{Arc, Mutex};

use wasmote::{AnyRef, Caller, Engine, Linker, Module, ReplayError, Store};
use wasmote_ir::image::checksum;
use wasmote_test_support::random::Random;

use crate::{guest, recorded, replayed};

#[test]
fn every_truncation_is_an_error() {
    let engine = Engine::default();
    let module = guest(&engine);
    let (recording, _) = recorded(&module, 0, 0);
    for len in 0..recording.len() {
        let error = replayed(&module, &recording[..len], 0).expect_err("it lacks its end");
        match error.downcast_ref().expect("an error of the recording") {
            ReplayError::Damaged { offset, .. } => assert!(*offset <= len, "{error}"),
            ReplayError::CutOff { calls } => assert!(*calls <= 28),
            _ => panic!("{len}: {error}"),
        }
        assert_eq!(error.to_string().lines().count(), 1);
    }
}

#[test]
fn every_damaged_byte_is_an_error() {
    let engine = Engine::default();
    let module = guest(&engine);
    let (recording, _) = recorded(&module, 0, 0);
    for at in 0..recording.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = recording.clone();
            damaged[at] ^= change;
            let error = replayed(&module, &damaged, 0).expect_err("it is damaged");
            let error = error.downcast_ref().expect("an error of the recording");
            assert!(matches!(error, ReplayError::Damaged { .. } | ReplayError::OtherModule), "{at}: {error}");
        }
    }
    let mut longer = recording;
    longer.push(0);
    assert!(replayed(&module, &longer, 0).is_err());
}

/// Returns where each entry's body lies.
fn bodies(recording: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut found) = (24, Vec::new());
    while at < recording.len() {
        let (mut len, mut shift) = (0, 0);
        at += 1;
        loop {
            let byte = recording[at];
            at += 1;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        found.push(at..at + len);
        at += len + 4;
    }
    found
}

/// Makes the checksums right again after bodies were changed.
fn with_checksums(mut recording: Vec<u8>) -> Vec<u8> {
    let (mut sum, mut first) = (0, 24);
    for body in bodies(&recording) {
        sum = checksum(sum, &recording[first..body.end]);
        recording[body.end..body.end + 4].copy_from_slice(&sum.to_le_bytes());
        first = body.end + 4;
    }
    recording
}

#[test]
fn hostile_recordings_with_right_checksums_do_no_harm() {
    let engine = Engine::default();
    let module = guest(&engine);
    let (recording, outcome) = recorded(&module, 0, 0);
    assert_eq!(with_checksums(recording.clone()), recording);
    let places: Vec<usize> = bodies(&recording).into_iter().flatten().collect();
    let (mut refused, mut accepted) = (0, 0);
    let mut random = Random::new(7);
    let every = places.iter().flat_map(|&at| [0x00, 0x01, 0x7f, 0xff, random.below(256) as u8].map(|byte| (at, byte)));
    for (at, byte) in every {
        let mut hostile = recording.clone();
        if hostile[at] == byte {
            continue;
        }
        hostile[at] = byte;
        // The guest computes something else, or is told that the recording does not fit. Nothing panics.
        match replayed(&module, &with_checksums(hostile), 0) {
            Ok(other) => {
                accepted += 1;
                assert!(other != outcome || places.len() > 1);
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(refused > 1000 && accepted > 100, "{refused} {accepted}");
}

/// A result that names an object of the store, or a number without a box, is refused, though it has the right type.
#[test]
fn no_recording_brings_a_reference_to_an_object() {
    let engine = Engine::default();
    let text = r#"(module
        (type $bytes (array (mut i8)))
        (import "host" "f" (func $f (result anyref)))
        (func (export "run") (result i32) (local $object anyref)
            (local.set $object (array.new_default $bytes (i32.const 4)))
            (i32.eqz (ref.is_null (call $f)))))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", |_: Caller<'_, ()>| None::<AnyRef>).unwrap();
    let written = Arc::new(Mutex::new(Vec::new()));
    let file = written.clone();
    let mut store = Store::new(&engine, ());
    let write = move |bytes: &[u8]| {
        file.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    };
    store.record(&module, write).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    assert_eq!(instance.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 0);
    store.end_recording().unwrap();
    let recording = written.lock().unwrap().clone();
    let replayed = |recording: &[u8]| {
        let mut store = Store::new(&engine, ());
        store.replay(&module, recording, |_| Ok(())).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        instance.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ())
    };
    assert_eq!(replayed(&recording).unwrap(), 0);
    // The result is the last number of the only call.
    let result = bodies(&recording)[0].end - 1;
    for reference in 1..128 {
        let mut hostile = recording.clone();
        hostile[result] = reference;
        let error = replayed(&with_checksums(hostile)).expect_err("an object");
        assert!(matches!(error.downcast_ref(), Some(ReplayError::Damaged { .. })), "{reference}: {error}");
    }
}

#[test]
fn what_is_no_recording_says_so() {
    let engine = Engine::default();
    let module = guest(&engine);
    for bytes in [&b""[..], b"\0asm\x01\0\0\0", &[0; 100], module.bytes()] {
        let error = replayed(&module, bytes, 0).unwrap_err().to_string();
        assert!(error.starts_with("damaged recording: it does not begin as"), "{error}");
    }
    let (mut recording, _) = recorded(&module, 0, 0);
    recording[4] = 2;
    let error = replayed(&module, &recording, 0).unwrap_err().to_string();
    assert!(error.contains("another version"), "{error}");
}

/// Nothing is recorded of a shared memory, since other threads change it. An attacker makes a recording that changes one:
/// of a module whose memory is not shared.
#[cfg(feature = "threads")]
#[test]
fn recordings_that_change_a_shared_memory_are_refused() {
    use std::sync::{Arc, Mutex};
    use wasmote::{Caller, Error, Linker, Module, Store};

    const GUEST: &str = r#"(module (import "host" "change" (func $change (param i32)))
        (memory (export "memory") 1 4 SHARED)
        (func (export "run") (param i32) (call $change (local.get 0))))"#;
    let engine = Engine::default();
    let module = |shared| Module::new(&engine, wat::parse_str(GUEST.replace("SHARED", shared)).unwrap()).unwrap();
    let (own, shared) = (module(""), module("shared"));
    for grows in [0, 1] {
        let file = Arc::new(Mutex::new(Vec::new()));
        let written = file.clone();
        let mut store = Store::new(&engine, ());
        let write = move |bytes: &[u8]| {
            written.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        };
        store.record(&own, write).unwrap();
        let mut linker = Linker::new(&engine);
        let change = |mut caller: Caller<'_, ()>, grows: i32| -> Result<(), Error> {
            let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
            match grows {
                0 => memory.write(&mut caller, 8, b"changed")?,
                _ => drop(memory.grow(&mut caller, 1)?),
            }
            Ok(())
        };
        linker.func_wrap("host", "change", change).unwrap();
        let instance = linker.instantiate(&mut store, &own).unwrap();
        instance.get_typed_func::<i32, ()>(&store, "run").unwrap().call(&mut store, grows).unwrap();
        store.end_recording().unwrap();

        // The header names the other module.
        let mut recording = file.lock().unwrap().clone();
        recording[8..16].copy_from_slice(&(shared.bytes().len() as u64).to_le_bytes());
        recording[16..20].copy_from_slice(&checksum(0, shared.bytes()).to_le_bytes());
        let sum = checksum(0, &recording[..20]);
        recording[20..24].copy_from_slice(&sum.to_le_bytes());

        let mut store = Store::new(&engine, ());
        store.replay(&shared, recording, |_| Ok(())).unwrap();
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&shared).unwrap();
        let instance = linker.instantiate(&mut store, &shared).unwrap();
        let run = instance.get_typed_func::<i32, ()>(&store, "run").unwrap();
        let error = run.call(&mut store, grows).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ReplayError::Damaged { .. })), "{error}");
        let memory = instance.get_shared_memory(&store, "memory").unwrap();
        let mut bytes = [1; 7];
        memory.read(8, &mut bytes).unwrap();
        assert_eq!((bytes, memory.data_size()), ([0; 7], 65536));
    }
}

//! Recordings that are cut off, damaged, or made by an attacker.

use wasmote::{Engine, ReplayError};
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

//! Nothing panics, whatever the bytes, even if an image is read that was not verified.

use wasmote_ir::image::layout::{self, Section};
use wasmote_ir::image::{Image, OpSet};
use wasmote_ir::ops::EXTENDED_ID;
use wasmote_test_support::Random;

use crate::bytes::{Bytes, image_with};
use crate::{TEXT, verify};

/// Returns a random number, often a small one or one close to the largest.
fn word(random: &mut Random) -> u32 {
    match random.below(4) {
        0 => random.below(20) as u32,
        1 => random.below(2000) as u32,
        2 => u32::MAX - random.below(4) as u32,
        _ => random.next_u64() as u32,
    }
}

/// Calls every method that reads an image, with indices in range and out of range.
fn ask_everything(image: &Image<'_>, random: &mut Random) {
    let indices = [0, 1, 2, word(random), u32::MAX - 1, u32::MAX];
    for index in indices {
        if let Some(ty) = image.ty(index) {
            let _ = (image.val_types(ty, false).take(100).count(), image.val_types(ty, true).take(100).count());
        }
        let _ = (image.val_type(index), image.import(index), image.func(index), image.code_range(index));
        let _ = (image.table(index), image.memory(index), image.global(index), image.export(index));
        let _ = (image.elem(index), image.item(index), image.data(index), image.constant(index));
        let _ = (image.function_name(index), image.imported(index));
        let _ = image.memory(index).map(|memory| memory.most_pages());
        for section in Section::ALL {
            if let Some(at) = image.record(section, index) {
                assert!(at + section.record() <= image.bytes().len());
            }
        }
        if let Some(range) = image.code_range(index) {
            let mut scratch = vec![0; random.below(200)];
            let _ = image.verify_function(index, &image.bytes()[range], &mut scratch);
        }
        let _ = image.verify_function(index, &[], &mut []);
    }
    let _ = (image.start(), image.longest(), image.features(), image.op_set(), image.verify_data(image.bytes()));
    let _ = image.data_segments().take(100).count();
    let _ = (image.verify_metadata(false), image.verify_metadata(true));
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random::new(1);
    let mut parsed = 0;
    for round in 0..20_000 {
        let mut bytes = Bytes((0..random.below(1000)).map(|_| random.next_u64() as u8).collect());
        // Most images get a valid start of the header.
        if round % 8 != 0 && bytes.len() >= layout::HEADER_LEN {
            bytes[..4].copy_from_slice(&layout::MAGIC);
            bytes.put16(layout::AT_VERSION, layout::VERSION);
            bytes.put16(layout::AT_OP_SET, 1);
            let len = bytes.len();
            let meta_end = layout::HEADER_LEN + random.below(len - layout::HEADER_LEN + 1) / 4 * 4;
            let code_end = meta_end + random.below(len - meta_end + 1);
            let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            put(layout::AT_OP_SET_ID, EXTENDED_ID);
            put(layout::AT_FEATURES, 0);
            put(layout::AT_FILE_LEN, len as u32);
            put(layout::AT_META_END, meta_end as u32);
            put(layout::AT_CODE_END, code_end as u32);
            for at in (layout::AT_IMPORTED..layout::HEADER_LEN).step_by(4) {
                put(at, word(&mut random));
            }
            bytes.fix();
        }
        if let Ok(image) = Image::parse(&bytes) {
            parsed += 1;
            ask_everything(&image, &mut random);
        }
        let _ = verify(&bytes);
    }
    assert!(parsed > 10_000, "only {parsed} parsed");
}

#[test]
fn changed_images_never_panic_and_some_still_verify() {
    let mut random = Random::new(2);
    let mut verified = 0;
    let originals = [image_with(TEXT, OpSet::Core, false), image_with(TEXT, OpSet::Extended, true)];
    for _ in 0..20_000 {
        let mut bytes = originals[random.below(2)].clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len() / 2) * 2;
            if at + 2 > bytes.len() {
                continue;
            }
            let value = match random.below(3) {
                0 => word(&mut random) as u16,
                1 => bytes.get16(at) ^ 1 << random.below(16),
                _ => bytes.get16(at).wrapping_add(1),
            };
            bytes.put16(at, value);
        }
        bytes.fix();
        if let Ok(image) = Image::parse(&bytes) {
            ask_everything(&image, &mut random);
        }
        verified += usize::from(verify(&bytes).is_ok());
    }
    assert!(verified > 2000, "only {verified} verified");
}

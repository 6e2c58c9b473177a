//! Tests that a trace shows each instruction before and after it runs, with the values in its slots.

use std::cell::RefCell;

use wasmote_exec::InPlace;
use wasmote_exec::state::Machine;
use wasmote_exec::trace::{TracedInstr, When};
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::image::Image;
use wasmote_ir::shape::Operand;

use super::{each_image, one, with};

/// What a trace showed: the address, the time, and the first eight slots of the frame.
type Shown = (*const u8, When, [u64; 8]);

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

fn show(_: *mut Machine<InPlace>, step: &TracedInstr<'_, InPlace>) {
    let slots = std::array::from_fn(|slot| step.slot(slot as u32));
    SHOWN.with_borrow_mut(|shown| shown.push((step.place, step.when, slots)));
}

#[test]
fn each_instruction_is_shown_with_its_values() {
    let text = r#"(module (func $f (export "f") (param i32 i32) (result i32)
        (loop $again
            (local.set 1 (i32.add (local.get 1) (local.get 0)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;
    each_image(text, |image| {
        with(image, &[], (), |instance| {
            assert_eq!(one(instance, "f", &[3, 100]), Ok(106));
            assert!(SHOWN.take().is_empty(), "nobody asked for it");
            instance.set_trace(Some(show));
            assert_eq!(one(instance, "f", &[3, 100]), Ok(106));
            let parsed = Image::of_parsed(image.bytes());
            let range = parsed.code_range(0).unwrap();
            let units = image.bytes()[range].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let units: Vec<u16> = units.collect();
            let mut sums = Vec::new();
            let mut before = None;
            for (place, when, slots) in SHOWN.take() {
                let Some((func, unit)) = instance.place(place) else {
                    // The cell that leads out of wasm is in no function.
                    assert!(before.is_none());
                    continue;
                };
                assert_eq!(func, 0);
                let instr = DecodedInstr::decode(&units, unit as usize).expect("places are those of instructions");
                if when == When::Before {
                    assert_eq!(before.replace(place), None, "each is shown once more when it has run");
                    continue;
                }
                assert_eq!(before.take(), Some(place));
                assert_eq!(when, When::After);
                let dst = instr.operands().find(|&(kind, _)| kind == Operand::Dst);
                if let ("I32Add", Some((_, dst))) = (instr.op().name(), dst) {
                    sums.push(slots[dst as usize]);
                }
            }
            // The sum, and the number that it is subtracted from. In one image the two operations are fused.
            for sum in [103, 105, 106] {
                assert!(sums.contains(&sum), "{sums:?}");
            }
            instance.set_trace(None);
            assert_eq!(one(instance, "f", &[1, 1]), Ok(2));
            assert!(SHOWN.take().is_empty());
        });
    });
}

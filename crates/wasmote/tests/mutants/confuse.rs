//! Images do not say what is in a slot, and verification cannot tell: so here instructions on references take numbers for them.

use wasmote_ir::image::Image;
use wasmote_ir::ops::OPCODES;
use wasmote_ir::shape::Operand;
use wasmote_test_support::Random;
use wasmote_test_support::mutate::{code_of, defined, fix, instructions};

/// Whether what stands there names a slot, one of the frame's.
fn is_slot(kind: Operand) -> bool {
    use Operand::*;
    !matches!(
        kind,
        Header
            | Base
            | Count
            | TargetCount
            | Target
            | Func
            | Defined
            | Import
            | Type
            | Global
            | GlobalPair
            | GlobalDst
            | GlobalDstPair
            | Memory
            | Table
            | Data
            | Elem
            | Imm16
            | Imm32
            | Imm64
            | Offset16
            | Offset
            | Offset64
            | Padding
    )
}

/// Changes slots of instructions on references and objects into such as have parameters, mostly; the functions that changed. Checksums are
/// right afterwards.
pub fn confuse(bytes: &mut [u8], random: &mut Random) -> Vec<u32> {
    let original = bytes.to_vec();
    let image = Image::parse(&original).expect("an image");
    let mut changed = Vec::new();
    for func in defined(&image).filter(|_| random.chance(15)).collect::<Vec<_>>() {
        let (Some(range), Some(record)) = (code_of(&image, func), image.func(func)) else { continue };
        for (at, _) in instructions(image.bytes(), range) {
            let opcode = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
            if usize::from(opcode) < OPCODES || random.chance(50) {
                continue;
            }
            let Some((op, variant)) = wasmote_ir::Opcode(opcode).family() else { continue };
            let mut unit = at + 2;
            for &kind in op.variants()[usize::from(variant)].operands {
                if is_slot(kind) && kind.units() == 1 && random.chance(50) {
                    let slots = if random.chance(80) { record.header } else { record.frame_slots };
                    let slot = random.below(slots.into()) as u16;
                    bytes[unit..unit + 2].copy_from_slice(&slot.to_le_bytes());
                    changed.push(func);
                }
                unit += 2 * kind.units();
            }
        }
    }
    changed.dedup();
    fix(bytes);
    changed
}

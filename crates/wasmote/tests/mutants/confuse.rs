//! Images do not record the types of slots, and verification cannot check them. So these mutants make instructions on
//! references read slots with numbers.

use wasmote_ir::image::Image;
use wasmote_ir::ops::OPCODES;
use wasmote_ir::shape::Operand;
use wasmote_test_support::Random;
use wasmote_test_support::mutate::{code_of, defined, fix, instructions};

/// Whether this operand is a slot of the frame.
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

/// Replaces slots in instructions on references and objects, mostly by those of parameters. Returns the changed
/// functions. The checksums are corrected.
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

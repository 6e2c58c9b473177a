//! Mutates images.

use std::ops::Range;

use wasmote_ir::code::{DecodedInstr, to_units};
use wasmote_ir::image::layout::{self, Section, kinds};
use wasmote_ir::image::{Image, checksum, code_checksum};
use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::shape::Operand;

use crate::Random;

/// The choices that differ between the users of this module.
#[derive(Clone, Copy)]
pub struct Choices {
    /// One more than the number of additional changes that some mutants get.
    pub more_changes: usize,
    /// Returns a random opcode below the given number.
    pub opcode: fn(usize, &mut Random) -> u16,
}

/// A mutated image, and which of its functions were changed.
pub struct Mutant {
    /// The image.
    pub bytes: Vec<u8>,
    /// The functions whose code was changed, imports counted.
    pub funcs: Vec<u32>,
    /// Whether the checksums were corrected.
    pub fixed: bool,
}

/// Returns the range of a function's code in an image.
pub fn code_of(image: &Image<'_>, func: u32) -> Option<Range<usize>> {
    image.code_range(func).filter(|range| !range.is_empty())
}

/// Returns the indices of the functions that an image defines.
pub fn defined(image: &Image<'_>) -> Range<u32> {
    image.imported(kinds::FUNC)..image.count(Section::Funcs)
}

/// Returns the offset in the image, and the number of units, of each instruction in a range.
pub fn instructions(bytes: &[u8], range: Range<usize>) -> Vec<(usize, usize)> {
    let units: Vec<u16> = bytes[range.clone()].chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]])).collect();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(instr) = DecodedInstr::decode(&units, at) {
        all.push((range.start + 2 * at, instr.units.len()));
        at += instr.units.len();
    }
    all
}

/// Returns the offsets of all instructions in an image.
pub fn instruction_starts(image: &Image<'_>) -> Vec<usize> {
    let ranges = defined(image).filter_map(|func| code_of(image, func));
    ranges.flat_map(|range| instructions(image.bytes(), range)).map(|(at, _)| at).collect()
}

/// Mutates an image.
///
/// # Panics
/// If `original` is not an image.
pub fn mutate(original: &[u8], choices: &Choices, random: &mut Random) -> Mutant {
    let mut mutant = Mutant { bytes: original.to_vec(), funcs: Vec::new(), fixed: false };
    let image = Image::parse(original).expect("an image");
    let changes = 1 + if random.chance(40) { random.below(choices.more_changes) } else { 0 };
    for _ in 0..changes {
        match random.below(100) {
            0..3 => anywhere(&mut mutant.bytes, random),
            3..7 => word_of(&mut mutant.bytes, 0..layout::HEADER_LEN, random),
            7..32 => record(&image, &mut mutant.bytes, random),
            32..34 => whole_record(&image, &mut mutant.bytes, random),
            _ => code(&image, &mut mutant, choices, random),
        }
    }
    mutant.fixed = random.chance(96);
    if mutant.fixed {
        fix(&mut mutant.bytes);
    }
    if random.chance(1) {
        let len = random.below(mutant.bytes.len() + 1);
        mutant.bytes.truncate(len);
    }
    mutant
}

/// Changes a bit or a byte, or copies bytes from another place.
fn anywhere(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(3) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next_u64() as u8,
        _ => {
            let len = random.below(40).min(bytes.len() - at);
            let from = random.below(bytes.len() - len + 1);
            bytes.copy_within(from..from + len, at);
        }
    }
}

/// Changes an aligned word in a range.
fn word_of(bytes: &mut [u8], range: Range<usize>, random: &mut Random) {
    let at = range.start + 4 * random.below(range.len() / 4);
    let Some(place) = bytes.get_mut(at..at + 4) else { return };
    let old = u32::from_le_bytes([place[0], place[1], place[2], place[3]]);
    place.copy_from_slice(&changed(old, random).to_le_bytes());
}

fn changed(old: u32, random: &mut Random) -> u32 {
    match random.below(8) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old ^ 1 << random.below(32),
        3 => old ^ 0xff << (8 * random.below(4)),
        4 => (old & 0xffff_0000) | random.value() as u32 & 0xffff,
        5 => (old & 0xffff) | (random.value() as u32) << 16,
        _ => random.value() as u32,
    }
}

fn section_with_records(image: &Image<'_>, random: &mut Random) -> Option<Section> {
    let full: Vec<Section> = Section::ALL.into_iter().filter(|&section| image.count(section) > 0).collect();
    if full.is_empty() { None } else { Some(*random.of(&full)) }
}

/// Changes a word of a record.
fn record(image: &Image<'_>, bytes: &mut [u8], random: &mut Random) {
    let Some(section) = section_with_records(image, random) else { return };
    let index = random.below(image.count(section) as usize) as u32;
    let Some(at) = image.record(section, index) else { return };
    let at = at & !3;
    if section == Section::Consts && random.chance(60) {
        // Writes another constant expression: the originals have few kinds.
        let (tag, ty) = (random.below(13) as u32, random.below(8) as u32);
        bytes[at..at + 4].copy_from_slice(&(tag | ty << 8).to_le_bytes());
        if let Some(operand) = bytes.get_mut(at + 4..at + 8) {
            operand.copy_from_slice(&(random.below(6) as u32).to_le_bytes());
        }
        return;
    }
    word_of(bytes, at..at + section.record().max(4), random);
}

/// Copies a record over another one.
fn whole_record(image: &Image<'_>, bytes: &mut [u8], random: &mut Random) {
    let Some(section) = section_with_records(image, random) else { return };
    let mut any = || image.record(section, random.below(image.count(section) as usize) as u32);
    if let (Some(from), Some(to)) = (any(), any()) {
        bytes.copy_within(from..from + section.record(), to);
    }
}

/// Writes a new instruction with mostly valid operands. The rest of the instructions that it overwrites is filled with
/// traps.
fn fresh(
    image: &Image<'_>,
    func: u32,
    bytes: &mut [u8],
    all: &[(usize, usize)],
    choices: &Choices,
    random: &mut Random,
) {
    let Some(record) = image.func(func) else { return };
    let (frame, header) = (usize::from(record.frame_slots), usize::from(record.header));
    let known = if image.op_set() == wasmote_ir::image::OpSet::Core { CORE_OPCODES } else { OPCODES };
    let opcode = (choices.opcode)(known, random);
    let Some((op, variant)) = wasmote_ir::Opcode(opcode).family() else { return };
    let first = random.below(all.len());
    let at = all[first].0;
    let mut units = vec![opcode];
    for &kind in op.variants()[usize::from(variant)].operands {
        let count = |section| image.count(section) as usize;
        let imported = image.imported(kinds::FUNC) as usize;
        let good = match kind {
            Operand::Header => header,
            Operand::Base => header + 2 + random.below((frame - header).max(2) - 1),
            Operand::Count => random.below(6),
            Operand::TargetCount => 0,
            Operand::Target => (random.of(all).0.wrapping_sub(at) as isize / 2) as usize,
            Operand::Func => random.below(count(Section::Funcs)),
            Operand::Defined => random.below(count(Section::Funcs) - imported),
            Operand::Import => random.below(imported),
            Operand::Type => random.below(count(Section::Types)),
            Operand::Global | Operand::GlobalPair | Operand::GlobalDst | Operand::GlobalDstPair => {
                random.below(count(Section::Globals))
            }
            Operand::Memory => random.below(count(Section::Memories)),
            Operand::Table => random.below(count(Section::Tables)),
            Operand::Data => random.below(count(Section::Data)),
            Operand::Elem => random.below(count(Section::Elems)),
            Operand::Imm16 | Operand::Imm32 | Operand::Imm64 => random.value() as usize,
            Operand::Offset16 | Operand::Offset | Operand::Offset64 => random.value() as usize,
            Operand::Padding => 0,
            // Slots, most of them below the header.
            _ if header > 0 && random.chance(40) => random.below(header),
            _ => header + 2 + random.below(frame - header - 2),
        };
        let value = if random.chance(94) { good } else { good.wrapping_add(random.below(5)).wrapping_sub(2) };
        units.extend_from_slice(&to_units(value as u64)[..kind.units()]);
    }
    let mut room = 0;
    for (_, len) in &all[first..] {
        room += len;
        if room >= units.len() {
            break;
        }
    }
    if room < units.len() {
        return;
    }
    units.resize(room, wasmote_ir::Opcode::new(wasmote_ir::Op::Unreachable, 0).0);
    for (i, unit) in units.iter().enumerate() {
        bytes[at + 2 * i..][..2].copy_from_slice(&unit.to_le_bytes());
    }
}

/// Returns the units of each operand of an opcode.
fn operands(opcode: u16) -> Vec<usize> {
    let Some((op, variant)) = wasmote_ir::Opcode(opcode).family() else { return Vec::new() };
    op.variants()[usize::from(variant)].operands.iter().map(|kind| kind.units()).collect()
}

/// Changes the code of a function.
fn code(image: &Image<'_>, mutant: &mut Mutant, choices: &Choices, random: &mut Random) {
    let funcs = defined(image);
    let func = funcs.start + random.below(funcs.len()) as u32;
    let Some(range) = code_of(image, func) else { return };
    mutant.funcs.push(func);
    let bytes = &mut mutant.bytes;
    let all = instructions(image.bytes(), range.clone());
    let &(at, units) = random.of(&all);
    let put = |bytes: &mut [u8], at: usize, unit: u16| bytes[at..at + 2].copy_from_slice(&unit.to_le_bytes());
    let get = |bytes: &[u8], at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    match random.below(13) {
        10.. => fresh(image, func, bytes, &all, choices, random),
        // Writes another opcode of the same length, so that the following instructions stay aligned.
        0..3 => {
            let alike = random.chance(70);
            let old = operands(get(bytes, at));
            for _ in 0..3000 {
                let other = (choices.opcode)(OPCODES, random);
                let new = operands(other);
                if if alike { new == old } else { new.iter().sum::<usize>() + 1 == units } {
                    put(bytes, at, other);
                    break;
                }
            }
        }
        // Changes an operand, or half of one.
        3..7 if units > 1 => {
            let at = at + 2 * (1 + random.below(units - 1));
            let old = get(bytes, at);
            let frame = image.func(func).map_or(0, |func| func.frame_slots);
            let header = image.func(func).map_or(0, |func| func.header);
            let new = match random.below(9) {
                0 => old.wrapping_add(1),
                1 => old.wrapping_sub(1),
                2 => old ^ 1 << random.below(16),
                3 => frame.wrapping_sub(random.below(3) as u16),
                4 => header.wrapping_add(random.below(4) as u16).wrapping_sub(1),
                5 => random.below(frame.into()) as u16,
                6 => (random.below(all.len()) * 2) as u16,
                7 => random.below(8) as u16,
                _ => random.value() as u16,
            };
            put(bytes, at, new);
        }
        // Copies an instruction of the same length over another one.
        7 => {
            let same: Vec<usize> = all.iter().filter(|(_, len)| *len == units).map(|(at, _)| *at).collect();
            let from = *random.of(&same);
            bytes.copy_within(from..from + 2 * units, at);
        }
        // Changes a unit, or swaps two.
        8 => put(bytes, range.start + 2 * random.below(range.len() / 2), random.value() as u16),
        _ => {
            let mut any = || range.start + 2 * random.below(range.len() / 2);
            let (a, b) = (any(), any());
            let (one, other) = (get(bytes, a), get(bytes, b));
            put(bytes, a, other);
            put(bytes, b, one);
        }
    }
}

fn word(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..at + 4) {
        Some(word) => u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize,
        None => 0,
    }
}

/// Corrects all checksums whose ranges can be found.
pub fn fix(bytes: &mut [u8]) {
    if bytes.len() < layout::HEADER_LEN {
        return;
    }
    let len = word(bytes, layout::AT_FILE_LEN).min(bytes.len());
    let (meta_end, code_end) = (word(bytes, layout::AT_META_END), word(bytes, layout::AT_CODE_END));
    let section = layout::AT_SECTIONS + 8 * Section::Funcs as usize;
    let (first, count) = (word(bytes, section), word(bytes, section + 4));
    for index in word(bytes, layout::AT_IMPORTED)..count.min(bytes.len() / 12) {
        let at = first + 12 * index;
        let start = meta_end + 2 * word(bytes, at);
        let end = if index + 1 < count { meta_end + 2 * word(bytes, at + 12) } else { code_end };
        if let Some(check) = bytes.get(start..end.min(len)).map(code_checksum)
            && let Some(place) = bytes.get_mut(at + 10..at + 12)
        {
            place.copy_from_slice(&check.to_le_bytes());
        }
    }
    if let Some(sum) = bytes.get(code_end..len).map(|data| checksum(0, data)) {
        bytes[layout::AT_DATA_CHECK..][..4].copy_from_slice(&sum.to_le_bytes());
    }
    if meta_end >= layout::HEADER_LEN && meta_end <= len {
        let sum = checksum(0, &bytes[..layout::AT_CHECKSUM]);
        let sum = checksum(sum, &bytes[layout::AT_CHECKSUM + 4..meta_end]);
        bytes[layout::AT_CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
    }
}

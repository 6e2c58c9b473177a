//! The images that mutants are made of: those that have to do with references, exceptions and objects.

use wasmote::{CodeOptions, Engine, ImageOptions, Module, OpSet};
use wasmote_ir::code::Instr;
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::Section;
use wasmote_ir::ops::{FIRST_OBJECT, MANAGED_OPCODES, OBJECT_OPCODES, OPCODES};
use wasmote_wat::script::{DirectiveKind, Source, parse};

use crate::managed;
use crate::mutate::instruction_starts;
use crate::random::Random;
use crate::scripts::{Script, published, regress};

/// An image.
pub struct Original {
    pub name: String,
    pub image: Vec<u8>,
}

/// One more than what some mutants have of changes beside the first.
pub const MORE_CHANGES: usize = 8;

/// An opcode: of references, exceptions and objects mostly.
pub fn opcode(known: usize, random: &mut Random) -> u16 {
    let opcode = match random.below(100) {
        0..30 => random.below(known),
        30..90 => FIRST_OBJECT + random.below(OBJECT_OPCODES),
        _ => OPCODES + random.below(MANAGED_OPCODES),
    };
    opcode as u16
}

/// All of them; none are large.
pub fn all() -> (Vec<Original>, usize) {
    let engine = Engine::default();
    let mut originals = Vec::new();
    // More often than others, as it has all instructions.
    for _ in 0..150 {
        // The parameters are what confusion makes references of.
        let text = managed::module(20, "(param i32 i32 i64 i32 i64 i32)");
        add(&engine, &mut originals, "every instruction", &wat::parse_str(text).unwrap());
    }
    for (name, wasm) in of_scripts() {
        add(&engine, &mut originals, &name, &wasm);
    }
    let mut seen = [false; MANAGED_OPCODES + OBJECT_OPCODES];
    for Original { image, .. } in &originals {
        let parsed = Image::parse(image).expect("an image");
        for at in instruction_starts(&parsed) {
            let unit = usize::from(u16::from_le_bytes([image[at], image[at + 1]]));
            if let Some(seen) = unit.checked_sub(OPCODES).and_then(|unit| seen.get_mut(unit)) {
                *seen = true;
            }
        }
    }
    let (used, known) = (seen.iter().filter(|&&seen| seen).count(), seen.len());
    println!(
        "mutants of {} images, with {used} of {known} instructions on references and objects in use",
        originals.len()
    );
    let small = originals.len();
    (originals, small)
}

/// Whether an image has anything to do with what this is about.
fn is_managed(image: &Image<'_>) -> bool {
    image.count(Section::SubTypes) > 0
        || image.count(Section::Tags) > 0
        || instruction_starts(image).into_iter().any(|at| {
            let bytes = image.bytes();
            let units = [u16::from_le_bytes([bytes[at], bytes[at + 1]])];
            Instr::decode(&units, 0).is_some() && (OPCODES..FIRST_OBJECT + OBJECT_OPCODES).contains(&units[0].into())
        })
}

fn add(engine: &Engine, originals: &mut Vec<Original>, name: &str, wasm: &[u8]) {
    let Ok(module) = Module::new(engine, wasm) else { return };
    let info = module.info();
    let initial: u64 = info.memories.iter().map(|memory| memory.min.saturating_mul(1 << memory.page_log2)).sum();
    let elements: u64 = info.tables.iter().map(|table| table.min).sum();
    if initial > 4 << 20 || elements > 1 << 16 {
        return;
    }
    for op_set in [OpSet::Core, OpSet::Extended] {
        let code = CodeOptions { op_set, metered: true, ..CodeOptions::default() };
        let Ok(image) = module.to_image(&ImageOptions { code, names: false }) else { return };
        if Image::parse(&image).is_ok_and(|image| is_managed(&image)) {
            originals.push(Original { name: format!("{name} ({op_set:?})"), image });
        }
    }
}

/// The modules of the scripts.
fn of_scripts() -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for Script { path, text, .. } in published().into_iter().chain(regress()) {
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in directives {
            if let DirectiveKind::Module { module: Source::Binary(wasm), .. } = directive.kind {
                modules.push((format!("{path}:{}", directive.line), wasm));
            }
        }
    }
    modules
}

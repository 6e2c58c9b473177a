//! The images that are mutated: those with references, exceptions, objects and vectors.

use wasmote::{CodeOptions, Engine, ImageOptions, Module, OpSet};
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{AT_FEATURES, AT_OP_SET_ID, Section, features};
use wasmote_ir::ops::{
    ALL_OPCODES, CORE_OPCODES, FIRST_OBJECT, FIRST_VECTOR, MANAGED_OPCODES, OBJECT_OPCODES, OPCODES, SIMD_ID,
    VECTOR_OPCODES,
};
use wasmote_test_support::Random;
use wasmote_test_support::mutate::{Choices, fix, instruction_starts};
use wasmote_test_support::scripts::{Script, published, regress};
use wasmote_wat::script::{DirectiveKind, ScriptModule, parse};

use crate::managed;

/// An image.
pub struct Original {
    pub name: String,
    pub image: Vec<u8>,
}

/// More changes than for images that run in place.
pub const CHOICES: Choices = Choices { more_changes: 8, opcode };

/// One in this many modules with vectors is used, unless it has objects or exceptions, too: there are many.
const VECTORS: usize = 3;

/// Returns an opcode: mostly of references, exceptions, objects and, unless only the core op set is used, vectors.
fn opcode(known: usize, random: &mut Random) -> u16 {
    let opcode = match random.below(100) {
        0..25 => random.below(known),
        25..50 if known > CORE_OPCODES => FIRST_VECTOR + random.below(VECTOR_OPCODES),
        25..90 => FIRST_OBJECT + random.below(OBJECT_OPCODES),
        _ => OPCODES + random.below(MANAGED_OPCODES),
    };
    opcode as u16
}

/// Returns all images; none is large.
pub fn all() -> Vec<Original> {
    let engine = Engine::default();
    let mut originals = Vec::new();
    // This module is repeated, since it has all instructions.
    for _ in 0..150 {
        // `confuse` makes references of the parameters.
        let text = managed::module(20, "(param i32 i32 i64 i32 i64 i32)");
        add(&engine, &mut originals, 0, "every instruction", &wat::parse_str(text).unwrap());
    }
    for (number, (name, wasm)) in of_scripts().into_iter().enumerate() {
        add(&engine, &mut originals, number, &name, &wasm);
    }
    let mut seen = [false; ALL_OPCODES - OPCODES];
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
        "mutants of {} images, with {used} of {known} instructions on references, objects and vectors in use",
        originals.len()
    );
    originals
}

/// Whether an image has references, exceptions or objects, and whether it has vectors.
fn kinds(image: &Image<'_>) -> (bool, bool) {
    let (mut managed, mut vectors) = (image.count(Section::SubTypes) > 0 || image.count(Section::Tags) > 0, false);
    for at in instruction_starts(image) {
        let opcode = usize::from(u16::from_le_bytes([image.bytes()[at], image.bytes()[at + 1]]));
        managed |= (OPCODES..FIRST_VECTOR).contains(&opcode);
        vectors |= opcode >= FIRST_VECTOR;
    }
    (managed, vectors)
}

fn add(engine: &Engine, originals: &mut Vec<Original>, number: usize, name: &str, wasm: &[u8]) {
    let Ok(module) = Module::new(engine, wasm) else { return };
    let info = module.info();
    let initial: u64 =
        info.memories.iter().map(|memory| memory.minimum().saturating_mul(1 << memory.page_size_log2())).sum();
    let elements: u64 = info.tables.iter().map(|table| table.minimum()).sum();
    if initial > 4 << 20 || elements > 1 << 16 {
        return;
    }
    for op_set in [OpSet::Core, OpSet::Extended] {
        let code = CodeOptions::default().with_op_set(op_set).with_metered(true);
        // The core op set has no vectors.
        let Ok(mut image) = module.to_image(&ImageOptions::default().with_code(code)) else {
            continue;
        };
        let Ok((managed, vectors)) = Image::parse(&image).map(|image| kinds(&image)) else { continue };
        if !managed && (!vectors || !number.is_multiple_of(VECTORS)) {
            continue;
        }
        if op_set == OpSet::Extended {
            // Allows vector instructions to be inserted.
            image[AT_FEATURES] |= features::SIMD as u8;
            image[AT_OP_SET_ID..][..4].copy_from_slice(&SIMD_ID.to_le_bytes());
            fix(&mut image);
        }
        originals.push(Original { name: format!("{name} ({op_set:?})"), image });
    }
}

/// Returns the modules of the scripts.
fn of_scripts() -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for Script { path, text, .. } in published().into_iter().chain(regress()) {
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in directives {
            if let DirectiveKind::Module { module: ScriptModule::Binary(wasm), .. } = directive.kind {
                modules.push((format!("{path}:{}", directive.line), wasm));
            }
        }
    }
    modules
}

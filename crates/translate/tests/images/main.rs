//! The verifier accepts what the translator writes. The tests write an image of every valid module of the
//! specification's scripts and of every guest: in both op sets, metered or not, with and without names. They also
//! check how large the images of real programs are.

mod modules;

use modules::{guests, valid};
use wasmote_compile::{ImageOptions, ImageWriteError, write_image};
use wasmote_decode::ModuleInfo;
use wasmote_ir::image::layout::Section;
use wasmote_ir::image::{Image, ImageError, OpSet};
use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::{Opcode, code::DecodedInstr};
use wasmote_test_support::scripts;
use wasmote_translate::{CodeOptions, TranslateErrorKind};

/// Returns the options of every kind of image.
fn variants() -> impl Iterator<Item = ImageOptions> {
    [OpSet::Core, OpSet::Extended].into_iter().flat_map(|op_set| {
        [(false, false), (true, true)].map(|(metered, names)| {
            ImageOptions::default()
                .with_code(CodeOptions::default().with_op_set(op_set).with_metered(metered))
                .with_names(names)
                .with_offsets(names)
                .with_custom_sections(names)
        })
    })
}

fn module_of(wasm: &[u8]) -> ModuleInfo {
    wasmote_decode::decode(wasm).expect("a module that decodes")
}

/// Returns the indices of the functions that the image defines.
fn defined(image: &Image<'_>) -> std::ops::Range<u32> {
    image.imported(0)..image.count(Section::Funcs)
}

fn verify(bytes: &[u8]) -> Result<(), ImageError> {
    let image = Image::parse(bytes)?;
    image.verify_metadata(true)?;
    let mut scratch = vec![0; image.scratch_words()];
    for func in defined(&image) {
        let range = image.code_range(func).expect("verified: code inside of the image");
        image.verify_function(func, &bytes[range], &mut scratch)?;
    }
    image.verify_data(image.bytes())
}

/// Returns the opcodes of an image's code.
fn opcodes(bytes: &[u8]) -> Vec<u16> {
    let image = Image::parse(bytes).expect("an image");
    let mut all = Vec::new();
    for func in defined(&image) {
        let range = image.code_range(func).expect("code inside of the image");
        let units: Vec<u16> = bytes[range].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        let mut at = 0;
        while at < units.len() {
            all.push(units[at]);
            at += DecodedInstr::decode(&units, at).expect("an instruction").units.len();
        }
    }
    all
}

/// Writes and checks every kind of image of a module. Returns how many were written, or why none could be.
fn check(name: &str, wasm: &[u8]) -> Result<usize, &'static str> {
    let module = module_of(wasm);
    let mut written = 0;
    for options in variants() {
        let image = match write_image(&module, wasm, &options) {
            Ok(image) => image,
            Err(ImageWriteError::Function(_, error)) if error.kind == TranslateErrorKind::Unsupported => {
                return Err(error.kind.message());
            }
            // Only the core op set lacks vectors.
            Err(ImageWriteError::Function(_, error)) if error.kind == TranslateErrorKind::VectorInCore => {
                assert_eq!(options.code.op_set, OpSet::Core, "{name}");
                continue;
            }
            Err(ImageWriteError::TooLarge(what)) => return Err(what),
            Err(error) => panic!("{name}: {options:?}: {error:?}"),
        };
        if let Err(error) = verify(&image) {
            panic!("{name}: {options:?}: {} at {:#x}", error.kind.message(), error.offset);
        }
        assert_eq!(
            image,
            write_image(&module, wasm, &options).unwrap(),
            "{name}: {options:?}: other bytes the second time"
        );
        if options.code.op_set == OpSet::Core {
            let extended = CORE_OPCODES..OPCODES;
            let foreign = opcodes(&image).into_iter().find(|&opcode| extended.contains(&usize::from(opcode)));
            assert_eq!(foreign.map(|opcode| Opcode(opcode).family()), None, "{name}: extended in a core image");
        }
        written += 1;
    }
    Ok(written)
}

/// Writes images of all valid modules of these scripts. Returns the number of modules.
fn check_all(scripts: impl IntoIterator<Item = scripts::Script>) -> usize {
    let (mut modules, mut images) = (0, 0);
    let mut left_out = std::collections::BTreeMap::<String, usize>::new();
    for (name, wasm) in valid(scripts) {
        match check(&name, &wasm) {
            Ok(written) => (modules, images) = (modules + 1, images + written),
            Err(reason) => *left_out.entry(reason.into()).or_default() += 1,
        }
    }
    println!("{images} images of {modules} modules verified; left out: {left_out:?}");
    modules
}

#[test]
fn every_valid_module_of_the_scripts_becomes_images_that_verify() {
    let modules = check_all(scripts::published().into_iter().chain(scripts::regress()));
    assert!(modules > 1500, "only {modules} modules");
}

#[test]
fn every_valid_module_beside_the_checkout_becomes_images_that_verify() {
    let scripts = scripts::newest();
    let there = !scripts.is_empty();
    let modules = check_all(scripts);
    assert!(!there || modules > 500, "only {modules} modules");
}

#[test]
fn every_guest_becomes_images_that_verify_and_are_not_much_larger_than_their_code() {
    // In the image of a small module, metadata and the header take more bytes than the code.
    const LARGE: usize = 20_000;
    let mut too_large = Vec::new();
    for (name, wasm) in guests() {
        if name.contains("simd-vectors") {
            println!("{name}: left out, as the core op set has no vectors");
            continue;
        }
        check(&name, &wasm).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let module = module_of(&wasm);
        let code = module.sections.iter().find(|(id, _)| *id == 10).map_or(0, |(_, range)| range.len());
        let data: usize = module.data.iter().map(|data| data.bytes.len()).sum();
        for op_set in [OpSet::Core, OpSet::Extended] {
            let options = ImageOptions::default().with_code(CodeOptions::default().with_op_set(op_set));
            let image = write_image(&module, &wasm, &options).unwrap();
            let ratio = (image.len() - data) as f64 / code as f64;
            println!("{name}: {op_set:?}: code section {code}, image less data {}, {ratio:.2}", image.len() - data);
            // In Kotlin modules, types and globals' constant expressions are a quarter of the binary. They are larger
            // in images.
            // Accesses of shared memories are not fused with others, and name their memory.
            let limit = match name.split('-').next() {
                Some("kotlin") => 3.2,
                Some("threads") => 2.2,
                _ => 1.8,
            };
            if code >= LARGE && ratio > limit {
                too_large.push(format!("{name}: {op_set:?}: {ratio:.2} times the code section"));
            }
        }
    }
    assert!(too_large.is_empty(), "{too_large:#?}");
}

#[test]
fn names_of_functions_are_found_again() {
    let funcs: String = (0..300).map(|i| format!("(func ${i}_{} )", "x".repeat(i % 7))).collect();
    let wasm = wat::parse_str(format!("(module (import \"a\" \"b\" (func $imported)) (func) {funcs})")).unwrap();
    let module = module_of(&wasm);
    for names in [true, false] {
        let image = write_image(&module, &wasm, &ImageOptions::default().with_names(names)).unwrap();
        verify(&image).unwrap();
        let image = Image::parse(&image).unwrap();
        assert_eq!(image.function_name(0), names.then_some(&b"imported"[..]));
        assert_eq!(image.function_name(1), None);
        for i in 0..300 {
            let name = format!("{i}_{}", "x".repeat(i % 7));
            assert_eq!(image.function_name(i as u32 + 2), names.then_some(name.as_bytes()), "function {i}");
        }
        assert_eq!(image.function_name(302), None);
    }
}

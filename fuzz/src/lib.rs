//! The fuzz targets; see README.md.

mod api;
mod run;

pub use api::api;
use arbitrary::Unstructured;
use run::{Outcome, outcomes};
use wasm_smith::{Config, Module};
use wasmote_compile::{ImageOptions, ImageWriteError, write_image};
use wasmote_ir::image::layout::Section;
use wasmote_ir::image::{Image, OpSet};
use wasmote_translate::{CodeOptions, TranslateErrorKind};
use wasmote_validate::{Features, validate};

/// Loads bytes as an image, and runs it if it is accepted.
pub fn image(bytes: &[u8]) {
    let _ = outcomes(bytes);
}

/// Makes a module of the input and images of it in both op sets, and compares what they do.
pub fn translate_image(input: &[u8]) {
    if let Some(wasm) = module(input) {
        translate_module(&wasm);
    }
}

/// Returns the module that [`translate_image`] makes of an input.
pub fn module(input: &[u8]) -> Option<Vec<u8>> {
    let mut config = Config::default();
    config.max_imports = 0;
    config.max_memory32_bytes = 3 << 16;
    config.max_memory64_bytes = 3 << 16;
    config.max_memories = 3;
    config.max_table_elements = 1000;
    config.max_tables = 3;
    config.memory64_enabled = true;
    config.custom_page_sizes_enabled = true;
    config.multi_value_enabled = true;
    config.tail_call_enabled = true;
    config.extended_const_enabled = true;
    config.wide_arithmetic_enabled = true;
    config.bulk_memory_enabled = true;
    config.simd_enabled = false;
    config.relaxed_simd_enabled = false;
    config.gc_enabled = false;
    config.exceptions_enabled = false;
    config.threads_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.export_everything = true;
    config.allow_start_export = false;
    // NaN bits may differ.
    config.canonicalize_nans = true;
    Some(Module::new(config, &mut Unstructured::new(input)).ok()?.to_bytes())
}

/// Like [`translate_image`], for a binary. Invalid binaries are ignored.
pub fn translate_module(wasm: &[u8]) {
    if validate(wasm, &Features::default()).is_err() {
        return;
    }
    let Ok(module) = wasmote_decode::decode(wasm) else { return };
    let mut all: Vec<Vec<Outcome>> = Vec::new();
    for op_set in [OpSet::Core, OpSet::Extended] {
        let options = ImageOptions::default().with_code(CodeOptions::default().with_op_set(op_set).with_metered(true));
        let image = match write_image(&module, wasm, &options) {
            Ok(image) => image,
            Err(ImageWriteError::TooLarge(_)) => return,
            Err(ImageWriteError::Function(_, error)) => match error.kind {
                TranslateErrorKind::Invalid => panic!("a valid body is refused at {:#x}", error.offset),
                _ => return,
            },
            Err(error) => panic!("no image: {error:?}"),
        };
        verify(&image);
        match outcomes(&image) {
            Some(outcomes) => all.push(outcomes),
            None => return,
        }
    }
    for (core, extended) in all[0].iter().zip(&all[1]) {
        if core.is_about_the_stack() || extended.is_about_the_stack() {
            // Frames differ in size.
            return;
        }
        assert_eq!(core, extended, "the op sets differ");
    }
}

fn verify(bytes: &[u8]) {
    let image = Image::parse(bytes).expect("an image that was just written");
    image.verify_metadata(true).expect("its metadata verifies");
    let mut scratch = vec![0; image.scratch_words()];
    for func in image.imported(0)..image.count(Section::Funcs) {
        let range = image.code_range(func).expect("code inside of the image");
        image.verify_function(func, &bytes[range], &mut scratch).expect("its code verifies");
    }
    image.verify_data(image.bytes()).expect("its data verifies");
}

//! Tests builds without floats: images that have floats are refused with the feature's name, and all others run.

use wasmote_exec::in_place::{Instance, LoadError, buffer_bytes};
use wasmote_ir::image::layout::{AT_FEATURES, features};
use wasmote_ir::image::{ImageError, ImageErrorKind};

use super::{STACK, check};
use crate::support::{Aligned, image_of_text, kinds_of_code};

/// Modules with one float instruction each: arithmetic, conversions, a comparison, a branch.
const MODULES: [&str; 6] = [
    r#"(module (func (export "f") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1))))"#,
    r#"(module (func (export "f") (param f32) (result f32) (f32.sqrt (local.get 0))))"#,
    r#"(module (func (export "f") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0))))"#,
    r#"(module (func (export "f") (param i64) (result f32) (f32.convert_i64_u (local.get 0))))"#,
    r#"(module (func (export "f") (param f64 f64) (result i32) (f64.le (local.get 0) (local.get 1))))"#,
    r#"(module (func (export "f") (param f32) (result i32)
        (if (f32.lt (local.get 0) (f32.const 2)) (then (return (i32.const 1)))) (i32.const 2)))"#,
];

#[track_caller]
fn refusal(image: &Aligned) -> ImageError {
    let mut buffer = vec![0; 20_000];
    match Instance::new(image.bytes(), &[], &mut buffer, STACK, ()) {
        Err(LoadError::Image(error)) => error,
        Err(error) => panic!("{}", error.message()),
        Ok(_) => panic!("loaded"),
    }
}

/// Returns the same image, but its header says that it has no floats.
fn lying(image: &Aligned) -> Aligned {
    let features = image.word(AT_FEATURES);
    assert_ne!(features & features::FLOAT, 0, "the image says that it has floats");
    image.with_words(&[(AT_FEATURES, features & !features::FLOAT)])
}

#[test]
fn an_image_with_floats_is_refused_whether_or_not_it_says_so() {
    for text in MODULES {
        for code in kinds_of_code() {
            let image = image_of_text(text, code);
            let said = refusal(&image);
            assert_eq!((said.kind, said.offset), (ImageErrorKind::Float, AT_FEATURES as u32), "{text}");
            assert!(buffer_bytes(image.bytes(), STACK).is_err_and(|error| error.message().contains("`float`")));
            let found = refusal(&lying(&image));
            assert_eq!(found.kind, ImageErrorKind::Float, "{text}");
            assert!(found.offset > AT_FEATURES as u32, "it is found in the code");
        }
    }
}

#[test]
fn floats_that_are_only_moved_are_no_reason() {
    check(
        r#"(module (memory 1) (data (i32.const 8) "\00\00\c0\3f") (global $g (mut f32) (f32.const 1))
            (func $swap (param f64 f32) (result f32 f64) (local.get 1) (local.get 0))
            (func (export "f") (param i32 f64) (result f32)
                (call $swap (local.get 1) (f32.load (local.get 0))) (drop) (global.set $g)
                (f32.store (i32.const 0) (global.get $g))
                (f64.store offset=60000 (i32.const 0) (local.get 1)) (f32.load (i32.const 0))))"#,
        &[("f", &[8, 0], Ok(1.5f32.to_bits().into()))],
    );
}

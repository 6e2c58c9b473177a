//! Images for tests, of modules in text form.
#![allow(dead_code)] // Each test uses some of it.

use wasmote_compile::{ImageOptions, write_image};
use wasmote_ir::image::OpSet;
use wasmote_translate::CodeOptions;

/// A guest that calls imports, traps three calls deep, loops for as long as there is fuel, and grows its memory.
pub const GUEST: &str = r#"(module
    (import "host" "add" (func $add (param i32 i64) (result i64)))
    (import "host" "fail" (func $fail (param i32)))
    (memory (export "memory") 1 3 (pagesize 1))
    (data (i32.const 0) "A")
    (table 2 funcref)
    (elem (i32.const 0) $div)
    (global $rounds (mut i64) (i64.const 0))
    (func $div (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
    (func $middle (param i32) (result i32) (i32.add (call $div (local.get 0)) (i32.const 1)))
    (func (export "div") (param i32) (result i32) (call $middle (local.get 0)))
    (func (export "indirect") (param i32 i32) (result i32)
        (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
    (func (export "add") (param i32 i64) (result i64) (call $add (local.get 0) (local.get 1)))
    (func (export "fail") (param i32) (call $fail (local.get 0)))
    (func (export "sum") (param $n i32) (result i64) (local $sum i64)
        (block $done (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (local.get $sum))
    (func (export "forever") (loop (br 0)))
    (func $deeper (export "deeper") (call $deeper))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))"#;

/// Writes the image of a module in text form.
pub fn image(text: &str, metered: bool) -> Vec<u8> {
    let wasm = wat::parse_str(text).expect("a module");
    let module = wasmote_decode::decode(&wasm).expect("a module that decodes");
    let code = CodeOptions::default().with_op_set(OpSet::Core).with_metered(metered);
    write_image(&module, &wasm, &ImageOptions::default().with_code(code)).expect("an image")
}

//! Tests of memories, data segments and globals.

use wasmote_exec::TrapCode::MemoryOutOfBounds;
use wasmote_exec::in_place::Instance;

use super::{STACK, check, dirty_buffer, each_image, none, one, with};

const MINUS_ONE: u64 = 0xffff_ffff;
const PAGE: usize = 65536;

#[test]
fn memory_0_grows_to_the_end_of_the_buffer_and_new_pages_are_zero() {
    let text = r#"(module (memory 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size))
        (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
        (func (export "store") (param i32) (result i32) (i64.store (local.get 0) (i64.const -1)) (i32.const 0)))"#;
    // One byte less than a page is no page.
    for (more, pages) in [(0, 0), (PAGE - 8, 0), (PAGE, 1), (3 * PAGE + PAGE / 2, 3)] {
        each_image(text, |image| {
            let mut buffer = dirty_buffer(image.bytes(), STACK, more);
            let mut instance = Instance::new(image.bytes(), &[], &mut buffer, STACK, ()).unwrap();
            let instance = &mut instance;
            assert_eq!(one(instance, "grow", &[pages + 1]), Ok(MINUS_ONE));
            assert_eq!(one(instance, "size", &[]), Ok(1));
            assert_eq!(one(instance, "store", &[PAGE as u64 - 8]), Ok(0));
            for page in 0..pages {
                let end = (page + 1) * PAGE as u64;
                assert_eq!(one(instance, "load", &[end]), Err(MemoryOutOfBounds));
                assert_eq!(one(instance, "grow", &[1]), Ok(page + 1));
                assert_eq!(one(instance, "load", &[end]), Ok(0));
                assert_eq!(one(instance, "load", &[end + PAGE as u64 - 8]), Ok(0));
                assert_eq!(one(instance, "store", &[end + PAGE as u64 - 8]), Ok(0));
            }
            assert_eq!(one(instance, "size", &[]), Ok(pages + 1));
            for delta in [1, 2, 65535, 65536, MINUS_ONE] {
                assert_eq!(one(instance, "grow", &[delta]), Ok(MINUS_ONE));
            }
            assert_eq!(one(instance, "grow", &[0]), Ok(pages + 1));
            assert_eq!(one(instance, "load", &[PAGE as u64 - 8]), Ok(u64::MAX));
            assert_eq!(instance.memory().len(), PAGE * (pages as usize + 1));
        });
    }
}

#[test]
fn memory_0_does_not_grow_beyond_its_maximum() {
    let text = r#"(module (memory 1 2) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    each_image(text, |image| {
        let mut buffer = dirty_buffer(image.bytes(), STACK, 4 * PAGE);
        let mut instance = Instance::new(image.bytes(), &[], &mut buffer, STACK, ()).unwrap();
        assert_eq!(one(&mut instance, "grow", &[2]), Ok(MINUS_ONE));
        assert_eq!(one(&mut instance, "grow", &[1]), Ok(1));
        assert_eq!(one(&mut instance, "grow", &[1]), Ok(MINUS_ONE));
    });
}

#[test]
fn memories_with_pages_of_a_byte_grow_byte_by_byte() {
    let text = r#"(module (memory 5 20 (pagesize 1))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "load4") (param i32) (result i32) (i32.load (local.get 0))))"#;
    each_image(text, |image| {
        let mut buffer = dirty_buffer(image.bytes(), STACK, 8);
        let mut instance = Instance::new(image.bytes(), &[], &mut buffer, STACK, ()).unwrap();
        let instance = &mut instance;
        assert_eq!(one(instance, "load", &[4]), Ok(0));
        assert_eq!(one(instance, "load", &[5]), Err(MemoryOutOfBounds));
        assert_eq!(one(instance, "load4", &[1]), Ok(0));
        assert_eq!(one(instance, "load4", &[2]), Err(MemoryOutOfBounds));
        assert_eq!(one(instance, "grow", &[2]), Ok(5));
        assert_eq!(one(instance, "load", &[6]), Ok(0));
        assert_eq!(one(instance, "grow", &[9]), Ok(7));
        assert_eq!(one(instance, "grow", &[1]), Ok(MINUS_ONE));
    });
}

#[test]
fn several_memories_lie_apart_and_only_the_first_one_grows() {
    let text = r#"(module (memory $a 1) (memory $b 2) (memory $c i64 1)
        (data (memory $b) (i32.const 131068) "bbbb") (data (memory $c) (i64.const 0) "cccc")
        (func (export "fill") (param i32)
            (memory.fill $b (i32.const 0) (local.get 0) (i32.const 131072)))
        (func (export "copy") (memory.copy $c $b (i64.const 1) (i32.const 5) (i32.const 3)))
        (func (export "a") (param i32) (result i32) (i32.load $a (local.get 0)))
        (func (export "b") (param i32) (result i32) (i32.load $b (local.get 0)))
        (func (export "c") (param i64) (result i32) (i32.load $c (local.get 0)))
        (func (export "grow a") (result i32) (memory.grow $a (i32.const 1)))
        (func (export "grow b") (param i32) (result i32) (memory.grow $b (local.get 0)))
        (func (export "grow c") (param i64) (result i64) (memory.grow $c (local.get 0))))"#;
    each_image(text, |image| {
        let mut buffer = dirty_buffer(image.bytes(), STACK, PAGE);
        let mut instance = Instance::new(image.bytes(), &[], &mut buffer, STACK, ()).unwrap();
        let instance = &mut instance;
        assert_eq!(one(instance, "b", &[131068]), Ok(0x6262_6262));
        assert_eq!(one(instance, "b", &[131069]), Err(MemoryOutOfBounds));
        assert_eq!(one(instance, "c", &[0]), Ok(0x6363_6363));
        assert_eq!(one(instance, "c", &[u64::MAX]), Err(MemoryOutOfBounds));
        assert_eq!(one(instance, "c", &[1 << 32]), Err(MemoryOutOfBounds));
        none(instance, "fill", &[0x11]).unwrap();
        none(instance, "copy", &[]).unwrap();
        assert_eq!(one(instance, "c", &[0]), Ok(0x1111_1163));
        assert_eq!(one(instance, "a", &[65532]), Ok(0));
        assert_eq!(one(instance, "grow b", &[1]), Ok(MINUS_ONE));
        assert_eq!(one(instance, "grow b", &[0]), Ok(2));
        assert_eq!(one(instance, "grow c", &[1]), Ok(u64::MAX));
        assert_eq!(one(instance, "grow c", &[u64::MAX]), Ok(u64::MAX));
        assert_eq!(one(instance, "grow c", &[0]), Ok(1));
        assert_eq!(one(instance, "grow a", &[]), Ok(1));
        assert_eq!(one(instance, "a", &[2 * 65536 - 4]), Ok(0));
    });
}

#[test]
fn segments_are_copied_once_active_and_until_dropped_passive() {
    let text = r#"(module (memory 1)
        (data $passive "0123456789") (data $active (i32.const 100) "active")
        (func (export "init") (param i32 i32 i32) (result i32)
            (memory.init $passive (local.get 0) (local.get 1) (local.get 2)) (i32.load8_u (local.get 0)))
        (func (export "init active") (param i32) (result i32)
            (memory.init $active (i32.const 0) (i32.const 0) (local.get 0)) (i32.const 1))
        (func (export "drop") (result i32) (data.drop $passive) (i32.const 1))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    check(
        text,
        &[
            ("load", &[100], Ok(u64::from(b'a'))),
            ("load", &[106], Ok(0)),
            ("init", &[10, 3, 7], Ok(u64::from(b'3'))),
            ("init", &[10, 3, 8], Err(MemoryOutOfBounds)),
            ("init", &[65530, 0, 7], Err(MemoryOutOfBounds)),
            ("init", &[10, MINUS_ONE, 2], Err(MemoryOutOfBounds)),
            ("init active", &[0], Ok(1)),
            ("init active", &[1], Err(MemoryOutOfBounds)),
            ("drop", &[], Ok(1)),
            ("drop", &[], Ok(1)),
            ("init", &[10, 0, 0], Ok(u64::from(b'3'))),
            ("init", &[10, 0, 1], Err(MemoryOutOfBounds)),
        ],
    );
}

#[test]
fn copies_and_fills_are_all_or_nothing_and_may_overlap() {
    let text = r#"(module (memory 1) (data (i32.const 0) "abcdef")
        (func (export "copy") (param i32 i32 i32) (result i64)
            (memory.copy (local.get 0) (local.get 1) (local.get 2)) (i64.load (i32.const 0)))
        (func (export "fill") (param i32 i32 i32) (result i64)
            (memory.fill (local.get 0) (local.get 1) (local.get 2)) (i64.load (i32.const 0)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let text8 = |text: &[u8; 8]| Ok(u64::from_le_bytes(*text));
    check(
        text,
        &[
            ("copy", &[1, 0, 5], text8(b"aabcde\0\0")),
            ("copy", &[0, 1, 5], text8(b"abcdee\0\0")),
            ("copy", &[65535, 0, 2], Err(MemoryOutOfBounds)),
            ("load", &[65535], Ok(0)),
            ("copy", &[0, 65535, 2], Err(MemoryOutOfBounds)),
            ("fill", &[2, 0x178, 2], text8(b"abxxee\0\0")),
            ("fill", &[65535, 1, 2], Err(MemoryOutOfBounds)),
            ("load", &[65535], Ok(0)),
            ("fill", &[65536, 1, 0], text8(b"abxxee\0\0")),
            ("fill", &[65537, 1, 0], Err(MemoryOutOfBounds)),
            ("fill", &[MINUS_ONE, 1, MINUS_ONE], Err(MemoryOutOfBounds)),
        ],
    );
}

#[test]
fn offsets_and_addresses_do_not_wrap() {
    let text = r#"(module (memory 1) (memory $wide i64 1)
        (func (export "far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
        (func (export "near") (param i32) (result i32) (i32.load8_u offset=65535 (local.get 0)))
        (func (export "store") (param i32) (result i32) (i64.store offset=65529 (local.get 0) (i64.const -1)) (i32.const 1))
        (func (export "wide") (param i64) (result i32) (i32.load8_u $wide offset=0xffffffffffffffff (local.get 0))))"#;
    check(
        text,
        &[
            ("far", &[1], Err(MemoryOutOfBounds)),
            ("far", &[MINUS_ONE], Err(MemoryOutOfBounds)),
            ("near", &[0], Ok(0)),
            ("near", &[1], Err(MemoryOutOfBounds)),
            ("store", &[0], Err(MemoryOutOfBounds)),
            ("wide", &[0], Err(MemoryOutOfBounds)),
            ("wide", &[1], Err(MemoryOutOfBounds)),
            ("wide", &[u64::MAX], Err(MemoryOutOfBounds)),
        ],
    );
}

#[test]
fn globals_begin_with_what_their_expressions_say() {
    let text = r#"(module
        (global $a i32 (i32.const -7)) (global $b i64 (i64.const 0x123456789abcdef0)) (global $f f32 (f32.const -1.5))
        (global $sum i32 (i32.add (i32.mul (i32.const 0x10000) (i32.const 0x10003)) (i32.sub (i32.const 1) (i32.const 2))))
        (global $wide i64 (i64.sub (i64.mul (i64.const -3) (i64.const 5)) (i64.add (i64.const 1) (i64.const 2))))
        (global $func funcref (ref.func 0)) (global $null externref (ref.null extern))
        (global $m (mut i64) (i64.const 5))
        (func (export "set") (param i64) (result i64) (global.set $m (local.get 0)) (global.get $m))
        (func (export "is null") (result i32) (ref.is_null (global.get $func)))
        (export "a" (global $a)) (export "b" (global $b)) (export "f" (global $f)) (export "sum" (global $sum))
        (export "wide" (global $wide)) (export "null" (global $null)) (export "m" (global $m)))"#;
    each_image(text, |image| {
        with(image, &[], (), |instance| {
            assert_eq!(instance.global("a"), Some(0xffff_fff9));
            assert_eq!(instance.global("b"), Some(0x1234_5678_9abc_def0));
            assert_eq!(instance.global("f"), Some((-1.5f32).to_bits().into()));
            assert_eq!(instance.global("sum"), Some(0x2_ffff));
            assert_eq!(instance.global("wide"), Some(-18i64 as u64));
            assert_eq!(instance.global("null"), Some(0));
            assert_eq!(one(instance, "is null", &[]), Ok(0));
            assert_eq!(one(instance, "set", &[u64::MAX - 1]), Ok(u64::MAX - 1));
            assert_eq!(instance.global("m"), Some(u64::MAX - 1));
            assert_eq!(instance.global("set"), None);
            assert_eq!(instance.global("x"), None);
        });
    });
}

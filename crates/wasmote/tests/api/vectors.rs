//! Vectors at the edges: values, host functions, globals, tables of functions, and the options that are about them.

use wasmote::{Caller, Config, Engine, Global, GlobalType, Instance, Linker, Module, Store, Val, ValType};

const A: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
const B: u128 = 0x0101_0101_0101_0101_0101_0101_0101_0101;

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).expect("a module")).expect("it is valid")
}

#[test]
fn vectors_go_through_host_functions_globals_and_tables() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module
            (import "host" "mix" (func $mix (param i32 v128 v128 i64) (result v128 i32 v128)))
            (import "host" "one" (func $one (param v128) (result v128)))
            (import "host" "g" (global $g (mut v128)))
            (type $f (func (param v128 v128) (result v128)))
            (table funcref (elem $add $sub))
            (func $add (type $f) (i8x16.add (local.get 0) (local.get 1)))
            (func $sub (type $f) (i8x16.sub (local.get 0) (local.get 1)))
            (func (export "call") (param i32 v128 v128) (result v128)
                (call_indirect (type $f) (local.get 1) (local.get 2) (local.get 0)))
            (func (export "mix") (param v128 v128) (result v128 i32 v128)
                (call $mix (i32.const 7) (local.get 0) (local.get 1) (i64.const 9)))
            (func (export "one") (param v128) (result v128)
                (i8x16.add (call $one (local.get 0)) (call $one (local.get 0))))
            (func (export "global") (param v128) (result v128)
                (global.set $g (i8x16.add (global.get $g) (local.get 0)))
                (select (global.get $g) (local.get 0) (i32.const 1)))
            (global (export "const") v128 (v128.const i32x4 1 2 3 4)))"#,
    );
    let mut store = Store::new(&engine, 0u32);
    let mut linker = Linker::<u32>::new(&engine);
    linker
        .func_wrap("host", "mix", |mut caller: Caller<'_, u32>, a: u32, b: u128, c: u128, d: u64| {
            *caller.data_mut() += a + d as u32;
            (c, a, b)
        })
        .expect("a new name");
    linker.func_wrap("host", "one", |a: u128| a ^ 1).expect("a new name");
    let ty = GlobalType { content: ValType::V128, mutable: true };
    let global = Global::new(&mut store, ty, Val::V128(A)).expect("of its type");
    linker.define("host", "g", global).expect("a new name");
    let instance = linker.instantiate(&mut store, &module).expect("all imports are there");

    let call = instance.get_typed_func::<(u32, u128, u128), u128>(&store, "call").expect("of this type");
    let lanes = |f: fn(u8, u8) -> u8| {
        let mut bytes = A.to_le_bytes();
        bytes.iter_mut().for_each(|byte| *byte = f(*byte, 1));
        u128::from_le_bytes(bytes)
    };
    assert_eq!(call.call(&mut store, (0, A, B)).expect("it runs"), lanes(u8::wrapping_add));
    assert_eq!(call.call(&mut store, (1, A, B)).expect("it runs"), lanes(u8::wrapping_sub));
    let mix = instance.get_typed_func::<(u128, u128), (u128, u32, u128)>(&store, "mix").expect("of this type");
    assert_eq!(mix.call(&mut store, (A, B)).expect("it runs"), (B, 7, A));
    assert_eq!(*store.data(), 16);
    let one = instance.get_typed_func::<u128, u128>(&store, "one").expect("of this type");
    assert_eq!(one.call(&mut store, 2).expect("it runs"), 6);
    let through = instance.get_typed_func::<u128, u128>(&store, "global").expect("of this type");
    assert_eq!(through.call(&mut store, B).expect("it runs"), lanes(u8::wrapping_add));
    assert_eq!(global.get(&mut store), Val::V128(lanes(u8::wrapping_add)));

    let func = instance.get_func(&store, "call").expect("it is exported");
    let mut results = [Val::I32(0)];
    func.call(&mut store, &[Val::I32(0), Val::V128(1), Val::V128(2)], &mut results).expect("it runs");
    assert_eq!(results, [Val::V128(3)]);
}

#[test]
fn nan_lanes_are_canonical_where_asked_for() {
    let mut config = Config::new();
    config.canonical_nans(true);
    let engine = Engine::new(&config);
    let module = module(
        &engine,
        r#"(module
            (func (export "f32x4") (param v128) (result v128) (f32x4.add (local.get 0) (v128.const f32x4 1 1 1 1)))
            (func (export "f64x2") (param v128) (result v128) (f64x2.mul (local.get 0) (v128.const f64x2 1 1))))"#,
    );
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
    let narrow = instance.get_typed_func::<u128, u128>(&store, "f32x4").expect("of this type");
    let lanes = 0x3f80_0000_7fa0_0001_ffff_ffff_ffc0_0000;
    assert_eq!(narrow.call(&mut store, lanes).expect("it runs"), 0x4000_0000_7fc0_0000_7fc0_0000_7fc0_0000);
    let wide = instance.get_typed_func::<u128, u128>(&store, "f64x2").expect("of this type");
    let lanes = 0x4000_0000_0000_0000_ffff_ffff_ffff_ffff;
    assert_eq!(wide.call(&mut store, lanes).expect("it runs"), 0x4000_0000_0000_0000_7ff8_0000_0000_0000);
}

#[test]
fn images_for_small_targets_refuse_vectors_by_name() {
    let engine = Engine::default();
    let module = module(&engine, r#"(module (func (export "f") (param v128) (result v128) (v128.not (local.get 0))))"#);
    let code = wasmote::CodeOptions { op_set: wasmote::OpSet::Core, ..Default::default() };
    let error = module.to_image(&wasmote::ImageOptions { code, names: false }).expect_err("the core op set has none");
    assert!(error.to_string().contains("vectors need the extended op set"), "{error}");
}

/// Verification looks at lane numbers: one beyond the vector would be read out of another slot.
#[test]
fn an_image_with_a_lane_beyond_the_vector_is_refused() {
    use wasmote_ir::code::Instr;
    use wasmote_ir::image::{Image, checksum, code_checksum, layout};
    use wasmote_ir::shape::Operand;

    let engine = Engine::default();
    let text = r#"(module (func (export "f") (param v128) (result i32) (i32x4.extract_lane 3 (local.get 0))))"#;
    let mut bytes = module(&engine, text).to_image(&wasmote::ImageOptions::default()).expect("an image");
    let image = Image::parse(&bytes).expect("it was just written");
    assert!(image.vectors());
    let (range, record) =
        (image.code_range(0).expect("code"), image.record(layout::Section::Funcs, 0).expect("a record"));
    let meta_end = image.meta_end();
    let units: Vec<u16> = bytes[range.clone()].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let mut at = 0;
    let lane = loop {
        let instr = Instr::decode(&units, at).expect("an instruction");
        if let Some(position) = instr.position(Operand::Lane4) {
            break at + position;
        }
        at += instr.units.len();
    };
    assert_eq!(units[lane], 3);
    for (number, good) in [(3u16, true), (4, false), (0xffff, false)] {
        bytes[range.start + 2 * lane..][..2].copy_from_slice(&number.to_le_bytes());
        let check = code_checksum(&bytes[range.clone()]);
        bytes[record + 10..][..2].copy_from_slice(&check.to_le_bytes());
        let sum = checksum(checksum(0, &bytes[..layout::AT_CHECKSUM]), &bytes[layout::AT_CHECKSUM + 4..meta_end]);
        bytes[layout::AT_CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
        let module = Module::from_image(&engine, &bytes[..]).expect("its metadata is in order");
        assert_eq!(module.verify().is_ok(), good, "lane {number}");
    }
}

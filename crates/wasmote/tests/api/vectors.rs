//! Vectors at the borders: values, host functions, globals, tables of functions, and the options about vectors.

use wasmote::{
    Caller, CodeOptions, Config, Engine, Global, GlobalType, ImageOptions, Instance, Linker, Module, Mutability, Store,
    Val, ValType,
};

const A: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
const B: u128 = 0x0101_0101_0101_0101_0101_0101_0101_0101;

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).expect("a module")).expect("it is valid")
}

/// Returns the module, and the same module from an image.
fn both(engine: &Engine, module: Module, options: &ImageOptions) -> [Module; 2] {
    let image = module.to_image(options).expect("it can be an image");
    let again = Module::from_image(engine, image).expect("it was just written");
    [module, again]
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
    for module in both(&engine, module, &ImageOptions::default()) {
        go_through(&engine, &module);
    }
}

fn go_through(engine: &Engine, module: &Module) {
    let mut store = Store::new(engine, 0u32);
    let mut linker = Linker::<u32>::new(engine);
    linker
        .func_wrap("host", "mix", |mut caller: Caller<'_, u32>, a: u32, b: u128, c: u128, d: u64| {
            *caller.data_mut() += a + d as u32;
            (c, a, b)
        })
        .expect("a new name");
    linker.func_wrap("host", "one", |a: u128| a ^ 1).expect("a new name");
    let ty = GlobalType::new(ValType::V128, Mutability::Var);
    let global = Global::new(&mut store, ty, Val::V128(A)).expect("of its type");
    linker.define("host", "g", global).expect("a new name");
    let instance = linker.instantiate(&mut store, module).expect("all imports are there");

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

/// Operators whose results may be NaN, with the number of their operands.
const MAY_BE_NAN: &[(&str, usize)] = &[
    ("f32x4.ceil", 1),
    ("f32x4.nearest", 1),
    ("f32x4.sqrt", 1),
    ("f32x4.add", 2),
    ("f32x4.sub", 2),
    ("f32x4.mul", 2),
    ("f32x4.div", 2),
    ("f32x4.min", 2),
    ("f32x4.max", 2),
    ("f32x4.relaxed_min", 2),
    ("f32x4.relaxed_madd", 3),
    ("f32x4.relaxed_nmadd", 3),
    ("f64x2.floor", 1),
    ("f64x2.trunc", 1),
    ("f64x2.sqrt", 1),
    ("f64x2.add", 2),
    ("f64x2.sub", 2),
    ("f64x2.mul", 2),
    ("f64x2.div", 2),
    ("f64x2.min", 2),
    ("f64x2.max", 2),
    ("f64x2.relaxed_max", 2),
    ("f64x2.relaxed_madd", 3),
    ("f64x2.promote_low_f32x4", 1),
    ("f32x4.demote_f64x2_zero", 1),
];

#[test]
fn nan_lanes_are_canonical_where_asked_for() {
    let mut config = Config::new();
    config.canonical_nans(true);
    let engine = Engine::new(&config);
    let mut text = String::from("(module\n");
    for (name, operands) in MAY_BE_NAN {
        let operands = "(local.get 0)".repeat(*operands);
        text.push_str(&format!("(func (export \"{name}\") (param v128) (result v128) ({name} {operands}))\n"));
    }
    // A fused product and sum.
    text.push_str(
        r#"(func (export "f32x4.fused") (param v128) (result v128)
            (f32x4.add (f32x4.mul (local.get 0) (local.get 0)) (local.get 0))))"#,
    );
    let module = module(&engine, &text);
    let code = CodeOptions::default().with_canonical_nans(true);
    for module in both(&engine, module, &ImageOptions::default().with_code(code)) {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
        for name in MAY_BE_NAN.iter().map(|(name, _)| *name).chain(["f32x4.fused"]) {
            let func = instance.get_typed_func::<u128, u128>(&store, name).expect("of this type");
            // Payloads and signs that canonical NaNs lack, and 1.0 in the first 32-bit lane.
            let narrow = name.starts_with("f32x4") && !name.contains("f64x2") || name.contains("promote");
            let (lanes, nan) = match narrow {
                true => (0x7fa0_0001_ffff_ffff_ffc0_0001_3f80_0000, 0x7fc0_0000),
                false => (0xffff_ffff_ffff_ffff_7ff4_0000_0000_0001, 0x7ff8_0000_0000_0000),
            };
            let result = func.call(&mut store, lanes).expect("it runs");
            let wide = name.starts_with("f64x2");
            // The lanes that were NaN, by the width of the result.
            let found: Vec<u128> = match wide {
                true => (0..2).map(|lane| result >> (64 * lane) & u128::from(u64::MAX)).collect(),
                false => (0..4).map(|lane| result >> (32 * lane) & u128::from(u32::MAX)).collect(),
            };
            let expected = match name {
                "f64x2.promote_low_f32x4" => found[1..] == [0x7ff8_0000_0000_0000],
                "f32x4.demote_f64x2_zero" => found == [0x7fc0_0000, 0x7fc0_0000, 0, 0],
                _ => found[usize::from(!wide)..].iter().all(|&lane| lane == nan),
            };
            assert!(expected, "{name}: {result:#034x}");
        }
    }
}

#[test]
fn images_for_small_targets_refuse_vectors_by_name() {
    let engine = Engine::default();
    let module = module(&engine, r#"(module (func (export "f") (param v128) (result v128) (v128.not (local.get 0))))"#);
    let code = wasmote::CodeOptions::default().with_op_set(wasmote::OpSet::Core);
    let error =
        module.to_image(&wasmote::ImageOptions::default().with_code(code)).expect_err("the core op set has none");
    assert!(error.to_string().contains(wasmote::TranslateErrorKind::VectorInCore.message()), "{error}");
}

/// Verification checks lane numbers: one beyond the vector would read another slot.
#[test]
fn an_image_with_a_lane_beyond_the_vector_is_refused() {
    use wasmote_ir::code::DecodedInstr;
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
        let instr = DecodedInstr::decode(&units, at).expect("an instruction");
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

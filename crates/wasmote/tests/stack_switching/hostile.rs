//! Images whose code no translator makes: slots have no types there, and some operands only valid code relates.

use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, ImageOptions, Instance, Linker, Module, OpSet, Store, TrapCode, Val,
};
use wasmote_ir::Op;
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::image::Image;
use wasmote_test_support::mutate::{code_of, fix, instructions};

/// An operand of an instruction: its unit behind the opcode, and the new value.
type Change = (Op, usize, u16);

/// Returns the image of a module, of the core op set. Some operands of the first such instruction in a function are
/// changed.
fn image(text: &str, func: u32, changes: &[Change]) -> Vec<u8> {
    let module = Module::new(&Engine::default(), wat::parse_str(text).unwrap()).unwrap();
    let code = CodeOptions::default().with_op_set(OpSet::Core);
    let original = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
    let parsed = Image::parse(&original).unwrap();
    let mut changed = original.clone();
    for &(op, unit, value) in changes {
        let all = instructions(&original, code_of(&parsed, func).unwrap());
        let is_it = |at: usize| {
            let units: Vec<u16> =
                original[at..].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
            DecodedInstr::decode(&units, 0).is_some_and(|instr| instr.op() == op)
        };
        let at = all.iter().find(|&&(at, _)| is_it(at)).unwrap_or_else(|| panic!("there is no {op:?}")).0;
        let place = at + 2 + 2 * unit;
        assert_ne!(changed[place..place + 2], value.to_le_bytes(), "{op:?} is changed");
        changed[place..place + 2].copy_from_slice(&value.to_le_bytes());
    }
    fix(&mut changed);
    changed
}

fn load(config: &Config, image: Vec<u8>, linker: impl FnOnce(&Engine) -> Linker<()>) -> (Store<()>, Instance) {
    let engine = Engine::new(config);
    let module = Module::from_image(&engine, image).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
    (store, instance)
}

/// The collector takes such a slot for no reference, so what the lower half refers to may be gone.
#[test]
fn a_reference_with_an_upper_half_is_none() {
    const TEXT: &str = r#"(module (type $f (func)) (type $k (cont $f))
        (global $ran (export "ran") (mut i32) (i32.const 0))
        (func $use (param $k (ref null $k)) (param $m i64) (param $upper i64) (result i64)
            (local.set $m (i64.or (local.get $m) (local.get $upper)))
            (resume $k (local.get $k))
            (local.get $m))
        (func $body (global.set $ran (i32.const 1)))
        (elem declare func $body)
        (func (export "run") (param i64) (result i64)
            (call $use (cont.new $k (ref.func $body)) (i64.const 0) (local.get 0))))"#;
    // The number is made of the reference, and resumed.
    let image = image(TEXT, 0, &[(Op::I64Or, 0, 0), (Op::Resume, 0, 1)]);
    for (upper, outcome) in [(0, None), (1 << 32, Some(TrapCode::ContinuationConsumed))] {
        let (mut store, instance) = load(&Config::new(), image.clone(), Linker::new);
        let run = instance.get_typed_func::<i64, i64>(&store, "run").unwrap();
        let ended = run.call(&mut store, upper).map_err(|error| error.as_trap_code());
        assert_eq!(ended.err(), outcome.map(Some));
        let ran = instance.get_global(&store, "ran").unwrap().get(&store);
        assert_eq!(ran, Val::I32(i32::from(outcome.is_none())));
    }
}

/// A collection during the instruction looks only at slots below the base. The image sets it to the first slot behind the
/// header, which the reference lies behind.
#[test]
fn a_continuation_that_is_bound_stays_whatever_the_base_is() {
    const TEXT: &str = r#"(module
        (type $f (func (param i32) (result i32))) (type $k (cont $f))
        (type $g (func (result i32))) (type $l (cont $g))
        (func $run (export "run") (result i32)
            (resume $l (cont.bind $k $l (i32.const 41) (cont.new $k (ref.func $body)))))
        (func $body (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (elem declare func $body))"#;
    let image = image(TEXT, 0, &[(Op::ContBind, 4, 3)]);
    for stress in [false, true] {
        let (mut store, instance) = load(Config::new().gc_stress(stress), image.clone(), Linker::new);
        let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
        for _ in 0..10 {
            assert_eq!(run.call(&mut store, ()).unwrap(), 42);
        }
    }
}

/// What a host function calls while a continuation runs uses the slots behind those of the `resume`.
#[test]
fn code_that_the_host_calls_leaves_the_frame_that_resumed() {
    const TEXT: &str = r#"(module (type $f (func)) (type $k (cont $f))
        (import "" "nested" (func $nested))
        (func $resumes (param i64 i64) (result i64)
            (resume $k (cont.new $k (ref.func $body)))
            (i64.add (local.get 0) (local.get 1)))
        (func $body (call $nested))
        (elem declare func $body)
        (func $fills (export "fills") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
            (i64.add (local.get 0) (local.get 7)))
        (func (export "run") (param i64 i64) (result i64) (call $resumes (local.get 0) (local.get 1))))"#;
    // Of no values, but in front of the frame's header.
    let image = image(TEXT, 1, &[(Op::Resume, 1, 0)]);
    let nested = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
        let fills = caller.get_export("fills").unwrap().into_func().unwrap();
        let mut results = [Val::I64(0)];
        fills.call(&mut caller, &[const { Val::I64(-1) }; 8], &mut results)?;
        assert_eq!(results, [Val::I64(-2)]);
        Ok(())
    };
    let (mut store, instance) = load(&Config::new(), image, |engine| {
        let mut linker = Linker::new(engine);
        linker.func_wrap("", "nested", nested).unwrap();
        linker
    });
    let run = instance.get_typed_func::<(i64, i64), i64>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, (40, 2)).unwrap(), 42);
}

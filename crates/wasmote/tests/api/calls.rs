//! Calls from the host, with values of all types in both directions.

use wasmote::{Engine, ExternRef, Func, FuncType, Store, Val, ValType};

use crate::{first_line, instance, linked};

#[test]
fn sixteen_parameters_and_results_come_in_order() {
    let (mut store, instance) = instance(
        r#"(module (func (export "reverse")
            (param i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 f32 f64)
            (result f64 f32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32)
            local.get 15 local.get 14 local.get 13 local.get 12 local.get 11 local.get 10 local.get 9 local.get 8
            local.get 7 local.get 6 local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0))"#,
    );
    type P = (i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, f32, f64);
    type R = (f64, f32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32);
    let reverse = instance.get_typed_func::<P, R>(&store, "reverse").unwrap();
    let params = (-1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11, 12, -13, 14, 1.5, -2.5);
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = reverse.call(&mut store, params).unwrap();
    assert_eq!((a, b), (-2.5, 1.5));
    assert_eq!([c, e, g, i, k, m, o], [14, 12, 10, 8, 6, 4, 2]);
    assert_eq!([d, f, h, j, l, n, p], [-13, -11, -9, -7, -5, -3, -1]);
}

#[test]
fn typed_and_untyped_calls_agree() {
    let (mut store, instance) = instance(
        r#"(module (func (export "f") (param i32 f64) (result f64 i32)
            (f64.add (local.get 1) (f64.const 0.5)) (i32.sub (local.get 0) (i32.const 1))))"#,
    );
    let func = instance.get_func(&store, "f").unwrap();
    let mut results = [Val::I32(0), Val::I32(0)];
    func.call(&mut store, &[Val::I32(0), Val::F64(1.0)], &mut results).unwrap();
    assert_eq!(results, [Val::F64(1.5), Val::I32(-1)]);
    let typed = func.typed::<(u32, f64), (f64, u32)>(&store).unwrap();
    assert_eq!(typed.call(&mut store, (0, 1.0)).unwrap(), (1.5, u32::MAX));
}

#[test]
fn calls_of_another_type_are_refused() {
    let (mut store, instance) = instance(r#"(module (func (export "f") (param i32) (result i32) local.get 0))"#);
    let func = instance.get_func(&store, "f").unwrap();
    let error = func.typed::<i64, i32>(&store).err().unwrap();
    assert_eq!(first_line(&error), "a parameter of the function is of another type");
    assert!(func.typed::<i32, ()>(&store).is_err());
    assert!(func.call(&mut store, &[Val::I64(1)], &mut [Val::I32(0)]).is_err());
    assert!(func.call(&mut store, &[], &mut [Val::I32(0)]).is_err());
    assert!(func.call(&mut store, &[Val::I32(1)], &mut []).is_err());
    let error = instance.get_typed_func::<i32, i32>(&store, "g").err().unwrap();
    assert_eq!(first_line(&error), "there is no such exported function: `g`");
}

#[test]
fn floats_keep_the_bits_of_their_nans() {
    let (mut store, instance) =
        instance(r#"(module (func (export "f") (param f32 f64) (result f32 f64) local.get 0 local.get 1))"#);
    let f = instance.get_typed_func::<(f32, f64), (f32, f64)>(&store, "f").unwrap();
    let (a, b) = (0x7fc1_2345u32, 0xfff8_0000_0000_1234u64);
    let (x, y) = f.call(&mut store, (f32::from_bits(a), f64::from_bits(b))).unwrap();
    assert_eq!((x.to_bits(), y.to_bits()), (a, b));
}

#[test]
fn references_pass_through_wasm() {
    let text = r#"(module
        (import "host" "f" (func $f (param funcref externref) (result externref funcref)))
        (func (export "g") (param funcref externref) (result externref funcref)
            (call $f (local.get 0) (local.get 1))))"#;
    let (mut store, instance) = linked((), text, |linker| {
        linker.func_wrap("host", "f", |a: Option<Func>, b: Option<ExternRef>| (b, a)).unwrap();
    })
    .unwrap();
    let g = instance.get_func(&store, "g").unwrap();
    let value = ExternRef::new(&mut store, String::from("payload"));
    let mut results = [Val::I32(0), Val::I32(0)];
    g.call(&mut store, &[Val::FuncRef(Some(g)), Val::ExternRef(Some(value))], &mut results).unwrap();
    assert_eq!(results, [Val::ExternRef(Some(value)), Val::FuncRef(Some(g))]);
    let back = results[0].externref().flatten().unwrap();
    assert_eq!(back.data(&store).downcast_ref::<String>().unwrap(), "payload");
    g.call(&mut store, &[Val::FuncRef(None), Val::ExternRef(None)], &mut results).unwrap();
    assert_eq!(results, [Val::ExternRef(None), Val::FuncRef(None)]);
}

#[test]
fn vectors_take_two_slots_among_others() {
    let mut store = Store::new(&Engine::default(), ());
    let swap = Func::wrap(&mut store, |a: i32, b: u128, c: i128, d: i64| (d, c, b, a));
    let typed = swap.typed::<(i32, i128, u128, i64), (i64, u128, i128, i32)>(&store).unwrap();
    let (b, c) = (-5i128, u128::MAX - 7);
    assert_eq!(typed.call(&mut store, (1, b, c, -2)).unwrap(), (-2, c, b, 1));
    let ty = swap.ty(&store);
    assert_eq!(ty.params(), [ValType::I32, ValType::V128, ValType::V128, ValType::I64]);
    let mut results = [Val::I32(0); 4];
    let args = [Val::I32(1), Val::V128(b as u128), Val::V128(c), Val::I64(-2)];
    swap.call(&mut store, &args, &mut results).unwrap();
    assert_eq!(results, [Val::I64(-2), Val::V128(c), Val::V128(b as u128), Val::I32(1)]);
}

#[test]
fn host_functions_can_be_called_by_the_host() {
    let mut store = Store::new(&Engine::default(), ());
    let ty = FuncType::new([ValType::I32], [ValType::I64]);
    let func = Func::new(&mut store, ty.clone(), |caller, args, results| {
        // A call from the host has no calling instance.
        assert!(caller.memory().is_none() && caller.get_export("memory").is_none());
        results[0] = Val::I64(i64::from(args[0].i32().unwrap()) * 2);
        Ok(())
    });
    assert_eq!(func.ty(&store), ty);
    assert_eq!(func.typed::<i32, i64>(&store).unwrap().call(&mut store, -4).unwrap(), -8);
}

//! Tables and globals.

use wasmote::{
    Config, Engine, ExternRef, Func, Global, GlobalType, Mutability, Ref, RefType, Store, Table, TableType, TrapCode,
    Val, ValType,
};

use crate::instance;

const TABLE: TableType = TableType::new(RefType::FUNC, 2, Some(6));
const NULL: Ref = Ref::Func(None);

#[test]
fn a_table_grows_fills_and_copies_within_its_bounds() {
    let mut store = Store::new(&Engine::default(), ());
    let func = Ref::Func(Some(Func::wrap(&mut store, || ())));
    let table = Table::new(&mut store, TABLE, NULL).unwrap();
    assert_eq!(table.grow(&mut store, 2, func).unwrap(), 2);
    assert!(table.grow(&mut store, 3, func).is_err());
    assert!(table.grow(&mut store, u64::MAX, func).is_err());
    assert_eq!(table.size(&store), 4);
    let all = |store: &Store<()>| (0..4).map(|i| table.get(store, i).unwrap()).collect::<Vec<_>>();
    assert_eq!(all(&store), [NULL, NULL, func, func]);
    Table::copy(&mut store, table, 1, table, 0, 3).unwrap();
    assert_eq!(all(&store), [NULL, NULL, NULL, func]);
    assert!(Table::copy(&mut store, table, 2, table, 0, 3).is_err());
    assert!(Table::copy(&mut store, table, 0, table, u64::MAX, 1).is_err());
    table.fill(&mut store, 0, func, 2).unwrap();
    assert!(table.fill(&mut store, 3, NULL, 2).is_err());
    assert_eq!(all(&store), [func, func, NULL, func]);
    assert!(table.set(&mut store, 4, NULL).is_err());
    assert_eq!(table.get(&store, 4), None);
    assert_eq!(table.ty(&store), TABLE);
}

#[test]
fn elements_are_of_the_tables_type() {
    let mut store = Store::new(&Engine::default(), ());
    let value = Ref::Extern(Some(ExternRef::new(&mut store, 1)));
    let table = Table::new(&mut store, TABLE, NULL).unwrap();
    assert!(table.set(&mut store, 0, value).is_err());
    assert!(Table::new(&mut store, TABLE, value).is_err());
    let other = Table::new(&mut store, TableType::new(RefType::EXTERN, 2, Some(6)), value).unwrap();
    assert_eq!(other.get(&store, 1), Some(value));
    assert!(Table::copy(&mut store, other, 0, table, 0, 1).is_err());
}

#[test]
fn the_configuration_limits_tables() {
    let mut config = Config::new();
    config.max_table(100);
    let mut store = Store::new(&Engine::new(&config), ());
    let table = |store: &mut Store<()>, min| Table::new(store, TableType::new(RefType::FUNC, min, None), NULL);
    assert!(table(&mut store, 101).is_err());
    let table = table(&mut store, 99).unwrap();
    assert_eq!(table.grow(&mut store, 1, NULL).unwrap(), 99);
    assert!(table.grow(&mut store, 1, NULL).is_err());
}

#[test]
fn wasm_calls_what_the_host_puts_into_a_table() {
    let (mut store, instance) = instance(
        r#"(module (type $t (func (result i32)))
            (table (export "table") 1 funcref)
            (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
            (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))"#,
    );
    let table = instance.get_table(&store, "table").unwrap();
    let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    let call = instance.get_typed_func::<u32, i32>(&store, "call").unwrap();
    assert_eq!(grow.call(&mut store, 9).unwrap(), 1);
    assert_eq!(grow.call(&mut store, -1).unwrap(), -1);
    let seven = Func::wrap(&mut store, || 7);
    let other = Func::wrap(&mut store, || 7i64);
    table.set(&mut store, 9, seven.into()).unwrap();
    table.set(&mut store, 8, other.into()).unwrap();
    assert_eq!(call.call(&mut store, 9).unwrap(), 7);
    let mut code = |index| call.call(&mut store, index).unwrap_err().as_trap_code().unwrap();
    assert_eq!(code(8), TrapCode::BadSignature);
    assert_eq!(code(7), TrapCode::IndirectCallToNull);
    assert_eq!(code(10), TrapCode::UndefinedElement);
}

#[test]
fn globals_keep_their_type_and_constness() {
    let mut store = Store::new(&Engine::default(), ());
    let constant = GlobalType::new(ValType::V128, Mutability::Const);
    let global = Global::new(&mut store, constant, Val::V128(1 << 100)).unwrap();
    assert!(global.set(&mut store, Val::V128(0)).is_err());
    assert_eq!(global.get(&store), Val::V128(1 << 100));
    assert_eq!(global.ty(&store), constant);
    let variable = GlobalType::new(ValType::F32, Mutability::Var);
    assert!(Global::new(&mut store, variable, Val::F64(1.0)).is_err());
    let global = Global::new(&mut store, variable, Val::F32(1.0)).unwrap();
    assert!(global.set(&mut store, Val::I32(1)).is_err());
    global.set(&mut store, Val::F32(-0.0)).unwrap();
    assert_eq!(global.get(&store).f32().unwrap().to_bits(), 1 << 31);
}

/// All ways to write elements mark them for the collector, in every part of a large table and at the borders of the
/// parts.
#[test]
#[cfg(feature = "gc")]
fn objects_in_tables_stay_alive_however_they_were_stored() {
    let text = r#"(module
        (type $box (struct (field i32)))
        (table $t (export "t") 5000 2000000 structref)
        (table $u 3000 structref)
        (elem $e structref (struct.new $box (i32.const 7)) (struct.new $box (i32.const 7)))
        (table $v 2000 (ref null $box) (struct.new $box (i32.const 7)))
        (func $new (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
        (func (export "set") (param i32 i32) (table.set $t (local.get 0) (call $new (local.get 1))))
        (func (export "fill") (param i32 i32 i32) (table.fill $t (local.get 0) (call $new (local.get 1)) (local.get 2)))
        (func (export "copy") (param i32 i32) (table.set $u (i32.const 1030) (call $new (local.get 1)))
            (table.copy $t $u (local.get 0) (i32.const 1030) (i32.const 1))
            (table.set $u (i32.const 1030) (ref.null none)))
        (func (export "init") (param i32) (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2)))
        (func (export "grow") (param i32 i32) (result i32) (table.grow $t (call $new (local.get 1)) (local.get 0)))
        (func (export "grow_null") (param i32) (result i32) (table.grow $t (ref.null struct) (local.get 0)))
        (func (export "get") (param i32) (result i32)
            (struct.get $box 0 (ref.cast (ref $box) (table.get $t (local.get 0)))))
        (func (export "got") (param i32) (result i32) (struct.get $box 0 (table.get $v (local.get 0)))))"#;
    let (mut store, instance) = instance(text);
    let mut call = |name: &str, args: &[i32]| {
        let func = instance.get_func(&store, name).unwrap();
        let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
        let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg)).collect();
        func.call(&mut store, &args, &mut results).unwrap();
        store.collect();
        // Free memory is reused, so that a lost object would be overwritten.
        let taken = instance.get_func(&store, "got").unwrap();
        taken.call(&mut store, &[Val::I32(1999)], &mut [Val::I32(0)]).unwrap();
        results.first().and_then(Val::i32)
    };
    call("set", &[0, 10]);
    call("set", &[1023, 11]);
    call("set", &[1024, 12]);
    call("set", &[4999, 13]);
    call("fill", &[2040, 14, 10]);
    call("copy", &[3071, 15]);
    call("init", &[4095]);
    assert_eq!(call("grow", &[3000, 16]), Some(5000));
    assert_eq!(call("grow_null", &[1_900_000]), Some(8000));
    call("set", &[1_500_000, 17]);
    for round in 0..2 {
        for value in 0..20 {
            // Garbage, so that unmarked objects are overwritten.
            call("fill", &[100, round * 1000 + value, 1]);
        }
        let expected = [
            (0, 10),
            (1023, 11),
            (1024, 12),
            (4999, 13),
            (2040, 14),
            (2049, 14),
            (3071, 15),
            (4095, 7),
            (4096, 7),
            (5000, 16),
            (7999, 16),
            (1_500_000, 17),
        ];
        for (at, value) in expected {
            assert_eq!(call("get", &[at]), Some(value), "element {at}");
        }
        assert_eq!(call("got", &[0]), Some(7));
    }
}

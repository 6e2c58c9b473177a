//! Structures and arrays that the host makes, reads and writes, and their types.

use wasmote::{
    AnyRef, ArrayRef, ArrayType, AsContextMut, Caller, CompositeType, Config, Engine, Error, ExternRef, FieldType,
    Func, FuncType, Global, GlobalType, HeapType, I31, Instance, Linker, Module, Mutability, OwnedRooted, RecGroup,
    Ref, RefType, StorageType, Store, StructRef, StructType, SubType, Table, TableType, TrapCode, Val, ValType, scope,
};

use crate::{instance, module};

fn field(ty: ValType) -> FieldType {
    FieldType::new(Mutability::Const, StorageType::ValType(ty))
}

fn mutable(storage: StorageType) -> FieldType {
    FieldType::new(Mutability::Var, storage)
}

fn reference(nullable: bool, heap: HeapType) -> ValType {
    ValType::Ref(RefType::new(nullable, heap))
}

fn of_struct(supertype: Option<u32>, fields: &[FieldType]) -> SubType {
    let mut ty = open(CompositeType::Struct(fields.into()));
    ty.supertype = supertype;
    ty
}

/// Returns a type that can have subtypes.
fn open(composite: CompositeType) -> SubType {
    let mut ty = SubType::of(composite);
    ty.is_final = false;
    ty
}

/// Returns the type of a function's only parameter.
fn param(store: &Store<()>, instance: Instance, name: &str) -> ValType {
    instance.get_func(store, name).unwrap().ty(store).params()[0]
}

fn code(error: &Error) -> Option<TrapCode> {
    error.as_trap_code()
}

#[test]
fn objects_made_by_a_guest_are_read() {
    let (mut store, instance) = instance(
        r#"(module
            (type $bytes (array (mut i8)))
            (type $pair (struct (field i8) (field f64) (field (ref $bytes)) (field i31ref)))
            (func (export "make") (result (ref $pair))
                (struct.new $pair (i32.const 200) (f64.const 1.5) (array.new_fixed $bytes 3 (i32.const 7) (i32.const 8)
                    (i32.const 9)) (ref.i31 (i32.const -3))))
            (func (export "take") (param (ref null $pair)) (result i32) (ref.is_null (local.get 0))))"#,
    );
    let make = instance.get_typed_func::<(), AnyRef>(&store, "make").unwrap();
    let pair = make.call(&mut store, ()).unwrap();
    assert!(pair.is_struct(&store) && !pair.is_array(&store) && pair.as_i31(&store).is_none());
    let pair = pair.as_struct(&store).unwrap();
    assert_eq!(pair.field(&store, 0).unwrap(), Val::I32(200));
    assert_eq!(pair.field(&store, 1).unwrap(), Val::F64(1.5));
    pair.field(&store, 4).unwrap_err();
    let bytes = pair.field(&store, 2).unwrap().anyref().unwrap().unwrap().as_array(&store).unwrap();
    assert_eq!((bytes.len(&store).unwrap(), bytes.get(&store, 2).unwrap()), (3, Val::I32(9)));
    bytes.get(&store, 3).unwrap_err();
    let small = pair.field(&store, 3).unwrap().anyref().unwrap().unwrap();
    assert_eq!(small.as_i31(&store), I31::new_i32(-3));
    // Only an object of its type is an accepted argument.
    let take = instance.get_func(&store, "take").unwrap();
    let mut results = [Val::I32(0)];
    take.call(&mut store, &[pair.into()], &mut results).unwrap();
    assert_eq!(results[0], Val::I32(0));
    take.call(&mut store, &[Val::AnyRef(None)], &mut results).unwrap();
    assert_eq!(results[0], Val::I32(1));
    for wrong in [bytes.into(), small.into(), Val::ExternRef(None)] {
        take.call(&mut store, &[wrong], &mut results).unwrap_err();
    }
}

#[test]
fn every_kind_of_field_is_written_and_read_back_and_the_guest_sees_it() {
    let (mut store, instance) = instance(
        r#"(module
            (type $all (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64)) (field (mut f32))
                (field (mut f64)) (field (mut v128)) (field (mut anyref)) (field (mut funcref)) (field (mut externref))))
            (func (export "i8") (param (ref $all)) (result i32) (struct.get_s $all 0 (local.get 0)))
            (func (export "i16") (param (ref $all)) (result i32) (struct.get_u $all 1 (local.get 0)))
            (func (export "i32") (param (ref $all)) (result i32) (struct.get $all 2 (local.get 0)))
            (func (export "i64") (param (ref $all)) (result i64) (struct.get $all 3 (local.get 0)))
            (func (export "f32") (param (ref $all)) (result f32) (struct.get $all 4 (local.get 0)))
            (func (export "f64") (param (ref $all)) (result f64) (struct.get $all 5 (local.get 0)))
            (func (export "v128") (param (ref $all)) (result v128) (struct.get $all 6 (local.get 0)))
            (func (export "anyref") (param (ref $all)) (result anyref) (struct.get $all 7 (local.get 0)))
            (func (export "funcref") (param (ref $all)) (result funcref) (struct.get $all 8 (local.get 0)))
            (func (export "externref") (param (ref $all)) (result externref) (struct.get $all 9 (local.get 0))))"#,
    );
    let ty = StructType::of(store.engine(), param(&store, instance, "i8")).unwrap();
    let func = instance.get_func(&store, "i8").unwrap();
    let host = ExternRef::new(&mut store, "host");
    let small = AnyRef::from_i31(&mut store, I31::wrapping_i32(9));
    let values = [
        Val::I32(0x17f),
        Val::I32(0x1_ffff),
        Val::I32(-3),
        Val::I64(i64::MIN),
        Val::F32(0.5),
        Val::F64(-0.5),
        Val::V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        small.into(),
        func.into(),
        host.into(),
    ];
    let read: [Val; 10] = std::array::from_fn(|i| match i {
        0 => Val::I32(0x7f),
        1 => Val::I32(0xffff),
        i => values[i],
    });
    let made = StructRef::new(&mut store, &ty, &values).unwrap();
    assert_eq!(made.fields(&store).unwrap(), read);
    let zero = ty.fields().iter().map(|field| Val::default_of(field.element_type().unpacked())).collect::<Vec<_>>();
    let set = StructRef::new(&mut store, &ty, &zero).unwrap();
    assert_eq!(set.fields(&store).unwrap(), zero);
    for (i, &value) in values.iter().enumerate() {
        set.set_field(&mut store, i, value).unwrap();
    }
    assert_eq!(set.fields(&store).unwrap(), read);
    set.set_field(&mut store, 10, Val::I32(0)).unwrap_err();
    for wrong in [Val::I64(0), Val::AnyRef(None)] {
        set.set_field(&mut store, 0, wrong).unwrap_err();
        let error = StructRef::new(&mut store, &ty, &[&[wrong], &values[1..]].concat()).unwrap_err();
        assert!(error.to_string().contains("type"), "{error}");
    }
    StructRef::new(&mut store, &ty, &values[1..]).unwrap_err();
    let names = ["i8", "i16", "i32", "i64", "f32", "f64", "v128", "anyref", "funcref", "externref"];
    for object in [made, set] {
        for (name, value) in names.iter().zip(read) {
            let mut results = [Val::I32(0)];
            instance.get_func(&store, name).unwrap().call(&mut store, &[object.into()], &mut results).unwrap();
            assert_eq!(results[0], value, "{name}");
        }
    }
}

#[test]
fn arrays_of_every_width_are_made_and_changed_within_their_bounds() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let storages = [StorageType::I8, StorageType::I16]
        .into_iter()
        .chain([ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128].map(StorageType::ValType));
    for storage in storages {
        let ty = ArrayType::new(&engine, mutable(storage)).unwrap();
        let (one, two) = match storage.unpacked() {
            ValType::I64 => (Val::I64(1), Val::I64(2)),
            ValType::F32 => (Val::F32(1.0), Val::F32(2.0)),
            ValType::F64 => (Val::F64(1.0), Val::F64(2.0)),
            ValType::V128 => (Val::V128(1 << 100), Val::V128(2)),
            _ => (Val::I32(1), Val::I32(2)),
        };
        let all = ArrayRef::new(&mut store, &ty, one, 3).unwrap();
        assert_eq!(all.elements(&store).unwrap(), [one; 3]);
        all.set(&mut store, 1, two).unwrap();
        assert_eq!(all.elements(&store).unwrap(), [one, two, one]);
        assert_eq!(all.data(&store).unwrap().len(), 3 * storage.bytes() as usize);
        for index in [3, u32::MAX] {
            all.set(&mut store, index, one).unwrap_err();
            all.get(&store, index).unwrap_err();
        }
        all.set(&mut store, 0, Val::FuncRef(None)).unwrap_err();
        let fixed = ArrayRef::new_fixed(&mut store, &ty, &[two, one]).unwrap();
        assert_eq!(fixed.elements(&store).unwrap(), [two, one]);
        assert!(ArrayRef::new(&mut store, &ty, one, 0).unwrap().is_empty(&store).unwrap());
        assert_eq!((fixed.len(&store).unwrap(), fixed.ty(&store).unwrap()), (2, ty.clone()));
        ArrayRef::new_fixed(&mut store, &ty, &[one, Val::FuncRef(None)]).unwrap_err();
        let constant = ArrayType::new(&engine, FieldType::new(Mutability::Const, storage)).unwrap();
        let constant = ArrayRef::new(&mut store, &constant, one, 1).unwrap();
        constant.set(&mut store, 0, two).unwrap_err();
        constant.data_mut(&mut store).unwrap_err();
        assert_eq!(constant.elements(&store).unwrap(), [one]);
    }
    let references = ArrayType::new(&engine, mutable(StorageType::ValType(ValType::FUNCREF))).unwrap();
    let references = ArrayRef::new(&mut store, &references, Val::FuncRef(None), 4).unwrap();
    references.data(&store).unwrap_err();
    references.data_mut(&mut store).unwrap_err();
}

const LIST: &str = r#"(module
    (rec
        (type $node (sub (struct (field $next (mut (ref null $node))) (field $value i64))))
        (type $named (sub final $node (struct (field $next (mut (ref null $node))) (field $value i64)
            (field $name (ref $name)))))
        (type $name (array (mut i8))))
    (func (export "sum") (param $at (ref null $node)) (result i64) (local $sum i64)
        (block $end (loop $next
            (br_if $end (ref.is_null (local.get $at)))
            (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $at))))
            (local.set $at (struct.get $node $next (local.get $at)))
            (br $next)))
        (local.get $sum))
    (func (export "is_named") (param $at anyref) (result i32) (ref.test (ref $named) (local.get $at)))
    (func (export "garbage") (param $n i64)
        (loop $again
            (if (i64.ne (local.get $n) (i64.const 0)) (then
                (drop (struct.new $node (ref.null $node) (local.get $n)))
                (local.set $n (i64.sub (local.get $n) (i64.const 1)))
                (br $again))))))"#;

/// Declares the group of `LIST` in the host.
fn list(engine: &Engine) -> RecGroup {
    let own = |place| HeapType::Index(RecGroup::own(place));
    let (next, value) = (mutable(StorageType::ValType(reference(true, own(0)))), field(ValType::I64));
    let node = of_struct(None, &[next, value]);
    let mut named = of_struct(Some(RecGroup::own(0)), &[next, value, field(reference(false, own(2)))]);
    let name = CompositeType::Array(mutable(StorageType::I8));
    let name = SubType::of(name);
    named.is_final = true;
    RecGroup::new(engine, &[node, named, name]).unwrap()
}

#[test]
fn a_list_of_the_hosts_is_summed_by_a_guest_that_declares_the_same_types() {
    for stress in [false, true] {
        let engine = Engine::new(Config::new().gc_stress(stress));
        // Before a module with these types exists.
        let types = list(&engine);
        let [node, named] = [0, 1].map(|place| types.struct_type(place).unwrap());
        let name = types.array_type(2).unwrap();
        assert!(named.matches(&node) && !node.matches(&named) && types.struct_type(2).is_none());
        let mut store = Store::new(&engine, ());
        let mut last: Option<StructRef> = None;
        for value in 0..200 {
            let next = Val::AnyRef(last.map(AnyRef::from));
            last = Some(if value % 2 == 0 {
                StructRef::new(&mut store, &node, &[next, Val::I64(value)]).unwrap()
            } else {
                let name = ArrayRef::new(&mut store, &name, Val::I32(value as i32), 100).unwrap();
                StructRef::new(&mut store, &named, &[next, Val::I64(value), name.into()]).unwrap()
            });
        }
        let module = Module::new(&engine, wat::parse_str(LIST).unwrap()).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        assert_eq!(StructType::of(&engine, param(&store, instance, "sum")), Some(node.clone()));
        let sum = instance.get_typed_func::<Option<StructRef>, i64>(&store, "sum").unwrap();
        let garbage = instance.get_typed_func::<i64, ()>(&store, "garbage").unwrap();
        garbage.call(&mut store, if stress { 100 } else { 500_000 }).unwrap();
        assert_eq!(sum.call(&mut store, last).unwrap(), 199 * 200 / 2);
        assert_eq!(sum.call(&mut store, None).unwrap(), 0);
        let is_named = instance.get_typed_func::<AnyRef, i32>(&store, "is_named").unwrap();
        let last = last.unwrap();
        assert_eq!(is_named.call(&mut store, last.into()).unwrap(), 1);
        assert_eq!(last.ty(&store).unwrap(), named);
        let before = last.field(&store, 0).unwrap().anyref().unwrap().unwrap();
        assert_eq!(is_named.call(&mut store, before).unwrap(), 0);
        // A cycle.
        before.as_struct(&store).unwrap().set_field(&mut store, 0, last.into()).unwrap();
        store.collect();
        let name = last.field(&store, 2).unwrap().anyref().unwrap().unwrap().as_array(&store).unwrap();
        assert_eq!(name.data(&store).unwrap(), [199; 100]);
        let wrong = ArrayRef::new(&mut store, &types.array_type(2).unwrap(), Val::I32(0), 1).unwrap();
        before.as_struct(&store).unwrap().set_field(&mut store, 0, wrong.into()).unwrap_err();
    }
}

#[test]
fn objects_released_by_the_host_are_collected_and_stored_ones_are_kept() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let types = list(&engine);
    let (node, named) = (types.struct_type(0).unwrap(), types.struct_type(1).unwrap());
    // A global and a table of a type that is new to the store, with values of a subtype.
    let ty = GlobalType::new(node.reference(true), Mutability::Var);
    let global = Global::new(&mut store, ty, Val::AnyRef(None)).unwrap();
    let ty = TableType::new(node.reference(true).reference().unwrap(), 1, None);
    let table = Table::new(&mut store, ty, Ref::Any(None)).unwrap();
    scope(&mut store, |store| {
        let name = ArrayRef::new(&mut *store, &types.array_type(2).unwrap(), Val::I32(1), 1 << 20).unwrap();
        let values = [Val::AnyRef(None), Val::I64(42), name.into()];
        let kept = StructRef::new(&mut *store, &named, &values).unwrap();
        global.set(&mut *store, kept.into()).unwrap();
        let other = StructRef::new(&mut *store, &node, &[kept.into(), Val::I64(43)]).unwrap();
        table.set(&mut *store, 0, other.into()).unwrap();
        for _ in 0..10 {
            ArrayRef::new(&mut *store, &types.array_type(2).unwrap(), Val::I32(1), 1 << 20).unwrap();
        }
    });
    drop((types, node, named));
    store.collect();
    let live = store.heap_stats().live;
    assert!(((1 << 20)..(1 << 20) + 1024).contains(&live), "{live}");
    let kept = global.get(&store).anyref().unwrap().unwrap().as_struct(&store).unwrap();
    assert_eq!(kept.field(&store, 1).unwrap(), Val::I64(42));
    let other = table.get(&store, 0).unwrap().unwrap_any().unwrap().as_struct(&store).unwrap();
    assert_eq!(other.field(&store, 0).unwrap(), kept.into());
}

#[test]
fn no_room_is_an_error() {
    let engine = Engine::new(Config::new().max_gc_heap(1 << 20));
    let mut store = Store::new(&engine, ());
    let bytes = ArrayType::new(&engine, mutable(StorageType::I8)).unwrap();
    let wide = ArrayType::new(&engine, mutable(StorageType::ValType(ValType::V128))).unwrap();
    for len in [2 << 20, u32::MAX] {
        let error = ArrayRef::new(&mut store, &bytes, Val::I32(0), len).unwrap_err();
        assert_eq!(code(&error), Some(TrapCode::HeapExhausted));
        let error = ArrayRef::new(&mut store, &wide, Val::V128(0), len).unwrap_err();
        assert_eq!(code(&error), Some(TrapCode::HeapExhausted));
    }
    let pair = StructType::new(&engine, [field(ValType::I64), field(ValType::I64)]).unwrap();
    scope(&mut store, |store| {
        let error = loop {
            if let Err(error) = StructRef::new(&mut *store, &pair, &[Val::I64(1), Val::I64(2)]) {
                break error;
            }
        };
        assert_eq!(code(&error), Some(TrapCode::HeapExhausted));
    });
    assert!(StructRef::new(&mut store, &pair, &[Val::I64(1), Val::I64(2)]).is_ok(), "the handles are gone");
}

#[test]
fn groups_that_are_not_valid_are_refused_and_leave_nothing_behind() {
    let engine = Engine::default();
    let int = field(ValType::I32);
    let other = StructType::new(&engine, [int]).unwrap();
    let of = |supertype, fields: &[FieldType]| of_struct(supertype, fields);
    let stranger = field(reference(true, HeapType::Index(12_345)));
    let own = |place| field(reference(true, HeapType::Index(RecGroup::own(place))));
    let groups: &[(&str, Vec<SubType>)] = &[
        ("none", vec![]),
        ("a reference to no type", vec![of(None, &[stranger])]),
        ("a reference beyond the group", vec![of(None, &[own(1)])]),
        ("a reference beyond any group", vec![of(None, &[own(u32::MAX)])]),
        ("a supertype that there is not", vec![of(Some(12_345), &[])]),
        ("its own supertype", vec![of(Some(RecGroup::own(0)), &[])]),
        ("a supertype that comes later", vec![of(Some(RecGroup::own(1)), &[]), of(None, &[])]),
        ("a supertype that is final", vec![of(Some(other.index()), &[int])]),
        ("fewer fields", vec![of(None, &[int]), of(Some(RecGroup::own(0)), &[])]),
        ("other fields", vec![of(None, &[int]), of(Some(RecGroup::own(0)), &[field(ValType::I64)])]),
        (
            "packed differently",
            vec![of(None, &[mutable(StorageType::I8)]), of(Some(RecGroup::own(0)), &[mutable(StorageType::I16)])],
        ),
        (
            "mutable where it was not",
            vec![of(None, &[int]), of(Some(RecGroup::own(0)), &[mutable(StorageType::ValType(ValType::I32))])],
        ),
        (
            "a mutable field of a subtype",
            vec![
                of(None, &[mutable(StorageType::ValType(reference(true, HeapType::Any)))]),
                of(Some(RecGroup::own(0)), &[mutable(StorageType::ValType(reference(true, HeapType::Eq)))]),
            ],
        ),
        ("a structure below an array", vec![open(CompositeType::Array(int)), of(Some(RecGroup::own(0)), &[int])]),
        ("too many fields", vec![of(None, &vec![int; 10_001])]),
        ("too many supertypes", (0..200).map(|i: u32| of(i.checked_sub(1).map(RecGroup::own), &[])).collect()),
    ];
    for _ in 0..10 {
        for (what, types) in groups {
            assert!(RecGroup::new(&engine, types).is_err(), "{what}");
        }
    }
    let next = StructType::new(&engine, [int, int]).unwrap();
    assert!(next.index() <= 200, "{}: numbers are used again", next.index());
    // Valid declarations.
    let any = field(reference(true, HeapType::Any));
    let eq = field(reference(false, HeapType::Eq));
    let group = RecGroup::new(&engine, &[of(None, &[any]), of(Some(RecGroup::own(0)), &[eq, own(0)])]).unwrap();
    assert!(group.struct_type(1).unwrap().matches(&group.struct_type(0).unwrap()));
    assert!(StructType::new(&engine, vec![int; 10_000]).is_ok());
    assert_eq!(StructType::of(&engine, reference(true, HeapType::Struct)), None);
    assert_eq!(StructType::of(&engine, reference(true, HeapType::Index(12_345))), None);
    assert_eq!(ArrayType::of(&engine, next.reference(true)), None);
}

#[test]
fn a_structure_as_large_as_can_be_is_made_and_read() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = StructType::new(&engine, vec![field(ValType::V128); 10_000]).unwrap();
    let values: Vec<Val> = (0..10_000).map(Val::V128).collect();
    let object = StructRef::new(&mut store, &ty, &values).unwrap();
    assert_eq!(object.field(&store, 9_999).unwrap(), values[9_999]);
    object.field(&store, 10_000).unwrap_err();
}

#[test]
fn types_of_another_engine_are_refused() {
    let (one, other) = (Engine::default(), Engine::default());
    let mut store = Store::new(&one, ());
    let pair = StructType::new(&other, []).unwrap();
    StructRef::new(&mut store, &pair, &[]).unwrap_err();
    let bytes = ArrayType::new(&other, mutable(StorageType::I8)).unwrap();
    ArrayRef::new(&mut store, &bytes, Val::I32(0), 1).unwrap_err();
    assert_ne!(pair, StructType::new(&one, []).unwrap());
    assert!(!pair.matches(&StructType::new(&one, []).unwrap()));
}

#[test]
fn typed_calls_check_the_types_of_references() {
    let (mut store, instance) = instance(
        r#"(module
            (type $a (struct (field i32))) (type $b (struct (field i64))) (type $f (func (result i32)))
            (func (export "a") (param i64 (ref $a)) (result i32) (struct.get $a 0 (local.get 1)))
            (func (export "maybe") (param (ref null $a)) (result i32) (ref.is_null (local.get 0)))
            (func (export "f") (param (ref $f)) (result i32) (call_ref $f (local.get 0)))
            (func (export "one") (type $f) (i32.const 1)) (func (export "nothing"))
            (func (export "b") (param (ref $b)) (result (ref $b)) (local.get 0))
            (func (export "small") (param i31ref) (result (ref i31)) (ref.i31 (i31.get_s (local.get 0)))))"#,
    );
    let [a, b] = [("a", 1), ("b", 0)].map(|(name, at)| {
        let ty = instance.get_func(&store, name).unwrap().ty(&store).params()[at];
        StructType::of(store.engine(), ty).unwrap()
    });
    let a = StructRef::new(&mut store, &a, &[Val::I32(5)]).unwrap();
    let b = StructRef::new(&mut store, &b, &[Val::I64(6)]).unwrap();
    let get = instance.get_typed_func::<(i64, StructRef), i32>(&store, "a").unwrap();
    assert_eq!(get.call(&mut store, (0, a)).unwrap(), 5);
    get.call(&mut store, (0, b)).unwrap_err();
    let get = instance.get_typed_func::<(i64, Option<AnyRef>), i32>(&store, "a").unwrap();
    assert_eq!(get.call(&mut store, (0, Some(a.into()))).unwrap(), 5);
    get.call(&mut store, (0, None)).unwrap_err();
    let small = AnyRef::from_i31(&mut store, I31::wrapping_i32(0));
    get.call(&mut store, (0, Some(small))).unwrap_err();
    let maybe = instance.get_typed_func::<Option<StructRef>, i32>(&store, "maybe").unwrap();
    assert_eq!(maybe.call(&mut store, None).unwrap(), 1);
    assert_eq!(maybe.call(&mut store, Some(a)).unwrap(), 0);
    maybe.call(&mut store, Some(b)).unwrap_err();
    let maybe = instance.get_typed_func::<StructRef, i32>(&store, "maybe").unwrap();
    assert_eq!(maybe.call(&mut store, a).unwrap(), 0);
    let f = instance.get_typed_func::<Option<Func>, i32>(&store, "f").unwrap();
    let [one, nothing] = ["one", "nothing"].map(|name| instance.get_func(&store, name));
    assert_eq!(f.call(&mut store, one).unwrap(), 1);
    f.call(&mut store, nothing).unwrap_err();
    f.call(&mut store, None).unwrap_err();
    let small = instance.get_typed_func::<I31, I31>(&store, "small").unwrap();
    assert_eq!(small.call(&mut store, I31::wrapping_i32(-7)).unwrap().get_i32(), -7);
    let small = instance.get_typed_func::<Option<I31>, Option<I31>>(&store, "small").unwrap();
    assert_eq!(code(&small.call(&mut store, None).unwrap_err()), Some(TrapCode::NullReference));
    // Types that can never match, and results that only partly match.
    assert!(instance.get_typed_func::<(i64, ArrayRef), i32>(&store, "a").is_err());
    assert!(instance.get_typed_func::<(i64, I31), i32>(&store, "a").is_err());
    assert!(instance.get_typed_func::<StructRef, ArrayRef>(&store, "b").is_err());
    assert!(instance.get_typed_func::<StructRef, AnyRef>(&store, "b").is_ok());
}

#[test]
fn a_host_function_takes_and_returns_structures_of_the_modules_type() {
    for stress in [false, true] {
        let engine = Engine::new(Config::new().gc_stress(stress));
        let text = r#"(module
            (type $point (struct (field i32) (field i32)))
            (type $wrong (struct (field f32)))
            (import "host" "swap" (func $swap (param (ref $point)) (result (ref $point))))
            (import "host" "any" (func $any (param structref i31ref) (result anyref)))
            (func (export "run") (param i32 i32) (result i32)
                (local $p (ref $point))
                (local.set $p (call $swap (struct.new $point (local.get 0) (local.get 1))))
                (i32.sub (struct.get $point 0 (local.get $p)) (struct.get $point 1 (local.get $p))))
            (func (export "any") (result i32)
                (i31.get_u (ref.cast (ref i31)
                    (call $any (struct.new $point (i32.const 3) (i32.const 4)) (ref.i31 (i32.const 5)))))))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let ty = module.imports().next().and_then(|import| import.ty().func().cloned()).unwrap();
        let point = StructType::of(&engine, ty.params()[0]).unwrap();
        let wrong = StructType::new(&engine, [field(ValType::F32)]).unwrap();
        let mut linker = Linker::<bool>::new(&engine);
        linker
            .func_new("host", "swap", ty, move |mut caller, args, results| {
                let given = args[0].anyref().flatten().and_then(|it| it.as_struct(&caller)).expect("a structure");
                assert_eq!(given.ty(&caller)?, point);
                let values = given.fields(&caller)?;
                results[0] = match *caller.data() {
                    true => StructRef::new(&mut caller, &point, &[values[1], values[0]])?.into(),
                    false => StructRef::new(&mut caller, &wrong, &[Val::F32(0.0)])?.into(),
                };
                Ok(())
            })
            .unwrap();
        let any =
            |mut caller: Caller<'_, bool>, it: Option<StructRef>, more: Option<I31>| -> Result<Option<AnyRef>, Error> {
                let Val::I32(first) = it.unwrap().field(&caller, 0)? else { panic!("a number") };
                let sum = I31::wrapping_i32(first + more.unwrap().get_i32());
                Ok(Some(AnyRef::from_i31(caller.as_context_mut(), sum)))
            };
        linker.func_wrap("host", "any", any).unwrap();
        let mut store = Store::new(&engine, true);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(i32, i32), i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, (1, 10)).unwrap(), 9);
        assert_eq!(instance.get_typed_func::<(), i32>(&store, "any").unwrap().call(&mut store, ()).unwrap(), 8);
        *store.data_mut() = false;
        let error = run.call(&mut store, (1, 10)).unwrap_err();
        assert!(error.to_string().contains("other types than declared"), "{error}");
    }
}

#[test]
fn small_integers_and_values_of_the_host_go_through_wasm_and_back() {
    let (mut store, instance) = instance(
        r#"(module
            (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
            (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
            (func (export "kind") (param anyref) (result i32)
                (i32.add (ref.test (ref i31) (local.get 0))
                    (i32.add (i32.mul (i32.const 2) (ref.test (ref eq) (local.get 0)))
                        (i32.mul (i32.const 4) (ref.test (ref any) (local.get 0)))))))"#,
    );
    let into = instance.get_typed_func::<Option<ExternRef>, Option<AnyRef>>(&store, "in").unwrap();
    let out = instance.get_typed_func::<AnyRef, Option<ExternRef>>(&store, "out").unwrap();
    let kind = instance.get_typed_func::<AnyRef, i32>(&store, "kind").unwrap();
    let host = ExternRef::new(&mut store, String::from("host"));
    let inside = into.call(&mut store, Some(host)).unwrap().unwrap();
    assert_eq!(inside, AnyRef::convert_extern(host));
    assert_eq!(kind.call(&mut store, inside).unwrap(), 4);
    assert!(inside.as_struct(&store).is_none() && inside.as_i31(&store).is_none());
    let back = out.call(&mut store, inside).unwrap().unwrap();
    assert_eq!(back.data(&store).downcast_ref(), Some(&String::from("host")));
    assert!(Val::from(back).matches(&store, ValType::EXTERNREF));

    for value in [0, 1, -1, (1 << 30) - 1, -1 << 30] {
        let small = I31::new_i32(value).unwrap();
        let any = AnyRef::from_i31(&mut store, small);
        assert_eq!(kind.call(&mut store, any).unwrap(), 7);
        let outside = out.call(&mut store, any).unwrap().unwrap();
        assert_eq!(outside, ExternRef::convert_any(any));
        assert!(outside.data(&store).downcast_ref::<()>().is_some(), "no value of the host");
        let inside = into.call(&mut store, Some(outside)).unwrap().unwrap();
        assert_eq!(inside.as_i31(&store), Some(small));
        assert_eq!(small.get_i32(), value);
    }
    assert_eq!((I31::new_i32(1 << 30), I31::new_i32(-(1 << 30) - 1), I31::new_u32(1 << 31)), (None, None, None));
    assert_eq!(I31::new_u32((1 << 31) - 1).map(I31::get_i32), Some(-1));
    assert!(Val::AnyRef(None).matches(&store, reference(true, HeapType::None)));
    assert!(!Val::AnyRef(None).matches(&store, reference(false, HeapType::Any)));
}

#[test]
fn a_type_stays_known_as_long_as_anything_has_it() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = StructType::new(&engine, [field(ValType::I64)]).unwrap();
    let (index, reference) = (ty.index(), ty.reference(true));
    let object = StructRef::new(&mut store, &ty, &[Val::I64(1)]).unwrap();
    drop(ty);
    assert_eq!(object.ty(&store).unwrap().index(), index, "the store has it");
    drop(store);
    assert_eq!(StructType::of(&engine, reference), None);
    // A function type with a dropped type refers to nothing: neither to the type that reuses the number, nor does it
    // release that type.
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([reference], []);
    let func = Func::new(&mut store, ty, |_, _, _| Ok(()));
    let others = [ValType::F32, ValType::F64].map(|ty| StructType::new(&engine, [field(ty)]).unwrap());
    for other in &others {
        let value =
            StructRef::new(&mut store, other, &[Val::default_of(other.fields()[0].element_type().unpacked())]).unwrap();
        assert!(
            func.typed::<StructRef, ()>(&store).is_err() || func.call(&mut store, &[value.into()], &mut []).is_err()
        );
    }
    drop(store);
    for other in others {
        assert_eq!(StructType::of(&engine, other.reference(true)), Some(other));
    }
}

/// A million objects, of which the host owns a few at a time: neither the heap nor the list of owned references grows.
#[test]
fn an_owned_reference_ends_when_it_is_dropped() {
    let engine = Engine::new(Config::new().max_gc_heap(1 << 20));
    let mut store = Store::new(&engine, ());
    let pair = StructType::new(&engine, [field(ValType::I64), field(ValType::I64)]).unwrap();
    let make = |store: &mut Store<()>, number| {
        let fields = [Val::I64(number), Val::I64(-number)];
        scope(store, |store| StructRef::new(&mut *store, &pair, &fields).unwrap().to_owned_rooted(store).unwrap())
    };
    let first = make(&mut store, 1);
    let mut clones = [first.clone(), first.clone(), first.clone()];
    for number in 2..1_000_000 {
        let made = make(&mut store, number);
        if number % 7 == 0 {
            clones[number as usize % 3] = made.clone();
        }
        if number % 1000 == 0 {
            let read = scope(&mut store, |store| made.to_rooted(&mut *store).field(store, 1).unwrap());
            assert_eq!(read, Val::I64(-number));
        }
    }
    assert!(store.heap_stats().collections > 10);
    let read = |store: &mut Store<()>, owned: &OwnedRooted<StructRef>| {
        scope(store, |store| owned.to_rooted(&mut *store).field(store, 0).unwrap())
    };
    assert_eq!(read(&mut store, &first), Val::I64(1));
    let last: Vec<_> = clones.iter().map(|owned| read(&mut store, owned).i64().unwrap()).collect();
    assert!(last.iter().all(|number| number % 7 == 0), "{last:?}");
    let live = |store: &mut Store<()>| {
        store.collect();
        store.heap_stats().live
    };
    let before = live(&mut store);
    drop(clones);
    assert!(live(&mut store) < before);
}

#[test]
#[should_panic = "store"]
fn an_owned_reference_belongs_to_its_store() {
    let engine = Engine::default();
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let owned = ExternRef::new(&mut store, 1).to_owned_rooted(&store).unwrap();
    owned.to_rooted(&mut other);
}

/// A host that calls outside of scopes, and keeps nothing that the calls return.
#[test]
fn typed_functions_return_owned_references() {
    let text = r#"(module
        (type $pair (struct (field i64) (field i64)))
        (func (export "make") (param i64) (result (ref null struct))
            (if (i64.eqz (local.get 0)) (then (return (ref.null struct))))
            (struct.new $pair (local.get 0) (i64.const 0)))
        (func (export "first") (param (ref null struct)) (result i64)
            (struct.get $pair 0 (ref.cast (ref $pair) (local.get 0)))))"#;
    let engine = Engine::new(Config::new().max_gc_heap(1 << 20));
    let module = module(&engine, text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    type Owned = Option<OwnedRooted<StructRef>>;
    let make = instance.get_typed_func::<i64, Owned>(&store, "make").unwrap();
    let first = instance.get_typed_func::<Owned, i64>(&store, "first").unwrap();
    assert!(make.call(&mut store, 0).unwrap().is_none());
    let kept = make.call(&mut store, -1).unwrap();
    for number in 1..200_000 {
        let made = make.call(&mut store, number).unwrap();
        if number % 1000 == 0 {
            assert_eq!(first.call(&mut store, made).unwrap(), number);
        }
    }
    assert_eq!(first.call(&mut store, kept).unwrap(), -1);
}

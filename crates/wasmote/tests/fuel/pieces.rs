//! Long instructions run in pieces, each paid before it is done.

use wasmote::{Config, Engine, TrapCode, Val};

use crate::{PLENTY, Program, programs};

/// The cost of a piece, and its bytes and elements.
const PIECE: u64 = 1 << 14;
const BYTES: usize = 1 << 20;

fn memory(program: &Program) -> Vec<u8> {
    program.instance.get_memory(&program.store, "m").unwrap().data(&program.store).to_vec()
}

const MEMORY: &str = r#"(module (memory (export "m") 64) (data $d "abc")
    (func (export "prepare") (local i32)
        (loop (i32.store (local.get 0) (i32.mul (local.get 0) (i32.const 0x9e3779b1)))
            (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 0x400000)))))
    (func (export "fill") (memory.fill (i32.const 10) (i32.const 7) (i32.const 3000000)))
    (func (export "up") (memory.copy (i32.const 70001) (i32.const 3) (i32.const 3000000)))
    (func (export "down") (memory.copy (i32.const 3) (i32.const 70001) (i32.const 3000000)))
    (func (export "far") (memory.fill (i32.const 10) (i32.const 7) (i32.const 0x400000)))
    (func (export "huge") (memory.copy (i32.const 0) (i32.const 0) (i32.const -1)))
    (func (export "init") (memory.init $d (i32.const 0) (i32.const 1) (i32.const 3)))
    (func (export "local") (param i32 i32 i32) (result i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2)) (local.get 0) (local.get 1) (local.get 2)))"#;

/// Returns the same module without fuel.
fn unmetered(text: &str) -> Program {
    Program::of_engine(&Engine::default(), text)
}

#[test]
fn copies_in_pieces_equal_a_copy_at_once() {
    for name in ["fill", "up", "down"] {
        let (mut metered, mut other) = (Program::new(MEMORY), unmetered(MEMORY));
        for program in [&mut metered, &mut other] {
            program.cost("prepare", &[]);
        }
        let cost = metered.cost(name, &[]);
        other.call(name, &[], 0).1.unwrap();
        assert!(memory(&metered) == memory(&other), "{name}");
        assert!((46_875..46_885).contains(&cost), "{name}: {cost}");
        // With one unit less it stops before the last piece, and without any before the first.
        assert_eq!(metered.call(name, &[], cost - 1).1, Err(TrapCode::OutOfFuel));
        assert_eq!(metered.call(name, &[], 0), (0, Err(TrapCode::OutOfFuel)));
    }
}

#[test]
fn a_fill_stops_at_the_end_of_a_piece() {
    let mut program = Program::new(MEMORY);
    let entry = program.cost("fill", &[]) - 3_000_000_u64.div_ceil(64);
    for pieces in 0..3 {
        let mut program = Program::new(MEMORY);
        let (used, outcome) =
            program.call("fill", &[], entry + PIECE * pieces + PIECE - 1 - if pieces == 2 { PIECE / 4 } else { 0 });
        assert_eq!((used, outcome), (entry + PIECE * pieces, Err(TrapCode::OutOfFuel)));
        let bytes = memory(&program);
        let filled = BYTES * pieces as usize;
        assert!(bytes[..10].iter().chain(&bytes[10 + filled..]).all(|&byte| byte == 0));
        assert!(bytes[10..10 + filled].iter().all(|&byte| byte == 7));
    }
}

#[test]
fn accesses_out_of_bounds_cost_nothing_and_write_nothing() {
    let mut program = Program::new(MEMORY);
    for (name, code) in [
        ("far", TrapCode::MemoryOutOfBounds),
        ("huge", TrapCode::MemoryOutOfBounds),
        ("init", TrapCode::MemoryOutOfBounds),
    ] {
        let (used, outcome) = program.call(name, &[], 100);
        assert_eq!(outcome, Err(code), "{name}");
        assert!(used < 10, "{name}: {used}");
    }
    assert!(memory(&program).iter().all(|&byte| byte == 0));
}

#[test]
fn operands_that_are_locals_keep_their_values() {
    let mut program = Program::new(MEMORY);
    let func = program.instance.get_typed_func::<(i32, i32, i32), (i32, i32, i32)>(&program.store, "local").unwrap();
    assert_eq!(func.call(&mut program.store, (5, 6, 3_000_000)).unwrap(), (5, 6, 3_000_000));
}

#[test]
fn growing_costs_by_what_is_new_and_nothing_when_it_may_not_be() {
    let text = r#"(module (memory 1 70) (table 1 100 funcref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let mut program = Program::new(text);
    for (name, delta, cost, result) in
        [("memory", 3, 3 * 1024, 1), ("memory", 67, 0, -1), ("memory", -1, 0, -1), ("memory", 66, 66 * 1024, 4)]
            .into_iter()
            .chain([("table", 9, 2, 1), ("table", 91, 0, -1), ("table", -1, 0, -1), ("table", 90, 12, 10)])
    {
        let own = program.cost(name, &[Val::I32(0)]);
        // One unit less is not enough, and changes nothing.
        if cost > 0 {
            assert_eq!(
                program.call(name, &[Val::I32(delta)], own + cost - 1).1,
                Err(TrapCode::OutOfFuel),
                "{name} {delta}"
            );
        }
        let (used, outcome) = program.call(name, &[Val::I32(delta)], PLENTY);
        assert_eq!((used, outcome), (own + cost, Ok(Some(Val::I32(result)))), "{name} {delta}");
    }
}

/// The limits of the configuration also apply to memories and tables without a maximum.
#[test]
fn growing_beyond_what_the_configuration_allows_costs_nothing() {
    let text = r#"(module (memory 1) (table 1 funcref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let mut program =
        Program::of_engine(&Engine::new(Config::new().consume_fuel(true).max_memory(1 << 20).max_table(1000)), text);
    for (name, delta) in [("memory", 16), ("table", 1000)] {
        let (used, outcome) = program.call(name, &[Val::I32(delta)], 20);
        assert_eq!(outcome, Ok(Some(Val::I32(-1))));
        assert!(used < 10);
    }
}

/// Costs grow in proportion to sizes, so that a million times the work never costs the same.
#[test]
fn the_cost_of_everything_that_has_a_size_grows_with_it() {
    for (text, names) in [
        (
            programs::BULK,
            &["memory.fill", "memory.fill i64", "memory.copy", "memory.copy between", "table.fill", "table.copy"][..],
        ),
        (
            programs::ARRAYS,
            &[
                "array.new i8",
                "array.new i64",
                "array.new ref",
                "array.new_default i8",
                "array.fill i8",
                "array.fill i64",
                "array.copy i8",
                "array.copy ref",
            ],
        ),
    ] {
        let mut program = Program::new(text);
        for name in names {
            let [none, much] = [0, 3 << 20].map(|size| program.cost(name, &[Val::I32(size)]));
            assert!(much - none >= 3 << 14, "{name}: {none}, {much}");
            let (_, outcome) = program.call(name, &[Val::I32(3 << 20)], much - 1);
            assert_eq!(outcome, Err(TrapCode::OutOfFuel), "{name}");
        }
    }
}

/// An array that is still reachable shows how far its instruction got.
#[test]
fn instructions_on_arrays_stop_at_the_end_of_a_piece() {
    let text = r#"(module (type $a (array (mut i16))) (global $g (mut (ref null $a)) (ref.null $a))
        (func (export "new") (global.set $g (array.new_default $a (i32.const 2000000))))
        (func (export "prepare") (local i32)
            (loop (array.set $a (global.get $g) (local.get 0) (i32.rotl (local.get 0) (i32.const 7)))
                (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 2000000)))))
        (func (export "get") (param i32) (result i32) (array.get_u $a (global.get $g) (local.get 0)))
        (func (export "fill") (array.fill $a (global.get $g) (i32.const 10) (i32.const 0xabcd) (i32.const 1900000)))
        (func (export "up") (array.copy $a $a (global.get $g) (i32.const 70001) (global.get $g) (i32.const 3) (i32.const 1900000)))
        (func (export "down") (array.copy $a $a (global.get $g) (i32.const 3) (global.get $g) (i32.const 70001) (i32.const 1900000)))
        (func (export "far") (array.fill $a (global.get $g) (i32.const 10) (i32.const 0xabcd) (i32.const 2000000))))"#;
    let get = |program: &mut Program, at: usize| {
        program.call("get", &[Val::I32(at as i32)], PLENTY).1.unwrap().and_then(|value| value.i32()).unwrap() as u16
    };
    let mut program = Program::new(text);
    program.cost("new", &[]);
    let cost = program.cost("fill", &[]);
    let entry = cost - 3_800_000_u64.div_ceil(64);
    program.cost("new", &[]);
    assert_eq!(program.call("far", &[], PLENTY).1, Err(TrapCode::ArrayOutOfBounds));
    assert_eq!(get(&mut program, 10), 0);
    assert_eq!(program.call("fill", &[], entry + 2 * PIECE + 5), (entry + 2 * PIECE, Err(TrapCode::OutOfFuel)));
    // A piece has 512 Ki elements.
    for (at, value) in [(9, 0), (10, 0xabcd), (9 + (1 << 20), 0xabcd), (10 + (1 << 20), 0)] {
        assert_eq!(get(&mut program, at), value, "{at}");
    }
    // Both directions, compared with a copy at once.
    for (name, to, from) in [("up", 70_001, 3), ("down", 3, 70_001)] {
        program.cost("prepare", &[]);
        program.cost(name, &[]);
        let mut expected: Vec<u16> = (0..2_000_000_u32).map(|i| i.rotate_left(7) as u16).collect();
        expected.copy_within(from..from + 1_900_000, to);
        // The borders of pieces and ranges, and some places between.
        let edges = [
            to,
            from,
            to + 1_900_000,
            from + 1_900_000,
            to + (512 << 10),
            to + (1 << 20),
            to + 1_900_000 - (512 << 10),
        ];
        let around = edges.into_iter().flat_map(|edge| edge.saturating_sub(2)..(edge + 2).min(2_000_000));
        for at in around.chain((0..2_000_000).step_by(997)) {
            assert_eq!(get(&mut program, at), expected[at], "{name} {at}");
        }
    }
}

/// A new array has the requested elements, in whichever slots the operands were.
#[test]
fn new_arrays_of_metered_code_have_what_was_asked_for() {
    let text = r#"(module (type $a (array (mut i64))) (type $v (array (mut v128))) (type $b (array (mut i8))) (type $f (array (mut funcref)))
        (data $d "abcdefgh") (elem $e func $g $h) (func $g (result i32) (i32.const 5)) (func $h (result i32) (i32.const 6))
        (type $t (func (result i32)))
        (func (export "new") (param i32 i64) (result i64) (local (ref null $a))
            (local.set 2 (array.new $a (local.get 1) (local.get 0)))
            (i64.add (i64.mul (local.get 1) (i64.const 1000)) (array.get $a (local.get 2) (i32.sub (array.len (local.get 2)) (i32.const 1)))))
        (func (export "constant") (result i64) (array.get $a (array.new $a (i64.const 77) (i32.const 3)) (i32.const 2)))
        (func (export "deep") (param i64) (result i64)
            (i64.const 100) (i64.const 200)
            (array.get $a (array.new $a (i64.add (local.get 0) (i64.const 1)) (i32.const 300000)) (i32.const 299999))
            (i64.add) (i64.add))
        (func (export "vector") (result i64)
            (i64x2.extract_lane 1 (array.get $v (array.new $v (v128.const i64x2 5 6) (i32.const 100)) (i32.const 99))))
        (func (export "data") (param i32) (result i32) (array.get_u $b (array.new_data $b $d (i32.const 2) (local.get 0)) (i32.const 3)))
        (func (export "elem") (result i32)
            (call_ref $t (ref.cast (ref $t) (array.get $f (array.new_elem $f $e (i32.const 0) (i32.const 2)) (i32.const 1)))))
        (func (export "beyond") (array.new_data $b $d (i32.const 2) (i32.const -1)) (drop))
        (func (export "beyond elem") (array.new_elem $f $e (i32.const 1) (i32.const 2)) (drop)))"#;
    for engine in [
        Engine::default(),
        Engine::new(Config::new().consume_fuel(true)),
        Engine::new(Config::new().consume_fuel(true).gc_stress(true)),
    ] {
        let mut program = Program::of_engine(&engine, text);
        for (name, args, expected) in [
            ("new", &[Val::I32(200_000), Val::I64(3)][..], Val::I64(3003)),
            ("constant", &[], Val::I64(77)),
            ("deep", &[Val::I64(4)], Val::I64(305)),
            ("vector", &[], Val::I64(6)),
            ("data", &[Val::I32(6)], Val::I32(i32::from(b'f'))),
            ("elem", &[], Val::I32(6)),
        ] {
            assert_eq!(program.call(name, args, PLENTY).1, Ok(Some(expected)), "{name}");
        }
        assert_eq!(program.call("beyond", &[], PLENTY).1, Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(program.call("beyond elem", &[], PLENTY).1, Err(TrapCode::TableOutOfBounds));
    }
}

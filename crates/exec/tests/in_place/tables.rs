//! Tests of tables and element segments.

use wasmote_exec::TrapCode::{IndirectCallToNull, TableOutOfBounds, UndefinedElement};

use super::check;

const MINUS_ONE: u64 = 0xffff_ffff;

const TABLES: &str = r#"(module
    (type $f (func (result i32)))
    (table $t 10 funcref) (table $u 4 funcref) (table $x 3 externref)
    (table $big i64 5 funcref)
    (elem $active (table $t) (i32.const 2) func $one $two)
    (elem $passive func $one $two $one $two)
    (elem $exprs funcref (ref.func $two) (ref.null func) (item (ref.func $one)))
    (elem declare func $one)
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (func (export "call") (param i32) (result i32) (call_indirect $t (type $f) (local.get 0)))
    (func (export "call u") (param i32) (result i32) (call_indirect $u (type $f) (local.get 0)))
    (func (export "call big") (param i64) (result i32) (call_indirect $big (type $f) (local.get 0)))
    (func (export "null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "set") (param i32) (result i32) (table.set $t (local.get 0) (ref.func $two)) (i32.const 0))
    (func (export "unset") (param i32) (result i32) (table.set $t (local.get 0) (ref.null func)) (i32.const 0))
    (func (export "fill") (param i32 i32) (result i32)
        (table.fill $t (local.get 0) (ref.func $one) (local.get 1)) (i32.const 0))
    (func (export "copy") (param i32 i32 i32) (result i32)
        (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "copy u") (param i32 i32 i32) (result i32)
        (table.copy $u $t (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "copy big") (param i64 i32 i32) (result i32)
        (table.copy $big $t (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "init") (param i32 i32 i32) (result i32)
        (table.init $t $passive (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "init exprs") (param i32 i32 i32) (result i32)
        (table.init $t $exprs (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "init active") (param i32) (result i32)
        (table.init $t $active (i32.const 0) (i32.const 0) (local.get 0)) (i32.const 0))
    (func (export "drop") (result i32) (elem.drop $passive) (i32.const 0))
    (func (export "size") (result i32) (table.size $t))
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "grow big") (param i64) (result i64) (table.grow $big (ref.null func) (local.get 0)))
    (func (export "extern") (param i32 externref) (result externref)
        (table.set $x (local.get 0) (local.get 1)) (table.get $x (local.get 0))))"#;

#[test]
fn elements_are_read_written_and_called() {
    check(
        TABLES,
        &[
            ("call", &[2], Ok(1)),
            ("call", &[3], Ok(2)),
            ("call", &[4], Err(IndirectCallToNull)),
            ("null", &[4], Ok(1)),
            ("null", &[9], Ok(1)),
            ("null", &[10], Err(TableOutOfBounds)),
            ("set", &[9], Ok(0)),
            ("call", &[9], Ok(2)),
            ("unset", &[9], Ok(0)),
            ("call", &[9], Err(IndirectCallToNull)),
            ("set", &[10], Err(TableOutOfBounds)),
            ("extern", &[2, 77], Ok(77)),
            ("extern", &[3, 77], Err(TableOutOfBounds)),
        ],
    );
}

#[test]
fn elements_are_filled_and_copied_all_or_none() {
    check(
        TABLES,
        &[
            ("fill", &[8, 2], Ok(0)),
            ("call", &[9], Ok(1)),
            ("fill", &[8, 3], Err(TableOutOfBounds)),
            ("fill", &[10, 0], Ok(0)),
            ("fill", &[MINUS_ONE, MINUS_ONE], Err(TableOutOfBounds)),
            ("copy", &[3, 2, 2], Ok(0)),
            ("call", &[3], Ok(1)),
            ("call", &[4], Ok(2)),
            ("copy u", &[1, 2, 3], Ok(0)),
            ("call u", &[0], Err(IndirectCallToNull)),
            ("call u", &[3], Ok(2)),
            ("call u", &[4], Err(UndefinedElement)),
            ("copy u", &[2, 2, 3], Err(TableOutOfBounds)),
            ("copy u", &[0, 8, 3], Err(TableOutOfBounds)),
            ("copy big", &[3, 2, 2], Ok(0)),
            ("call big", &[3], Ok(1)),
            ("call big", &[1 << 32 | 3], Err(UndefinedElement)),
            ("copy big", &[u64::MAX, 2, 2], Err(TableOutOfBounds)),
        ],
    );
}

#[test]
fn segments_of_functions_and_expressions_initialise_until_dropped() {
    check(
        TABLES,
        &[
            ("init", &[0, 1, 3], Ok(0)),
            ("call", &[0], Ok(2)),
            ("call", &[2], Ok(2)),
            ("init", &[0, 2, 3], Err(TableOutOfBounds)),
            ("init", &[8, 0, 3], Err(TableOutOfBounds)),
            ("init exprs", &[5, 0, 3], Ok(0)),
            ("call", &[5], Ok(2)),
            ("call", &[6], Err(IndirectCallToNull)),
            ("call", &[7], Ok(1)),
            ("init active", &[0], Ok(0)),
            ("init active", &[1], Err(TableOutOfBounds)),
            ("drop", &[], Ok(0)),
            ("init", &[0, 0, 0], Ok(0)),
            ("init", &[0, 0, 1], Err(TableOutOfBounds)),
        ],
    );
}

#[test]
fn tables_do_not_grow() {
    check(
        TABLES,
        &[
            ("grow", &[1], Ok(MINUS_ONE)),
            ("grow", &[0], Ok(10)),
            ("grow big", &[1], Ok(u64::MAX)),
            ("grow big", &[0], Ok(5)),
            ("size", &[], Ok(10)),
        ],
    );
}

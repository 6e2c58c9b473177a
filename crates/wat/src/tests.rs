//! Hostile texts: parsing takes time linear in their length, and nesting uses no native stack.

extern crate std;

use alloc::format;
use alloc::string::String;
use core::cell::Cell;

use crate::parse_text;
use crate::script;

std::thread_local! {
    /// The number of bytes that the lexer has read.
    pub static READ: Cell<usize> = const { Cell::new(0) };
}

/// Returns how often each byte of a text is read, rounded up.
fn readings(text: &str) -> usize {
    READ.with(|read| read.set(0));
    let _ = parse_text(text.as_bytes(), "m");
    READ.with(Cell::get).div_ceil(text.len().max(1))
}

#[test]
fn each_byte_is_read_a_few_times() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("(module (table 1 funcref) (func {}{inner}{}))", open.repeat(depth), close.repeat(depth))
    };
    for depth in [1_000, 100_000] {
        let texts = [
            nested("(block ", "", ")", depth),
            nested("(block $a (br $a) ", "", ")", depth),
            nested("(if (i32.const 1) (then ", "", "))", depth),
            nested("(if (result i32) ", "(i32.const 1)", "(then (i32.const 1)) (else (i32.const 2)))", depth),
            nested("(call_indirect (param i32 i64) (result i32) ", "", ")", depth),
            nested("(try (do ", "", ") (catch_all))", depth),
            nested("(i32.eqz ", "", ")", depth),
            nested("(@a ", "", ")", depth),
            nested("(; ", "", ";)", depth),
            format!("(module {})", "(func (@a (b)) (param $x i32) (local $y i32))".repeat(depth)),
            format!("(module {})", "(type (func)) (rec (type (struct (field $x i32))))".repeat(depth)),
            format!("(module {})", "(memory (data \"a\")) (table funcref (elem 0))".repeat(depth)),
            "(".repeat(depth),
            "(module (memory \"".repeat(depth),
            "(@".repeat(depth),
        ];
        for text in texts {
            let readings = readings(&text);
            assert!(readings <= 6, "{readings} times: {}...", &text[..60.min(text.len())]);
        }
    }
}

#[test]
fn depth_costs_no_stack() {
    let depth = 1_000_000;
    let text = format!("(func {}{})", "(block".repeat(depth), ")".repeat(depth));
    assert!(parse_text(text.as_bytes(), "m").is_ok());
    let text = format!("(assert_return (invoke \"f\") {}{})", "(either ".repeat(depth), ")".repeat(depth));
    assert_eq!(script::parse(&text, "s").unwrap_err().message, "values or threads are nested too deeply");
}

#[test]
fn texts_that_end_anywhere_are_refused() {
    let text = "(module $m (rec (type $t (sub final (func (param $x i32) (result (ref null 0)))))) (import \"a\" \"b\" (func $f (type 0)))\n\
        (memory (export \"m\") (data \"\\u{61}\\00\")) (table i64 1 2 (ref func) (ref.func 0)) (tag (param i32)) (global $g (mut f64) (f64.const 0x1.8p-3))\n\
        (func $h (local $l v128) (block $b (result i32) (if (i32.const 1) (then (br_table $b 0 (i32.const 1))))) (drop) (try_table (catch 0 0))\n\
        (v128.const i32x4 1 2 3 4) (drop) (drop (v128.load8_lane offset=1 align=1 3 (i32.const 0) (local.get $l))))\n\
        (elem (i64.const 0) func 0) (start $h) (data (offset i32.const 0) \"a\") (@custom \"c\" (after data) \"d\") (; c (; d ;) ;) (@a (b) \"c\"))";
    assert!(parse_text(text.as_bytes(), "m").is_ok());
    for end in 1..text.len() {
        let error = parse_text(&text.as_bytes()[..end], "m").unwrap_err();
        assert!(error.line <= 5 && error.column >= 1, "{error}");
        // The first word decides whether a text is a script.
        assert!(script::parse(&text[..end], "s").is_err() || end < 8, "{end}");
    }
}

#[test]
fn errors_are_where_they_are() {
    let cases: [(&str, &str); 22] = [
        ("(func (nop) (br ^$x))", "unknown label"),
        ("(func (local.get ^$x))", "unknown local"),
        ("(func (i32.const ^4294967296))", "constant out of range"),
        ("(func (i32.load ^align=3))", "alignment must be a power of two"),
        ("(func block $a end ^$b)", "mismatching label"),
        ("(func $f) (func ^$f)", "duplicate identifier"),
        ("(func) ^(import \"\" \"\" (func))", "import after function"),
        ("(type (func)) (func ^(type 0) (param i32))", "inline function type"),
        ("(func (f32.const ^nan:0x0))", "constant out of range"),
        ("(func (export \"a^\n\"))", "illegal character in a string"),
        ("(func (export \"\\^x\"))", "illegal escape in a string"),
        ("(func (export ^\"\\ff\"))", "malformed UTF-8 encoding"),
        ("(func) ^(; (; ;)", "unclosed comment"),
        ("(func) ^(@a (b)", "unclosed annotation"),
        ("(func ^$)", "empty identifier"),
        ("(func ^ü)", "illegal character"),
        ("^(component)", "this is a component; wasmote runs core modules"),
        ("(func (if (i32.const 1)^))", "unexpected token: a folded `if` has no `(then`"),
        ("(func (param i32) (result i32) ^(param i32))", "unexpected token: a result before a parameter"),
        ("(func) ^(start 0) (start 0)", "multiple start sections"),
        ("(module) ^(module)", "unexpected token after the end of the module"),
        ("(type $s (struct (field $a i32))) (func (struct.get $s ^$b))", "unknown field"),
    ];
    for (marked, message) in cases {
        let at = marked.find('^').expect("a mark");
        let text = format!("{}{}", &marked[..at], &marked[at + 1..]);
        let error = parse_text(text.as_bytes(), "m").unwrap_err();
        let expected = String::from(message);
        let column = marked[..at].chars().count() as u32 + 1;
        // The error points at the second of two start sections.
        let column = if message == "multiple start sections" { column + 10 } else { column };
        assert_eq!((error.message, error.column), (&*expected, column), "{marked}");
    }
}

#[test]
fn a_legacy_try_may_be_folded() {
    let same = [
        (
            "(try (result i32) (do (i32.const 1)) (catch $e) (catch_all (i32.const 2)))",
            "try (result i32) i32.const 1 catch $e catch_all i32.const 2 end",
        ),
        (
            "(try $l (do (try (do (throw $e (i32.const 1))) (delegate $l))))",
            "try $l try i32.const 1 throw $e delegate $l end",
        ),
        ("(try $a (do) (catch_all (rethrow $a)))", "try $a catch_all rethrow $a end"),
        ("(block $b (try (do) (delegate $b)))", "block $b try delegate $b end"),
    ];
    let binary = |body: &str| parse_text(format!("(tag $e (param i32)) (func {body})").as_bytes(), "m").unwrap();
    for (folded, flat) in same {
        assert_eq!(binary(folded), binary(flat), "{folded}");
    }
    for wrong in ["(try)", "(try (nop))", "(try (do) (do))", "(try (do) (delegate 0) (catch_all))", "(try (do) nop)"] {
        assert!(parse_text(format!("(func {wrong})").as_bytes(), "m").is_err(), "{wrong}");
    }
}

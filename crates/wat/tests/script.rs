//! Tests of the script parser.

use wasmote_wat::script::{Action, Arg, Directive, DirectiveKind, Float, Heap, Pattern, ScriptModule, parse};

const SCRIPT: &str = r#"(module $m (func (export "f") (param i32) (result i32) local.get 0))
(module definition $d)
(module instance $i $d)
(register "reg" $m)

(invoke $m "f" (i32.const -1) (f32.const nan:0x1) (ref.null extern) (ref.extern 7) (v128.const i32x4 1 2 3 4))
(assert_return (invoke "f" (i64.const 1)) (f32.const nan:canonical) (f64.const 0.5) (either (i32.const 1) (ref.func)))
(assert_return (get $m "g") (ref.null) (v128.const f64x2 nan:arithmetic 1) (v128.const i8x16 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 2))
(assert_trap (invoke "f") "unreachable")
(assert_trap (module) "out of bounds")
(assert_exhaustion (invoke "f") "call stack exhausted")
(assert_malformed (module quote "(func" "))") "unexpected")
(assert_malformed (module binary "\00") "unexpected end")
(assert_invalid (module quote "(func)") "words")
(assert_unlinkable (module) "unknown import")
(assert_exception (invoke "f"))
(thread $t (shared (module $m))
  (thread $u (invoke "f"))
  (wait $u))
(wait $t)
(assert_malformed_custom (module quote "(func)") "text")
"#;

fn directives() -> Vec<Directive> {
    parse(SCRIPT, "s.wast").unwrap()
}

#[test]
fn directives_have_their_lines() {
    let lines: Vec<u32> = directives().iter().map(|directive| directive.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21]);
}

#[test]
fn modules_and_instances_have_their_names() {
    let directives = directives();
    assert!(matches!(&directives[0].kind,
        DirectiveKind::Module { name: Some(name), module: ScriptModule::Binary(_) } if &**name == "m"));
    assert!(matches!(&directives[1].kind, DirectiveKind::Definition { name: Some(name), .. } if &**name == "d"));
    assert_eq!(directives[2].kind, DirectiveKind::Instance { name: Some("i".into()), module: Some("d".into()) });
    assert_eq!(directives[3].kind, DirectiveKind::Register { name: "reg".into(), instance: Some("m".into()) });
}

#[test]
fn arguments_are_bits() {
    let args = vec![
        Arg::I32(-1),
        Arg::F32(0x7f80_0001),
        Arg::Null(Heap::Extern),
        Arg::Extern(7),
        Arg::V128(1 | 2 << 32 | 3 << 64 | 4 << 96),
    ];
    let action = Action::Invoke { instance: Some("m".into()), name: "f".into(), args };
    assert_eq!(directives()[4].kind, DirectiveKind::Action(action));
}

#[test]
fn results_are_patterns() {
    let directives = directives();
    let DirectiveKind::AssertReturn { results, .. } = &directives[5].kind else { panic!("an assertion") };
    let expected = [
        Pattern::F32(Float::CanonicalNan),
        Pattern::F64(Float::Bits(0.5f64.to_bits())),
        Pattern::Either(vec![Pattern::I32(1), Pattern::Func]),
    ];
    assert_eq!(results[..], expected);
    let DirectiveKind::AssertReturn { action: Action::Get { .. }, results } = &directives[6].kind else {
        panic!("an assertion about a global")
    };
    let one = Float::Bits(1f64.to_bits());
    let expected = [Pattern::Null(None), Pattern::F64x2([Float::ArithmeticNan, one]), Pattern::V128(1 | 2 << 120)];
    assert_eq!(results[..], expected);
}

#[test]
fn text_that_is_no_module_is_kept_with_its_error() {
    let directives = directives();
    let DirectiveKind::AssertMalformed { module: ScriptModule::Malformed(error), message } = &directives[10].kind
    else {
        panic!("a malformed text")
    };
    assert_eq!((&**message, &*error.path), ("unexpected", "s.wast"));
    assert!(
        matches!(&directives[11].kind, DirectiveKind::AssertMalformed { module: ScriptModule::Binary(b), .. } if b == b"\0")
    );
    assert!(matches!(&directives[12].kind, DirectiveKind::AssertInvalid { module: ScriptModule::Binary(_), .. }));
}

#[test]
fn directives_of_other_proposals_are_read() {
    let directives = directives();
    assert!(matches!(&directives[14].kind, DirectiveKind::AssertException(_)));
    assert!(matches!(&directives[17].kind, DirectiveKind::AssertCustom(ScriptModule::Binary(_))));
}

#[test]
fn threads_have_the_directives_in_them_with_their_lines() {
    let directives = directives();
    let DirectiveKind::Thread { name, shared, directives: inside } = &directives[15].kind else { panic!("a thread") };
    assert_eq!((name.as_deref(), &shared[..]), (Some("t"), &["m".into()][..]));
    let [Directive { line: 18, kind: DirectiveKind::Thread { directives: inner, .. } }, wait] = &inside[..] else {
        panic!("a thread and a wait: {inside:?}")
    };
    assert!(matches!(inner[..], [Directive { line: 18, kind: DirectiveKind::Action(_) }]));
    assert_eq!(*wait, Directive { line: 19, kind: DirectiveKind::Wait { name: Some("u".into()) } });
    assert_eq!(directives[16].kind, DirectiveKind::Wait { name: Some("t".into()) });
}

#[test]
fn threads_that_nest_too_deeply_are_an_error() {
    let nested = |depth| ["(thread ".repeat(depth), ")".repeat(depth)].concat();
    assert!(parse(&nested(8), "s.wast").is_ok());
    assert!(parse(&nested(9), "s.wast").is_err());
}

#[test]
fn a_broken_script_is_an_error_with_its_line() {
    let error = parse("(module)\n(assert_nothing)", "s.wast").unwrap_err();
    assert_eq!((error.line, error.column), (2, 2));
}

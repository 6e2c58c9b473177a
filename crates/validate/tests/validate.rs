//! Validates modules at once and body by body, and tests the features that validation accepts.

use wasmote_validate::{Features, ValidateError, required_features, validate, validate_outline};

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn refused(text: &str, features: &Features) -> ValidateError {
    validate(&binary(text), features).unwrap_err()
}

#[test]
fn valid_modules_pass() {
    let wasm = binary("(module (memory 1) (func (export \"f\") (param i32) (result i32) local.get 0 i32.load))");
    assert_eq!(validate(&wasm, &Features::default()), Ok(Vec::new()));
}

#[test]
fn errors_say_what_and_where_apart() {
    let error = refused("(module (func (result i32) i64.const 0))", &Features::default());
    assert_eq!(&*error.message, "type mismatch: expected i32, found i64");
    // After the header and two sections come: section id and size, count, size of the body, locals, i64.const 0.
    let wasm = binary("(module (func (result i32) i64.const 0))");
    assert_eq!(wasm[error.offset], 0x0b, "the end, where the result is missing");
    assert_eq!(error.to_string(), format!("{} (at offset {:#x})", error.message, error.offset));
}

#[test]
fn types_of_the_module_are_named_by_their_index() {
    let types = "(type (func)) (type (func (param i32))) (type (func))";
    // Of equal types, the first one is named.
    for (func, message) in [
        ("(param (ref null 1)) (result (ref 2)) local.get 0", "expected (ref 0), found (ref null 1)"),
        ("(result (ref null 1))", "expected (ref null 1) but nothing on stack"),
    ] {
        let error = refused(&format!("(module {types} (func {func}))"), &Features::default());
        assert_eq!(*error.message, format!("type mismatch: {message}"));
    }
}

#[test]
fn faults_in_sections_say_where() {
    // The bytes at the error's offset.
    let cases: [(&str, &str, &[u8]); 5] = [
        (
            "(module (memory 1) (export \"a\" (memory 0)) (export \"a\" (memory 0)))",
            "duplicate export name",
            b"\x01a\x02\0",
        ),
        ("(module (type (func)) (type (func (param (ref 7)))))", "unknown type 7", b"\x07\0"),
        ("(module (memory 1) (data (i32.const 0) \"\") (data (i64.const 0) \"\"))", "type mismatch", b"\x0b\0"),
        ("(module (import \"m\" \"g\" (global i32)) (global i32 (global.get 3)))", "unknown global 3", b"\x23\x03\x0b"),
        ("(module (func) (elem func 0 9))", "unknown function 9", b"\x09\x0a"),
    ];
    for (text, message, bytes) in cases {
        let (wasm, error) = (binary(text), refused(text, &Features::default()));
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(wasm[error.offset..].starts_with(bytes), "{text}: {error}: {:02x?}", &wasm[error.offset..]);
    }
}

#[test]
fn atomic_operators_have_the_alignment_of_their_size_and_addresses_of_the_memorys_type() {
    let cases = [
        ("(memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0))))", "must always specify maximum alignment"),
        ("(memory 1) (func (drop (i64.atomic.load8_u align=2 (i32.const 0))))", "must not be larger than natural"),
        ("(memory i64 1) (func (drop (i32.atomic.load (i32.const 0))))", "type mismatch"),
        ("(memory 1 shared)", "shared memory must have maximum size"),
    ];
    for (text, message) in cases {
        let error = refused(&format!("(module {text})"), &Features::default());
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn a_feature_that_is_off_is_named() {
    /// A module, the feature that it needs, and a part of the message without the feature.
    type Case = (&'static str, fn(&mut Features), &'static str);
    let cases: [Case; 10] = [
        // With objects, types may be vectors even if vector instructions are off.
        ("(module (func (param v128)))", |f| (f.simd, f.gc) = (false, false), "SIMD support is not enabled"),
        ("(module (func (local v128)))", |f| (f.simd, f.gc) = (false, false), "SIMD support is not enabled"),
        ("(module (func return_call 0))", |f| f.tail_call = false, "tail calls support is not enabled"),
        ("(module (func i32.const 0 i32.extend8_s drop))", |f| f.sign_extension = false, "sign extension"),
        ("(module (memory 1) (memory 1))", |f| f.multi_memory = false, "multiple memories"),
        ("(module (memory i64 1))", |f| f.memory64 = false, "memory64 must be enabled"),
        ("(module (memory 1 1 shared))", |f| f.threads = false, "threads must be enabled"),
        (
            "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
            |f| f.threads = false,
            "threads support is not enabled",
        ),
        ("(module (memory 1 (pagesize 1)))", |f| f.custom_page_sizes = false, "the custom page sizes proposal"),
        (
            "(module (func (result i32 i32) unreachable))",
            |f| f.multi_value = false,
            "the multi-value feature is not enabled",
        ),
    ];
    for (text, switch_off, message) in cases {
        let mut features = Features::default();
        switch_off(&mut features);
        let error = refused(text, &features);
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[cfg(not(feature = "stack-switching"))]
#[test]
fn proposals_that_this_build_does_not_run_stay_off() {
    let text = "(module (type $f (func)) (type (cont $f)))";
    let error = refused(text, &Features::default());
    assert!(error.message.contains("stack switching"), "{text}: {error}");
}

#[test]
fn what_a_module_needs_is_listed_whether_or_not_this_build_has_it() {
    let (references, bulk) = ("reference types", "bulk memory operations");
    let (typed, objects) = ("typed function references", "garbage collection");
    let (threads, orderings) = ("threads", "acquire-release atomics");
    let cases: [(&str, &[&str], bool); 19] = [
        ("(module (memory 1) (func (param i32)))", &[], true),
        ("(module (func (result i32 i32) unreachable))", &["multiple values"], true),
        ("(module (import \"m\" \"g\" (global (mut i32))))", &["mutable globals"], true),
        ("(module (table 1 externref))", &[references], true),
        ("(module (table 1 funcref) (table 1 funcref))", &[references], true),
        ("(module (memory 1) (memory 1))", &["multiple memories"], true),
        ("(module (memory i64 1) (table i64 1 funcref))", &["memory64"], true),
        ("(module (memory 1 (pagesize 1)))", &["custom page sizes"], true),
        ("(module (memory 1) (data \"\"))", &[bulk], true),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", &["extended constant expressions"], true),
        ("(module (table 1 funcref (ref.null func)))", &[references, typed], true),
        ("(module (type $t (func (param (ref $t)))))", &[references, typed, objects], true),
        ("(module (rec (type (struct)) (type (sub 0 (array i8)))))", &[objects], false),
        ("(module (tag (param i32)))", &["exception handling"], true),
        ("(module (memory 1 1 shared) (memory 1))", &["multiple memories", "threads"], true),
        ("(module (memory 1) (func (atomic.fence)))", &[threads], true),
        ("(module (memory 1) (func (atomic.fence acqrel)))", &[threads, orderings], true),
        (
            "(module (memory 1) (func (i32.atomic.store seqcst (i32.const 0) (i32.const 1))))",
            &[threads, orderings],
            true,
        ),
        ("(module (type $f (func)) (type (cont $f)) (table 1 externref))", &[references, "stack switching"], true),
    ];
    for (text, names, is_valid) in cases {
        let (found, valid) = required_features(&binary(text));
        let found: Vec<_> = found.iter().map(|needed| needed.name).collect();
        assert_eq!((&found[..], valid), (names, is_valid), "{text}");
    }
}

#[test]
#[cfg(not(feature = "simd"))]
fn vectors_cannot_be_switched_on_in_a_build_without_them() {
    let mut features = Features::default();
    (features.simd, features.gc) = (true, false);
    for text in ["(module (func (param v128)))", "(module (func v128.const i64x2 0 0 drop))"] {
        assert_eq!(&*refused(text, &features).message, "SIMD support is not enabled", "{text}");
    }
}

#[test]
fn versions_of_the_specification_have_their_features() {
    let [one, two, three, all] = [1, 2, 3, 4].map(Features::of_version);
    assert!(one.mutable_global && !one.sign_extension && !one.multi_value);
    assert!(two.sign_extension && two.bulk_memory && two.reference_types && !two.tail_call);
    assert!(three.tail_call && three.memory64 && !three.wide_arithmetic && !three.custom_page_sizes && !three.threads);
    assert_eq!(all, Features::default());
}

#[test]
fn bodies_can_be_validated_one_by_one() {
    let wasm = binary(
        "(module
            (import \"m\" \"f\" (func (param i32)))
            (func (param i32) local.get 0 call 0)
            (func (result i32) i64.const 0)
            (func (result i32) i32.const 0))",
    );
    let features = Features::default();
    let whole = validate(&wasm, &features).unwrap_err();
    let bodies = validate_outline(&wasm, &features).unwrap();
    assert_eq!(bodies.validate_body(&wasm, 1), Ok(()));
    assert_eq!(bodies.validate_body(&wasm, 2), Err(whole));
    assert_eq!(bodies.validate_body(&wasm, 3), Ok(()));
    // Functions without bodies: an import, and an index out of range.
    assert!(bodies.validate_body(&wasm, 0).is_err());
    assert!(bodies.validate_body(&wasm, 4).is_err());
    // A binary that is not that of the outline.
    assert!(bodies.validate_body(&wasm[..20], 1).is_err());
}

#[test]
fn validate_outline_checks_everything_but_bodies() {
    let features = Features::default();
    let wasm = binary("(module (func (export \"f\")) (func (export \"g\") i32.add) (start 0))");
    assert!(validate_outline(&wasm, &features).is_ok());
    for text in [
        "(module (func (export \"f\")) (func (export \"f\")))",
        "(module (func (param i32)) (start 0))",
        "(module (func) (global i32 (i64.const 0)))",
        "(module (func) (data (i32.const 0) \"\"))",
    ] {
        let wasm = binary(text);
        assert_eq!(validate_outline(&wasm, &features).err(), validate(&wasm, &features).err(), "{text}");
        assert!(validate(&wasm, &features).is_err(), "{text}");
    }
}

#[test]
fn outlines_follow_features_into_bodies() {
    let wasm = binary("(module (func i32.const 0 i32.extend8_s drop))");
    let mut features = Features::default();
    assert_eq!(validate_outline(&wasm, &features).unwrap().validate_body(&wasm, 0), Ok(()));
    features.sign_extension = false;
    assert!(validate_outline(&wasm, &features).unwrap().validate_body(&wasm, 0).is_err());
}

#[test]
fn truncated_and_changed_modules_never_panic() {
    let wasm = binary(
        "(module (type (func (param i32) (result i32)))
            (import \"m\" \"g\" (global i32))
            (table 2 funcref) (memory 1) (global (mut i64) (i64.const 1))
            (func (type 0) (local f64) local.get 0 if (result i32) i32.const 1 else local.get 0 end
                loop (param i32) (result i32) i32.const 1 i32.sub local.tee 0 local.get 0 br_if 0 end
                block local.get 0 br_table 0 0 end)
            (func (type 0) local.get 0 local.get 0 call_indirect (type 0))
            (elem (i32.const 0) 0 1) (data (i32.const 0) \"abc\"))",
    );
    let features = Features::default();
    assert_eq!(validate(&wasm, &features), Ok(Vec::new()));
    for end in 0..wasm.len() {
        let _ = validate(&wasm[..end], &features);
    }
    let mut wrong = wasm.clone();
    for at in 0..wasm.len() {
        for byte in (0..=255).step_by(5).chain([0x0b, wasm[at] ^ 1]) {
            wrong[at] = byte;
            let whole = validate(&wrong, &features);
            // Both ways must agree on whether the module is valid.
            let parts = validate_outline(&wrong, &features).and_then(|bodies| {
                bodies.validate_body(&wrong, 0)?;
                bodies.validate_body(&wrong, 1)
            });
            match (whole, parts) {
                (Ok(_), Ok(())) | (Err(_), Err(_)) => {}
                // There are fewer bodies than before, or an import has taken the place of a body.
                (Ok(_), Err(error)) if &*error.message == "no such function" => {}
                (whole, parts) => panic!("byte {at} as {byte:#x}: {whole:?}, but {parts:?} in parts"),
            }
        }
        wrong[at] = wasm[at];
    }
}

/// Returns a module of more than a mebibyte: functions that add numbers. Those with the indices in `wrong` are invalid.
fn large(wrong: &[usize]) -> Vec<u8> {
    let mut text = String::from("(module");
    for func in 0..600 {
        let operand = if wrong.contains(&func) { "(i64.const 1)" } else { "(i32.const 1)" };
        text.push_str("(func (result i32) (i32.const 0)");
        text.push_str(&"(i32.add (i32.const 123456789))".repeat(300));
        text.push_str(&format!("(i32.add {operand}))"));
    }
    text.push(')');
    wat::parse_str(text).unwrap()
}

/// Runs work on threads of the standard library.
fn run_on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
}

#[test]
fn threads_find_the_same_error_as_one_thread() {
    let features = Features::default();
    for wrong in [&[][..], &[0], &[599], &[17, 300, 599], &[298, 299, 300, 301]] {
        let wasm = large(wrong);
        assert!(wasm.len() > 1 << 20);
        let alone = validate(&wasm, &features);
        for threads in [1, 2, 3, 8] {
            let together = wasmote_validate::validate_with_threads(&wasm, &features, || threads, run_on_threads);
            assert_eq!(together, alone, "{threads} threads");
        }
    }
}

#[test]
fn operands_are_limited_however_many_an_instruction_leaves() {
    // Each call has two bytes and pushes a thousand operands.
    let many = "i32 ".repeat(1000);
    let calls = "call 0 ".repeat(2000);
    let text = format!("(module (func $f (result {many}) unreachable) (func {calls} unreachable))");
    assert_eq!(&*refused(&text, &Features::default()).message, "too many operands on the stack");
}

#[test]
fn bodies_without_simd_have_no_vectors_whatever_types_have() {
    let mut features = Features::default();
    features.simd = false;
    for body in ["(local v128)", "v128.const i64x2 0 0 drop", "i32.const 0 i8x16.splat drop"] {
        assert!(validate(&binary(&format!("(module (func {body}))")), &features).is_err(), "{body}");
    }
}

#[test]
#[cfg(feature = "gc")]
fn subtypes_are_told_at_any_distance_and_not_the_other_way_or_across() {
    // Two chains of sixty types below one: $a59 is far below $a0 and $top, and unrelated to $b59.
    // Their fields differ, since types with equal definitions are the same type.
    let chain = |name: char, fields: &str| -> String {
        let below = |n: usize| if n == 0 { "$top".into() } else { format!("${name}{}", n - 1) };
        (0..60).map(|n| format!("(type ${name}{n} (sub {} (struct {fields})))", below(n))).collect()
    };
    let types = format!("(type $top (sub (struct))) {} {}", chain('a', ""), chain('b', "(field i32)"));
    // A thousand values of one type, for labels that expect the other, in one of two kinds of block.
    let validity = |given: &str, wanted: &str| {
        let list = |ty: &str| format!("(ref null {ty}) ").repeat(1000);
        let (given, wanted) = (list(given), list(wanted));
        let body = "call $f i32.const 0 br_table 0 0 1 0 1";
        let blocks = format!("block (result {wanted}) block (result {wanted}) {body} end end unreachable");
        validate(
            &binary(&format!("(module {types} (func $f (result {given}) unreachable) (func {blocks}))")),
            &Features::default(),
        )
    };
    for (given, wanted) in [("$a59", "$a59"), ("$a59", "$a0"), ("$a59", "$top"), ("$b30", "$b29")] {
        assert_eq!(validity(given, wanted), Ok(Vec::new()), "{given}, {wanted}");
    }
    for (given, wanted) in [("$a0", "$a59"), ("$top", "$a0"), ("$b59", "$a0"), ("$a29", "$b29"), ("$a0", "$b0")] {
        assert!(validity(given, wanted).is_err(), "{given}, {wanted}");
    }
}

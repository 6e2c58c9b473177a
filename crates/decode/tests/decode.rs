//! Decodes whole modules: the contents, the refusals and their messages, and arbitrary bytes, which must not panic.

use wasmote_decode::names::{FunctionNames, module_name};
use wasmote_decode::{
    ConstExpr, ConstOp, DecodeErrorKind, ElemItems, ExportKind, ImportType, ModuleInfo, SegmentMode, decode,
};
use wasmote_ir::{Proposal, RefType, ValType};

/// A module with something of everything.
const RICH: &str = r#"(module $rich
    (type $binary (func (param i32 i64) (result f32 f64)))
    (type $nullary (func))
    (import "env" "f" (func $f (type $binary)))
    (import "env" "t" (table $t 1 2 funcref))
    (import "env" "m" (memory $m i64 3 4))
    (import "env" "g" (global $g i32))
    (func $a (export "a") (local i32 f64) nop)
    (func $b (param i32) (result i32) local.get 0)
    (table $u (export "u") i64 5 externref)
    (table $v funcref (elem $a $b))
    (memory $n (export "n") 1)
    (memory $p 1 9 (pagesize 1))
    (global $h (mut i64) (i64.add (i64.const -1) (i64.const 2)))
    (global $i (export "i") funcref (ref.func $a))
    (global $j f32 (f32.const nan:0x1))
    (start $a)
    (elem (table $t) (offset (global.get $g)) funcref (ref.func $b) (ref.null func))
    (elem $e externref (ref.null extern))
    (elem declare func $a)
    (data (memory $n) (i32.const 8) "hello")
    (data "passive"))"#;

fn rich() -> (Vec<u8>, ModuleInfo) {
    let wasm = wat::parse_str(RICH).unwrap();
    let module = decode(&wasm).unwrap();
    (wasm, module)
}

/// Returns the error for a text.
fn refused(text: &str) -> (DecodeErrorKind, String) {
    let error = decode(&wat::parse_str(text).unwrap()).unwrap_err();
    let message = error.to_string();
    (error.kind, message)
}

#[test]
fn imports_come_first_in_each_index_space() {
    let (_, module) = rich();
    assert_eq!((module.imports.len(), module.imported_funcs, module.imported_tables), (4, 1, 1));
    assert_eq!((module.imported_memories, module.imported_globals), (1, 1));
    assert_eq!(module.imports[0].ty, ImportType::Func(0));
    assert_eq!((&*module.imports[3].module, &*module.imports[3].name), ("env", "g"));
    assert_eq!(module.funcs[0], 0);
    assert_eq!(module.func_type(0).unwrap().results(), [ValType::F32, ValType::F64]);
    assert_eq!(module.func_type(2).unwrap().params(), [ValType::I32]);
    assert_eq!(module.func_type(3), None);
    assert_eq!((module.tables.len(), module.memories.len(), module.globals.len()), (3, 3, 4));
}

#[test]
fn compact_imports_copy_the_name_of_their_module_only_so_often() {
    let imports = |name: &str, count: usize| {
        let items = "(item \"x\")".repeat(count);
        decode(&wat::parse_str(format!("(module (import \"{name}\" {items} (func)))")).unwrap())
    };
    let module = imports("env", 1000).unwrap();
    assert_eq!((module.imports.len(), module.imported_funcs, module.funcs.len()), (1000, 1000, 1000));
    assert_eq!((&*module.imports[999].module, &*module.imports[999].name), ("env", "x"));
    let long = "m".repeat(100_000);
    assert!(imports(&long, 100).is_ok());
    let error = imports(&long, 1000).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[test]
fn limits_and_types_are_kept() {
    let (_, module) = rich();
    let [imported, own, bytes] = module.memories[..] else { panic!("three memories") };
    assert_eq!(
        (imported.minimum(), imported.maximum(), imported.is_64(), imported.page_size_log2()),
        (3, Some(4), true, 16)
    );
    assert_eq!((own.minimum(), own.maximum(), own.is_64()), (1, None, false));
    assert_eq!((bytes.maximum(), bytes.page_size_log2()), (Some(9), 0));
    assert_eq!(
        (module.tables[1].element(), module.tables[1].is_64(), module.tables[1].minimum()),
        (RefType::EXTERN, true, 5)
    );
    assert!(module.globals[1].mutability().is_mut() && !module.globals[2].mutability().is_mut());
}

#[test]
fn constant_expressions_are_kept_as_instructions() {
    let (_, module) = rich();
    let sum = [ConstOp::Num(ValType::I64, u64::MAX), ConstOp::Num(ValType::I64, 2), ConstOp::I64Add];
    assert_eq!(module.global_inits[0][..], sum);
    assert_eq!(module.global_inits[1][..], [ConstOp::RefFunc(1)]);
    assert_eq!(module.global_inits[2][..], [ConstOp::Num(ValType::F32, 0x7f80_0001)]);
    assert_eq!(module.table_inits, [None, None]);
}

#[test]
fn segments_have_their_mode_and_contents() {
    let (wasm, module) = rich();
    let [_, active, passive, declared] = &module.elems[..] else { panic!("four segments") };
    assert_eq!(active.mode, SegmentMode::Active { target: 0, offset: ConstExpr::One(ConstOp::GlobalGet(0)) });
    let ElemItems::Exprs(items) = &active.items else { panic!("expressions") };
    assert_eq!(items[1][..], [ConstOp::RefNull(ValType::FUNCREF)]);
    assert_eq!((&passive.mode, passive.ty), (&SegmentMode::Passive, ValType::EXTERNREF));
    assert_eq!(declared.mode, SegmentMode::Declared);
    assert!(matches!(&declared.items, ElemItems::Funcs(funcs) if funcs[..] == [1]));
    assert!(matches!(&module.data[0].mode, SegmentMode::Active { target: 1, .. }));
    assert_eq!(&wasm[module.data[0].bytes.clone()], b"hello");
    assert_eq!(&wasm[module.data[1].bytes.clone()], b"passive");
}

#[test]
fn bodies_and_sections_say_where_they_lie() {
    let (wasm, module) = rich();
    // The body without its size: no locals, local.get 0, end.
    assert_eq!(&wasm[module.bodies[1].clone()], [0, 0x20, 0, 0x0b]);
    let code = module.sections.iter().find(|(id, _)| *id == 10).unwrap();
    assert!(code.1.start < module.bodies[0].start && module.bodies[1].end == code.1.end);
    assert_eq!(module.start, Some(1));
    let kinds: Vec<_> = module.exports.iter().map(|export| (&*export.name, export.kind, export.index)).collect();
    assert_eq!(
        kinds,
        [
            ("a", ExportKind::Func, 1),
            ("u", ExportKind::Table, 1),
            ("n", ExportKind::Memory, 1),
            ("i", ExportKind::Global, 2)
        ]
    );
}

#[test]
fn names_are_found_when_asked_for() {
    let (wasm, module) = rich();
    assert_eq!(module_name(&module, &wasm), Some("rich"));
    let names = FunctionNames::new(&module, &wasm);
    assert_eq!(names.get(&wasm, 0), Some("f"));
    assert_eq!(names.get(&wasm, 2), Some("b"));
    assert_eq!(names.get(&wasm, 3), None);
    assert_eq!(names.get(&[], 2), None);
    assert_eq!(FunctionNames::new(&module, &[]).get(&wasm, 2), None);
    assert_eq!(&*module.customs[0].name, "name");
}

#[test]
fn a_table_with_an_initialiser_keeps_it() {
    let wasm = wat::parse_str("(module (table 3 funcref (ref.null func)))").unwrap();
    let module = decode(&wasm).unwrap();
    assert_eq!(module.table_inits, [Some(ConstExpr::One(ConstOp::RefNull(ValType::FUNCREF)))]);
}

#[test]
fn unsupported_proposals_are_named() {
    let without_gc = [
        ("(module (type (struct)))", Proposal::Gc),
        ("(module (type (array i8)))", Proposal::Gc),
        ("(module (global anyref (ref.null any)))", Proposal::Gc),
        ("(module (tag))", Proposal::Exceptions),
        (r#"(module (import "" "" (tag)))"#, Proposal::Exceptions),
        ("(module (global exnref (ref.null exn)))", Proposal::Exceptions),
    ];
    let cases = [("(module (table shared 1 funcref))", Proposal::SharedEverything)];
    let without_continuations = [("(module (type $f (func)) (type (cont $f)))", Proposal::StackSwitching)];
    let without_continuations = without_continuations.into_iter().filter(|_| !cfg!(feature = "stack-switching"));
    let without_gc = without_gc.into_iter().filter(|_| !cfg!(feature = "gc"));
    let without_threads = [("(module (memory 1 2 shared))", Proposal::Threads)];
    let without_threads = without_threads.into_iter().filter(|_| !cfg!(feature = "threads"));
    for (text, feature) in without_gc.chain(without_continuations).chain(without_threads).chain(cases) {
        let (kind, message) = refused(text);
        assert_eq!(kind, DecodeErrorKind::Unsupported(feature), "{text}");
        assert!(message.starts_with(&format!("{} support is not enabled (at offset 0x", feature.name())), "{message}");
    }
}

#[test]
fn components_are_named() {
    // Components of this version and of others, with and without sections.
    for component in [&b"\0asm\x0d\0\x01\0"[..], b"\0asm\x0c\0\x01\0", b"\0asm\x0d\0\x01\0\x07\x01\0"] {
        let error = decode(component).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Component);
        assert!(error.to_string().starts_with("this is a component; wasmote runs core modules"), "{error}");
    }
    // The layer behind it is not that of a component.
    assert!(matches!(decode(b"\0asm\x01\0\x02\0").unwrap_err().kind, DecodeErrorKind::Malformed(_)));
}

#[test]
#[cfg(not(feature = "simd"))]
fn vectors_are_not_supported_without_their_feature() {
    for text in ["(module (func (param v128)))", "(module (global v128 (v128.const i64x2 0 0)))"] {
        assert_eq!(refused(text).0, DecodeErrorKind::Unsupported(Proposal::Simd), "{text}");
    }
}

#[test]
#[cfg(not(all(feature = "simd", feature = "gc")))]
fn what_a_body_needs_and_is_not_there_is_named() {
    let simd = [
        "(drop (v128.const i64x2 0 0))",
        "(local i32 v128)",
        "(if (i32.const 0) (then (drop (i8x16.splat (i32.const 1)))))",
        "(block (result v128) (unreachable)) drop",
    ];
    let gc = [
        ("(drop (ref.i31 (i32.const 0)))", Proposal::Gc),
        ("(local anyref)", Proposal::Gc),
        ("(try_table)", Proposal::Exceptions),
        ("try catch_all end", Proposal::LegacyExceptions),
    ];
    let simd = simd.map(|body| (body, Proposal::Simd)).into_iter().filter(|_| !cfg!(feature = "simd"));
    let gc = gc.into_iter().filter(|_| !cfg!(feature = "gc"));
    let pause = [("(pause)", Proposal::AcquireReleaseAtomics)].into_iter();
    let pause = pause.filter(|_| !cfg!(feature = "acquire-release-atomics"));
    for (body, feature) in simd.chain(gc).chain(pause) {
        // Operators of all kinds in front.
        let before = "(memory.fill (i32.const 0) (i32.const 1) (i32.const 2)) (block (br_table 0 0 (i32.const 3)))";
        let body = if body.starts_with("(local") { format!("{body} {before}") } else { format!("{before} {body}") };
        let wasm = wat::parse_str(format!("(module (memory 1) (func) (func {body}))")).unwrap();
        let error = wasmote_decode::check_supported(&decode(&wasm).unwrap(), &wasm).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Unsupported(feature), "{body}");
    }
    let fine = wat::parse_str("(module (func (drop (i64.extend_i32_s (i32.const 5)))) (func (local f64)))").unwrap();
    assert_eq!(wasmote_decode::check_supported(&decode(&fine).unwrap(), &fine), Ok(()));
}

#[test]
#[cfg(feature = "simd")]
fn vectors_are_supported_with_their_feature() {
    let wasm = wat::parse_str("(module (global v128 (v128.const i64x2 1 2)))").unwrap();
    assert_eq!(decode(&wasm).unwrap().global_inits[0][..], [ConstOp::V128([1, 2])]);
}

#[test]
fn one_plain_type_in_a_group_is_that_type() {
    let wasm = wat::parse_str("(module (rec (type (func (param i32)))))").unwrap();
    assert_eq!(decode(&wasm).unwrap().type_of_funcs(0).unwrap().params(), [ValType::I32]);
}

#[test]
fn malformed_modules_are_refused_with_reason_and_place() {
    let cases: [(&[u8], &str, usize); 9] = [
        (b"", "unexpected end (", 0),
        (b"\0as", "unexpected end (", 3),
        (b"\0asm\x01\0", "unexpected end (", 6),
        (b"\0asn\x01\0\0\0", "magic header not detected: a module begins with `\\0asm` (", 0),
        (b"(module)", "magic header not detected: a module begins with `\\0asm` (", 0),
        (b"\0wmi\x02\0\x01\0", "magic header not detected: this is an image of a module (", 0),
        (b"\0asm\x02\0\0\0", "unknown binary version (", 4),
        (b"\0asm\x01\0\0\0\x0e\0", "malformed section id", 10),
        (b"\0asm\x01\0\0\0\x03\x02\x01\0", "function section has non-zero count", 12),
    ];
    for (wasm, message, offset) in cases {
        let error = decode(wasm).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.offset, offset, "{error}");
    }
}

#[test]
fn a_count_beyond_the_section_is_refused_without_memory_for_it() {
    // Each section from 1 to 11 claims 2^32 - 1 items: reserving memory for them would take terabytes.
    for section in (1..=11).filter(|&section| section != 8) {
        let wasm = [b"\0asm\x01\0\0\0", &[section, 5][..], b"\xff\xff\xff\xff\x0f"].concat();
        assert!(decode(&wasm).is_err(), "section {section}");
    }
    // An element segment claims the same.
    let wasm = [b"\0asm\x01\0\0\0", &b"\x09\x08\x01\x01\0\xff\xff\xff\xff\x0f"[..]].concat();
    assert!(decode(&wasm).is_err());
}

#[test]
fn truncated_and_changed_modules_never_panic() {
    let (wasm, _) = rich();
    for end in 0..wasm.len() {
        // Some prefixes are modules; none may panic.
        let _ = decode(&wasm[..end]);
    }
    let mut wrong = wasm.clone();
    for at in 0..wasm.len() {
        for byte in [0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xff, wasm[at] ^ 1] {
            wrong[at] = byte;
            if let Ok(module) = decode(&wrong) {
                let names = FunctionNames::new(&module, &wrong);
                for func in 0..4 {
                    let _ = names.get(&wrong, func);
                }
                let _ = module_name(&module, &wrong);
            }
        }
        wrong[at] = wasm[at];
    }
}

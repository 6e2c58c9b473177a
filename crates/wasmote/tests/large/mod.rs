//! Modules so large that indices and distances exceed their short encodings.

use std::fmt::Write;

use wasmote::{Features, Linker, Module, Store, TranslateErrorKind, Val, Validation};

use crate::Program;

fn i32s(values: &[i32]) -> Vec<Val> {
    values.iter().map(|&value| Val::I32(value)).collect()
}

#[test]
fn functions_with_thousands_of_locals() {
    for count in [255, 256, 257, 2_000, 20_000, 49_000] {
        let mut text = String::from("(module (func (export \"f\") (param i32) (result i64)");
        write!(text, "(local{})", " i64".repeat(count)).unwrap();
        // Every tenth local gets its number plus the parameter. The last one is read before it is written.
        write!(text, "local.get {count} i64.const 1 i64.add local.set {count} ").unwrap();
        for local in (1..count).step_by(10) {
            write!(text, "i64.const {local} local.get 0 i64.extend_i32_s i64.add local.set {local} ").unwrap();
        }
        text.push_str("i64.const 0 ");
        for local in 1..=count {
            write!(text, "local.get {local} i64.add ").unwrap();
        }
        text.push_str("))");
        let mut expected = 1;
        for local in (1..count as i64).step_by(10) {
            expected += local + 7;
        }
        assert_eq!(Program::new(&text).call("f", &i32s(&[7])), Ok(vec![expected as u64]), "{count} locals");
    }
}

#[test]
fn calls_between_frames_with_thousands_of_locals() {
    let locals = " i32".repeat(3_000);
    let text = format!(
        "(module
            (func $inner (param i32) (result i32) (local{locals})
                local.get 0 local.set 2999
                i32.const 5 local.set 3000
                local.get 2999 local.get 3000 i32.sub)
            (func (export \"f\") (param i32) (result i32) (local{locals})
                local.get 0 i32.const 1 i32.add local.set 3000
                local.get 3000
                local.get 0 call $inner
                local.get 3000 call $inner
                i32.sub
                i32.mul
                local.get 3000 i32.add))"
    );
    assert_eq!(Program::new(&text).call("f", &i32s(&[10])), Ok(vec![0]));
}

#[test]
fn operand_stack_of_thousands() {
    for count in [300, 3_000, 30_000] {
        let mut text = String::from("(module (func (export \"f\") (param i32) (result i32) ");
        for i in 0..count {
            write!(text, "local.get 0 i32.const {i} i32.xor ").unwrap();
        }
        text.push_str("i32.const 100 local.set 0 ");
        for _ in 1..count {
            text.push_str("i32.sub ");
        }
        text.push_str("local.get 0 i32.add))");
        let mut expected = 3 ^ (count - 1);
        for i in (0..count - 1).rev() {
            expected = (3i32 ^ i).wrapping_sub(expected);
        }
        let expected = expected.wrapping_add(100) as u32;
        assert_eq!(Program::new(&text).call("f", &i32s(&[3])), Ok(vec![expected.into()]), "{count} operands");
    }
}

#[test]
fn thousands_of_pending_locals_are_saved_before_they_are_written() {
    // Locals on the operand stack. One at a time is written.
    let count = 2_000;
    let mut text = String::from("(module (func (export \"f\") (param i32 i32) (result i32) ");
    for i in 0..count {
        write!(text, "local.get {} ", i % 2).unwrap();
        if i % 100 == 99 {
            write!(text, "local.get {0} i32.const 1 i32.add local.set {0} ", i / 100 % 2).unwrap();
        }
    }
    for _ in 1..count {
        text.push_str("i32.add ");
    }
    text.push_str("))");
    let (mut locals, mut expected) = ([10, 1_000], 0);
    for i in 0..count {
        expected += locals[i % 2];
        if i % 100 == 99 {
            locals[i / 100 % 2] += 1;
        }
    }
    assert_eq!(Program::new(&text).call("f", &i32s(&[10, 1_000])), Ok(vec![expected]));
}

#[test]
fn blocks_nested_ten_thousand_deep() {
    let depth = 10_000;
    let mut text = String::from("(module (func (export \"f\") (param i32) (result i32) (local i32) ");
    text.push_str(&"block ".repeat(depth));
    // The outermost block, the innermost, and one between.
    write!(text, "local.get 0 i32.eqz br_if {} ", depth - 1).unwrap();
    text.push_str("local.get 0 i32.const 1 i32.eq br_if 0 ");
    text.push_str("local.get 0 i32.const 2 i32.eq br_if 5000 ");
    for _ in 0..depth {
        text.push_str("end local.get 1 i32.const 1 i32.add local.set 1 ");
    }
    text.push_str("local.get 1))");
    let mut program = Program::new(&text);
    assert_eq!(program.call("f", &i32s(&[0])), Ok(vec![1]));
    assert_eq!(program.call("f", &i32s(&[1])), Ok(vec![10_000]));
    assert_eq!(program.call("f", &i32s(&[2])), Ok(vec![5_000]));
    assert_eq!(program.call("f", &i32s(&[3])), Ok(vec![10_000]));
}

#[test]
fn ifs_and_loops_nested_thousands_deep() {
    let depth = 5_000;
    let mut text = String::from("(module (func (export \"f\") (param i32) (result i32) (local i32) ");
    for i in 0..depth {
        write!(text, "loop (result i32) local.get 0 i32.const {i} i32.gt_u if (result i32) ").unwrap();
    }
    text.push_str("i32.const 7 ");
    for i in 0..depth {
        write!(text, "else i32.const {} end i32.const 1 i32.add end ", depth - 1 - i).unwrap();
    }
    text.push_str("))");
    let mut program = Program::new(&text);
    // All arms are entered, or one is left out and its else returns the number of its level.
    assert_eq!(program.call("f", &i32s(&[5_000])), Ok(vec![7 + 5_000]));
    assert_eq!(program.call("f", &i32s(&[100])), Ok(vec![100 + 101]));
}

#[test]
fn values_through_thousands_of_blocks() {
    let depth = 3_000;
    let mut text = String::from("(module (func (export \"f\") (param i32) (result i32) local.get 0 ");
    text.push_str(&"block (param i32) (result i32) i32.const 1 i32.add ".repeat(depth));
    write!(text, "local.get 0 i32.eqz br_if {} ", depth - 1).unwrap();
    text.push_str(&"i32.const 2 i32.add end ".repeat(depth));
    text.push_str("))");
    let mut program = Program::new(&text);
    assert_eq!(program.call("f", &i32s(&[0])), Ok(vec![3_000]));
    assert_eq!(program.call("f", &i32s(&[1])), Ok(vec![9_001]));
}

#[test]
fn br_table_with_ten_thousand_targets() {
    // Each index leads to one of 50 blocks, which add up what lies behind them.
    let (targets, blocks) = (10_000, 50);
    let mut text = String::from("(module (func (export \"f\") (param i32) (result i32) (local i32) ");
    text.push_str(&"block ".repeat(blocks));
    text.push_str("local.get 0 br_table ");
    for i in 0..targets {
        write!(text, "{} ", i * 7 % blocks).unwrap();
    }
    text.push_str("13 ");
    for block in 0..blocks {
        write!(text, "end local.get 1 i32.const {block} i32.add local.set 1 ").unwrap();
    }
    text.push_str("local.get 1))");
    let mut program = Program::new(&text);
    let sum = |first: usize| (first..blocks).sum::<usize>() as u64;
    for index in [0, 1, 49, 255, 256, 4_095, 9_998, 9_999] {
        assert_eq!(program.call("f", &i32s(&[index])), Ok(vec![sum(index as usize * 7 % blocks)]), "index {index}");
    }
    for index in [10_000, 65_536, i32::MAX, -1] {
        assert_eq!(program.call("f", &i32s(&[index])), Ok(vec![sum(13)]), "index {index}");
    }
}

#[test]
fn br_table_with_values_and_thousands_of_targets() {
    let targets = 3_000;
    let mut text = String::from(
        "(module (func (export \"f\") (param i32 i32) (result i32)
            block (result i32) block (result i32) block (result i32)
                i32.const 1000 local.get 1 i32.const 5 i32.mul local.get 0 br_table ",
    );
    for i in 0..targets {
        write!(text, "{} ", i % 3).unwrap();
    }
    text.push_str("2 end i32.const 1 i32.add end i32.const 1 i32.add end))");
    let mut program = Program::new(&text);
    assert_eq!(program.call("f", &i32s(&[2_997, 3])), Ok(vec![17]));
    assert_eq!(program.call("f", &i32s(&[2_998, 3])), Ok(vec![16]));
    assert_eq!(program.call("f", &i32s(&[2_999, 3])), Ok(vec![15]));
    assert_eq!(program.call("f", &i32s(&[3_000, 3])), Ok(vec![15]));
}

#[test]
fn branches_over_large_bodies() {
    // Jumps forwards over hundreds of thousands of instructions, and backwards.
    let size = 200_000;
    let mut text = String::from(
        "(module (memory 1) (func (export \"f\") (param i32 i32) (result i32) (local i32)
            block loop
                local.get 0 i32.eqz br_if 1 ",
    );
    for i in 0..size {
        write!(text, "local.get 2 i32.const {i} i32.xor i32.const 3 i32.add local.set 2 ").unwrap();
    }
    text.push_str(
        "local.get 0 i32.const 1 i32.sub local.tee 0
         local.get 1 i32.lt_s br_if 1
         br 0 end end local.get 2))",
    );
    let mut program = Program::new(&text);
    let expected = |turns| {
        let mut value = 0u32;
        for _ in 0..turns {
            for i in 0..size {
                value = (value ^ i).wrapping_add(3);
            }
        }
        u64::from(value)
    };
    assert_eq!(program.call("f", &i32s(&[0, 0])), Ok(vec![0]));
    assert_eq!(program.call("f", &i32s(&[1, 0])), Ok(vec![expected(1)]));
    assert_eq!(program.call("f", &i32s(&[3, 0])), Ok(vec![expected(3)]));
    assert_eq!(program.call("f", &i32s(&[3, 3])), Ok(vec![expected(1)]));
}

#[test]
fn a_thousand_parameters_and_results() {
    let count = 1_000;
    let params = " i32".repeat(count);
    let mut text = format!("(module (func $reverse (param{params}) (result{params}) ");
    for i in (0..count).rev() {
        write!(text, "local.get {i} ").unwrap();
    }
    write!(text, ") (func (export \"f\") (param i32) (result i32) (local i32) i32.const 77 ").unwrap();
    for i in 0..count {
        write!(text, "local.get 0 i32.const {i} i32.mul ").unwrap();
    }
    text.push_str("call $reverse call $reverse call $reverse ");
    // The last result is the first argument. Each is weighted with its place.
    for i in 0..count {
        write!(text, "i32.const {i} i32.mul local.get 1 i32.add local.set 1 ").unwrap();
    }
    text.push_str("local.get 1 i32.sub))");
    let weighed = (0..count).map(|i| 3 * i * i).sum::<usize>() as u32;
    assert_eq!(Program::new(&text).call("f", &i32s(&[3])), Ok(vec![77u32.wrapping_sub(weighed).into()]));
}

#[test]
fn thousands_of_functions_types_and_globals() {
    let count = 5_000;
    let mut text = String::from("(module (memory 1) (table 5000 funcref) (elem (i32.const 0) func ");
    for i in 0..count {
        write!(text, "$f{i} ").unwrap();
    }
    text.push_str(") ");
    for i in 0..count {
        write!(text, "(global $g{i} (mut i32) (i32.const {i})) ").unwrap();
        write!(text, "(func $f{i} (param i32) (result i32) local.get 0 global.get $g{i} i32.add) ").unwrap();
    }
    text.push_str(
        "(func (export \"indirect\") (param i32 i32) (result i32)
            local.get 1 local.get 0 call_indirect (param i32) (result i32))
         (func (export \"last\") (param i32) (result i32)
            i32.const 10 global.set $g4999 local.get 0 call $f4999)",
    );
    text.push(')');
    let mut program = Program::new(&text);
    for i in [0, 255, 256, 4_095, 4_999] {
        assert_eq!(program.call("indirect", &i32s(&[i, 1])), Ok(vec![i as u64 + 1]));
    }
    assert_eq!(program.call("last", &i32s(&[1])), Ok(vec![11]));
}

#[test]
fn recursion_ends_in_a_trap_whatever_the_frame() {
    for locals in [0, 1, 100, 10_000] {
        let text = format!(
            "(module (func $f (export \"f\") (param i32) (result i32) (local{})
                local.get 0 i32.const 1 i32.add call $f i32.const 1 i32.add)
             (func (export \"g\") (result i32) i32.const 5))",
            " i64".repeat(locals)
        );
        let mut program = Program::new(&text);
        assert_eq!(program.call("f", &i32s(&[0])), Err("call stack exhausted".into()), "{locals} locals");
        assert_eq!(program.call("g", &[]), Ok(vec![5]));
    }
}

/// Returns a function that leaves a block by one of many conditional branches, which all carry the same values.
/// There are `below` operands under them. The function subtracts the last value from the first.
fn branches_with_values(branches: usize, values: usize, below: usize) -> String {
    let types = " i32".repeat(values);
    let mut text =
        format!("(module (func (export \"f\") (param i32 i32) (result i32) (local i32) (block (result{types}) ");
    text.push_str(&"i32.const 9 ".repeat(below));
    for value in 0..values {
        text.push_str(if value % 2 == 0 { "local.get 1 " } else { "i32.const 5 " });
    }
    for branch in 0..branches {
        write!(text, "local.get 0 i32.const {branch} i32.eq br_if 0 ").unwrap();
    }
    text.push_str(&"drop ".repeat(below + values));
    for value in 0..values {
        write!(text, "i32.const {value} ").unwrap();
    }
    text.push_str(") local.set 2 ");
    text.push_str(&"drop ".repeat(values - 2));
    text.push_str("local.get 2 i32.sub))");
    text
}

#[test]
fn branches_bring_few_values_and_many() {
    for values in [2, 3, 4, 5, 6, 100] {
        for below in [0, 1, 3, 7] {
            let mut program = Program::new(&branches_with_values(20, values, below));
            let last = if values % 2 == 0 { 5 } else { 70 };
            for branch in [0, 1, 19] {
                let results = program.call("f", &i32s(&[branch, 70]));
                assert_eq!(results, Ok(vec![70 - last]), "{values} values above {below}, branch {branch}");
            }
            let last = (1 - values as i32) as u32;
            assert_eq!(program.call("f", &i32s(&[20, 70])), Ok(vec![last.into()]), "{values} values above {below}");
        }
    }
}

#[test]
fn code_of_branches_with_values_is_in_proportion_to_the_body() {
    for values in [2, 4, 5, 1_000] {
        for below in [0, 1] {
            let wasm = wat::parse_str(branches_with_values(10_000, values, below)).unwrap();
            let mut config = wasmote::Config::new();
            config.eager_translation(true);
            let module = Module::new(&wasmote::Engine::new(&config), wasm).unwrap();
            let stats = module.stats();
            // A branch of the test has six bytes or more.
            assert!(stats.cells < 2 * stats.wasm_bytes, "{values} values above {below}: {stats:?}");
        }
    }
}

/// Returns the errors of loading a module with these locals and this body, and of calling it, for both kinds of
/// validation.
fn limits(locals: &str, body: &str) -> Vec<Result<(), String>> {
    let wasm = wat::parse_str(format!("(module (func (export \"f\") (local {locals}) {body}))")).unwrap();
    let outcome = |validation, look: fn(&Module) -> Result<(), wasmote::Error>| {
        let mut config = wasmote::Config::new();
        config.features(Features::default()).validation(validation);
        let engine = wasmote::Engine::new(&config);
        Module::new(&engine, &*wasm).and_then(|module| look(&module)).map_err(|error| error.to_string())
    };
    let call = |module: &Module| {
        let mut store = Store::new(module.engine(), ());
        let instance = Linker::new(module.engine()).instantiate(&mut store, module)?;
        instance.get_typed_func::<(), ()>(&store, "f")?.call(&mut store, ())
    };
    vec![
        outcome(Validation::Eager, |_| Ok(())),
        outcome(Validation::Eager, call),
        outcome(Validation::Lazy, Module::validate_functions),
        outcome(Validation::Lazy, call),
    ]
}

#[test]
fn a_frame_beyond_the_limit_is_refused_when_the_module_is_loaded() {
    let slots = TranslateErrorKind::TooManySlots;
    let (catches, ends) = ("try ".repeat(70_000), "end ".repeat(70_000));
    let refused = [
        ("v128 ".repeat(50_000), String::new(), slots),
        ("v128 ".repeat(32_767), String::new(), slots),
        (String::new(), format!("{}{}", "i32.const 0 ".repeat(66_000), "drop ".repeat(66_000)), slots),
        ("i32 ".repeat(40_000), format!("{}{}", "i64.const 0 ".repeat(30_000), "drop ".repeat(30_000)), slots),
        (String::new(), format!("{catches}{ends}"), slots),
        (
            String::new(),
            format!("{}{ends}", "try_table (catch_all 0) ".repeat(70_000)),
            TranslateErrorKind::TooManyTries,
        ),
    ];
    for (locals, body, limit) in refused {
        for outcome in limits(&locals, &body) {
            let message = outcome.expect_err(limit.message());
            let expected = format!("cannot translate function 0: {} (", limit.message());
            assert!(message.starts_with(&expected), "{message}");
        }
    }
    let accepted = [
        ("v128 ".repeat(32_766), String::new()),
        ("i32 ".repeat(35_000), format!("{}{}", "i64.const 0 ".repeat(30_000), "drop ".repeat(30_000))),
        (String::new(), format!("{}{}", "block ".repeat(100_000), "end ".repeat(100_000))),
        (String::new(), format!("{}{}", "try ".repeat(60_000), "end ".repeat(60_000))),
    ];
    for (locals, body) in accepted {
        for outcome in limits(&locals, &body) {
            assert_eq!(outcome, Ok(()), "{} bytes of locals, {} of text", locals.len(), body.len());
        }
    }
}

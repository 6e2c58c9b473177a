//! Writes random loops that copy or fill memory, as compilers write them: of one block, with pointers or indices that
//! move up or down, several accesses in an iteration, and any way to count.

use std::fmt::Write;

use wasmote_test_support::Random;

/// Returns a module with a loop, and what it exports: the function `run`, whose parameters and results are two pointers, a
/// counter and a bound, and the memory `memory` of one page.
pub fn module(random: &mut Random) -> String {
    let width = random.below(4);
    let (load, store) = *random.of(match width {
        0 => &[("i32.load8_u", "i32.store8"), ("i32.load8_s", "i32.store8"), ("i64.load8_u", "i64.store8")],
        1 => &[("i32.load16_u", "i32.store16"), ("i32.load16_s", "i32.store16"), ("i64.load16_u", "i64.store16")],
        2 => &[("i32.load", "i32.store"), ("f32.load", "f32.store"), ("i64.load32_u", "i64.store32")],
        _ => &[("i64.load", "i64.store"), ("f64.load", "f64.store"), ("i64.load", "i64.store")],
    });
    let ty = &load[..3];
    let float = load.starts_with('f');
    let copies = random.chance(60);
    // Several groups of several accesses.
    let (groups, group) = (1 << random.below(3), if random.one_in(4) { 2 } else { 1 });
    let size = 1 << width;
    let (down, stride) = (random.one_in(3), groups * group * size);
    let step = if random.one_in(20) { stride + size } else { stride };
    let step = if down { -step } else { step };

    let pointers = ["$p", "$q"].map(|pointer| {
        let base = random.one_in(3);
        let added = if random.one_in(4) { *random.of(&[-1, 4, -8, 100]) } else { 0 };
        let offset = if added != 0 && random.chance(80) { 0 } else { *random.of(&[0, 0, 3, 64, 70_000]) };
        (pointer, base, added, offset)
    });
    let address = |number: usize, access: i32| {
        let (pointer, base, added, offset) = pointers[number];
        let mut text = format!("(local.get {pointer})");
        if base {
            text = format!("(i32.add (local.get {pointer}b) {text})");
        }
        // Accesses differ by their offsets, or by what is added.
        let place = (if down { groups * group - 1 - access } else { access }) * size;
        let (added, offset) = if added != 0 { (added + place, offset) } else { (0, offset + place) };
        if added != 0 {
            text = format!("(i32.add {text} (i32.const {added}))");
        }
        (text, offset)
    };

    let constant = random.value() as i32;
    let tee = copies && !float && random.one_in(3);
    let mut body = String::new();
    for first in (0..groups).map(|number| number * group) {
        let mut line = String::new();
        for access in first..first + group {
            let (from, offset) = address(1, access);
            let value = if copies {
                format!("({load} offset={offset} {from})")
            } else if float {
                format!("({ty}.const 1.5)")
            } else if random.one_in(2) {
                format!("({ty}.const {constant})")
            } else {
                format!("(local.get $v{})", &ty[1..])
            };
            let value = if tee { format!("(local.tee $v{} {value})", &ty[1..]) } else { value };
            let (to, offset) = address(0, access);
            if copies && group > 1 {
                // All loads of the group come before its stores.
                let number = access - first;
                line = format!(
                    "(local.set $x{number} {value}) {line} ({store} offset={offset} {to} (local.get $x{number}))"
                );
            } else {
                write!(line, "({store} offset={offset} {to} {value})").unwrap();
            }
        }
        writeln!(body, "{line}").unwrap();
    }

    // The pointer to the destination may count.
    let counter = if random.one_in(3) { "$p" } else { "$n" };
    let by = if counter == "$p" { step } else { *random.of(&[-1, 1, -1, -4, 4, stride, -stride]) };
    let conditions: &[&str] = match by > 0 {
        _ if random.one_in(2) => &["ne"],
        true => &["lt_u", "lt_s", "gt_u"],
        false => &["gt_u", "gt_s", "lt_s"],
    };
    let condition = *random.of(conditions);
    let bound = if random.one_in(2) { "(local.get $m)".into() } else { format!("(i32.const {})", random.below(3)) };
    let mut steps = vec![format!("(local.set $p (i32.add (local.get $p) (i32.const {step})))")];
    if copies {
        steps.push(format!("(local.set $q (i32.add (local.get $q) (i32.const {step})))"));
    }
    if counter == "$n" {
        steps.push(format!("(local.set $n (i32.add (local.get $n) (i32.const {by})))"));
    }
    let turned = random.below(steps.len());
    steps.rotate_left(turned);
    let steps = steps.join("\n");
    format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "run") (param $p i32) (param $q i32) (param $n i32) (param $m i32)
            (result i32 i32 i32 i32 i64)
            (local $pb i32) (local $qb i32) (local $v32 i32) (local $v64 i64)
            (local $x0 {ty}) (local $x1 {ty})
            (local.set $pb (i32.const {})) (local.set $qb (i32.const {}))
            (local.set $v32 (i32.const {constant})) (local.set $v64 (i64.const {constant}))
            (loop $l
                {body}
                {steps}
                (br_if $l (i32.{condition} (local.get {counter}) {bound})))
            (local.get $p) (local.get $q) (local.get $n) (local.get $v32) (local.get $v64)))"#,
        random.below(50),
        -(random.below(50) as i32),
    )
}

/// Returns arguments: pointers that are near each other or near an end of the memory, and counts of any size.
pub fn arguments(random: &mut Random) -> [i32; 4] {
    let near = |random: &mut Random| match random.below(6) {
        0 => random.below(40) as i32,
        1 => 65_536 - random.below(300) as i32,
        2 => -(random.below(200) as i32),
        _ => random.below(65_000) as i32,
    };
    let p = near(random);
    let q = match random.below(3) {
        0 => near(random),
        1 => p + random.below(40) as i32 - 20,
        _ => p + random.below(4000) as i32 - 2000,
    };
    let count = |random: &mut Random| match random.below(5) {
        0 => random.value() as i32,
        1 => random.below(100_000) as i32,
        _ => random.below(400) as i32 / 4 * 4,
    };
    let n = count(random);
    let m = match random.below(4) {
        0 => count(random),
        1 => p.wrapping_add(random.below(800) as i32 / 8 * 8 - 400),
        _ => n.wrapping_add(random.below(1600) as i32 / 16 * 16 - 800),
    };
    [p, q, n, m]
}

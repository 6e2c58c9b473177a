//! The recorded costs.

use std::collections::BTreeMap;
use std::fmt::Write;

use wasmote::{CodeOptions, Config, Engine, FUEL_SCHEDULE, ImageOptions, Module, OpSet, Val};

use crate::Program;
use crate::programs;
use wasmote_test_support::every_instruction::{atomic_modules, modules, vector_modules};
use wasmote_test_support::root;

/// A way to run a module: its name, and how it makes a program.
type Way<'a> = (&'a str, &'a dyn Fn(&Module) -> Option<Program>);

/// Returns the costs of a module, one a line, when it is run in this way.
fn costs(text: &str, way: &Way<'_>, each: &dyn Fn(&mut Program, &Module, &mut String)) -> Option<String> {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
    let mut program = way.1(&module)?;
    let mut lines = String::new();
    each(&mut program, &module, &mut lines);
    Some(lines)
}

fn image(module: &Module, op_set: OpSet) -> Option<Program> {
    let code = CodeOptions::default().with_op_set(op_set).with_metered(true);
    // Vectors need the extended op set.
    let image = module.to_image(&ImageOptions::default().with_code(code)).ok()?;
    let module = Module::from_image(module.engine(), image).unwrap_or_else(|error| panic!("{error}"));
    Some(Program::of_module(&module))
}

/// Returns the names of a module's functions, in order.
fn functions(module: &Module) -> Vec<String> {
    module.exports().map(|export| export.name().to_string()).collect()
}

/// Appends the cost of each function at each size.
fn at_sizes(program: &mut Program, module: &Module, lines: &mut String) {
    for name in functions(module) {
        let func = program.instance.get_func(&program.store, &name).unwrap();
        let sizes = if func.ty(&program.store).params().is_empty() { &[0][..] } else { programs::SIZES };
        let _ = write!(lines, "{name}:");
        for &size in sizes {
            let args = [Val::I32(size)];
            let _ = write!(lines, " {}", program.cost(&name, &args[..func.ty(&program.store).params().len()]));
        }
        lines.push('\n');
    }
}

/// Appends the cost of each function without a size.
fn once(program: &mut Program, module: &Module, lines: &mut String) {
    for name in functions(module) {
        let params = program.instance.get_func(&program.store, &name).unwrap().ty(&program.store).params().len();
        let _ = writeln!(lines, "{name}: {}", program.cost(&name, &[Val::I32(0)][..params]));
    }
}

/// The costs of the snippets of one instruction: their number, their sum, and a hash that does not depend on their
/// order.
#[derive(Default)]
struct Stretches {
    count: u64,
    sum: u64,
    hash: u64,
}

/// Adds the costs of a module's functions, one for each snippet, by instruction.
fn add_stretches(all: &mut BTreeMap<String, Stretches>, stretches: &[String], program: &mut Program, module: &Module) {
    for (name, stretch) in functions(module).into_iter().zip(stretches) {
        let cost = program.cost(&name, &[]);
        let of = all.entry(instruction(stretch).to_string()).or_default();
        let hash = stretch
            .bytes()
            .chain(cost.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        of.count += 1;
        of.sum += cost;
        of.hash = of.hash.wrapping_add(hash);
    }
}

/// Returns the instruction of a snippet: the first one that does not merely consume another's result.
fn instruction(stretch: &str) -> &str {
    let words = stretch.split('(').filter_map(|word| word.split([' ', ')']).next());
    let mut words = words.filter(|word| !matches!(*word, "" | "local.set" | "drop" | "if" | "block" | "v128.not"));
    words.next().unwrap_or(stretch)
}

/// Returns the costs of all snippets, run in one way.
fn all_stretches(modules: &[(Vec<String>, String)], way: &Way<'_>) -> Option<String> {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let mut all = BTreeMap::new();
    for (stretches, text) in modules {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
        let mut program = way.1(&module)?;
        add_stretches(&mut all, stretches, &mut program, &module);
    }
    let line = |(name, of): (&String, &Stretches)| format!("{name}: {} of {} {:016x}\n", of.sum, of.count, of.hash);
    Some(all.iter().map(line).collect())
}

/// Returns all costs, which must be equal in all ways.
fn table() -> String {
    let ways: [Way<'_>; 3] = [
        ("translated when called", &|module| Some(Program::of_module(module))),
        ("an image, extended", &|module| image(module, OpSet::Extended)),
        ("an image, core", &|module| image(module, OpSet::Core)),
    ];
    let mut all = format!("schedule {FUEL_SCHEDULE}\n");
    let mut add = |title: &str, text: &str, each: &dyn Fn(&mut Program, &Module, &mut String)| {
        let lines = costs(text, &ways[0], each).unwrap();
        for way in &ways[1..] {
            if let Some(other) = costs(text, way, each) {
                assert_eq!(lines, other, "{title}: {} costs otherwise", way.0);
            }
        }
        let _ = write!(all, "\n# {title}\n{lines}");
    };
    add("memories and tables", programs::BULK, &at_sizes);
    add("arrays", programs::ARRAYS, &at_sizes);
    add("many values", &programs::values(), &once);
    add("objects", &programs::objects(), &once);
    let modules = [
        ("every instruction", modules()),
        ("every instruction on vectors", vector_modules()),
        ("every atomic instruction", atomic_modules()),
    ];
    for (title, modules) in modules {
        let lines = all_stretches(&modules, &ways[0]).unwrap();
        for way in &ways[1..] {
            if let Some(other) = all_stretches(&modules, way) {
                assert_eq!(lines, other, "{title}: {} costs otherwise", way.0);
            }
        }
        let _ = write!(all, "\n# {title}\n{lines}");
    }
    all
}

/// To change a cost, increase the number of the schedule, record the new costs with `RECORD_FUEL=1 cargo test -p
/// wasmote --test fuel`, and describe the change in docs/fuel.md.
#[test]
fn no_cost_changes_without_the_schedules_number() {
    let file = root().join(format!("crates/wasmote/tests/fuel/schedule-{FUEL_SCHEDULE}.txt"));
    let table = table();
    if std::env::var_os("RECORD_FUEL").is_some() && !file.exists() {
        std::fs::write(&file, &table).unwrap();
    }
    let recorded = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}: there are no costs of this schedule", file.display()));
    let (mut at, mut differences) = ("", Vec::new());
    for (recorded, line) in recorded.lines().zip(table.lines()) {
        if recorded.starts_with('#') {
            at = recorded;
        }
        if recorded != line {
            differences.push(format!("{at}\n  recorded {recorded}\n  now      {line}"));
        }
    }
    assert!(differences.is_empty(), "costs changed, but not the schedule's number:\n{}", differences.join("\n"));
    assert_eq!(recorded.lines().count(), table.lines().count(), "there are other programs");
}

#[test]
fn the_documentation_is_of_this_schedule() {
    let file = root().join("docs/fuel.md");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(text.contains(&format!("This is schedule {FUEL_SCHEDULE}.")));
}

//! The recorded costs.

use std::collections::BTreeMap;
use std::fmt::Write;

use wasmote::{CodeOptions, Config, Engine, FUEL_SCHEDULE, ImageOptions, Module, OpSet, Val};

use crate::Program;
use crate::programs;
use wasmote_test_support::every_instruction::{modules, vector_modules};
use wasmote_test_support::root;

/// One way in which a module comes to run.
type Way<'a> = (&'a str, &'a dyn Fn(&Module) -> Option<Program>);

/// Costs as lines, of a module that came to run in one way.
fn costs(text: &str, way: &Way<'_>, each: &dyn Fn(&mut Program, &Module, &mut String)) -> Option<String> {
    let engine = Engine::new(Config::new().fuel(true));
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
    let mut program = way.1(&module)?;
    let mut lines = String::new();
    each(&mut program, &module, &mut lines);
    Some(lines)
}

fn image(module: &Module, op_set: OpSet) -> Option<Program> {
    let code = CodeOptions { op_set, metered: true, ..CodeOptions::default() };
    // Vectors need the extended op set.
    let image = module.to_image(&ImageOptions { code, ..ImageOptions::default() }).ok()?;
    // Whether code takes fuel is the image's to say.
    let module = Module::from_image(&Engine::default(), image).unwrap_or_else(|error| panic!("{error}"));
    Some(Program::of_module(&module))
}

/// The names of a module's functions, in order.
fn functions(module: &Module) -> Vec<String> {
    module.exports().map(|export| export.name.to_string()).collect()
}

/// The cost of each function that takes a size, if it takes one.
fn at_sizes(program: &mut Program, module: &Module, lines: &mut String) {
    for name in functions(module) {
        let func = program.instance.get_func(&program.store, &name).unwrap();
        let sizes = if func.ty(&program.store).params.is_empty() { &[0][..] } else { programs::SIZES };
        let _ = write!(lines, "{name}:");
        for &size in sizes {
            let args = [Val::I32(size)];
            let _ = write!(lines, " {}", program.cost(&name, &args[..func.ty(&program.store).params.len()]));
        }
        lines.push('\n');
    }
}

/// The cost of each function, without a size.
fn once(program: &mut Program, module: &Module, lines: &mut String) {
    for name in functions(module) {
        let params = program.instance.get_func(&program.store, &name).unwrap().ty(&program.store).params.len();
        let _ = writeln!(lines, "{name}: {}", program.cost(&name, &[Val::I32(0)][..params]));
    }
}

/// What the stretches of code around one instruction cost: how many there are, their sum, and a number that changes if one of them does, but not
/// with their order.
#[derive(Default)]
struct Stretches {
    count: u64,
    sum: u64,
    hash: u64,
}

/// Adds the costs of a module's functions, each around the stretch of code with its number, by the instruction that it is about.
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

/// The instruction that a stretch of code is about: the first that does not just use up what another leaves.
fn instruction(stretch: &str) -> &str {
    let words = stretch.split('(').filter_map(|word| word.split([' ', ')']).next());
    let mut words = words.filter(|word| !matches!(*word, "" | "local.set" | "drop" | "if" | "block" | "v128.not"));
    words.next().unwrap_or(stretch)
}

/// The costs of all stretches of code, in one way.
fn all_stretches(modules: &[(Vec<String>, String)], way: &Way<'_>) -> Option<String> {
    let engine = Engine::new(Config::new().fuel(true));
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

/// All costs, the same in every way.
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
    for (title, modules) in [("every instruction", modules()), ("every instruction on vectors", vector_modules())] {
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

/// Whoever changes a cost changes the number of the schedule, has `RECORD_FUEL=1 cargo test -p wasmote --test fuel` write down the new costs,
/// and says in docs/fuel.md what changed.
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

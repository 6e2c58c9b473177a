//! The recorded costs.

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

/// The cost of all functions together, and a number that changes if that of one does.
fn summed(program: &mut Program, module: &Module, lines: &mut String) {
    let (mut sum, mut hash) = (0, 0xcbf2_9ce4_8422_2325_u64);
    for name in functions(module) {
        let cost = program.cost(&name, &[]);
        sum += cost;
        hash = (hash ^ cost).wrapping_mul(0x100_0000_01b3);
    }
    let _ = writeln!(lines, "{sum} {hash:016x}");
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
    for (i, (_, text)) in modules().into_iter().enumerate() {
        add(&format!("every instruction, {i}"), &text, &summed);
    }
    for (i, (_, text)) in vector_modules().into_iter().enumerate() {
        add(&format!("every vector instruction, {i}"), &text, &summed);
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

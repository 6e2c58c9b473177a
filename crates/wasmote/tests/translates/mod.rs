//! Valid modules are translated: all modules of the suites, of the project's own scripts, and the guests become code
//! and images of both op sets, with fuel and without. The allowed refusals are listed here.

use wasmote::errors::TranslationError;
use wasmote::{CodeOptions, Config, Engine, ErrorKind, Features, ImageOptions, Module, OpSet, TranslateErrorKind};
use wasmote_validate::validate;
use wasmote_wat::script::{Action, DirectiveKind, ScriptModule, parse};

use wasmote_test_support::root;
use wasmote_test_support::scripts::{Script, find, newest, published, regress};

/// Whether the refusal of a valid module is by design: the core op set has no vectors, and frames have a maximum size.
fn is_designed(kind: &ErrorKind, op_set: OpSet) -> bool {
    match kind {
        ErrorKind::Translation(TranslationError::Function { error, .. }) => match error.kind {
            TranslateErrorKind::VectorInCore => op_set == OpSet::Core,
            TranslateErrorKind::TooManySlots | TranslateErrorKind::TooManyTries | TranslateErrorKind::TooLarge => true,
            _ => false,
        },
        _ => false,
    }
}

/// The number of modules, and of refusals by design.
#[derive(Default)]
struct Sums {
    modules: usize,
    refused: usize,
}

/// Translates a module in each way. Records refusals that are not by design.
fn translate(name: &str, wasm: &[u8], sums: &mut Sums, failures: &mut Vec<String>) {
    sums.modules += 1;
    let mut judge = |how: &str, op_set, outcome: Result<(), wasmote::Error>| match outcome {
        Err(error) if is_designed(error.kind(), op_set) => sums.refused += 1,
        Err(error) => failures.push(format!("{name}: {how}: {error}")),
        Ok(()) => {}
    };
    for fuel in [false, true] {
        let engine = Engine::new(Config::new().eager_translation(true).consume_fuel(fuel));
        let how = if fuel { "at once, with fuel" } else { "at once" };
        judge(how, OpSet::Extended, Module::new(&engine, wasm).map(|_| ()));
    }
    let engine = Engine::default();
    let module = match Module::new(&engine, wasm) {
        Ok(module) => module,
        Err(error) => return judge("loaded", OpSet::Extended, Err(error)),
    };
    for op_set in [OpSet::Core, OpSet::Extended] {
        for metered in [false, true] {
            let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
            let image = module.to_image(&ImageOptions::default().with_code(code));
            let verified = image.and_then(|image| Module::from_image(&engine, image)?.verify());
            judge(&format!("an image, {code:?}"), op_set, verified);
        }
    }
}

/// Translates the valid modules of scripts. Returns their number.
fn translate_all(scripts: Vec<Script>) -> usize {
    let (mut sums, mut failures) = (Sums::default(), Vec::new());
    for Script { path, text, .. } in scripts {
        // Some proposals have a syntax of their own, which the parser may lack.
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in &directives {
            let source = match &directive.kind {
                DirectiveKind::Module { module, .. }
                | DirectiveKind::Definition { module, .. }
                | DirectiveKind::AssertUnlinkable { module, .. }
                | DirectiveKind::AssertTrap { action: Action::Instantiate(module), .. } => module,
                _ => continue,
            };
            let ScriptModule::Binary(wasm) = source else { continue };
            if validate(wasm, &Features::default()).is_ok() {
                translate(&format!("{path}:{}", directive.line), wasm, &mut sums, &mut failures);
            }
        }
    }
    println!("{} modules; {} times refused by design", sums.modules, sums.refused);
    assert!(failures.is_empty(), "{} refused:\n{}", failures.len(), failures.join("\n"));
    sums.modules
}

#[test]
fn valid_modules_of_the_published_suites_are_translated() {
    assert!(translate_all(published()) > 2000);
}

#[test]
fn valid_modules_of_our_own_scripts_are_translated() {
    assert!(translate_all(regress()) > 20);
}

/// Without `../shared/testsuite` there are no modules, and the test says so.
#[test]
fn valid_modules_of_the_suite_beside_the_checkout_are_translated_if_it_is_there() {
    let scripts = newest();
    let expected = if scripts.is_empty() { 0 } else { 1000 };
    assert!(translate_all(scripts) >= expected);
}

#[test]
fn guests_are_translated() {
    let (mut sums, mut failures, mut files) = (Sums::default(), Vec::new(), Vec::new());
    find(&root().join("tests/guests"), "wasm", &mut files);
    for file in files {
        let wasm = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        translate(&file.display().to_string(), &wasm, &mut sums, &mut failures);
    }
    assert!(sums.modules > 10, "the guests are not there");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

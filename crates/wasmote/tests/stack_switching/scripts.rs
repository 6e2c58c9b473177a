//! The scripts, in each way in which a module can run.

use wasmote::script::{Options, run};
use wasmote::{CodeOptions, OpSet, Validation};
use wasmote_test_support::root;

use super::interruptions;

/// Ways to run a script.
fn ways() -> Vec<(&'static str, Options)> {
    let image = |op_set, metered| Some(CodeOptions::default().with_op_set(op_set).with_metered(metered));
    let mut ways: Vec<(&str, Options)> = [
        ("eager", None),
        ("lazy", None),
        ("stress", None),
        ("checked", None),
        ("interrupted", None),
        ("metered", None),
        ("extended image", image(OpSet::Extended, false)),
        ("core image", image(OpSet::Core, false)),
        ("metered image", image(OpSet::Core, true)),
        ("stressed image", image(OpSet::Extended, false)),
    ]
    .map(|(name, images)| (name, Options::default().with_images(images)))
    .into();
    for (name, options) in &mut ways {
        match *name {
            "eager" => options.config.eager_translation(true),
            "lazy" => options.config.validation(Validation::Lazy),
            "stress" | "stressed image" => options.config.gc_stress(true),
            "checked" => options.config.guard_pages(false),
            "interrupted" => {
                options.prepare = Some(interruptions::interrupt_often);
                options.config.interruption(true)
            }
            "metered" => options.config.consume_fuel(true),
            _ => &mut options.config,
        };
        if *name == "metered" {
            options.prepare = Some(|store| store.set_fuel(u64::MAX).unwrap());
        }
    }
    ways
}

#[test]
fn every_script_passes_in_every_way() {
    let mut files = Vec::new();
    wasmote_test_support::scripts::find(&root().join("tests/stack-switching"), "wast", &mut files);
    let own = files.len();
    // A checkout of the proposal's tests can be named to run them, too.
    if let Some(folder) = std::env::var_os("STACK_SWITCHING_SCRIPTS") {
        wasmote_test_support::scripts::find(folder.as_ref(), "wast", &mut files);
    }
    assert!(files.len() > 3);
    let mut failed = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let (name, text) = (file.file_name().unwrap().to_string_lossy(), std::fs::read_to_string(file).unwrap());
        for (way, options) in ways() {
            // Modules with invalid bodies are accepted then.
            if number >= own && way == "lazy" {
                continue;
            }
            // The core op set has no vectors.
            if name == "vectors.wast" && options.images.is_some_and(|code| code.op_set == OpSet::Core) {
                continue;
            }
            let summary = run(&name, &text, &options);
            println!("{name}, {way}: {} passed, {} failed", summary.passed, summary.failed.len());
            assert!(summary.passed + summary.failed.len() > 0);
            let lines =
                summary.failed.iter().map(|failure| format!("{name}:{}, {way}: {}", failure.line, failure.what));
            failed.extend(lines);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(interruptions::seen() > 10, "{} interruptions", interruptions::seen());
}

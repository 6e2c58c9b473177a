//! Compares the parser with the crate `wast` on the specification's scripts: the same binaries, the same directives,
//! and the same refusals.

#[path = "oracle/theirs.rs"]
mod theirs;

use wasmote_test_support::scripts;
use wasmote_wat::script::{Action, Directive, DirectiveKind, ScriptModule, parse};

/// The number of comparisons.
#[derive(Default, Debug)]
struct Counts {
    directives: usize,
    modules: usize,
    refused: usize,
}

/// Why this parser may treat a script or a module differently, if it may.
fn reason(text: &str, error: Option<&str>) -> Option<&'static str> {
    if error == Some("multiple start sections") {
        return Some("theirs writes two sections, which decoders refuse");
    }
    (text.contains("(try") && text.contains("(do")).then_some("theirs does not read the folded form of the older `try`")
}

/// Compares a script: all directives, and the binaries of modules.
fn compare(script: &scripts::Script, counts: &mut Counts, faults: &mut Vec<String>) {
    let path = &script.path;
    let (mut theirs, mut ours) = match (theirs::script(&script.text), parse(&script.text, path)) {
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (Err(_), Err(_)) => return,
        (Ok(_), Err(error)) => return faults.push(format!("{path}: refused: {error}")),
        (Err(_), Ok(_)) if reason(&script.text, None).is_some() => return,
        (Err(error), Ok(_)) => return faults.push(format!("{path}: not refused: {error}")),
    };
    if ours.len() != theirs.len() {
        return faults.push(format!("{path}: {} directives, not {}", ours.len(), theirs.len()));
    }
    for (ours, theirs) in ours.iter_mut().zip(&mut theirs) {
        counts.directives += 1;
        if let (Some(ours), Some(theirs)) = (module(ours), module(theirs)) {
            counts.modules += 1;
            if let ScriptModule::Malformed(error) = ours {
                counts.refused += 1;
                if matches!(theirs, ScriptModule::Binary(_)) && reason("", Some(error.message)).is_some() {
                    *theirs = theirs::refused();
                }
                *ours = theirs::refused();
            }
        }
        if ours != theirs {
            faults.push(format!("{path}:{}: {ours:02x?}\nnot\n{theirs:02x?}", ours.line));
        }
    }
}

/// Returns the module of a directive.
fn module(directive: &mut Directive) -> Option<&mut ScriptModule> {
    match &mut directive.kind {
        DirectiveKind::Module { module, .. }
        | DirectiveKind::Definition { module, .. }
        | DirectiveKind::AssertMalformed { module, .. }
        | DirectiveKind::AssertInvalid { module, .. }
        | DirectiveKind::AssertUnlinkable { module, .. }
        | DirectiveKind::AssertCustom(module)
        | DirectiveKind::AssertReturn { action: Action::Instantiate(module), .. }
        | DirectiveKind::AssertTrap { action: Action::Instantiate(module), .. } => Some(module),
        _ => None,
    }
}

fn compare_all(scripts: impl IntoIterator<Item = scripts::Script>) -> Counts {
    let (mut counts, mut faults) = (Counts::default(), Vec::new());
    for script in scripts {
        compare(&script, &mut counts, &mut faults);
    }
    println!("{counts:?}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    counts
}

#[test]
fn scripts_are_read_alike() {
    let counts = compare_all(scripts::published().into_iter().chain(scripts::regress()));
    assert!(counts.directives > 50_000 && counts.modules > 10_000 && counts.refused > 1_500, "{counts:?}");
}

#[test]
fn scripts_beside_the_checkout_are_read_alike() {
    compare_all(scripts::newest());
}

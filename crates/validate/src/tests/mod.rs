//! Compares our verdicts on outlines with wasmparser's. The outlines are those of the specification's scripts (valid or
//! not), those of the guests, damaged copies of them, and random types.
//!
//! `MUTANTS=1000 SEED=7 cargo test ...` tests more.

use wasmote_test_support::{Random, root, scripts};
use wasmote_wat::script::{Action, DirectiveKind, ScriptModule, parse};
use wasmparser::{Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures};

use crate::Features;
use crate::sections::walk;
use crate::validate::validate_with;
use damage::{damage, damage_bytes, joined, split};

mod damage;
mod expressions;
mod limits;
mod types;

/// Returns a number from the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Returns the binaries of all scripts in the project, valid or not.
pub fn modules() -> Vec<(String, Vec<u8>)> {
    binaries(scripts::published().into_iter().chain(scripts::regress()))
}

/// Returns the binaries of the scripts next to the checkout. There are none if these scripts are missing.
pub fn modules_beside_the_checkout() -> Vec<(String, Vec<u8>)> {
    binaries(scripts::newest())
}

fn binaries(scripts: impl IntoIterator<Item = scripts::Script>) -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for script in scripts {
        // The parser may lack the syntax of some proposals.
        let Ok(directives) = parse(&script.text, &script.path) else { continue };
        for directive in directives {
            let (DirectiveKind::Module { module, .. }
            | DirectiveKind::Definition { module, .. }
            | DirectiveKind::AssertUnlinkable { module, .. }
            | DirectiveKind::AssertInvalid { module, .. }
            | DirectiveKind::AssertMalformed { module, .. }
            | DirectiveKind::AssertTrap { action: Action::Instantiate(module), .. }) = directive.kind
            else {
                continue;
            };
            if let ScriptModule::Binary(binary) = module {
                modules.push((format!("{}:{}", script.path, directive.line), binary));
            }
        }
    }
    modules
}

/// Returns sets of proposals: each version of the specification, and all proposals that this crate validates.
pub fn feature_sets() -> Vec<WasmFeatures> {
    let mut sets: Vec<_> = [1, 2, 3, 4].map(|version| Features::of_version(version).flags()).to_vec();
    sets.push(all_features());
    sets
}

fn all_features() -> WasmFeatures {
    Features::default().flags() | WasmFeatures::THREADS
}

/// Validates all of a module but its bodies with wasmparser, and calls `each_body` for each body.
pub fn walk_theirs(
    wasm: &[u8],
    flags: WasmFeatures,
    each_body: &mut dyn FnMut(u32, &ValidatorResources),
) -> Result<(), wasmparser::Error> {
    let mut validator = Validator::new_with_features(flags);
    let mut parser = Parser::new(0);
    parser.set_features(flags);
    for payload in parser.parse_all(wasm) {
        if let ValidPayload::Func(func, _) = validator.payload(&payload?)? {
            each_body(func.index, &func.resources);
        }
    }
    Ok(())
}

/// Whether wasmparser refuses what the proposal for custom descriptors and its tests allow.
fn is_too_strict(error: &wasmparser::Error) -> bool {
    [
        "sub type with descriptor must have super type with descriptor",
        "descriptor and described type must have the same finality",
    ]
    .contains(&error.message())
}

/// The number of modules that were compared, and how many of them are valid.
#[derive(Default, Debug)]
struct Counts {
    compared: usize,
    valid: usize,
}

impl Counts {
    /// Compares the verdicts on all of a module but its bodies.
    fn outline(&mut self, name: &str, wasm: &[u8], flags: WasmFeatures) {
        let ours = walk(wasm, flags, &mut |_, _, _| Ok(())).map(|_| ());
        let theirs = walk_theirs(wasm, flags, &mut |_, _| ());
        assert!(ours.as_ref().err().is_none_or(|fault| fault.offset() <= wasm.len()), "{name}: {ours:?}");
        if ours.is_ok() && theirs.as_ref().err().is_some_and(is_too_strict) {
            return;
        }
        self.same(name, wasm, flags, ours.is_ok(), theirs.is_ok(), &(&ours, &theirs));
    }

    /// Compares the verdicts on a whole module.
    fn whole(&mut self, name: &str, wasm: &[u8], flags: WasmFeatures) {
        let ours = validate_with(wasm, flags, flags);
        let theirs = Validator::new_with_features(flags).validate_all(wasm).map(|_| ());
        if ours.is_ok() && theirs.as_ref().err().is_some_and(is_too_strict) {
            return;
        }
        self.same(name, wasm, flags, ours.is_ok(), theirs.is_ok(), &(&ours, &theirs));
    }

    fn same(
        &mut self,
        name: &str,
        wasm: &[u8],
        flags: WasmFeatures,
        ours: bool,
        theirs: bool,
        results: &dyn std::fmt::Debug,
    ) {
        assert_eq!(ours, theirs, "{name}: {wasm:02x?}\n{flags:?}\nours, theirs: {results:?}");
        self.compared += 1;
        self.valid += usize::from(ours);
    }
}

/// Compares the outlines of these modules.
fn compare_outlines(modules: Vec<(String, Vec<u8>)>) -> Counts {
    let mut counts = Counts::default();
    let mut random = Random::new(number("SEED", 1) as u64 | 1 << 40);
    for (name, wasm) in modules {
        for flags in feature_sets() {
            counts.outline(&name, &wasm, flags);
        }
        for _ in 0..4 {
            counts.outline(&name, &wasm, some_features(&mut random));
        }
    }
    println!("{counts:?}");
    counts
}

#[test]
fn outlines_of_scripts_are_valid_if_wasmparser_says_so() {
    let counts = compare_outlines(modules());
    assert!(counts.compared > 30_000 && counts.valid > 10_000);
}

#[test]
fn outlines_of_scripts_beside_the_checkout_are_valid_if_wasmparser_says_so() {
    compare_outlines(modules_beside_the_checkout());
}

#[test]
fn outlines_of_guests_are_valid_and_no_part_of_them() {
    let mut counts = Counts::default();
    let mut guests = Vec::new();
    scripts::find(&root().join("tests/guests"), "wasm", &mut guests);
    for guest in guests {
        let wasm = std::fs::read(&guest).expect("a guest");
        let name = guest.display().to_string();
        counts.outline(&name, &wasm, all_features());
        for part in 1..20 {
            counts.outline(&name, &wasm[..wasm.len() * part / 20], all_features());
        }
    }
    println!("{counts:?}");
    assert!(counts.compared > 100 && counts.valid >= 5);
}

/// Compares damaged outlines of these modules.
fn compare_damaged_outlines(mut modules: Vec<(String, Vec<u8>)>) -> Counts {
    let (mutants, seed) = (number("MUTANTS", 4), number("SEED", 1));
    let mut random = Random::new(seed as u64 | 1 << 40);
    let mut counts = Counts::default();
    modules.retain(|(_, wasm)| wasm.len() < 4096);
    for (name, wasm) in &modules {
        let Some(sections) = split(wasm) else { continue };
        for _ in 0..mutants {
            let mut damaged = sections.clone();
            for _ in 0..=random.below(3) {
                let other = &modules[random.below(modules.len())].1;
                damage(&mut random, &mut damaged, other);
            }
            let mut binary = joined(&damaged);
            if random.one_in(16) {
                damage_bytes(&mut random, &mut binary);
            }
            counts.outline(name, &binary, all_features());
            if random.one_in(2) {
                counts.outline(name, &binary, some_features(&mut random));
            }
        }
    }
    println!("{counts:?}");
    counts
}

#[test]
fn damaged_outlines_are_valid_if_wasmparser_says_so() {
    let counts = compare_damaged_outlines(modules());
    assert!(counts.compared > 10_000 && counts.valid > 500);
}

#[test]
fn damaged_outlines_beside_the_checkout_are_valid_if_wasmparser_says_so() {
    compare_damaged_outlines(modules_beside_the_checkout());
}

#[test]
fn types_are_equal_and_below_others_if_wasmparser_says_so() {
    let (mutants, seed) = (number("MUTANTS", 4) * 5_000, number("SEED", 1));
    let mut random = Random::new(seed as u64 | 1 << 40);
    let mut counts = Counts::default();
    for number in 0..mutants {
        let plain = random.one_in(8);
        let wasm = types::module(&mut random, plain);
        let flags = if plain { all_features() - WasmFeatures::GC } else { all_features() };
        counts.whole(&format!("types {number}"), &wasm, flags);
    }
    println!("{counts:?}");
    assert!(!cfg!(feature = "gc") || counts.valid > mutants / 20);
}

/// Returns a random set of proposals. Most are on.
fn some_features(random: &mut Random) -> WasmFeatures {
    let mut flags = all_features();
    let least = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    let odds = random.pick(&[2, 6, 20]);
    for flag in all_features().difference(least) {
        flags.set(flag, !random.one_in(odds));
    }
    flags
}

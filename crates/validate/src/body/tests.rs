//! Compares our verdicts on bodies with wasmparser's. The bodies are those of the specification's scripts (valid or
//! not), those of the guests, and damaged copies of all of them.

use std::path::PathBuf;

use wasmote_test_support::{Random, root, scripts};
use wasmparser::{BinaryReader, FuncToValidate, FuncValidatorAllocations, FunctionBody, ValidatorResources};
use wasmparser::{WasmFeatures, WasmModuleResources};

use super::{Buffers, validate};
use crate::Features;
use crate::outline::Outline;
use crate::sections::walk;
use crate::tests::{feature_sets, modules, modules_beside_the_checkout, number, walk_theirs};

/// The number of bodies that were compared, and how many of them are valid.
#[derive(Default, Debug)]
struct Counts {
    compared: usize,
    valid: usize,
}

struct Comparison {
    random: Random,
    counts: Counts,
    /// The number of damaged copies of each body.
    mutants: usize,
    /// The step between the bodies that are compared.
    every: usize,
}

impl Comparison {
    /// Compares the bodies of a module, if the rest of it is valid.
    fn module(&mut self, name: &str, wasm: &[u8], flags: WasmFeatures) {
        let mut theirs = Vec::new();
        let _ = walk_theirs(wasm, flags, &mut |func, module| theirs.push((func, module.clone())));
        let mut theirs = theirs.into_iter();
        let _ = walk(wasm, flags, &mut |outline, func, range| {
            // wasmparser may refuse the outline, which other tests compare.
            let Some((index, module)) = theirs.next() else { return Ok(()) };
            assert_eq!(func, index);
            if (func as usize).is_multiple_of(self.every) {
                self.body(&format!("{name}, function {func}"), (outline, &module, flags), func, &wasm[range]);
            }
            Ok(())
        });
    }

    fn body(&mut self, name: &str, module: (&Outline, &ValidatorResources, WasmFeatures), func: u32, bytes: &[u8]) {
        let mut damaged = bytes.to_vec();
        for _ in 0..=self.mutants {
            self.compare(name, module, func, &damaged);
            damaged.clear();
            damaged.extend_from_slice(bytes);
            for _ in 0..=self.random.below(3) {
                self.damage(&mut damaged);
            }
        }
    }

    fn compare(
        &mut self,
        name: &str,
        (outline, module, features): (&Outline, &ValidatorResources, WasmFeatures),
        index: u32,
        bytes: &[u8],
    ) {
        let ours = validate(outline, features, index, bytes, 0, &mut Buffers::default());
        let ty = module.type_index_of_function(index).expect("the function is there");
        let func = FuncToValidate { resources: module.clone(), index, ty, features };
        let mut theirs = func.into_validator(FuncValidatorAllocations::default());
        let theirs = theirs.validate(&FunctionBody::new(BinaryReader::new_features(bytes, 0, features)));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{name}: {bytes:02x?}\nours: {ours:?}\ntheirs: {theirs:?}");
        self.counts.compared += 1;
        self.counts.valid += usize::from(ours.is_ok());
    }

    /// Changes a random place in a random way.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes[at] = random.below(256) as u8,
            // A first byte of instructions.
            1 => {
                bytes[at] = [random.below(0x28), 0xd0 + random.below(7), 0xfb + random.below(4)][random.below(3)] as u8
            }
            2 => bytes[at] = random.below(0xd7) as u8,
            3 => bytes[at] = bytes[at].wrapping_add(1),
            4 => bytes[at] = bytes[at].wrapping_sub(1),
            5 => drop(bytes.remove(at)),
            6 => bytes.insert(at, random.below(256) as u8),
            // A piece of the body, repeated elsewhere.
            _ => {
                let from = random.below(bytes.len());
                let piece = bytes[from..bytes.len().min(from + 1 + random.below(8))].to_vec();
                bytes.splice(at..at, piece);
            }
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

/// Compares the bodies of these modules.
fn compare_bodies(modules: Vec<(String, Vec<u8>)>) -> Counts {
    let mut comparison = Comparison { random: Random::new(1), counts: Counts::default(), mutants: 0, every: 1 };
    for (name, wasm) in modules {
        for flags in feature_sets() {
            comparison.module(&name, &wasm, flags);
        }
    }
    println!("{:?}", comparison.counts);
    comparison.counts
}

#[test]
fn bodies_of_scripts_are_valid_if_wasmparser_says_so() {
    let counts = compare_bodies(modules());
    assert!(counts.compared > 50_000 && counts.valid > 25_000);
}

#[test]
fn bodies_of_scripts_beside_the_checkout_are_valid_if_wasmparser_says_so() {
    compare_bodies(modules_beside_the_checkout());
}

/// Compares damaged bodies of these modules, and of guests.
fn compare_damaged_bodies(modules: Vec<(String, Vec<u8>)>, guests: &[PathBuf]) -> Counts {
    // `MUTANTS=1000 SEED=7 cargo test ...` tests more.
    let (mutants, seed) = (number("MUTANTS", 6), number("SEED", 1));
    let mut comparison =
        Comparison { random: Random::new(seed as u64 | 1 << 40), counts: Counts::default(), mutants, every: 1 };
    let flags = Features::default().flags();
    for (name, wasm) in modules {
        comparison.module(&name, &wasm, flags);
    }
    comparison.every = 97;
    for guest in guests {
        let wasm = std::fs::read(guest).expect("a guest");
        comparison.module(&guest.display().to_string(), &wasm, flags);
    }
    println!("{:?}", comparison.counts);
    comparison.counts
}

#[test]
fn damaged_bodies_are_valid_if_wasmparser_says_so() {
    let mut guests = Vec::new();
    scripts::find(&root().join("tests/guests"), "wasm", &mut guests);
    let counts = compare_damaged_bodies(modules(), &guests);
    assert!(counts.compared > 50_000 && counts.valid > 10_000);
}

#[test]
fn damaged_bodies_beside_the_checkout_are_valid_if_wasmparser_says_so() {
    compare_damaged_bodies(modules_beside_the_checkout(), &[]);
}

//! One mutant: made, loaded, and run if it is accepted.

use std::collections::BTreeMap;

use wasmote_exec::TrapCode;
use wasmote_exec::in_place::{CallError, Instance, LoadError, buffer_bytes};
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, kinds};
use wasmote_test_support::Random;
use wasmote_test_support::counts::Counts;
use wasmote_test_support::mutate::{Mutant, mutate};
use wasmote_test_support::supervise::{self, ACCEPTED, CALLS, REFUSED, RETURNED, TRAPPED};

use crate::originals::{CHOICES, Original};
use crate::records::Records;
use crate::sandbox::Pages;

/// The slots of the value stack.
const STACK: usize = 400;
/// The largest buffer that a mutant gets, in bytes.
const MAX_BUFFER: usize = 16 << 20;
/// The fuel for a call.
const FUEL: u64 = 3000;

/// Returns the messages of all refusals. The counters here use their indices.
fn reasons() -> Vec<&'static str> {
    use wasmote_ir::image::ImageErrorKind::*;
    let images = [
        NotAnImage,
        Truncated,
        Version,
        OpSet,
        Extended,
        Feature,
        Threads,
        Atomics,
        Schedule,
        Checksum,
        Misaligned,
        OutOfRange,
        Record,
        Type,
        Constant,
        Instruction,
        Slot,
        Target,
        Index,
        End,
    ];
    let mut all: Vec<&'static str> = images.iter().map(|kind| kind.message()).collect();
    let others = [
        LoadError::BufferTooSmall(0),
        LoadError::NotAFunction(0),
        LoadError::MissingImport(0),
        LoadError::ImportType(0),
    ];
    all.extend(others.iter().map(LoadError::message));
    all.push("trapped when instantiated");
    all
}

/// The pages that all mutants use in turn, and counts of what happened.
pub struct Trials<'a> {
    originals: &'a [Original],
    /// The index of the first guest. Guests are tried less often.
    small: usize,
    image: Pages,
    buffer: Pages,
    reasons: BTreeMap<&'static str, usize>,
}

impl<'a> Trials<'a> {
    pub fn new(originals: &'a [Original], small: usize) -> Trials<'a> {
        let longest = originals.iter().map(|original| original.image.len()).max().unwrap_or(0);
        let reasons = reasons().into_iter().enumerate().map(|(i, reason)| (reason, i)).collect();
        Trials { originals, small, image: Pages::new(longest + 8), buffer: Pages::new(MAX_BUFFER), reasons }
    }
}

impl supervise::Trials for Trials<'_> {
    const MUTANTS: u64 = 60_000;
    /// In microseconds. A call takes some hundred of them at most.
    const TIME: i64 = 60_000;

    fn reasons(&self) -> Vec<&'static str> {
        reasons()
    }

    fn one(&mut self, seed: u64, counts: &Counts, say: bool) {
        let mut random = Random::new(seed);
        let random = &mut random;
        let number = if random.chance(35) {
            self.small + random.below(self.originals.len() - self.small)
        } else {
            random.below(self.small)
        };
        let original = &self.originals[number];
        let Mutant { bytes, funcs, fixed } = mutate(&original.image, &CHOICES, random);
        let fronts = (random.chance(50), random.chance(50));
        if say {
            let changed = bytes.iter().zip(&original.image).filter(|(a, b)| a != b).count();
            println!("mutant {seed} of {}: {changed} bytes changed, checksums put right: {fixed}", original.name);
        }
        let Trials { image, buffer, reasons, .. } = self;
        image.with_read_only(&bytes, fronts.0, |bytes| {
            let refusal = |error: LoadError| {
                let message = match error {
                    LoadError::Trap(_) => "trapped when instantiated",
                    _ => error.message(),
                };
                counts.add(REFUSED + reasons[message]);
                if say {
                    println!("refused: {error:?}: {message}");
                }
            };
            let needed = match buffer_bytes(bytes, STACK) {
                Ok(needed) if needed <= MAX_BUFFER => needed,
                Ok(needed) => return refusal(LoadError::BufferTooSmall(needed)),
                Err(error) => return refusal(error),
            };
            // Sometimes there is room for the memory to grow.
            let more = *random.of(&[0, 0, 8, 65536, 200_000]);
            let words = buffer.words((needed + more).min(MAX_BUFFER), fronts.1);
            let first = words.as_ptr();
            let mut instance = match Instance::new(bytes, &original.imports, words, STACK, ()) {
                Ok(instance) => instance,
                Err(error) => return refusal(error),
            };
            counts.add(ACCEPTED);
            let image = Image::parse(bytes).expect("it was accepted");
            // SAFETY: the instance was just made in the buffer at `first`, and does not run.
            let records = unsafe { Records::of(&image, first) };
            let all = image.count(Section::Funcs) as usize;
            let others: Vec<u32> = (0..3).map(|_| random.below(all) as u32).collect();
            for func in funcs.into_iter().chain(exported(&image)).chain(others).take(12) {
                run(&mut instance, &image, func, random, counts, say);
                // SAFETY: the call has ended, so the instance does not run.
                unsafe { records.check(&image) };
            }
        });
    }
}

/// Returns some of the exported functions.
fn exported(image: &Image<'_>) -> Vec<u32> {
    let exports = (0..image.count(Section::Exports).min(6)).filter_map(|index| image.export(index));
    exports.filter(|export| export.kind == kinds::FUNC).map(|export| export.index).collect()
}

/// Calls a function with some arguments. Resumes it once if it runs out of fuel.
fn run(instance: &mut Instance<'_, ()>, image: &Image<'_>, func: u32, random: &mut Random, counts: &Counts, say: bool) {
    let Some(ty) = image.func(func).and_then(|func| image.ty(func.ty.into())) else { return };
    let args: Vec<u64> = (0..ty.param_slots).map(|_| random.value()).collect();
    let mut results = vec![0; image.val_types(ty, true).map(|ty| usize::from(ty.slots())).sum()];
    if say {
        println!("calls function {func} with {args:x?}");
    }
    // A mutant can say that it takes no fuel. Then nothing may stop it.
    if instance.set_fuel(FUEL).is_err() {
        return;
    }
    let mut outcome = instance.call_index(func, &args, &mut results);
    if outcome == Err(CallError::Trap(TrapCode::OutOfFuel)) {
        instance.set_fuel(FUEL).unwrap();
        outcome = instance.resume(&mut results);
    }
    let _ = instance.trap_site();
    counts.add(CALLS);
    counts.add(if outcome.is_ok() { RETURNED } else { TRAPPED });
    if say {
        println!("  {outcome:?} {results:x?}");
    }
}

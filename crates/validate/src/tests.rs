//! Our verdict on outlines against wasmparser's: those of the specification's scripts, valid and not, those of the guests,
//! damaged copies of them, and types made up at random.
//!
//! `MUTANTS=1000 SEED=7 cargo test ...` takes a longer look.

use wasmote_wat::script::{Action, DirectiveKind, Source, parse};
use wasmparser::{Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures};

use crate::Features;
use crate::limits::*;
use crate::sections::walk;
use crate::validate::validate_with;

#[path = "../../../tests/scripts.rs"]
pub mod scripts;

/// A generator of numbers that is the same on every machine (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// A number out of the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The binaries of all scripts, valid or not.
pub fn modules() -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    for script in [scripts::published(), scripts::regress(), scripts::newest()].into_iter().flatten() {
        // Some proposals have a syntax of their own, which the parser may lack.
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
            if let Source::Binary(binary) = module {
                modules.push((format!("{}:{}", script.path, directive.line), binary));
            }
        }
    }
    modules
}

/// Everything on that anything here knows, and each version of the specification.
pub fn feature_sets() -> Vec<WasmFeatures> {
    let mut sets: Vec<_> = [1, 2, 3, 4].map(|version| Features::of_version(version).flags()).to_vec();
    sets.push(all_features());
    sets
}

fn all_features() -> WasmFeatures {
    Features::default().flags() | WasmFeatures::THREADS
}

/// What wasmparser finds in everything but bodies, and what it checks these against.
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

/// Modules compared, and how many of them are valid.
#[derive(Default, Debug)]
struct Counts {
    compared: usize,
    valid: usize,
}

impl Counts {
    /// Compares what is found in all of a module but its bodies.
    fn outline(&mut self, name: &str, wasm: &[u8], flags: WasmFeatures) {
        let ours = walk(wasm, flags, &mut |_, _, _| Ok(())).map(|_| ());
        let theirs = walk_theirs(wasm, flags, &mut |_, _| ());
        self.same(name, wasm, flags, ours.is_ok(), theirs.is_ok(), &(&ours, &theirs));
    }

    /// The same with bodies.
    fn whole(&mut self, name: &str, wasm: &[u8], flags: WasmFeatures) {
        let ours = validate_with(wasm, flags, flags);
        let theirs = Validator::new_with_features(flags).validate_all(wasm).map(|_| ());
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

#[test]
fn outlines_of_scripts_are_valid_if_wasmparser_says_so() {
    let mut counts = Counts::default();
    let mut random = Random(number("SEED", 1) as u64 | 1 << 40);
    for (name, wasm) in modules() {
        for flags in feature_sets() {
            counts.outline(&name, &wasm, flags);
        }
        for _ in 0..4 {
            counts.outline(&name, &wasm, some_features(&mut random));
        }
    }
    println!("{counts:?}");
    assert!(counts.compared > 50_000 && counts.valid > 20_000);
}

#[test]
fn outlines_of_guests_are_valid_and_no_part_of_them() {
    let mut counts = Counts::default();
    let mut guests = Vec::new();
    scripts::find(&scripts::root().join("tests/guests"), "wasm", &mut guests);
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

#[test]
fn damaged_outlines_are_valid_if_wasmparser_says_so() {
    let (mutants, seed) = (number("MUTANTS", 4), number("SEED", 1));
    let mut random = Random(seed as u64 | 1 << 40);
    let mut counts = Counts::default();
    let modules: Vec<_> = modules().into_iter().filter(|(_, wasm)| wasm.len() < 4096).collect();
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
    assert!(counts.compared > 20_000 && counts.valid > 1_000);
}

#[test]
fn types_are_equal_and_below_others_if_wasmparser_says_so() {
    let (mutants, seed) = (number("MUTANTS", 4) * 5_000, number("SEED", 1));
    let mut random = Random(seed as u64 | 1 << 40);
    let mut counts = Counts::default();
    for number in 0..mutants {
        let wasm = types(&mut random);
        counts.whole(&format!("types {number}"), &wasm, all_features());
    }
    println!("{counts:?}");
    assert!(!cfg!(feature = "gc") || counts.valid > mutants / 20);
}

#[test]
fn limits_are_those_of_wasmparser() {
    let mut counts = Counts::default();
    let (mut checked, all) = (0, all_features());
    let empty = || (1, items(1, &[0x60, 0, 0]));
    let mut ends = |name: &str, limit: usize, sections: &dyn Fn(usize) -> Vec<(u8, Vec<u8>)>| {
        for (count, is_valid) in [(limit, true), (limit + 1, false)] {
            let valid = counts.valid;
            counts.outline(&format!("{count} {name}"), &joined(&sections(count)), all);
            assert_eq!(counts.valid - valid, usize::from(is_valid), "{count} {name}");
        }
        checked += 1;
    };
    ends("types", MAX_TYPES, &|count| vec![(1, items(count, &[0x60, 0, 0]))]);
    ends("functions", MAX_FUNCTIONS, &|count| {
        vec![empty(), (3, items(count, &[0])), (10, items(count, &[2, 0, 0x0b]))]
    });
    ends("tables", MAX_TABLES, &|count| vec![(4, items(count, &[0x70, 0, 0]))]);
    ends("memories", MAX_MEMORIES, &|count| vec![(5, items(count, &[0, 0]))]);
    ends("imported memories", MAX_MEMORIES, &|count| vec![(2, items(count, &[0, 0, 2, 0, 0]))]);
    ends("globals", MAX_GLOBALS, &|count| vec![(6, items(count, &[0x7f, 0, 0x41, 0, 0x0b]))]);
    ends("imports", MAX_TYPE_SIZE - 2, &|count| vec![(2, items(count, &[0, 0, 3, 0x7f, 0]))]);
    ends("element segments", MAX_ELEMENT_SEGMENTS, &|count| vec![(9, items(count, &[1, 0, 0]))]);
    ends("data segments", MAX_DATA_SEGMENTS, &|count| vec![(11, items(count, &[1, 0]))]);
    ends("parameters", MAX_PARAMS, &|count| vec![(1, [&[1, 0x60][..], &items(count, &[0x7f]), &[0]].concat())]);
    ends("results", MAX_RESULTS, &|count| vec![(1, [&[1, 0x60, 0][..], &items(count, &[0x7f])].concat())]);
    ends("bytes of a name", MAX_NAME, &|count| vec![(2, [&[1, 0][..], &items(count, b"x"), &[2, 0, 0]].concat())]);
    ends("bytes of a section's name", MAX_NAME, &|count| vec![(0, items(count, b"x"))]);
    let body = |size: usize| [&[1][..], &items(size, &[0])].concat();
    ends("bytes of a body", MAX_BODY, &|size| vec![empty(), (3, vec![1, 0]), (10, body(size))]);
    let elements =
        |count| vec![empty(), (3, vec![1, 0]), (9, [&[1, 1, 0][..], &items(count, &[0])].concat()), (10, body(2))];
    ends("elements", MAX_ELEMENTS, &elements);
    // Each import counts two more than it has parameters, and all of them one.
    let many = [&[1, 0x60][..], &items(998, &[0x7f]), &[0]].concat();
    let imports = |count| vec![(1, many.clone()), (2, items(count, &[0, 0, 0, 0]))];
    ends("sizes of imports", 999, &imports);
    // Names of three bytes are enough for as many exports as there may be.
    let names = |count: usize| -> Vec<u8> {
        let mut bytes = Vec::new();
        leb(&mut bytes, count);
        for name in 0..count {
            bytes.extend([4, name as u8 & 0x7f, (name >> 7) as u8 & 0x7f, (name >> 14) as u8 & 0x7f, 0, 2, 0]);
        }
        bytes
    };
    ends("exports", MAX_TYPE_SIZE - 2, &|count| vec![(5, vec![1, 0, 0]), (7, names(count))]);
    if cfg!(feature = "gc") {
        ends("tags", MAX_TAGS, &|count| vec![empty(), (13, items(count, &[0, 0]))]);
        ends("fields", MAX_FIELDS, &|count| vec![(1, [&[1, 0x5f][..], &items(count, &[0x7f, 0])].concat())]);
        ends("types of a group", MAX_TYPES, &|count| vec![(1, [&[1, 0x4e][..], &items(count, &[0x5f, 0])].concat())]);
        // The first has none above it.
        let chain = |count: usize| -> Vec<u8> {
            (0..count as u8)
                .flat_map(|n| if n == 0 { vec![0x50, 0, 0x5f, 0] } else { vec![0x50, 1, n - 1, 0x5f, 0] })
                .collect()
        };
        ends("types in a chain", usize::from(MAX_DEPTH) + 1, &|count| {
            vec![(1, [&[count as u8][..], &chain(count)].concat())]
        });
    }
    println!("{counts:?}");
    assert_eq!(counts.compared, 2 * checked);
}

/// So many times the same.
fn items(count: usize, item: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb(&mut bytes, count);
    bytes.extend(item.repeat(count));
    bytes
}

/// Features of which most are on.
fn some_features(random: &mut Random) -> WasmFeatures {
    let mut flags = all_features();
    let least = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    let odds = random.of(&[2, 6, 20]);
    for flag in all_features().difference(least) {
        flags.set(flag, !random.one_in(odds));
    }
    flags
}

/// A module's sections, if it has any: ids and contents.
fn split(wasm: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rest = wasm.get(8..)?;
    let mut sections = Vec::new();
    while let [id, behind @ ..] = rest {
        let (mut length, mut shift, mut bytes) = (0, 0, behind);
        loop {
            let (&byte, next) = bytes.split_first()?;
            (length, shift, bytes) = (length | usize::from(byte & 0x7f) << shift, shift + 7, next);
            if byte < 0x80 || shift > 28 {
                break;
            }
        }
        sections.push((*id, bytes.get(..length)?.to_vec()));
        rest = &bytes[length..];
    }
    Some(sections)
}

fn joined(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in sections {
        wasm.push(*id);
        leb(&mut wasm, contents.len());
        wasm.extend_from_slice(contents);
    }
    wasm
}

fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Changes a section, or the order of them.
fn damage(random: &mut Random, sections: &mut Vec<(u8, Vec<u8>)>, other: &[u8]) {
    if sections.is_empty() {
        sections.push((random.below(14) as u8, vec![0]));
    }
    let at = random.below(sections.len());
    match random.below(24) {
        0 => drop(sections.remove(at)),
        1 => sections.insert(at, sections[at].clone()),
        2 => {
            let with = random.below(sections.len());
            sections.swap(at, with);
        }
        3 => sections[at].0 = random.below(15) as u8,
        4 | 5 => {
            // That of another module in its place, or in front.
            let Some(theirs) = split(other).filter(|theirs| !theirs.is_empty()) else { return };
            let theirs = theirs[random.below(theirs.len())].clone();
            match sections.iter().position(|(id, _)| *id == theirs.0) {
                Some(same) => sections[same] = theirs,
                None => sections.insert(at, theirs),
            }
        }
        6 => {
            let inserted = [(1, 2), (3, 1), (5, 3), (12, 1), (13, 3), (0, 4), (8, 1)];
            let (id, length) = random.of(&inserted);
            let contents = (0..length).map(|_| random.below(3) as u8).collect();
            sections.insert(at, (id, contents));
        }
        _ => {
            // Bodies and names are somebody else's.
            if matches!(sections[at].0, 0 | 10) && !random.one_in(8) {
                return;
            }
            let contents = &mut sections[at].1;
            if contents.is_empty() {
                contents.push(0);
            }
            if random.one_in(4) {
                // An item more or less, perhaps.
                contents[0] = contents[0].wrapping_add(random.of(&[1, 255]));
            }
            damage_bytes(random, contents);
        }
    }
}

/// What means something in most places.
const BYTES: &[u8] = &[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x78, 0x77, 0x74, 0x73, 0x72, 0x71, 0x70, 0x6f, 0x6e,
    0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x68, 0x65, 0x64, 0x63, 0x62, 0x60, 0x5f, 0x5e, 0x5d, 0x50, 0x4f, 0x4e, 0x4d, 0x40,
    0x41, 0x42, 0x43, 0x44, 0x0b, 0x23, 0xd0, 0xd2, 0xfb, 0xfd, 0x0c, 0x1a, 0x1b, 0x1c, 0x6a, 0x7c, 0x80, 0xff, 0x10,
    0x20,
];

fn damage_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    match random.below(10) {
        0 => bytes[at] = random.below(256) as u8,
        1 | 2 => bytes[at] = random.of(BYTES),
        3 => bytes[at] = bytes[at].wrapping_add(1),
        4 => bytes[at] = bytes[at].wrapping_sub(1),
        5 => drop(bytes.remove(at)),
        6 | 7 => bytes.insert(at, random.of(BYTES)),
        8 => {
            // A piece of it again.
            let from = random.below(bytes.len());
            let piece = bytes[from..bytes.len().min(from + 1 + random.below(8))].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            let end = bytes.len().min(at + 1 + random.below(6));
            drop(bytes.drain(at..end));
        }
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

/// A module with groups of types that often are equal or below others, and functions that say which are: each returns a
/// parameter as something else.
fn types(random: &mut Random) -> Vec<u8> {
    let mut section = Vec::new();
    let (mut groups, mut count, mut total) = (Vec::<Vec<u8>>::new(), 0, 0);
    for _ in 0..1 + random.below(5) {
        // The same bytes again are the same group if they refer to nothing, or to the same.
        if !groups.is_empty() && random.one_in(3) {
            let again = random.of(&(0..groups.len()).collect::<Vec<_>>());
            let group = groups[again].clone();
            section.extend_from_slice(&group);
            total += usize::from(if group[0] == 0x4e { group[1] } else { 1 });
            count += 1;
            continue;
        }
        let size = random.below(4);
        let mut group = Vec::new();
        if size != 1 {
            group.extend([0x4e, size as u8]);
        }
        for number in 0..size {
            sub_type(random, &mut group, total, total + number, total + size);
        }
        section.extend_from_slice(&group);
        total += size;
        count += 1;
        groups.push(group);
    }
    // Functions from each type to some other.
    let (mut funcs, mut bodies) = (Vec::new(), Vec::new());
    for _ in 0..random.below(4) {
        section.extend([0x60, 1, random.of(&[0x63, 0x64])]);
        section.push(random.below(total) as u8);
        section.extend([1, random.of(&[0x63, 0x63, 0x64])]);
        section.push(if random.one_in(4) { random.of(BYTES) & 0x7f } else { random.below(total) as u8 });
        funcs.push((total + funcs.len()) as u8);
        bodies.extend([4, 0, 0x20, 0, 0x0b]);
        count += 1;
    }
    section.insert(0, count);
    funcs.insert(0, funcs.len() as u8);
    bodies.insert(0, funcs[0]);
    joined(&[(1, section), (3, funcs), (10, bodies)])
}

/// One of the types from `first` to `end`.
fn sub_type(random: &mut Random, bytes: &mut Vec<u8>, first: usize, index: usize, end: usize) {
    if !random.one_in(4) {
        bytes.push(random.of(&[0x50, 0x50, 0x50, 0x4f]));
        let has_supertype = index > 0 && !random.one_in(3);
        bytes.push(has_supertype.into());
        if has_supertype {
            // Now and then one that comes later.
            let supertype = if random.one_in(20) { random.below(end + 1) } else { random.below(index) };
            bytes.push(supertype as u8);
        }
    }
    let value = |random: &mut Random, bytes: &mut Vec<u8>| match random.below(8) {
        0..=2 => bytes.push(random.of(&[0x7f, 0x7e, 0x7f, 0x6e, 0x70, 0x71, 0x73, 0x6b])),
        3 => bytes.extend([0x64, random.of(&[0x6e, 0x71, 0x70, 0x6b, 0x6d])]),
        near => {
            bytes.push(random.of(&[0x63, 0x63, 0x64]));
            let to = if near < 6 { first + random.below(end - first) } else { random.below(end) };
            bytes.push(if random.one_in(40) { end as u8 } else { to as u8 });
        }
    };
    let field = |random: &mut Random, bytes: &mut Vec<u8>| {
        if random.one_in(8) {
            bytes.push(random.of(&[0x78, 0x77]));
        } else {
            value(random, bytes);
        }
        bytes.push(random.of(&[0, 0, 1]));
    };
    match random.below(5) {
        0..=2 => {
            bytes.push(0x5f);
            let count = random.below(3);
            bytes.push(count as u8);
            (0..count).for_each(|_| field(random, bytes));
        }
        3 => {
            bytes.push(0x5e);
            field(random, bytes);
        }
        _ => {
            bytes.push(0x60);
            for _ in 0..2 {
                let count = random.below(2);
                bytes.push(count as u8);
                (0..count).for_each(|_| value(random, bytes));
            }
        }
    }
}

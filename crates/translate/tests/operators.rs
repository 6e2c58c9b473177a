//! Bodies are read as wasmparser reads them, and translated without panics however they are damaged: those of the specification's
//! scripts and of the guests. (In debug builds the translator checks for each operator that it has read all of it.)

#[path = "images/modules.rs"]
mod modules;
#[path = "../../../tests/scripts.rs"]
mod scripts;

use modules::{guests, valid};
use scripts::{newest, published, regress};
use wasmote_decode::ModuleInfo;
use wasmote_decode::operators::{Immediates, MemArg, OBJECT, Operators, immediates};
use wasmote_translate::{CodeOptions, OpSet, Translator};
use wasmparser::{BinaryReader, Operator, OperatorsReader, WasmFeatures, for_each_operator};

/// What stands behind an opcode, in words.
trait Words {
    fn words(&self, words: &mut Vec<String>);
}

macro_rules! words {
    ($($ty:ty: |$value:ident| $words:expr;)*) => { $(
        impl Words for $ty {
            fn words(&self, words: &mut Vec<String>) {
                let $value = self;
                words.extend($words);
            }
        }
    )* };
}

fn bytes(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(|byte| format!("{byte:#x}")).collect()
}

words! {
    u8: |byte| bytes(&[*byte]);
    u32: |index| [index.to_string()];
    i32: |value| [value.to_string()];
    i64: |value| [value.to_string()];
    [u8; 16]: |lanes| bytes(lanes);
    wasmparser::Ieee32: |value| bytes(&value.bits().to_le_bytes());
    wasmparser::Ieee64: |value| bytes(&value.bits().to_le_bytes());
    wasmparser::V128: |value| bytes(value.bytes());
    wasmparser::MemArg: |arg| [format!("{:?}", arg.target), arg.offset.to_string()];
    wasmparser::BlockType: |ty| [format!("{ty:?}")];
    wasmparser::HeapType: |ty| [format!("{ty:?}")];
    wasmparser::RefType: |ty| [format!("{} {:?}", ty.is_nullable(), ty.heap_type())];
    wasmparser::BrTable<'_>: |table| {
        table.targets().map(|depth| depth.unwrap()).chain([table.default()]).map(|depth| depth.to_string())
    };
    wasmparser::TryTable: |table| {
        let mut words = vec![format!("{:?}", table.ty)];
        words.extend(table.catches.iter().map(|catch| format!("{catch:?}")));
        words
    };
    // The types of a `select` are of no interest to anyone.
    wasmparser::ValType: |_ty| Vec::new();
    Vec<wasmparser::ValType>: |_types| Vec::new();
    // Of proposals that there is nothing for.
    wasmparser::Ordering: |_ordering| Vec::new();
    wasmparser::ResumeTable: |_table| Vec::new();
}

macro_rules! operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The proposal that an operator is of, and what stands behind its opcode.
        fn theirs(operator: &Operator<'_>) -> (&'static str, Vec<String>) {
            let mut words = Vec::new();
            #[allow(unreachable_patterns, reason = "the first arm takes some of the list's")]
            let proposal = match operator {
                // The type that is cast from is of no interest either.
                Operator::BrOnCast { relative_depth, to_ref_type, .. }
                | Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                    relative_depth.words(&mut words);
                    to_ref_type.words(&mut words);
                    "gc"
                }
                $( Operator::$op $({ $($arg),* })? => {
                    $($( $arg.words(&mut words); )*)?
                    stringify!($proposal)
                } )*
                _ => "none",
            };
            (proposal, words)
        }
    };
}
for_each_operator!(operators);

/// Proposals that there is nothing for.
const LACKING: [&str; 7] = [
    "threads",
    "shared_everything_threads",
    "stack_switching",
    "custom_descriptors",
    "memory_control",
    "acquire_release_atomics",
    "none",
];

/// Reads the next operator and what stands behind its opcode; `None` if there is no such operator.
fn ours(operators: &mut Operators<'_>) -> Result<Option<Vec<String>>, wasmote_decode::operators::Malformed> {
    let opcode = operators.byte()?;
    let start = *operators;
    let number = if opcode >= OBJECT { operators.index()? } else { 0 };
    let Some(kind) = immediates(opcode, number) else { return Ok(None) };
    let mut words = Vec::new();
    let mut pass = |operators: &mut Operators<'_>, count| {
        for _ in 0..count {
            operators.byte()?.words(&mut words);
        }
        Ok(())
    };
    match kind {
        Immediates::None => {}
        Immediates::Indices(count) => {
            for _ in 0..count {
                operators.index()?.words(&mut words);
            }
        }
        Immediates::I32 => operators.i32()?.words(&mut words),
        Immediates::I64 => operators.i64()?.words(&mut words),
        Immediates::Bytes(count) => pass(operators, count)?,
        Immediates::Memory(more) => {
            let MemArg { memory, offset } = operators.memory()?;
            let arg = [format!("{:?}", wasmparser::MemArgTarget::Memory(memory)), offset.to_string()];
            pass(operators, more)?;
            words.splice(0..0, arg);
        }
        Immediates::Block => operators.block_type()?.words(&mut words),
        Immediates::Depths => {
            for _ in 0..=operators.index()? {
                operators.index()?.words(&mut words);
            }
        }
        Immediates::Types => operators.types()?,
        Immediates::Heap => operators.heap_type()?.words(&mut words),
        Immediates::Cast => {
            let (depth, nullable, heap) = operators.cast()?;
            depth.words(&mut words);
            words.push(format!("{nullable} {heap:?}"));
        }
        Immediates::TryTable => {
            operators.block_type()?.words(&mut words);
            for _ in 0..operators.index()? {
                use wasmparser::Catch;
                let catch = match operators.clause()? {
                    (Some(tag), false, label) => Catch::One { tag, label },
                    (Some(tag), true, label) => Catch::OneRef { tag, label },
                    (None, false, label) => Catch::All { label },
                    (None, true, label) => Catch::AllRef { label },
                };
                words.push(format!("{catch:?}"));
            }
        }
    }
    let mut skipped = start;
    assert_eq!(skipped.skip(opcode), Ok(number));
    assert_eq!(skipped.position(), operators.position());
    Ok(Some(words))
}

/// Whether an operator that wasmparser reads cannot be valid, since it is aligned more than there are bytes.
fn too_aligned(operator: &Operator<'_>) -> bool {
    let text = format!("{operator:?}");
    let number = |name: &str| {
        let (_, rest) = text.split_once(&format!(" {name}: "))?;
        rest.split([',', ' ']).next()?.parse::<u32>().ok()
    };
    number("align").zip(number("max_align")).is_some_and(|(align, most)| align > most)
}

/// Compares how a body is read, as far as wasmparser reads it; how many operators that is.
fn compare(name: &str, body: &[u8]) -> usize {
    let features = WasmFeatures::all() - WasmFeatures::ACQUIRE_RELEASE_ATOMICS - WasmFeatures::MULTIBYTE_ARRAY_ACCESS;
    let mut reader = BinaryReader::new_features(body, 0, features);
    let locals = reader.read_var_u32().unwrap_or(0);
    for _ in 0..locals {
        if reader.read_var_u32().is_err() || reader.read::<wasmparser::ValType>().is_err() {
            return 0;
        }
    }
    let start = reader.original_position() as usize;
    let mut operators = Operators::new(&body[start..], start);
    let mut reader = OperatorsReader::new(reader);
    let mut count = 0;
    while let Ok(operator) = reader.read() {
        let read = ours(&mut operators);
        let (proposal, words) = theirs(&operator);
        match read {
            Ok(Some(read)) => assert_eq!(read, words, "{name}: {operator:?}"),
            Ok(None) => {
                let lacking = LACKING.contains(&proposal)
                    || proposal == "gc" && cfg!(not(feature = "gc"))
                    || proposal.contains("simd") && cfg!(not(feature = "simd"));
                assert!(lacking, "{name}: {operator:?}");
                return count;
            }
            Err(_) => {
                assert!(too_aligned(&operator), "{name}: {operator:?}");
                return count;
            }
        }
        assert_eq!(operators.position() as u64, reader.original_position(), "{name}: {operator:?}");
        count += 1;
    }
    // What follows wasmparser refuses. Here it may be anything, but no panic.
    while let Ok(Some(_)) = ours(&mut operators) {}
    count
}

/// Compares the operators of these modules; how many there are.
fn compare_all(modules: Vec<(String, Vec<u8>)>) -> usize {
    let mut count = 0;
    for (name, wasm) in modules {
        // What this build lacks.
        let Ok(module) = wasmote_decode::decode(&wasm) else { continue };
        for range in &module.bodies {
            count += compare(&name, &wasm[range.clone()]);
        }
    }
    println!("{count} operators");
    count
}

#[test]
fn operators_are_read_as_wasmparser_reads_them() {
    let scripts = published().into_iter().chain(regress());
    assert!(compare_all(valid(scripts).into_iter().chain(guests()).collect()) > 1_000_000);
}

#[test]
fn operators_beside_the_checkout_are_read_as_wasmparser_reads_them() {
    compare_all(valid(newest()));
}

/// A generator of numbers that is the same on every machine (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }

    /// Changes something somewhere.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(6) {
            0 => bytes[at] = self.below(256) as u8,
            // What operators begin with.
            1 => bytes[at] = [self.below(0x28), 0xd0 + self.below(7), 0xfb + self.below(4)][self.below(3)] as u8,
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 if bytes.len() > 1 => drop(bytes.remove(at)),
            4 => bytes.insert(at, self.below(256) as u8),
            // A piece of it again: operators where others were.
            _ => {
                let from = self.below(bytes.len());
                let piece = bytes[from..bytes.len().min(from + 1 + self.below(8))].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

/// Reads and translates damaged copies of one in so many bodies; how many are translated all the same.
fn damaged(modules: Vec<(String, Vec<u8>)>, every: usize, mutants: usize) -> usize {
    let translators = |canonical_nans| {
        [OpSet::Core, OpSet::Extended]
            .map(|op_set| Translator::with_options(CodeOptions { op_set, metered: canonical_nans, canonical_nans }))
    };
    let mut translators = translators(false).into_iter().chain(translators(true)).collect::<Vec<_>>();
    let mut random = Random(1 << 40);
    let mut translated = 0;
    for (name, wasm) in modules {
        let Ok(mut module): Result<ModuleInfo, _> = wasmote_decode::decode(&wasm) else { continue };
        random.0 ^= wasm.len() as u64;
        for (defined, range) in module.bodies.clone().into_iter().enumerate().step_by(every) {
            for number in 0..mutants {
                let mut binary = wasm[range.clone()].to_vec();
                for _ in 0..=random.below(3) {
                    random.damage(&mut binary);
                }
                compare(&name, &binary);
                module.bodies[defined] = 0..binary.len();
                let func = module.imported_funcs + defined as u32;
                let many = translators.len();
                let outcome = translators[number % many].translate(&module, &binary, func, number % 3 == 0);
                translated += usize::from(outcome.is_ok());
            }
            module.bodies[defined] = range;
        }
    }
    translated
}

#[test]
fn damaged_bodies_are_errors_or_code_and_never_a_panic() {
    // `MUTANTS=1000 cargo test ...` for a longer look.
    let mutants = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let scripts = published().into_iter().chain(regress());
    let translated = damaged(valid(scripts), 1, mutants) + damaged(guests(), 29, mutants);
    println!("{translated} are translated");
    assert!(translated > 10_000);
}

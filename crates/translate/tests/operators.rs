//! Compares how bodies are read with wasmparser, and translates damaged bodies, which must not panic. The bodies are
//! those of the specification's scripts and of the guests. In debug builds, the translator also checks that each
//! operator reads all of its immediates.

#[path = "images/modules.rs"]
mod modules;

use modules::{guests, valid};
use wasmote_decode::ModuleInfo;
use wasmote_decode::operators::{Catch, EncodedBlockType, EncodedHeapType, EncodedValType, MemArg};
use wasmote_decode::reader::{Malformed, Reader};
use wasmote_ir::operators::{Immediate, Operator};
use wasmote_ir::{HeapType, Proposal};
use wasmote_test_support::Random;
use wasmote_test_support::scripts::{newest, published, regress};
use wasmote_translate::{CodeOptions, OpSet, Translator};
use wasmparser::{BinaryReader, OperatorsReader, WasmFeatures, for_each_operator};

/// The immediates of an operator as text, one piece for each part.
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

fn heap_words(ty: wasmparser::HeapType) -> String {
    format!("{ty:?}")
}

fn type_words(ty: wasmparser::ValType) -> String {
    match ty {
        wasmparser::ValType::Ref(ty) => format!("{} {}", ty.is_nullable(), heap_words(ty.heap_type())),
        number => format!("{number:?}"),
    }
}

/// Returns the byte of the memory ordering in a memory argument.
fn ordering_byte(ordering: wasmparser::MemArgOrdering) -> u8 {
    use wasmparser::{MemArgOrdering, Ordering};
    match ordering {
        MemArgOrdering::Op(Ordering::AcqRel) => 0x01,
        MemArgOrdering::Rmw(Ordering::AcqRel) => 0x11,
        _ => 0,
    }
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
    wasmparser::MemArg: |arg| [format!("{} {:?} {} {:?}", arg.align, arg.target, arg.offset, arg.ordering.map(ordering_byte))];
    wasmparser::BlockType: |ty| [match ty {
        wasmparser::BlockType::Empty => "nothing".into(),
        wasmparser::BlockType::Type(ty) => type_words(*ty),
        wasmparser::BlockType::FuncType(index) => index.to_string(),
    }];
    wasmparser::HeapType: |ty| [heap_words(*ty)];
    wasmparser::RefType: |ty| [type_words(wasmparser::ValType::Ref(*ty))];
    wasmparser::BrTable<'_>: |table| {
        table.targets().map(|depth| depth.unwrap()).chain([table.default()]).map(|depth| depth.to_string())
    };
    wasmparser::TryTable: |table| {
        let mut words = Vec::new();
        table.ty.words(&mut words);
        words.extend(table.catches.iter().map(|catch| format!("{catch:?}")));
        words
    };
    wasmparser::ValType: |ty| [type_words(*ty)];
    Vec<wasmparser::ValType>: |types| types.iter().map(|ty| type_words(*ty));
    wasmparser::Ordering: |ordering| [(*ordering == wasmparser::Ordering::AcqRel).to_string()];
    // Only the length is compared.
    wasmparser::ResumeTable: |_table| Vec::new();
}

macro_rules! operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// Returns the name of an operator, its proposal, and its immediates.
        fn theirs(operator: &wasmparser::Operator<'_>) -> (&'static str, &'static str, Vec<String>) {
            let mut words = Vec::new();
            let (name, proposal) = match operator {
                $( wasmparser::Operator::$op $({ $($arg),* })? => {
                    $($( $arg.words(&mut words); )*)?
                    (stringify!($op), stringify!($proposal))
                } )*
                _ => ("", ""),
            };
            (renamed(name), proposal, words)
        }
    };
}
for_each_operator!(operators);

macro_rules! proposals {
    (
        built { $( $(#[$doc:meta])* $name:ident $field:ident $flag:ident $text:literal since $version:literal if $built:expr; )* }
        unbuilt { $( $(#[$other_doc:meta])* $other:ident $other_field:ident $other_flag:ident $other_text:literal; )* }
    ) => {
        /// Returns the name of a proposal in wasmparser's list of operators.
        fn in_their_words(proposal: Proposal) -> &'static str {
            match proposal {
                $( Proposal::$name => stringify!($field), )*
                $( Proposal::$other => stringify!($other_field), )*
                _ => "mvp",
            }
        }
    };
}
wasmote_ir::for_each_proposal!(proposals);

/// Returns a heap type in wasmparser's words.
fn heap(heap: EncodedHeapType) -> String {
    use wasmparser::AbstractHeapType as Abstract;
    let of = |shared, heap| {
        let ty = match heap {
            HeapType::Func => Abstract::Func,
            HeapType::NoFunc => Abstract::NoFunc,
            HeapType::Extern => Abstract::Extern,
            HeapType::NoExtern => Abstract::NoExtern,
            HeapType::Any => Abstract::Any,
            HeapType::Eq => Abstract::Eq,
            HeapType::I31 => Abstract::I31,
            HeapType::Struct => Abstract::Struct,
            HeapType::Array => Abstract::Array,
            HeapType::None => Abstract::None,
            HeapType::Exn => Abstract::Exn,
            HeapType::NoExn => Abstract::NoExn,
            HeapType::Cont => Abstract::Cont,
            HeapType::NoCont => Abstract::NoCont,
            HeapType::Index(index) => {
                return wasmparser::HeapType::Concrete(wasmparser::UnpackedIndex::Module(index));
            }
            HeapType::Exact(index) => {
                return wasmparser::HeapType::Exact(wasmparser::UnpackedIndex::Module(index));
            }
            _ => unreachable!("all heap types are above"),
        };
        wasmparser::HeapType::Abstract { shared, ty }
    };
    match heap {
        EncodedHeapType::Known(heap) => format!("{:?}", of(false, heap)),
        EncodedHeapType::Shared(heap) => format!("{:?}", of(true, heap)),
        EncodedHeapType::Exact(index) => {
            format!("{:?}", wasmparser::HeapType::Exact(wasmparser::UnpackedIndex::Module(index)))
        }
    }
}

fn value(ty: EncodedValType) -> String {
    match ty {
        EncodedValType::Number(ty) => format!("{ty:?}"),
        EncodedValType::Reference(nullable, ty) => format!("{nullable} {}", heap(ty)),
    }
}

fn block(ty: EncodedBlockType) -> String {
    match ty {
        EncodedBlockType::Empty => "nothing".into(),
        EncodedBlockType::Value(ty) => value(ty),
        EncodedBlockType::Type(index) => index.to_string(),
    }
}

/// Reads an immediate and adds it in wasmparser's words.
fn immediate(reader: &mut Reader<'_>, immediate: Immediate, words: &mut Vec<String>) -> Result<(), Malformed> {
    match immediate {
        Immediate::Label
        | Immediate::Func
        | Immediate::Type
        | Immediate::Table
        | Immediate::Memory
        | Immediate::MemoryOrZero
        | Immediate::Global
        | Immediate::Local
        | Immediate::Tag
        | Immediate::Data
        | Immediate::Elem
        | Immediate::Field
        | Immediate::Count => reader.u32()?.words(words),
        Immediate::I32 => reader.i32()?.words(words),
        Immediate::I64 => reader.i64()?.words(words),
        Immediate::F32 => reader.array::<4>()?.iter().for_each(|byte| byte.words(words)),
        Immediate::F64 => reader.array::<8>()?.iter().for_each(|byte| byte.words(words)),
        Immediate::V128 | Immediate::Lanes => reader.array::<16>()?.words(words),
        Immediate::Lane(_) => reader.byte()?.words(words),
        Immediate::MemArg(_) | Immediate::Atomic(_) | Immediate::AtomicAccess(_) | Immediate::AtomicRmw(_) => {
            let MemArg { align, memory, offset, ordering } = reader.memarg()?;
            words.push(format!("{align} {:?} {offset} {ordering:?}", wasmparser::MemArgTarget::Memory(memory)));
        }
        Immediate::Block => words.push(block(reader.block_type()?)),
        Immediate::Labels => {
            for _ in 0..=reader.u32()? {
                reader.u32()?.words(words);
            }
        }
        Immediate::Types => {
            for _ in 0..reader.u32()? {
                words.push(value(reader.value_type()?));
            }
        }
        Immediate::Heap => words.push(heap(reader.heap_type()?)),
        Immediate::Cast => {
            let cast = reader.cast()?;
            cast.label.words(words);
            words.extend([cast.from, cast.to].map(|(nullable, ty)| format!("{nullable} {}", heap(ty))));
        }
        Immediate::Catches => {
            for _ in 0..reader.u32()? {
                use wasmparser::Catch as Theirs;
                let Catch { tag, has_reference, label } = reader.catch()?;
                let catch = match (tag, has_reference) {
                    (Some(tag), false) => Theirs::One { tag, label },
                    (Some(tag), true) => Theirs::OneRef { tag, label },
                    (None, false) => Theirs::All { label },
                    (None, true) => Theirs::AllRef { label },
                };
                words.push(format!("{catch:?}"));
            }
        }
        // Only the length is compared.
        Immediate::Handlers => {
            for _ in 0..reader.u32()? {
                reader.handler()?;
            }
        }
        Immediate::OrderingOrZero | Immediate::Ordering => {
            let acquire_release = immediate.acquire_release();
            words.push((acquire_release == Some(reader.byte()?)).to_string());
        }
    }
    Ok(())
}

/// Reads the next operator and its immediates.
fn ours(reader: &mut Reader<'_>) -> Result<(Operator, Vec<String>), Malformed> {
    let operator = reader.operator()?;
    let start = *reader;
    let mut words = Vec::new();
    for kind in operator.row().immediates().iter().copied().flatten() {
        immediate(reader, kind, &mut words)?;
    }
    let mut skipped = start;
    assert_eq!(skipped.skip_immediates(operator), Ok(()));
    assert_eq!(skipped.position(), reader.position());
    Ok((operator, words))
}

/// Returns the name that `wasmote-ir` has for one of wasmparser's operators.
fn renamed(theirs: &str) -> &str {
    match theirs {
        "TypedSelect" | "TypedSelectMulti" => "SelectTyped",
        "RefTestNonNull" => "RefTest",
        "RefTestNullable" => "RefTestNull",
        "RefCastNonNull" => "RefCast",
        "RefCastNullable" => "RefCastNull",
        "RefCastDescEqNonNull" => "RefCastDescEq",
        "RefCastDescEqNullable" => "RefCastDescEqNull",
        _ => theirs,
    }
}

/// Whether an operator, which wasmparser reads, is invalid because its alignment is larger than the access.
fn too_aligned(operator: &wasmparser::Operator<'_>) -> bool {
    let text = format!("{operator:?}");
    let number = |name: &str| {
        let (_, rest) = text.split_once(&format!(" {name}: "))?;
        rest.split([',', ' ']).next()?.parse::<u32>().ok()
    };
    number("align").zip(number("max_align")).is_some_and(|(align, most)| align > most)
}

/// All proposals, except one that changes the encoding of other proposals' operators.
fn features() -> WasmFeatures {
    WasmFeatures::all() - WasmFeatures::MULTIBYTE_ARRAY_ACCESS
}

/// Compares how a body is read, up to where wasmparser stops. Returns the number of operators.
fn compare(name: &str, body: &[u8]) -> usize {
    let mut reader = BinaryReader::new_features(body, 0, features());
    let locals = reader.read_var_u32().unwrap_or(0);
    for _ in 0..locals {
        if reader.read_var_u32().is_err() || reader.read::<wasmparser::ValType>().is_err() {
            return 0;
        }
    }
    let start = reader.original_position() as usize;
    let mut own = Reader::new(&body[start..], start);
    let mut reader = OperatorsReader::new(reader);
    let mut count = 0;
    while let Ok(operator) = reader.read() {
        let (theirs, proposal, words) = theirs(&operator);
        match ours(&mut own) {
            Ok((operator, read)) => {
                assert_eq!(format!("{operator:?}"), theirs, "{name}");
                assert_eq!(read, words, "{name}: {operator:?}");
                assert_eq!(in_their_words(operator.row().proposal), proposal, "{name}: {operator:?}");
            }
            Err(_) => {
                assert!(too_aligned(&operator), "{name}: {operator:?}");
                return count;
            }
        }
        assert_eq!(own.position() as u64, reader.original_position(), "{name}: {operator:?}");
        count += 1;
    }
    // wasmparser refuses what follows. Any result will do here, but no panic.
    while ours(&mut own).is_ok() {}
    count
}

/// Compares the operators of these modules. Returns their number.
fn compare_all(modules: Vec<(String, Vec<u8>)>) -> usize {
    let mut count = 0;
    for (name, wasm) in modules {
        // This build may lack what the module needs.
        let Ok(module) = wasmote_decode::decode(&wasm) else { continue };
        for range in &module.bodies {
            count += compare(&name, &wasm[range.clone()]);
        }
    }
    println!("{count} operators");
    count
}

#[test]
fn every_opcode_is_that_of_the_operator_that_wasmparser_reads() {
    let mut seen = 0;
    let prefixed = Operator::PREFIXES.into_iter().flat_map(|prefix| {
        (0..0x200u32).map(move |number| vec![prefix, number as u8 & 0x7f | 0x80, (number >> 7) as u8])
    });
    let plain = (0..=u8::MAX).filter(|byte| !Operator::is_prefix(*byte)).map(|byte| vec![byte]);
    for opcode in plain.chain(prefixed) {
        let mut bytes = opcode.clone();
        bytes.extend([0; 24]);
        let mut own = Reader::new(&bytes, 0);
        let read = own.operator();
        let mut reader = OperatorsReader::new(BinaryReader::new_features(&bytes, 0, features()));
        match (read, reader.read()) {
            (Ok(operator), Ok(theirs_read)) => {
                let (name, ..) = theirs(&theirs_read);
                assert_eq!(format!("{operator:?}"), name);
                let (prefix, number) = operator.opcode();
                assert_eq!(
                    (prefix, number as u8 & 0x7f),
                    (prefix.map(|_| opcode[0]), opcode[opcode.len() - 1 - usize::from(opcode.len() > 1)] & 0x7f)
                );
                seen += 1;
            }
            // wasmparser refuses an operator that ends a block where there is none.
            (Ok(Operator::Else | Operator::Catch | Operator::CatchAll | Operator::Delegate), Err(_)) => seen += 1,
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("{opcode:x?}: {ours:?}, {theirs:?}"),
        }
    }
    assert_eq!(seen, Operator::ALL.len());
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

/// Changes a random place in a random way.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] = random.below(256) as u8,
        // A first byte of operators.
        1 => bytes[at] = [random.below(0x28), 0xd0 + random.below(7), 0xfb + random.below(4)][random.below(3)] as u8,
        2 => bytes[at] = bytes[at].wrapping_add(1),
        3 if bytes.len() > 1 => drop(bytes.remove(at)),
        4 => bytes.insert(at, random.below(256) as u8),
        // A piece of the body, repeated elsewhere.
        _ => {
            let from = random.below(bytes.len());
            let piece = bytes[from..bytes.len().min(from + 1 + random.below(8))].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

/// Reads and translates `mutants` damaged copies of each body whose number is a multiple of `every`. Returns how many
/// of them are translated nevertheless.
fn damaged(modules: Vec<(String, Vec<u8>)>, every: usize, mutants: usize) -> usize {
    let translators = |canonical_nans| {
        [OpSet::Core, OpSet::Extended].map(|op_set| {
            Translator::with_options(
                CodeOptions::default()
                    .with_op_set(op_set)
                    .with_metered(canonical_nans)
                    .with_canonical_nans(canonical_nans),
            )
        })
    };
    let mut translators = translators(false).into_iter().chain(translators(true)).collect::<Vec<_>>();
    let mut random = Random::new(1 << 40);
    let mut translated = 0;
    for (name, wasm) in modules {
        let Ok(mut module): Result<ModuleInfo, _> = wasmote_decode::decode(&wasm) else { continue };
        for (defined, range) in module.bodies.clone().into_iter().enumerate().step_by(every) {
            for number in 0..mutants {
                let mut binary = wasm[range.clone()].to_vec();
                for _ in 0..=random.below(3) {
                    damage(&mut random, &mut binary);
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
    // `MUTANTS=1000 cargo test ...` tests more.
    let mutants = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let scripts = published().into_iter().chain(regress());
    let translated = damaged(valid(scripts), 1, mutants) + damaged(guests(), 29, mutants);
    println!("{translated} are translated");
    assert!(translated > 10_000);
}

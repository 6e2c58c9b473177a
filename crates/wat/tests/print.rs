//! Prints binaries and parses the text again with the crate `wast`: an independent parser, so that no bug cancels
//! itself out.

use std::collections::{BTreeMap, HashSet};

use wasm_encoder::reencode::{Error, Reencode};
use wasmote_ir::operators::{Immediate, Operator};
use wasmote_test_support::scripts::{self, Script};
use wasmote_test_support::{Random, root};
use wasmote_wat::print::{PrintError, PrintErrorKind, print};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

fn printed(wasm: &[u8]) -> Result<String, PrintError> {
    let mut text = Vec::new();
    print(wasm, &mut |part| {
        text.extend_from_slice(part);
        true
    })?;
    Ok(String::from_utf8(text).expect("text is UTF-8"))
}

fn parsed(text: &str) -> Result<Vec<u8>, wast::Error> {
    parser::parse::<Wat<'_>>(&ParseBuffer::new(text)?)?.encode()
}

/// Returns the sections of a binary: the id, the length of id and size, and the contents.
fn sections(wasm: &[u8]) -> Vec<(u8, usize, &[u8])> {
    let mut sections = Vec::new();
    let mut rest = &wasm[8..];
    while let [id, more @ ..] = rest {
        let mut size = 0;
        let last = more.iter().position(|byte| byte & 0x80 == 0).expect("the end of the size");
        for (at, byte) in more[..=last].iter().enumerate() {
            size |= usize::from(byte & 0x7f) << (7 * at);
        }
        let (bytes, after) = more[last + 1..].split_at(size);
        sections.push((*id, last + 2, bytes));
        rest = after;
    }
    sections
}

fn is_names(section: &(u8, usize, &[u8])) -> bool {
    section.0 == 0 && section.2.starts_with(b"\x04name")
}

/// Re-encodes a binary in the shortest form.
struct Rewriter;

impl Reencode for Rewriter {
    type Error = std::convert::Infallible;

    fn parse_unknown_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: u8,
        _: &[u8],
    ) -> Result<(), Error<Self::Error>> {
        Err(Error::UnexpectedNonCoreModuleSection)
    }

    /// Merges consecutive locals of the same type.
    fn new_function_with_parsed_locals(
        &mut self,
        func: &wasmparser::FunctionBody<'_>,
    ) -> Result<wasm_encoder::Function, Error<Self::Error>> {
        let mut locals: Vec<(u32, wasm_encoder::ValType)> = Vec::new();
        for group in func.get_locals_reader()? {
            let (count, ty) = group?;
            let ty = self.val_type(ty)?;
            match locals.last_mut() {
                _ if count == 0 => {}
                Some(last) if last.1 == ty => last.0 += count,
                _ => locals.push((count, ty)),
            }
        }
        Ok(wasm_encoder::Function::new(locals))
    }
}

/// Re-encodes a binary in the usual form. Errors: why the encoder cannot read it.
fn rewritten(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = wasm_encoder::Module::new();
    let parser = wasmparser::Parser::new(0);
    let written = Rewriter.parse_core_module(&mut module, parser, wasm);
    written.map_err(|error| format!("{error:?}"))?;
    Ok(module.finish())
}

/// Re-encodes a binary without what text cannot express: empty sections, a data count that no instruction needs, and a
/// name section that is not the last.
fn said(wasm: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, String> {
    const DATA_COUNT: u8 = 12;
    let written = rewritten(wasm)?;
    let mut all = sections(&written);
    all.retain(|section| section.0 == 0 || section.0 != DATA_COUNT && section.2 != [0]);
    all.retain(|section| !(is_names(section) && section.2.len() == 5));
    all.sort_by_key(is_names);
    Ok(all.into_iter().map(|(id, _, bytes)| (id, bytes.to_vec())).collect())
}

/// Returns how a binary differs from the one that was parsed from its text.
fn difference(wasm: &[u8], again: &[u8]) -> &'static str {
    let (before, after) = (sections(wasm), sections(again));
    let ids = |all: &[(u8, usize, &[u8])]| all.iter().map(|section| section.0).collect::<Vec<_>>();
    let shortest = |size: usize| 2 + (size.max(1).ilog2() / 7) as usize;
    let names = |all: &[(u8, usize, &[u8])]| all.iter().position(is_names);
    if before.iter().any(|section| section.1 != shortest(section.2.len())) {
        "sizes of sections have more bytes than they need"
    } else if before.iter().any(|section| section.0 != 0 && section.2 == [0]) {
        "a section is there and empty"
    } else if ids(&before).contains(&12) && !ids(&after).contains(&12) {
        "the number of data segments is said and nobody needs it"
    } else if !ids(&before).contains(&12) && ids(&after).contains(&12) {
        "the number of data segments is not said, and an instruction needs it"
    } else if names(&before).is_some() && names(&before) != names(&after) {
        "names do not stand at the end"
    } else if ids(&before) == ids(&after) {
        match before.iter().zip(&after).find(|(one, other)| one != other) {
            Some(((0, ..), _)) => "integers in the section of names have more bytes than they need",
            Some(((10, ..), _)) => "integers in code have more bytes than they need, or locals are in more groups",
            Some(((9 | 11, ..), _)) => {
                "segments name the first table or memory, or integers have more bytes than they need"
            }
            Some(((1, ..), _)) => "types are written in a longer form",
            _ => "integers have more bytes than they need",
        }
    } else {
        "unknown"
    }
}

/// The number of modules by result.
#[derive(Default)]
struct Tally {
    known: HashSet<Box<[u8]>>,
    same: usize,
    other: BTreeMap<&'static str, usize>,
    refused: usize,
    /// Modules that neither `wast` nor this test can read, though their script does not call them malformed.
    foreign: usize,
}

impl Tally {
    /// Prints a module, parses the text, and compares the binaries.
    fn try_module(&mut self, what: &str, wasm: &[u8], is_malformed: bool) {
        // Versions of the specification share most scripts.
        if !self.known.insert(wasm.into()) {
            return;
        }
        let text = match printed(wasm) {
            Ok(text) => text,
            Err(error) => {
                assert!(is_malformed || rewritten(wasm).is_err(), "{what}: {error}, but others read it");
                assert!(error.offset <= wasm.len(), "{what}: {error}");
                match is_malformed {
                    true => self.refused += 1,
                    false => self.foreign += 1,
                }
                return;
            }
        };
        let again = parsed(&text).unwrap_or_else(|mut error| {
            error.set_text(&text);
            let others = rewritten(wasm).map(drop);
            panic!("{what}: {error}\nothers: {others:?}\n{:.3000}", text)
        });
        if again == wasm {
            self.same += 1;
            return;
        }
        let text_again = printed(&again).unwrap_or_else(|error| panic!("{what}: printed again: {error}"));
        if text_again != text {
            let differs = text.lines().zip(text_again.lines()).find(|(one, other)| one != other);
            panic!("{what}: another text when parsed and printed again: {differs:?}");
        }
        match said(wasm) {
            Ok(expected) => {
                let found = said(&again).unwrap_or_else(|error| panic!("{what}: {error}"));
                let id = expected.iter().zip(&found).find(|(one, other)| one != other).map(|(one, _)| one.0);
                assert!(expected == found, "{what}: section {id:?} has something else in it");
            }
            Err(error) => panic!("{what}: was printed, but others say: {error}\n{wasm:x?}\n{again:x?}\n{text}"),
        }
        let reason = difference(wasm, &again);
        if reason == "unknown" {
            let ids = |wasm| sections(wasm).iter().map(|section| section.0).collect::<Vec<_>>();
            panic!("{what}: sections {:?} became {:?}", ids(wasm), ids(&again));
        }
        *self.other.entry(reason).or_default() += 1;
    }

    fn tell(&self, name: &str) {
        println!(
            "{name}: {} modules are the same again, {} are refused as malformed and {} as foreign, and of others",
            self.same, self.refused, self.foreign
        );
        for (reason, count) in &self.other {
            println!("  {count}: {reason}");
        }
    }

    fn others(&self) -> usize {
        self.other.values().sum()
    }
}

/// Visits all modules of a script, each with whether the script calls it malformed.
fn modules(script: &Script, each: &mut dyn FnMut(&str, &[u8], bool)) {
    let mut lexer = Lexer::new(&script.text);
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = ParseBuffer::new_with_lexer(lexer) else { return };
    let Ok(parsed) = parser::parse::<Wast<'_>>(&buffer) else { return };
    for directive in parsed.directives {
        let line = directive.span().linecol_in(&script.text).0 + 1;
        let is_malformed = matches!(directive, WastDirective::AssertMalformed { .. });
        let binary = match directive {
            WastDirective::Module(mut module)
            | WastDirective::ModuleDefinition(mut module)
            | WastDirective::AssertMalformed { mut module, .. }
            | WastDirective::AssertInvalid { mut module, .. } => match module {
                QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..) => continue,
                _ => module.encode(),
            },
            WastDirective::AssertUnlinkable { module: Wat::Module(mut module), .. }
            | WastDirective::AssertTrap { exec: WastExecute::Wat(Wat::Module(mut module)), .. } => module.encode(),
            _ => continue,
        };
        if let Ok(binary) = binary {
            each(&format!("{}:{line}", script.path), &binary, is_malformed);
        }
    }
}

fn try_scripts(name: &str, scripts: &[Script]) -> Tally {
    let mut tally = Tally::default();
    for script in scripts {
        modules(script, &mut |what, binary, is_malformed| tally.try_module(what, binary, is_malformed));
    }
    tally.tell(name);
    tally
}

#[test]
fn published_modules_make_the_round_trip() {
    let mut all = scripts::published();
    all.extend(scripts::regress());
    let tally = try_scripts("published and regress", &all);
    assert!(tally.same > 1_000 && tally.others() < tally.same / 10);
}

#[test]
fn newest_modules_make_the_round_trip() {
    let all = scripts::newest();
    let tally = try_scripts("newest", &all);
    assert!(all.is_empty() || tally.same > 1_000 && tally.others() < tally.same / 10);
}

#[test]
fn guests_make_the_round_trip() {
    let mut files = Vec::new();
    scripts::find(&root().join("tests/guests"), "wasm", &mut files);
    files.sort();
    let mut tally = Tally::default();
    let mut sizes = (0, 0);
    for file in &files {
        let wasm = std::fs::read(file).unwrap();
        tally.try_module(&file.display().to_string(), &wasm, false);
        sizes.0 += wasm.len();
        sizes.1 += printed(&wasm).unwrap().len();
    }
    tally.tell("guests");
    println!("{} bytes of binaries are {} bytes of text", sizes.0, sizes.1);
    assert_eq!(tally.refused, 0);
    assert!(tally.same + tally.others() == files.len() && !files.is_empty());
}

/// Small modules with rare constructs: `wast` parses them, and the printed text has these parts.
#[test]
fn rare_constructs_are_printed_as_people_write_them() {
    for (text, parts) in [
        // Names: identifiers where possible, otherwise annotations.
        ("(module $m (func $f) (func $\"a b\" call $f call $\"a b\"))", &["(module $m", "(func $f (;0;)", "call $\"a b\""][..]),
        ("(module (func $f (@name \"g\")) (func $g call $f call $g))", &["(func $g (;0;)", "(func (@name \"g\") (;1;)", "call $g\n    call 1\n"]),
        ("(module (@name \"\") (func (@name \"\")))", &["(module (@name \"\")", "(func (@name \"\") (;0;)"]),
        ("(module (func $\"\\e2\\80\\ae\u{e4}\"))", &["$\"\\e2\\80\\ae\u{e4}\""]),
        ("(module (func (param $x i32) (param i32 i32) (local i32 i64) (local $y f32) local.get $x local.set $y))",
            &["(param $x i32) (param i32 i32)", "\n    (local i32 i64) (local $y f32)", "local.get $x"]),
        ("(module (func block $l loop $k br $l br $k br 2 end end block $l (@name \"l\") br 0 end))",
            &["block $l", "loop $k\n        br $l\n        br $k\n        br 2", "block (@name \"l\")\n      br 0"]),
        ("(module (import \"m\" \"f\" (func $f (param $p i32) (result i64))) (export \"g\" (func $f)))",
            &["(import \"m\" \"f\" (func $f (;0;) (type 0) (param $p i32) (result i64)))", "(export \"g\" (func $f))"]),
        ("(module (type $s (struct (field $x (mut i32)) (field i8))) (func (param (ref $s)) local.get 0 struct.get $s 0 drop))",
            &["(type $s (;0;) (struct (field $x (mut i32)) (field i8)))", "(param (ref $s))", "struct.get $s 0"]),
        // Floats are exact.
        ("(module (func f32.const 0.1 f32.const -0 f32.const 16777215 f32.const 0x1p-149 f32.const -0x1.8p-140 f32.const nan:0x1 f32.const -inf
            f64.const 0.1 f64.const 1e300 f64.const nan f64.const -1.5 f64.const 123456789 f64.const 0x1p-1074 unreachable))",
            &["f32.const 0x1.99999ap-4\n", "f32.const -0\n", "f32.const 16777215\n", "f32.const 0x0.000002p-126\n", "f32.const -0x0.0006p-126\n",
              "f32.const nan:0x1\n", "f32.const -inf\n", "f64.const 0x1.999999999999ap-4\n", "p+996\n", "f64.const nan\n", "f64.const -0x1.8p+0\n",
              "f64.const 123456789\n", "f64.const 0x0.0000000000001p-1022\n"]),
        // The kinds of segments.
        ("(module (table 1 funcref) (table 1 funcref) (func) (elem (i32.const 0) 0) (elem func 0) (elem (table 1) (i32.const 0) func 0) (elem declare func 0)
            (elem (i32.const 0) funcref (ref.func 0)) (elem funcref (ref.null func)) (elem (table 0) (i32.const 0) funcref (item ref.null func)) (elem declare externref (ref.null extern)))",
            &["(elem (;0;) (offset i32.const 0) func 0)", "(elem (;1;) func 0)", "(elem (;2;) (table 1) (offset i32.const 0) func 0)", "(elem (;3;) declare func 0)",
              "(elem (;4;) (offset i32.const 0) funcref (item ref.func 0))", "(elem (;5;) funcref (item ref.null func))",
              "(elem (;6;) (table 0) (offset i32.const 0) funcref (item ref.null func))", "(elem (;7;) declare externref (item ref.null extern))"]),
        ("(module (memory $a 1) (memory $b i64 1 2) (memory 0 65536 (pagesize 1)) (memory 1 2 shared) (data $d (memory $b) (i64.const 5) \"a\\00\\ff\\\"\\n\") (data \"\")
            (func i32.const 0 i32.const 0 i32.const 0 memory.init $b $d i32.const 0 i32.load $b offset=8 align=1 drop i32.const 0 v128.load8_lane $b 3 data.drop 1))",
            &["(memory $b (;1;) i64 1 2)", "(memory (;2;) 0 65536 (pagesize 1))", "(memory (;3;) 1 2 shared)", "(data $d (;0;) (memory $b) (offset i64.const 5) \"a\\00\\ff\\\"\\n\")",
              "(data (;1;) \"\")", "memory.init $b $d", "i32.load $b offset=8 align=1", "v128.load8_lane $b 3", "data.drop 1"]),
        // Custom sections keep their places.
        ("(module (@custom \"a\" (before first) \"1\") (type (func)) (@custom \"b\" (after type) \"2\") (@custom \"c\" \"\\00\") (func $f (type 0)) (memory 1) (data \"x\")
            (func data.drop 0) (@custom \"d\" (before code) \"\"))",
            &["(@custom \"a\" (before first) \"1\")", "(@custom \"b\" (after type) \"2\")", "(@custom \"c\" (after data) \"\\00\")", "(@custom \"d\" (before code) \"\")"]),
        // Control instructions in their legacy and current forms.
        ("(module (tag $t) (func try $a throw $t catch $t rethrow $a catch_all try delegate $a end
            block $l try_table (catch $t $l) (catch_all $l) if else end end end))",
            &["    try $a\n      throw $t\n    catch $t\n      rethrow $a\n    catch_all\n      try\n      delegate $a\n    end\n",
              "      try_table (catch $t $l) (catch_all $l)\n        if\n        else\n        end\n"]),
        ("(module (type $t (func)) (table $u 1 (ref null $t)) (table i64 1 2 funcref) (table 1 (ref func) (ref.func 0)) (func (type $t) i32.const 0 call_indirect $u (type $t)
            i32.const 0 call_indirect 1 (type $t) block (type $t) end block (result i32) i32.const 0 end i32.const 1 i32.const 2 select (result i32) drop))",
            &["(table $u (;0;) 1 (ref null $t))", "(table (;1;) i64 1 2 funcref)", "(table (;2;) 1 (ref func) ref.func 0)", "call_indirect (type $t)", "call_indirect 1 (type $t)",
              "block (type $t)", "block (result i32)", "select (result i32)"]),
    ] {
        let binary = parsed(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let printed = printed(&binary).unwrap();
        for part in parts {
            assert!(printed.contains(part), "no `{part}` in\n{printed}");
        }
        assert_eq!(parsed(&printed).unwrap(), binary, "{printed}");
    }
}

/// Returns a module whose function has a single operator. Most are invalid, but all can be read.
fn with_operator(code: &[u8]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    let mut types = wasm_encoder::TypeSection::new();
    types.ty().function([], []);
    module.section(&types);
    let mut funcs = wasm_encoder::FunctionSection::new();
    funcs.function(0);
    module.section(&funcs);
    let mut all = wasm_encoder::CodeSection::new();
    all.raw(&[&[0], code].concat());
    module.section(&all);
    module.finish()
}

/// Returns the bytes of an immediate. The bytes of long ones, such as a vector's lanes, all differ.
fn immediate(immediate: Immediate) -> Vec<u8> {
    match immediate {
        Immediate::Block => vec![0x40],
        Immediate::Labels => vec![2, 0, 3, 1],
        Immediate::Heap => vec![0x6e],
        Immediate::Types => vec![1, 0x7e],
        Immediate::Catches => vec![4, 0, 1, 0, 1, 2, 0, 2, 0, 3, 0],
        Immediate::Handlers => vec![2, 0, 1, 0, 1, 2],
        Immediate::Cast => vec![2, 0, 0x6e, 0x6d],
        Immediate::F32 => vec![1, 2, 3, 0x44],
        Immediate::F64 => vec![1, 2, 3, 4, 5, 6, 7, 0x48],
        Immediate::V128 | Immediate::Lanes => (1..=16).collect(),
        Immediate::MemArg(align) | Immediate::Atomic(align) => vec![align | 0x40, 1, 9],
        Immediate::AtomicAccess(align) => vec![align | 0x50, 1, 0x01, 9],
        Immediate::AtomicRmw(align) => vec![align | 0x50, 1, 0x11, 9],
        Immediate::Lane(count) => vec![count - 1],
        Immediate::OrderingOrZero | Immediate::Ordering => vec![1],
        _ => vec![3],
    }
}

#[test]
fn every_operator_makes_the_round_trip() {
    let mut unknown = Vec::new();
    for &operator in Operator::ALL {
        let mut code = Vec::new();
        match operator.opcode() {
            (None, byte) => code.push(byte as u8),
            (Some(prefix), number) => {
                code.push(prefix);
                wasm_encoder::Encode::encode(&number, &mut code);
            }
        }
        for one in operator.row().immediates().iter().flatten() {
            code.extend(immediate(*one));
        }
        code = match operator {
            Operator::Else => [&[4, 0x40][..], &code, &[0x0b]].concat(),
            Operator::Catch | Operator::CatchAll => [&[6, 0x40][..], &code, &[0x0b]].concat(),
            Operator::Delegate => [&[6, 0x40][..], &code].concat(),
            Operator::End => Vec::new(),
            _ if operator.row().immediates()[0] == Some(Immediate::Block) => [&code[..], &[0x0b]].concat(),
            _ => code,
        };
        code.push(0x0b);
        let wasm = with_operator(&code);
        let text = printed(&wasm).unwrap_or_else(|error| panic!("{operator:?}: {error}"));
        match parsed(&text) {
            // The text may have a data count now.
            Ok(again) => assert!(
                sections(&again).last() == sections(&wasm).last(),
                "{operator:?}: {wasm:x?}\n{again:x?}\n{text}"
            ),
            Err(error) => unknown.push(format!("{operator:?}: {}", error.message())),
        }
    }
    println!("{} operators, and of these `wast` does not know:\n{}", Operator::ALL.len(), unknown.join("\n"));
    assert!(unknown.is_empty());
}

/// Encodes a name section with these subsections.
fn with_names(subsections: &[(u8, &[u8])], is_last: bool) -> Vec<u8> {
    let mut names = Vec::new();
    for (id, bytes) in subsections {
        names.extend([&[*id, bytes.len() as u8][..], bytes].concat());
    }
    let section = wasm_encoder::CustomSection { name: "name".into(), data: names.as_slice().into() };
    let plain = with_operator(&[0x0b]);
    if is_last {
        let mut wasm = plain;
        wasm.push(0);
        wasm_encoder::Encode::encode(&section, &mut wasm);
        return wasm;
    }
    let mut wasm = plain[..8].to_vec();
    wasm.push(0);
    wasm_encoder::Encode::encode(&section, &mut wasm);
    wasm.extend(&plain[8..]);
    wasm
}

#[test]
fn names_that_text_cannot_say_stay_as_bytes() {
    let func: (u8, &[u8]) = (1, b"\x01\x00\x01f");
    for (what, subsections, is_last, is_raw) in [
        ("what text can say", &[func][..], true, false),
        ("names in front of what they name", &[func], false, true),
        ("a subsection that is not known", &[func, (42, b"x")], true, true),
        ("a subsection that comes twice", &[func, func], true, true),
        ("a name of nothing", &[(1, b"\x02\x00\x01f\x07\x01g")], true, true),
        ("names that are not in order", &[(1, b"\x02\x01\x01g\x00\x01f")], true, true),
        ("two names of the same", &[(1, b"\x02\x00\x01f\x00\x01g")], true, true),
        ("more than a subsection has", &[(1, b"\x01\x00\x01fx")], true, true),
        ("the end of a subsection", &[(1, b"\x02\x00\x01f")], true, true),
        ("what is no UTF-8", &[(1, b"\x01\x00\x01\xff")], true, true),
        ("a local that is not there", &[func, (2, b"\x01\x00\x01\x00\x01x")], true, true),
        ("a local of a function that is not there", &[func, (2, b"\x01\x05\x01\x00\x01x")], true, true),
        ("a label that is not there", &[func, (3, b"\x01\x00\x01\x00\x01x")], true, true),
        ("names of tags' parameters", &[func, (13, b"\x00")], true, true),
    ] {
        let wasm = with_names(subsections, is_last);
        let text = printed(&wasm).unwrap();
        assert_eq!(text.contains("(@custom \"name\""), is_raw, "{what}: {text}");
        assert!(parsed(&text).unwrap() == wasm, "{what}: {text}");
    }
}

fn leb(number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    wasm_encoder::Encode::encode(&number, &mut bytes);
    bytes
}

/// Returns the limit of a text's length, by the length of the binary.
fn most(len: usize) -> usize {
    (2 << 20) + 200 * len
}

#[test]
fn text_is_not_much_longer_than_the_binary() {
    // A function with a long name that is called very often.
    let name = "f".repeat(20_000);
    let calls = [&[0x10, 0].repeat(20_000)[..], &[0x0b]].concat();
    let mut wasm = with_operator(&calls);
    let mut names = wasm_encoder::NameSection::new();
    let mut map = wasm_encoder::NameMap::new();
    map.append(0, &name);
    names.functions(&map);
    wasm.push(0);
    wasm_encoder::Encode::encode(&names, &mut wasm);
    let text = printed(&wasm).unwrap();
    assert!(text.len() < most(wasm.len()), "{}", text.len());
    assert!(text.contains("call $ff") && text.contains("call 0\n"));
    assert!(parsed(&text).unwrap() == wasm);
    // Deeply nested blocks.
    let depth = 200_000;
    let blocks = [[2, 0x40].repeat(depth), vec![0x0b; depth + 1]].concat();
    let wasm = with_operator(&blocks);
    let text = printed(&wasm).unwrap();
    assert!(text.len() < most(wasm.len()));
    assert!(parsed(&text).unwrap() == wasm);
    // Many functions with many parameters.
    let mut module = wasm_encoder::Module::new();
    let mut types = wasm_encoder::TypeSection::new();
    types.ty().function(vec![wasm_encoder::ValType::I32; 20_000], []);
    module.section(&types);
    let mut funcs = wasm_encoder::FunctionSection::new();
    for _ in 0..20_000 {
        funcs.function(0);
    }
    module.section(&funcs);
    let mut code = wasm_encoder::CodeSection::new();
    for _ in 0..20_000 {
        code.raw(&[0, 0x0b]);
    }
    module.section(&code);
    let wasm = module.finish();
    let text = printed(&wasm).unwrap();
    assert!(text.len() < most(wasm.len()), "{}", text.len());
    assert!(parsed(&text).unwrap() == wasm);
    // Locals: text has a word for each.
    let locals = |count: u32| {
        let mut wasm = with_operator(&[]);
        // Removes the code section's size, number of functions, and the body's size and number of local groups.
        wasm.truncate(wasm.len() - 5);
        let body = [&[1][..], &leb(count), &[0x7f, 0x0b]].concat();
        wasm.push(10);
        wasm.push(body.len() as u8 + 2);
        wasm.extend([1, body.len() as u8]);
        wasm.extend(body);
        wasm
    };
    let wasm = locals(50_000);
    assert!(parsed(&printed(&wasm).unwrap()).unwrap() == wasm);
    let error = printed(&locals(u32::MAX)).unwrap_err();
    assert_eq!(error.kind, PrintErrorKind::TooLong);
}

#[test]
fn damaged_binaries_are_errors_with_their_place_and_never_more() {
    let setting = |name: &str, usual: u64| std::env::var(name).map_or(usual, |value| value.parse().expect(name));
    let mut random = Random::new(setting("SEED", 1));
    let mut files = Vec::new();
    scripts::find(&root().join("tests/guests"), "wasm", &mut files);
    files.sort();
    let guests: Vec<_> =
        files.iter().map(|file| std::fs::read(file).unwrap()).filter(|wasm| wasm.len() < 1 << 16).collect();
    assert!(!guests.is_empty());
    let (mut fine, mut refused) = (0, 0);
    for _ in 0..setting("MUTANTS", 500) {
        let mut wasm = random.pick(&guests);
        for _ in 0..1 + random.below(3) {
            let at = random.below(wasm.len());
            match random.below(5) {
                0 => wasm[at] ^= 1 << random.below(8),
                1 => wasm[at] = random.next_u64() as u8,
                2 => wasm.truncate(at.max(8)),
                3 => drop(wasm.splice(at..at, leb(random.value() as u32))),
                _ => {
                    let len = random.below(40).min(wasm.len() - at);
                    let from = random.below(wasm.len() - len + 1);
                    wasm.copy_within(from..from + len, at);
                }
            }
        }
        let mut written = 0;
        let result = print(&wasm, &mut |part| {
            written += part.len();
            true
        });
        assert!(written < most(wasm.len()), "{written} bytes of text for {}", wasm.len());
        match result {
            Ok(()) => {
                fine += 1;
                let text = printed(&wasm).unwrap();
                let again = parsed(&text).unwrap_or_else(|error| panic!("{}: {wasm:x?}", error.message()));
                assert!(printed(&again).is_ok());
            }
            Err(error) => {
                refused += 1;
                assert!(error.offset <= wasm.len(), "{error}");
                assert!(error.to_string().ends_with(&format!("(at offset {:#x})", error.offset)));
            }
        }
    }
    println!("{refused} mutants are refused, {fine} are printed");
    assert!(fine > 10 && refused > 10);
}

#[test]
fn a_writer_that_has_enough_ends_it() {
    let wasm = std::fs::read(root().join("tests/guests/lua.wasm")).unwrap();
    let mut parts = 0;
    let result = print(&wasm, &mut |_| {
        parts += 1;
        parts < 3
    });
    assert_eq!((result.unwrap_err().kind, parts), (PrintErrorKind::Stopped, 3));
}

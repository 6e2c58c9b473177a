//! Converts the results of the crate `wast` for comparison: binaries, and scripts as lists of directives.

use wasmote_wat::TextError;
use wasmote_wat::script::{Action, Arg, Directive, DirectiveKind, Float, Heap, Pattern, ScriptModule};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::{F32, F64, Id};
use wast::{QuoteWat, QuoteWatTest, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// Tokenizes a text. Right-to-left marks are allowed: names may contain them.
fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

/// Returns the binary of a text.
pub fn module(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = buffer(text)?;
    parser::parse::<Wat<'_>>(&buffer)?.encode()
}

/// Returns the directives of a script.
pub fn script(text: &str) -> Result<Vec<Directive>, wast::Error> {
    let tokens = buffer(text)?;
    let script = parser::parse::<Wast<'_>>(&tokens)?;
    let lines = Lines::new(text);
    Ok(directives(script.directives, &lines))
}

/// Returns a refused module. Only the refusal itself can be compared.
pub fn refused() -> ScriptModule {
    ScriptModule::Malformed(TextError::default())
}

/// The offsets of lines.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        Lines(text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1).collect())
    }

    /// Returns the line of a byte, from 1.
    fn at(&self, offset: usize) -> u32 {
        self.0.partition_point(|&start| start <= offset) as u32 + 1
    }
}

fn name(id: Option<Id<'_>>) -> Option<Box<str>> {
    id.map(|id| id.name().into())
}

fn directives(directives: Vec<WastDirective<'_>>, lines: &Lines) -> Vec<Directive> {
    let directives = directives.into_iter();
    directives.map(|d| Directive { line: lines.at(d.span().offset()), kind: directive(d, lines) }).collect()
}

fn directive(directive: WastDirective<'_>, lines: &Lines) -> DirectiveKind {
    match directive {
        WastDirective::Module(module) => DirectiveKind::Module { name: name(module.name()), module: quoted(module) },
        WastDirective::ModuleDefinition(module) => {
            DirectiveKind::Definition { name: name(module.name()), module: quoted(module) }
        }
        WastDirective::ModuleInstance { instance, module, .. } => {
            DirectiveKind::Instance { name: name(instance), module: name(module) }
        }
        WastDirective::Register { name: as_name, module, .. } => {
            DirectiveKind::Register { name: as_name.into(), instance: name(module) }
        }
        WastDirective::Invoke(call) => DirectiveKind::Action(invoke(call)),
        WastDirective::AssertReturn { exec, results, .. } => {
            DirectiveKind::AssertReturn { action: action(exec), results: results.into_iter().map(result).collect() }
        }
        WastDirective::AssertTrap { exec, message, .. } => {
            DirectiveKind::AssertTrap { action: action(exec), message: message.into() }
        }
        WastDirective::AssertExhaustion { call, message, .. } => {
            DirectiveKind::AssertExhaustion { action: invoke(call), message: message.into() }
        }
        WastDirective::AssertException { exec, .. } => DirectiveKind::AssertException(action(exec)),
        WastDirective::AssertMalformed { module, message, .. } => {
            DirectiveKind::AssertMalformed { module: quoted(module), message: message.into() }
        }
        WastDirective::AssertInvalid { module, message, .. } => {
            DirectiveKind::AssertInvalid { module: quoted(module), message: message.into() }
        }
        WastDirective::AssertUnlinkable { module, message, .. } => {
            DirectiveKind::AssertUnlinkable { module: encoded(module), message: message.into() }
        }
        WastDirective::AssertSuspension { exec, message, .. } => {
            DirectiveKind::AssertTrap { action: action(exec), message: message.into() }
        }
        WastDirective::Thread(thread) => DirectiveKind::Thread {
            name: Some(thread.name.name().into()),
            shared: thread.shared_module.iter().map(|id| id.name().into()).collect(),
            directives: directives(thread.directives, lines),
        },
        WastDirective::Wait { thread, .. } => DirectiveKind::Wait { name: Some(thread.name().into()) },
        WastDirective::AssertInvalidCustom { module, .. } | WastDirective::AssertMalformedCustom { module, .. } => {
            DirectiveKind::AssertCustom(quoted(module))
        }
    }
}

fn quoted(mut module: QuoteWat<'_>) -> ScriptModule {
    match module.to_test() {
        Ok(QuoteWatTest::Binary(binary)) => ScriptModule::Binary(binary),
        Ok(QuoteWatTest::Text(text)) => {
            let binary = core::str::from_utf8(&text).ok().and_then(|text| self::module(text).ok());
            binary.map_or_else(refused, ScriptModule::Binary)
        }
        Err(_) => refused(),
    }
}

fn encoded(mut module: Wat<'_>) -> ScriptModule {
    module.encode().map_or_else(|_| refused(), ScriptModule::Binary)
}

fn action(action: WastExecute<'_>) -> Action {
    match action {
        WastExecute::Invoke(call) => invoke(call),
        WastExecute::Wat(module) => Action::Instantiate(encoded(module)),
        WastExecute::Get { module, global, .. } => Action::Get { instance: name(module), name: global.into() },
    }
}

fn invoke(invoke: WastInvoke<'_>) -> Action {
    Action::Invoke {
        instance: name(invoke.module),
        name: invoke.name.into(),
        args: invoke.args.iter().map(argument).collect(),
    }
}

fn argument(arg: &WastArg<'_>) -> Arg {
    match arg {
        WastArg::Core(WastArgCore::I32(value)) => Arg::I32(*value),
        WastArg::Core(WastArgCore::I64(value)) => Arg::I64(*value),
        WastArg::Core(WastArgCore::F32(value)) => Arg::F32(value.bits),
        WastArg::Core(WastArgCore::F64(value)) => Arg::F64(value.bits),
        WastArg::Core(WastArgCore::V128(value)) => Arg::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArg::Core(WastArgCore::RefNull(ty)) => Arg::Null(heap(ty)),
        WastArg::Core(WastArgCore::RefExtern(number)) => Arg::Extern(*number),
        WastArg::Core(WastArgCore::RefHost(number)) => Arg::Host(*number),
        // The other kinds belong to components, which this build of `wast` does not parse.
        _ => Arg::Null(Heap::Other),
    }
}

fn heap(ty: &HeapType<'_>) -> Heap {
    match ty {
        HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. } => Heap::Func,
        HeapType::Abstract { ty: AbstractHeapType::Extern | AbstractHeapType::NoExtern, .. } => Heap::Extern,
        HeapType::Abstract { ty: AbstractHeapType::Exn | AbstractHeapType::NoExn, .. } => Heap::Exn,
        HeapType::Abstract {
            ty:
                AbstractHeapType::Any
                | AbstractHeapType::Eq
                | AbstractHeapType::I31
                | AbstractHeapType::Struct
                | AbstractHeapType::Array
                | AbstractHeapType::None,
            ..
        } => Heap::Any,
        _ => Heap::Other,
    }
}

fn result(pattern: WastRet<'_>) -> Pattern {
    match pattern {
        WastRet::Core(pattern) => core_result(pattern),
        _ => Pattern::Other("components"),
    }
}

fn core_result(pattern: WastRetCore<'_>) -> Pattern {
    match pattern {
        WastRetCore::I32(value) => Pattern::I32(value),
        WastRetCore::I64(value) => Pattern::I64(value),
        WastRetCore::F32(value) => Pattern::F32(f32_pattern(value)),
        WastRetCore::F64(value) => Pattern::F64(f64_pattern(value)),
        WastRetCore::V128(value) => vector(value),
        WastRetCore::RefNull(ty) => Pattern::Null(ty.as_ref().map(heap)),
        WastRetCore::RefExtern(number) => Pattern::Extern(number),
        WastRetCore::RefFunc(_) => Pattern::Func,
        WastRetCore::Either(patterns) => Pattern::Either(patterns.into_iter().map(core_result).collect()),
        WastRetCore::RefHost(number) => Pattern::Host(number),
        WastRetCore::RefAny => Pattern::Object("any"),
        WastRetCore::RefEq => Pattern::Object("eq"),
        WastRetCore::RefArray => Pattern::Object("array"),
        WastRetCore::RefStruct => Pattern::Object("struct"),
        WastRetCore::RefI31 => Pattern::Object("i31"),
        WastRetCore::RefI31Shared => Pattern::Other("shared-everything threads"),
    }
}

fn f32_pattern(pattern: NanPattern<F32>) -> Float {
    match pattern {
        NanPattern::CanonicalNan => Float::CanonicalNan,
        NanPattern::ArithmeticNan => Float::ArithmeticNan,
        NanPattern::Value(value) => Float::Bits(value.bits.into()),
    }
}

fn f64_pattern(pattern: NanPattern<F64>) -> Float {
    match pattern {
        NanPattern::CanonicalNan => Float::CanonicalNan,
        NanPattern::ArithmeticNan => Float::ArithmeticNan,
        NanPattern::Value(value) => Float::Bits(value.bits),
    }
}

fn vector(pattern: V128Pattern) -> Pattern {
    fn lanes<const N: usize, const BYTES: usize>(lanes: [[u8; BYTES]; N]) -> Pattern {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(lanes.as_flattened());
        Pattern::V128(u128::from_le_bytes(bytes))
    }
    match pattern {
        V128Pattern::I8x16(values) => lanes(values.map(i8::to_le_bytes)),
        V128Pattern::I16x8(values) => lanes(values.map(i16::to_le_bytes)),
        V128Pattern::I32x4(values) => lanes(values.map(i32::to_le_bytes)),
        V128Pattern::I64x2(values) => lanes(values.map(i64::to_le_bytes)),
        V128Pattern::F32x4(values) => Pattern::F32x4(values.map(f32_pattern)),
        V128Pattern::F64x2(values) => Pattern::F64x2(values.map(f64_pattern)),
    }
}

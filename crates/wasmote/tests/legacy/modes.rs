//! Runs modules in wasmote in each way, and validates them.

use wasmote::{
    AnyRef, CodeOptions, Config, Engine, Error, Extern, Features, ImageOptions, Instance, Module, OpSet, Store,
    TrapCode, Val, ValType, Validation,
};
use wasmparser::{Validator, WasmFeatures};

use super::evaluate::DEPTH;
use super::values::{TIME_OF_A_CALL, arguments};
use super::{TIME, Type};

/// Checks that both validators accept it.
pub fn are_valid(wasm: &[u8]) -> Result<(), String> {
    wasmote_validate::validate(wasm, &Features::default())
        .map_err(|error| format!("not valid to wasmote: {error:?}"))?;
    let features = WasmFeatures::default() | WasmFeatures::LEGACY_EXCEPTIONS;
    let checked = Validator::new_with_features(features).validate_all(wasm);
    checked.map_err(|error| format!("not valid to wasmparser: {error}"))?;
    Ok(())
}

/// A way to run a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// From the binary, with each function translated at its first call; or all at once.
    Lazy,
    Eager,
    /// From the binary, as metered code.
    Metered,
    /// From the binary, with a collection at each allocation.
    Stress,
    /// From an image.
    Image(OpSet, bool),
}

const MODES: &[Mode] = &[
    Mode::Lazy,
    Mode::Eager,
    Mode::Metered,
    Mode::Stress,
    Mode::Image(OpSet::Extended, false),
    Mode::Image(OpSet::Core, false),
    Mode::Image(OpSet::Extended, true),
    Mode::Image(OpSet::Core, true),
];

/// More than a call takes.
const FUEL: u64 = 1 << 40;

/// Checks that each mode agrees with the evaluator, and that metered modes take equal amounts of fuel.
pub fn agree(wasm: &[u8], module: &super::Module, expected: &[String]) -> Result<(), String> {
    let mut fuel: Option<Vec<u64>> = None;
    for &mode in MODES {
        if module.vectors && matches!(mode, Mode::Image(OpSet::Core, _)) {
            continue;
        }
        let (outcomes, left) = run(wasm, module, mode).map_err(|error| format!("{mode:?}: {error}"))?;
        if let Some(at) = (0..expected.len().max(outcomes.len())).find(|&at| outcomes.get(at) != expected.get(at)) {
            let [found, expected] = [outcomes.get(at), expected.get(at)];
            return Err(format!("{mode:?}: call {at}:\n  found    {found:?}\n  expected {expected:?}"));
        }
        if let Mode::Metered | Mode::Image(_, true) = mode
            && *fuel.get_or_insert(left.clone()) != left
        {
            return Err(format!("{mode:?}: fuel left {left:?}, elsewhere {fuel:?}"));
        }
    }
    Ok(())
}

fn run(wasm: &[u8], module: &super::Module, mode: Mode) -> Result<(Vec<String>, Vec<u64>), Error> {
    let mut config = Config::new();
    config.max_stack(1 << 18).validation_threads(1).gc_stress(mode == Mode::Stress);
    let is_metered = matches!(mode, Mode::Metered | Mode::Image(_, true));
    config.eager_translation(mode == Mode::Eager).consume_fuel(is_metered);
    // Lazy translation also validates lazily.
    config.validation(if mode == Mode::Lazy { Validation::Lazy } else { Validation::Eager });
    let engine = Engine::new(&config);
    let mut loaded = Module::new(&engine, wasm)?;
    if let Mode::Image(op_set, metered) = mode {
        let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
        let image = loaded.to_image(&ImageOptions::default().with_code(code))?;
        loaded = Module::from_image(&engine, image)?;
        loaded.verify()?;
    }
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &loaded, &[])?;
    let mut program = Program { store, instance, tags: module.tags.len() };
    let (mut outcomes, mut left) = (Vec::new(), Vec::new());
    for (number, function) in module.functions.iter().enumerate().chain(module.functions.iter().enumerate()) {
        let Some(arguments) = arguments(number, function) else { continue };
        if is_metered {
            program.store.set_fuel(FUEL)?;
        }
        let time = program.export('g', TIME).into_global().expect("a global");
        time.set(&mut program.store, Val::I32(TIME_OF_A_CALL as i32))?;
        let outcome = program.call(number, &function.signature.params, &arguments)?;
        let globals = (0..module.globals.len()).map(|global| {
            let value = program.export('g', global).into_global().expect("a global").get(&program.store);
            program.shown(&value, DEPTH)
        });
        outcomes.push(format!("f{number}: {outcome}; {}", globals.collect::<Vec<_>>().join(" ")));
        left.push(if is_metered { program.store.get_fuel()? } else { FUEL });
    }
    Ok((outcomes, left))
}

struct Program {
    store: Store<()>,
    instance: Instance,
    tags: usize,
}

impl Program {
    fn export(&self, kind: char, number: usize) -> Extern {
        self.instance.get_export(&self.store, &format!("{kind}{number}")).expect("an export")
    }

    fn call(&mut self, number: usize, types: &[Type], arguments: &[Option<u128>]) -> Result<String, Error> {
        let func = self.export('f', number).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let values: Vec<Val> = (types.iter().zip(ty.params()).zip(arguments))
            .map(|((ty, &val_type), bits)| match (bits, ty) {
                (Some(bits), Type::I32) => Val::I32(*bits as i32),
                (Some(bits), Type::I64) => Val::I64(*bits as i64),
                (Some(bits), Type::F32) => Val::F32(f32::from_bits(*bits as u32)),
                (Some(bits), Type::F64) => Val::F64(f64::from_bits(*bits as u64)),
                (Some(bits), _) => Val::V128(*bits),
                (None, _) => Val::default_of(val_type),
            })
            .collect();
        // Placeholders for results: the values do not matter.
        let place = |&ty: &ValType| match ty {
            ValType::Ref(_) => Val::FuncRef(None),
            ty => Val::default_of(ty),
        };
        let mut results: Vec<Val> = ty.results().iter().map(place).collect();
        let error = match func.call(&mut self.store, &values, &mut results) {
            Ok(()) => return Ok(self.all_shown(&results, DEPTH)),
            Err(error) => error,
        };
        if let Some(exception) = error.as_exception() {
            let is_it = |&tag: &usize| self.export('t', tag).into_tag().expect("a tag") == exception.tag();
            let tag = (0..self.tags).find(is_it).expect("one of the module's");
            return Ok(format!("threw t{tag}: {}", self.all_shown(exception.values(), DEPTH)));
        }
        match error.as_trap_code() {
            None | Some(TrapCode::OutOfFuel | TrapCode::HeapExhausted | TrapCode::StackOverflow) => Err(error),
            Some(code) => Ok(code.message().into()),
        }
    }

    fn all_shown(&self, values: &[Val], depth: u32) -> String {
        values.iter().map(|value| self.shown(value, depth)).collect::<Vec<_>>().join(" ")
    }

    /// Formats a value as the evaluator does.
    fn shown(&self, value: &Val, depth: u32) -> String {
        match value {
            Val::I32(value) => format!("{value:x}"),
            Val::I64(value) => format!("{value:x}"),
            Val::F32(value) => format!("{:x}", value.to_bits()),
            Val::F64(value) => format!("{:x}", value.to_bits()),
            Val::V128(value) => format!("{value:x}"),
            Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None) => "null".into(),
            Val::FuncRef(Some(_)) => "func".into(),
            Val::ExternRef(Some(value)) => self.any(&AnyRef::convert_extern(*value), depth),
            Val::AnyRef(Some(value)) => self.any(value, depth),
            Val::ExnRef(Some(_)) if depth == 0 => "..".into(),
            Val::ExnRef(Some(value)) => {
                let exception = value.exception(&self.store).expect("an exception");
                format!("exn({})", self.all_shown(exception.values(), depth - 1))
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn any(&self, value: &AnyRef, depth: u32) -> String {
        if let Some(value) = value.as_i31(&self.store) {
            return format!("i31 {:x}", value.get_u32());
        }
        let Some(object) = value.as_struct(&self.store) else { return "host".into() };
        if depth == 0 {
            return "..".into();
        }
        let fields = object.fields(&self.store).expect("a structure");
        format!("{{{}}}", self.all_shown(&fields, depth - 1))
    }
}

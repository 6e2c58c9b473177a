//! Runs wasmote in each of its modes.

use wasmote::errors::TranslationError;
use wasmote::{
    CodeOptions, Config, Engine, Error, ErrorKind, Extern, ExternRef, I31, ImageOptions, Instance, Module, OpSet,
    Store, TranslateErrorKind, TrapCode, Val, ValType,
};
use wasmote_translate::{Pass, turn_off};

use crate::play::{Argument, Call, DEPTH, ELEMENTS, Ending, HOST, World, hash, list, numbers, traps};

/// How wasmote runs a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// From the binary.
    Binary,
    /// From an image.
    Image,
    /// From an image of the core op set, which has no vectors.
    Core,
    /// From a metered image, with enough fuel.
    Metered,
    /// From the binary, with a collection at each allocation.
    Stress,
    /// From the binary, with bounds checks instead of guard pages.
    Checked,
    /// From the binary, without the translator's optional passes.
    Plain,
}

/// All modes.
pub const MODES: &[Mode] =
    &[Mode::Binary, Mode::Image, Mode::Core, Mode::Metered, Mode::Stress, Mode::Checked, Mode::Plain];

pub struct Own {
    store: Store<()>,
    module: Module,
    instance: Option<Instance>,
    /// References that calls returned.
    earlier: Vec<Val>,
}

/// Whether the refusal of a valid module is by design: the core op set has no vectors, and frames have a maximum size.
fn is_designed(error: &Error, op_set: OpSet) -> bool {
    match error.kind() {
        ErrorKind::Translation(TranslationError::Function { error, .. }) => match error.kind {
            TranslateErrorKind::VectorInCore => op_set == OpSet::Core,
            TranslateErrorKind::TooManySlots | TranslateErrorKind::TooLarge => true,
            _ => false,
        },
        _ => false,
    }
}

fn image_options(op_set: OpSet, metered: bool) -> ImageOptions {
    ImageOptions::default().with_code(CodeOptions::default().with_op_set(op_set).with_metered(metered))
}

/// Translates a valid module to each op set, with fuel and without. Errors: the refusal.
pub fn translated(wasm: &[u8]) -> Result<(), String> {
    let module = Module::new(&Engine::default(), wasm).map_err(|error| format!("cannot be loaded: {error}"))?;
    for op_set in [OpSet::Core, OpSet::Extended] {
        for metered in [false, true] {
            match module.to_image(&image_options(op_set, metered)) {
                Err(error) if !is_designed(&error, op_set) => {
                    return Err(format!("no image ({op_set:?}, metered: {metered}): {error}"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

impl Own {
    /// Makes a world of this module. Returns `None` in the mode of the core op set if the module has vectors.
    pub fn new(wasm: &[u8], mode: Mode) -> Option<Own> {
        // Functions are translated at their first calls, on this thread.
        turn_off(if mode == Mode::Plain { &Pass::ALL } else { &[] });
        let mut config = Config::new();
        config.max_stack(64 << 20).gc_stress(mode == Mode::Stress).guard_pages(mode != Mode::Checked);
        config.consume_fuel(mode == Mode::Metered);
        let engine = Engine::new(&config);
        let mut module = Module::new(&engine, wasm).expect("a valid module");
        let options = match mode {
            Mode::Binary | Mode::Stress | Mode::Checked | Mode::Plain => None,
            Mode::Image => Some(image_options(OpSet::Extended, false)),
            Mode::Core => Some(image_options(OpSet::Core, false)),
            Mode::Metered => Some(image_options(OpSet::Extended, true)),
        };
        if let Some(options) = options {
            let image = match module.to_image(&options) {
                Ok(image) => image,
                Err(error) if mode == Mode::Core && is_designed(&error, OpSet::Core) => return None,
                Err(error) => panic!("no image: {error}"),
            };
            module = Module::from_image(&engine, image).expect("the image");
        }
        let mut store = Store::new(&engine, ());
        if mode == Mode::Metered {
            store.set_fuel(u64::MAX >> 1).unwrap();
        }
        Some(Own { store, module, instance: None, earlier: Vec::new() })
    }

    fn export(&self, name: &str) -> Extern {
        self.instance.and_then(|instance| instance.get_export(&self.store, name)).expect("an export")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.module.exports().map(|export| export.name().to_string()).collect();
        names.sort();
        names
    }

    fn ending(&self, error: Error) -> Ending {
        if let Some(exception) = error.as_exception() {
            let tag = self
                .names()
                .into_iter()
                .find(|name| matches!(self.export(name), Extern::Tag(tag) if tag == exception.tag()));
            let values = list(exception.values().iter().map(|value| self.shown(value, DEPTH)));
            return Ending::Trap(format!("exception {} ({values})", tag.as_deref().unwrap_or("of another instance")));
        }
        let Some(code) = error.as_trap_code() else { return Ending::Trap(format!("error {error}")) };
        Ending::Trap(
            match code {
                TrapCode::UnreachableCodeReached => traps::UNREACHABLE,
                TrapCode::MemoryOutOfBounds => traps::MEMORY,
                TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => traps::TABLE,
                TrapCode::IndirectCallToNull => traps::NULL_FUNCTION,
                TrapCode::BadSignature => traps::SIGNATURE,
                TrapCode::IntegerOverflow => traps::OVERFLOW,
                TrapCode::IntegerDivisionByZero => traps::DIVISION,
                TrapCode::BadConversionToInteger => traps::CONVERSION,
                TrapCode::NullReference => traps::NULL,
                TrapCode::ArrayOutOfBounds => traps::ARRAY,
                TrapCode::CastFailure => traps::CAST,
                TrapCode::StackOverflow | TrapCode::HeapExhausted => return Ending::Limit,
                other => other.message(),
            }
            .to_string(),
        )
    }

    fn shown(&self, value: &Val, depth: u32) -> String {
        let nested = |value: Option<Val>| value.map_or("nothing".into(), |value| self.shown(&value, depth - 1));
        match value {
            Val::I32(value) => format!("i32 {value:x}"),
            Val::I64(value) => format!("i64 {value:x}"),
            Val::F32(value) => format!("f32 {:x}", value.to_bits()),
            Val::F64(value) => format!("f64 {:x}", value.to_bits()),
            Val::V128(value) => format!("v128 {value:x}"),
            Val::FuncRef(func) => func.map_or("null", |_| "func").into(),
            Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None) => "null".into(),
            Val::ExternRef(Some(value)) => match value.data(&self.store).downcast_ref::<u32>() {
                Some(value) => format!("host {value}"),
                None => "object".into(),
            },
            Val::ExnRef(Some(exception)) => match exception.exception(&self.store) {
                Some(exception) if depth > 0 => {
                    format!("exn ({})", list(exception.values().iter().map(|value| self.shown(value, depth - 1))))
                }
                _ => "exn".into(),
            },
            Val::AnyRef(Some(value)) => {
                if let Some(value) = value.as_i31(&self.store) {
                    return format!("i31 {:x}", value.get_i32());
                }
                if let Some(array) = value.as_array(&self.store) {
                    let len = array.len(&self.store).expect("an array");
                    let elements = if depth == 0 { 0 } else { len.min(ELEMENTS) };
                    let elements = list((0..elements).map(|index| nested(array.get(&self.store, index).ok())));
                    return format!("array {len} [{elements}]");
                }
                let Some(object) = value.as_struct(&self.store) else { return "host".into() };
                let fields = object.fields(&self.store).expect("a structure");
                match depth {
                    0 => format!("struct of {}", fields.len()),
                    _ => format!("struct {{{}}}", list(fields.into_iter().map(|value| nested(Some(value))))),
                }
            }
            other => unreachable!("{other:?}"),
        }
    }
}

impl World for Own {
    fn instantiate(&mut self) -> Result<(), Ending> {
        let instance = Instance::new(&mut self.store, &self.module, &[]).map_err(|error| self.ending(error))?;
        self.instance = Some(instance);
        Ok(())
    }

    fn functions(&mut self) -> Vec<String> {
        self.names().into_iter().filter(|name| self.export(name).into_func().is_some()).collect()
    }

    fn arguments(&mut self, _: &str) -> Option<Vec<Argument>> {
        unreachable!("the other engine decides")
    }

    fn call(&mut self, call: &Call) -> Result<String, Ending> {
        let func = self.export(&call.function).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let mut arguments = Vec::new();
        for (argument, &ty) in call.arguments.iter().zip(ty.params()) {
            arguments.push(match (argument, ty) {
                (Argument::Null, ty) => Val::default_of(ty),
                (Argument::I31, _) => {
                    wasmote::AnyRef::from_i31(&mut self.store, I31::wrapping_i32(numbers::I31)).into()
                }
                (Argument::Host, _) => ExternRef::new(&mut self.store, HOST).into(),
                (Argument::Earlier(index), _) => self.earlier[*index],
                (Argument::Number, ValType::I32) => numbers::I32.into(),
                (Argument::Number, ValType::I64) => numbers::I64.into(),
                (Argument::Number, ValType::F32) => numbers::F32.into(),
                (Argument::Number, ValType::F64) => numbers::F64.into(),
                (Argument::Number, _) => numbers::V128.into(),
            });
        }
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_of(ty)).collect();
        func.call(&mut self.store, &arguments, &mut results).map_err(|error| self.ending(error))?;
        self.earlier.extend(results.iter().filter(|value| is_reference(value)));
        Ok(list(results.iter().map(|value| self.shown(value, DEPTH))))
    }

    fn state(&mut self) -> String {
        let mut all = String::new();
        for name in self.names() {
            all += &match self.export(&name) {
                Extern::Memory(memory) => format!("; {name} {:x}", hash(memory.data(&self.store))),
                Extern::Global(global) => format!("; {name} {}", self.shown(&global.get(&self.store), DEPTH)),
                Extern::Table(table) => {
                    let elements = (0..table.size(&self.store)).map_while(|index| table.get(&self.store, index));
                    format!("; {name} {}", hash(list(elements.map(|value| self.shown(&value.into(), 1))).as_bytes()))
                }
                _ => continue,
            };
        }
        all
    }
}

fn is_reference(value: &Val) -> bool {
    match value {
        Val::FuncRef(value) => value.is_some(),
        Val::ExternRef(value) => value.is_some(),
        Val::ExnRef(value) => value.is_some(),
        Val::AnyRef(value) => value.is_some(),
        _ => false,
    }
}

//! Runs Wasmtime, which also chooses the calls.

use wasmtime::{
    AnyRef, Collector, Config, Error, Extern, ExternRef, HeapType, I31, Instance, Module, OptLevel, Rooted, Store, Tag,
    ThrownException, Trap, V128, Val, ValType,
};

use crate::play::{Argument, Call, DEPTH, ELEMENTS, Ending, HOST, World, hash, list, numbers, traps};

pub use wasmtime::Engine;

/// The native stack for wasm, in bytes: the maximum without the feature `async`.
const STACK: usize = 2 << 20;
/// Whether there is a reference engine.
pub const THERE: bool = true;
/// The native stack of the thread that runs modules, in bytes.
pub const THREAD: usize = STACK + (16 << 20);
/// The most references that are kept for later calls.
const EARLIER: usize = 64;

pub struct Reference {
    store: Store<()>,
    module: Module,
    instance: Option<Instance>,
    /// References that calls returned.
    earlier: Vec<Val>,
}

/// Returns the engine. One serves all modules.
pub fn engine() -> Engine {
    let mut config = Config::new();
    config
        .collector(Collector::Null)
        .cranelift_opt_level(OptLevel::None)
        .max_wasm_stack(STACK)
        .wasm_backtrace_max_frames(None)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_function_references(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .wasm_relaxed_simd(false)
        .memory_reservation(1 << 20)
        .memory_guard_size(0)
        .memory_reservation_for_growth(0);
    Engine::new(&config).expect("an engine")
}

impl Reference {
    pub fn new(engine: &Engine, wasm: &[u8]) -> Result<Reference, Error> {
        let module = Module::new(engine, wasm)?;
        Ok(Reference { store: Store::new(engine, ()), module, instance: None, earlier: Vec::new() })
    }

    fn export(&mut self, name: &str) -> Extern {
        self.instance.and_then(|instance| instance.get_export(&mut self.store, name)).expect("an export")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.module.exports().map(|export| export.name().to_string()).collect();
        names.sort();
        names
    }

    fn ending(&mut self, error: Error) -> Ending {
        if error.is::<ThrownException>() {
            let exception = self.store.take_pending_exception().expect("an exception");
            let tag = exception.tag(&mut self.store).expect("a tag");
            let name = self
                .names()
                .into_iter()
                .find(|name| matches!(self.export(name), Extern::Tag(other) if Tag::eq(&tag, &other, &self.store)));
            let fields: Vec<Val> = exception.fields(&mut self.store).expect("an exception").collect();
            let values = list(fields.iter().map(|value| self.shown(value, DEPTH)));
            return Ending::Trap(format!("exception {} ({values})", name.as_deref().unwrap_or("of another instance")));
        }
        let Some(trap) = error.downcast_ref::<Trap>() else {
            // There is no room for the object.
            return if error.is::<wasmtime::GcHeapOutOfMemory<()>>() {
                Ending::Limit
            } else {
                Ending::Trap(format!("error {error}"))
            };
        };
        Ending::Trap(
            match trap {
                Trap::UnreachableCodeReached => traps::UNREACHABLE,
                Trap::MemoryOutOfBounds => traps::MEMORY,
                Trap::TableOutOfBounds => traps::TABLE,
                Trap::IndirectCallToNull => traps::NULL_FUNCTION,
                Trap::BadSignature => traps::SIGNATURE,
                Trap::IntegerOverflow => traps::OVERFLOW,
                Trap::IntegerDivisionByZero => traps::DIVISION,
                Trap::BadConversionToInteger => traps::CONVERSION,
                Trap::NullReference => traps::NULL,
                Trap::ArrayOutOfBounds => traps::ARRAY,
                Trap::CastFailure => traps::CAST,
                Trap::StackOverflow | Trap::AllocationTooLarge => return Ending::Limit,
                other => return Ending::Trap(other.to_string()),
            }
            .to_string(),
        )
    }

    fn shown(&mut self, value: &Val, depth: u32) -> String {
        match *value {
            Val::I32(value) => format!("i32 {value:x}"),
            Val::I64(value) => format!("i64 {value:x}"),
            Val::F32(value) => format!("f32 {value:x}"),
            Val::F64(value) => format!("f64 {value:x}"),
            Val::V128(value) => format!("v128 {:x}", value.as_u128()),
            Val::FuncRef(func) => func.map_or("null", |_| "func").into(),
            Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None) => "null".into(),
            Val::ExternRef(Some(value)) => {
                match value.data(&self.store).expect("rooted").and_then(|value| value.downcast_ref::<u32>()) {
                    Some(value) => format!("host {value}"),
                    None => "object".into(),
                }
            }
            Val::ExnRef(Some(_)) if depth == 0 => "exn".into(),
            Val::ExnRef(Some(exception)) => {
                let fields: Vec<Val> = exception.fields(&mut self.store).expect("rooted").collect();
                format!("exn ({})", list(fields.iter().map(|value| self.shown(value, depth - 1))))
            }
            Val::AnyRef(Some(value)) => self.shown_object(value, depth),
            Val::ContRef(_) => "continuation".into(),
        }
    }

    fn shown_object(&mut self, value: Rooted<AnyRef>, depth: u32) -> String {
        if let Some(value) = value.as_i31(&self.store).expect("rooted") {
            return format!("i31 {:x}", value.get_i32());
        }
        if let Some(array) = value.as_array(&self.store).expect("rooted") {
            let len = array.len(&self.store).expect("rooted");
            let elements = if depth == 0 { 0 } else { len.min(ELEMENTS) };
            let elements = list((0..elements).map(|index| {
                let element = array.get(&mut self.store, index).expect("an element");
                self.shown(&element, depth - 1)
            }));
            return format!("array {len} [{elements}]");
        }
        let Some(structure) = value.as_struct(&self.store).expect("rooted") else { return "host".into() };
        let fields: Vec<Val> = structure.fields(&mut self.store).expect("rooted").collect();
        match depth {
            0 => format!("struct of {}", fields.len()),
            _ => format!("struct {{{}}}", list(fields.iter().map(|value| self.shown(value, depth - 1)))),
        }
    }
}

impl World for Reference {
    fn instantiate(&mut self) -> Result<(), Ending> {
        let instance = Instance::new(&mut self.store, &self.module, &[]).map_err(|error| self.ending(error))?;
        self.instance = Some(instance);
        Ok(())
    }

    fn functions(&mut self) -> Vec<String> {
        self.names().into_iter().filter(|name| self.export(name).into_func().is_some()).collect()
    }

    fn arguments(&mut self, function: &str) -> Option<Vec<Argument>> {
        let func = self.export(function).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let one = |ty: ValType| {
            let ValType::Ref(reference) = &ty else { return Some(Argument::Number) };
            // The latest first: they belong to the current instance.
            let earlier = self.earlier.iter().rposition(|value| value.matches_ty(&self.store, &ty).expect("rooted"));
            Some(match (earlier, reference.heap_type()) {
                (Some(index), _) => Argument::Earlier(index),
                (None, HeapType::Any | HeapType::Eq | HeapType::I31) => Argument::I31,
                (None, HeapType::Extern) => Argument::Host,
                (None, _) if reference.is_nullable() => Argument::Null,
                (None, _) => return None,
            })
        };
        ty.params().map(one).collect()
    }

    fn call(&mut self, call: &Call) -> Result<String, Ending> {
        let func = self.export(&call.function).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let mut arguments = Vec::new();
        for (argument, ty) in call.arguments.iter().zip(ty.params()) {
            arguments.push(match (argument, ty) {
                (Argument::Null, ty) => ty.default_value().expect("a nullable reference"),
                (Argument::I31, _) => {
                    Val::AnyRef(Some(AnyRef::from_i31(&mut self.store, I31::wrapping_i32(numbers::I31))))
                }
                (Argument::Host, _) => match ExternRef::new(&mut self.store, HOST) {
                    Ok(value) => value.into(),
                    Err(error) => return Err(self.ending(error)),
                },
                (Argument::Earlier(index), _) => self.earlier[*index],
                (Argument::Number, ValType::I32) => numbers::I32.into(),
                (Argument::Number, ValType::I64) => numbers::I64.into(),
                (Argument::Number, ValType::F32) => numbers::F32.into(),
                (Argument::Number, ValType::F64) => numbers::F64.into(),
                (Argument::Number, _) => V128::from(numbers::V128).into(),
            });
        }
        let mut results = vec![Val::I32(0); ty.results().len()];
        func.call(&mut self.store, &arguments, &mut results).map_err(|error| self.ending(error))?;
        for value in &results {
            if value.ref_().is_some_and(|value| !value.is_null()) && self.earlier.len() < EARLIER {
                self.earlier.push(*value);
            }
        }
        Ok(list(results.iter().map(|value| self.shown(value, DEPTH))))
    }

    fn state(&mut self) -> String {
        let mut all = String::new();
        for name in self.names() {
            all += &match self.export(&name) {
                Extern::Memory(memory) => format!("; {name} {:x}", hash(memory.data(&self.store))),
                Extern::Global(global) => {
                    let value = global.get(&mut self.store);
                    format!("; {name} {}", self.shown(&value, DEPTH))
                }
                Extern::Table(table) => {
                    let elements = (0..table.size(&self.store)).map(|index| {
                        let element = table.get(&mut self.store, index).expect("an element");
                        self.shown(&element.into(), 1)
                    });
                    format!("; {name} {}", hash(list(elements).as_bytes()))
                }
                _ => continue,
            };
        }
        all
    }
}

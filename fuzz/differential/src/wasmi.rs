//! Runs wasmi, which lacks objects and exceptions. Functions with reference parameters are not called.

use wasmi::{Engine, Error, Extern, Instance, Module, Store, TrapCode, Val, ValType};

use crate::play::{Argument, Call, Ending, World, hash, list, numbers, traps};

pub struct Wasmi {
    store: Store<()>,
    module: Module,
    instance: Option<Instance>,
}

impl Wasmi {
    pub fn new(wasm: &[u8]) -> Result<Wasmi, Error> {
        let engine = Engine::default();
        Ok(Wasmi { module: Module::new(&engine, wasm)?, store: Store::new(&engine, ()), instance: None })
    }

    fn export(&self, name: &str) -> Extern {
        self.instance.and_then(|instance| instance.get_export(&self.store, name)).expect("an export")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.module.exports().map(|export| export.name().to_string()).collect();
        names.sort();
        names
    }
}

fn ending(error: Error) -> Ending {
    Ending::Trap(
        match error.as_trap_code() {
            Some(TrapCode::UnreachableCodeReached) => traps::UNREACHABLE,
            Some(TrapCode::MemoryOutOfBounds) => traps::MEMORY,
            Some(TrapCode::TableOutOfBounds) => traps::TABLE,
            Some(TrapCode::IndirectCallToNull) => traps::NULL_FUNCTION,
            Some(TrapCode::BadSignature) => traps::SIGNATURE,
            Some(TrapCode::IntegerOverflow) => traps::OVERFLOW,
            Some(TrapCode::IntegerDivisionByZero) => traps::DIVISION,
            Some(TrapCode::BadConversionToInteger) => traps::CONVERSION,
            Some(TrapCode::StackOverflow) => return Ending::Limit,
            _ => {
                // Errors of active segments have no code.
                let words = error.to_string();
                match words.split(':').next() {
                    Some("out of bounds table access") => traps::TABLE,
                    Some("out of bounds memory access") => traps::MEMORY,
                    _ => return Ending::Trap(format!("error {words}")),
                }
            }
        }
        .to_string(),
    )
}

fn shown(value: &Val) -> String {
    match value {
        Val::I32(value) => format!("i32 {value:x}"),
        Val::I64(value) => format!("i64 {value:x}"),
        Val::F32(value) => format!("f32 {:x}", value.to_bits()),
        Val::F64(value) => format!("f64 {:x}", value.to_bits()),
        Val::V128(value) => format!("v128 {:x}", value.as_u128()),
        Val::FuncRef(func) => if func.is_null() { "null" } else { "func" }.into(),
        // No other value can occur.
        Val::ExternRef(_) => "null".into(),
    }
}

impl World for Wasmi {
    fn instantiate(&mut self) -> Result<(), Ending> {
        self.instance = Some(Instance::new(&mut self.store, &self.module, &[]).map_err(ending)?);
        Ok(())
    }

    fn functions(&mut self) -> Vec<String> {
        self.names().into_iter().filter(|name| self.export(name).into_func().is_some()).collect()
    }

    fn arguments(&mut self, function: &str) -> Option<Vec<Argument>> {
        let ty = self.export(function).into_func().expect("a function").ty(&self.store);
        ty.params().iter().map(|ty| (!ty.is_ref()).then_some(Argument::Number)).collect()
    }

    fn call(&mut self, call: &Call) -> Result<String, Ending> {
        let func = self.export(&call.function).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let number = |ty: &ValType| match ty {
            ValType::I32 => Val::I32(numbers::I32),
            ValType::I64 => Val::I64(numbers::I64),
            ValType::F32 => Val::F32(numbers::F32.into()),
            ValType::F64 => Val::F64(numbers::F64.into()),
            _ => Val::V128(numbers::V128.into()),
        };
        let arguments: Vec<Val> = ty.params().iter().map(number).collect();
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_for_ty(ty)).collect();
        func.call(&mut self.store, &arguments, &mut results).map_err(ending)?;
        Ok(list(results.iter().map(shown)))
    }

    fn state(&mut self) -> String {
        let mut all = String::new();
        for name in self.names() {
            all += &match self.export(&name) {
                Extern::Memory(memory) => format!("; {name} {:x}", hash(memory.data(&self.store))),
                Extern::Global(global) => format!("; {name} {}", shown(&global.get(&self.store))),
                Extern::Table(table) => {
                    let elements = (0..table.size(&self.store)).map_while(|index| table.get(&self.store, index));
                    format!("; {name} {}", hash(list(elements.map(|value| shown(&value.into()))).as_bytes()))
                }
                Extern::Func(_) => continue,
            };
        }
        all
    }
}

//! wasmote, under the names that [`programs`] uses.

pub use wasmote::{Caller, Engine, FuncType, Instance, Linker, Module, Store, Val, ValType};

#[path = "programs.rs"]
pub mod programs;

pub fn instantiate<T: 'static>(linker: &Linker<T>, store: &mut Store<T>, module: &Module) -> Instance {
    linker.instantiate(store, module).unwrap()
}

pub fn i32_to_i32() -> FuncType {
    FuncType::new([ValType::I32], [ValType::I32])
}

//! TinyWasm as a command.

#[path = "../../command.rs"]
mod command;
#[path = "../../wasi.rs"]
mod wasi;

use std::rc::Rc;

use command::{Command, fail};
use tinywasm::types::{FuncType, WasmType, WasmValue};
use tinywasm::{FuncContext, HostFunction, Imports, ModuleInstance, Store};
use wasi::{Memory, Wasi};

/// The guest's memory, in a call from it.
struct OfCall<'a>(FuncContext<'a>, tinywasm::Memory);

impl Memory for OfCall<'_> {
    fn read(&self, at: u32, bytes: &mut [u8]) -> Option<()> {
        self.1.read_exact(self.0.store(), at as usize, bytes).ok()
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()> {
        self.1.copy_from_slice(self.0.store_mut(), at as usize, bytes).ok()
    }
}

/// The type that a parameter has by its name.
fn wasm_type(name: &str) -> WasmType {
    if name == "i64" { WasmType::I64 } else { WasmType::I32 }
}

fn main() {
    let command = Command::of_process();
    let wasi = Rc::new(Wasi::new(command.args, command.env));
    let mut store = Store::default();
    let mut imports = Imports::new();
    let mut define = |name: &'static str, params: &[WasmType], results: &[WasmType]| {
        let wasi = wasi.clone();
        let func = HostFunction::from_untyped(&mut store, &FuncType::new(params, results), move |context, args| {
            let args: Vec<i64> = args.iter().map(integer).collect();
            if name == "proc_exit" {
                std::process::exit(args[0] as i32);
            }
            let memory = context.memory("memory")?;
            Ok(vec![WasmValue::I32(wasi.call(name, &args, &mut OfCall(context, memory)))])
        });
        imports.define("wasi_snapshot_preview1", name, func);
    };
    macro_rules! define_all {
        ($($name:ident($($arg:ident: $ty:ident),*))*) => {
            $( define(stringify!($name), &[$(wasm_type(stringify!($ty))),*], &[WasmType::I32]); )*
        };
    }
    for_each_call!(define_all);
    define("proc_exit", &[WasmType::I32], &[]);

    let module = tinywasm::parse_bytes(&command.wasm).unwrap_or_else(|error| fail(error));
    let instance = ModuleInstance::instantiate(&mut store, &module, Some(imports)).unwrap_or_else(|error| fail(error));
    let start = instance.func::<(), ()>(&store, "_start").unwrap_or_else(|error| fail(error));
    start.call(&mut store, ()).unwrap_or_else(|error| fail(error));
}

fn integer(value: &WasmValue) -> i64 {
    match *value {
        WasmValue::I32(value) => i64::from(value),
        WasmValue::I64(value) => value,
        _ => 0,
    }
}

//! Silverfir-nano's interpreter as a command.

#[path = "../../command.rs"]
mod command;

use command::{Command, fail};
use sf_nano_core::wasi::{WasiContextBuilder, wasi_imports};
use sf_nano_core::{Config, Engine, Instance, Tier};

fn main() {
    let command = Command::of_process();
    let mut context = WasiContextBuilder::new().args(&command.args);
    for variable in &command.env {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        context = context.env(name, value);
    }
    for dir in &command.dirs {
        context = context.preopen_dir(dir, dir);
    }
    let imports = wasi_imports(context.build());
    let engine = Engine::new(Config::new().tier(Tier::Interp)).unwrap_or_else(|error| fail(error));
    let mut instance = Instance::new(&engine, &command.wasm, &imports).unwrap_or_else(|error| fail(error));
    if let Err(error) = instance.invoke("_start", &[]) {
        match error.exit_code() {
            Some(code) => std::process::exit(code),
            None => fail(error),
        }
    }
}

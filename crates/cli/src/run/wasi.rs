//! Sets up WASI for a guest.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use core::net::SocketAddr;

use wasmote::{Error, Linker, Module};
use wasmote_wasi::context::WasiCtxBuilder;
use wasmote_wasi::{DirAccess, Input, Output, SetupError, WasiCtx};

use super::{State, wait_validated};
use crate::failure::CliError;
use crate::features::built;
use crate::options::Options;

/// WASI's part of the state in the store.
pub type Wasi = WasiCtx;

type Listen = fn(WasiCtxBuilder, SocketAddr) -> Result<WasiCtxBuilder, SetupError>;

/// Adds a socket at which the guest may accept connections.
const LISTEN: Option<Listen> = built!("sockets", WasiCtxBuilder::tcp_listener);

/// Returns the guest's arguments, environment, streams and directories. A module in `unvalidated` must not have effects
/// before all of it is validated.
#[inline(never)]
pub fn wasi(options: &Options, unvalidated: Option<&Module>) -> Result<Wasi, CliError> {
    if options.replay.is_some() {
        // A replay touches nothing of the host.
        return WasiCtx::builder().build().map_err(|error| CliError::usage(error.to_string()));
    }
    let [stdin, stdout, stderr] = wasmote_rt::streams();
    // The library's errors have only the number; the system has a message for it.
    let message = |error| match error {
        SetupError::Directory(number) | SetupError::Listen(number) => wasmote_rt::Error(number).to_string(),
        error => error.to_string(),
    };
    let output = |file: Option<_>| file.map_or(Output::Null, Output::File);
    let mut builder = WasiCtx::builder().stdin(stdin.map_or(Input::Null, Input::File));
    builder = builder.stdout(output(stdout)).stderr(output(stderr)).arg(options.argv0.unwrap_or(options.file));
    for &arg in options.wasi_args.as_ref().unwrap_or(&options.args) {
        builder = builder.arg(arg);
    }
    if options.env_inherit {
        // A variable given by `--env` replaces the inherited one.
        let name = |variable: &'static [u8]| variable.split(|&byte| byte == b'=').next().unwrap_or_default();
        let given = |variable| options.env.iter().any(|&given| name(given) == name(variable));
        for variable in wasmote_rt::environment().filter(|variable| !given(variable)) {
            builder = builder.env_bytes(variable);
        }
    }
    for &variable in &options.env {
        builder = builder.env_bytes(variable);
    }
    for dir in &options.dirs {
        let (option, access) = match dir.read_only {
            true => ("--dir-ro", DirAccess::ReadOnly),
            false => ("--dir", DirAccess::ReadWrite),
        };
        builder = builder
            .preopened_dir_bytes(dir.host.as_bytes(), dir.guest, access)
            .map_err(|error| CliError::usage(format!("`{option} {}`: {}", dir.host, message(error))))?;
    }
    if let Some(listen) = LISTEN {
        for &(text, address) in &options.tcp_listen {
            builder = listen(builder, address)
                .map_err(|error| CliError::usage(format!("`--tcplisten {text}`: {}", message(error))))?;
        }
    }
    if options.deterministic {
        builder = builder.deterministic();
    }
    // These two take precedence.
    if let Some(nanoseconds) = options.clock {
        builder = builder.fixed_clock(nanoseconds);
    }
    if let Some(seed) = options.random_seed {
        builder = builder.random_seed(seed);
    }
    if let Some(module) = unvalidated.cloned() {
        let file = options.file;
        builder = builder.gate(Box::new(move || {
            wait_validated(&module, file);
            Ok(())
        }));
    }
    builder.build().map_err(|error| CliError::usage(error.to_string()))
}

/// Defines the functions that the modules import.
pub fn provide(linker: &mut Linker<State>, modules: &[&Module]) -> Result<(), Error> {
    wasmote_wasi::add_imports_to_linker(linker, modules, |state| &mut state.wasi)
}

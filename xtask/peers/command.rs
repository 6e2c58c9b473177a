//! The command line of all peers: `--dir=PATH`, `--env=NAME=VALUE`, the module, and the guest's arguments.

#![allow(dead_code)]

/// What to run.
pub struct Command {
    /// Folders that the guest may use, under the same names.
    pub dirs: Vec<String>,
    /// Variables, `NAME=VALUE`.
    pub env: Vec<String>,
    /// The module.
    pub wasm: Vec<u8>,
    /// The module's name and the guest's arguments.
    pub args: Vec<String>,
}

impl Command {
    /// This process's; ends it when the command line is wrong.
    pub fn of_process() -> Command {
        let (mut dirs, mut env, mut args) = (Vec::new(), Vec::new(), Vec::new());
        for argument in std::env::args().skip(1) {
            match argument.split_once('=') {
                Some(("--dir", dir)) if args.is_empty() => dirs.push(dir.into()),
                Some(("--env", variable)) if args.is_empty() => env.push(variable.into()),
                _ => args.push(argument),
            }
        }
        let Some(file) = args.first() else { fail("usage: [--dir=PATH] [--env=NAME=VALUE] MODULE [ARGUMENT...]") };
        match std::fs::read(file) {
            Ok(wasm) => Command { dirs, env, wasm, args },
            Err(error) => fail(format_args!("{file}: {error}")),
        }
    }
}

/// Ends the process with a message.
pub fn fail(message: impl std::fmt::Display) -> ! {
    eprintln!("{message}");
    std::process::exit(101)
}

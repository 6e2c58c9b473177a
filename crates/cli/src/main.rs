//! The entry point of the command. Everything else is in the library `wasmote_cli`.
#![no_std]
#![cfg_attr(unix, no_main)]

wasmote_rt::start!(wasmote_cli::main);

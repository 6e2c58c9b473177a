//! The start of the command; all else is in the library beside it.
#![no_std]
#![cfg_attr(unix, no_main)]

wasmote_rt::start!(wasmote_cli::main);

//! Calls of WASI functions from a guest, by theme.
#![cfg(target_os = "linux")]

mod directories;
mod files;
mod guest;
mod paths;
mod streams;
mod time;
mod world;

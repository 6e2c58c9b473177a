//! Calls WASI functions from a guest, one file a subject.
#![cfg(feature = "std")]
#![cfg(target_os = "linux")]

mod directories;
mod escapes;
mod files;
mod guest;
mod hostile;
#[cfg(feature = "interrupt")]
mod interruptions;
mod no_openat2;
mod paths;
#[cfg(feature = "sockets")]
mod sockets;
mod streams;
mod time;
mod world;

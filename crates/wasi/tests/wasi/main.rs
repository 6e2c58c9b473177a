//! Calls WASI functions from a guest, one file a subject.
#![cfg(feature = "std")]
#![cfg(target_os = "linux")]

#[cfg(feature = "custom-files")]
mod custom_files;
mod directories;
mod escapes;
mod files;
mod guest;
mod hostile;
#[cfg(feature = "interrupt")]
mod interruptions;
mod no_openat2;
mod paths;
#[cfg(feature = "custom-files")]
mod porting;
#[cfg(feature = "sockets")]
mod sockets;
mod streams;
mod time;
mod world;

//! What the firmware examples share; included by path, so that they are single crates over `wasmote-exec` and `wasmote-ir`.
//!
//! - [`guest`]: guests in flash, what the firmware offers them, and memory for them.
//! - [`report`]: text and numbers, without `core::fmt`, which would be a good part of the firmware.
//! - [`stack`]: how much of the native stack was in use at most.
//!
//! `minimal.rs` and `scenarios.rs` beside this are the two programs. Each crate brings its `board`: console and exit.

// Each program uses some of it.
#![allow(dead_code, unused_imports)]

pub mod guest;
pub mod report;
pub mod stack;

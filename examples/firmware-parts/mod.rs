//! Shared by the firmware examples. Included by path, so that each example is a single crate over `wasmote-exec` and
//! `wasmote-ir`.
//!
//! - [`guest`]: guests in flash, host functions, and memory for instances.
//! - [`report`]: prints text and numbers without `core::fmt`, which would be a large part of the firmware.
//! - [`stack`]: measures the use of the native stack.
//!
//! `minimal.rs` and `scenarios.rs` here are the two programs. Each crate has its own `board`: console and exit.

// Each program uses a part of this.
#![allow(dead_code, unused_imports)]

pub mod guest;
pub mod report;
pub mod stack;

//! Shared by the tests of several crates. No other code may use it; `cargo xtask deps` checks that.
//!
//! 1. [`random`]: random numbers, the same on every machine;
//! 2. [`root`](mod@root): the folder of the checkout;
//! 3. `every_instruction`: modules that run every instruction (feature `instructions`);
//! 4. `scripts`: the specification's scripts and this project's own (feature `scripts`);
//! 5. `mutate`: mutated images; `supervise`: child processes that try mutants; `counts`: their shared counters (feature
//!    `mutants`);
//! 6. `no_memory`: an allocator that fails on request, and child processes that try each failing allocation of some
//!    work (feature `no_memory`).
//!
//! Only the features `instructions` and `mutants` use another crate of the workspace. So unit tests of any crate may
//! use the rest. A unit test that reached its own crate through another one would see two copies of its types.
#![deny(missing_docs)]

#[cfg(all(feature = "mutants", target_os = "linux"))]
pub mod counts;
#[cfg(feature = "instructions")]
pub mod every_instruction;
#[cfg(feature = "mutants")]
pub mod mutate;
#[cfg(all(feature = "no_memory", target_os = "linux"))]
pub mod no_memory;
pub mod random;
pub mod root;
#[cfg(feature = "scripts")]
pub mod scripts;
#[cfg(all(feature = "mutants", target_os = "linux"))]
pub mod supervise;

pub use random::Random;
pub use root::root;

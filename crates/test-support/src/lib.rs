//! What the tests of several crates share. No other part of a crate may use it: `cargo xtask deps` sees to that.
//!
//! 1. [`random`]: random numbers, the same on every machine;
//! 2. [`root`](mod@root): where the checkout is;
//! 3. with the feature `instructions`, `every_instruction`: modules in which every instruction runs;
//! 4. `scripts`: the specification's scripts and our own (feature `scripts`);
//! 5. `mutate`: damaged images; `supervise`: processes that try mutants; `counts`: how they tell what happened (feature
//!    `mutants`);
//! 6. `no_memory`: an allocator that fails, and processes that try each allocation of some work (feature `no_memory`).
//!
//! Without the features `instructions` and `mutants`, no crate of this workspace is used here. So the unit tests of any crate may use all but these: a unit
//! test that gets its own crate through another one has two copies of its types.
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

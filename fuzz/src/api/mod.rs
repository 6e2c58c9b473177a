//! Calls the C API at random: bytes decide what is called, with which of the objects that are alive.
//!
//! Read in this order:
//!
//! 1. `ffi`: the functions, as C sees them;
//! 2. `world`: the objects that are alive, by type, and who owns them;
//! 3. `callbacks`: host functions, finalizers and streams. They make random calls, too;
//! 4. `data`, `items`, `code`: what a step can do: types and values; references and items; modules, calls and linkers.
//!
//! The rules of ownership of the headers are kept, and so is that only pointers which are valid are passed. All else may be wrong:
//! kinds, stores, engines, sizes, damaged modules. Callbacks and finalizers delete what is in use. AddressSanitizer and
//! LeakSanitizer, under which this should run, see what the library then does wrong: a finalizer frees a token, so that one that
//! does not run is a leak, and one that runs twice frees twice.

mod callbacks;
mod code;
mod data;
mod ffi;
mod items;
mod world;

use world::World;

// The functions of `ffi` are in this crate.
extern crate wasmote_c as _;

/// Makes the calls that an input decides.
pub fn api(input: &[u8]) {
    World::run(input);
}

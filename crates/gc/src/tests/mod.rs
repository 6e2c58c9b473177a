//! Tests of the heap from outside, with its bytes and its roots: [`heap`] alone, without [`memory`], and against the
//! model in [`promise`].

mod heap;
mod memory;
mod promise;
pub(crate) mod store;

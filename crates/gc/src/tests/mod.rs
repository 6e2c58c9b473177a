//! Tests of the heap from outside, with its bytes and its roots: [`heap`] alone, without [`memory`], and against the
//! models in [`promise`] and [`cycle`].

mod cycle;
mod heap;
mod memory;
mod promise;
pub(crate) mod store;

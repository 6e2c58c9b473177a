//! The heap with its bytes and its roots, from outside: [`heap`] alone, without [`memory`], and by the model of its [`promise`].

mod heap;
mod memory;
mod promise;
pub(crate) mod store;

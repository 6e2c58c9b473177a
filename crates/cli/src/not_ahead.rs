//! In place of `ahead`, without the feature `threads`: modules are validated before they run.

use wasmote::{Config, Error, Module};

/// Changes nothing.
pub fn allow(_: &mut Config, _: &[u8]) {}

/// None.
pub fn threads(_: &[u8]) -> usize {
    0
}

/// Never called.
pub fn start(_: &Module, _: &[u8], _: usize) -> Result<(), Error> {
    Ok(())
}

/// Never called.
pub fn settled(_: &Module, _: &[u8]) {}

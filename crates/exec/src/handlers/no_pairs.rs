//! In place of `pairs`, without the feature of that name: there are none.

#[cfg(feature = "count")]
use wasmote_ir::Opcode;

use crate::dispatch::{Handler, cold};

/// How many pairs there are.
#[cfg(feature = "count")]
pub const COUNT: usize = 0;

/// None.
#[inline]
pub fn find(_first: u16, _second: u16) -> Option<u16> {
    None
}

/// Never asked for.
pub fn handler(_pair: u16, _vectors: impl FnOnce(usize) -> Handler) -> Handler {
    cold::<super::control::Leave>
}

/// Never asked for.
#[cfg(feature = "count")]
pub fn opcodes(_pair: u16) -> [Opcode; 2] {
    [Opcode(0); 2]
}

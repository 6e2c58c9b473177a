//! Objects in scripts, for a build without objects: only null has such types.

use wasmote_wat::script::{Arg, Pattern};

use crate::store::Store;
use crate::value::Val;

/// No argument is an object.
pub(super) fn argument(_: &Arg, _: &mut Store<()>) -> Option<Val> {
    None
}

/// No object is expected.
pub(super) fn matches(_: &Val, _: &Pattern, _: &Store<()>) -> bool {
    false
}

/// Formats a reference for failures.
pub(super) fn shown(_: &Val) -> &'static str {
    "no object"
}

//! Values of scripts in a build without objects, where only null is of their types.

use wasmote_wat::script::{Arg, Pattern};

use crate::store::Store;
use crate::value::Val;

/// No argument is one.
pub(super) fn argument(_: &Arg, _: &mut Store<()>) -> Option<Val> {
    None
}

/// No value is as expected.
pub(super) fn matches(_: &Val, _: &Pattern, _: &Store<()>) -> bool {
    false
}

/// A value as it is shown in failures.
pub(super) fn shown(_: &Val) -> &'static str {
    "no object"
}

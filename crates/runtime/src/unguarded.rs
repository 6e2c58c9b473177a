//! The stand-in for guard pages, in a build without them.

use crate::pages::Pages;
use crate::reserve::SpacePool;

/// Returns that guarded memories are not possible.
pub(crate) fn available() -> bool {
    false
}

/// Returns no pages: no memory is guarded.
pub(crate) fn pages(_: u64, _: Option<&SpacePool>) -> Option<Pages> {
    None
}

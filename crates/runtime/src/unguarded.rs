//! The stand-in for guard pages, in a build without them.

use crate::pages::Pages;

/// Returns that guarded memories are not possible.
pub(crate) fn available() -> bool {
    false
}

/// Returns no pages: no memory is guarded.
pub(crate) fn pages(_: u64) -> Option<Pages> {
    None
}

//! What there is in place of guarded memories in a build without them.

use crate::pages::Pages;

/// No memory is guarded.
pub(crate) fn available() -> bool {
    false
}

/// There are no pages for one.
pub(crate) fn pages(_: u64) -> Option<Pages> {
    None
}

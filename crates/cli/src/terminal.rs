//! Whether errors are printed in colours.

use wasmote_rt::Stream;

/// Returns whether errors are printed in colours: on a terminal, unless `NO_COLOR` has a value (<https://no-color.org>).
pub fn has_colors() -> bool {
    let refused = |variable: &[u8]| variable.strip_prefix(b"NO_COLOR=").is_some_and(|value| !value.is_empty());
    Stream::Error.is_terminal() && !wasmote_rt::environment().any(refused)
}

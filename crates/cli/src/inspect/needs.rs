//! The list of features that a module needs.

use super::Listing;

/// Adds the features that a module needs to the output of `wasmote inspect`.
pub fn list_features(wasm: &[u8], out: &mut Listing) {
    let (needed, valid) = wasmote_validate::required_features(wasm);
    out.line(format_args!("features:{}", if needed.is_empty() { " none" } else { "" }));
    out.open("features", '[');
    for feature in needed {
        out.line(format_args!("  {}{}", feature.name, if feature.built { "" } else { " (not in this build)" }));
        out.string("", feature.name);
    }
    out.close(']');
    out.plain("valid", valid);
    if !valid {
        out.line(format_args!("  the module is invalid, so this list may be incomplete: see `wasmote validate`"));
    }
}

//! The list of features that a module needs.

use alloc::string::String;
use core::fmt::Write;

/// Adds the features that a module needs to the output of `wasmote inspect`.
pub fn list_features(wasm: &[u8], text: &mut String) {
    let (needed, valid) = wasmote_validate::required_features(wasm);
    let _ = writeln!(text, "features:{}", if needed.is_empty() { " none" } else { "" });
    for feature in needed {
        let _ = writeln!(text, "  {}{}", feature.name, if feature.built { "" } else { " (not in this build)" });
    }
    if !valid {
        let _ = writeln!(text, "  the module is invalid, so this list may be incomplete: see `wasmote validate`");
    }
}

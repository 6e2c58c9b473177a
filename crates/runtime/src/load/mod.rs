//! Loads modules: from binaries, validated or not, and from images.

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "wasm")]
mod unchecked;
#[cfg(feature = "validate")]
mod validated;

use crate::error::Error;
use crate::module::Module;
use crate::translation::verify;

/// Translates all functions of a module, if the settings ask for it.
fn ready(module: Module) -> Result<Module, Error> {
    if module.engine().settings().eager_translation {
        verify(&module)?;
    }
    Ok(module)
}

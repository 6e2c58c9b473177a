//! How modules come to be: out of binaries that are valid, and of images.

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "wasm")]
mod unchecked;
#[cfg(feature = "validate")]
mod validated;

use crate::error::Error;
use crate::module::Module;
use crate::translation::verify;

/// A module, translated if the settings ask for that.
fn ready(module: Module) -> Result<Module, Error> {
    if module.engine().settings().eager_translation {
        verify(&module)?;
    }
    Ok(module)
}

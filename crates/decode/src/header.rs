//! The kinds of files, which their first bytes tell.

use wasmote_ir::image::layout;

/// The kind of a file, which its first bytes tell (spec: binary/modules#binary-module).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    /// A core module of any version.
    Module,
    /// A component. Its layer, the upper half of the version, is 1.
    Component,
    /// An image.
    Image,
    /// None of these, or too short for a header.
    Other,
}

impl Header {
    /// Returns the kind of a file that begins with these bytes.
    pub fn of(bytes: &[u8]) -> Header {
        match bytes {
            [0, b'a', b's', b'm', _, _, 1, 0, ..] => Header::Component,
            [0, b'a', b's', b'm', _, _, _, _, ..] => Header::Module,
            _ if bytes.starts_with(&layout::MAGIC) => Header::Image,
            _ => Header::Other,
        }
    }
}

/// The message for components.
#[cfg(feature = "messages")]
pub const COMPONENT: &str =
    "this is a component; wasmote runs core modules: build it as one, such as for wasm32-wasip1";

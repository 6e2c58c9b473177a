//! What bytes are, by how they begin.

use wasmote_ir::image::layout;

/// What bytes are, by how they begin (spec: binary/modules#binary-module).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    /// A core module, of whatever version.
    Module,
    /// A component: the layer, which is the upper half of the version, is 1.
    Component,
    /// An image made from a module.
    Image,
    /// None of these, or less than the header of a binary.
    Other,
}

impl Header {
    /// What these bytes begin as.
    pub fn of(bytes: &[u8]) -> Header {
        match bytes {
            [0, b'a', b's', b'm', _, _, 1, 0, ..] => Header::Component,
            [0, b'a', b's', b'm', _, _, _, _, ..] => Header::Module,
            _ if bytes.starts_with(&layout::MAGIC) => Header::Image,
            _ => Header::Other,
        }
    }
}

/// Why components are refused.
#[cfg(feature = "messages")]
pub const COMPONENT: &str =
    "this is a component; wasmote runs core modules: build it as one, such as for wasm32-wasip1";

//! The bytes of a module.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The bytes of a module. The module keeps them, for its data segments and for functions that are translated later.
///
/// `into()` makes them from slices, which are copied, and from vectors and boxes, which are not.
#[derive(Clone, Debug)]
pub struct WasmBytes(Cow<'static, [u8]>);

impl WasmBytes {
    /// Makes bytes of a constant. They are neither copied nor freed.
    pub const fn from_static(wasm: &'static [u8]) -> WasmBytes {
        WasmBytes(Cow::Borrowed(wasm))
    }

    /// Returns the bytes.
    pub fn get(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for WasmBytes {
    fn as_ref(&self) -> &[u8] {
        self.get()
    }
}

impl From<&[u8]> for WasmBytes {
    fn from(wasm: &[u8]) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm.to_vec()))
    }
}

impl<const N: usize> From<&[u8; N]> for WasmBytes {
    fn from(wasm: &[u8; N]) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm.to_vec()))
    }
}

impl From<&Vec<u8>> for WasmBytes {
    fn from(wasm: &Vec<u8>) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm.clone()))
    }
}

impl From<Vec<u8>> for WasmBytes {
    fn from(wasm: Vec<u8>) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm))
    }
}

impl From<Box<[u8]>> for WasmBytes {
    fn from(wasm: Box<[u8]>) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm.into_vec()))
    }
}

impl From<Cow<'_, [u8]>> for WasmBytes {
    fn from(wasm: Cow<'_, [u8]>) -> WasmBytes {
        WasmBytes(Cow::Owned(wasm.into_owned()))
    }
}

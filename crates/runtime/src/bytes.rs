//! The bytes of a module.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The bytes of a module, which it keeps for its data segments and for functions translated later. Made by
/// `into()` from slices, which are copied, and from vectors and boxes, which are not.
#[derive(Clone, Debug)]
pub struct WasmBytes(Cow<'static, [u8]>);

impl WasmBytes {
    /// Bytes that need not be copied or freed, as those of a constant.
    pub const fn from_static(wasm: &'static [u8]) -> WasmBytes {
        WasmBytes(Cow::Borrowed(wasm))
    }

    /// The bytes.
    pub fn get(&self) -> &[u8] {
        &self.0
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

//! What a module was made from, and what only that knows: a binary, or an image.

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "wasm")]
mod wasm;

use wasmote_decode::ConstOp;

#[cfg(feature = "image")]
pub(crate) use image::ImageOrigin;
#[cfg(feature = "wasm")]
pub(crate) use wasm::WasmOrigin;

/// What a module was made from. A build without both has no modules.
// There is one for each module.
#[allow(clippy::large_enum_variant)]
pub(crate) enum ModuleOrigin {
    /// A binary: functions are translated.
    #[cfg(feature = "wasm")]
    Wasm(WasmOrigin),
    /// An image: functions are verified, unless it is trusted.
    #[cfg(feature = "image")]
    Image(ImageOrigin),
}

/// Does the same with either source.
macro_rules! with_origin {
    ($source:expr, $it:ident => $body:expr) => {
        match $source {
            #[cfg(feature = "wasm")]
            $crate::origin::ModuleOrigin::Wasm(ref $it) => $body,
            #[cfg(feature = "image")]
            $crate::origin::ModuleOrigin::Image(ref $it) => $body,
        }
    };
}
pub(crate) use with_origin;

/// What a function is made into: its code before it is linked, and units of it, each with the byte offset in the module that it comes from.
pub(crate) type Made<'a> = (wasmote_exec::UnlinkedFunc<'a>, &'a [(u32, u32)]);

/// A data segment.
pub(crate) struct Data<'a> {
    /// Of an active one the memory and where to.
    pub(crate) active: Option<(u32, Offset<'a>)>,
    /// Its bytes, if they are there.
    pub(crate) bytes: Option<&'a [u8]>,
}

/// Where a segment goes.
pub(crate) enum Offset<'a> {
    /// There.
    #[cfg(feature = "image")]
    Is(u64),
    /// Where the expression says.
    Of(&'a [ConstOp]),
}

//! What a module was made from, a binary or an image, and what only that knows.

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "wasm")]
mod wasm;

use wasmote_decode::ConstOp;

#[cfg(feature = "image")]
pub(crate) use image::ImageOrigin;
#[cfg(feature = "wasm")]
pub(crate) use wasm::WasmOrigin;

/// What a module was made from. A build without both features has no modules.
// Each module has one of these, so its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(crate) enum ModuleOrigin {
    /// A binary: functions are translated.
    #[cfg(feature = "wasm")]
    Wasm(WasmOrigin),
    /// An image: functions are verified, unless the image is trusted.
    #[cfg(feature = "image")]
    Image(ImageOrigin),
}

/// Runs the same expression with either origin.
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

/// A function before linking, and its offsets: units, each with the byte offset in the module that its code comes
/// from.
pub(crate) type Made<'a> = (wasmote_exec::UnlinkedFunc<'a>, &'a [(u32, u32)]);

/// A data segment.
pub(crate) struct Data<'a> {
    /// The memory and the place where an active segment goes.
    pub(crate) active: Option<(u32, Offset<'a>)>,
    /// The bytes of the segment. `None` if they do not lie in the module, which only an unverified one can cause.
    pub(crate) bytes: Option<&'a [u8]>,
}

/// The place where a segment goes.
pub(crate) enum Offset<'a> {
    /// At this offset.
    #[cfg(feature = "image")]
    Is(u64),
    /// At the offset that this expression has as its value.
    Of(&'a [ConstOp]),
}

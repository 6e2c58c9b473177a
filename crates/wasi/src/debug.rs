//! `Debug` of types that hold what has none: readers, writers and closures.

use core::fmt::{Debug, Formatter, Result};

use crate::context::{WasiCtx, WasiCtxBuilder};
use crate::stdio::{Input, Output};

macro_rules! named {
    ($($ty:ty: $name:literal)*) => { $(
        impl Debug for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                f.debug_struct($name).finish_non_exhaustive()
            }
        }
    )* };
}

named!(WasiCtx: "WasiCtx" WasiCtxBuilder: "WasiCtxBuilder");
#[cfg(all(feature = "std", feature = "custom-files"))]
named!(crate::sync::WasiCtxBuilder: "WasiCtxBuilder");

impl Debug for Input {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Input::Null => f.write_str("Null"),
            #[cfg(feature = "std")]
            Input::Inherit => f.write_str("Inherit"),
            Input::File(file) => f.debug_tuple("File").field(file).finish(),
            Input::Reader(_) => f.debug_tuple("Reader").finish_non_exhaustive(),
            #[cfg(feature = "custom-files")]
            Input::WasiFile(_) => f.debug_tuple("WasiFile").finish_non_exhaustive(),
        }
    }
}

impl Debug for Output {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Output::Null => f.write_str("Null"),
            #[cfg(feature = "std")]
            Output::Inherit => f.write_str("Inherit"),
            Output::File(file) => f.debug_tuple("File").field(file).finish(),
            Output::Writer(_) => f.debug_tuple("Writer").finish_non_exhaustive(),
            #[cfg(feature = "custom-files")]
            Output::WasiFile(_) => f.debug_tuple("WasiFile").finish_non_exhaustive(),
        }
    }
}

#[cfg(feature = "wasi-threads")]
impl<T> Debug for crate::threads::WasiThreads<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("WasiThreads").finish_non_exhaustive()
    }
}
